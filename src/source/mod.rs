//! Text from files, byte spans into it, and maps from derived text back to the bytes it came from.
//!
//! Everything that reports a place does so with a [`Span`]: a file and a byte range. Text that is
//! derived from a file (the decoded words of a JSON array, a command line joined over
//! continuations, the body of a here-document) is a [`Mapped`]: it knows, byte for byte, where it
//! came from. This room does not read files itself: [`Disk`] is the only door to them.

mod disk;
mod known;
mod mapped;
mod recorder;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use disk::{
    Disk, Entry, FileKind, LARGEST_FILE, MemoryDisk, Overlay, ReadError, RealDisk, system_says,
};
pub use known::{Known, Why};
pub use mapped::{Mapped, Run};
pub use recorder::{Reads, Recorder};

/// Stands for a byte that is no UTF-8: the control character of that name, which nobody types.
const SUBSTITUTE: char = '\u{1a}';

/// One text file, as it was read.
pub struct Source {
    path: String,
    text: String,
    is_exact: bool,
    line_starts: OnceLock<Vec<usize>>,
}

impl Source {
    /// A source with the path to show (as given by the user, with `/`) and its text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source {
            path: path.into(),
            text: text.into(),
            is_exact: true,
            line_starts: OnceLock::new(),
        })
    }

    /// A source from the bytes of a file. Docker and shells take what is no UTF-8 as it comes (a comment in
    /// Latin-1): each such byte stands in the text as one control character, so that every place stays right.
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Arc<Source> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Source::new(path, text),
            Err(error) => error,
        };
        let mut text = String::with_capacity(error.as_bytes().len());
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| SUBSTITUTE));
        }
        Arc::new(Source {
            path: path.into(),
            text,
            is_exact: false,
            line_starts: OnceLock::new(),
        })
    }

    /// Whether the text is what the file holds, byte for byte: then it may be changed and written back.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// The path to show to people.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, both from 1, the column in UTF-8 bytes.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts.get_or_init(|| {
            let newlines = self.text.match_indices('\n');
            let behind = newlines.map(|(at, _)| at + 1);
            std::iter::once(0).chain(behind).collect()
        });
        let line = starts.partition_point(|start| *start <= offset);
        (line, offset - starts[line - 1] + 1)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.path)
    }
}

/// A byte range of a source; the end is exclusive.
#[derive(Clone)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span of `range` in `source`.
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Span {
        Span {
            source: Arc::clone(source),
            start: range.start,
            end: range.end,
        }
    }

    /// The text under the span.
    pub fn text(&self) -> &str {
        self.source.text.get(self.start..self.end).unwrap_or("")
    }

    /// Line and column (from 1) of the first byte.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.start)
    }

    /// Whether the other span lies within this one, in the same file.
    pub fn contains(&self, inner: &Span) -> bool {
        self.source.path() == inner.source.path()
            && self.start <= inner.start
            && inner.end <= self.end
    }

    /// The smallest span that covers both; `self` when they are in different files.
    pub fn cover(&self, other: &Span) -> Span {
        if !Arc::ptr_eq(&self.source, &other.source) {
            return self.clone();
        }
        Span {
            source: Arc::clone(&self.source),
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(
            f,
            "{}:{line}:{column}+{}",
            self.source.path,
            self.end - self.start
        )
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
            && self.start == other.start
            && self.end == other.end
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.source).hash(state);
        self.start.hash(state);
        self.end.hash(state);
    }
}
