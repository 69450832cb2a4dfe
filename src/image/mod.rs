//! What a stage's image is: its settings with their origins, and a view of its files.
//!
//! In: a resolved stage (or a known base image, or `docker inspect` output). Out: [`Image`].
//! A view is what the build context and the instructions tell; what an opaque RUN may have done is
//! unknown, never assumed absent. Starts nothing and judges nothing.

mod files;

use std::collections::BTreeMap;

use crate::knowledge::Signal;
use crate::source::{Known, Mapped, Span, Why};

pub use files::Files;

/// An image's settings and files.
#[derive(Clone, Debug)]
pub struct Image {
    /// ENTRYPOINT; `None` when there is none.
    pub entrypoint: Setting<Option<Command>>,
    /// CMD; `None` when there is none (also after an ENTRYPOINT reset it).
    pub cmd: Setting<Option<Command>>,
    /// STOPSIGNAL; SIGTERM by default.
    pub stop_signal: Setting<Signal>,
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
    /// Its content.
    pub content: Content,
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
