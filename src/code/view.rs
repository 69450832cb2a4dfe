//! A source text as a reader of calls sees it: who is called, with which arguments, in which function.

use std::ops::Range;

use super::Language;
use super::lexer::{Kind, Token, tokens};
use crate::knowledge::Signal;

/// A text with its tokens.
pub(super) struct Code<'t> {
    pub text: &'t str,
    pub language: Language,
    pub tokens: Vec<Token>,
}

/// How many names of a path are read.
const LONGEST_PATH: usize = 30;

/// A call: `a.b(…)`.
pub(super) struct Call<'t> {
    /// The names of the path to what is called: `["process", "on"]`; `"()"` stands for the result of a call.
    pub path: Vec<&'t str>,
    /// The index of its first token.
    pub first: usize,
    /// The index of the opening bracket.
    pub open: usize,
    /// The index of the closing bracket.
    pub close: usize,
}

impl<'t> Call<'t> {
    /// The name of what is called.
    pub(super) fn name(&self) -> &'t str {
        self.path.last().copied().unwrap_or_default()
    }

    /// What stands directly before the name: `process` of `process.on(…)`.
    pub(super) fn receiver(&self) -> Option<&'t str> {
        self.path.len().checked_sub(2).map(|at| self.path[at])
    }
}

impl<'t> Code<'t> {
    pub(super) fn new(text: &'t str, language: Language) -> Code<'t> {
        Code {
            text,
            language,
            tokens: tokens(text, language),
        }
    }

    /// The text of a token.
    pub(super) fn word(&self, at: usize) -> &'t str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.range.clone()])
    }

    /// The kind of a token; a mark that never occurs beyond the end.
    pub(super) fn kind(&self, at: usize) -> Kind {
        self.tokens
            .get(at)
            .map_or(Kind::Mark('\0'), |token| token.kind)
    }

    pub(super) fn is_mark(&self, at: usize, mark: char) -> bool {
        self.kind(at) == Kind::Mark(mark)
    }

    pub(super) fn is_name(&self, at: usize, name: &str) -> bool {
        self.kind(at) == Kind::Name && self.word(at) == name
    }

