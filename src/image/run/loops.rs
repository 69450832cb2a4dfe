//! `for` loops of a RUN: each round with its word.
//!
//! In: a loop over words that are known, patterns over known directories included. Out: the changes of its
//! rounds. Whatever decides how often another loop runs is not followed.

use super::super::glob::Glob;
use super::super::path;
use super::Walker;
use crate::shell::{NodeId, Part, Script, Word};
use crate::source::Known;

/// Rounds that are followed in one RUN.
pub(super) const MOST_ROUNDS: usize = 64;

impl Walker<'_> {
    /// Goes through the rounds of `for name in words`; whether its words are known.
    pub(super) fn rounds(
        &mut self,
        script: &Script,
        name: &str,
        words: Option<&[Word]>,
        body: NodeId,
    ) -> bool {
        let mut values = Vec::new();
        // There are no positional parameters in a RUN.
        for word in words.unwrap_or_default() {
            let Some(more) = self.fields(word) else {
                return false;
            };
            values.extend(more);
        }
        if values.len() > self.rounds {
            return false;
        }
        self.rounds -= values.len();
        for value in values {
            self.variables.insert(name.to_owned(), Some(value));
            self.node(script, body);
        }
        true
    }

    /// The words that a word becomes: split at blanks, with patterns matched.
    fn fields(&self, word: &Word) -> Option<Vec<String>> {
        let value = self.value(word)?;
        let is_split = word
            .parts
            .iter()
            .any(|part| matches!(part, Part::Parameter { quoted: false, .. }));
        let is_pattern = word
            .parts
            .iter()
            .any(|part| matches!(part, Part::Literal(text) if text.contains(['*', '?', '[', '{'])));
        if is_split {
            return Some(value.split_whitespace().map(str::to_owned).collect());
        }
        if !is_pattern {
            return Some(vec![value]);
        }
        self.matches(value)
    }

    /// The paths that a pattern matches, as written; the pattern itself when there are none. `None` when there may
    /// be more than are known.
    fn matches(&self, value: String) -> Option<Vec<String>> {
        let (found, is_all) = self.known_matches(value)?;
        is_all.then_some(found)
    }

    /// The paths that are known to match a pattern, and whether these are all.
    pub(super) fn known_matches(&self, value: String) -> Option<(Vec<String>, bool)> {
        if Glob::is_constant(&value) && !value.contains('{') {
            return Some((vec![value], true));
        }
        let directory = match value.rfind('/') {
            Some(0) => "/",
            Some(at) => &value[..at],
            None => ".",
        };
        if value.contains('{') || !Glob::is_constant(directory) {
            return None;
        }
        let directory = self.absolute(directory)?;
        let glob = Glob::new(path::name(&value));
        let files = self.files_at(&directory);
        let (names, is_all) = match files.list(&directory) {
            Known::Known(names) => (names, true),
            Known::Unknown(_) => (files.put_in(&directory), false),
        };
        let names = names
            .into_iter()
            .filter(|name| glob.matches(name) && !name.starts_with('.'));
        let found: Vec<String> = names
            .map(|name| match value.rfind('/') {
                Some(at) => format!("{}{name}", &value[..=at]),
                None => name,
            })
            .collect();
        Some(match (found.is_empty(), is_all) {
            (true, true) => (vec![value], true),
            _ => (found, is_all),
        })
    }
}
