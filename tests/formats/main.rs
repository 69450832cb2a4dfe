//! What other programs read: every form of output against the rules of its consumer.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the program and make its input"
)]

mod settings;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

struct Folder(PathBuf);

struct Ran {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    /// A folder with a script that starts its application without `exec`.
    fn new(test: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("formats")
            .join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("svc")).expect("the folder can be made");
        // The search for a configuration ends at the top of a repository.
        fs::create_dir_all(path.join(".git")).expect("the folder can be made");
        let folder = Folder(path);
        folder.file(
            "svc/Dockerfile",
            "FROM debian:12-slim\nCOPY --chmod=755 start.sh /start.sh\nCOPY --chmod=755 app /demo/app\nCMD [\"/start.sh\"]\n",
        );
        folder.file("svc/start.sh", "#!/bin/sh\n/demo/app --name \"é\"\n");
        folder.file(
            "svc/app",
            "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0",
        );
        folder
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("the file can be written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file is there")
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_pidone"))
            .args(arguments)
            .current_dir(&self.0)
            .env_remove("GITHUB_STEP_SUMMARY")
            .envs(variables.iter().copied())
            .output()
            .expect("the program runs");
        Ran {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("news are UTF-8"),
        }
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .expect("git is there");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// What a value breaks of a JSON schema: types, required and further properties, items, constants, choices
/// and references, which is all that our schemas use.
fn breaks(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#'));
        return breaks(
            root,
            target.expect("the reference leads somewhere"),
            value,
            at,
        );
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let fits = |schema: &Value| breaks(root, schema, value, at).is_empty();
        return match choices.iter().any(fits) {
            true => Vec::new(),
            false => vec![format!("{at}: fits nothing")],
        };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() || number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut found = Vec::new();
    let allowed = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    let is_number = kind == "integer" && allowed.contains(&"number");
    if !is_number && !allowed.contains(&kind) {
        found.push(format!("{at}: {kind} instead of {allowed:?}"));
    }
    let choices = schema["enum"].as_array();
    if choices.is_some_and(|choices| !choices.contains(value)) {
        found.push(format!("{at}: {value} is no choice"));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{at}: {value} is not the constant"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(breaks(
            root,
            &schema["items"],
            item,
            &format!("{at}/{index}"),
        ));
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap_or_default()) {
                found.push(format!("{at}: no {name}"));
            }
        }
        for (name, value) in object {
            match schema["properties"].get(name) {
                Some(schema) => found.extend(breaks(root, schema, value, &format!("{at}/{name}"))),
                None if schema["additionalProperties"] == false => {
                    found.push(format!("{at}: {name} is not foreseen"));
                }
                None => {}
            }
        }
    }
    found
}

#[test]
fn json_keeps_to_its_published_schemas() {
    let folder = Folder::new("json");
    for command in ["check", "trace"] {
        let schema = parse(&folder.run(&["schema", command]).stdout);
        let output = parse(&folder.run(&[command, "--format", "json", "."]).stdout);
        assert_eq!(breaks(&schema, &schema, &output, ""), [""; 0], "{command}");
    }
    let schema = parse(&folder.run(&["schema", "check"]).stdout);
    let wrong = json!({ "schema": "pidone/check/2", "more": 1 });
    assert!(breaks(&schema, &schema, &wrong, "").len() >= 5);
}

