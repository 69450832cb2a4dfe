//! A Dockerfile's text into instructions, exactly as BuildKit reads it, without losing a byte.
//!
//! In: a [`Source`]. Out: a [`Dockerfile`] whose instructions carry byte spans of every part.
//! Parsing never fails: what cannot be read becomes one instruction with a problem, and the rest
//! goes on. It does not expand variables and does not relate instructions to each other.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Mapped, Source, Span};

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
    /// Comment lines, also those inside continuations; without the newline.
    pub comments: Vec<Range<usize>>,
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
    /// From the keyword's first byte to the last byte that belongs to it (here-documents
    /// included), without the final line end.
    pub range: Range<usize>,
    /// `--name=value` before the arguments, where the instruction takes flags.
    pub flags: Vec<Flag>,
    /// The arguments as BuildKit sees them: continuations joined, comments inside them dropped,
    /// flags removed, white space around trimmed. For HEALTHCHECK the text after `CMD` is in
    /// `nested`; for ONBUILD the whole instruction is.
    pub arguments: Mapped,
    /// How CMD, ENTRYPOINT, RUN, SHELL, HEALTHCHECK CMD, COPY, ADD and VOLUME give their arguments.
    pub form: Form,
    /// Here-documents in order.
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
