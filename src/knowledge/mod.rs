//! What pidone knows of shells, launchers, programs and base images: the tables of `grammars/`.
//!
//! In: a name and the words of a command line, or an image reference. Out: facts with their
//! evidence. Knows nothing of scripts, Dockerfiles or processes; guesses nothing: no entry, no
//! answer.

mod base;
mod launch;
mod program;
mod signal;

pub use base::BaseImage;
pub use launch::{ChildGroup, Fork, Forward, How, Launch, OnSignal, Recipient, Then, Wrapped};
pub use program::{Effect, Lifetime, Program, ProgramReaction, Runtime};
pub use signal::Signal;

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
/// `None` stands for a word that is not known.
pub fn launch(argv: &[Option<&str>], position: Position) -> Option<Launch> {
    let _ = (argv, position);
    None
}

/// What is known of the program of a command line.
pub fn program(argv: &[Option<&str>]) -> Option<Program> {
    let _ = argv;
    None
}

/// What is known of a base image reference (`docker.io/library/node:22-alpine@sha256:…`).
pub fn base_image(reference: &str) -> Option<BaseImage> {
    let _ = reference;
    None
}