#[test]
fn reviewdog_gets_what_its_protocol_says() {
    let folder = Folder::new("rdjson");
    let range = json!({ "type": "object", "required": ["start", "end"], "additionalProperties": false,
        "properties": { "start": { "$ref": "#/position" }, "end": { "$ref": "#/position" } } });
    let location = json!({ "type": "object", "required": ["path", "range"], "additionalProperties": false,
        "properties": { "path": { "type": "string" }, "range": range } });
    let source = json!({ "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": { "name": { "type": "string" }, "url": { "type": "string" } } });
    let schema = json!({
        "position": { "type": "object", "required": ["line"], "additionalProperties": false,
            "properties": { "line": { "type": "integer" }, "column": { "type": "integer" } } },
        "diagnostic": { "type": "object", "required": ["message", "location"], "additionalProperties": false,
            "properties": {
                "message": { "type": "string" },
                "location": location,
                "severity": { "enum": ["ERROR", "WARNING", "INFO"] },
                "source": source,
                "code": { "type": "object", "required": ["value"], "additionalProperties": false,
                    "properties": { "value": { "type": "string" }, "url": { "type": "string" } } },
                "suggestions": { "type": "array", "items": { "type": "object", "required": ["range", "text"],
                    "additionalProperties": false, "properties": { "range": range, "text": { "type": "string" } } } },
                "related_locations": { "type": "array", "items": { "type": "object",
                    "required": ["message", "location"], "additionalProperties": false,
                    "properties": { "message": { "type": "string" }, "location": location } } },
            } },
        "type": "object", "required": ["diagnostics"], "additionalProperties": false,
        "properties": { "source": source, "severity": { "enum": ["ERROR", "WARNING", "INFO"] },
            "diagnostics": { "type": "array", "items": { "$ref": "#/diagnostic" } } },
    });
    let one = parse(&folder.run(&["check", "--format", "rdjson"]).stdout);
    assert_eq!(breaks(&schema, &schema, &one, ""), [""; 0]);
    let first = &one["diagnostics"][0];
    assert_eq!(first["location"]["path"], "svc/start.sh");
    // Columns are bytes: the letter has two.
    assert_eq!(
        first["location"]["range"]["end"],
        json!({ "line": 2, "column": 22 })
    );
    let lines = folder.run(&["check", "--format", "rdjsonl"]).stdout;
    let lines: Vec<Value> = lines.lines().map(parse).collect();
    assert_eq!(Value::from(lines), one["diagnostics"]);
}

#[test]
fn gitlab_and_sarif_get_what_they_ask_for() {
    let folder = Folder::new("gitlab");
    let schema = json!({ "type": "array", "items": { "type": "object", "additionalProperties": false,
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": { "type": "string" }, "check_name": { "type": "string" },
            "fingerprint": { "type": "string" },
            "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
            "location": { "type": "object", "required": ["path", "lines"], "properties": {
                "path": { "type": "string" },
                "lines": { "type": "object", "required": ["begin"],
                    "properties": { "begin": { "type": "integer" } } } } } } } });
    let issues = parse(&folder.run(&["check", "--format", "gitlab"]).stdout);
    assert_eq!(breaks(&schema, &schema, &issues, ""), [""; 0]);
    assert_eq!(issues[0]["location"]["lines"]["begin"], 2);
    let log = parse(&folder.run(&["check", "--format", "sarif"]).stdout);
    let result = &log["runs"][0]["results"][0];
    // Columns are UTF-16 code units: the letter has one.
    assert_eq!(
        result["locations"][0]["physicalLocation"]["region"]["endColumn"],
        21
    );
    assert_eq!(result["ruleId"], "script-without-exec");
    assert!(result["codeFlows"][0]["threadFlows"][0]["locations"].is_array());
}

/// SARIF through the types that its published schema gives, and XML through a parser.
#[test]
fn every_related_place_says_why_it_is_there() {
    let folder = Folder::new("related");
    folder.file(
        "svc/Dockerfile",
        "FROM debian:12-slim\nCMD [\"/demo/app --port 80\"]\n",
    );
    let json = parse(&folder.run(&["check", "--format", "json"]).stdout);
    assert_eq!(json["findings"][0]["related"][0]["label"], "");
    let sarif = parse(&folder.run(&["check", "--format", "sarif"]).stdout);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["relatedLocations"], json!([]));
    let rdjson = folder.run(&["check", "--format", "rdjson"]).stdout;
    let related = &parse(&rdjson)["diagnostics"][0]["related_locations"];
    assert!(related.as_array().is_none_or(Vec::is_empty), "{related}");
}

