//! Words: quotes, escapes and expansions, in each of the contexts that change their rules.
//! Source: POSIX.1-2017 XCU 2.2 (quoting) and 2.6 (expansions), bash manual 3.1.2.

use std::borrow::Cow;

use super::super::{NodeId, Parameter, Part, Word};
use super::cursor::{Failure, Parsed, Parser, is_metacharacter};

/// Where an unquoted word stands, which decides what ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a command, an array or a pattern of `case`.
    Command,
    /// In `${x…}`, up to `}`.
    Braces,
    /// The pattern of `${x/pattern/with}`, up to `/` or `}`.
    Replaced,
    /// In `[ ]` after a name, up to `]`.
    Index,
    /// After `=~`, up to a blank outside parentheses.
    Regex,
}

/// Text whose unquoted characters are not special, by what surrounds it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// In `"…"`.
    Double,
    /// In the word of `"${x:-word}"`: up to `}`.
    Braces,
    /// In a here-document: up to its end; `strip` takes leading tabs away.
    HereDocument {
        /// Whether leading tabs go.
        strip: bool,
    },
}

/// What ends an arithmetic expression, outside parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ArithmeticEnd {
    /// `))`
    Parentheses,
    /// `;` or `))`, in `for ((…))`
    Semicolon,
    /// `:` or `}`, in `${x:offset:length}`
    Substring,
}

/// Parts of a word in the making: adjoining texts of one kind become one part.
#[derive(Default)]
pub(super) struct Parts<'a> {
    done: Vec<Part>,
    /// The text that stands last, and whether it is quoted.
    text: Option<(Cow<'a, str>, bool)>,
}

impl<'a> Parts<'a> {
    pub(super) fn literal(&mut self, text: &'a str) {
        self.text(text, false);
    }

    pub(super) fn quoted(&mut self, text: &'a str) {
        self.text(text, true);
    }

    pub(super) fn push(&mut self, part: Part) {
        self.end_text();
        self.done.push(part);
    }

    fn count(&self) -> usize {
        self.done.len() + usize::from(self.text.is_some())
    }

    pub(super) fn into_vec(mut self) -> Vec<Part> {
        self.end_text();
        self.done
    }

    fn text(&mut self, text: &'a str, quoted: bool) {
        match &mut self.text {
            Some((last, is_quoted)) if *is_quoted == quoted => last.to_mut().push_str(text),
            _ => {
                self.end_text();
                self.text = Some((Cow::Borrowed(text), quoted));
            }
        }
    }

    fn end_text(&mut self) {
        match self.text.take() {
            Some((text, true)) => self.done.push(Part::Quoted(text.into())),
            Some((text, false)) => self.done.push(Part::Literal(text.into())),
            None => {}
        }
    }
}

