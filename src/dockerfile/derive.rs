//! Making derived text piece by piece, keeping the map to the source's bytes.
//!
//! In: ranges of the source or of text that is mapped already, and replacements for some of them.
//! Out: one [`Mapped`]. Neighbouring pieces are joined, so that the number of runs stays small.
//! It does not know what the text means.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Mapped, Run, Source};

/// Collects derived text.
pub(super) struct Builder<'s> {
    source: &'s Arc<Source>,
    text: String,
    runs: Vec<Run>,
    /// Where empty text is said to stand.
    origin: usize,
}

impl<'s> Builder<'s> {
    /// An empty text that stands at the byte `origin` as long as nothing is added.
    pub(super) fn new(source: &'s Arc<Source>, origin: usize) -> Builder<'s> {
        Builder {
            source,
            text: String::new(),
            runs: Vec::new(),
            origin,
        }
    }

    /// Adds a copy of a range of the source.
    pub(super) fn copy_source(&mut self, range: Range<usize>) {
        let source = self.source;
        if let Some(piece) = source.text().get(range.clone()) {
            self.copy(piece, range.start);
        }
    }

    /// Adds a part of mapped text as it is.
    pub(super) fn copy_part(&mut self, from: &Mapped, range: Range<usize>) {
        let first = first_run_after(from.runs(), range.start);
        for run in &from.runs()[first..] {
            if run.derived >= range.end {
                break;
            }
            let start = range.start.max(run.derived);
            let end = range.end.min(run.derived + run.derived_len);
            let Some(piece) = from
                .text()
                .get(start..end)
                .filter(|piece| !piece.is_empty())
            else {
                continue;
            };
            if run.copied {
                self.copy(piece, run.source + (start - run.derived));
            } else {
                self.replace(piece, run.source..run.source + run.source_len);
            }
        }
    }

    /// Adds `text` in the place of a part of mapped text.
    pub(super) fn replace_part(&mut self, text: &str, from: &Mapped, range: Range<usize>) {
        let span = from.span(range);
        self.replace(text, span.start..span.end);
    }

    /// The collected text.
    pub(super) fn finish(mut self) -> Mapped {
        if self.runs.is_empty() {
            self.runs.push(Run {
                derived: 0,
                derived_len: 0,
                source: self.origin,
                source_len: 0,
                copied: true,
            });
        }
        Mapped::new(self.source, self.text, self.runs)
    }

    fn copy(&mut self, piece: &str, source: usize) {
        let derived = self.text.len();
        self.text.push_str(piece);
        if let Some(last) = self.runs.last_mut()
            && last.copied
            && last.source + last.source_len == source
        {
            last.derived_len += piece.len();
            last.source_len += piece.len();
        } else if !piece.is_empty() {
            self.runs.push(Run {
                derived,
                derived_len: piece.len(),
                source,
                source_len: piece.len(),
                copied: true,
            });
        }
    }

    fn replace(&mut self, text: &str, source: Range<usize>) {
        self.runs.push(Run {
            derived: self.text.len(),
            derived_len: text.len(),
            source: source.start,
            source_len: source.len(),
            copied: false,
        });
        self.text.push_str(text);
    }
}

/// The index of the first run that ends after a derived offset: runs are in order.
fn first_run_after(runs: &[Run], offset: usize) -> usize {
    runs.partition_point(|run| run.derived + run.derived_len <= offset)
}
