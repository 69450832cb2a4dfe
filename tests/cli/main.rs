//! The command line as a user meets it: exit statuses, the two streams, bad input.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the program and make its input"
)]

mod documentation;
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
fn a_missing_path_is_status_2_and_the_rest_goes_on() {
    let folder = Folder::new("missing");
    folder.file("bad/Dockerfile", BAD);
    let ran = folder.run(&["check", "--format", "concise", "absent", "bad"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("absent: no such file or directory"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .contains("bad/Dockerfile:2:1: warning[unstoppable-stop-signal]")
    );

    let ran = folder.run(&["trace", "--format", "json", "absent", "bad"]);
    assert_eq!(ran.status, 2);
    let report = ran.json();
    assert_eq!(report["errors"][0]["file"], "absent");
    assert_eq!(report["targets"][0]["file"], "bad/Dockerfile");
}

#[test]
fn a_directory_without_dockerfiles_says_so() {
    let folder = Folder::new("nothing");
    folder.file("web/Dockerfile.dockerignore", "node_modules\n");
    let ran = folder.run(&["check"]);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr.contains("no Dockerfile found in `.`"),
        "{}",
        ran.stderr
    );
    assert_eq!(folder.run(&["check", "--quiet"]).stderr, "");
}

#[test]
fn files_that_are_no_text_are_findings_when_found_and_errors_when_named() {
    let folder = Folder::new("no_text");
    let huge = vec![b'#'; 9 * 1024 * 1024];
    folder
        .file("binary/Dockerfile", b"\x7fELF\x02\x01\x01\0\0")
        .file("utf16/Dockerfile", b"\xff\xfeF\0R\0O\0M\0 \0a\0")
        .file("huge/Dockerfile", huge)
        .file("good/Dockerfile", GOOD);
    let ran = folder.run(&["check", "--format", "concise"]);
    assert_eq!(ran.status, 1);
    for line in [
        "binary/Dockerfile:1:1: error[unreadable-file]",
        "a binary file, not a Dockerfile",
        "utf16/Dockerfile:1:1: error[unreadable-file]",
        "too large to read",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
    let ran = folder.run(&["check", "utf16/Dockerfile", "good"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .contains("utf16/Dockerfile: a binary file, not a Dockerfile")
    );
    assert!(!ran.stdout.contains("unreadable-file"));
    // The code frame of a file without text must not fail.
    let ran = folder.run(&["check", "binary"]);
    assert!(
        ran.stdout.contains("--> binary/Dockerfile"),
        "{}",
        ran.stdout
    );
}

#[test]
fn text_in_another_encoding_is_judged_and_never_rewritten() {
    let folder = Folder::new("latin");
    let script = b"#!/bin/sh\n# d\xe9marrage\n/demo/app --caf\xe9\n";
    folder
        .file(
            "Dockerfile",
            b"FROM debian:12-slim\n# caf\xe9\nCOPY --chmod=755 app start.sh /demo/\nCMD [\"/demo/start.sh\"]\n",
        )
        .file("app", b"\x7fELF\0")
        .file("start.sh", script);
    for format in ["concise", "json", "junit", "sarif", "rdjson", "gitlab"] {
        let ran = folder.run(&["check", "--format", format]);
        assert_eq!(ran.status, 1, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains("script-without-exec"), "{format}");
    }
    let ran = folder.run(&["check", "--fix", "--unsafe-fixes"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    let kept = std::fs::read(folder.0.join("start.sh")).expect("it is there");
    assert_eq!(kept, script);
}

/// Everything that a directory can hold under the name of a Dockerfile.
#[cfg(unix)]
#[test]
fn a_hostile_directory_stops_nothing_and_reads_the_same_on_every_number_of_cores() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let folder = Folder::new("hostile");
    for number in 0..20 {
        folder.file(&format!("many/{number:02}/Dockerfile"), BAD);
    }
    folder
        .file("directory/Dockerfile/Dockerfile", BAD)
        .file("line\nend/Dockerfile", BAD)
        .file(
            "script/Dockerfile",
            "FROM debian:12-slim\nCOPY start.sh /\nCMD [\"/start.sh\"]\n",
        )
        .file("zero/Dockerfile", b"FROM debian\0\n")
        .file("pipe/other", "")
        .file("links/other", "");
    let mut bytes = folder.0.join("bytes-").into_os_string().as_bytes().to_vec();
    bytes.push(0xff);
    let bytes = PathBuf::from(OsStr::from_bytes(&bytes));
    fs::create_dir(&bytes).expect("it can be made");
    fs::write(bytes.join("Dockerfile"), BAD).expect("it can be written");
    symlink("Dockerfile", folder.0.join("links/Dockerfile")).expect("it can be made");
    symlink("nowhere", folder.0.join("links/Dockerfile.gone")).expect("it can be made");
    symlink("../links", folder.0.join("links/links")).expect("it can be made");
    for pipe in ["pipe/Dockerfile", "script/start.sh"] {
        let made = Command::new("mkfifo").arg(folder.0.join(pipe)).status();
        assert!(made.expect("mkfifo runs").success());
    }
    let runs: Vec<Ran> = ["1", "2", "8", "2"]
        .into_iter()
        .map(|cores| {
            let output = program(&folder.0)
                .args(["check", "--format", "json"])
                .env("RAYON_NUM_THREADS", cores)
                .output();
            Ran::of(output.expect("the program runs"))
        })
        .collect();
    for ran in &runs {
        assert_eq!(ran.status, 1);
        assert_eq!(ran.stdout, runs[0].stdout);
        assert_eq!(ran.stderr, runs[0].stderr);
    }
    let report = runs[0].json();
    let list = report["findings"].as_array().expect("a list");
    let rules = |name: &str| list.iter().filter(|one| one["rule"] == name).count();
    assert_eq!(rules("unstoppable-stop-signal"), 23);
    // Two links, a pipe, and a file with a zero byte.
    assert_eq!(rules("unreadable-file"), 4);
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
fn a_file_without_instructions_is_no_reason_to_stop() {
    let folder = Folder::new("empty");
    folder.file("a/Dockerfile", "").file("b/Dockerfile", BAD);
    let ran = folder.run(&["check", "--format", "concise"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("a/Dockerfile"), "{}", ran.stderr);
    assert!(ran.stdout.contains("b/Dockerfile:2:1"));
}

#[test]
fn standard_input_is_a_dockerfile_without_context() {
    let folder = Folder::new("stdin");
    let ran = folder.run_with(&["check", "--format", "concise", "-"], BAD);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout
            .starts_with("<stdin>:2:1: warning[unstoppable-stop-signal]")
    );
}

#[test]
fn without_a_context_nothing_is_said_to_be_missing() {
    let folder = Folder::new("no_context");
    let copied = "FROM debian:12-slim\nCOPY . /demo\nENTRYPOINT [\"/demo/start.sh\"]\n";
    let by_name = "FROM debian:12-slim\nCOPY start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\n";
    for text in [copied, by_name] {
        let ran = folder.run_with(&["check", "-"], text);
        assert_eq!(ran.status, 0, "{}", ran.stdout);
        assert!(ran.stdout.contains("0 judged, 1 not"), "{}", ran.stdout);
        folder.file("alone/Dockerfile", text);
        let ran = folder.run(&["check", "alone"]);
        assert_eq!(ran.status, 0, "{}", ran.stdout);
        assert!(ran.stdout.contains("0 judged, 1 not"), "{}", ran.stdout);
    }
}

#[test]
fn the_search_respects_gitignore_and_keeps_its_order() {
    let folder = Folder::new("search");
    folder
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file(".gitignore", "vendor/\n")
        .file("vendor/Dockerfile", BAD)
        .file("b/Dockerfile", BAD)
        .file("a/web.Dockerfile", BAD)
        .file("a/Dockerfile.dockerignore", "x")
        .file(".devcontainer/Dockerfile", BAD)
        .file("Containerfile", BAD);
    let ran = folder.run(&["trace", "--format", "json"]);
    let report = ran.json();
    let targets = report["targets"].as_array().expect("a list");
    let files: Vec<&str> = targets
        .iter()
        .filter_map(|target| target["file"].as_str())
        .collect();
    let expected = [
        ".devcontainer/Dockerfile",
        "Containerfile",
        "a/web.Dockerfile",
        "b/Dockerfile",
    ];
    assert_eq!(files, expected);
    // A file that is named is looked at even if git ignores it, and each file once.
    let ran = folder.run(&[
        "trace",
        "--format",
        "json",
        "vendor/Dockerfile",
        "b",
        "b/Dockerfile",
    ]);
    assert_eq!(ran.json()["targets"].as_array().map(Vec::len), Some(2));
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
