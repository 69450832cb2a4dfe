//! What a stage's image is: its settings with their origins, and a view of its files.
//!
//! In: a resolved stage (or a known base image, or `docker inspect` output). Out: [`Image`].
//! A view is what the build context and the instructions tell; what an opaque RUN may have done is
//! unknown, never assumed absent. Starts nothing and judges nothing.

mod base;
mod build;
mod change;
mod content;
mod context;
mod copy;
mod files;
mod glob;
mod path;
mod run;

use std::collections::BTreeMap;

use crate::knowledge::Signal;
use crate::source::{Known, Mapped, Span, Why};

pub use base::BaseSettings;
pub use build::build;
pub(crate) use change::runs_as_owner;
pub use context::{Choice, Context};
pub use files::Files;
pub(crate) use path::{below, join as absolute, name as name_of};
pub(crate) use run::{Done, is_removal, run_file_tool};

/// The PATH of a container whose image sets none (moby `DefaultPathEnvUnix`).
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image's settings and files.
#[derive(Clone, Debug)]
pub struct Image {
    /// ENTRYPOINT; `None` when there is none.
    pub entrypoint: Setting<Option<Command>>,
    /// CMD; `None` when there is none (also after an ENTRYPOINT reset it).
    pub cmd: Setting<Option<Command>>,
    /// STOPSIGNAL; SIGTERM by default.
    pub stop_signal: Setting<Signal>,
    /// Why STOPSIGNAL cannot do what it is for, if so.
    pub stop_signal_problem: Option<StopSignalProblem>,
    /// SHELL, as it stands at the end; `["/bin/sh", "-c"]` by default.
    pub shell: Setting<Vec<Mapped>>,
    /// The inherited CMD that this stage's ENTRYPOINT reset, if no CMD followed.
    pub dropped_cmd: Option<DroppedCmd>,
    /// Instructions of the stage itself that a later one made void.
    pub overridden: Vec<Overridden>,
    /// Files written by unquoted here-documents of COPY or ADD in which variables were replaced.
    pub expanded_heredocs: Vec<ExpandedHeredoc>,
    /// WORKDIR, absolute; `/` by default.
    pub working_directory: Setting<String>,
    /// USER; empty means root.
    pub user: Setting<String>,
    /// The environment, the base image's included as far as it is known. `PATH` is always there.
    pub environment: BTreeMap<String, Setting<String>>,
    /// Whether the environment may hold more variables than these (an unknown base image).
    pub environment_is_partial: Option<Why>,
    /// The shell behind `/bin/sh`: an id of `grammars/shells/` (`dash-debian`, `ash`, `bash`, …);
    /// `Known(None)` when the image has none (scratch, distroless).
    pub sh: Known<Option<String>>,
    /// What `bash` is, if it is not a new one: an id of `grammars/shells/`.
    pub bash: Option<String>,
    /// Whether it is a Windows image, or SHELL names cmd or powershell.
    pub windows: Option<Span>,
    /// The files.
    pub files: Files,
}

/// A setting and where it comes from.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// Its value.
    pub value: Known<T>,
    /// Its origin.
    pub origin: Origin,
}

/// Where a setting comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// An instruction of a Dockerfile (of this stage or a local parent): its whole range.
    Instruction(Span),
    /// The base image of that reference; the span is the FROM.
    Base(String, Span),
    /// Docker's default.
    Default,
    /// A command-line or configuration override.
    Override,
}

impl Origin {
    /// The instruction that sets it, or the FROM that brings it.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Origin::Instruction(span) | Origin::Base(_, span) => Some(span),
            Origin::Default | Origin::Override => None,
        }
    }
}

/// A STOPSIGNAL that cannot work. The setting's origin is the instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopSignalProblem {
    /// No such signal: the build refuses it. The text after expansion.
    Invalid(String),
    /// KILL or STOP: nobody can handle it.
    Unstoppable(Signal),
}

/// A CMD that an ENTRYPOINT reset.
#[derive(Clone, Debug)]
pub struct DroppedCmd {
    /// The CMD.
    pub command: Command,
    /// Where it comes from.
    pub origin: Origin,
    /// What was started before: the ENTRYPOINT of that time and the CMD; `None` where one is in shell form or
    /// not known.
    pub started: Option<Vec<Mapped>>,
    /// The ENTRYPOINT that reset it.
    pub entrypoint: Span,
}

/// An ENTRYPOINT or CMD that a later one of the same stage made void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overridden {
    /// Whether it is an ENTRYPOINT (else a CMD).
    pub entrypoint: bool,
    /// The void instruction.
    pub span: Span,
    /// The instruction that counts instead, or a later void one.
    pub by: Span,
}

/// A file that an unquoted here-document wrote.
#[derive(Clone, Debug)]
pub struct ExpandedHeredoc {
    /// Where it is in the image.
    pub path: String,
    /// The instruction.
    pub instruction: Span,
    /// Whether it is a script: its text begins with `#!`.
    pub is_script: bool,
    /// The `$…` that the build replaced, and what stands there now, in order.
    pub expansions: Vec<(Span, String)>,
}

/// ENTRYPOINT or CMD.
#[derive(Clone, Debug)]
pub enum Command {
    /// Exec form: the argv.
    Exec(Vec<Mapped>),
    /// Shell form: the SHELL in effect at the instruction, and the text.
    Shell(Vec<Mapped>, Mapped),
}

/// A look-up in the image's files.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(File),
    /// A directory.
    Directory,
    /// Nothing is there, provably.
    Absent,
    /// The files at hand do not say.
    Unknown(Why),
}

/// A file of the image.
#[derive(Clone, Debug)]
pub struct File {
    /// Its absolute path, links resolved.
    pub path: String,
    /// Its permission bits, if known.
    pub mode: Option<u32>,
    /// Its owner as written (`app`, `1000:1000`), if known; `root` by default.
    pub owner: Option<String>,
    /// Its content.
    pub content: Content,
    /// Whether it was a script before something may have changed it.
    pub was_script: bool,
    /// The instruction that put it there.
    pub origin: Option<Span>,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text with its map to the file of the context (or the Dockerfile, for here-documents and
    /// scripts made by RUN). A byte order mark and carriage returns are kept.
    Text(Mapped),
    /// A native program (ELF …) or other binary.
    Binary,
    /// It exists, but its content is not known.
    Unknown(Why),
}

#[cfg(test)]
mod tests;
