//! The words of commands in a RUN: options, operands, prefixes, redirections.
//!
//! In: words and redirections. Out: what they are. Applies nothing.

use crate::shell::{Descriptor, Redirect, RedirectOperator, RedirectTarget, Word};

/// The words without `sudo`, `exec`, assignments for `env` and the like.
pub(super) fn without_prefix(mut words: &[Option<String>]) -> &[Option<String>] {
    while let Some(Some(first)) = words.first() {
        match first.as_str() {
            "sudo" | "exec" | "command" | "time" | "nice" | "env" if words.len() > 1 => {
                words = &words[1..]
            }
            // After `env` or `sudo`.
            pair if pair.contains('=') && !pair.starts_with('-') && words.len() > 1 => {
                words = &words[1..]
            }
            _ => break,
        }
    }
    words
}

/// Options with their values (of those that take one), and the operands.
pub(super) fn options(
    words: &[String],
    with_value: &[&str],
) -> (Vec<(String, String)>, Vec<String>) {
    let mut given = Vec::new();
    let mut operands = Vec::new();
    let mut words = words.iter();
    let mut only_operands = false;
    while let Some(word) = words.next() {
        if only_operands || !word.starts_with('-') || word == "-" {
            operands.push(word.clone());
        } else if word == "--" {
            only_operands = true;
        } else if let Some((name, value)) = word.split_once('=') {
            given.push((name.to_owned(), value.to_owned()));
        } else if with_value.contains(&word.as_str()) {
            let value = words.next().cloned().unwrap_or_default();
            given.push((word.clone(), value));
        } else if !word.starts_with("--")
            && let Some((name, value)) = clustered(word, with_value)
        {
            let value = value.or_else(|| words.next().cloned());
            given.push((name, value.unwrap_or_default()));
        }
    }
    (given, operands)
}

/// `-Dm755`: the option with a value among short ones, and the value if it is in the same word.
fn clustered(word: &str, with_value: &[&str]) -> Option<(String, Option<String>)> {
    for (at, letter) in word.char_indices().skip(1) {
        let name = format!("-{letter}");
        if with_value.contains(&name.as_str()) {
            let rest = &word[at + letter.len_utf8()..];
            return Some((name, (!rest.is_empty()).then(|| rest.to_owned())));
        }
    }
    None
}

pub(super) fn is_short_option(word: &str, letter: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}

pub(super) fn is_recursive(word: &str) -> bool {
    is_short_option(word, 'R') || word == "--recursive"
}

/// The file that a redirection writes the output to, and whether it appends.
pub(super) fn output(redirect: &Redirect) -> Option<(bool, &Word)> {
    let is_output = match &redirect.descriptor {
        None => true,
        Some(descriptor) => *descriptor == Descriptor::Number(1),
    };
    let append = match redirect.operator {
        RedirectOperator::Write | RedirectOperator::WriteBoth => false,
        RedirectOperator::Append | RedirectOperator::AppendBoth => true,
        _ => return None,
    };
    match &redirect.target {
        RedirectTarget::Word(word) if is_output => Some((append, word)),
        _ => None,
    }
}

/// Whether a redirection that is not followed may change a file (`2> log`, `3> x`, `<> x`).
pub(super) fn changes_a_file(redirect: &Redirect) -> bool {
    let writes = matches!(
        redirect.operator,
        RedirectOperator::Write | RedirectOperator::Append | RedirectOperator::ReadWrite
    );
    let harmless = match &redirect.target {
        RedirectTarget::Word(word) => word
            .constant(false)
            .is_some_and(|text| text.starts_with("/dev/")),
        RedirectTarget::Body(_) => true,
    };
    writes && !harmless
}

pub(super) fn here_document(redirect: &Redirect) -> Option<&Word> {
    match &redirect.target {
        RedirectTarget::Body(body) => Some(body),
        RedirectTarget::Word(_) => None,
    }
}
