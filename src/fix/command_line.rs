//! A command line as it is written: words of exec form, or of a command of a shell.
//!
//! In: a target and a span. Out: the words, and edits that put in, replace or take away words in the syntax of
//! the place. Does not know what the words mean.

use super::place::{self, Command, written};
use super::{Edit, insert_exec};
use crate::analyze::Target;
use crate::dockerfile::{self, Form, Instruction, Keyword};
use crate::shell::Kind;
use crate::source::Span;

/// The words of a command that the user's files spell out.
pub(super) struct CommandLine {
    /// The words as the program gets them; `None` where the shell expands something.
    pub(super) words: Vec<Option<String>>,
    places: Vec<Span>,
    syntax: Syntax,
}

/// In which syntax the words stand.
enum Syntax {
    /// Exec form.
    Array,
    /// A command of a shell.
    Shell {
        /// The command.
        command: Box<Command>,
        /// Whether the text is a string of exec form.
        in_json: bool,
    },
}

impl CommandLine {
    /// The command line at a place: a command of a shell, or the exec form that the place is in.
    pub(super) fn at(target: &Target, span: &Span) -> Option<CommandLine> {
        if let Some(command) = place::command(target, span)
            && let Some(line) = CommandLine::of_command(target, command)
        {
            return Some(line);
        }
        CommandLine::of_instruction(target, span)
    }

    /// The exec form of the CMD or ENTRYPOINT that a place is in.
    pub(super) fn of_instruction(target: &Target, span: &Span) -> Option<CommandLine> {
        let (file, index) = start_instruction(target, span)?;
        let instruction = &file.instructions[index];
        let Form::Exec(words) = &instruction.form else {
            return None;
        };
        let places = instruction.element_ranges.iter();
        let places: Vec<Span> = places.map(|range| file.span(range.clone())).collect();
        (places.len() == words.len()).then(|| CommandLine {
            words: words
                .iter()
                .map(|word| Some(word.text().to_owned()))
                .collect(),
            places,
            syntax: Syntax::Array,
        })
    }

    fn of_command(target: &Target, command: Command) -> Option<CommandLine> {
        let script = &command.text.script;
        let Kind::Simple(simple) = &script.node(command.node).kind else {
            return None;
        };
        let places: Option<Vec<Span>> = simple
            .words
            .iter()
            .map(|word| written(&script.text, word.range.clone()))
            .collect();
        let words = simple
            .words
            .iter()
            .map(|word| Some(word.constant(true)?.into_owned()));
        let in_json = command.text.is_string && is_in_json(target, &script.text.full_span());
        Some(CommandLine {
            words: words.collect(),
            places: places?,
            syntax: Syntax::Shell {
                in_json,
                command: Box::new(command),
            },
        })
    }

    /// The index of the word that is called so, whatever its directory.
    pub(super) fn position(&self, program: &str) -> Option<usize> {
        self.words.iter().position(|word| {
            let word = word.as_deref().unwrap_or_default();
            word.rsplit('/').next() == Some(program)
        })
    }

    /// Words behind the one at that index.
    pub(super) fn insert_after(&self, index: usize, words: &[&str]) -> Option<Edit> {
        let place = self.places.get(index)?;
        let text: String = words
            .iter()
            .map(|word| format!("{}{}", self.separator(), self.quoted(word)))
            .collect();
        let end = Span::new(&place.source, place.end..place.end);
        Some(Edit::replace(end, text))
    }

    /// Another word in place of the one at that index.
    pub(super) fn replace(&self, index: usize, word: &str) -> Option<Edit> {
        let place = self.places.get(index)?;
        Some(Edit::replace(place.clone(), self.quoted(word)))
    }

    /// No word at that index; not for the first one.
    pub(super) fn remove(&self, index: usize) -> Option<Edit> {
        let before = self.places.get(index.checked_sub(1)?)?;
        let place = self.places.get(index)?;
        let span = Span::new(&place.source, before.end..place.end);
        Some(Edit::replace(span, ""))
    }

    /// Another JSON array in place of the one that the words stand in.
    pub(super) fn replace_all(&self, array: String) -> Option<Edit> {
        let (first, last) = (self.places.first()?, self.places.last()?);
        let text = first.source.text();
        let start = text[..first.start].rfind('[')?;
        let end = last.end + text[last.end..].find(']')? + 1;
        let is_array = matches!(self.syntax, Syntax::Array);
        is_array.then(|| Edit::replace(Span::new(&first.source, start..end), array))
    }

    /// Whether the words stand inside of a string of exec form.
    pub(super) fn is_in_json(&self) -> bool {
        matches!(self.syntax, Syntax::Shell { in_json: true, .. })
    }

    /// `exec` before the command, if a shell runs it and it is not there yet.
    pub(super) fn exec(&self) -> Option<Edit> {
        match &self.syntax {
            Syntax::Shell { command, .. } => insert_exec::insertion(command),
            Syntax::Array => None,
        }
    }

    /// The command of the shell that this is, if a shell runs it.
    pub(super) fn command(&self) -> Option<&Command> {
        match &self.syntax {
            Syntax::Shell { command, .. } => Some(command),
            Syntax::Array => None,
        }
    }

    fn separator(&self) -> &'static str {
        match self.syntax {
            Syntax::Array => ", ",
            Syntax::Shell { .. } => " ",
        }
    }

    fn quoted(&self, word: &str) -> String {
        match &self.syntax {
            Syntax::Array => json_string(word),
            Syntax::Shell { in_json, .. } => {
                let word = shell_word(word);
                if *in_json { inside_json(&word) } else { word }
            }
        }
    }
}

/// The CMD or ENTRYPOINT of the target's Dockerfile around a place: the file and the instruction's index.
pub(super) fn start_instruction(
    target: &Target,
    span: &Span,
) -> Option<(dockerfile::Dockerfile, usize)> {
    if span.source.path() != target.file {
        return None;
    }
    let file = dockerfile::parse(&span.source);
    let is_it = |instruction: &Instruction| {
        matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint)
            && instruction.range.start <= span.start
            && span.end <= instruction.range.end
    };
    let index = file.instructions.iter().position(is_it)?;
    Some((file, index))
}

/// Whether a place is inside of a string of exec form, where quotes need a backslash.
pub(super) fn is_in_json(target: &Target, span: &Span) -> bool {
    start_instruction(target, span)
        .is_some_and(|(file, index)| matches!(file.instructions[index].form, Form::Exec(_)))
}

/// A JSON string.
pub(super) fn json_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string serialises")
}

/// A text for the inside of a JSON string.
pub(super) fn inside_json(text: &str) -> String {
    let quoted = json_string(text);
    quoted[1..quoted.len() - 1].to_owned()
}

/// A word that every shell reads as that text.
pub(super) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_their_place() {
        assert_eq!(shell_word("-g"), "-g");
        assert_eq!(shell_word("daemon off;"), "'daemon off;'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(inside_json("a \"b\""), "a \\\"b\\\"");
    }
}
