//! `$'…'` and its escapes.
//! Source: bash manual 3.1.2.4.

use super::cursor::{Parsed, Parser};
use super::word::Parts;
use crate::shell::syntax::Part;

impl<'a> Parser<'a> {
    /// `$'…'`, whose opening was consumed.
    pub(super) fn ansi_quoted(&mut self, start: usize, parts: &mut Parts<'a>) -> Parsed<()> {
        // Escapes name bytes, and several of them can be one character.
        let mut bytes = Vec::new();
        loop {
            if self.at_end() {
                self.position = start;
                return Err(self.unclosed("`$'`"));
            }
            match self.take_char() {
                "'" => break,
                "\\" if !self.at_end() => self.ansi_escape(&mut bytes),
                character => bytes.extend_from_slice(character.as_bytes()),
            }
        }
        // A zero byte ends the text in bash, which nobody means.
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => {
                let inner = self.text.get(start + 2..self.position - 1);
                let written = format!("${}", inner.unwrap_or(""));
                parts.push(Part::DollarQuoted {
                    text: text.into(),
                    written: written.into(),
                });
            }
            _ => {
                let part = self.unparsed_part(start, "`$'…'` with bytes that are no text");
                parts.push(part);
            }
        }
        Ok(())
    }

    /// The bytes of an escape whose backslash was consumed.
    fn ansi_escape(&mut self, bytes: &mut Vec<u8>) {
        let letter = self.take_char();
        let code = match letter {
            "n" => Some(10),
            "t" => Some(9),
            "r" => Some(13),
            "a" => Some(7),
            "b" => Some(8),
            "e" | "E" => Some(27),
            "f" => Some(12),
            "v" => Some(11),
            "\\" | "'" | "\"" | "?" => Some(u32::from(letter.as_bytes()[0])),
            "x" => self.digits(16, 2),
            "u" | "U" => {
                let digits = self.digits(16, if letter == "u" { 4 } else { 8 });
                if let Some(character) = digits.and_then(char::from_u32) {
                    bytes.extend_from_slice(character.to_string().as_bytes());
                    return;
                }
                None
            }
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" => {
                self.position -= 1;
                self.digits(8, 3)
            }
            "c" if self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) => {
                Some(u32::from(self.take_char().as_bytes()[0] & 0x1f))
            }
            _ => None,
        };
        match code {
            Some(code) => bytes.push((code & 0xff) as u8),
            None => {
                bytes.push(b'\\');
                bytes.extend_from_slice(letter.as_bytes());
            }
        }
    }

    fn digits(&mut self, radix: u32, most: usize) -> Option<u32> {
        let start = self.position;
        let is_digit = |byte: u8| char::from(byte).is_digit(radix);
        while self.position - start < most && self.peek().is_some_and(is_digit) {
            self.position += 1;
        }
        u32::from_str_radix(&self.text[start..self.position], radix).ok()
    }
}
