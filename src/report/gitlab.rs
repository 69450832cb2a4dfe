//! GitLab Code Quality: the subset of Code Climate's format that merge requests show.

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::words::{by_severity, message};
use crate::rules::Finding;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// A JSON array with one issue a finding.
pub fn gitlab(findings: &[Finding]) -> String {
    let issues = findings.iter().zip(fingerprints(findings));
    let issues = issues.map(|(finding, fingerprint)| {
        let span = &finding.primary.span;
        let path = span.source.path();
        Issue {
            // One line: what were sentences of their own are parts of one.
            description: message(finding).replace(".\n", "\n").replace('\n', "; "),
            check_name: finding.rule.id,
            fingerprint,
            severity: by_severity(finding.severity, ["critical", "major", "minor"]),
            location: Location {
                path: path.strip_prefix("./").unwrap_or(path).to_owned(),
                lines: Lines {
                    begin: span.line_column().0,
                },
            },
        }
    });
    super::json(&issues.collect::<Vec<_>>())
}
