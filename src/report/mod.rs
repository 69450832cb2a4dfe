//! What people and machines get to read.
//!
//! In: analyses and findings. Out: text. Decides nothing: every word about a signal or a verdict
//! comes from the rooms before. Prints nothing itself.

mod check_json;
mod check_text;
mod drawing;
mod fingerprint;
mod github;
mod gitlab;
mod junit;
mod markdown;
mod place;
mod rdjson;
mod route;
#[cfg(test)]
mod sample;
mod sarif;
mod statistics;
mod style;
mod suggestion;
mod summary;
mod trace_json;
mod trace_mermaid;
mod trace_svg;
mod trace_text;
mod words;

use std::sync::Arc;

use serde::Serialize;

pub use check_json::check_json;
pub use check_text::{check_concise, check_text, config_problem};
pub use fingerprint::{fingerprints, fingerprints_of};
pub use github::github;
pub use gitlab::gitlab;
pub use junit::{checkstyle, junit};
pub use markdown::markdown;
pub use rdjson::{rdjson, rdjsonl};
pub use sarif::sarif;
pub use statistics::statistics;
pub use summary::{Summary, plural};
pub use trace_json::trace_json;
pub use trace_mermaid::trace_mermaid;
pub use trace_svg::trace_svg;
pub use trace_text::trace_text;
pub use words::printable;

use crate::analyze::{Analysis, Unreadable};
use place::Place;

/// The JSON schema of `check --format json`.
pub const CHECK_SCHEMA: &str = include_str!("schema/check.json");
/// The JSON schema of `trace --format json`.
pub const TRACE_SCHEMA: &str = include_str!("schema/trace.json");
/// The JSON schema of `pidone.toml`, for editors.
pub const CONFIG_SCHEMA: &str = include_str!("schema/config.json");

/// Everything that a run looked at, in order.
#[derive(Debug, Default)]
pub struct Run {
    /// The files that could be read.
    pub analyses: Vec<Arc<Analysis>>,
    /// Those that could not.
    pub unreadable: Vec<Unreadable>,
}

/// An entry of `errors` in the JSON contracts: a file that could not be read, or something in one
/// that the builder would refuse.
#[derive(Serialize)]
struct Error {
    file: String,
    message: String,
    span: Option<Place>,
}

fn errors(run: &Run) -> Vec<Error> {
    let unreadable = run.unreadable.iter().map(|unreadable| Error {
        file: unreadable.file.clone(),
        message: unreadable.message.clone(),
        span: None,
    });
    let problems = run.analyses.iter().flat_map(|analysis| {
        analysis.problems.iter().map(|problem| Error {
            file: analysis.file.clone(),
            message: problem.message.clone(),
            span: problem.span.as_ref().map(Place::of),
        })
    });
    unreadable.chain(problems).collect()
}

/// A report as pretty JSON with a newline at its end.
fn json(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("plain structs serialise");
    text.push('\n');
    text
}
