//! Each kind of fix, run before and after as PID 1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sandbox::{Run, Sandbox, Word};
use crate::startup::{Mode, Shell, Startup};
use crate::tree::Tree;

struct Case {
    kind: &'static str,
    shell: Shell,
    /// CMD and ENTRYPOINT.
    start: &'static str,
    script: &'static str,
    before: Word,
    is_unsafe: bool,
    /// Whether the application gets the same words, and whether the container ends with the same status.
    same: Same,
    /// Further files of the context, beside the script.
    files: &'static [(&'static str, &'static str)],
    /// What the application must be given after the fix, where it was given something else before.
    gives: &'static [&'static str],
    /// Whether the script may not be run as it is.
    is_plain: bool,
}

/// What of a start-up a fix leaves as it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// Words, directory, variables and status.
    All,
    /// All but the status.
    ButStatus,
    /// Nothing can be compared: it did not start before, or started something else.
    Nothing,
}

const fn case(kind: &'static str, shell: Shell, start: &'static str, script: &'static str) -> Case {
    Case {
        kind,
        shell,
        start,
        script,
        before: Word::Stuck,
        is_unsafe: false,
        same: Same::All,
        files: &[],
        gives: &[],
        is_plain: false,
    }
}

const fn plain(case: Case) -> Case {
    Case {
        is_plain: true,
        before: Word::Fails,
        same: Same::Nothing,
        is_unsafe: true,
        ..case
    }
}

const fn with(case: Case, files: &'static [(&'static str, &'static str)]) -> Case {
    Case { files, ..case }
}

/// It stopped well before, and the application got other words.
const fn gives(case: Case, gives: &'static [&'static str]) -> Case {
    Case {
        before: Word::Graceful,
        same: Same::Nothing,
        gives,
        ..case
    }
}

const fn risky(case: Case, before: Word, same: Same) -> Case {
    Case {
        before,
        is_unsafe: true,
        same,
        ..case
    }
}

const fn broken(case: Case) -> Case {
    Case {
        before: Word::Fails,
        same: Same::Nothing,
        ..case
    }
}

/// A script that gets words which a careless shell would change.
const SCRIPT: &str =
    r#"CMD ["/srv/entry.sh", "a  b", "*", "", "$x", "it's", "q\"q", "\\n", "-x", "{a,b}", "~"]"#;
