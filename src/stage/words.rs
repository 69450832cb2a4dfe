//! The words of ENV, ARG, FROM, COPY and ADD, as BuildKit's `line_parsers.go` splits them.
//!
//! In: the arguments of an instruction. Out: their words as ranges, quotes kept. Expands nothing.

use std::ops::Range;

/// `name=value`, or a name alone (ARG).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// The name.
    pub name: Range<usize>,
    /// What stands after the `=`, quotes kept.
    pub value: Option<Range<usize>>,
}

/// The words between white space; quotes and the escape character keep words together
/// (`parseWords`).
pub fn words(text: &str, escape: char) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if start.is_none() {
            if character.is_whitespace() {
                continue;
            }
            start = Some(at);
        }
        match quote {
            None if character.is_whitespace() => {
                words.extend(start.take().map(|start| start..at));
            }
            None if character == '\'' || character == '"' => quote = Some(character),
            Some(open) if character == open => quote = None,
            // In single quotes the escape character is ordinary.
            _ if character == escape && quote != Some('\'') => {
                characters.next();
            }
            _ => {}
        }
    }
    words.extend(start.map(|start| start..text.len()));
    words
}

/// The pairs of ENV: `A=1 B=2`, or the old `A the rest` (`parseNameVal`). A name alone is none: the build
/// refuses it.
pub(super) fn env_pairs(text: &str, escape: char) -> Vec<Pair> {
    let words = words(text, escape);
    let Some(first) = words.first() else {
        return Vec::new();
    };
    if text[first.clone()].contains('=') {
        return words.into_iter().map(|word| pair(text, word)).collect();
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let value = text[end..].find(|c: char| !c.is_whitespace());
    let pair = value.map(|offset| Pair {
        name: 0..end,
        value: Some(end + offset..text.len()),
    });
    pair.into_iter().collect()
}

/// The pairs of ARG: `A`, `A=1` and several of them (`parseNameOrNameVal`).
pub(super) fn arg_pairs(text: &str, escape: char) -> Vec<Pair> {
    let words = words(text, escape).into_iter();
    words.map(|word| pair(text, word)).collect()
}

fn pair(text: &str, word: Range<usize>) -> Pair {
    match text[word.clone()].find('=') {
        Some(equals) => Pair {
            name: word.start..word.start + equals,
            value: Some(word.start + equals + 1..word.end),
        },
        None => Pair {
            name: word,
            value: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&str, Option<&str>)> {
        let pairs = env_pairs(text, '\\').into_iter();
        pairs
            .map(|pair| (&text[pair.name], pair.value.map(|range| &text[range])))
            .collect()
    }

    #[test]
    fn both_forms_of_env() {
        assert_eq!(
            pairs("A=1 B=\"x y\""),
            [("A", Some("1")), ("B", Some("\"x y\""))]
        );
        assert_eq!(
            pairs("A=a\\ b C='d e'f"),
            [("A", Some("a\\ b")), ("C", Some("'d e'f"))]
        );
        assert_eq!(pairs("A  the rest = it"), [("A", Some("the rest = it"))]);
        assert_eq!(pairs("A"), []);
        assert_eq!(pairs(""), []);
    }
}