    /// The bytes of a range of tokens.
    pub(super) fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        let start = self
            .tokens
            .get(tokens.start)
            .map_or(0, |token| token.range.start);
        let last = self.tokens.get(tokens.end.saturating_sub(1));
        start..last.map_or(start, |token| token.range.end.max(start))
    }

    /// How often a name stands in the code.
    pub(super) fn count(&self, name: &str) -> usize {
        let is_it = |at: &usize| self.is_name(*at, name);
        (0..self.tokens.len()).filter(is_it).count()
    }

    /// All calls with brackets.
    pub(super) fn calls(&self) -> impl Iterator<Item = Call<'t>> + '_ {
        (0..self.tokens.len()).filter_map(|open| self.call(open))
    }

    /// The call whose arguments begin with that bracket.
    pub(super) fn call(&self, open: usize) -> Option<Call<'t>> {
        let close = self.tokens[open].partner.filter(|close| *close > open)?;
        if !self.is_mark(open, '(') || open == 0 || self.kind(open - 1) != Kind::Name {
            return None;
        }
        let mut path = vec![self.word(open - 1)];
        let mut first = open - 1;
        while path.len() < LONGEST_PATH
            && let Some(before) = self.before_separator(first)
        {
            match self.kind(before) {
                Kind::Name => {
                    path.push(self.word(before));
                    first = before;
                }
                Kind::Mark(')' | ']') => {
                    path.push("()");
                    first = self.tokens[before].partner.unwrap_or(before);
                    // `process.on(…).on(…)`: the name before the brackets goes with them.
                    if first > 0 && self.kind(first - 1) == Kind::Name {
                        first -= 1;
                        path.push(self.word(first));
                    }
                }
                _ => break,
            }
        }
        path.reverse();
        Some(Call {
            path,
            first,
            open,
            close,
        })
    }

    /// The index of the token before a separator of names (`.`, `::`, `->`, `\`) that stands before `at`.
    fn before_separator(&self, at: usize) -> Option<usize> {
        let mark = |back: usize, mark: char| at >= back && self.is_mark(at - back, mark);
        let separated = if mark(1, '.') {
            // `a?.b` and `a&.b`
            1 + usize::from(mark(2, '?') || mark(2, '&'))
        } else if mark(2, ':') && mark(1, ':') || mark(2, '-') && mark(1, '>') {
            2
        } else if mark(3, '?') && mark(2, '-') && mark(1, '>') {
            3
        } else if self.language == Language::Php && mark(1, '\\') {
            1
        } else {
            return None;
        };
        at.checked_sub(separated + 1)
    }

    /// The arguments of a call, as ranges of tokens.
    pub(super) fn arguments(&self, call: &Call) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut from = call.open + 1;
        for at in call.open + 1..call.close {
            if self.is_mark(at, ',') && self.tokens[at].around == Some(call.open) {
                found.push(from..at);
                from = at + 1;
            }
        }
        if from < call.close {
            found.push(from..call.close);
        }
        found
    }

    /// The signal that a token names, as the language writes it.
    pub(super) fn signal_at(&self, at: usize) -> Option<Signal> {
        let word = self.word(at);
        let with_prefix = word.strip_prefix("SIG").filter(|rest| !rest.is_empty());
        match (self.language, self.kind(at)) {
            (Language::JavaScript, Kind::Text | Kind::Name)
            | (Language::Python | Language::Php, Kind::Name) => with_prefix.and_then(Signal::parse),
            (Language::Ruby | Language::Perl, Kind::Text) => {
                let is_capital = word
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
                Signal::parse(with_prefix.unwrap_or(word))
                    .filter(|_| is_capital && !word.is_empty())
            }
            (Language::Ruby, Kind::Name) if at > 0 && self.is_mark(at - 1, ':') => {
                Signal::parse(with_prefix.unwrap_or(word))
            }
            (Language::Perl, Kind::Name) if at > 0 && self.is_mark(at - 1, '{') => {
                Signal::parse(with_prefix.unwrap_or(word))
            }
            _ => None,
        }
    }

    /// The signal that an argument names: `'SIGTERM'`, `signal.SIGTERM`, `signal.Signals.SIGTERM`, `15`.
    pub(super) fn signal_in(&self, argument: &Range<usize>) -> Option<Signal> {
        let last = argument
            .end
            .checked_sub(1)
            .filter(|last| argument.contains(last))?;
        if argument.len() == 1 && self.kind(last) == Kind::Number {
            return Signal::parse(self.word(last));
        }
        let is_path = |at: usize| {
            matches!(self.kind(at), Kind::Name | Kind::Mark('.' | ':' | '\\')) || at == last
        };
        argument
            .clone()
            .all(is_path)
            .then(|| self.signal_at(last))
            .flatten()
    }

    /// The column of a token's line in which the first word stands, in bytes.
    pub(super) fn indentation(&self, at: usize) -> usize {
        let start = self.line_start(at);
        let line = &self.text[start..];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    }

    fn line_start(&self, at: usize) -> usize {
        let byte = self
            .tokens
            .get(at)
            .map_or(self.text.len(), |token| token.range.start);
        self.text[..byte]
            .rfind('\n')
            .map_or(0, |newline| newline + 1)
    }

    /// Whether a token is the first of its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        let start = self.line_start(at);
        let byte = self.tokens[at].range.start;
        self.text[start..byte].trim().is_empty()
    }

    /// The tokens of the block that begins behind `header` in a language that indents: up to the next line that is
    /// not further in than the line of `header`.
    pub(super) fn indented_block(&self, header: usize) -> Range<usize> {
        let column = self.indentation(header);
        let line = self.line_start(header);
        let is_out = |at: &usize| {
            self.tokens[*at].around.is_none_or(|open| open < header)
                && self.begins_line(*at)
                && self.line_start(*at) != line
                && self.indentation(*at) <= column
        };
        let end = (header + 1..self.tokens.len()).find(is_out);
        header + 1..end.unwrap_or(self.tokens.len())
    }
}
