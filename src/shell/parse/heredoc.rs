//! Here-documents: their delimiters, and their bodies after the next newline.
//! Source: POSIX.1-2017 XCU 2.7.4.

use super::super::{Part, Word};
use super::cursor::{Parsed, Parser, is_metacharacter};
use super::word::{Parts, Quotes};

/// A here-document whose body is still to come.
pub(super) struct Pending {
    /// The start of its redirection in the script.
    redirect: usize,
    delimiter: String,
    quoted: bool,
    strip: bool,
}

impl Parser<'_> {
    /// Reads the delimiter of a here-document and remembers that its body is to come.
    pub(super) fn here_delimiter(&mut self, redirect: usize, strip: bool) -> Parsed<()> {
        let start = self.position;
        let mut delimiter = String::new();
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                _ if is_metacharacter(byte) => break,
                b'\\' => {
                    self.position += 1;
                    if self.peek() == Some(b'\n') {
                        self.position += 1;
                    } else if !self.at_end() {
                        quoted = true;
                        delimiter.push_str(self.take_char());
                    }
                }
                b'\'' | b'"' => {
                    quoted = true;
                    let rest = &self.text[self.position + 1..self.end];
                    let Some(length) = rest.find(char::from(byte)) else {
                        return Err(self.failure("quote that is not closed"));
                    };
                    delimiter.push_str(&rest[..length]);
                    self.position += length + 2;
                }
                _ => delimiter.push_str(self.take_char()),
            }
        }
        if self.position == start {
            return Err(self.unexpected());
        }
        self.pending.push(Pending {
            redirect,
            delimiter,
            quoted,
            strip,
        });
        Ok(())
    }

    /// Reads the bodies that begin here. One that is not closed goes to the end, as in shells.
    pub(super) fn read_bodies(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.position;
            let mut joined = false;
            let (end, after) = loop {
                if self.at_end() {
                    break (self.end, self.end);
                }
                let rest = &self.text[self.position..self.end];
                let length = rest.find('\n').unwrap_or(rest.len());
                let line = &rest[..length];
                let compared = if pending.strip {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                let line_start = self.position;
                self.position = (line_start + length + 1).min(self.end);
                if compared == pending.delimiter && !joined {
                    break (line_start, self.position);
                }
                let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\');
                joined = !pending.quoted && backslashes.count() % 2 == 1;
            };
            let body = if pending.quoted {
                self.quoted_body(start..end, pending.strip)
            } else {
                self.expanded_body(start..end, pending.strip)
            };
            self.output.bodies.insert(pending.redirect, body);
            self.position = after;
        }
    }

    fn quoted_body(&self, range: std::ops::Range<usize>, strip: bool) -> Word {
        let raw = &self.text[range.clone()];
        let text = if strip {
            let lines = raw.split_inclusive('\n');
            lines.map(|line| line.trim_start_matches('\t')).collect()
        } else {
            raw.to_owned()
        };
        Word {
            parts: vec![Part::Quoted(text.into())],
            range: self.at(range),
        }
    }

    fn expanded_body(&mut self, range: std::ops::Range<usize>, strip: bool) -> Word {
        let (end, depth) = (self.end, self.depth);
        let mark = self.mark();
        (self.position, self.end) = (range.start, range.end);
        while strip && self.peek() == Some(b'\t') {
            self.position += 1;
        }
        let mut parts = Parts::default();
        let result = self.quoted_text(Quotes::HereDocument { strip }, &mut parts);
        let word = match result {
            Ok(()) => Word {
                parts: parts.into_vec(),
                range: self.at(range),
            },
            Err(failure) => {
                // The rest of the script can still be read: only this text is not known.
                self.rewind(mark);
                self.unparsed_word(range, &failure.why)
            }
        };
        (self.end, self.depth) = (end, depth);
        word
    }
}
