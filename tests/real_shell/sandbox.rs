//! Runs a start-up as PID 1 of a real PID namespace with a stub application and reads what happened.
//! In: a [`Startup`]. Out: a [`Measured`] in pidone's words, or why nothing can be measured on this machine.
//! Does not know what pidone says about it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, RwLock};

use serde::{Deserialize, Serialize};

use crate::startup::{Shell, Startup};

/// What happened, in pidone's words; `fails` stands for `exits`, too, which a run cannot tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    Graceful,
    Lingers,
    Truncated,
    Abrupt,
    Stuck,
    Fails,
}

impl Word {
    pub(crate) const ALL: [Word; 6] = [
        Word::Graceful,
        Word::Lingers,
        Word::Truncated,
        Word::Abrupt,
        Word::Stuck,
        Word::Fails,
    ];
}

impl fmt::Display for Word {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Word::Graceful => "graceful",
            Word::Lingers => "lingers",
            Word::Truncated => "truncated",
            Word::Abrupt => "abrupt",
            Word::Stuck => "stuck",
            Word::Fails => "fails",
        })
    }
}

/// What is compared with pidone: the verdict, and whether the application itself was PID 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Measured {
    pub(crate) verdict: Word,
    pub(crate) app_is_pid1: bool,
}

/// One run in full, for people who look into a disagreement.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// None when the run does not decide it: the application never came up although PID 1 lived, or it was cut off
    /// and had no real-time priority, so that it may have lost a race.
    pub(crate) measured: Option<Measured>,
    /// The sandbox's own line, the application's log and what the start-up wrote.
    pub(crate) story: String,
    /// What happened to each `worker`, should that be the application.
    #[allow(dead_code, reason = "the tests of fixes have one program")]
    pub(crate) workers: Vec<Measured>,
    /// What the application was given: the number of words, the words, the directory, the variables.
    #[allow(dead_code, reason = "the tests of fixes compare it")]
    pub(crate) given: Vec<String>,
    /// The status that PID 1 ended with, as `wait` gives it, if it did so by itself.
    #[allow(dead_code, reason = "the tests of fixes compare it")]
    pub(crate) status: Option<i32>,
}

const START_MS: u32 = 2500;
const SETTLE_MS: u32 = 300;
const GRACE_S: f64 = 1.2;
const GRACEFUL_MS: u32 = 250;

/// The names under which the stub stands in `/usr/local/bin`; the tools after the helpers succeed at once.
const STUBS: [&str; 14] = [
    "app",
    "app2",
    "worker",
    "app-default",
    "nginx",
    "httpd",
    "apachectl",
    "php-fpm",
    "uwsgi",
    "nc",
    "pg_isready",
    "envsubst",
    "migrate",
    "curl",
];

/// The part of busybox's applets that Alpine has as commands and that start-ups use.
const APPLETS: [&str; 42] = [
    "awk", "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dirname", "env", "expr",
    "false", "find", "grep", "head", "hostname", "id", "install", "ln", "ls", "mkdir", "mkfifo",
    "mv", "nohup", "od", "printf", "ps", "readlink", "rm", "sed", "seq", "setsid", "sleep", "sort",
    "stat", "tail", "tee", "timeout", "touch", "tr", "true", "xargs",
];

/// While a script is open for writing, a process that another thread forks at that moment would hold the file open
/// until it execs, and running the script would fail with “text file busy”. So writers share this lock and starting
/// a process takes it alone.
static WRITING: RwLock<()> = RwLock::new(());

/// The compiled helpers.
pub(crate) struct Sandbox {
    directory: PathBuf,
    is_root: bool,
    /// Whether the application gets real-time priority, without which truncated and abrupt look alike.
    pub(crate) is_urgency_permitted: bool,
    next: AtomicUsize,
}

impl Sandbox {
    /// The one of this process, or why there is none.
    pub(crate) fn shared() -> Result<&'static Sandbox, &'static str> {
        static SHARED: OnceLock<Result<Sandbox, String>> = OnceLock::new();
        SHARED
            .get_or_init(Sandbox::prepare)
            .as_ref()
            .map_err(String::as_str)
    }

