//! `grep`: the lines of a text that match.

use super::{Filtered, lines_of};
use crate::boot::expression::{compile, extended};

/// The file that a `grep` reads instead of its input: the second operand, behind everything else.
pub(in crate::boot::tools) fn file_of_grep(words: &[String]) -> Option<&str> {
    let mut operands = words.iter().filter(|word| !word.starts_with('-'));
    let (_, file, more) = (operands.next()?, operands.next()?, operands.next());
    let is_last = words.last() == Some(file) && more.is_none();
    is_last.then_some(file.as_str())
}

/// The lines that match, or with `-v` those that do not; the status says whether there are any.
pub(super) fn grep(name: &str, words: &[String], text: &str) -> Option<Filtered> {
    let mut letters = String::new();
    let mut operands = Vec::new();
    for word in words {
        match word.strip_prefix('-') {
            Some("") | None => operands.push(word.as_str()),
            Some(long) if long.starts_with('-') => letters.push_str(match long {
                "-quiet" | "-silent" => "q",
                "-ignore-case" => "i",
                "-extended-regexp" => "E",
                "-fixed-strings" => "F",
                "-invert-match" => "v",
                "-line-regexp" => "x",
                "-word-regexp" => "w",
                _ => return None,
            }),
            Some(short) => letters.push_str(short),
        }
    }
    if !letters.chars().all(|letter| "qiEFvxwcsh".contains(letter)) {
        return None;
    }
    let [pattern] = operands.as_slice() else {
        return None;
    };
    let has = |letter: char| letters.contains(letter);
    let mut expression = if has('F') || name == "fgrep" {
        regex::escape(pattern)
    } else if has('E') || name == "egrep" {
        (*pattern).to_owned()
    } else {
        extended(pattern)
    };
    if has('x') {
        expression = format!("^(?:{expression})$");
    } else if has('w') {
        expression = format!(r"\b(?:{expression})\b");
    }
    let compiled = compile(&expression, has('i'))?;
    let found = lines_of(text).filter(|line| compiled.is_match(line) != has('v'));
    let found: Vec<&str> = found.collect();
    let status = i32::from(found.is_empty());
    let text = match (has('q'), has('c')) {
        (true, _) => String::new(),
        (false, true) => format!("{}\n", found.len()),
        (false, false) => found.iter().map(|line| format!("{line}\n")).collect(),
    };
    Some(Filtered { text, status })
}