#[test]
fn consumers_can_read_every_form() {
    let folder = Folder::new("consumers");
    let log = folder.run(&["check", "--format", "sarif"]).stdout;
    let log: serde_sarif::sarif::Sarif = serde_json::from_str(&log).expect("it is SARIF");
    let results = log.runs[0].results.as_ref().expect("there are results");
    let fixes = results[0].fixes.as_ref().expect("it has a fix");
    let change = &fixes[0].artifact_changes[0];
    let uri = change.artifact_location.uri.as_deref();
    assert_eq!(uri, Some("svc/start.sh"));
    let replacement = &change.replacements[0];
    let region = &replacement.deleted_region;
    let place = (region.start_line, region.start_column, region.end_column);
    assert_eq!(place, (Some(2), Some(1), Some(1)));
    let inserted = replacement.inserted_content.as_ref();
    let inserted = inserted.and_then(|content| content.text.as_deref());
    assert_eq!(inserted, Some("exec "));

    let xml = folder.run(&["check", "--format", "junit"]).stdout;
    let document = roxmltree::Document::parse(&xml).expect("it is XML");
    let suite = document
        .descendants()
        .find(|node| node.has_tag_name("testsuite"));
    let suite = suite.expect("there is a suite");
    assert_eq!(suite.attribute("failures"), Some("1"));
    let failures = suite.descendants();
    let failures = failures.filter(|node| node.has_tag_name("failure"));
    assert_eq!(failures.count(), 1);

    let xml = folder.run(&["check", "--format", "checkstyle"]).stdout;
    let document = roxmltree::Document::parse(&xml).expect("it is XML");
    let file = document
        .descendants()
        .find(|node| node.has_tag_name("file"));
    let file = file.expect("there is a file");
    assert_eq!(file.attribute("name"), Some("svc/start.sh"));
    let error = file.first_element_child().expect("it has an error");
    assert_eq!(
        error.attribute("source"),
        Some("pidone.script-without-exec")
    );
}

/// What reviewdog makes of a suggestion: the lines of its range go, its text comes.
fn accept(text: &str, suggestion: &Value) -> String {
    let line = |end: &str| suggestion["range"][end]["line"].as_u64().expect("a line") as usize;
    let new = suggestion["text"].as_str().expect("a text");
    let mut lines: Vec<&str> = text.lines().collect();
    let new = (!new.is_empty()).then_some(new);
    lines.splice(line("start") - 1..line("end"), new);
    lines.join("\n") + "\n"
}

#[test]
fn a_reviewer_can_take_over_each_suggestion() {
    let folder = Folder::new("suggestions");
    let ran = folder.run(&["check", "--format", "rdjson"]);
    let one = parse(&ran.stdout)["diagnostics"][0].clone();
    let suggestions = one["suggestions"].as_array().expect("a list");
    assert_eq!(suggestions.len(), 1);
    // Whole lines: reviewdog refuses other ranges than the comment's.
    assert_eq!(
        suggestions[0]["range"],
        json!({ "start": { "line": 2 }, "end": { "line": 2 } })
    );
    let text = accept(&folder.read("svc/start.sh"), &suggestions[0]);
    assert_eq!(text, "#!/bin/sh\nexec /demo/app --name \"é\"\n");
    folder.file("svc/start.sh", &text);
    assert_eq!(folder.run(&["check"]).status, Some(0));
}

