//! Places in the JSON contract and in text.

use serde::Serialize;

use super::words::printable;
use crate::source::{Source, Span};

/// A place in a file, as the JSON contract spells it: lines and columns from 1, columns in UTF-8
/// bytes, ends exclusive, `start` and `end` byte offsets.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start: usize,
    end: usize,
}

impl Place {
    /// The place of a span.
    pub(super) fn of(span: &Span) -> Place {
        let (line, column) = span.line_column();
        let (end_line, end_column) = span.source.line_column(span.end);
        Place {
            file: span.source.path().to_owned(),
            line,
            column,
            end_line,
            end_column,
            start: span.start,
            end: span.end,
        }
    }
}

/// `file:line:column`, for people.
pub(super) fn short(span: &Span) -> String {
    let (line, column) = span.line_column();
    format!("{}:{line}:{column}", printable(span.source.path()))
}

/// The column of a byte offset in UTF-16 code units, from 1: what SARIF and GitHub count.
pub(super) fn utf16(source: &Source, offset: usize) -> usize {
    let (_, column) = source.line_column(offset);
    let line = source.text().get(offset + 1 - column..offset);
    line.map_or(column, |line| line.encode_utf16().count() + 1)
}