/// The same as text of a shell.
const WORDS: &str = r#"CMD app "a  b" '*' '' \$x "it's" 'q"q' '\n' -x '{a,b}' '~'"#;
/// Cases that run at the same time.
const JOBS: usize = 6;
/// A command that starts a server in the background, and stops it.
const OMD: &str = "#!/bin/sh\ncase $1 in\nstart) app \"$2\" > /dev/null 2>&1 & echo $! > /run/omd.pid ;;\nstop) kill -TERM \"$(cat /run/omd.pid)\"; while kill -0 \"$(cat /run/omd.pid)\" 2> /dev/null; do sleep 0.02; done ;;\nesac\n";
/// A variable of every start-up.
const PORT: &str = "8  0 *";
const TINI: &str = "RUN apt-get update && apt-get install -y tini\n";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("exec-form", Shell::Dash, WORDS, ""),
    case("exec-form", Shell::Dash, "ENTRYPOINT app \\\n  # why\n  --x", ""),
    case("exec-in-string", Shell::Dash, "CMD app $NOTHING --x \"$HOME\" *.sh", ""),
    case("exec-in-string", Shell::Dash, "CMD cd /tmp && app 'a  b' \"$PWD\"", ""),
    case("exec-in-string", Shell::Dash, "CMD [\"/bin/sh\", \"-c\", \"ulimit -n 64; A=1 app \\\"$0\\\" \\\"$@\\\" 2>&1\", \"a  b\", \"\", \"*\"]", ""),
    case("exec-in-string", Shell::Bash, "CMD [\"/bin/bash\", \"-c\", \"export A='1  2'; cd /tmp && app {a,b} \\\"$A\\\" $A\"]", ""),
    case("exec-in-script", Shell::Dash, SCRIPT, "#!/bin/sh\ncd /tmp\nA=1 app \"$@\" '$'\n"),
    case("exec-in-script", Shell::Dash, SCRIPT, "#!/bin/sh\nmain() {\n  app \"$@\"\n}\nmain \"$@\"\n"),
    case("exec-in-script", Shell::Ash, SCRIPT, "#!/bin/sh\nexport X=1\nif true; then\n  app \"$@\"\nfi\n"),
    case("exec-in-script", Shell::Bash, SCRIPT, "#!/bin/bash\nif [ -n \"$X\" ]; then exec app -x; else app \"$@\"; fi\nexit $?\n"),
    case("exec-form+exec-in-script", Shell::Dash, "CMD /srv/entry.sh 'a  b'", "#!/bin/sh\napp \"$@\"\n"),
    case("signal-name", Shell::Dash, SCRIPT, "#!/bin/sh\nstop() { kill -TERM $pid; wait $pid; }\ntrap stop SIGTERM\napp \"$@\" &\npid=$!\nwait $pid\n"),
    broken(case("line-ends", Shell::Dash, SCRIPT, "#!/bin/sh\r\nexec app \"$@\"\r\n")),
    broken(case("byte-order-mark", Shell::Dash, SCRIPT, "\u{feff}#!/bin/sh\nexec app \"$@\"\n")),
    broken(case("interpreter-line", Shell::Dash, SCRIPT, "export A=1\nexec app \"$@\"\n")),
    plain(case("chmod", Shell::Dash, SCRIPT, "#!/bin/sh\nexec app \"$@\"\n")),
    gives(risky(case("quote-arguments", Shell::Dash, SCRIPT, "#!/bin/sh\nexec app $@\n"), Word::Graceful, Same::Nothing),
        &["app", "a  b", "*", "", "$x", "it's", "q\"q", "\\n", "-x", "{a,b}", "~"]),
    gives(risky(case("variable-expanded", Shell::Dash, "CMD [\"app\", \"--port\", \"$PORT\", \"a  b\", \"\", \"it's\"]", ""), Word::Graceful, Same::Nothing),
        &["app", "--port", PORT, "a  b", "", "it's"]),
    risky(case("stop-signal", Shell::Dash, "STOPSIGNAL SIGKILL\nCMD [\"app\", \"a  b\"]", ""), Word::Abrupt, Same::All),
    risky(case("stop-signal", Shell::Dash, "CMD [\"nginx\", \"-g\", \"daemon off;\"]", ""), Word::Truncated, Same::All),
    risky(case("stop-option", Shell::Dash, "CMD [\"uwsgi\", \"--master\", \"--ini\", \"a  b\"]", ""), Word::Truncated, Same::Nothing),
    with(risky(case("stop-setting", Shell::Dash, "CMD [\"php-fpm\", \"-F\", \"-y\", \"/srv/php-fpm.conf\"]", ""), Word::Truncated, Same::All),
        &[("php-fpm.conf", "[global]\ndaemonize = no\n\n[www]\nlisten = 9000\n")]),
    risky(case("server-itself", Shell::BashAsSh, "RUN yum install -y httpd\nCMD [\"/usr/local/bin/apachectl\", \"-D\", \"FOREGROUND\"]", ""), Word::Stuck, Same::Nothing),
    risky(case("foreground", Shell::Dash, "RUN apt-get update && apt-get install -y nginx\nCMD [\"/srv/entry.sh\"]", "#!/bin/sh\nmkdir -p /run/x\nnginx\ntail -f /dev/null\n"), Word::Stuck, Same::Nothing),
    with(risky(case("exec-in-configuration", Shell::Dash, "CMD [\"npm\", \"start\"]", ""), Word::Abrupt, Same::Nothing),
        &[("package.json", "{ \"scripts\": { \"start\": \"app --x 'a  b' $PORT\" } }\n")]),
    with(risky(case("supervisor-settings", Shell::Dash, "CMD [\"supervisord\", \"-n\", \"-c\", \"/srv/supervisord.conf\"]", ""), Word::Truncated, Same::Nothing),
        &[("supervisord.conf", "[supervisord]\n[program:web]\ncommand=nginx -g \"daemon off;\"\n")]),
    with(risky(case("exec-in-configuration", Shell::Dash, "CMD [\"supervisord\", \"-n\", \"-c\", \"/srv/supervisord.conf\"]", ""), Word::Abrupt, Same::Nothing),
        &[("supervisord.conf", "[supervisord]\n[program:web]\ncommand=/bin/sh -c \"cd /tmp && app --x 'a  b'\"\n")]),
    with(risky(case("service-signal", Shell::Dash, "CMD [\"s6-svscan\", \"/srv/s6\"]", ""), Word::Truncated, Same::All),
        &[("s6/web/run", "#!/bin/sh\nexec nginx -g 'daemon off;'\n")]),
    with(risky(case("stop-command", Shell::Dash, "RUN curl -o /srv/omd https://example.org/omd\nCMD [\"/srv/entry.sh\"]", "#!/bin/sh\nSITE=main\n/srv/omd start $SITE\ntail -f /dev/null\n"), Word::Stuck, Same::Nothing),
        &[("omd", OMD)]),
    case("exec-in-string", Shell::Dash, SCRIPT, "#!/bin/sh\nmkdir -p /run/x\nsh -c 'cd /tmp && app \"$0\" \"$@\" $NOTHING' 'a  b' \"$@\"\n"),
    case("exec-in-string", Shell::Dash, "CMD [\"/srv/entry.sh\"]", "#!/bin/sh\nsu root -s /bin/sh -c 'app --x \"a  b\" \"*\" \"\" \"\\$\"'\n"),
    risky(case("trap-and-wait", Shell::Dash, SCRIPT, "#!/bin/sh\napp \"$@\"\necho after\n"), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Ash, SCRIPT, "#!/bin/sh\napp \"$@\"\nstatus=$?\necho after\nexit $status\n"), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Bash, SCRIPT, "#!/bin/bash\nset -e\napp \"$@\"\necho after\n"), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Dash, "CMD app 'a  b'; echo \"after $?\"", ""), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Dash, "CMD [\"/bin/sh\", \"-c\", \"app 'a  b'; echo \\\"after $?\\\"\"]", ""), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Dash, SCRIPT, "#!/bin/sh\ntrap 'echo bye' TERM\napp \"$@\"\necho after\n"), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Dash, SCRIPT, "#!/bin/sh\napp \"$@\" &\ntail -f /dev/null\n"), Word::Stuck, Same::ButStatus),
    risky(case("trap-and-wait", Shell::Bash, SCRIPT, "#!/bin/bash\nworker &\napp \"$@\" &\nwait -n\n"), Word::Stuck, Same::All),
    risky(case("trap-and-wait", Shell::Dash, SCRIPT, "#!/bin/sh\nworker &\napp \"$@\" &\nwait\n"), Word::Stuck, Same::ButStatus),
    risky(case("trap-reset", Shell::Dash, SCRIPT, "#!/bin/sh\ntrap 'kill 0' TERM\napp \"$@\" &\nwait\n"), Word::Truncated, Same::All),
    risky(case("trap-reset", Shell::Bash, SCRIPT, "#!/bin/bash\nstop() {\n  echo bye\n  kill -TERM 0; wait\n}\ntrap stop TERM INT\napp \"$@\" &\nwait $!\n"), Word::Truncated, Same::All),
    risky(case("second-wait", Shell::Dash, SCRIPT, "#!/bin/sh\napp \"$@\" &\npid=$!\ntrap 'kill -TERM $pid' TERM\nwait $pid\n"), Word::Truncated, Same::All),
    risky(case("exec-through-tee", Shell::Bash, SCRIPT, "#!/bin/bash\napp \"$@\" 2>&1 | tee /dev/null\n"), Word::Stuck, Same::ButStatus),
    risky(case("argv-split", Shell::Dash, "CMD [\"app 'a  b' c\"]", ""), Word::Fails, Same::Nothing),
    risky(case("exec-form-repaired", Shell::Dash, "CMD ['app', 'a  b']", ""), Word::Fails, Same::Nothing),
    risky(case("end-of-options", Shell::Dash, "ENTRYPOINT [\"tini\", \"app\", \"-p\", \"80\"]", ""), Word::Fails, Same::Nothing),
    risky(case("init-group", Shell::Dash, "CMD [\"tini\", \"--\", \"/bin/sh\", \"-c\", \"trap : TERM; app 'a  b' | cat\"]", ""), Word::Stuck, Same::All),
    risky(case("cmd-restated", Shell::Dash, "CMD [\"app\", \"a  b\"]\nFROM base\nENTRYPOINT [\"/srv/entry.sh\"]", "#!/bin/sh\nexec \"$@\"\n"), Word::Fails, Same::Nothing),
];

