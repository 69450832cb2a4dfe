//! The settings of a run, the comments that silence, baselines and `--changed-since`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Folder, breaks, parse};

#[test]
fn the_schema_for_editors_has_every_key_that_the_parser_takes() {
    let folder = Folder::new("editor");
    let schema = parse(&folder.run(&["schema", "config"]).stdout);
    let keys = |schema: &Value| -> Vec<String> {
        let keys = schema["properties"].as_object().expect("properties").keys();
        let mut keys: Vec<String> = keys.cloned().collect();
        keys.sort();
        keys
    };
    for (text, schema) in [
        ("no-such-key-at-all = 1\n", &schema),
        (
            "[[overrides]]\npaths = []\nno-such-key-at-all = 1\n",
            &schema["properties"]["overrides"]["items"],
        ),
    ] {
        folder.file("pidone.toml", text);
        let ran = folder.run(&["check"]);
        assert_eq!(ran.status, Some(2));
        let (_, listed) = ran
            .stderr
            .split_once("expected one of ")
            .expect("they are listed");
        let line = listed.lines().next().unwrap_or_default();
        let mut listed: Vec<String> = line
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        listed.sort();
        assert_eq!(listed, keys(schema));
    }
}

#[test]
fn the_schema_for_editors_takes_every_entry_of_the_tables() {
    let folder = Folder::new("entries");
    let schema = parse(&folder.run(&["schema", "config"]).stdout);
    let tables = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("grammars");
    let mut count = 0;
    for kind in ["launcher", "program", "image", "package"] {
        let files = fs::read_dir(tables.join(format!("{kind}s"))).expect("the tables are there");
        for file in files {
            let path = file.expect("a readable entry").path();
            let text = fs::read_to_string(&path).expect("it is UTF-8");
            let table: toml::Table = text.parse().expect("it is TOML");
            let table = serde_json::to_value(&table).expect("TOML fits JSON");
            count += table[kind].as_array().map_or(0, Vec::len);
            let found = breaks(&schema, &schema, &table, "");
            assert_eq!(found, [""; 0], "{}", path.display());
        }
    }
    assert!(count > 300, "{count}");
    let wrong = json!({ "program": [{ "names": ["a"], "about": "a", "evidence": "a", "lifetime": "always" }] });
    assert_eq!(breaks(&schema, &schema, &wrong, "").len(), 1);
}

#[test]
fn the_strongest_setting_wins() {
    let folder = Folder::new("settings");
    let grace = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut words = vec!["trace", "--format", "json"];
        words.extend(arguments);
        let output = parse(&folder.run_with(&words, variables).stdout);
        output["targets"][0]["grace_seconds"].as_f64()
    };
    assert_eq!(grace(&["svc"], &[]), Some(10.0));
    folder.file("pidone.toml", "grace = 20\n");
    assert_eq!(grace(&["svc"], &[]), Some(20.0));
    folder.file(
        "pidone.toml",
        "grace = 20\n[[overrides]]\npaths = ['svc/']\ngrace = '30s'\n",
    );
    assert_eq!(grace(&["svc"], &[]), Some(30.0));
    assert_eq!(grace(&["svc"], &[("PIDONE_GRACE", "40")]), Some(40.0));
    assert_eq!(
        grace(&["svc", "--grace", "50"], &[("PIDONE_GRACE", "40")]),
        Some(50.0)
    );
}

#[test]
fn settings_decide_what_is_reported() {
    let folder = Folder::new("reported");
    for (text, status) in [
        ("ignore = ['script-without-exec']\n", 0),
        ("[severity]\nscript-without-exec = 'off'\n", 0),
        ("[severity]\nscript-without-exec = 'note'\n", 0),
        ("[severity]\nscript-without-exec = 'note'\n[x]\n", 2),
        ("fail-on = 'never'\n", 0),
        ("exclude = ['svc/']\n", 0),
        ("exclude = ['other/']\n", 1),
        (
            "[[overrides]]\npaths = ['s*']\nignore = ['script-without-exec']\n",
            0,
        ),
        ("init = false\n", 1),
    ] {
        folder.file(".pidone.toml", text);
        assert_eq!(folder.run(&["check"]).status, Some(status), "{text}");
    }
}