#[test]
fn a_fix_of_two_files_is_a_suggestion_for_each() {
    let folder = Folder::new("two_files");
    // Neither file alone is enough: the shell of CMD is in front of that of the script.
    folder.file(
        "svc/Dockerfile",
        "FROM debian:12-slim\nCOPY --chmod=755 start.sh /start.sh\nCOPY --chmod=755 app /demo/app\nCMD /start.sh\n",
    );
    let list = parse(&folder.run(&["check", "--format", "rdjson"]).stdout)["diagnostics"].clone();
    let list = list.as_array().expect("a list");
    let with_suggestion = list.iter().filter(|one| one["suggestions"].is_array());
    let paths: Vec<&str> = with_suggestion
        .clone()
        .filter_map(|one| one["location"]["path"].as_str())
        .collect();
    assert_eq!(paths, ["svc/Dockerfile", "svc/start.sh"], "{list:#?}");
    for one in with_suggestion {
        let path = one["location"]["path"].as_str().expect("a path");
        let text = accept(&folder.read(path), &one["suggestions"][0]);
        folder.file(path, &text);
    }
    assert_eq!(folder.run(&["check"]).status, Some(0));
}

#[test]
fn a_page_shows_what_would_change() {
    let folder = Folder::new("page");
    let page = folder.run(&["check", "--format", "markdown"]).stdout;
    let diff = "```diff\n--- a/svc/start.sh\n+++ b/svc/start.sh\n";
    assert!(page.contains(diff), "{page}");
    assert!(page.contains("\n+exec /demo/app"), "{page}");
}

#[test]
fn one_run_writes_several_forms_and_the_summary_of_a_step() {
    let folder = Folder::new("several");
    folder.file("summary.md", "before\n");
    let arguments = [
        "check",
        "--format",
        "github",
        "--output",
        "sarif=a.sarif",
        "--output",
        "text=a.txt",
        "--color",
        "always",
    ];
    let ran = folder.run_with(&arguments, &[("GITHUB_STEP_SUMMARY", "summary.md")]);
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("::error file=svc/start.sh,line=2,"),
        "{}",
        ran.stdout
    );
    assert_eq!(parse(&folder.read("a.sarif"))["version"], "2.1.0");
    assert!(!folder.read("a.txt").contains('\x1b'));
    let page = folder.read("summary.md");
    assert!(page.starts_with("before\n## pidone\n"), "{page}");
}

#[test]
fn the_manual_page_and_the_completions_name_every_command() {
    let folder = Folder::new("manual");
    let page = folder.run(&["man"]).stdout;
    let script = folder.run(&["completions", "bash"]).stdout;
    for command in ["check", "trace", "explain", "rules", "schema"] {
        assert!(
            page.contains(&format!("PIDONE {}", command.to_uppercase())),
            "{command}"
        );
        assert!(script.contains(command), "{command}");
    }
    // What a gate needs stands in both.
    for text in [page, folder.run(&["check", "--help"]).stdout] {
        for word in ["Exit status", "PIDONE_FAIL_ON"] {
            assert!(text.contains(word), "{word}\n{text}");
        }
    }
}

/// `PIDONE_UPDATE=1` writes the table.
#[test]
fn the_table_of_rules_in_the_readme_is_complete() {
    let folder = Folder::new("rules");
    let list = parse(&folder.run(&["rules", "--format", "json"]).stdout);
    let rows = list["rules"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|rule| {
            let text = |field: &str| rule[field].as_str().expect("a text").to_owned();
            let (id, severity, summary) = (text("id"), text("severity"), text("summary"));
            format!("| `{id}` | {severity} | {summary} |\n")
        });
    let table = format!(
        "<!-- rules -->\n| rule | severity | what it finds |\n| --- | --- | --- |\n{}",
        rows.collect::<String>()
    );
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&page).expect("it is there");
    let (before, rest) = text.split_once("<!-- rules -->").expect("the table begins");
    let (_, after) = rest
        .split_once("<!-- end of rules -->")
        .expect("the table ends");
    let wanted = format!("{before}{table}<!-- end of rules -->{after}");
    if std::env::var_os("PIDONE_UPDATE").is_some() {
        fs::write(&page, wanted).expect("it can be written");
    } else {
        assert_eq!(text, wanted);
    }
}
