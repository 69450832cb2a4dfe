//! Shell text in, [`Script`] out: a parser that is exact on what it accepts.
//! It accepts the union of POSIX sh and bash, reads one complete command at a time as shells do,
//! and turns a complete command that it cannot read into one [`Kind::Unparsed`].
//! It does not decide dialects, expand aliases or look at any file.

mod ansi;
mod backquote;
mod command;
mod compound;
mod condition;
mod cursor;
mod heredoc;
mod parameter;
mod recovery;
mod word;

use super::{Item, Kind, Part, Problem, RedirectTarget, Script, Separator, Word};
use crate::source::Mapped;
use cursor::{Failure, Parser};
use recovery::resume_at;

/// Texts larger than this many bytes are not parsed: the largest start-up script seen among 1,567
/// real ones has 65 KB.
pub const LARGEST_SCRIPT: usize = 512 * 1024;

/// Constructs nested deeper than this are not parsed. Real scripts stay below 20.
pub const DEEPEST_NESTING: usize = 100;

/// After so many unreadable commands the rest of a text counts as one.
const MOST_FAILURES: usize = 10;

/// Parses a script, a `-c` string, a trap action or the like. Never fails: what is not understood
/// is an unparsed node or part and an entry in [`Script::problems`].
///
/// Time is linear in the text but for [`DEEPEST_NESTING`].
pub fn parse(text: Mapped) -> Script {
    let whole = text.text();
    let mut parser = Parser::new(whole);
    let items = if whole.len() > LARGEST_SCRIPT {
        let why = format!("script of more than {} KB", LARGEST_SCRIPT / 1024);
        vec![parser.unparsed(0..whole.len(), &why, Separator::End)]
    } else {
        complete_commands(&mut parser)
    };
    let root = parser.push(Kind::List(items), 0..whole.len());
    let mut output = parser.into_output();
    for node in &mut output.nodes {
        let redirects = match &mut node.kind {
            Kind::Simple(simple) => &mut simple.redirects,
            Kind::Compound(_, redirects) => redirects,
            _ => continue,
        };
        for redirect in redirects {
            if let RedirectTarget::Body(body) = &mut redirect.target {
                *body = output
                    .bodies
                    .remove(&redirect.range.start)
                    .unwrap_or_default();
            }
        }
    }
    Script {
        text,
        nodes: output.nodes,
        root,
        problems: output.problems,
    }
}

/// The complete commands of a whole text.
///
/// A shell reads and runs one complete command after another, so that those before a syntax error
/// still run, and nothing of the one that holds the error does. That is the unit that becomes
/// unparsed here.
fn complete_commands(parser: &mut Parser<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut failures = 0;
    loop {
        parser.skip_newlines();
        if parser.at_end() {
            return items;
        }
        let start = parser.position();
        let mark = parser.mark();
        let Err(failure) = parser.complete_command().map(|item| items.push(item)) else {
            continue;
        };
        parser.rewind(mark);
        failures += 1;
        let end = if failures < MOST_FAILURES {
            resume_at(parser.whole(), failure.at.max(start))
        } else {
            parser.whole().len()
        };
        parser.resume(end);
        let range = start..parser.whole()[..end].trim_end().len().max(start + 1);
        let end = if parser.at_end() {
            Separator::End
        } else {
            Separator::Newline
        };
        items.push(parser.unparsed(range, &failure.why, end));
    }
}

impl Parser<'_> {
    /// One command of the outermost list, which nothing but its end or a separator may follow.
    fn complete_command(&mut self) -> Result<Item, Failure> {
        let item = self.item()?;
        if item.end == Separator::End && !self.at_end() {
            return Err(self.unexpected());
        }
        Ok(item)
    }

    /// An item that says that a range is not understood, and the problem that reports it.
    fn unparsed(&mut self, range: std::ops::Range<usize>, why: &str, end: Separator) -> Item {
        self.problem(range.clone(), why);
        let kind = Kind::Unparsed {
            why: why.to_owned(),
        };
        Item {
            node: self.push(kind, range),
            end,
        }
    }

    /// A part of a word that is not understood, and the problem that reports it.
    fn unparsed_part(&mut self, start: usize, why: &str) -> Part {
        self.problem(start..self.position(), why);
        Part::Unparsed {
            why: why.to_owned(),
        }
    }

    /// A word of one part that is not understood.
    fn unparsed_word(&mut self, range: std::ops::Range<usize>, why: &str) -> Word {
        self.problem(range.clone(), why);
        let part = Part::Unparsed {
            why: why.to_owned(),
        };
        Word {
            parts: vec![part],
            range: self.at(range),
        }
    }

    fn problem(&mut self, range: std::ops::Range<usize>, why: &str) {
        let range = self.at(range);
        let why = why.to_owned();
        self.output.problems.push(Problem { range, why });
    }
}
