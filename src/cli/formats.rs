//! The forms of output, and files for more than one of them.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::config::similar;
use crate::fix::Fixes;
use crate::report::{self, Run, Summary};
use crate::rules::Finding;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Code frames for people.
    Text,
    /// One line a finding.
    Concise,
    /// One JSON object, schema pidone/check/1.
    Json,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// GitHub workflow commands; also writes $GITHUB_STEP_SUMMARY.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// reviewdog's diagnostics, one JSON object.
    Rdjson,
    /// reviewdog's diagnostics, one JSON object a line.
    Rdjsonl,
    /// A table with details, for comments and summary pages.
    Markdown,
    /// JUnit XML.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
}

impl CheckFormat {
    /// Whether it says how findings are fixed; finding that out takes time.
    pub(super) fn has_fixes(self) -> bool {
        matches!(
            self,
            CheckFormat::Json
                | CheckFormat::Sarif
                | CheckFormat::Rdjson
                | CheckFormat::Rdjsonl
                | CheckFormat::Markdown
        )
    }

    /// The findings of a run in this form.
    pub(super) fn write(
        self,
        run: &Run,
        findings: &[Finding],
        fixes: &Fixes,
        summary: &Summary,
    ) -> String {
        match self {
            CheckFormat::Text => report::check_text(findings, Some(summary)),
            CheckFormat::Concise => report::check_concise(findings, Some(summary)),
            CheckFormat::Json => report::check_json(run, findings, fixes, summary),
            CheckFormat::Sarif => report::sarif(run, findings, fixes),
            CheckFormat::Github => report::github(findings),
            CheckFormat::Gitlab => report::gitlab(findings),
            CheckFormat::Rdjson => report::rdjson(findings, fixes),
            CheckFormat::Rdjsonl => report::rdjsonl(findings, fixes),
            CheckFormat::Markdown => report::markdown(findings, fixes, summary),
            CheckFormat::Junit => report::junit(run, findings),
            CheckFormat::Checkstyle => report::checkstyle(findings),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceFormat {
    /// A drawing for people.
    Text,
    /// One JSON object, schema pidone/trace/1.
    Json,
    /// A Mermaid flowchart, which GitHub and GitLab draw.
    Mermaid,
    /// A picture.
    Svg,
}

impl TraceFormat {
    /// The start-ups of a run in this form.
    pub(super) fn write(self, run: &Run) -> String {
        match self {
            TraceFormat::Text => report::trace_text(run),
            TraceFormat::Json => report::trace_json(run),
            TraceFormat::Mermaid => report::trace_mermaid(run),
            TraceFormat::Svg => report::trace_svg(run),
        }
    }
}

/// Reads `FORMAT=FILE`.
pub(super) fn format_file(text: &str) -> Result<(CheckFormat, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE")?;
    if file.is_empty() {
        return Err("expected FORMAT=FILE".to_owned());
    }
    if file == "-" {
        return Err("standard output is what --format is for".to_owned());
    }
    let known = CheckFormat::from_str(format, false);
    let format = known.map_err(|_| {
        let known = CheckFormat::value_variants().iter();
        let known: Vec<String> = known
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        match similar(format, known.iter().map(String::as_str)) {
            Some(meant) => format!("there is no format `{format}`; did you mean `{meant}`?"),
            None => format!(
                "there is no format `{format}`; there are {}",
                known.join(", ")
            ),
        }
    });
    Ok((format?, PathBuf::from(file)))
}
