//! A Dockerfile's text into instructions, exactly as BuildKit reads it, without losing a byte.
//!
//! In: a [`Source`]. Out: a [`Dockerfile`] whose instructions carry byte spans of every part.
//! Parsing never fails: what cannot be read becomes one instruction with a problem, and the rest
//! goes on. It does not expand variables and does not relate instructions to each other.

mod derive;
mod directives;
mod exec_form;
mod flags;
mod heredoc;
mod instruction;
mod lines;
mod parts;
mod problems;
mod reader;
mod words;

use std::ops::Range;
use std::sync::Arc;

pub use parts::{Copy, CopySource, From, copy, from, key_values};
pub use words::{plain_words, quoted_words};

use crate::source::{Mapped, Source, Span};

/// Reads a file as BuildKit does. Takes any text; what BuildKit would refuse becomes a problem of
/// one instruction, or of the file.
pub fn parse(source: &Arc<Source>) -> Dockerfile {
    reader::read(source)
}

/// A parsed file.
#[derive(Debug)]
pub struct Dockerfile {
    /// The file.
    pub source: Arc<Source>,
    /// The escape character: `\`, or `` ` `` by directive.
    pub escape: char,
    /// `# syntax=`, `# escape=`, `# check=` at the head, in order.
    pub directives: Vec<Directive>,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Comment lines, also those inside continuations; from the `#`, without the newline. The
    /// directives are not among them.
    pub comments: Vec<Range<usize>>,
    /// What BuildKit would refuse about the file as a whole.
    pub problems: Vec<Problem>,
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The whole line.
    pub range: Range<usize>,
}

/// The instruction words.
#[allow(missing_docs, reason = "they are Docker's words")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// Anything else: BuildKit refuses the file.
    Unknown,
}

/// One instruction.
#[derive(Debug)]
pub struct Instruction {
    /// Which one.
    pub keyword: Keyword,
    /// The word as written.
    pub keyword_range: Range<usize>,
    /// From the keyword's first byte (or that of an escape character on a line of its own before
    /// it) to the last byte that belongs to it (here-documents included), without the final line
    /// end.
    pub range: Range<usize>,
    /// `--name=value` before the arguments. BuildKit reads them before every instruction's
    /// arguments and refuses those that the instruction does not know: see `problems`.
    pub flags: Vec<Flag>,
    /// The arguments as BuildKit sees them: continuations joined, comments inside them dropped,
    /// flags removed, white space around trimmed. For HEALTHCHECK the text after `CMD` is in
    /// `nested`; for ONBUILD the whole instruction is.
    pub arguments: Mapped,
    /// How CMD, ENTRYPOINT, RUN, SHELL, HEALTHCHECK CMD, COPY, ADD and VOLUME give their arguments.
    pub form: Form,
    /// The source range of each element of the exec form, with its quotes; empty in shell form.
    pub element_ranges: Vec<Range<usize>>,
    /// Here-documents in order. Those of an ONBUILD belong to the nested instruction.
    pub heredocs: Vec<Heredoc>,
    /// The instruction after ONBUILD, or the CMD of HEALTHCHECK.
    pub nested: Option<Box<Instruction>>,
    /// What BuildKit would refuse about it.
    pub problems: Vec<Problem>,
}

/// `--name=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// The value, if there is an `=`.
    pub value: Option<Mapped>,
    /// The whole flag.
    pub range: Range<usize>,
}

/// The form of the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A strict JSON array of strings.
    Exec(Vec<Mapped>),
    /// Anything else.
    Shell,
}

/// A here-document of RUN, COPY or ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// Its name without quotes.
    pub name: String,
    /// The descriptor before `<<`; 0 when none is given.
    pub descriptor: u32,
    /// Whether variables in it are expanded (the name was not quoted).
    pub expand: bool,
    /// Whether leading tabs are removed (`<<-`).
    pub strip_tabs: bool,
    /// The lines between, tabs removed if so asked, line ends kept.
    pub body: Mapped,
    /// The source range of the lines between.
    pub body_range: Range<usize>,
    /// The line that ends it, without the newline.
    pub terminator: Range<usize>,
    /// The `<<NAME` in the arguments (a range of `Instruction::arguments`' derived text).
    pub marker: Range<usize>,
}

/// Something BuildKit would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// Where.
    pub range: Range<usize>,
}

impl Dockerfile {
    /// The span of a range of this file.
    pub fn span(&self, range: Range<usize>) -> Span {
        Span::new(&self.source, range)
    }
}
