//! Another STOPSIGNAL, where the one that is set cannot work.
//!
//! In: a finding at STOPSIGNAL, or where one is missing. Out: drafts: none at all, so that the base image's holds, or
//! one that programs commonly stop on. Unsafe; the proof decides which of them the application stops on.

use super::{Applicability, Draft, Edit, Goal, build_step, command_line, supervisor_settings};
use crate::analyze::Target;
use crate::dockerfile::{self, Dockerfile, Keyword};
use crate::image::{Content, Found, Origin};
use crate::knowledge::{self, Signal};
use crate::rules::Finding;
use crate::source::Span;
use crate::stop::ProcessTree;

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
            Keyword::From => {
                let instruction_text = format!("STOPSIGNAL {signal}");
                build_step::behind(&file, instruction.range.end, &instruction_text)
            }
            _ => Edit::insert(
                &file.span(instruction.range.clone()),
                format!("STOPSIGNAL {signal}{line_end}"),
            ),
        };
        draft(format!("stop with {signal}"), edit)
    });
    drafts.collect()
}

/// A draft for the signal that a supervisor sends to the program whose command stands at the finding's place.
pub(super) fn plan_for_service(target: &Target, finding: &Finding) -> Vec<Draft> {
    let place = &finding.primary.span;
    let draft = known(target, place).and_then(|signal| {
        let edit = supervisor_settings::stop_signal(target, place, signal);
        Some(Draft {
            kind: if edit.is_some() {
                "supervisor-settings"
            } else {
                "service-signal"
            },
            ..draft(
                format!("let the supervisor stop the program with {signal}"),
                edit.or_else(|| of_service(target, place, signal))?,
            )
        })
    });
    draft.into_iter().collect()
}

/// The signal on which the program that a place starts is known to finish its work.
fn known(target: &Target, place: &Span) -> Option<Signal> {
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let mut processes = trees.flat_map(ProcessTree::processes);
    let process = processes.find(|process| process.span.as_ref() == Some(place))?;
    let words: Vec<Option<&str>> = process.argv.iter().map(Option::as_deref).collect();
    Some(
        knowledge::program(&words)?
            .graceful_signal
            .unwrap_or(Signal::TERM),
    )
}

/// Another stop signal for the process that a place starts: of its supervisor, else of the image.
pub(super) fn of_process(target: &Target, place: &Span, signal: Signal) -> Option<Edit> {
    if let Some(edit) = supervisor_settings::stop_signal(target, place, signal) {
        return Some(edit);
    }
    if let Some(edit) = of_service(target, place, signal) {
        return Some(edit);
    }
    let source = build_step::dockerfile_of(target)?;
    let file = dockerfile::parse(&source);
    let image = &target.container.image;
    if let Origin::Instruction(span) = &image.stop_signal.origin {
        let index = at(&file, span)?;
        let arguments = file.instructions[index].arguments.full_span();
        return Some(Edit::replace(arguments, signal.to_string()));
    }
    let origins = [&image.entrypoint.origin, &image.cmd.origin];
    let own = origins.iter().find_map(|origin| match origin {
        Origin::Instruction(span) => Some(span),
        _ => None,
    });
    let text = format!("STOPSIGNAL {signal}");
    if let Some(span) = own {
        let instruction = &file.instructions[at(&file, span)?];
        let line_end = if source.text().contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let place = file.span(instruction.range.clone());
        return Some(Edit::insert(&place, text + line_end));
    }
    let from = origins.iter().find_map(|origin| match origin {
        Origin::Base(_, span) => Some(span),
        _ => None,
    })?;
    let from = &file.instructions[at(&file, from)?];
    Some(build_step::behind(&file, from.range.end, &text))
}

/// `down-signal` of the s6 service whose `run` holds the place.
fn of_service(target: &Target, place: &Span, signal: Signal) -> Option<Edit> {
    let service = service_of(target, place)?;
    let file = command_line::shell_word(&format!("{service}/down-signal"));
    build_step::run(target, &format!("echo {} > {file}", signal.short_name()))
}

/// The directory of the s6 service whose `run` holds the place.
fn service_of(target: &Target, place: &Span) -> Option<String> {
    let files = &target.container.image.files;
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let mut supervisors = trees.flat_map(ProcessTree::processes);
    let supervisor = supervisors.find(|process| process.program == "s6-svscan")?;
    let mut words = supervisor.argv.iter().skip(1).flatten();
    let directory = words.find(|word| word.starts_with('/'))?;
    let names = files.put_in(directory).into_iter();
    let mut services = names.map(|name| format!("{directory}/{name}"));
    services.find(|service| {
        let Found::File(file) = files.look_up(&format!("{service}/run")) else {
            return false;
        };
        let Content::Text(text) = file.content else {
            return false;
        };
        let own = text.full_span();
        own.source.path() == place.source.path() && own.start <= place.start && place.end <= own.end
    })
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
    let index = at(&file, span)?;
    Some((file, index))
}

fn at(file: &Dockerfile, span: &Span) -> Option<usize> {
    file.instructions.iter().position(|instruction| {
        instruction.range.start <= span.start && span.start < instruction.range.end
    })
}