    fn prepare() -> Result<Sandbox, String> {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-shell");
        remove_leftovers(&parent);
        let directory = parent.join(std::process::id().to_string());
        fs::create_dir_all(&directory)
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        for (name, source) in [
            ("sandbox", include_str!("c/sandbox.c")),
            ("application", include_str!("c/application.c")),
        ] {
            compile(&directory, name, source)?;
        }
        for shell in ["bin", "bin-ash"] {
            let bin = directory.join(shell);
            fs::create_dir(&bin).map_err(|error| error.to_string())?;
            for name in STUBS {
                fs::hard_link(directory.join("application"), bin.join(name))
                    .map_err(|error| error.to_string())?;
            }
        }
        if let Some(busybox) = find_program("busybox") {
            let list = Command::new(&busybox)
                .arg("--list")
                .output()
                .map_err(|error| error.to_string())?;
            let list = String::from_utf8_lossy(&list.stdout).into_owned();
            // A busybox built without an applet leaves the name to the program of this machine.
            for name in APPLETS
                .into_iter()
                .filter(|name| list.lines().any(|line| line == *name))
            {
                symlink(&busybox, directory.join("bin-ash").join(name))
                    .map_err(|error| error.to_string())?;
            }
        }
        let is_root = fs::metadata("/proc/self")
            .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let mut sandbox = Sandbox {
            directory,
            is_root,
            is_urgency_permitted: false,
            next: AtomicUsize::new(0),
        };
        let probe = Startup {
            argv: vec!["app".to_owned()],
            mode: crate::startup::Mode::Argv,
            ..Startup::default()
        };
        let story = sandbox.run(&probe)?.story;
        sandbox.is_urgency_permitted = story
            .lines()
            .any(|line| line.starts_with("start ") && line.ends_with(" 1"));
        Ok(sandbox)
    }

    /// Why this start-up cannot run here, if so.
    pub(crate) fn misses(&self, startup: &Startup) -> Option<String> {
        let shell = startup.shell().program();
        let missing = startup
            .tools()
            .into_iter()
            .chain([shell])
            .find(|tool| find_program(tool).is_none());
        match missing {
            Some(tool) => Some(format!("{tool} is not installed")),
            None if !self.is_root && startup.tools().contains(&"gosu") => {
                Some("gosu needs root".to_owned())
            }
            None => None,
        }
    }

    /// Runs it once.
    pub(crate) fn run(&self, startup: &Startup) -> Result<Run, String> {
        let work = self
            .directory
            .join(format!("run-{}", self.next.fetch_add(1, Ordering::Relaxed)));
        let answer = self
            .run_in(startup, &work)
            .map_err(|error| format!("{}: {error}", startup.id));
        fs::remove_dir_all(&work).map_err(|error| error.to_string())?;
        answer
    }

    fn run_in(&self, startup: &Startup, work: &Path) -> io::Result<Run> {
        let signal = signal_number(startup.signal())
            .ok_or_else(|| io::Error::other(format!("unknown signal {}", startup.signal())))?;
        let shell = find_program(startup.shell().program())
            .ok_or_else(|| io::Error::other("no such shell here"))?;
        {
            let _others_write_too = WRITING.read().expect("no writer panics");
            write_work(startup, work, signal)?;
        }
        let bin = if startup.shell() == Shell::Ash {
            "bin-ash"
        } else {
            "bin"
        };
        let grace_ms = startup.grace_s.unwrap_or(GRACE_S) * 1000.0;
        let mut command = Command::new(self.directory.join("sandbox"));
        command
            .arg(work)
            .arg(self.directory.join(bin))
            .arg(shell)
            .args([
                signal.to_string(),
                startup.start_ms().unwrap_or(START_MS).to_string(),
                SETTLE_MS.to_string(),
                grace_ms.to_string(),
            ])
            .args(startup.words())
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("HOME", "/root")
            .envs(&startup.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = {
            let _nobody_writes = WRITING.write().expect("no writer panics");
            command.spawn()?
        };
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(io::Error::other(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            ));
        }
        let outcome = String::from_utf8_lossy(&output.stdout).into_owned();
        let log = fs::read_to_string(work.join(".log"))?;
        let written = String::from_utf8_lossy(&fs::read(work.join(".output"))?).into_owned();
        let given = fs::read(work.join(".given"))?;
        let given = String::from_utf8_lossy(&given);
        let mut fields = outcome.split_whitespace();
        let ended = fields.next().is_some_and(|kind| kind == "early");
        Ok(Run {
            given: given.split_terminator('\0').map(str::to_owned).collect(),
            status: fields
                .next()
                .and_then(|word| word.parse().ok())
                .filter(|_| ended),
            measured: read(&outcome, &log, signal, &["app", "app-default"]),
            workers: workers(&log)
                .iter()
                .filter_map(|log| read(&outcome, log, signal, &["worker"]))
                .collect(),
            story: format!("{outcome}{log}--\n{written}"),
        })
    }

    /// Runs it until `runs` runs in all; gives the answer only when every run gave the same.
    pub(crate) fn measure(
        &self,
        startup: &Startup,
        runs: usize,
    ) -> Result<Option<Measured>, String> {
        let mut first = None;
        for _ in 0..runs {
            let run = self.run(startup)?;
            if run.measured.is_none() || first.is_some_and(|known| Some(known) != run.measured) {
                return Ok(None);
            }
            first = run.measured;
        }
        Ok(first)
    }

    /// Measures many at once: nearly all the time is spent asleep.
    pub(crate) fn measure_all(&self, startups: &[Startup], runs: usize) -> Vec<Option<Measured>> {
        let jobs = std::env::var("PIDONE_JOBS")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(20);
        let next = AtomicUsize::new(0);
        let results = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(startup) = startups.get(index) else {
                            return;
                        };
                        let measured = self
                            .measure(startup, runs)
                            .expect("the sandbox works on this machine");
                        results
                            .lock()
                            .expect("no holder panics")
                            .insert(index, measured);
                    }
                });
            }
        });
        results
            .into_inner()
            .expect("no holder panics")
            .into_values()
            .collect()
    }
}

