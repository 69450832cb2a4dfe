//! Commands in backquotes, whose escapes are taken away before they are read.
//! Source: POSIX.1-2017 XCU 2.6.3.

use std::ops::Range;

use super::super::{NodeId, Part};
use super::cursor::{Parsed, Parser};
use super::word::Parts;

impl<'a> Parser<'a> {
    /// A command in backquotes. Within it a backslash is literal but before `$`, a backquote, a
    /// backslash and, in double quotes, a double quote (POSIX XCU 2.6.3).
    pub(super) fn backquoted(&mut self, quoted: bool, parts: &mut Parts<'a>) -> Parsed<()> {
        let start = self.position + 1;
        let bytes = &self.text.as_bytes()[..self.end];
        let mut close = start;
        let mut escapes = false;
        while bytes.get(close).is_some_and(|byte| *byte != b'`') {
            if bytes[close] == b'\\' {
                let next = bytes.get(close + 1);
                escapes |= matches!(next, Some(b'$' | b'`' | b'\\'));
                escapes |= quoted && next == Some(&b'"');
                close += 1;
            }
            close += 1;
        }
        if close >= bytes.len() {
            return Err(self.unclosed("backquote"));
        }
        let (mark, end, depth) = (self.mark(), self.end, self.depth);
        let outer = std::mem::take(&mut self.pending);
        let body = if escapes {
            self.unescaped_list(start..close, quoted)
        } else {
            (self.position, self.end) = (start, close);
            let body = self.nested(|p| p.list());
            match body {
                Ok(_) if !self.at_end() => Err(self.unexpected()),
                body => body,
            }
        };
        if body.is_err() {
            self.rewind(mark);
        }
        (self.end, self.depth, self.pending) = (end, depth, outer);
        self.position = close + 1;
        parts.push(match body {
            Ok(body) => Part::Command { body, quoted },
            // Bash reads the command only when it comes to run it: the rest of the script stands.
            Err(failure) => self.unparsed_part(start - 1, &failure.why),
        });
        Ok(())
    }

    /// The list of a backquoted range once its escapes are taken away.
    fn unescaped_list(&mut self, range: Range<usize>, quoted: bool) -> Parsed<NodeId> {
        let mut text = String::new();
        let mut offsets = Vec::new();
        let mut characters = self.text[range.clone()].char_indices().peekable();
        while let Some((index, character)) = characters.next() {
            let mut kept = character;
            let next = characters.peek().map(|(_, next)| *next);
            let escapable =
                |next: &char| matches!(next, '$' | '`' | '\\') || quoted && *next == '"';
            if let Some(next) = next.filter(|next| character == '\\' && escapable(next)) {
                kept = next;
                characters.next();
            }
            let offset = self.at(range.start + index..range.end).start;
            offsets.extend(std::iter::repeat_n(offset, kept.len_utf8()));
            text.push(kept);
        }
        offsets.push(self.at(range.end..range.end).start);
        let failing_at = self.position;
        let mut inner = Parser::new(&text);
        inner.offsets = Some(offsets);
        inner.depth = self.depth;
        inner.output = std::mem::take(&mut self.output);
        let body = inner.nested(|p| p.list());
        let body = match body {
            Ok(_) if !inner.at_end() => Err(inner.unexpected()),
            body => body,
        };
        self.output = inner.into_output();
        body.map_err(|mut failure| {
            failure.at = failing_at;
            failure
        })
    }
}