#[test]
fn not_graceful_before_and_graceful_after() {
    let sandbox = match Sandbox::shared() {
        Ok(sandbox) => sandbox,
        Err(why) => {
            println!("skipped: start-ups cannot run here: {why}");
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
            return;
        }
    };
    // Nearly all the time is spent asleep.
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = CASES.get(index) else {
                        return;
                    };
                    if let Err(story) = judge(sandbox, index, case) {
                        wrong.lock().expect("no holder panics").push(story);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no holder panics");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn judge(sandbox: &Sandbox, index: usize, case: &Case) -> Result<(), String> {
    let tree = Tree::new(&format!("run-{index}"));
    tree.file("app", b"\x7fELF\0");
    let mut copies = String::new();
    match case.is_plain {
        true => {
            tree.plain_file("entry.sh", case.script);
            copies.push_str("COPY entry.sh /srv/entry.sh\n");
        }
        false => {
            tree.file("entry.sh", case.script);
            copies.push_str("COPY --chmod=755 entry.sh /srv/entry.sh\n");
        }
    }
    for (name, text) in case.files {
        tree.file(name, text);
        copies.push_str(&format!("COPY --chmod=755 {name} /srv/{name}\n"));
    }
    let tini = if case.start.contains("tini") {
        TINI
    } else {
        ""
    };
    let text = format!(
        "FROM {} AS base\n{tini}ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin PORT=\"{PORT}\"\nWORKDIR /srv\nCOPY app /usr/local/bin/app\nCOPY app /usr/local/bin/worker\n{copies}{}\n",
        match case.shell {
            // Every shell but Debian's has `/bin/sh` exec the last command by itself.
            Shell::Ash => "alpine:3.20",
            Shell::BashAsSh => "centos:7",
            _ => "debian:12-slim",
        },
        case.start
    );
    tree.file("Dockerfile", text);
    let before = Runs::of(sandbox, &tree, case)?;
    let kinds = tree.fix(case.is_unsafe);
    let after = Runs::of(sandbox, &tree, case)?;
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(());
    };
    let shown = format!(
        "{}: {kinds}\n{}\n{}",
        case.kind,
        tree.read("Dockerfile"),
        tree.read("entry.sh")
    );
    let mut wrong = Vec::new();
    if !kinds.contains(case.kind) {
        wrong.push("another kind of fix".to_owned());
    }
    if before.stopped != case.before {
        wrong.push(format!("{} before\n{}", before.stopped, before.story));
    }
    if after.stopped != Word::Graceful {
        wrong.push(format!("{} after\n{}", after.stopped, after.story));
    }
    if !case.gives.is_empty() && (before.given.0 == case.gives || after.given.0 != case.gives) {
        wrong.push(format!("{:?}\nbecame\n{:?}", before.given.0, after.given.0));
    }
    if case.same != Same::Nothing && before.given != after.given {
        wrong.push(format!("{:?}\nbecame\n{:?}", before.given, after.given));
    }
    if case.same == Same::All && before.status != after.status {
        wrong.push(format!("{:?} became {:?}", before.status, after.status));
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{shown}\n{}", wrong.join("\n"))),
    }
}

