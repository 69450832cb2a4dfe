//! What the tables know of the processes of a tree, for the rules about launchers and programs.

use super::words::processes;
use crate::analyze::Target;
use crate::image::Origin;
use crate::knowledge::{self, How, Launch, OnSignal, Position, Program, Signal};
use crate::source::Span;
use crate::stop::{Path, ProcessTree};

/// The words of a process, as the tables want them.
fn words(process: &ProcessTree) -> Vec<Option<&str>> {
    process.argv.iter().map(Option::as_deref).collect()
}

/// Whether the image's tools are busybox's.
fn has_busybox(target: &Target) -> bool {
    matches!(target.container.image.sh.value(), Some(Some(id)) if id == "ash")
}

/// What is known of the program that a process runs.
pub(super) fn program(target: &Target, process: &ProcessTree) -> Option<Program> {
    knowledge::program_at(&words(process), has_busybox(target))
}

/// What is known of a process that runs others. Not for the application itself.
pub(super) fn launch(target: &Target, process: &ProcessTree) -> Option<Launch> {
    if process.is_application {
        return None;
    }
    let position = Position {
        pid1: process.pid == 1,
        group_leader: process.pid == 1,
        busybox: has_busybox(target),
    };
    knowledge::launch(&words(process), position)
}

/// The processes from PID 1 to the application of a path, both included.
pub(super) fn chain(path: &Path) -> Vec<&ProcessTree> {
    let Some(tree) = &path.processes else {
        return Vec::new();
    };
    let all = processes(tree);
    let Some(mut at) = all.iter().copied().find(|process| process.is_application) else {
        return Vec::new();
    };
    let mut found = vec![at];
    while let Some(parent) = all
        .iter()
        .copied()
        .find(|process| process.children.iter().any(|child| child.pid == at.pid))
    {
        found.insert(0, parent);
        at = parent;
    }
    found
}

/// Whether everything between the runtime and the application would pass that signal on as it is.
pub(super) fn would_arrive(target: &Target, chain: &[&ProcessTree], signal: Signal) -> bool {
    let above = chain.split_last().map_or(&[][..], |(_, above)| above);
    above.iter().all(|process| match launch(target, process) {
        Some(Launch {
            how: How::Fork(fork),
            ..
        }) => matches!(fork.on(signal), OnSignal::Forward(forward) if forward.send.is_none_or(|sent| sent == signal)),
        _ => false,
    })
}

/// The place in the user's files that starts a process: the CMD or ENTRYPOINT if a script of the base
/// image does.
pub(super) fn place(target: &Target, process: &ProcessTree) -> Option<Span> {
    at_hand(target, process.span.as_ref()?)
}

/// A place in the files at hand: for one in a script of the base image, the instruction that leads there.
pub(super) fn at_hand(target: &Target, span: &Span) -> Option<Span> {
    let Some(base) = target.container.image.files.base_reference() else {
        return Some(span.clone());
    };
    let of_base = span.source.path().strip_prefix(base);
    if !of_base.is_some_and(|rest| rest.starts_with(":/")) {
        return Some(span.clone());
    }
    let image = &target.container.image;
    [&image.cmd, &image.entrypoint]
        .into_iter()
        .find_map(|setting| match &setting.origin {
            Origin::Instruction(span) | Origin::Base(_, span) => Some(span.clone()),
            _ => None,
        })
}

/// What people call a process: its program, without directories.
pub(super) fn name(process: &ProcessTree) -> String {
    let first = process.argv.first().cloned().flatten();
    let name = first.unwrap_or_else(|| process.program.clone());
    name.rsplit('/').next().unwrap_or(&name).to_owned()
}
