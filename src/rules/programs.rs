//! What the tables know of the processes of a tree, for the rules about launchers and programs.

use crate::analyze::Target;
use crate::boot::{self, SettingPlace};
use crate::image::Origin;
use crate::knowledge::{self, How, Launch, OnSignal, Position, Program, Signal, StopSetting};
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
    let position = Position {
        pid1: process.pid == 1,
        group_leader: true,
        busybox: false,
    };
    // `/init` of s6-overlay is not the `init` that is systemd.
    if knowledge::launch(&words(process), position).is_some() {
        return None;
    }
    let program = knowledge::program_at(&words(process), has_busybox(target))?;
    let image = &target.container.image;
    let directory = directory(target);
    let words = words(process);
    Some(boot::with_setting(&image.files, directory, &words, program))
}

/// The image's working directory, as far as it is known.
fn directory(target: &Target) -> &str {
    let directory = target.container.image.working_directory.value.value();
    directory.map_or("/", String::as_str)
}

/// Where a process has the setting with which a signal lets it finish its work.
pub(super) fn setting_place(
    target: &Target,
    process: &ProcessTree,
    setting: &StopSetting,
) -> Option<SettingPlace> {
    let files = &target.container.image.files;
    boot::stop_setting(files, directory(target), &words(process), setting)
}

/// What is known of a process that runs others. Not for the application itself.
pub(super) fn launch(target: &Target, process: &ProcessTree) -> Option<Launch> {
    if process.is_application {
        return None;
    }
    let launch = |group_leader| {
        let position = Position {
            pid1: process.pid == 1,
            group_leader,
            busybox: has_busybox(target),
        };
        knowledge::launch(&words(process), position)
    };
    let found = launch(process.pid == 1)?;
    // `setsid` becomes its command, but forks where it leads a group, as behind tini: it has a child then.
    let has_become = matches!(found.how, How::Exec) && !process.children.is_empty();
    match has_become {
        true => launch(true),
        false => Some(found),
    }
}

/// The processes from PID 1 to the application of a path, both included.
pub(super) fn chain(path: &Path) -> Vec<&ProcessTree> {
    chains(path).into_iter().next().unwrap_or_default()
}

/// The same for each application of a path.
pub(super) fn chains(path: &Path) -> Vec<Vec<&ProcessTree>> {
    let Some(tree) = &path.processes else {
        return Vec::new();
    };
    let all = tree.processes();
    let applications = all.iter().copied().filter(|it| it.is_application);
    let chains = applications.map(|application| {
        let mut chain = vec![application];
        let mut at = application;
        while let Some(parent) = all
            .iter()
            .copied()
            .find(|process| process.children.iter().any(|child| child.pid == at.pid))
        {
            chain.insert(0, parent);
            at = parent;
        }
        chain
    });
    chains.collect()
}

/// A supervisor with a setting of its own for the signal that each of its programs gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// `stopsignal` of supervisord.
    Supervisord,
    /// `down-signal` of s6.
    S6,
}

impl Service {
    /// A label for the place that starts a program with the default.
    pub(super) fn missing(self) -> &'static str {
        match self {
            Service::Supervisord => "no `stopsignal` is set for this program",
            Service::S6 => "no `down-signal` is set for this service",
        }
    }

    /// How to set the signal.
    pub(super) fn help(self, signal: Signal) -> String {
        let name = signal.short_name();
        match self {
            Service::Supervisord => format!("write `stopsignal={name}` in the program's section"),
            Service::S6 => format!("write `{name}` into `down-signal` of the service's directory"),
        }
    }
}

/// The supervisor that stops an application with a signal of its own.
pub(super) fn stopped_by_service(chain: &[&ProcessTree]) -> Option<Service> {
    let [.., supervisor, _] = chain else {
        return None;
    };
    match supervisor.program.as_str() {
        "supervisord" => Some(Service::Supervisord),
        "s6-svscan" | "s6-supervise" => Some(Service::S6),
        _ => None,
    }
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