impl<'a> Parser<'a> {
    /// An unquoted word up to what ends it in its place; empty when that stands here.
    pub(super) fn word(&mut self, place: Place) -> Parsed<Word> {
        let start = self.position;
        let mut parts = Parts::default();
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.escape(&mut parts),
                b'\'' => self.single_quoted(&mut parts)?,
                b'"' => self.double_quoted(&mut parts)?,
                b'$' => self.dollar(false, &mut parts)?,
                b'`' => self.backquoted(false, &mut parts)?,
                b'<' | b'>' if place == Place::Command && self.peek_at(1) == Some(b'(') => {
                    let part = self.process_substitution()?;
                    parts.push(part);
                }
                b'?' | b'*' | b'+' | b'@' | b'!'
                    if place == Place::Command && self.peek_at(1) == Some(b'(') =>
                {
                    let begin = self.position;
                    self.position += 1;
                    if !self.skip_balanced(b'(', b')') {
                        return Err(self.unexpected());
                    }
                    let text = &self.text[begin..self.position];
                    let part = match text.contains(['$', '`', '"', '\'', '\\']) {
                        true => self.unparsed_part(begin, "extended pattern"),
                        false => Part::Extended(text.into()),
                    };
                    parts.push(part);
                }
                b'(' | b'[' if Self::counts(place, byte) => {
                    open += 1;
                    parts.literal(self.take_char());
                }
                b')' | b']' if open > 0 && Self::counts(place, byte) => {
                    open -= 1;
                    parts.literal(self.take_char());
                }
                _ if Self::ends(place, byte, open) => break,
                _ => {
                    let run = self.ordinary_run();
                    parts.literal(run);
                }
            }
        }
        Ok(Word {
            parts: parts.into_vec(),
            range: self.at(start..self.position),
        })
    }

    /// Whether an opening or closing byte nests in this place.
    fn counts(place: Place, byte: u8) -> bool {
        match place {
            Place::Regex => matches!(byte, b'(' | b')'),
            Place::Index => matches!(byte, b'[' | b']'),
            _ => false,
        }
    }

    fn ends(place: Place, byte: u8, open: usize) -> bool {
        match place {
            Place::Command => is_metacharacter(byte),
            Place::Braces => byte == b'}',
            Place::Replaced => matches!(byte, b'}' | b'/'),
            Place::Index => byte == b']' && open == 0,
            Place::Regex => byte == b'\n' || open == 0 && matches!(byte, b' ' | b'\t' | b')'),
        }
    }

    /// At least one character, and more that are ordinary in every place.
    fn ordinary_run(&mut self) -> &'a str {
        let start = self.position;
        self.take_char();
        let ordinary = |byte: u8| {
            byte >= 0x80
                || byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'.' | b',' | b'=' | b'%' | b'^' | b'~')
        };
        while self.peek().is_some_and(ordinary) {
            self.position += 1;
        }
        let text: &'a str = self.text;
        &text[start..self.position]
    }

    /// A backslash outside quotes.
    fn escape(&mut self, parts: &mut Parts<'a>) {
        self.position += 1;
        match self.peek() {
            Some(b'\n') => self.position += 1,
            Some(_) => {
                let escaped = self.take_char();
                parts.quoted(escaped);
            }
            None => parts.quoted("\\"),
        }
    }

    fn single_quoted(&mut self, parts: &mut Parts<'a>) -> Parsed<()> {
        let text: &'a str = self.text;
        let rest = &text[self.position + 1..self.end];
        let Some(length) = rest.find('\'') else {
            return Err(self.unclosed("`'`"));
        };
        parts.quoted(&rest[..length]);
        self.position += length + 2;
        Ok(())
    }

    fn double_quoted(&mut self, parts: &mut Parts<'a>) -> Parsed<()> {
        let end = self.end;
        self.position += 1;
        let before = parts.count();
        self.quoted_text(Quotes::Double, parts)?;
        if !self.take("\"") {
            let unclosed = self.unclosed("`\"`");
            return Err(Failure {
                at: end,
                ..unclosed
            });
        }
        if parts.count() == before {
            // An empty string still makes a word.
            parts.quoted("");
        }
        Ok(())
    }

    /// Text in which only `$`, backquotes and some escapes are special, up to its end.
    pub(super) fn quoted_text(&mut self, quotes: Quotes, parts: &mut Parts<'a>) -> Parsed<()> {
        let strips = quotes == Quotes::HereDocument { strip: true };
        while let Some(byte) = self.peek() {
            match (byte, quotes) {
                (b'"', Quotes::Double) | (b'}', Quotes::Braces) => return Ok(()),
                // Quotes inside the braces change nothing: the text is quoted already.
                (b'"', Quotes::Braces) => self.position += 1,
                (b'\\', _) => {
                    self.position += 1;
                    match (self.peek(), quotes) {
                        (Some(b'\n'), _) => self.position += 1,
                        (Some(b'$' | b'`' | b'\\'), _)
                        | (Some(b'"'), Quotes::Double | Quotes::Braces)
                        | (Some(b'}'), Quotes::Braces) => {
                            let escaped = self.take_char();
                            parts.quoted(escaped);
                        }
                        _ => parts.quoted("\\"),
                    }
                }
                (b'$', _) => self.dollar(true, parts)?,
                (b'`', _) => self.backquoted(true, parts)?,
                (b'\n', _) if strips => {
                    parts.quoted("\n");
                    self.position += 1;
                    while self.peek() == Some(b'\t') {
                        self.position += 1;
                    }
                }
                _ => {
                    let text: &'a str = self.text;
                    let rest = &text[self.position..self.end];
                    let special =
                        |byte: u8| matches!(byte, b'"' | b'}' | b'\\' | b'$' | b'`' | b'\n');
                    let first = rest.chars().next().map_or(0, char::len_utf8);
                    let more = rest.as_bytes()[first..].iter();
                    let length = first + more.take_while(|byte| !special(**byte)).count();
                    parts.quoted(&rest[..length]);
                    self.position += length;
                }
            }
        }
        Ok(())
    }

    /// An arithmetic expression as a word of literals and expansions, up to what ends it.
    pub(super) fn arithmetic(&mut self, end: ArithmeticEnd) -> Parsed<Word> {
        let start = self.position;
        let mut parts = Parts::default();
        let mut open = 0usize;
        let mut questions = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' if self.peek_at(1) == Some(b'\n') => self.position += 2,
                b'"' => self.position += 1,
                b'$' => self.dollar(true, &mut parts)?,
                b'`' => self.backquoted(true, &mut parts)?,
                b')' if open == 0 && end != ArithmeticEnd::Substring => break,
                b';' if open == 0 && end == ArithmeticEnd::Semicolon => break,
                b'}' if end == ArithmeticEnd::Substring => break,
                b':' if open == 0 && questions == 0 && end == ArithmeticEnd::Substring => break,
                _ => {
                    match byte {
                        b'(' => open += 1,
                        b')' => open = open.saturating_sub(1),
                        b'?' => questions += 1,
                        b':' => questions = questions.saturating_sub(1),
                        _ => {}
                    }
                    parts.literal(self.take_char());
                }
            }
        }
        Ok(Word {
            parts: parts.into_vec(),
            range: self.at(start..self.position),
        })
    }

    /// What a `$` begins.
    pub(super) fn dollar(&mut self, quoted: bool, parts: &mut Parts<'a>) -> Parsed<()> {
        let start = self.position;
        let part = match self.peek_at(1) {
            Some(b'(') if self.peek_at(2) == Some(b'(') && self.closes_as_arithmetic(start + 3) => {
                self.position += 3;
                let expression = self.nested(|p| p.arithmetic(ArithmeticEnd::Parentheses))?;
                if !self.take("))") {
                    return Err(self.unexpected());
                }
                let expression = Box::new(expression);
                Part::Arithmetic { expression, quoted }
            }
            Some(b'(') => {
                self.position += 2;
                let body = self.substituted_list()?;
                Part::Command { body, quoted }
            }
            Some(b'{') => self.nested(|p| p.braced_parameter(quoted))?,
            Some(b'[') => {
                self.position += 1;
                if !self.skip_balanced(b'[', b']') {
                    parts.text("$", quoted);
                    return Ok(());
                }
                self.unparsed_part(start, "`$[…]`")
            }
            Some(b'\'') if !quoted => {
                self.position += 2;
                return self.ansi_quoted(start, parts);
            }
            Some(b'"') if !quoted => {
                self.position += 1;
                parts.push(Part::DollarQuoted {
                    text: "".into(),
                    written: "$".into(),
                });
                return self.double_quoted(parts);
            }
            _ => {
                self.position += 1;
                let Some(name) = self.plain_parameter() else {
                    parts.text("$", quoted);
                    return Ok(());
                };
                let parameter = Box::new(Parameter {
                    name,
                    indirect: false,
                    length: false,
                    index: None,
                    operator: None,
                    range: self.at(start..self.position),
                });
                Part::Parameter { parameter, quoted }
            }
        };
        parts.push(part);
        Ok(())
    }

    /// The name after a bare `$`: a name, one digit or a special parameter.
    fn plain_parameter(&mut self) -> Option<String> {
        if let Some(name) = self.take_name() {
            return Some(name.to_owned());
        }
        let byte = self.peek()?;
        let special = matches!(byte, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!');
        if !special && !byte.is_ascii_digit() {
            return None;
        }
        self.position += 1;
        Some(char::from(byte).to_string())
    }

    /// The list of a substitution whose `(` was consumed, with its `)`.
    fn substituted_list(&mut self) -> Parsed<NodeId> {
        // Here-documents of the surrounding command begin after its own newline, not after one
        // inside the substitution.
        let outer = std::mem::take(&mut self.pending);
        let body = self.nested(|p| p.list())?;
        if self.peek() != Some(b')') {
            return Err(self.unexpected());
        }
        if !self.pending.is_empty() {
            return Err(self.failure("here-document whose body is not in its substitution"));
        }
        self.position += 1;
        self.pending = outer;
        Ok(body)
    }

    fn process_substitution(&mut self) -> Parsed<Part> {
        let output = self.peek() == Some(b'>');
        self.position += 2;
        let body = self.substituted_list()?;
        Ok(Part::ProcessSubstitution { body, output })
    }
}
