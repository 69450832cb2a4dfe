//! Whether a changed Dockerfile is still the same file but for what the fix names.
//!
//! In: the text before and after, and the edits. Out: yes or no. Judges no signal.

use std::ops::Range;
use std::sync::Arc;

use super::Edit;
use super::edit::new_ranges;
use crate::dockerfile::{self, Dockerfile, Instruction, Keyword};
use crate::source::Source;

/// Whether every instruction that no edit touches is there as before, byte for byte and in order, with no
/// new problem; and those that were touched kept their keyword, or are new ones.
pub(super) fn is_kept(before: &Arc<Source>, after: &Arc<Source>, edits: &[Edit]) -> bool {
    let old = dockerfile::parse(before);
    let new = dockerfile::parse(after);
    if old.escape != new.escape || problems(&new) > problems(&old) {
        return false;
    }
    let own: Vec<&Edit> = edits
        .iter()
        .filter(|edit| edit.span.source.path() == before.path())
        .collect();
    let new_ranges = new_ranges(before.path(), edits);
    let (old_touched, old_rest) = divide(&old, |instruction| {
        own.iter().any(|edit| is_changed(edit, &instruction.range))
    });
    let (new_touched, new_rest) = divide(&new, |instruction| {
        let own = &instruction.range;
        new_ranges.iter().any(|range| match range.is_empty() {
            true => own.start < range.start && range.start <= own.end,
            false => range.start <= own.end && own.start < range.end,
        })
    });
    let text = |file: &Dockerfile, instructions: &[&Instruction]| -> Vec<String> {
        let texts = instructions
            .iter()
            .map(|instruction| file.source.text()[instruction.range.clone()].to_owned());
        texts.collect()
    };
    let (old_count, new_count) = (old.instructions.len(), new.instructions.len());
    let mut new_touched = new_touched.into_iter();
    // A STOPSIGNAL may go; nothing else may.
    let keywords_kept = old_touched.iter().all(|old| {
        let is_removed = old.keyword == Keyword::Stopsignal && new_count < old_count;
        is_removed || new_touched.any(|new| new.keyword == old.keyword)
    });
    text(&old, &old_rest) == text(&new, &new_rest) && keywords_kept
}

/// Whether an edit changes something of an instruction at that range; whole lines before it do not.
pub(super) fn is_changed(edit: &Edit, instruction: &Range<usize>) -> bool {
    let (start, end) = (edit.span.start, edit.span.end);
    match start == end {
        true if edit.replacement.ends_with('\n') => {
            instruction.start < start && start <= instruction.end
        }
        true => instruction.start <= start && start <= instruction.end,
        false => start <= instruction.end && instruction.start < end,
    }
}

/// The instructions that were touched, and the others.
fn divide(
    file: &Dockerfile,
    is_touched: impl Fn(&Instruction) -> bool,
) -> (Vec<&Instruction>, Vec<&Instruction>) {
    file.instructions
        .iter()
        .partition(|instruction| is_touched(instruction))
}

fn problems(file: &Dockerfile) -> usize {
    let own = file.instructions.iter().map(|instruction| {
        let nested = instruction.nested.as_ref();
        instruction.problems.len() + nested.map_or(0, |nested| nested.problems.len())
    });
    file.problems.len() + own.sum::<usize>()
}
