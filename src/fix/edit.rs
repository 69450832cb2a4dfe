//! Edits into new text.
//!
//! In: a text and edits of it. Out: the new text. Does not know what the edits are for.

use std::ops::Range;

use super::Edit;
use crate::source::{Source, Span};

/// The edits of one file in order; `None` when two of them overlap.
pub(super) fn in_order<'a>(edits: impl Iterator<Item = &'a Edit>) -> Option<Vec<&'a Edit>> {
    let mut edits: Vec<&Edit> = edits.collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let overlap = edits
        .windows(2)
        .any(|pair| pair[1].span.start < pair[0].span.end || pair[0].span == pair[1].span);
    (!overlap).then_some(edits)
}

/// The edits in order, file by file, with those that touch made one: whoever applies edits one by one need not know
/// that an insertion goes before what is replaced at the same place. As they are when two of them overlap.
pub(super) fn joined(edits: Vec<Edit>) -> Vec<Edit> {
    let mut paths: Vec<&str> = Vec::new();
    for edit in &edits {
        let path = edit.span.source.path();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let mut joined: Vec<Edit> = Vec::new();
    for path in paths {
        let own = edits.iter().filter(|edit| edit.span.source.path() == path);
        let Some(own) = in_order(own) else {
            return edits;
        };
        for edit in own {
            match joined.last_mut() {
                Some(last)
                    if last.span.source.path() == path && last.span.end == edit.span.start =>
                {
                    last.span = Span::new(&last.span.source, last.span.start..edit.span.end);
                    last.replacement.push_str(&edit.replacement);
                }
                _ => joined.push(edit.clone()),
            }
        }
    }
    joined
}

/// The text of a file after those of the edits that are about it; `None` when two of them overlap.
pub fn apply(source: &Source, edits: &[Edit]) -> Option<String> {
    let own = edits
        .iter()
        .filter(|edit| edit.span.source.path() == source.path());
    let edits = in_order(own)?;
    let text = source.text();
    let mut out = String::with_capacity(text.len() + 64);
    let mut position = 0;
    for edit in edits {
        out.push_str(text.get(position..edit.span.start)?);
        out.push_str(&edit.replacement);
        position = edit.span.end;
    }
    out.push_str(text.get(position..)?);
    Some(out)
}

/// Where the replacements stand in the new text, in order.
pub(super) fn new_ranges(path: &str, edits: &[Edit]) -> Vec<Range<usize>> {
    let own = edits.iter().filter(|edit| edit.span.source.path() == path);
    let mut grown = 0isize;
    let edits = in_order(own).unwrap_or_default().into_iter();
    edits
        .map(|edit| {
            let start = edit.span.start.saturating_add_signed(grown);
            grown += edit.replacement.len() as isize - (edit.span.end - edit.span.start) as isize;
            start..start + edit.replacement.len()
        })
        .collect()
}

/// The edits that make one text of another, by whole lines.
pub(super) fn between(old: &std::sync::Arc<Source>, new: &str) -> Vec<Edit> {
    let diff = similar::TextDiff::from_lines(old.text(), new);
    let old_starts = starts(diff.old_slices());
    let new_starts = starts(diff.new_slices());
    let changed = diff
        .ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal);
    changed
        .map(|op| {
            let (from, to) = (op.old_range(), op.new_range());
            let span = Span::new(old, old_starts[from.start]..old_starts[from.end]);
            Edit::replace(span, &new[new_starts[to.start]..new_starts[to.end]])
        })
        .collect()
}

/// Where lines begin, and where the last one ends.
fn starts(lines: &[&str]) -> Vec<usize> {
    let mut position = 0;
    let mut starts = vec![0];
    for line in lines {
        position += line.len();
        starts.push(position);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_any_order_and_never_overlap() {
        let source = Source::new("f", "one two three");
        let edit = |range, text: &str| Edit::replace(Span::new(&source, range), text);
        let edits = [edit(8..13, "3"), edit(0..0, ">"), edit(0..3, "1")];
        assert_eq!(apply(&source, &edits).as_deref(), Some(">1 two 3"));
        assert_eq!(new_ranges("f", &edits), [0..1, 1..2, 7..8]);
        assert_eq!(apply(&source, &[edit(0..5, "a"), edit(4..6, "b")]), None);
        assert_eq!(apply(&source, &[edit(3..3, "a"), edit(3..3, "b")]), None);
    }

    #[test]
    fn edits_that_touch_become_one() {
        let source = Source::new("f", "one two three");
        let edit = |range, text: &str| Edit::replace(Span::new(&source, range), text);
        let edits = vec![edit(7..7, " -D"), edit(0..0, ">"), edit(7..13, "")];
        let text = apply(&source, &edits);
        let joined = joined(edits);
        assert_eq!(joined, [edit(0..0, ">"), edit(7..13, " -D")]);
        assert_eq!(apply(&source, &joined), text);
    }

    #[test]
    fn lines_that_differ_are_found() {
        let source = Source::new("f", "a\nb\nc\nd");
        let new = "a\nB\nB\nc\ne";
        let edits = between(&source, new);
        assert_eq!(edits.len(), 2);
        assert_eq!(apply(&source, &edits).as_deref(), Some(new));
    }
}
