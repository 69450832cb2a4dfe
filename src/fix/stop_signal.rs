//! Another STOPSIGNAL, where the one that is set cannot work.
//!
//! In: a finding at STOPSIGNAL. Out: drafts: none at all, so that the base image's holds, or one that programs
//! commonly stop on. Unsafe; the proof decides which of them the application stops on.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::dockerfile::{self, Keyword};
use crate::rules::Finding;
use crate::source::Span;

/// Signals that programs stop on in good order, the commonest first.
const SIGNALS: [&str; 5] = ["SIGTERM", "SIGQUIT", "SIGINT", "SIGUSR1", "SIGRTMIN+3"];

/// Drafts for the STOPSIGNAL at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    if span.source.path() != target.file {
        return Vec::new();
    }
    let file = dockerfile::parse(&span.source);
    let mut instructions = file.instructions.iter();
    let Some(instruction) = instructions.find(|instruction| {
        instruction.keyword == Keyword::Stopsignal
            && instruction.range.start <= span.start
            && span.start < instruction.range.end
    }) else {
        return Vec::new();
    };
    let text = span.source.text();
    let line_end = text[instruction.range.end..].find('\n');
    let end = line_end.map_or(text.len(), |newline| instruction.range.end + newline + 1);
    let draft = |title: String, edit: Edit| Draft {
        kind: "stop-signal",
        title,
        applicability: Applicability::Unsafe,
        edits: vec![edit],
        goal: Goal::Deliver,
    };
    let whole = Span::new(&span.source, instruction.range.start..end);
    let removed = draft(
        "remove STOPSIGNAL, so that the base image's holds".to_owned(),
        Edit::replace(whole, ""),
    );
    let arguments = instruction.arguments.full_span();
    let others = SIGNALS.iter().map(|signal| {
        draft(
            format!("stop with {signal}"),
            Edit::replace(arguments.clone(), *signal),
        )
    });
    std::iter::once(removed).chain(others).collect()
}
