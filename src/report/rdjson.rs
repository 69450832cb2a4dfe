//! reviewdog's diagnostic formats (`proto/rdf/reviewdog.proto`).
//!
//! In: findings and their fixes. Out: a diagnostic for each finding, and one more for each further file that its
//! fix changes: a suggestion has no path of its own. Each has at most one suggestion, of whole lines, because
//! reviewdog comments on the lines of the first one and refuses others.

use serde::Serialize;

use super::place::short;
use super::suggestion::{Suggestion, suggestions};
use super::words::{address, by_severity, message};
use crate::fix::{Applicability, Fixes};
use crate::rules::Finding;
use crate::source::Span;

#[derive(Serialize)]
struct Result {
    source: Source,
    severity: &'static str,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, Copy, Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic {
    message: String,
    location: Location,
    severity: &'static str,
    source: Source,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggested>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Suggested {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// Lines and columns from 1, columns in UTF-8 bytes, the end exclusive; without columns, whole lines and the
/// end inclusive.
#[derive(Serialize)]
struct Position {
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

const SOURCE: Source = Source {
    name: "pidone",
    url: env!("CARGO_PKG_REPOSITORY"),
};

/// One `DiagnosticResult`.
pub fn rdjson(findings: &[Finding], fixes: &Fixes) -> String {
    let worst = findings.iter().map(|finding| finding.severity).max();
    super::json(&Result {
        source: SOURCE,
        severity: worst.map_or("INFO", |worst| by_severity(worst, SEVERITIES)),
        diagnostics: diagnostics(findings, fixes),
    })
}

/// One `Diagnostic` a line.
pub fn rdjsonl(findings: &[Finding], fixes: &Fixes) -> String {
    let lines = diagnostics(findings, fixes).into_iter().map(|diagnostic| {
        let line = serde_json::to_string(&diagnostic);
        line.expect("plain structs serialise") + "\n"
    });
    lines.collect()
}

fn diagnostics(findings: &[Finding], fixes: &Fixes) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    // Two findings may have one fix, and it can be taken over only once.
    let mut said: Vec<Vec<Suggestion>> = Vec::new();
    for finding in findings {
        let mut first = diagnostic(finding);
        let Some(fix) = fixes.of(finding) else {
            list.push(first);
            continue;
        };
        let parts = suggestions(fix);
        if said.contains(&parts) {
            list.push(first);
            continue;
        }
        said.push(parts.clone());
        let place = short(&finding.primary.span);
        let mut how = fix.title.clone();
        if fix.applicability != Applicability::Safe {
            how.push_str(" (this may change more than the way of the stop signal)");
        }
        let mut others = Vec::new();
        let several = parts.len() > 1;
        for part in parts {
            if part.path == finding.primary.span.source.path() {
                let rest = if several {
                    "; other files change with it"
                } else {
                    ""
                };
                first.message.push_str(&format!("\nfix: {how}{rest}"));
                first.suggestions.push(part.into());
                continue;
            }
            let mut other = diagnostic(finding);
            let rest = if several { ", a part of it" } else { "" };
            other.message = format!(
                "{}\nfix of {}{rest}: {how}",
                finding.title,
                place.trim_start_matches("./")
            );
            let suggested = Suggested::from(part.clone());
            other.location = Location {
                path: part.path.trim_start_matches("./").to_owned(),
                range: Suggested::from(part).range,
            };
            other.suggestions = vec![suggested];
            other.related_locations.clear();
            others.push(other);
        }
        list.push(first);
        list.append(&mut others);
    }
    list
}

impl From<Suggestion> for Suggested {
    fn from(suggestion: Suggestion) -> Suggested {
        let line = |line| Position { line, column: None };
        Suggested {
            range: Range {
                start: line(suggestion.first),
                end: line(suggestion.last),
            },
            text: suggestion.text,
        }
    }
}

const SEVERITIES: [&str; 3] = ["ERROR", "WARNING", "INFO"];

fn diagnostic(finding: &Finding) -> Diagnostic {
    // A place without words only encloses the primary one.
    let related = finding
        .related
        .iter()
        .filter(|place| !place.label.is_empty());
    let related = related.map(|place| Related {
        message: place.label.clone(),
        location: location(&place.span),
    });
    Diagnostic {
        message: message(finding),
        location: location(&finding.primary.span),
        severity: by_severity(finding.severity, SEVERITIES),
        source: SOURCE,
        code: Code {
            value: finding.rule.id,
            url: address(finding.rule),
        },
        suggestions: Vec::new(),
        related_locations: related.collect(),
    }
}

fn location(span: &Span) -> Location {
    let position = |offset| {
        let (line, column) = span.source.line_column(offset);
        Position {
            line,
            column: Some(column),
        }
    };
    let path = span.source.path();
    Location {
        path: path.strip_prefix("./").unwrap_or(path).to_owned(),
        range: Range {
            start: position(span.start),
            end: position(span.end),
        },
    }
}
