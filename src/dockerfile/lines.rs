//! Physical lines into logical lines.
//!
//! In: the source. Out: its lines one by one, and, joined over continuations, the text that
//! BuildKit's line parsers see, mapped to its bytes. It does not know instructions.

use std::ops::Range;
use std::sync::Arc;

use super::derive::Builder;
use crate::source::{Mapped, Source};

/// The longest line that BuildKit reads, in bytes without the line feed
/// (`bufio.MaxScanTokenSize - 1`).
pub(super) const LONGEST_LINE: usize = 65_535;

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line without any carriage returns and the line feed at its end.
    pub(super) content: Range<usize>,
    /// One past its line feed.
    pub(super) end: usize,
    /// Whether it is longer than [`LONGEST_LINE`].
    pub(super) too_long: bool,
}

/// Goes through the lines of a text.
#[derive(Clone)]
pub(super) struct Lines<'t> {
    text: &'t str,
    next: usize,
}

impl<'t> Lines<'t> {
    /// The lines of `text`; a byte order mark belongs to none.
    pub(super) fn new(text: &'t str) -> Lines<'t> {
        let next = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Lines { text, next }
    }

    /// The offset where the next line begins.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// Goes on at the beginning of another line.
    pub(super) fn jump(&mut self, position: usize) {
        self.next = position;
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let start = self.next;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        self.next = start + length;
        let content = rest[..length].trim_end_matches(['\r', '\n']);
        Some(Line {
            content: start..start + content.len(),
            end: start + length,
            too_long: rest[..length].trim_end_matches('\n').len() > LONGEST_LINE,
        })
    }
}

/// A line joined over its continuations.
pub(super) struct LogicalLine {
    /// The joined text: escape characters and line ends dropped, blank lines and comments too.
    pub(super) text: Mapped,
    /// From the first byte that is not blank to the end of the last line that was read for it.
    pub(super) range: Range<usize>,
    /// The comments that stand inside.
    pub(super) comments: Vec<Range<usize>>,
    /// The first of its lines that BuildKit would not read for its length.
    pub(super) too_long: Option<Range<usize>>,
}

/// Reads on from a first line that is neither blank nor a comment.
pub(super) fn join(
    source: &Arc<Source>,
    first: &Line,
    rest: &mut Lines<'_>,
    escape: char,
) -> LogicalLine {
    let text = source.text();
    let start = first.content.end - text[first.content.clone()].trim_start().len();
    let mut joined = Builder::new(source, start);
    let mut end = first.content.end;
    let mut comments = Vec::new();
    let mut too_long = None;
    let mut add = |line: &Line, from: usize| {
        if line.too_long {
            too_long.get_or_insert(line.content.clone());
        }
        let (kept, continues) = without_continuation(&text[from..line.content.end], escape);
        // What BuildKit refuses need not be copied.
        if too_long.is_none() {
            joined.copy_source(from..from + kept);
        }
        continues
    };
    let mut continues = add(first, start);
    while continues {
        let Some(line) = rest.next() else { break };
        end = line.content.end;
        let content = &text[line.content.clone()];
        if let Some(comment) = comment(content) {
            comments.push(line.content.start + comment..line.content.end);
        } else if !content.trim_start().is_empty() {
            continues = add(&line, line.content.start);
        }
    }
    LogicalLine {
        text: joined.finish(),
        range: start..end,
        comments,
        too_long,
    }
}

/// Where the `#` stands if the line is a comment.
pub(super) fn comment(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    trimmed
        .starts_with('#')
        .then_some(line.len() - trimmed.len())
}

/// How much of a line counts, and whether the next line continues it. An escape character that
/// follows another one continues nothing (`lineContinuationRegex` of BuildKit's `parser.go`).
fn without_continuation(line: &str, escape: char) -> (usize, bool) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        Some(kept) if !kept.ends_with(escape) => (kept.len(), true),
        _ => (line.len(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> (String, usize) {
        let source = Source::new("Dockerfile", text);
        let mut lines = Lines::new(source.text());
        let first = lines.next().expect("a line");
        let line = join(&source, &first, &mut lines, '\\');
        (line.text.text().to_owned(), line.range.end)
    }

    #[test]
    fn comments_and_blank_lines_inside_are_dropped() {
        assert_eq!(joined("RUN a \\\n# c\n\n  b\nX").0, "RUN a   b");
    }

    #[test]
    fn two_escape_characters_do_not_continue() {
        assert_eq!(joined("RUN a \\\\\nb").0, "RUN a \\\\");
    }

    #[test]
    fn blanks_may_follow_the_escape_character() {
        assert_eq!(joined("RUN a \\ \t\r\nb").0, "RUN a b");
    }

    #[test]
    fn the_end_of_the_file_ends_the_line() {
        assert_eq!(joined("RUN a \\\n\n# c\n"), ("RUN a ".to_owned(), 12));
    }
}
