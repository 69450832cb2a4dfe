//! Whether a changed Dockerfile is still the same file but for what the fix names.
//!
//! In: the text before and after, and the edits. Out: yes or no. Judges no signal.

use std::ops::Range;
use std::sync::Arc;

use super::Edit;
use super::edit::new_ranges;
use crate::dockerfile::{self, Dockerfile, Instruction};
use crate::source::Source;

/// Whether every instruction that no edit touches is there as before, byte for byte and in order, with no
/// new problem; and those that were touched kept their keyword, or are new ones.
pub(super) fn is_kept(before: &Arc<Source>, after: &Arc<Source>, edits: &[Edit]) -> bool {
    let old = dockerfile::parse(before);
    let new = dockerfile::parse(after);
    if old.escape != new.escape || problems(&new) > problems(&old) {
        return false;
    }
    let own = edits
        .iter()
        .filter(|edit| edit.span.source.path() == before.path());
    let old_ranges: Vec<Range<usize>> = own.map(|edit| edit.span.start..edit.span.end).collect();
    let new_ranges = new_ranges(before.path(), edits);
    let (old_touched, old_rest) = divide(&old, &old_ranges);
    let (new_touched, new_rest) = divide(&new, &new_ranges);
    let text = |file: &Dockerfile, instructions: &[&Instruction]| -> Vec<String> {
        let texts = instructions
            .iter()
            .map(|instruction| file.source.text()[instruction.range.clone()].to_owned());
        texts.collect()
    };
    let mut new_touched = new_touched.into_iter();
    let keywords_kept = old_touched
        .iter()
        .all(|old| new_touched.any(|new| new.keyword == old.keyword));
    text(&old, &old_rest) == text(&new, &new_rest) && keywords_kept
}

/// The instructions that the ranges touch, and the others.
fn divide<'d>(
    file: &'d Dockerfile,
    ranges: &[Range<usize>],
) -> (Vec<&'d Instruction>, Vec<&'d Instruction>) {
    let touched = |instruction: &&Instruction| {
        ranges.iter().any(|range| {
            range.start <= instruction.range.end
                && instruction.range.start < range.end.max(range.start + 1)
        })
    };
    file.instructions.iter().partition(touched)
}

fn problems(file: &Dockerfile) -> usize {
    let own = file.instructions.iter().map(|instruction| {
        let nested = instruction.nested.as_ref();
        instruction.problems.len() + nested.map_or(0, |nested| nested.problems.len())
    });
    file.problems.len() + own.sum::<usize>()
}
