//! The reading position of the parser, blanks, comments and words of the grammar.
//! Text in, nodes collected; it knows tokens, not constructs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::super::{Kind, Node, NodeId, Problem, Word};
use super::DEEPEST_NESTING;
use super::heredoc::Pending;

/// Why a command cannot be read, and where that showed.
#[derive(Debug)]
pub(super) struct Failure {
    /// The byte of the parser's text.
    pub(super) at: usize,
    /// A noun phrase.
    pub(super) why: String,
}

/// A result of the grammar's functions.
pub(super) type Parsed<T> = Result<T, Failure>;

/// What a parser and the parsers for its backquoted parts make together.
#[derive(Default)]
pub(super) struct Output {
    pub(super) nodes: Vec<Node>,
    pub(super) problems: Vec<Problem>,
    /// Bodies of here-documents by the start of their redirection in the script.
    pub(super) bodies: HashMap<usize, Word>,
}

/// A state to go back to when a command cannot be read.
pub(super) struct Mark {
    nodes: usize,
    problems: usize,
}

/// A recursive-descent parser without backtracking; its depth is limited.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    /// Where the text ends for the construct at hand (a backquoted command, a here-document).
    pub(super) end: usize,
    /// The script's offset of every byte of `text` and of its end, where `text` is not the script:
    /// a backquoted command whose escapes were taken away.
    pub(super) offsets: Option<Vec<usize>>,
    pub(super) depth: usize,
    pub(super) pending: Vec<Pending>,
    pub(super) output: Output,
}

/// Whether an unquoted byte ends a word.
pub(super) fn is_metacharacter(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
    )
}

/// Whether a byte can begin a name.
pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Whether a byte can continue a name.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// An arithmetic expression with more bytes is taken for nested subshells. Looking for its end is
/// what costs most in a text that opens many and closes none.
const LONGEST_ARITHMETIC: usize = 16 * 1024;

/// About so many bytes of a script make one node: 41 in the entrypoint of postgres. A list of nodes that need not
/// grow is written once.
const BYTES_OF_A_NODE: usize = 32;

