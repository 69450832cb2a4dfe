//! A fix as whole lines to replace, which is what reviewers of pull requests take over with one click.
//!
//! In: a proven fix. Out: at most one suggestion a file, over all lines that it changes. Line ends stay those of
//! the file: a suggestion cannot carry them.

use std::sync::Arc;

use crate::fix::{Applicability, Fix};
use crate::source::Source;

/// Lines to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// The file's path.
    pub(super) path: String,
    /// The first line, from 1.
    pub(super) first: usize,
    /// The last line, inclusive.
    pub(super) last: usize,
    /// What stands there then, without the last line's end; empty when the lines go.
    pub(super) text: String,
}

/// The suggestions of a fix, one for each file; none when it cannot be said in whole lines.
pub(super) fn suggestions(fix: &Fix) -> Vec<Suggestion> {
    if fix.applicability == Applicability::DisplayOnly {
        return Vec::new();
    }
    let texts = fix.new_texts().unwrap_or_default();
    let lines = texts.iter().map(|(source, new)| lines(source, new));
    // Half a fix may be worse than none.
    lines.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn lines(source: &Arc<Source>, new: &str) -> Option<Suggestion> {
    let old: Vec<&str> = source.text().split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let same = |(one, other): &(&&str, &&str)| one == other;
    let mut before = old.iter().zip(&new).take_while(same).count();
    let after = old[before..].iter().rev().zip(new[before..].iter().rev());
    let mut after = after.take_while(same).count();
    // Something has to stand where it can be commented on, and an empty line cannot be told from none.
    let is_blank = |lines: &[&str]| matches!(lines, [line] if line.trim_end().is_empty());
    while before + after == old.len() || is_blank(&new[before..new.len() - after]) {
        match (before, after) {
            (1.., _) => before -= 1,
            (0, 1..) => after -= 1,
            (0, 0) => return None,
        }
    }
    let (gone, come) = (
        &old[before..old.len() - after],
        &new[before..new.len() - after],
    );
    if let (Some(gone), Some(come)) = (gone.last(), come.last())
        && end(gone) != end(come)
    {
        return None;
    }
    let text = come.concat();
    let last = come.last().map_or("", |line| end(line));
    Some(Suggestion {
        path: source.path().to_owned(),
        first: before + 1,
        last: old.len() - after,
        text: text.strip_suffix(last).unwrap_or(&text).to_owned(),
    })
}

/// How a line ends.
fn end(line: &str) -> &str {
    let word = line.trim_end_matches('\n').trim_end_matches('\r');
    &line[word.len()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(old: &str, new: &str) -> Option<(usize, usize, String)> {
        let found = lines(&Source::new("f", old), new)?;
        Some((found.first, found.last, found.text))
    }

    #[test]
    fn a_suggestion_is_whole_lines_that_can_be_commented_on() {
        let text = |text: &str| text.to_owned();
        assert_eq!(said("a\nb\nc\n", "a\nB\nc\n"), Some((2, 2, text("B"))));
        assert_eq!(said("a\nb\nc", "a\nb\nC"), Some((3, 3, text("C"))));
        // Lines far apart are one suggestion.
        assert_eq!(
            said("a\nb\nc\n", "A\nb\nC\n"),
            Some((1, 3, text("A\nb\nC")))
        );
        // What is only inserted hangs on a line that stays.
        assert_eq!(said("a\nb\n", "a\nx\nb\n"), Some((1, 1, text("a\nx"))));
        assert_eq!(said("a\nb\n", "x\na\nb\n"), Some((1, 1, text("x\na"))));
        // Lines that go, and one that is emptied.
        assert_eq!(said("a\nb\nc\n", "a\nc\n"), Some((2, 2, text(""))));
        assert_eq!(said("a\nb\nc\n", "a\n\nc\n"), Some((1, 2, text("a\n"))));
    }

    #[test]
    fn line_ends_stay_those_of_the_file_or_nothing_is_said() {
        assert_eq!(
            said("a\r\nb\r\nc\r\n", "a\r\nB\r\nC\r\n"),
            Some((2, 3, "B\r\nC".to_owned()))
        );
        assert_eq!(said("a\r\nb\r\n", "a\nb\n"), None);
        assert_eq!(said("a\nb", "a\nb\n"), None);
    }
}
