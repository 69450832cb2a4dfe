//! SARIF 2.1.0, for code scanning, editors and reviewdog.
//!
//! In: a run, its findings and their fixes. Out: one log with one run. The objects are written as JSON values and not
//! through a crate of generated structs: a dozen of SARIF's hundreds of properties are used, and tests
//! hold them against what the consumers read.

use serde_json::{Value, json};

use super::Run;
use super::fingerprint::fingerprints;
use super::place::utf16;
use super::route::route;
use super::words::{address, by_severity};
use crate::fix::{Fix, Fixes};
use crate::rules::{self, Finding, Rule};
use crate::source::Span;

/// Characters of a rule's description that GitHub reads.
const LONGEST_DESCRIPTION: usize = 1024;

/// The log, with a newline at its end.
pub fn sarif(run: &Run, findings: &[Finding], fixes: &Fixes) -> String {
    let prints = fingerprints(findings);
    let results = findings.iter().zip(prints);
    let results: Vec<Value> = results
        .map(|(finding, print)| result(run, finding, fixes.of(finding), &print))
        .collect();
    let notifications: Vec<Value> = super::errors(run)
        .iter()
        .map(|error| {
            json!({
                "level": "error",
                "message": { "text": error.message },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&error.file) } } }],
            })
        })
        .collect();
    super::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pidone",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules::ALL.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": run.unreadable.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    }))
}

fn descriptor(rule: &Rule) -> Value {
    let manual = rule.manual();
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": { "text": sentence(rule.summary) },
        "fullDescription": { "text": what_it_does(&manual) },
        "helpUri": address(rule),
        "help": { "text": manual, "markdown": manual },
        "defaultConfiguration": { "level": rule.severity.word() },
        "properties": {
            "precision": by_severity(rule.severity, ["very-high", "high", "medium"]),
            "problem.severity": by_severity(rule.severity, ["error", "warning", "recommendation"]),
            "tags": ["reliability", "docker", "signals"],
        },
    })
}

/// A phrase as a sentence.
fn sentence(phrase: &str) -> String {
    let mut characters = phrase.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

/// The first section of a rule's documentation, on one line.
fn what_it_does(manual: &str) -> String {
    let lines = manual.lines().skip_while(|line| line.starts_with("## "));
    let lines = lines.take_while(|line| !line.starts_with("## "));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").chars().take(LONGEST_DESCRIPTION).collect()
}

fn result(run: &Run, finding: &Finding, fix: Option<&Fix>, print: &str) -> Value {
    let index = rules::ALL
        .iter()
        .position(|rule| rule.id == finding.rule.id);
    let related = finding.related.iter().enumerate();
    // A place without words only encloses the primary one.
    let related: Vec<Value> = related
        .filter(|(_, place)| !place.label.is_empty())
        .map(|(index, place)| {
            let mut location = location(&place.span, Some(&place.label));
            location["id"] = json!(index + 1);
            location
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": finding.severity.word(),
        "message": { "text": message(finding) },
        "locations": [location(&finding.primary.span, Some(&finding.primary.label))],
        "relatedLocations": related,
        "partialFingerprints": { "pidone/v1": print },
    });
    let steps: Vec<Value> = route(run, finding)
        .into_iter()
        .enumerate()
        .map(|(index, (text, span))| {
            json!({ "executionOrder": index + 1, "location": location(&span, Some(&text)) })
        })
        .collect();
    if !steps.is_empty() {
        result["codeFlows"] = json!([{
            "message": { "text": "the way of the stop signal" },
            "threadFlows": [{ "locations": steps }],
        }]);
    }
    if let Some(fix) = fix {
        result["fixes"] = json!([described(fix)]);
    }
    result
}

/// The finding's words, with links to the related places: GitHub shows those that are linked.
fn message(finding: &Finding) -> String {
    let mut text = plain(&super::words::message(finding));
    for (index, place) in finding.related.iter().enumerate() {
        if !place.label.is_empty() {
            let label = place.label.replace('\\', r"\\");
            let label = label.replace('[', r"\[").replace(']', r"\]");
            text.push_str(&format!("\n[{label}]({})", index + 1));
        }
    }
    text
}

/// Text in which nothing is taken for a link.
fn plain(text: &str) -> String {
    match text.contains("](") {
        true => text.replace('\\', r"\\").replace('[', r"\["),
        false => text.to_owned(),
    }
}

/// A fix with its edits by file.
fn described(fix: &Fix) -> Value {
    let mut files: Vec<(&str, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let path = edit.span.source.path();
        let replacement = json!({
            "deletedRegion": region(&edit.span),
            "insertedContent": { "text": edit.replacement },
        });
        match files.iter_mut().find(|(known, _)| *known == path) {
            Some((_, replacements)) => replacements.push(replacement),
            None => files.push((path, vec![replacement])),
        }
    }
    let changes = files.into_iter().map(|(path, replacements)| {
        json!({ "artifactLocation": { "uri": uri(path) }, "replacements": replacements })
    });
    json!({
        "description": { "text": plain(&fix.title) },
        "artifactChanges": changes.collect::<Vec<_>>(),
        "properties": { "applicability": fix.applicability.word() },
    })
}

fn region(span: &Span) -> Value {
    let (line, _) = span.line_column();
    let (end_line, _) = span.source.line_column(span.end);
    json!({
        "startLine": line,
        "startColumn": utf16(&span.source, span.start),
        "endLine": end_line,
        "endColumn": utf16(&span.source, span.end),
    })
}

fn location(span: &Span, label: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(span.source.path()) },
            "region": region(span),
        },
    });
    if let Some(label) = label.filter(|label| !label.is_empty()) {
        location["message"] = json!({ "text": plain(label) });
    }
    location
}

