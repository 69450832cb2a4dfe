//! Each kind of fix, run before and after as PID 1.

use crate::sandbox::{Sandbox, Word};
use crate::startup::{Mode, Shell, Startup};
use crate::tree::Tree;

struct Case {
    kind: &'static str,
    shell: Shell,
    /// CMD, or nothing for the script.
    cmd: &'static str,
    script: &'static str,
    before: Word,
    is_unsafe: bool,
}

const fn case(kind: &'static str, shell: Shell, cmd: &'static str, script: &'static str) -> Case {
    Case {
        kind,
        shell,
        cmd,
        script,
        before: Word::Stuck,
        is_unsafe: false,
    }
}

const fn risky(case: Case, before: Word) -> Case {
    Case {
        before,
        is_unsafe: true,
        ..case
    }
}

const SCRIPT: &str = "CMD [\"/srv/entry.sh\"]";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("exec-form", Shell::Dash, "CMD app --x \"a b\" 'c*' '' \\$d", ""),
    case("exec-form", Shell::Dash, "ENTRYPOINT app \\\n  # why\n  --x", ""),
    case("exec-in-string", Shell::Dash, "CMD app $NOTHING --x", ""),
    case("exec-in-string", Shell::Dash, "CMD cd /tmp && app", ""),
    case("exec-in-string", Shell::Dash, "CMD [\"/bin/sh\", \"-c\", \"ulimit -n 64; A=1 app 2>&1\"]", ""),
    case("exec-in-string", Shell::Bash, "CMD [\"/bin/bash\", \"-c\", \"export A=1; cd /tmp && app\"]", ""),
    case("exec-in-script", Shell::Dash, SCRIPT, "#!/bin/sh\ncd /tmp\nA=1 app \"$@\"\n"),
    case("exec-in-script", Shell::Dash, SCRIPT, "#!/bin/sh\nmain() {\n  app\n}\nmain \"$@\"\n"),
    case("exec-in-script", Shell::Bash, SCRIPT, "#!/bin/bash\nif [ -n \"$X\" ]; then exec app -x; else app; fi\nexit $?\n"),
    case("exec-form+exec-in-script", Shell::Dash, "CMD /srv/entry.sh", "#!/bin/sh\napp\n"),
    risky(case("trap-and-wait", Shell::Dash, SCRIPT, "#!/bin/sh\napp --x\necho after\n"), Word::Stuck),
    risky(case("trap-and-wait", Shell::Bash, SCRIPT, "#!/bin/bash\nset -e\napp --x\necho after\n"), Word::Stuck),
    risky(case("exec-through-tee", Shell::Bash, SCRIPT, "#!/bin/bash\napp 2>&1 | tee /dev/null\n"), Word::Stuck),
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
    let mut wrong = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        let tree = Tree::new(&format!("run-{index}"));
        tree.file("app", b"\x7fELF\0").file("entry.sh", case.script);
        let path = "ENV PATH=/usr/local/bin:/usr/bin:/bin\nWORKDIR /srv";
        let text = format!(
            "FROM debian:12-slim\n{path}\nCOPY app /usr/local/bin/app\nCOPY --chmod=755 entry.sh /srv/entry.sh\n{}\n",
            case.cmd
        );
        tree.file("Dockerfile", text);
        let run = |when: &str| {
            let startup = Startup {
                id: format!("{} {when}", case.kind),
                shell: Some(case.shell),
                mode: Mode::Argv,
                argv: tree.argv(),
                files: [("entry.sh".to_owned(), tree.read("entry.sh"))].into(),
                ..Startup::default()
            };
            if let Some(why) = sandbox.misses(&startup) {
                println!("skipped: {why}");
                return None;
            }
            // A busy machine may spoil a run.
            let mut story = String::new();
            for _ in 0..3 {
                let run = sandbox
                    .run(&startup)
                    .expect("the sandbox works on this machine");
                story = run.story;
                if let Some(measured) = run.measured {
                    return Some((measured.verdict, story));
                }
            }
            panic!("{}: not measured\n{story}", startup.id);
        };
        let Some((before, story)) = run("before") else {
            continue;
        };
        if before != case.before {
            wrong.push(format!("{}: {before} before\n{story}", case.kind));
        }
        tree.fix(case.is_unsafe);
        let shown = format!("{}\n{}", tree.read("Dockerfile"), tree.read("entry.sh"));
        let Some((after, story)) = run("after") else {
            continue;
        };
        if after != Word::Graceful {
            wrong.push(format!("{}: {after} after\n{shown}\n{story}", case.kind));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
