//! A logical line into an instruction.
//!
//! In: the mapped text of a logical line. Out: the instruction with keyword, flags, arguments, form
//! and the instruction inside ONBUILD or HEALTHCHECK. It does not read here-documents' bodies.

use std::ops::Range;

use super::exec_form::{self, Arguments};
use super::words::is_separator;
use super::{Form, Instruction, Keyword, Problem, flags, problems};
use crate::source::Mapped;

/// BuildKit refuses an ONBUILD in an ONBUILD; deeper ones are not even looked at.
const DEEPEST_ONBUILD: usize = 4;

/// An instruction and where, in the logical line, the arguments begin that may announce
/// here-documents.
pub(super) struct Read {
    pub(super) instruction: Instruction,
    pub(super) arguments_at: usize,
}

/// Reads a logical line that covers `range` of the source.
pub(super) fn read(line: &Mapped, range: Range<usize>, escape: char) -> Read {
    read_at_depth(line, range, escape, 0)
}

fn read_at_depth(line: &Mapped, range: Range<usize>, escape: char, depth: usize) -> Read {
    let text = line.text();
    let trimmed = trimmed(text, 0..text.len());
    let word_len = text[trimmed.clone()]
        .find(is_separator)
        .unwrap_or(trimmed.len());
    let word = trimmed.start..trimmed.start + word_len;
    let keyword = keyword(&text[word.clone()]);
    let (flags, rest) = flags::read(line, word.end..trimmed.end, escape);
    let rest = self::trimmed(text, rest..trimmed.end);
    let arguments = line.slice(rest.clone());
    let keyword_span = line.span(word);
    let mut instruction = Instruction {
        keyword,
        keyword_range: keyword_span.start..keyword_span.end,
        range: range.clone(),
        flags,
        arguments,
        form: Form::Shell,
        element_ranges: Vec::new(),
        heredocs: Vec::new(),
        nested: None,
        problems: Vec::new(),
    };
    let mut arguments_at = rest.start;
    match keyword {
        Keyword::Onbuild if depth >= DEEPEST_ONBUILD => {
            let message = "ONBUILD inside ONBUILD is not allowed".to_owned();
            instruction.problems.push(Problem { message, range });
        }
        Keyword::Onbuild if !rest.is_empty() => {
            let at = instruction.arguments.full_span().start;
            let inner = read_at_depth(&instruction.arguments, at..range.end, escape, depth + 1);
            arguments_at += inner.arguments_at;
            instruction.nested = Some(Box::new(inner.instruction));
        }
        Keyword::Healthcheck => instruction.nested = health_command(&instruction),
        _ => {}
    }
    if takes_exec_form(keyword) {
        read_form(&mut instruction);
    }
    problems::check(&mut instruction, escape);
    Read {
        instruction,
        arguments_at,
    }
}

/// The CMD in HEALTHCHECK's arguments. It has no flags of its own.
fn health_command(health: &Instruction) -> Option<Box<Instruction>> {
    let text = health.arguments.text();
    let word_len = text.find(char::is_whitespace).unwrap_or(text.len());
    if !text[..word_len].eq_ignore_ascii_case("CMD") {
        return None;
    }
    let keyword_span = health.arguments.span(0..word_len);
    let mut command = Instruction {
        keyword: Keyword::Cmd,
        keyword_range: keyword_span.start..keyword_span.end,
        range: keyword_span.start..health.range.end,
        flags: Vec::new(),
        arguments: health.arguments.slice(trimmed(text, word_len..text.len())),
        form: Form::Shell,
        element_ranges: Vec::new(),
        heredocs: Vec::new(),
        nested: None,
        problems: Vec::new(),
    };
    read_form(&mut command);
    Some(Box::new(command))
}

fn read_form(instruction: &mut Instruction) {
    match exec_form::read(&instruction.arguments) {
        Arguments::Strings(strings) => {
            let (elements, ranges) = strings.into_iter().unzip();
            instruction.form = Form::Exec(elements);
            instruction.element_ranges = ranges;
        }
        Arguments::OtherArray => {
            let span = instruction.arguments.full_span();
            instruction.problems.push(Problem {
                message: "a JSON array must hold strings only".to_owned(),
                range: span.start..span.end,
            });
        }
        Arguments::NotJson => {}
    }
}

/// Whether BuildKit tries to read the arguments as JSON.
fn takes_exec_form(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Add
            | Keyword::Cmd
            | Keyword::Copy
            | Keyword::Entrypoint
            | Keyword::Run
            | Keyword::Shell
            | Keyword::Volume
    )
}

/// A range of the text without the white space around it.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.end - part.trim_start().len();
    start..start + part.trim().len()
}

fn keyword(word: &str) -> Keyword {
    match word.to_lowercase().as_str() {
        "add" => Keyword::Add,
        "arg" => Keyword::Arg,
        "cmd" => Keyword::Cmd,
        "copy" => Keyword::Copy,
        "entrypoint" => Keyword::Entrypoint,
        "env" => Keyword::Env,
        "expose" => Keyword::Expose,
        "from" => Keyword::From,
        "healthcheck" => Keyword::Healthcheck,
        "label" => Keyword::Label,
        "maintainer" => Keyword::Maintainer,
        "onbuild" => Keyword::Onbuild,
        "run" => Keyword::Run,
        "shell" => Keyword::Shell,
        "stopsignal" => Keyword::Stopsignal,
        "user" => Keyword::User,
        "volume" => Keyword::Volume,
        "workdir" => Keyword::Workdir,
        _ => Keyword::Unknown,
    }
}