/// Removes the directories of test processes that have ended; others may be running just now.
fn remove_leftovers(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            // Another process may be removing it, too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn compile(directory: &Path, name: &str, source: &str) -> Result<(), String> {
    let file = directory.join(format!("{name}.c"));
    fs::write(&file, source).map_err(|error| error.to_string())?;
    let status = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-o"])
        .arg(directory.join(name))
        .arg(&file)
        .status()
        .map_err(|error| format!("no C compiler (cc): {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cc does not compile {name}.c: {status}"))
    }
}

/// Where a program of this machine is. `/usr/local/bin` does not count: the namespace has its own.
fn find_program(name: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .into_iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
}

fn write_work(startup: &Startup, work: &Path, signal: u32) -> io::Result<()> {
    fs::create_dir(work)?;
    // The application may run as another user.
    fs::set_permissions(work, fs::Permissions::from_mode(0o777))?;
    for name in [".log", ".output", ".given"] {
        fs::write(work.join(name), "")?;
        fs::set_permissions(work.join(name), fs::Permissions::from_mode(0o666))?;
    }
    let life = startup
        .life
        .map(|(life, status)| format!(" {life} {status}"));
    let finish_ms = startup
        .finish_s
        .map_or(GRACEFUL_MS, |seconds| (seconds * 1000.0) as u32);
    let conf = format!("{finish_ms} {signal}{}", life.unwrap_or_default());
    fs::write(work.join(".conf"), conf)?;
    for (name, text) in startup.all_files() {
        let path = work.join(name);
        fs::create_dir_all(path.parent().expect("a name inside the directory"))?;
        fs::write(&path, text)?;
        let mode = if startup.is_plain { 0o644 } else { 0o755 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn signal_number(name: &str) -> Option<u32> {
    let known = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("KILL", 9),
        ("USR1", 10),
        ("USR2", 12),
        ("TERM", 15),
        ("WINCH", 28),
    ];
    known
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, number)| number)
}

/// The log of each process called `worker`.
fn workers(log: &str) -> Vec<String> {
    let pid = |line: &str| line.split(' ').nth(2).map(str::to_owned);
    let starts = log
        .lines()
        .filter(|line| line.split(' ').nth(3) == Some("worker"));
    let own = |start: &str| {
        let lines = log.lines().filter(|line| pid(line) == pid(start));
        lines.map(|line| format!("{line}\n")).collect()
    };
    starts.map(own).collect()
}

/// Reads the verdict about one of these programs from the sandbox's line and the log that all write.
fn read(outcome: &str, log: &str, stop_signal: u32, about: &[&str]) -> Option<Measured> {
    let mut fields = outcome.split_whitespace();
    let kind = fields.next()?;
    let times: Vec<u64> = fields
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let [stopped, killed] = times[..] else {
        return None;
    };
    let events: Vec<Vec<&str>> = log.lines().map(|line| line.split(' ').collect()).collect();

    let starts = || {
        events
            .iter()
            .filter(|event| event[0] == "start" && event.len() == 5)
    };
    // Where only helpers ever start, the last one is what the start-up came to.
    let is_application = |start: &&Vec<&str>| about.contains(&start[3]);
    let judged = starts()
        .find(is_application)
        .or_else(|| starts().next_back());
    let Some(judged) = judged else {
        let fails = Measured {
            verdict: Word::Fails,
            app_is_pid1: false,
        };
        return (kind == "early" || kind == "noexec").then_some(fails);
    };
    let (pid, is_urgent) = (judged[2], judged[4] == "1");
    let app_is_pid1 = pid == "1";
    if kind == "early" {
        return Some(Measured {
            verdict: Word::Fails,
            app_is_pid1,
        });
    }
    let own = |word: &'static str| {
        events
            .iter()
            .filter(move |event| event[0] == word && event[2] == pid)
    };
    let is_told = own("signal").any(|event| {
        let (time, number): (u64, u32) =
            (event[1].parse().unwrap_or(0), event[3].parse().unwrap_or(0));
        let stops = [1, 2, 3, 15, stop_signal].contains(&number);
        stops && time >= stopped && (killed == 0 || time < killed)
    });
    let is_clean = own("clean").next().is_some();
    let verdict = match (is_told, is_clean, kind) {
        (true, true, "ended") => Word::Graceful,
        (true, true, _) => Word::Lingers,
        (true, false, _) => Word::Truncated,
        (false, _, "ended") => Word::Abrupt,
        (false, _, _) => Word::Stuck,
    };
    let is_race = matches!(verdict, Word::Truncated | Word::Abrupt) && !is_urgent;
    (!is_race).then_some(Measured {
        verdict,
        app_is_pid1,
    })
}