/// Reserved words that begin no command, and so end a list.
const CLOSING: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl<'a> Parser<'a> {
    /// A parser at the start of a script.
    pub(super) fn new(text: &'a str) -> Parser<'a> {
        Parser {
            text,
            position: 0,
            end: text.len(),
            offsets: None,
            depth: 0,
            pending: Vec::new(),
            output: Output {
                nodes: Vec::with_capacity(4 + text.len() / BYTES_OF_A_NODE),
                ..Output::default()
            },
        }
    }

    pub(super) fn into_output(self) -> Output {
        self.output
    }

    pub(super) fn whole(&self) -> &'a str {
        self.text
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            nodes: self.output.nodes.len(),
            problems: self.output.problems.len(),
        }
    }

    /// Forgets what was made since the mark.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.output.nodes.truncate(mark.nodes);
        self.output.problems.truncate(mark.problems);
        self.pending.clear();
        self.depth = 0;
        self.end = self.text.len();
    }

    pub(super) fn resume(&mut self, position: usize) {
        self.position = position;
    }

    /// The script's offsets of a range of the text at hand.
    pub(super) fn at(&self, range: Range<usize>) -> Range<usize> {
        match &self.offsets {
            None => range,
            Some(offsets) => offsets[range.start]..offsets[range.end],
        }
    }

    pub(super) fn push(&mut self, kind: Kind, range: Range<usize>) -> NodeId {
        let range = self.at(range);
        self.output.nodes.push(Node { kind, range });
        (self.output.nodes.len() - 1) as NodeId
    }

    pub(super) fn at_end(&self) -> bool {
        self.position >= self.end
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        let index = self.position + ahead;
        (index < self.end).then(|| self.text.as_bytes()[index])
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        let rest = self.text.as_bytes()[..self.end].get(self.position..);
        // Nearly always the first byte already tells.
        rest.is_some_and(|rest| {
            rest.first() == text.as_bytes().first() && rest.starts_with(text.as_bytes())
        })
    }

    /// Consumes the text if it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.position += text.len();
        }
        found
    }

    /// Consumes one character and gives it as text.
    pub(super) fn take_char(&mut self) -> &'a str {
        let start = self.position;
        let text: &'a str = self.text;
        let length = text[start..].chars().next().map_or(0, char::len_utf8);
        self.position = start + length;
        &text[start..self.position]
    }

    /// Consumes a name, if one stands here.
    pub(super) fn take_name(&mut self) -> Option<&'a str> {
        let start = self.position;
        if !self.peek().is_some_and(is_name_start) {
            return None;
        }
        while self.peek().is_some_and(is_name) {
            self.position += 1;
        }
        let text: &'a str = self.text;
        Some(&text[start..self.position])
    }

    /// Skips spaces, tabs and line continuations.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.position += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.position += 2,
                _ => return,
            }
        }
    }

    /// Skips blanks and the comment that may follow them.
    pub(super) fn skip_to_line_end(&mut self) {
        self.skip_blanks();
        if self.peek() == Some(b'#') {
            let rest = &self.text[self.position..self.end];
            self.position += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// Skips blanks, comments and newlines, with the bodies of here-documents after these.
    pub(super) fn skip_newlines(&mut self) {
        loop {
            self.skip_to_line_end();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.newline();
        }
    }

    /// Consumes a newline and the bodies of here-documents that wait for it.
    pub(super) fn newline(&mut self) {
        self.position += 1;
        if !self.pending.is_empty() {
            self.read_bodies();
        }
    }

    /// Whether this reserved word stands here as a token of its own.
    pub(super) fn at_token(&self, word: &str) -> bool {
        if !self.looking_at(word) {
            return false;
        }
        let mut ahead = word.len();
        while self.peek_at(ahead) == Some(b'\\') && self.peek_at(ahead + 1) == Some(b'\n') {
            ahead += 2;
        }
        self.peek_at(ahead).is_none_or(is_metacharacter)
    }

    /// Consumes the reserved word if it stands here.
    pub(super) fn take_token(&mut self, word: &str) -> bool {
        let found = self.at_token(word);
        if found {
            self.position += word.len();
        }
        found
    }

    /// Consumes a reserved word that must stand here.
    pub(super) fn expect_token(&mut self, word: &str) -> Parsed<()> {
        if self.take_token(word) {
            Ok(())
        } else if self.at_end() {
            Err(self.failure(format!("end of the text where `{word}` is missing")))
        } else {
            Err(self.unexpected())
        }
    }

    /// Whether a list ends here: at the end, at `)`, at `;;` or at a closing reserved word.
    pub(super) fn at_list_end(&self) -> bool {
        match self.peek() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.peek_at(1), Some(b';' | b'&')),
            Some(_) => self.at_closing_word(),
        }
    }

    /// Whether a reserved word stands here that no command can begin with.
    pub(super) fn at_closing_word(&self) -> bool {
        CLOSING.iter().any(|word| self.at_token(word))
    }

    /// What begins here has no end: it takes the rest of the text with it, as in shells.
    pub(super) fn unclosed(&self, what: &str) -> Failure {
        Failure {
            at: self.end,
            why: format!("{what} that is not closed"),
        }
    }

    pub(super) fn failure(&self, why: impl Into<String>) -> Failure {
        Failure {
            at: self.position,
            why: why.into(),
        }
    }

    /// A failure that names what stands here.
    pub(super) fn unexpected(&self) -> Failure {
        let rest = &self.text[self.position.min(self.end)..self.end];
        let token = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
        let shown: Cow<'_, str> = match rest[..token].char_indices().nth(20) {
            Some((cut, _)) => format!("{}…", &rest[..cut]).into(),
            None => rest[..token].into(),
        };
        self.failure(match (shown.is_empty(), rest.is_empty()) {
            (false, _) => format!("syntax error at `{shown}`"),
            (true, false) => "syntax error at the end of a line".to_owned(),
            (true, true) => "syntax error at the end of the text".to_owned(),
        })
    }

    /// Runs a construct one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        construct: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        if self.depth >= DEEPEST_NESTING {
            return Err(self.failure("nested too deeply"));
        }
        self.depth += 1;
        let result = construct(self)?;
        self.depth -= 1;
        Ok(result)
    }

    /// Whether `((` opens arithmetic: its parentheses close together. `from` stands after `((`.
    /// Bash decides alike, by reading on; `((a) | (b))` is two subshells.
    pub(super) fn closes_as_arithmetic(&self, from: usize) -> bool {
        let bytes = &self.text.as_bytes()[..self.end.min(from + LONGEST_ARITHMETIC)];
        let mut depth = 0usize;
        let mut index = from;
        while let Some(byte) = bytes.get(index) {
            match byte {
                b'\\' => index += 1,
                b'\'' | b'"' | b'`' => {
                    let quote = *byte;
                    index += 1;
                    while index < bytes.len() && bytes[index] != quote {
                        if bytes[index] == b'\\' && quote != b'\'' {
                            index += 1;
                        }
                        index += 1;
                    }
                }
                b'(' => depth += 1,
                b')' if depth == 0 => return bytes.get(index + 1) == Some(&b')'),
                b')' => depth -= 1,
                _ => {}
            }
            index += 1;
        }
        false
    }

    /// Skips a balanced construct whose opening byte stands here. False when it does not close.
    pub(super) fn skip_balanced(&mut self, open: u8, close: u8) -> bool {
        let bytes = &self.text.as_bytes()[..self.end];
        let mut depth = 0usize;
        let mut index = self.position;
        while let Some(&byte) = bytes.get(index) {
            match byte {
                b'\\' => index += 1,
                b'\'' | b'"' => {
                    index += 1;
                    while index < bytes.len() && bytes[index] != byte {
                        if bytes[index] == b'\\' && byte == b'"' {
                            index += 1;
                        }
                        index += 1;
                    }
                }
                _ if byte == open => depth += 1,
                _ if byte == close => {
                    depth -= 1;
                    if depth == 0 {
                        self.position = index + 1;
                        return true;
                    }
                }
                _ => {}
            }
            index += 1;
        }
        false
    }
}
