//! Another STOPSIGNAL, where the one that is set cannot work.
//!
//! In: a finding at STOPSIGNAL, or where one is missing. Out: drafts: none at all, so that the base image's holds, or
//! one that programs commonly stop on. Unsafe; the proof decides which of them the application stops on.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::dockerfile::{self, Dockerfile, Keyword};
use crate::rules::Finding;
use crate::source::Span;

/// Signals that programs stop on in good order, the commonest first.
const SIGNALS: [&str; 6] = [
    "SIGTERM",
    "SIGQUIT",
    "SIGINT",
    "SIGWINCH",
    "SIGUSR1",
    "SIGRTMIN+3",
];

/// Drafts for the STOPSIGNAL at the finding's place: none, or another one.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some((file, index)) = instruction(target, finding) else {
        return Vec::new();
    };
    let instruction = &file.instructions[index];
    if instruction.keyword != Keyword::Stopsignal {
        return Vec::new();
    }
    let source = &file.source;
    let text = source.text();
    let line_end = text[instruction.range.end..].find('\n');
    let end = line_end.map_or(text.len(), |newline| instruction.range.end + newline + 1);
    let whole = Span::new(source, instruction.range.start..end);
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

/// Drafts for a signal that is not the program's own: the STOPSIGNAL at the finding's place gets another value, or
/// one is put before the instruction there, behind a FROM.
pub(super) fn plan_for_program(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some((file, index)) = instruction(target, finding) else {
        return Vec::new();
    };
    let instruction = &file.instructions[index];
    if instruction.keyword == Keyword::Stopsignal {
        return plan(target, finding);
    }
    let text = file.source.text();
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let drafts = SIGNALS.iter().map(|signal| {
        let edit = match instruction.keyword {
            Keyword::From => behind(&file, instruction.range.end, signal, line_end),
            _ => Edit::insert(
                &file.span(instruction.range.clone()),
                format!("STOPSIGNAL {signal}{line_end}"),
            ),
        };
        draft(format!("stop with {signal}"), edit)
    });
    drafts.collect()
}

/// STOPSIGNAL on the line behind a place.
fn behind(file: &Dockerfile, end: usize, signal: &str, line_end: &str) -> Edit {
    let text = file.source.text();
    match text[end..].find('\n') {
        Some(newline) => {
            let at = end + newline + 1;
            Edit::replace(file.span(at..at), format!("STOPSIGNAL {signal}{line_end}"))
        }
        None => Edit::replace(
            file.span(text.len()..text.len()),
            format!("{line_end}STOPSIGNAL {signal}{line_end}"),
        ),
    }
}

fn draft(title: String, edit: Edit) -> Draft {
    Draft {
        kind: "stop-signal",
        title,
        applicability: Applicability::Unsafe,
        edits: vec![edit],
        goal: Goal::Deliver,
    }
}

/// The instruction at the finding's place.
fn instruction(target: &Target, finding: &Finding) -> Option<(Dockerfile, usize)> {
    let span = &finding.primary.span;
    if span.source.path() != target.file {
        return None;
    }
    let file = dockerfile::parse(&span.source);
    let index = file.instructions.iter().position(|instruction| {
        instruction.range.start <= span.start && span.start < instruction.range.end
    })?;
    Some((file, index))
}
