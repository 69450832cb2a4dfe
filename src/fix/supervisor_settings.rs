//! `stopsignal` and `stopwaitsecs` of a program under supervisord.
//!
//! In: a finding about the signal or the time that supervisord gives. Out: drafts for the program's section. Unsafe:
//! supervisord also stops the program in that way when it restarts it.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::source::Span;
use crate::stop::ProcessTree;

/// Signals that programs stop on in good order, by the names of supervisord.
const SIGNALS: [&str; 5] = ["TERM", "QUIT", "INT", "WINCH", "USR1"];

/// Drafts for the signal of the program whose command stands at the finding's place.
pub(super) fn plan_signal(_: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    if !is_settings(span) {
        return Vec::new();
    }
    let drafts = SIGNALS.iter().map(|signal| {
        draft(
            format!("let supervisord stop the program with {signal}"),
            set(span, "stopsignal", signal),
            Goal::Deliver,
        )
    });
    drafts.collect()
}

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
            if is_settings(span) && !places.contains(&span) {
                places.push(span);
            }
        }
    }
    let drafts = places.into_iter().map(|span| {
        draft(
            format!("let supervisord wait {time} s for the program, as the platform does"),
            set(span, "stopwaitsecs", &time),
            Goal::Keep,
        )
    });
    drafts.collect()
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

fn is_settings(span: &Span) -> bool {
    let path = span.source.path();
    path.ends_with(".conf") || path.ends_with(".ini")
}

/// A setting in the section around a place: its value, or a line behind that of the command.
fn set(place: &Span, name: &str, value: &str) -> Edit {
    let text = place.source.text();
    let section = text[..place.start].rfind("\n[").map_or(0, |at| at + 1);
    let rest = &text[place.end..];
    let end = rest.find("\n[").map_or(text.len(), |at| place.end + at + 1);
    let mut position = section;
    for line in text[section..end].split_inclusive('\n') {
        if let Some((key, old)) = line.split_once('=')
            && key.trim() == name
        {
            let start = position + key.len() + 1 + (old.len() - old.trim_start().len());
            let old = old.trim().split(';').next().unwrap_or_default().trim_end();
            return Edit::replace(Span::new(&place.source, start..start + old.len()), value);
        }
        position += line.len();
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    match rest.find('\n') {
        Some(newline) => {
            let at = place.end + newline + 1;
            let at = Span::new(&place.source, at..at);
            Edit::replace(at, format!("{name}={value}{line_end}"))
        }
        None => {
            let at = Span::new(&place.source, text.len()..text.len());
            Edit::replace(at, format!("{line_end}{name}={value}"))
        }
    }
}
