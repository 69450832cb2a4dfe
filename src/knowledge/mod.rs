//! What pidone knows of shells, launchers, programs and base images: the tables of `grammars/`.
//!
//! In: a name and the words of a command line, or an image reference. Out: facts with their
//! evidence. Knows nothing of scripts, Dockerfiles or processes; guesses nothing: no entry, no
//! answer.

mod arguments;
mod base;
mod bucket;
mod describe;
mod foreground;
mod images;
mod launch;
mod launchers;
mod modules;
mod packages;
mod program;
mod programs;
mod service;
mod shells;
mod signal;
mod stop_setting;
mod tables;
mod verify;

pub use base::BaseImage;
pub use describe::{Knowledge, Known, describe, names};
pub use foreground::Foreground;
pub use launch::{
    Alternative, ChildGroup, Fork, Forward, How, Launch, OnSignal, Recipient, Then, WorksFor,
    Wrapped,
};
pub use modules::{Handles, Modules, Package, modules};
pub use program::{ConfigSwitch, Effect, Lifetime, Program, ProgramReaction, Runtime, StopCommand};
pub use shells::{
    Feature, ImplicitExec, ShellFacts, ShellFamily, Spellings, TrapName, shell_facts, shell_ids,
};
pub use signal::Signal;
pub use stop_setting::StopSetting;
pub use tables::{check_own, extend};
pub use verify::verify;

/// Where a launcher or program stands when it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whether it is PID 1.
    pub pid1: bool,
    /// Whether it leads its process group (PID 1 and the child of an init do): matters to `setsid`.
    pub group_leader: bool,
    /// Whether the tool is busybox's applet.
    pub busybox: bool,
}

/// What a command line does, if its program is a known launcher. `argv[0]` is a name or a path;
/// `None` stands for a word that is not known. `busybox APPLET …` is answered as the applet.
pub fn launch(argv: &[Option<&str>], position: Position) -> Option<Launch> {
    let base_name = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut position = position;
    let mut start = 0;
    let mut name = base_name(argv.first().copied().flatten()?);
    // `busybox busybox sh` is the same as `busybox sh`.
    while name == "busybox" {
        position.busybox = true;
        start += 1;
        name = base_name(argv.get(start).copied().flatten()?);
    }
    let entries: Vec<_> = tables::launchers().named(&name).collect();
    Some(launchers::launch(&entries, &argv[start..], position)?.shifted(start))
}

/// What is known of the program of a command line.
pub fn program(argv: &[Option<&str>]) -> Option<Program> {
    program_at(argv, false)
}

/// As [`program`], where the image's tools may be busybox's (`httpd -f` on Alpine).
pub fn program_at(argv: &[Option<&str>], busybox: bool) -> Option<Program> {
    programs::program(argv, busybox)
}

/// Whether [`program_at`] has an answer.
pub fn knows_program(argv: &[Option<&str>], busybox: bool) -> bool {
    programs::is_known(argv, busybox)
}

/// What is known of a base image reference (`docker.io/library/node:22-alpine@sha256:…`).
pub fn base_image(reference: &str) -> Option<BaseImage> {
    images::base_image(reference)
}

/// Whether a base image reference is one of a pattern such as `node:18.17*`, whatever its registry.
pub fn image_matches(reference: &str, pattern: &str) -> bool {
    images::image_matches(reference, pattern)
}

/// The programs that a package brings, as paths or names; `None` if the package is not known.
/// Managers: `apt`, `apk`, `dnf` (also `yum`, `microdnf`, `tdnf`, `zypper`), `pacman`; any other
/// word (`pip`, `npm`, `gem`) gets what is listed for all.
pub fn package_programs(manager: &str, package: &str) -> Option<Vec<String>> {
    packages::programs(manager, package)
}
