//! The flags before the arguments.
//!
//! In: the text after the keyword. Out: the flags, unquoted, and where the arguments begin. Every
//! instruction goes through here, as in BuildKit (`split_command.go`): `CMD --foo bar` has a flag,
//! which a later check refuses. It does not know which flags exist.

use std::ops::Range;

use super::Flag;
use super::derive::Builder;
use super::words::is_blank_byte;
use crate::source::Mapped;

/// The flags in a part of a line, and the offset in the line where the rest begins.
pub(super) fn read(line: &Mapped, part: Range<usize>, escape: char) -> (Vec<Flag>, usize) {
    let bytes = &line.text().as_bytes()[..part.end];
    let mut flags = Vec::new();
    let mut position = part.start;
    loop {
        while bytes.get(position).is_some_and(|byte| is_blank_byte(*byte)) {
            position += 1;
        }
        if !bytes[position..].starts_with(b"--") {
            break;
        }
        let word = word(bytes, position, escape as u8);
        position = word.end;
        if word.pieces.iter().map(|piece| piece.len()).eq([1, 1]) {
            // `--` ends the flags and belongs to nothing.
            break;
        }
        flags.push(flag(line, &word));
    }
    (flags, char_end(line.text(), position))
}

/// The end of the character that an offset is inside of: BuildKit goes by bytes, and takes the bytes
/// 0x85 and 0xA0 inside of characters for blanks.
fn char_end(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset += 1;
    }
    offset
}

/// The beginning of the character that an offset is inside of.
fn char_start(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// One flag before unquoting.
struct Word {
    start: usize,
    end: usize,
    /// The bytes that count, one by one.
    pieces: Vec<Range<usize>>,
}

/// Reads the word that begins at `start`.
fn word(bytes: &[u8], start: usize, escape: u8) -> Word {
    let mut pieces = Vec::new();
    let mut quote = None;
    let mut position = start;
    while let Some(&byte) = bytes.get(position) {
        if quote.is_none() && is_blank_byte(byte) {
            break;
        }
        if quote == Some(byte) {
            quote = None;
        } else if quote.is_none() && matches!(byte, b'"' | b'\'') {
            quote = Some(byte);
        } else {
            if byte == escape {
                position += 1;
            }
            if position < bytes.len() {
                pieces.push(position..position + 1);
            }
        }
        position += 1;
    }
    Word {
        start,
        end: position.min(bytes.len()),
        pieces,
    }
}

fn flag(line: &Mapped, word: &Word) -> Flag {
    let bytes = line.text().as_bytes();
    let equals = word
        .pieces
        .iter()
        .position(|piece| bytes[piece.start] == b'=');
    let (name, value) = match equals {
        Some(at) => (&word.pieces[..at], Some(&word.pieces[at + 1..])),
        None => (&word.pieces[..], None),
    };
    let span = line.span(word.start..char_end(line.text(), word.end));
    let value_at = name
        .last()
        .map_or(word.start, |piece| char_end(line.text(), piece.end));
    let name = text_of(line, name, word.start);
    Flag {
        name: name.text().get(2..).unwrap_or("").to_owned(),
        value: value.map(|value| text_of(line, value, value_at)),
        range: span.start..span.end,
    }
}

/// The bytes as text: BuildKit makes a character of each byte, also of those above 127.
fn text_of(line: &Mapped, pieces: &[Range<usize>], at: usize) -> Mapped {
    let origin = line.span(at..at).start;
    let mut built = Builder::new(line.source(), origin);
    for piece in pieces {
        let byte = line.text().as_bytes()[piece.start];
        if byte.is_ascii() {
            built.copy_part(line, piece.clone());
        } else {
            let mut buffer = [0; 4];
            let text = char::from(byte).encode_utf8(&mut buffer);
            let character = char_start(line.text(), piece.start)..char_end(line.text(), piece.end);
            built.replace_part(text, line, character);
        }
    }
    built.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn flags(text: &str) -> (Vec<(String, Option<String>)>, String) {
        let source = Source::new("Dockerfile", text);
        let line = Mapped::whole(&source);
        let (flags, rest) = read(&line, 0..text.len(), '\\');
        let flags = flags.into_iter();
        let flags = flags.map(|flag| (flag.name, flag.value.map(|v| v.text().to_owned())));
        (flags.collect(), text[rest..].to_owned())
    }

    #[test]
    fn names_and_values_are_unquoted() {
        assert_eq!(
            flags(r#"--a --b="x y"\ z --c= rest"#),
            (
                vec![
                    ("a".into(), None),
                    ("b".into(), Some("x y z".into())),
                    ("c".into(), Some(String::new())),
                ],
                "rest".into()
            )
        );
    }

    #[test]
    fn the_escape_character_of_the_file_counts() {
        let source = Source::new("Dockerfile", r"--x=C:\a` b c");
        let line = Mapped::whole(&source);
        let (flags, _) = read(&line, 0..line.text().len(), '`');
        let value = flags[0].value.as_ref().map(Mapped::text);
        assert_eq!(value, Some(r"C:\a b"));
    }

    #[test]
    fn two_dashes_end_the_flags() {
        assert_eq!(flags("-- --a b"), (vec![], " --a b".into()));
        assert_eq!(flags("-a --b"), (vec![], "-a --b".into()));
    }

    #[test]
    fn characters_are_cut_where_buildkit_cuts_them() {
        // The second byte of `à` is 0xA0.
        assert_eq!(
            flags("--x=à b"),
            (vec![("x".into(), Some("Ã".into()))], "b".into())
        );
        assert_eq!(flags("--x=ⅳ").1, "");
    }
}
