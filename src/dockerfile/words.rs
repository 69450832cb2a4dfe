//! BuildKit's two ways to split arguments into words.
//!
//! In: mapped text. Out: its words, mapped. Quotes and escapes stay as they are written, because
//! BuildKit's expansion of variables deals with them later.

use std::ops::Range;

use crate::source::Mapped;

/// The words of ENV, ARG and LABEL: blanks inside quotes or after the escape character do not
/// split (`parseWords` of BuildKit's `line_parsers.go`). An escape character at the very end is
/// dropped.
pub fn quoted_words(text: &Mapped, escape: char) -> Vec<Mapped> {
    let ranges = quoted_ranges(text.text(), escape);
    ranges.into_iter().map(|range| text.slice(range)).collect()
}

/// The words of COPY, ADD, VOLUME, EXPOSE and FROM: every blank splits
/// (`parseStringsWhitespaceDelimited`).
pub fn plain_words(text: &Mapped) -> Vec<Mapped> {
    let ranges = plain_ranges(text.text());
    ranges.into_iter().map(|range| text.slice(range)).collect()
}

/// The blanks of BuildKit's `reWhitespace`, which splits the keyword from its arguments.
pub(super) fn is_separator(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// Go's `unicode.IsSpace` on a byte taken for a character, as BuildKit does with flags.
pub(super) fn is_blank_byte(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

fn plain_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = None;
    for (position, character) in text.char_indices() {
        if !is_separator(character) {
            start.get_or_insert(position);
        } else if let Some(start) = start.take() {
            ranges.push(start..position);
        }
    }
    ranges.extend(start.map(|start| start..text.len()));
    ranges
}

fn quoted_ranges(text: &str, escape: char) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut end = text.len();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            ranges.extend(start.take().map(|start| start..position));
            continue;
        }
        start.get_or_insert(position);
        if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '"' | '\'') {
            quote = Some(character);
        }
        if character == escape && quote != Some('\'') && characters.next().is_none() {
            end = position;
        }
    }
    ranges.extend(start.map(|start| start..end));
    ranges.retain(|range| !range.is_empty());
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<&str> {
        let ranges = quoted_ranges(text, '\\');
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn quotes_and_escapes_hold_words_together() {
        assert_eq!(
            quoted(r#"a="b c" d=e\ f g='h i'"#),
            [r#"a="b c""#, r"d=e\ f", "g='h i'"]
        );
        assert_eq!(quoted(r#"a="x\" y" b"#), [r#"a="x\" y""#, "b"]);
        assert_eq!(quoted(r"a='x\' b"), [r"a='x\'", "b"]);
    }

    #[test]
    fn an_open_quote_lasts_to_the_end() {
        assert_eq!(quoted("a='b c"), ["a='b c"]);
    }

    #[test]
    fn an_escape_at_the_end_is_dropped() {
        assert_eq!(quoted(r"a=b\"), ["a=b"]);
        assert_eq!(quoted("\\"), Vec::<&str>::new());
    }

    #[test]
    fn plain_words_know_no_quotes() {
        let text = "a \t\"b c\"";
        let words: Vec<_> = plain_ranges(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(words, ["a", "\"b", "c\""]);
    }
}
