//! Programs whose own code decides what a stop signal does: what pidone says of them, and what they do as PID 1.
//!
//! `PIDONE_MEASURE=1 cargo test --test own_code` prints what each did. A runtime that is not installed is said and
//! skipped; with `CI=true` that is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests read their cases, write programs, run them, and say what they skip"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// How long a program may need to start, and to end after the signal.
const START: Duration = Duration::from_millis(2500);
const STOP: Duration = Duration::from_millis(2500);

/// How many programs run at the same time.
const TOGETHER: usize = 16;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    argv: Vec<String>,
    /// What pidone says.
    verdict: String,
    /// What a run as PID 1 showed: `ends`, `goes on`, or `ends before` the signal comes.
    measured: String,
    files: BTreeMap<String, String>,
}

impl Case {
    fn argv(&self, default: &[&str]) -> Vec<String> {
        match self.argv.is_empty() {
            true => default.iter().map(|word| (*word).to_owned()).collect(),
            false => self.argv.clone(),
        }
    }
}

const FILES: [(&str, &[&str]); 3] = [
    ("python.toml", &["python3", "main.py"]),
    ("javascript.toml", &["node", "main.js"]),
    ("others.toml", &[]),
];

fn cases() -> Vec<(Case, Vec<String>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own_code");
    let mut found = Vec::new();
    for (file, default) in FILES {
        let text = fs::read_to_string(directory.join(file)).expect("the cases are there");
        let cases: Cases = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in cases.case {
            let argv = case.argv(default);
            found.push((case, argv));
        }
    }
    found
}

/// Writes a program and its Dockerfile, for one of the tests; the directory.
fn write(test: &str, case: &Case, argv: &[String]) -> PathBuf {
    let runtime = argv[0].trim_end_matches('3');
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("own-code/{test}/{runtime}-{}", case.name));
    let _ = fs::remove_dir_all(&directory);
    for (name, text) in &case.files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("it is in the directory"))
            .expect("directories can be made");
        fs::write(path, text.trim_start_matches('\n')).expect("files can be written");
    }
    let base = match argv[0].as_str() {
        "node" => "node:22",
        "php" => "php:8.3-cli",
        "ruby" => "ruby:3.3",
        "perl" => "perl:5.38",
        _ => "python:3.12",
    };
    let words = serde_json::to_string(argv).expect("words are JSON");
    let dockerfile = format!("FROM {base}\nWORKDIR /app\nCOPY . .\nENTRYPOINT []\nCMD {words}\n");
    fs::write(directory.join("Dockerfile"), dockerfile).expect("files can be written");
    directory
}

#[test]
fn verdicts_are_as_their_files_say() {
    let mut wrong = Vec::new();
    for (case, argv) in cases() {
        let directory = write("judged", &case, &argv);
        let output = Command::new(env!("CARGO_BIN_EXE_pidone"))
            .args(["trace", "--format", "json"])
            .arg(&directory)
            .output()
            .expect("pidone runs");
        let json: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("pidone prints JSON");
        let said = json["targets"][0]["verdict"].as_str().unwrap_or_default();
        if said != case.verdict {
            wrong.push(format!(
                "{}: {said} instead of {}",
                directory.display(),
                case.verdict
            ));
        }
        let is_right = match said {
            "graceful" => case.measured == "ends",
            "stuck" => case.measured == "goes on",
            "unknown" => true,
            _ => false,
        };
        if !is_right {
            wrong.push(format!(
                "{}: {said}, and it {}",
                directory.display(),
                case.measured
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn programs_do_as_their_files_say() {
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let says_all = std::env::var("PIDONE_MEASURE").is_ok();
    let mut wrong = Vec::new();
    let cases: Vec<_> = cases()
        .into_iter()
        .map(|(case, argv)| (write("run", &case, &argv), case, argv))
        .collect();
    for some in cases.chunks(TOGETHER) {
        let mut running = Vec::new();
        for (directory, case, argv) in some {
            match Running::start(directory, argv) {
                Ok(started) => running.push((case, started)),
                Err(why) if is_ci => wrong.push(format!("{}: {why}", case.name)),
                Err(why) => eprintln!("skipped: {} of {}: {why}", case.name, argv[0]),
            }
        }
        sleep(START);
        let asked: Vec<_> = running
            .into_iter()
            .map(|(case, mut running)| (case, running.ask(), running))
            .collect();
        let since = Instant::now();
        for (case, was_running, running) in asked {
            let measured = match was_running {
                true => running.watch(since),
                false => "ends before",
            };
            if says_all {
                println!("{}: {measured}", case.name);
            }
            if measured != case.measured {
                wrong.push(format!(
                    "{}: it {measured}, not: {}",
                    case.name, case.measured
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program that runs as PID 1 of a namespace of its own.
struct Running {
    unshare: Child,
}

impl Running {
    fn start(directory: &Path, argv: &[String]) -> Result<Running, String> {
        let asks = Command::new(&argv[0]).arg("--version").output();
        if !asks.is_ok_and(|output| output.status.success()) {
            return Err(format!("{} is not installed", argv[0]));
        }
        let mut options = vec!["--pid", "--fork", "--kill-child=KILL"];
        let probe = |options: &[&str]| {
            let run = Command::new("unshare").args(options).arg("true").output();
            run.is_ok_and(|output| output.status.success())
        };
        if !probe(&options) {
            options.push("--map-root-user");
            if !probe(&options) {
                return Err("no PID namespace can be made here".to_owned());
            }
        }
        let unshare = Command::new("unshare")
            .args(&options)
            .args(argv)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        Ok(Running { unshare })
    }

    /// Sends SIGTERM to PID 1 of the namespace; whether it still ran.
    fn ask(&mut self) -> bool {
        if self.has_ended() {
            return false;
        }
        let own = self.unshare.id();
        let children = format!("/proc/{own}/task/{own}/children");
        for pid in fs::read_to_string(children)
            .unwrap_or_default()
            .split_whitespace()
        {
            let _ = Command::new("kill").args(["-TERM", pid]).status();
        }
        true
    }

    fn has_ended(&mut self) -> bool {
        self.unshare.try_wait().is_ok_and(|status| status.is_some())
    }

    /// What it did from then on.
    fn watch(mut self, since: Instant) -> &'static str {
        loop {
            if self.has_ended() {
                return "ends";
            }
            if since.elapsed() > STOP {
                let _ = self.unshare.kill();
                let _ = self.unshare.wait();
                return "goes on";
            }
            sleep(Duration::from_millis(50));
        }
    }
}
