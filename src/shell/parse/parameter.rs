//! `${ … }` in all its forms.
//! Source: POSIX.1-2017 XCU 2.6.2, bash manual 3.5.3.

use super::super::{Operator, Parameter, Part, Word};
use super::cursor::{Parsed, Parser, is_name_start};
use super::word::{ArithmeticEnd, Parts, Place, Quotes};

impl Parser<'_> {
    /// An expansion whose `${` stands here.
    pub(super) fn braced_parameter(&mut self, quoted: bool) -> Parsed<Part> {
        let start = self.position;
        self.position += 2;
        match self.parameter_inside(start, quoted)? {
            Some(parameter) => Ok(Part::Parameter {
                parameter: Box::new(parameter),
                quoted,
            }),
            None => {
                // Shells reject such an expansion only when they come to expand it.
                self.position = start + 1;
                if !self.skip_balanced(b'{', b'}') {
                    return Err(self.unclosed("`${`"));
                }
                Ok(self.unparsed_part(start, "bad substitution"))
            }
        }
    }

    /// The inside up to and with `}`; `None` when it is no expansion that shells know.
    fn parameter_inside(&mut self, start: usize, quoted: bool) -> Parsed<Option<Parameter>> {
        let mut length = false;
        let mut indirect = false;
        if self.peek() == Some(b'#') && self.is_length() {
            length = true;
            self.position += 1;
        } else if self.peek() == Some(b'!') && self.is_indirect() {
            indirect = true;
            self.position += 1;
        }
        let Some(name) = self.parameter_name() else {
            return Ok(None);
        };
        let index = if self.peek() == Some(b'[') && name.as_bytes()[0].is_ascii_digit() {
            return Ok(None);
        } else if self.peek() == Some(b'[') && is_name_start(name.as_bytes()[0]) {
            self.position += 1;
            let index = self.word(Place::Index)?;
            if !self.take("]") {
                return Ok(None);
            }
            Some(index)
        } else {
            None
        };
        let operator = if self.peek() == Some(b'}') {
            None
        } else if length {
            return Ok(None);
        } else {
            match self.parameter_operator(quoted)? {
                Some(operator) => Some(operator),
                None => return Ok(None),
            }
        };
        if !self.take("}") {
            return Ok(None);
        }
        Ok(Some(Parameter {
            name,
            indirect,
            length,
            index,
            operator,
            range: self.at(start..self.position),
        }))
    }

    /// Whether the `#` here asks for a length: a parameter and then `}` follow.
    fn is_length(&self) -> bool {
        match self.peek_at(1) {
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => true,
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => self.peek_at(2) == Some(b'}'),
            _ => false,
        }
    }

    /// Whether the `!` here makes an indirection rather than naming `$!`.
    fn is_indirect(&self) -> bool {
        match self.peek_at(1) {
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => true,
            Some(b'@' | b'*' | b'#') => self.peek_at(2) == Some(b'}'),
            _ => false,
        }
    }

    fn parameter_name(&mut self) -> Option<String> {
        if let Some(name) = self.take_name() {
            return Some(name.to_owned());
        }
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        if self.position == start {
            if !matches!(
                self.peek(),
                Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
            ) {
                return None;
            }
            self.position += 1;
        }
        Some(self.text[start..self.position].to_owned())
    }

    fn parameter_operator(&mut self, quoted: bool) -> Parsed<Option<Operator>> {
        let colon = self.peek() == Some(b':');
        let sign = if colon { self.peek_at(1) } else { self.peek() };
        Ok(Some(match sign {
            Some(sign @ (b'-' | b'=' | b'?' | b'+')) => {
                self.position += 1 + usize::from(colon);
                let word = self.alternative_word(quoted)?;
                match sign {
                    b'-' => Operator::Default { colon, word },
                    b'=' => Operator::Assign { colon, word },
                    b'?' => Operator::Error { colon, word },
                    _ => Operator::Alternative { colon, word },
                }
            }
            _ if colon => {
                self.position += 1;
                let offset = self.arithmetic(ArithmeticEnd::Substring)?;
                let length = if self.take(":") {
                    Some(self.arithmetic(ArithmeticEnd::Substring)?)
                } else {
                    None
                };
                Operator::Substring { offset, length }
            }
            // The word of these is a pattern: double quotes around the expansion do not quote it.
            Some(b'#') => {
                self.position += 1;
                let longest = self.take("#");
                let pattern = self.word(Place::Braces)?;
                Operator::RemovePrefix { longest, pattern }
            }
            Some(b'%') => {
                self.position += 1;
                let longest = self.take("%");
                let pattern = self.word(Place::Braces)?;
                Operator::RemoveSuffix { longest, pattern }
            }
            Some(b'/') => {
                self.position += 1;
                self.replacement(quoted)?
            }
            Some(b'^' | b',' | b'@' | b'*') => {
                let start = self.position;
                self.word(Place::Braces)?;
                Operator::Other(self.text[start..self.position].to_owned())
            }
            _ => return Ok(None),
        }))
    }

    fn replacement(&mut self, quoted: bool) -> Parsed<Operator> {
        let all = self.take("/");
        let anchor = match self.peek() {
            Some(byte @ (b'#' | b'%')) if !all => {
                self.position += 1;
                Some(char::from(byte))
            }
            _ => None,
        };
        let begin = self.position;
        let mut pattern = self.word(Place::Replaced)?;
        if pattern.parts.is_empty() && self.peek() == Some(b'/') && self.position == begin {
            // `${x///y}`: the pattern itself begins with a slash.
            let slash = self.take_char();
            let rest = self.word(Place::Replaced)?;
            let mut parts = Parts::default();
            parts.literal(slash);
            for part in rest.parts {
                parts.push(part);
            }
            pattern = Word {
                parts: parts.into_vec(),
                range: self.at(begin..self.position),
            };
        }
        let with = if self.take("/") {
            self.alternative_word(quoted)?
        } else {
            self.empty_word()
        };
        Ok(Operator::Replace {
            all,
            anchor,
            pattern,
            with,
        })
    }

    /// The word of an operator that stands for the value itself, up to `}`.
    fn alternative_word(&mut self, quoted: bool) -> Parsed<Word> {
        if !quoted {
            return self.word(Place::Braces);
        }
        let start = self.position;
        let mut parts = Parts::default();
        self.quoted_text(Quotes::Braces, &mut parts)?;
        Ok(Word {
            parts: parts.into_vec(),
            range: self.at(start..self.position),
        })
    }

    /// A word of no parts, here.
    pub(super) fn empty_word(&self) -> Word {
        Word {
            parts: Vec::new(),
            range: self.at(self.position..self.position),
        }
    }
}
