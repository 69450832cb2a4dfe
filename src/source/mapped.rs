//! Derived text that remembers its bytes' origin.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Source, Span};

/// A stretch of derived text and the stretch of source that it stands for.
///
/// A copy maps byte for byte; otherwise (a JSON escape, a dropped continuation, computed text) the
/// whole derived stretch stands for the whole source stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where the stretch begins in the derived text.
    pub derived: usize,
    /// Its length in the derived text.
    pub derived_len: usize,
    /// Where it comes from in the source.
    pub source: usize,
    /// Its length in the source.
    pub source_len: usize,
    /// Whether the derived bytes are the source's bytes (then the lengths are equal).
    pub copied: bool,
}

/// Text made from a source, with a map back to the source's bytes. Cheap to clone.
#[derive(Clone)]
pub struct Mapped {
    text: Arc<str>,
    source: Arc<Source>,
    runs: Arc<[Run]>,
}

impl Mapped {
    /// Derived text with its runs, which must be in order and cover the text.
    pub fn new(source: &Arc<Source>, text: impl Into<Arc<str>>, runs: Vec<Run>) -> Mapped {
        Mapped {
            text: text.into(),
            source: Arc::clone(source),
            runs: runs.into(),
        }
    }

    /// A plain copy of a range of the source.
    pub fn verbatim(source: &Arc<Source>, range: Range<usize>) -> Mapped {
        let text = source.text().get(range.clone()).unwrap_or("");
        let run = Run {
            derived: 0,
            derived_len: text.len(),
            source: range.start,
            source_len: text.len(),
            copied: true,
        };
        Mapped::new(source, text, vec![run])
    }

    /// The whole source.
    pub fn whole(source: &Arc<Source>) -> Mapped {
        Mapped::verbatim(source, 0..source.text().len())
    }

    /// Text that was computed: every byte of it stands for the one span.
    pub fn computed(text: impl Into<Arc<str>>, span: &Span) -> Mapped {
        let text = text.into();
        let run = Run {
            derived: 0,
            derived_len: text.len(),
            source: span.start,
            source_len: span.end - span.start,
            copied: false,
        };
        Mapped::new(&span.source, text, vec![run])
    }

    /// The derived text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file that the text comes from.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The runs, in order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// A part of the derived text, still mapped.
    pub fn slice(&self, range: Range<usize>) -> Mapped {
        // Runs are in order: find the first one by bisection, so that many slices of a text of many
        // runs stay cheap.
        let first = self
            .runs
            .partition_point(|run| run.derived + run.derived_len <= range.start);
        let touched = self.runs[first..]
            .iter()
            .take_while(|run| run.derived < range.end);
        let runs = touched.filter_map(|run| {
            let start = range.start.max(run.derived);
            let end = range.end.min(run.derived + run.derived_len);
            if start >= end {
                return None;
            }
            Some(if run.copied {
                Run {
                    derived: start - range.start,
                    derived_len: end - start,
                    source: run.source + (start - run.derived),
                    source_len: end - start,
                    copied: true,
                }
            } else {
                Run {
                    derived: start - range.start,
                    derived_len: end - start,
                    ..run.clone()
                }
            })
        });
        let mut runs: Vec<Run> = runs.collect();
        if runs.is_empty() {
            let at = self.span(range.clone());
            runs.push(Run {
                derived: 0,
                derived_len: 0,
                source: at.start,
                source_len: 0,
                copied: true,
            });
        }
        Mapped::new(&self.source, self.text.get(range).unwrap_or(""), runs)
    }

    /// The source bytes that a range of the derived text stands for.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.locate(range.start, false);
        let end = if range.end > range.start {
            self.locate(range.end, true)
        } else {
            start
        };
        Span::new(&self.source, start..end.max(start))
    }

    /// The source bytes of the whole text.
    pub fn full_span(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// The source offset of a derived offset: as the start of something, or as its end.
    fn locate(&self, offset: usize, as_end: bool) -> usize {
        let before = self.runs.partition_point(|run| {
            if as_end {
                run.derived < offset
            } else {
                run.derived <= offset
            }
        });
        let mut candidates = self.runs[..before].iter().rev();
        let found = candidates.find(|run| as_end || run.derived_len > 0);
        let Some(run) = found.or(self.runs.first()) else {
            return 0;
        };
        let inside = offset.saturating_sub(run.derived);
        if run.copied {
            run.source + inside.min(run.source_len)
        } else if inside >= run.derived_len || (as_end && inside > 0) {
            run.source + run.source_len
        } else {
            run.source
        }
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

impl PartialEq for Mapped {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && Arc::ptr_eq(&self.source, &other.source)
            && self.runs == other.runs
    }
}

impl Eq for Mapped {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_of_a_copy_points_at_its_bytes() {
        let source = Source::new("f", "CMD echo hello");
        let text = Mapped::verbatim(&source, 4..14);
        assert_eq!(text.span(5..10).text(), "hello");
        assert_eq!(text.slice(5..10).span(0..5).text(), "hello");
    }

    #[test]
    fn a_decoded_escape_stands_for_all_its_bytes() {
        // "a\u0062c" decodes to abc; the b is six bytes of source.
        let source = Source::new("f", r"a\u0062c");
        let runs = vec![
            Run {
                derived: 0,
                derived_len: 1,
                source: 0,
                source_len: 1,
                copied: true,
            },
            Run {
                derived: 1,
                derived_len: 1,
                source: 1,
                source_len: 6,
                copied: false,
            },
            Run {
                derived: 2,
                derived_len: 1,
                source: 7,
                source_len: 1,
                copied: true,
            },
        ];
        let text = Mapped::new(&source, "abc", runs);
        assert_eq!(text.span(1..2).text(), r"\u0062");
        assert_eq!(text.span(2..3).text(), "c");
        assert_eq!(text.full_span().text(), r"a\u0062c");
    }

    #[test]
    fn computed_text_stands_for_its_span() {
        let source = Source::new("f", "run $X now");
        let text = Mapped::computed("yy", &Span::new(&source, 4..6));
        assert_eq!(text.span(1..2).text(), "$X");
        assert_eq!(text.span(0..1).text(), "$X");
    }
}
