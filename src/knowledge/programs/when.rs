//! Conditions of a program's entry on the words of the command line.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lifetime::LifetimeName;

/// A change: all given conditions must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct When {
    /// A word is one of these.
    pub any: Vec<String>,
    /// A word starts with one of these.
    pub starts: Vec<String>,
    /// A word contains one of these.
    pub contains: Vec<String>,
    /// These words stand in a row.
    pub sequence: Vec<String>,
    /// The first operand is one of these.
    pub first: Vec<String>,
    /// The second operand is one of these.
    pub second: Vec<String>,
    /// No word is one of these.
    pub without: Vec<String>,
    /// Whether there are words that are no options.
    pub operands: Option<bool>,
    /// Whether there are any words.
    pub words: Option<bool>,
    pub lifetime: Option<LifetimeName>,
    pub on: BTreeMap<String, String>,
    pub graceful: Option<String>,
    pub about: Option<String>,
    pub development: Option<bool>,
}

impl When {
    /// Whether the words of a command line, its name first, are as wanted.
    pub(super) fn holds(&self, words: &[Option<&str>]) -> bool {
        let rest = &words[1.min(words.len())..];
        let known = || rest.iter().flatten().copied();
        let mut operands = rest
            .iter()
            .filter(|word| !word.is_some_and(|word| word.starts_with('-')));
        let is_in = |list: &[String], word: &str| list.iter().any(|listed| listed == word);
        (self.any.is_empty() || known().any(|word| is_in(&self.any, word)))
            && (self.starts.is_empty()
                || known().any(|word| self.starts.iter().any(|start| word.starts_with(start))))
            && (self.contains.is_empty()
                || known().any(|word| self.contains.iter().any(|part| word.contains(part))))
            && (self.sequence.is_empty()
                || rest.windows(self.sequence.len()).any(|window| {
                    window
                        .iter()
                        .zip(&self.sequence)
                        .all(|(word, listed)| *word == Some(listed.as_str()))
                }))
            && !known().any(|word| is_in(&self.without, word))
            && self
                .operands
                .is_none_or(|wanted| wanted == operands.clone().next().is_some())
            && self.words.is_none_or(|wanted| wanted != rest.is_empty())
            && match operands.next() {
                _ if self.first.is_empty() => true,
                Some(Some(word)) => is_in(&self.first, word) && !are_pairs(rest),
                _ => false,
            }
            && match (self.first.is_empty(), operands.next()) {
                _ if self.second.is_empty() => true,
                (_, Some(Some(word))) => is_in(&self.second, word),
                _ => false,
            }
    }

    /// Whether it holds but for the first operand, which is not known and may be one of those that it wants.
    pub(super) fn may_hold(&self, words: &[Option<&str>]) -> bool {
        let is_operand = |word: &Option<&str>| !word.is_some_and(|word| word.starts_with('-'));
        let first = words.iter().skip(1).position(is_operand);
        let Some(at) = first.filter(|at| words[at + 1].is_none()) else {
            return false;
        };
        self.first.iter().any(|wanted| {
            let mut words = words.to_vec();
            words[at + 1] = Some(wanted);
            self.holds(&words)
        })
    }
}

/// Whether the words are options, each with one word behind it: such a word is the value of its option rather than a
/// subcommand (`odoo --db_host db --db_port 5432`).
fn are_pairs(words: &[Option<&str>]) -> bool {
    let is_option = |word: &Option<&str>| {
        word.is_some_and(|word| word.starts_with("--") && !word.contains('='))
    };
    words.len() > 2
        && words
            .chunks(2)
            .all(|pair| matches!(pair, [option, value] if is_option(option) && !is_option(value)))
}
