//! reviewdog's diagnostic formats (`proto/rdf/reviewdog.proto`).

use serde::Serialize;

use super::words::{address, by_severity, message};
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
    related_locations: Vec<Related>,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    url: String,
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

/// Lines and columns from 1, columns in UTF-8 bytes, the end exclusive.
#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

const SOURCE: Source = Source {
    name: "pidone",
    url: env!("CARGO_PKG_REPOSITORY"),
};

/// One `DiagnosticResult`.
pub fn rdjson(findings: &[Finding]) -> String {
    let worst = findings.iter().map(|finding| finding.severity).max();
    super::json(&Result {
        source: SOURCE,
        severity: worst.map_or("INFO", |worst| by_severity(worst, SEVERITIES)),
        diagnostics: findings.iter().map(diagnostic).collect(),
    })
}

/// One `Diagnostic` a line.
pub fn rdjsonl(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let line = serde_json::to_string(&diagnostic(finding));
        line.expect("plain structs serialise") + "\n"
    });
    lines.collect()
}

const SEVERITIES: [&str; 3] = ["ERROR", "WARNING", "INFO"];

fn diagnostic(finding: &Finding) -> Diagnostic {
    let related = finding.related.iter().map(|place| Related {
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
        related_locations: related.collect(),
    }
}

fn location(span: &Span) -> Location {
    let position = |offset| {
        let (line, column) = span.source.line_column(offset);
        Position { line, column }
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
