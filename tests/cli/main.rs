//! The command line as a user meets it: exit statuses, the two streams, bad input.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the program and make its input"
)]

mod documentation;
mod inputs;
mod misuse;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const GOOD: &str = "FROM debian:12-slim\nCOPY app /demo/app\nCMD [\"/demo/app\"]\n";
/// Judged bad by its text alone.
const BAD: &str =
    "FROM debian:12-slim\nSTOPSIGNAL SIGKILL\nRUN make-app -o /demo/app\nCMD [\"/demo/app\"]\n";
const NOTED: &str = "FROM debian:12-slim\nRUN make-app -o /demo/app\nCMD [\"/demo/app\"]\nCMD [\"/demo/app\", \"-v\"]\n";

/// A directory of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder can be made");
        Folder(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Folder {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("it can be made");
        fs::write(path, content).expect("the file can be written");
        self
    }

    /// A directory of it, as the place to start from.
    fn within(&self, name: &str) -> Folder {
        Folder(self.0.join(name))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    fn run_in(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut program = program(&self.0);
        let output = program
            .args(arguments)
            .envs(variables.iter().copied())
            .output();
        Ran::of(output.expect("the program starts"))
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = program(&self.0)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that does not read its input may have ended already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Ran::of(child.wait_with_output().expect("the program ends"))
    }
}

/// The program in a directory, with nothing of the caller's settings.
fn program(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pidone"));
    command.current_dir(directory);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        Ran {
            status: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("news are UTF-8"),
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("standard output is one JSON value")
    }
}

#[test]
fn exit_status_follows_the_fail_level() {
    let folder = Folder::new("fail_level");
    folder
        .file("bad/Dockerfile", BAD)
        .file("noted/Dockerfile", NOTED);
    for (arguments, status) in [
        (vec!["check", "bad"], 1),
        (vec!["check", "--fail-on", "never", "bad"], 0),
        (
            vec!["check", "--ignore", "unstoppable-stop-signal", "bad"],
            0,
        ),
        (vec!["check", "--select", "several-entrypoints", "bad"], 0),
        (vec!["check", "noted"], 0),
        (vec!["check", "--fail-on", "note", "noted"], 1),
        (vec!["trace", "bad"], 0),
    ] {
        assert_eq!(folder.run(&arguments).status, status, "{arguments:?}");
    }
}

#[test]
fn people_are_told_of_fixes_where_there_may_be_some() {
    let folder = Folder::new("told");
    folder
        .file("bad/Dockerfile", BAD)
        .file("noted/Dockerfile", NOTED);
    let told = |arguments: &[&str]| folder.run(arguments).stderr.contains("check --diff");
    assert!(told(&["check", "bad"]));
    assert!(!told(&["check", "noted"]));
    assert!(!told(&["check", "--fix", "bad"]));
    assert!(!told(&["check", "--quiet", "bad"]));
    assert!(!told(&["check", "--format", "concise", "bad"]));
}

#[test]
fn bad_usage_is_status_2_with_a_message() {
    let folder = Folder::new("usage");
    for (arguments, message) in [
        (vec!["chekc"], "unrecognized subcommand"),
        (
            vec!["check", "--select", "script-without-exek"],
            "script-without-exec",
        ),
        (vec!["explain", "nothing"], "`pidone rules` lists them"),
        (vec!["knows", "ngnix"], "did you mean `nginx`?"),
        (vec!["check", "--grace", "soon"], "expected seconds"),
        (
            vec!["check", "--platform", "linux/arm46"],
            "did you mean `linux/arm64`?",
        ),
        (
            vec!["check", "--base-config", "absent.json"],
            "absent.json: no such file",
        ),
    ] {
        let ran = folder.run(&arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert!(
            ran.stderr.contains(message),
            "{arguments:?}: {}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn text_of_files_steers_no_terminal() {
    let folder = Folder::new("steers");
    let app = "#!/bin/sh\n\"/demo/\x1b[2Japp\" \x07\nwhile sleep 9; do :; done\n";
    let text = "FROM debian:12-slim\nSTOPSIGNAL \"SIG\x1b[31mTERM\"\nBAD\x1b]0;x\x07 y\nCOPY --chmod=755 start.sh /\n\
                CMD [\"/start.sh\", \"\\u001b[2J\"]\n";
    folder
        .file("\x1b[31mdir/Dockerfile", text)
        .file("\x1b[31mdir/start.sh", app);
    for arguments in [
        vec!["check"],
        vec!["check", "--format", "concise"],
        vec!["check", "--format", "markdown"],
        vec!["check", "--statistics"],
        vec!["trace"],
        vec!["trace", "--format", "svg"],
        vec!["check", "\x1b[31mabsent"],
    ] {
        let mut arguments = arguments;
        arguments.extend(["--color", "always"]);
        let ran = folder.run(&arguments);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        for sequence in [
            "\x1b[31mdir",
            "\x1b[31mTERM",
            "\x1b[31mabsent",
            "\x1b[2J",
            "\x1b]0",
            "\x07",
        ] {
            assert!(!said.contains(sequence), "{arguments:?}: {said:?}");
        }
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let folder = Folder::new("colour");
    folder.file("Dockerfile", BAD);
    let escape = "\x1b[";
    assert!(!folder.run(&["check"]).stdout.contains(escape));
    assert!(
        folder
            .run(&["check", "--color", "always"])
            .stdout
            .contains(escape)
    );
    let output = program(&folder.0)
        .args(["check"])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .expect("the program runs");
    assert!(Ran::of(output).stdout.contains(escape));
    let output = program(&folder.0)
        .args(["check"])
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "0")
        .output()
        .expect("the program runs");
    assert!(!Ran::of(output).stdout.contains(escape));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let folder = Folder::new("pipe");
    for number in 0..200 {
        folder.file(&format!("{number:03}/Dockerfile"), GOOD);
    }
    // More output than a pipe holds, and nobody reads it.
    let mut child = program(&folder.0)
        .args(["trace", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output().expect("the program ends"));
    assert_eq!(ran.status, 0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_trace_contract_has_all_its_fields() {
    let folder = Folder::new("contract");
    folder.file(
        "svc/Dockerfile",
        "FROM debian:12-slim AS prod\nCMD [\"/demo/app\"]\n",
    );
    let report = folder.run(&["trace", "--format", "json", "svc"]).json();
    assert_eq!(report["schema"], "pidone/trace/1");
    assert_eq!(report["errors"], serde_json::json!([]));
    let target = report["targets"][0].as_object().expect("an object");
    let fields: Vec<&str> = target.keys().map(String::as_str).collect();
    let expected = [
        "file",
        "stage",
        "name",
        "base",
        "argv",
        "stop_signal",
        "grace_seconds",
        "verdict",
        "paths",
    ];
    assert_eq!(fields, expected);
    assert_eq!(target["name"], "prod");
    assert_eq!(target["base"], "debian:12-slim");
    assert_eq!(target["grace_seconds"], 10);
}

#[test]
fn unknown_has_its_reason_in_words() {
    let folder = Folder::new("reasons");
    folder.file(
        "Dockerfile",
        "FROM node:22\nCOPY . .\nCMD [\"node\", \"server.js\"]\n",
    );
    let ran = folder.run(&["trace", "Dockerfile"]);
    let expected =
        "unknown: SIGTERM arrives; what happens then is up to the code that the program runs";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    folder.file(
        "start.sh",
        "#!/bin/sh\nfiles=$(ls -A /srv)\n[ -n \"$files\" ] || exit 1\nsleep infinity\n",
    );
    folder.file(
        "Dockerfile",
        "FROM debian:12\nCOPY --chmod=755 start.sh /\nCMD [\"/start.sh\"]\n",
    );
    let ran = folder.run(&["trace", "Dockerfile"]);
    let expected = "when      `$(ls -A /srv)` is not empty";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
}
