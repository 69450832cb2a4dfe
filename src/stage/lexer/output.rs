//! Expanded text as it grows, with what each stretch of it stands for.

use std::ops::Range;

use crate::source::Run;

#[derive(Default)]
pub(super) struct Output {
    pub text: String,
    pub runs: Vec<Run>,
    pub variables: Vec<(Range<usize>, String)>,
}

impl Output {
    /// A character of the word as it is.
    pub(super) fn copy(&mut self, character: char, at: usize) {
        let length = character.len_utf8();
        match self.runs.last_mut() {
            Some(run) if run.copied && run.source + run.source_len == at => {
                run.derived_len += length;
                run.source_len += length;
            }
            _ => self.runs.push(Run {
                derived: self.text.len(),
                derived_len: length,
                source: at,
                source_len: length,
                copied: true,
            }),
        }
        self.text.push(character);
    }

    /// A value in place of a range of the word.
    pub(super) fn replace(&mut self, value: &str, range: Range<usize>) {
        self.runs.push(Run {
            derived: self.text.len(),
            derived_len: value.len(),
            source: range.start,
            source_len: range.len(),
            copied: false,
        });
        self.text.push_str(value);
        self.variables.push((range, value.to_owned()));
    }
}
