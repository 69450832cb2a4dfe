//! The exec form: a JSON array of strings, as Go's `encoding/json` reads it.
//!
//! In: the arguments of an instruction. Out: the decoded strings with their places, or whether it
//! is another array (BuildKit refuses it) or no JSON (then it is shell form). Not recursive.

use std::ops::Range;

use super::derive::Builder;
use crate::source::Mapped;

/// Go's decoder gives up on deeper nesting.
const DEEPEST: usize = 10_000;

/// What the arguments are.
pub(super) enum Arguments {
    /// An array of strings: each one decoded, and its source range with the quotes.
    Strings(Vec<(Mapped, Range<usize>)>),
    /// A JSON array with something else in it: BuildKit refuses the instruction.
    OtherArray,
    /// Not a JSON array: shell form.
    NotJson,
}

/// Reads arguments that may be exec form.
pub(super) fn read(arguments: &Mapped) -> Arguments {
    let text = arguments.text();
    let start = text.len() - text.trim_start().len();
    if text.as_bytes().get(start) != Some(&b'[') {
        return Arguments::NotJson;
    }
    let mut reader = Reader {
        bytes: text.as_bytes(),
        position: start,
        top_strings: Vec::new(),
        only_strings: true,
    };
    if reader.document().is_none() {
        return Arguments::NotJson;
    }
    if !reader.only_strings {
        return Arguments::OtherArray;
    }
    let strings = reader.top_strings.into_iter().map(|range| {
        let span = arguments.span(range.clone());
        (decode(arguments, range), span.start..span.end)
    });
    Arguments::Strings(strings.collect())
}

/// A validating reader: `None` means that the text is no JSON that Go would decode.
struct Reader<'t> {
    bytes: &'t [u8],
    position: usize,
    /// The ranges, with quotes, of the strings in the outermost array.
    top_strings: Vec<Range<usize>>,
    /// Whether the outermost array holds nothing else.
    only_strings: bool,
}

