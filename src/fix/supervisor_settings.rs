//! `stopsignal` and `stopwaitsecs` of a program under supervisord.
//!
//! In: a finding about the signal or the time that supervisord gives. Out: drafts for the program's section. Unsafe:
//! supervisord also stops the program in that way when it restarts it.

use std::ops::Range;

use super::{Applicability, Draft, Edit, Goal, place};
use crate::analyze::Target;
use crate::knowledge::Signal;
use crate::rules::Finding;
use crate::source::Span;
use crate::stop::ProcessTree;

/// Drafts for the time that the target's programs get: all that the platform gives.
pub(super) fn plan_time(target: &Target, _: &Finding) -> Vec<Draft> {
    let time = target.container.grace.as_secs().to_string();
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let mut places: Vec<&Span> = Vec::new();
    for tree in trees.filter(|tree| tree.program == "supervisord") {
        let programs = tree.children.iter().filter(|child| is_judged(child));
        for span in programs.filter_map(|program| program.span.as_ref()) {
            if !places.contains(&span) {
                places.push(span);
            }
        }
    }
    let drafts = places.into_iter().filter_map(|span| {
        Some(draft(
            format!("let supervisord wait {time} s for the program, as the platform does"),
            set(target, span, "stopwaitsecs", &time)?,
            Goal::Keep,
        ))
    });
    drafts.collect()
}

/// The signal of the program whose command stands at a place.
pub(super) fn stop_signal(target: &Target, place: &Span, signal: Signal) -> Option<Edit> {
    set(target, place, "stopsignal", &signal.short_name())
}

fn is_judged(process: &ProcessTree) -> bool {
    process.is_application || process.children.iter().any(is_judged)
}

fn draft(title: String, edit: Edit, goal: Goal) -> Draft {
    Draft {
        kind: "supervisor-settings",
        title,
        applicability: Applicability::Unsafe,
        edits: vec![edit],
        goal,
    }
}

/// The settings around a place: a file, or a here-document of the Dockerfile.
fn settings(target: &Target, place: &Span) -> Option<Range<usize>> {
    let path = place.source.path();
    if path.ends_with(".conf") || path.ends_with(".ini") {
        return Some(0..place.source.text().len());
    }
    let document = place::here_document(target, place)?;
    place.source.text()[document.clone()]
        .contains("[program:")
        .then_some(document)
}

/// A setting in the section around a place: its value, or a line behind that of the command.
fn set(target: &Target, place: &Span, name: &str, value: &str) -> Option<Edit> {
    let whole = settings(target, place)?;
    let text = &place.source.text()[..whole.end];
    let section = text[whole.start..place.start].rfind("\n[");
    let section = section.map_or(whole.start, |at| whole.start + at + 1);
    let rest = &text[place.end..];
    let end = rest.find("\n[").map_or(text.len(), |at| place.end + at + 1);
    let mut position = section;
    for line in text[section..end].split_inclusive('\n') {
        if let Some((key, old)) = line.split_once('=')
            && key.trim() == name
        {
            let start = position + key.len() + 1 + (old.len() - old.trim_start().len());
            let old = old.trim().split(';').next().unwrap_or_default().trim_end();
            let span = Span::new(&place.source, start..start + old.len());
            return Some(Edit::replace(span, value));
        }
        position += line.len();
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (at, line) = match rest.find('\n') {
        Some(newline) => (place.end + newline + 1, format!("{name}={value}{line_end}")),
        None => (text.len(), format!("{line_end}{name}={value}")),
    };
    Some(Edit::replace(Span::new(&place.source, at..at), line))
}
