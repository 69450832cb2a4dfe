//! What is looked at: paths, directories, lists of files, standard input; and what cannot be read.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use super::{BAD, Folder, GOOD, NOTED, Ran, program};

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
fn lists_of_files_may_be_separated_by_nul() {
    let folder = Folder::new("nul");
    folder
        .file("a b/Dockerfile", BAD)
        .file("c/Dockerfile", NOTED);
    let words = ["check", "--format", "concise", "--files-from", "-"];
    let ran = folder.run_with(&words, "a b/Dockerfile\0c/Dockerfile\0");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    for place in ["a b/Dockerfile:2:1", "c/Dockerfile:3:1"] {
        assert!(ran.stdout.contains(place), "{}", ran.stdout);
    }
}

/// The list on standard input is read once, and what is reported after the fixes is about the files that it names.
#[test]
fn what_is_left_after_fixes_is_told_of_listed_files() {
    let folder = Folder::new("listed-fixes");
    let dockerfile = "FROM debian:12-slim\nRUN make-app -o /demo/app\nCMD /demo/app\n";
    folder
        .file("a/Dockerfile", dockerfile)
        .file("b/Dockerfile", BAD);
    let ran = folder.run_with(
        &["check", "--fix", "--format", "concise", "--files-from", "-"],
        "a/Dockerfile\r\nb/Dockerfile\r\n",
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("b/Dockerfile:2:1: warning"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("a/Dockerfile"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 warning; "), "{}", ran.stdout);
    let fixed = fs::read_to_string(folder.0.join("a/Dockerfile")).expect("it is text");
    assert!(fixed.ends_with("CMD [\"/demo/app\"]\n"), "{fixed}");
}

/// `--files-from <(git ls-files)`, `--base-config <(docker image inspect IMAGE)`.
#[test]
fn files_that_the_user_names_may_be_pipes() {
    let folder = Folder::new("pipes");
    folder.file("a/Dockerfile", BAD);
    let bash = |words: &str| {
        let line = format!("\"$0\" check --format concise {words}");
        let output = Command::new("bash")
            .args(["-c", &line, env!("CARGO_BIN_EXE_pidone")])
            .current_dir(&folder.0)
            .output();
        Ran::of(output.expect("bash runs"))
    };
    let ran = bash("--files-from <(echo a/Dockerfile)");
    assert!(ran.stdout.contains("a/Dockerfile:2:1"), "{}", ran.stderr);
    let ran = bash("--config <(echo 'ignore = [\"unstoppable-stop-signal\"]') a");
    assert!(ran.stdout.starts_with("no findings"), "{}", ran.stderr);
}

#[test]
fn names_that_are_no_text_are_found_and_may_be_listed() {
    let folder = Folder::new("name-bytes");
    let name = b"Dockerfile.\xff";
    let path = folder.0.join(OsStr::from_bytes(name));
    fs::write(path, BAD).expect("it can be written");
    let ran = folder.run(&["check", "--format", "concise"]);
    assert!(
        ran.stdout.starts_with("Dockerfile.\u{fffd}:2:1"),
        "{}",
        ran.stdout
    );
    let mut list = b"./".to_vec();
    list.extend(name);
    fs::write(folder.0.join("list"), list).expect("it can be written");
    let listed = folder.run(&["check", "--format", "concise", "--files-from", "list"]);
    assert_eq!(
        (listed.status, &listed.stdout),
        (1, &ran.stdout),
        "{}",
        listed.stderr
    );
}
