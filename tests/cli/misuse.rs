//! What somebody meets who asks for what cannot be had: each mistake is named, and no gate turns green by one.

use super::{BAD, Folder, GOOD};

/// A Dockerfile whose script starts its application without `exec`.
const WITH_SCRIPT: &str =
    "FROM debian:12-slim\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n";
const SCRIPT: &str = "#!/bin/sh\nnginx -g 'daemon off;'\n";

#[test]
fn what_cannot_be_used_is_named() {
    let folder = Folder::new("misuse");
    folder.file("bad/Dockerfile", BAD);
    for (arguments, message) in [
        (vec!["--context", "absent"], "absent: no such directory"),
        (
            vec!["--context", "bad/Dockerfile"],
            "bad/Dockerfile: no such directory",
        ),
        (vec!["--config", "bad"], "bad: is a directory"),
        (
            vec!["--baseline", "bad/Dockerfile"],
            "bad/Dockerfile: expected value at line 1",
        ),
        (vec!["--output", "sarif=bad"], "bad: is a directory"),
        (
            vec!["--output", "sarif=both", "--output", "json=both"],
            "both: one file for two outputs",
        ),
        (
            vec!["--files-from", "-", "-"],
            "standard input cannot be both a Dockerfile and the list of --files-from",
        ),
        (
            vec!["--output", "sarif=absent/x"],
            "absent/x: no such file or directory",
        ),
        (
            vec!["--output", "sarif=-"],
            "standard output is what --format is for",
        ),
        (
            vec!["--output", "serif=x"],
            "there is no format `serif`; did you mean `sarif`?",
        ),
        (vec!["--output", "x"], "expected FORMAT=FILE"),
        (
            vec!["--statistics", "--format", "json"],
            "cannot be used with",
        ),
        (vec!["--write-baseline", "bad"], "bad: is a directory"),
        (vec!["--unsafe-fixes"], "--fix|--diff"),
        (vec!["--diff", "--format", "json"], "cannot be used with"),
        (vec!["--diff", "--output", "json=x"], "cannot be used with"),
        (vec!["--target", "prod"], "no Dockerfile has a stage `prod`"),
        (
            vec!["--changed-since", "main"],
            "--changed-since main: git: ",
        ),
    ] {
        let words: Vec<&str> = ["check", "bad"].into_iter().chain(arguments).collect();
        // The search for a repository must not end in the one that these tests are in.
        let ran = folder.run_in(&words, &[("GIT_DIR", "absent")]);
        assert_eq!(ran.status, 2, "{words:?}");
        assert!(ran.stderr.contains(message), "{words:?}: {}", ran.stderr);
    }
    let ran = folder.run(&["trace", "--target", "prod", "bad"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

#[test]
fn a_stage_that_some_files_have_is_judged_there() {
    let folder = Folder::new("some_stages");
    let staged = BAD.replace("12-slim", "12-slim AS prod");
    folder
        .file("a/Dockerfile", staged)
        .file("b/Dockerfile", GOOD);
    let ran = folder.run(&["check", "--target", "prod"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("b/Dockerfile: there is no stage `prod`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn mistakes_in_the_configuration_are_shown_in_their_lines() {
    let folder = Folder::new("configuration");
    folder.file("Dockerfile", GOOD);
    for (text, place, message) in [
        ("grase = 1\n", "1:1", "did you mean `grace`?"),
        ("grace = true\n", "1:9", "expected a time"),
        (
            "init = true\n[[launcher]]\nnames = [\"our-init\"]\nhow = \"fork\"\n",
            "2:1",
            "the key `about` is missing",
        ),
        (
            "[[program]]\nnames = [\"a\"]\nabout = \"a\"\nevidence = \"a\"\nlifetim = \"long\"\n",
            "1:1",
            "did you mean `lifetime`?",
        ),
        (
            "[[image]]\nnames = [\"a\"]\nevidence = \"a\"\nstop-signel = \"SIGINT\"\n",
            "1:1",
            "unknown key `stop-signel`",
        ),
        (
            "[[launcher]]\nnames = [\"a\"]\nabout = \"a\"\nevidence = \"a\"\nhow = \"fork\"\nsignals = { TERM = \"chld\" }\n",
            "1:1",
            "chld",
        ),
    ] {
        folder.file("pidone.toml", text);
        let ran = folder.run(&["check"]);
        assert_eq!(ran.status, 2, "{text}");
        let place = format!("error: pidone.toml:{place}: ");
        assert!(ran.stderr.starts_with(&place), "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{text}: {}", ran.stderr);
    }
}

#[test]
fn own_entries_are_shown_and_known() {
    let folder = Folder::new("own_entries");
    folder.file("Dockerfile", GOOD).file(
        "pidone.toml",
        "[[launcher]]\nnames = [\"our-init\"]\nabout = \"It passes TERM on.\"\nevidence = \"its source\"\n\
         how = \"fork\"\nsignals = { TERM = \"child\", otherwise = \"default\" }\n",
    );
    let page = folder.run(&["knows", "our-init"]);
    assert!(
        page.stdout.contains("It passes TERM on."),
        "{}",
        page.stderr
    );
    let twice = folder.run(&["knows", "cron", "crond"]).stdout;
    assert_eq!(twice, folder.run(&["knows", "cron"]).stdout);
    let shown = folder.run(&["check", "--show-config"]).stdout;
    assert!(shown.contains("[[launcher]]\n"), "{shown}");
    assert!(shown.contains("names = [\"our-init\"]"), "{shown}");
}

#[test]
fn paths_in_the_configuration_start_from_its_directory() {
    let folder = Folder::new("from_directory");
    folder
        .file("svc/Dockerfile", BAD)
        .file("other/Dockerfile", BAD);
    // A repository ends the search for a configuration; this is where it begins.
    folder.file("pidone.toml", "baseline = \"known.json\"\n");
    let written = folder.run(&["check", "--write-baseline", "known.json"]);
    assert_eq!(written.status, 0, "{}", written.stderr);
    let within = folder.within("svc");
    for words in [&["check"][..], &["check", "../other"], &["check", "."]] {
        let ran = within.run(words);
        assert_eq!(ran.status, 0, "{words:?}: {}{}", ran.stdout, ran.stderr);
    }
    let absolute = folder.0.join("svc");
    let absolute = absolute.to_str().expect("it is UTF-8");
    let ran = folder.run(&["check", absolute]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr
            .contains("1 known finding left out, 1 more not found"),
        "{}",
        ran.stderr
    );
}

#[test]
fn quiet_runs_print_findings_alone() {
    let folder = Folder::new("quiet");
    folder
        .file("bad/Dockerfile", BAD)
        .file("good/Dockerfile", GOOD);
    folder.file("unknown/Dockerfile", "FROM nobody/knows\n");
    let run = |words: &[&str]| folder.run(words);
    assert_eq!(run(&["check", "--quiet", "good"]).stdout, "");
    assert_eq!(
        run(&["check", "-q", "--format", "concise", "good"]).stdout,
        ""
    );
    assert_eq!(
        run(&["check", "-q", "--format", "concise", "bad"])
            .stdout
            .lines()
            .count(),
        1
    );
    // What fails the run is said all the same.
    let ran = run(&["check", "-q", "--fail-on", "unknown", "unknown"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("1 not: "), "{}", ran.stdout);
}

#[test]
fn fixing_standard_input_changes_no_file() {
    let folder = Folder::new("stdin_fix");
    folder.file("start.sh", SCRIPT);
    let ran = folder.run_with(&["check", "--fix", "--context", ".", "-"], WITH_SCRIPT);
    assert_eq!(ran.stdout, WITH_SCRIPT);
    assert!(
        ran.stderr.contains("1 more in other files"),
        "{}",
        ran.stderr
    );
    let script = std::fs::read_to_string(folder.0.join("start.sh")).expect("it is there");
    assert_eq!(script, SCRIPT);
    let shell = "FROM debian:12-slim\nRUN apt-get install -y nginx\nCMD nginx -g \"daemon off;\"\n";
    let ran = folder.run_with(&["check", "--fix", "-"], shell);
    assert!(
        ran.stdout
            .contains("CMD [\"nginx\", \"-g\", \"daemon off;\"]"),
        "{}",
        ran.stdout
    );
}