/// A path as a URI reference: relative to the repository, or `file:` for an absolute one.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = match path.starts_with('/') {
        true => "file://".to_owned(),
        false => String::new(),
    };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::source::Source;

    /// What `sarif-support.md` of GitHub's documentation marks as required, and what reviewdog reads.
    #[test]
    fn a_log_has_what_code_scanning_requires() {
        let run = sample::run();
        let findings = rules::check(&run.analyses[0].targets[0]);
        let log: Value =
            serde_json::from_str(&sarif(&run, &findings, &Fixes::default())).expect("it is JSON");
        assert_eq!(log["version"], "2.1.0");
        let sarif_run = &log["runs"][0];
        for rule in sarif_run["tool"]["driver"]["rules"]
            .as_array()
            .expect("rules")
        {
            for field in ["shortDescription", "fullDescription", "help"] {
                let text = rule[field]["text"].as_str().expect("a text");
                assert!(
                    !text.is_empty() && (field == "help" || text.len() <= 1024),
                    "{rule}"
                );
            }
        }
        let result = &sarif_run["results"][0];
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        let rule = &sarif_run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "svc/start.sh");
        let expected = json!({ "startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 20 });
        assert_eq!(physical["region"], expected);
        assert_eq!(result["relatedLocations"].as_array().map_or(0, Vec::len), 1);
        let text = result["message"]["text"].as_str().expect("a text");
        assert!(text.contains("[this CMD makes `dash` PID 1](1)"), "{text}");
        let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
        let steps: Vec<&str> = flow
            .as_array()
            .expect("steps")
            .iter()
            .filter_map(|step| step["location"]["message"]["text"].as_str())
            .collect();
        assert_eq!(
            steps,
            [
                "`$MODE` is empty",
                "starts `/demo/app --port 80`",
                "`dash` is PID 1 and sets no trap: the kernel drops SIGTERM",
            ]
        );
    }

    #[test]
    fn uris_and_columns_are_those_of_the_standard() {
        assert_eq!(uri("./a b/Döckerfile"), "a%20b/D%C3%B6ckerfile");
        assert_eq!(uri("/srv/Dockerfile"), "file:///srv/Dockerfile");
        let source = Source::new("start.sh", "é𝄞x\n");
        assert_eq!(utf16(&source, "é𝄞".len()), 4);
        assert_eq!(plain("see [a](b)"), r"see \[a](b)");
    }
}