/// A start-up that is stopped, and one that ends by itself.
struct Runs {
    stopped: Word,
    story: String,
    /// The words, the directory, and the variables but those that a shell sets for itself.
    given: (Vec<String>, String, BTreeSet<String>),
    status: Option<i32>,
}

impl Runs {
    /// `Ok(None)` where the shell is not on this machine.
    fn of(sandbox: &Sandbox, tree: &Tree, case: &Case) -> Result<Option<Runs>, String> {
        let dockerfile = tree.read("Dockerfile");
        let names = case.files.iter().map(|(name, _)| *name);
        let mut files: BTreeMap<String, String> = names
            .chain(["entry.sh"])
            .map(|name| (name.to_owned(), tree.read(name)))
            .collect();
        // What the build writes.
        for line in dockerfile.lines() {
            if let Some(rest) = line.strip_prefix("RUN echo ")
                && let Some((text, path)) = rest.split_once(" > /srv/")
            {
                files.insert(path.to_owned(), format!("{text}\n"));
            }
        }
        let (argv, signal) = tree.start();
        // A shell whose trap calls itself takes half a second to die of that, and longer on a busy machine.
        let takes_long = case.kind == "trap-reset";
        let startup = Startup {
            id: case.kind.to_owned(),
            shell: Some(case.shell),
            mode: Mode::Argv,
            argv,
            files,
            signal,
            env: [("PORT".to_owned(), PORT.to_owned())].into(),
            // su stays for 2 s, and supervisord looks after its programs once a second.
            grace_s: match case.script.contains("su root") || case.start.contains("supervisord") {
                true => Some(4.0),
                false => takes_long.then_some(6.0),
            },
            finish_s: takes_long.then_some(3.0),
            is_plain: case.is_plain && !dockerfile.contains("--chmod=755 entry.sh"),
            ..Startup::default()
        };
        if let Some(why) = sandbox.misses(&startup) {
            println!("skipped: {why}");
            return Ok(None);
        }
        let run = |startup: &Startup| -> Result<Run, String> {
            // A busy machine may spoil a run.
            let mut last = sandbox.run(startup)?;
            for _ in 0..2 {
                if last.measured.is_none() {
                    last = sandbox.run(startup)?;
                }
            }
            Ok(last)
        };
        let stopped = run(&startup)?;
        let Some(measured) = stopped.measured else {
            return Err(format!("{}: not measured\n{}", case.kind, stopped.story));
        };
        let alone = run(&Startup {
            life: Some((50, 7)),
            ..startup
        })?;
        Ok(Some(Runs {
            stopped: measured.verdict,
            story: stopped.story,
            given: given(&stopped.given),
            status: alone.status,
        }))
    }
}

fn given(fields: &[String]) -> (Vec<String>, String, BTreeSet<String>) {
    let count = fields.first().and_then(|count| count.parse().ok());
    let (words, rest) = fields
        .get(1..)
        .unwrap_or_default()
        .split_at(count.unwrap_or(0usize));
    let own = ["PWD=", "OLDPWD=", "SHLVL=", "_="];
    let variables = rest.iter().skip(1);
    let variables = variables.filter(|text| !own.iter().any(|name| text.starts_with(name)));
    (
        words.to_vec(),
        rest.first().cloned().unwrap_or_default(),
        variables.cloned().collect(),
    )
}