#[test]
fn a_program_that_the_user_vouches_for_is_no_assumption() {
    let folder = Folder::new("vouch");
    folder.file(
        "svc/Dockerfile",
        "FROM debian:12-slim\nCOPY --chmod=755 app /demo/app\nCMD [\"/demo/app\"]\n",
    );
    let assumed = |folder: &Folder| {
        let output = parse(&folder.run(&["trace", "--format", "json", "svc"]).stdout);
        let path = &output["targets"][0]["paths"][0];
        assert_eq!(path["verdict"], "graceful");
        path["assumptions"].as_array().map(Vec::len)
    };
    assert_eq!(assumed(&folder), Some(1));
    folder.file("pidone.toml", "handles-stop = ['/other/app']\n");
    assert_eq!(assumed(&folder), Some(1));
    folder.file("pidone.toml", "handles-stop = ['/demo/app']\n");
    assert_eq!(assumed(&folder), Some(0));
}

#[test]
fn comments_silence_and_are_found_when_they_do_not() {
    let folder = Folder::new("comments");
    let rules = |folder: &Folder| -> Vec<String> {
        let output = parse(&folder.run(&["check", "--format", "json"]).stdout);
        let findings = output["findings"].as_array().expect("a list").clone();
        findings
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap_or("").to_owned())
            .collect()
    };
    let script = |comment: &str| format!("#!/bin/sh\n{comment}\n/demo/app\n");
    for (comment, expected) in [
        ("# pidone: ignore[script-without-exec] known", vec![]),
        ("# pidone: ignore-file[script-without-exec]", vec![]),
        (
            "# pidone: ignore[shell-holds-pid1]",
            vec!["script-without-exec", "unused-ignore"],
        ),
        (
            "# pidone: ignore[nothing]",
            vec!["script-without-exec", "unused-ignore"],
        ),
        (
            "# pidone: ignore",
            vec!["script-without-exec", "unused-ignore"],
        ),
    ] {
        folder.file("svc/start.sh", &script(comment));
        assert_eq!(rules(&folder), expected, "{comment}");
        let output = parse(&folder.run(&["check", "--format", "json"]).stdout);
        let silenced = usize::from(expected.is_empty());
        assert_eq!(output["summary"]["silenced"], silenced, "{comment}");
        let text = folder.run(&["check", "--format", "concise"]).stdout;
        assert_eq!(text.contains("(1 silenced)"), expected.is_empty(), "{text}");
    }
}

#[test]
fn a_baseline_survives_moved_lines_and_shows_what_is_new() {
    let folder = Folder::new("baseline");
    assert_eq!(
        folder
            .run(&["check", "--write-baseline", "known.json"])
            .status,
        Some(0)
    );
    let baseline = ["check", "--baseline", "known.json"];
    assert_eq!(folder.run(&baseline).status, Some(0));
    folder.file(
        "svc/start.sh",
        "#!/bin/sh\n# moved\n\n/demo/app --name \"é\"\n",
    );
    assert_eq!(folder.run(&baseline).status, Some(0));
    folder.file("svc/start.sh", "#!/bin/sh\n/demo/app --other\n");
    let ran = folder.run(&baseline);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr
            .contains("0 known findings left out, 1 more not found"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_branch_answers_for_what_it_touches() {
    let folder = Folder::new("changed");
    fs::remove_dir_all(folder.0.join(".git")).expect("it is there");
    folder.git(&["init", "-q", "-b", "main"]);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "one"]);
    let changed = ["check", "--changed-since", "main"];
    assert_eq!(folder.run(&changed).status, Some(0));
    // The Dockerfile stays as it is: the script that it starts is enough.
    folder.file("svc/start.sh", "#!/bin/sh\n/demo/app --changed\n");
    assert_eq!(folder.run(&changed).status, Some(1));
    // Fixes know nothing of branches: better none than in files that the branch has nothing to do with.
    let ran = folder.run(&["check", "--changed-since", "main", "--fix"]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    let ran = folder.run(&["check", "--changed-since", "--output=x"]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
}

#[test]
fn files_come_from_a_list_and_one_bad_file_stops_nothing() {
    let folder = Folder::new("list");
    folder.file("list", "svc/Dockerfile\nabsent/Dockerfile\n");
    let ran = folder.run(&["check", "--format", "concise", "--files-from", "list"]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.stderr.contains("absent/Dockerfile: no such file"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .contains("svc/start.sh:2:1: error[script-without-exec]"),
        "{}",
        ran.stdout
    );
}
