//! `check --format json`: the frozen output types of the schema `pidone/check/1`.

use serde::Serialize;

use super::Run;
use super::fingerprint::fingerprints;
use super::place::Place;
use super::summary::Summary;
use crate::fix::{Fix, Fixes};
use crate::rules::{self, Finding};

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    errors: Vec<super::Error>,
    findings: Vec<FindingReport<'a>>,
    summary: SummaryReport<'a>,
}

#[derive(Serialize)]
struct FindingReport<'a> {
    rule: &'static str,
    severity: &'static str,
    title: &'a str,
    primary: Labelled<'a>,
    related: Vec<Labelled<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fingerprint: String,
    fix: Option<FixReport<'a>>,
}

#[derive(Serialize)]
struct FixReport<'a> {
    kind: &'a str,
    title: &'a str,
    applicability: &'static str,
    edits: Vec<EditReport<'a>>,
}

#[derive(Serialize)]
struct EditReport<'a> {
    span: Place,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Labelled<'a> {
    label: &'a str,
    span: Place,
}

#[derive(Serialize)]
struct SummaryReport<'a> {
    judged: usize,
    not_judged: usize,
    reasons: Vec<Reason<'a>>,
    errors: usize,
    warnings: usize,
    notes: usize,
    silenced: usize,
}

#[derive(Serialize)]
struct Reason<'a> {
    text: &'a str,
    targets: usize,
}

/// The one JSON object of `check --format json`, with a newline at its end.
pub fn check_json(run: &Run, findings: &[Finding], fixes: &Fixes, summary: &Summary) -> String {
    let report = Report {
        schema: "pidone/check/1",
        errors: super::errors(run),
        findings: findings
            .iter()
            .zip(fingerprints(findings))
            .map(|(found, fingerprint)| finding(found, fingerprint, fixes.of(found)))
            .collect(),
        summary: SummaryReport {
            judged: summary.judged,
            not_judged: summary.not_judged,
            reasons: summary
                .reasons
                .iter()
                .map(|(text, targets)| Reason {
                    text,
                    targets: *targets,
                })
                .collect(),
            errors: summary.findings[0],
            warnings: summary.findings[1],
            notes: summary.findings[2],
            silenced: summary.silenced,
        },
    };
    super::json(&report)
}

fn finding<'a>(
    finding: &'a Finding,
    fingerprint: String,
    fix: Option<&'a Fix>,
) -> FindingReport<'a> {
    FindingReport {
        rule: finding.rule.id,
        severity: finding.severity.word(),
        title: &finding.title,
        primary: labelled(&finding.primary),
        related: finding.related.iter().map(labelled).collect(),
        notes: &finding.notes,
        help: finding.help.as_deref(),
        fingerprint,
        fix: fix.map(|fix| FixReport {
            kind: &fix.kind,
            title: &fix.title,
            applicability: fix.applicability.word(),
            edits: fix
                .edits
                .iter()
                .map(|edit| EditReport {
                    span: Place::of(&edit.span),
                    replacement: &edit.replacement,
                })
                .collect(),
        }),
    }
}

fn labelled(place: &rules::Place) -> Labelled<'_> {
    Labelled {
        label: &place.label,
        span: Place::of(&place.span),
    }
}