impl Reader<'_> {
    /// The whole text: one value and white space.
    fn document(&mut self) -> Option<()> {
        // The open brackets and braces around the place.
        let mut open: Vec<u8> = Vec::new();
        loop {
            // A value is due here.
            self.blanks();
            let first = self.peek()?;
            if open.len() == 1 && first != b'"' {
                self.only_strings = false;
            }
            match first {
                b'[' | b'{' => {
                    self.position += 1;
                    open.push(first);
                    if open.len() > DEEPEST {
                        return None;
                    }
                    self.blanks();
                    let close = if first == b'[' { b']' } else { b'}' };
                    if self.peek()? == close {
                        self.position += 1;
                        open.pop();
                    } else if first == b'{' {
                        self.key()?;
                        continue;
                    } else {
                        continue;
                    }
                }
                b'"' => {
                    let start = self.position;
                    self.string()?;
                    if open.len() == 1 {
                        self.top_strings.push(start..self.position);
                    }
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => self.number()?,
            }
            // A value has ended: close what closes, until a comma asks for the next one.
            loop {
                self.blanks();
                let Some(around) = open.last() else {
                    return (self.position == self.bytes.len()).then_some(());
                };
                match (self.peek()?, around) {
                    (b',', b'[') => {
                        self.position += 1;
                        break;
                    }
                    (b',', _) => {
                        self.position += 1;
                        self.blanks();
                        self.key()?;
                        break;
                    }
                    (b']', b'[') | (b'}', b'{') => {
                        self.position += 1;
                        open.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    /// `"key" :`
    fn key(&mut self) -> Option<()> {
        self.string()?;
        self.blanks();
        self.word(b":")
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.position..].starts_with(word).then(|| {
            self.position += word.len();
        })
    }

    fn string(&mut self) -> Option<()> {
        self.word(b"\"")?;
        loop {
            let byte = self.peek()?;
            self.position += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => {
                    let escape = self.peek()?;
                    self.position += 1;
                    match escape {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let digits = self.bytes.get(self.position..self.position + 4)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.position += 4;
                        }
                        _ => return None,
                    }
                }
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        match self.peek()? {
            b'0' => self.position += 1,
            b'1'..=b'9' => self.digits()?,
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits()?;
        }
        // A number too large for Go's float64 is an error of the decoder.
        let text = std::str::from_utf8(&self.bytes[start..self.position]).ok()?;
        text.parse::<f64>().ok()?.is_finite().then_some(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        (self.position > start).then_some(())
    }
}

/// Decodes the valid JSON string at `quoted`.
fn decode(arguments: &Mapped, quoted: Range<usize>) -> Mapped {
    let text = arguments.text();
    let (mut position, end) = (quoted.start + 1, quoted.end - 1);
    let origin = arguments.span(position..position).start;
    let mut decoded = Builder::new(arguments.source(), origin);
    while position < end {
        let plain = text[position..end].find('\\').unwrap_or(end - position);
        decoded.copy_part(arguments, position..position + plain);
        position += plain;
        if position >= end {
            break;
        }
        let (character, length) = unescape(&text[position..end]);
        let mut buffer = [0; 4];
        let piece = character.encode_utf8(&mut buffer);
        decoded.replace_part(piece, arguments, position..position + length);
        position += length;
    }
    decoded.finish()
}

/// The character that the escape at the beginning of `text` stands for, and the escape's length.
fn unescape(text: &str) -> (char, usize) {
    match text.as_bytes().get(1) {
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => {
            let Some(first) = code_unit(text) else {
                return (char::REPLACEMENT_CHARACTER, 6.min(text.len()));
            };
            if let Some(character) = char::from_u32(first) {
                return (character, 6);
            }
            // A surrogate: with the right one after it a character, else U+FFFD for this one only.
            let pair = text.get(6..).and_then(code_unit).and_then(|second| {
                if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
                    return None;
                }
                char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            });
            pair.map_or((char::REPLACEMENT_CHARACTER, 6), |character| {
                (character, 12)
            })
        }
        Some(other) => (char::from(*other), 2),
        None => ('\\', 1),
    }
}

/// The number in `\uXXXX` at the beginning of `text`.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn strings(text: &str) -> Option<Vec<String>> {
        let source = Source::new("Dockerfile", text);
        match read(&Mapped::whole(&source)) {
            Arguments::Strings(strings) => Some(
                strings
                    .iter()
                    .map(|(decoded, _)| decoded.text().to_owned())
                    .collect(),
            ),
            _ => None,
        }
    }

    #[test]
    fn strict_arrays_of_strings_are_exec_form() {
        assert_eq!(strings("[]"), Some(vec![]));
        assert_eq!(
            strings(r#"[ "a" , "b c" ]"#),
            Some(vec!["a".into(), "b c".into()])
        );
        assert_eq!(
            strings(r#"["\"\\\/\n\u0041"]"#),
            Some(vec!["\"\\/\nA".into()])
        );
    }

    #[test]
    fn anything_near_it_is_not() {
        for text in [
            "['a']",
            r#"["a",]"#,
            r#"["a"] b"#,
            r#"["a"] # c"#,
            "[a]",
            "[",
            "[,]",
            r#"["a""#,
            r#"["\x"]"#,
            r#"["a" "b"]"#,
            r#"["\'"]"#,
            "[\"\t\"]",
            "[1e999]",
            "[01]",
            "[-]",
            "[1.]",
            r#"[{"a"}]"#,
            r#"[{"a":1,}]"#,
            "[[]",
            "[[]]]",
            "",
        ] {
            let source = Source::new("Dockerfile", text);
            let read = read(&Mapped::whole(&source));
            assert!(matches!(read, Arguments::NotJson), "{text}");
        }
    }

    #[test]
    fn other_arrays_are_told_apart() {
        for text in [
            "[1]",
            "[null]",
            r#"["a",["b"]]"#,
            r#"[{"a":[-1.5e3,true,{}]}]"#,
            "[[]]",
        ] {
            let source = Source::new("Dockerfile", text);
            let read = read(&Mapped::whole(&source));
            assert!(matches!(read, Arguments::OtherArray), "{text}");
        }
    }

    #[test]
    fn surrogates_are_decoded_as_go_does() {
        assert_eq!(strings(r#"["\ud83d\ude00"]"#), Some(vec!["😀".into()]));
        assert_eq!(strings(r#"["\ud800"]"#), Some(vec!["\u{fffd}".into()]));
        assert_eq!(
            strings(r#"["\ud800\u0041"]"#),
            Some(vec!["\u{fffd}A".into()])
        );
        assert_eq!(
            strings(r#"["\ude00\ud83d"]"#),
            Some(vec!["\u{fffd}\u{fffd}".into()])
        );
        assert_eq!(
            strings(r#"["\ud800\ud83d\ude00"]"#),
            Some(vec!["\u{fffd}😀".into()])
        );
    }

    #[test]
    fn deep_nesting_is_no_recursion() {
        assert_eq!(strings(&"[".repeat(1_000_000)), None);
    }

    #[test]
    fn elements_map_through_escapes() {
        let source = Source::new("Dockerfile", r#"["a\u0062c"]"#);
        let Arguments::Strings(strings) = read(&Mapped::whole(&source)) else {
            panic!("exec form");
        };
        let (decoded, quoted) = &strings[0];
        assert_eq!(decoded.text(), "abc");
        assert_eq!(decoded.span(1..2).text(), r"\u0062");
        assert_eq!(&source.text()[quoted.clone()], r#""a\u0062c""#);
    }
}
