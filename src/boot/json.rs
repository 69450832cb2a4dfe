//! Strings of a JSON file, with the bytes that they stand for.
//!
//! In: the text of a JSON file and a way to an object or a string in it. Out: mapped strings. The
//! document is checked by `serde_json` first; this only finds places. Not recursive.

use std::ops::Range;

use crate::source::{Mapped, Run};

/// The string at the end of a path of keys: `["scripts", "start"]`. `None` if it is not there, is no
/// string, or the text is no JSON.
pub(super) fn string(text: &Mapped, path: &[&str]) -> Option<Mapped> {
    let (name, parents) = path.split_last()?;
    let members = members(text, parents)?;
    let (_, value) = members.into_iter().rev().find(|(key, _)| key == name)?;
    decode(text, value)
}

/// The keys of the object at a path, each with the range of its value.
fn members(text: &Mapped, path: &[&str]) -> Option<Vec<(String, Range<usize>)>> {
    let json = text.text();
    serde_json::from_str::<serde::de::IgnoredAny>(json).ok()?;
    let mut at = skip_blanks(json.as_bytes(), 0);
    for key in path {
        let found = object(json, at)?;
        at = found
            .into_iter()
            .rev()
            .find(|(name, _)| name == key)?
            .1
            .start;
    }
    object(json, at)
}

/// The members of the object that begins at `at`, in a text that is known to be JSON.
fn object(json: &str, at: usize) -> Option<Vec<(String, Range<usize>)>> {
    let bytes = json.as_bytes();
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut found = Vec::new();
    let mut at = skip_blanks(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let end = skip_value(bytes, at);
        let key: String = serde_json::from_str(json.get(at..end)?).ok()?;
        at = skip_blanks(bytes, end);
        at = skip_blanks(bytes, at + 1);
        let end = skip_value(bytes, at);
        found.push((key, at..end));
        at = skip_blanks(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = skip_blanks(bytes, at + 1);
        }
    }
    Some(found)
}

fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    let blanks = bytes.get(at..).unwrap_or_default().iter();
    at + blanks.take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The end of the value that begins at `at`.
fn skip_value(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut position = at;
    while let Some(byte) = bytes.get(position) {
        match byte {
            b'"' => {
                position += 1;
                while let Some(byte) = bytes.get(position).filter(|byte| **byte != b'"') {
                    position += if *byte == b'\\' { 2 } else { 1 };
                }
                if depth == 0 {
                    return position + 1;
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return position + usize::from(depth == 1),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return position,
            byte if byte.is_ascii_whitespace() && depth == 0 => return position,
            _ => {}
        }
        position += 1;
    }
    position
}

/// The decoded string of a range that holds one with its quotes.
fn decode(text: &Mapped, range: Range<usize>) -> Option<Mapped> {
    let json = text.text().get(range.clone())?;
    if !json.starts_with('"') || json.len() < 2 {
        return None;
    }
    let inner = range.start + 1..range.end - 1;
    let mut out = String::new();
    let mut runs: Vec<Run> = Vec::new();
    let mut at = inner.start;
    while at < inner.end {
        let rest = text.text().get(at..inner.end)?;
        let length = match rest.find('\\') {
            Some(0) => escape_length(rest),
            Some(length) => length,
            None => rest.len(),
        };
        let piece = rest.get(..length)?;
        let derived = match piece.starts_with('\\') {
            true => serde_json::from_str(&format!("\"{piece}\"")).ok()?,
            false => piece.to_owned(),
        };
        let span = text.span(at..at + length);
        let copied = derived == piece && span.text() == piece;
        runs.push(Run {
            derived: out.len(),
            derived_len: derived.len(),
            source: span.start,
            source_len: span.end - span.start,
            copied,
        });
        out.push_str(&derived);
        at += length;
    }
    if runs.is_empty() {
        return Some(text.slice(inner));
    }
    Some(Mapped::new(text.source(), out, runs))
}

/// The length of the escape at the beginning; a surrogate pair is one.
fn escape_length(text: &str) -> usize {
    let is_high = |four: &str| matches!(u32::from_str_radix(four, 16), Ok(0xd800..=0xdbff));
    match text.as_bytes().get(1) {
        Some(b'u') if text.get(2..6).is_some_and(is_high) => 12,
        Some(b'u') => 6,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn file(text: &str) -> Mapped {
        Mapped::whole(&Source::new("package.json", text))
    }

    #[test]
    fn strings_stand_where_they_stand() {
        let text = file(r#" { "a" : [1, {"scripts": "no"}], "scripts": { "start" : "node x" } }"#);
        let found = string(&text, &["scripts", "start"]).expect("it is there");
        assert_eq!(found.text(), "node x");
        assert_eq!(found.full_span().text(), "node x");
        assert_eq!(found.span(5..6).text(), "x");
    }

    #[test]
    fn escapes_are_one_place() {
        let text = file(r#"{"scripts":{"start":"node \"a\" \u00e9\ud83d\ude00 && b"}}"#);
        let found = string(&text, &["scripts", "start"]).expect("it is there");
        assert_eq!(found.text(), "node \"a\" é😀 && b");
        let at = found.text().find('a').expect("an a");
        assert_eq!(found.span(at..at + 1).text(), "a");
        let at = found.text().find("&&").expect("an operator");
        assert_eq!(found.span(at..at + 4).text(), "&& b");
    }

    #[test]
    fn what_is_no_string_or_no_json_is_nothing() {
        assert!(string(&file(r#"{"scripts":{"start":1}}"#), &["scripts", "start"]).is_none());
        assert!(string(&file(r#"{"scripts":[]}"#), &["scripts", "start"]).is_none());
        assert!(string(&file(r#"{"scripts":{"start":"x"}"#), &["scripts", "start"]).is_none());
        let empty = string(&file(r#"{"a":""}"#), &["a"]).expect("it is there");
        assert_eq!(empty.text(), "");
    }

    #[test]
    fn the_last_of_two_keys_counts() {
        let text = file(r#"{"a":"1","a":"2"}"#);
        assert_eq!(string(&text, &["a"]).expect("it is there").text(), "2");
    }
}
