//! Text that commands write: `echo`, `printf`, here-documents.
//!
//! In: words, mapped to their bytes. Out: the text that arrives in the file, mapped as well. `None` where shells
//! differ and it is not known which one runs.

use std::sync::Arc;

use crate::source::{Mapped, Run, Source};

/// Mapped texts put together.
pub(super) struct Joined {
    source: Arc<Source>,
    text: String,
    runs: Vec<Run>,
}

impl Joined {
    /// Nothing yet; the source is that of a text.
    pub(super) fn new(like: &Mapped) -> Joined {
        Joined {
            source: Arc::clone(like.source()),
            text: String::new(),
            runs: Vec::new(),
        }
    }

    /// Adds a text of the same source.
    pub(super) fn push(&mut self, part: &Mapped) {
        let offset = self.text.len();
        let runs = part.runs().iter().filter(|run| run.derived_len > 0);
        self.runs.extend(runs.map(|run| Run {
            derived: run.derived + offset,
            ..run.clone()
        }));
        self.text.push_str(part.text());
    }

    /// Adds text that stands for the end of what came before.
    pub(super) fn literal(&mut self, text: &str) {
        let end = self
            .runs
            .last()
            .map_or(0, |run| run.source + run.source_len);
        self.computed(text, end, 0);
    }

    /// Adds text that stands for some bytes.
    fn computed(&mut self, text: &str, source: usize, source_len: usize) {
        self.runs.push(Run {
            derived: self.text.len(),
            derived_len: text.len(),
            source,
            source_len,
            copied: false,
        });
        self.text.push_str(text);
    }

    /// The whole.
    pub(super) fn finish(self) -> Mapped {
        Mapped::new(&self.source, self.text, self.runs)
    }
}

/// How `echo` treats backslashes and `-e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// dash: escapes always count, and `-e` is text.
    Always,
    /// bash, busybox: escapes count with `-e`.
    WithOption,
    /// Not known.
    Unknown,
}

/// What `echo` writes.
pub(super) fn echo(mut words: &[Mapped], kind: Echo, like: &Mapped) -> Option<Mapped> {
    let mut newline = true;
    let mut escapes = kind == Echo::Always;
    while let Some(first) = words.first() {
        match (first.text(), kind) {
            ("-n", _) => newline = false,
            ("-e", Echo::WithOption) => escapes = true,
            ("-ne" | "-en", Echo::WithOption) => (newline, escapes) = (false, true),
            ("-e" | "-ne" | "-en", Echo::Unknown) => return None,
            _ => break,
        }
        words = &words[1..];
    }
    let mut joined = Joined::new(words.first().unwrap_or(like));
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            joined.literal(" ");
        }
        let has_escapes = word.text().contains('\\');
        if has_escapes && kind == Echo::Unknown {
            return None;
        }
        if has_escapes && escapes {
            unescape(word, &mut joined)?;
        } else {
            joined.push(word);
        }
    }
    if newline {
        joined.literal("\n");
    }
    Some(joined.finish())
}

/// What `printf` writes: formats of `%s`, `%%` and escapes.
pub(super) fn printf(words: &[Mapped]) -> Option<Mapped> {
    let (format, mut arguments) = match words.split_first()? {
        (end, rest) if end.text() == "--" => rest.split_first()?,
        first => first,
    };
    let mut joined = Joined::new(format);
    loop {
        let before = arguments.len();
        let mut start = 0;
        let text = format.text();
        while let Some(offset) = text[start..].find('%') {
            let at = start + offset;
            unescape(&format.slice(start..at), &mut joined)?;
            match text.as_bytes().get(at + 1) {
                Some(b'%') => joined.push(&format.slice(at..at + 1)),
                Some(b's') => {
                    if let Some((argument, rest)) = arguments.split_first() {
                        joined.push(argument);
                        arguments = rest;
                    }
                }
                Some(b'b') => {
                    if let Some((argument, rest)) = arguments.split_first() {
                        unescape(argument, &mut joined)?;
                        arguments = rest;
                    }
                }
                _ => return None,
            }
            start = at + 2;
        }
        unescape(&format.slice(start..text.len()), &mut joined)?;
        if arguments.is_empty() || arguments.len() == before {
            return Some(joined.finish());
        }
    }
}

/// Resolves the escapes that all shells agree on; `None` for another.
fn unescape(text: &Mapped, joined: &mut Joined) -> Option<()> {
    let mut start = 0;
    while let Some(offset) = text.text()[start..].find('\\') {
        let at = start + offset;
        joined.push(&text.slice(start..at));
        let (value, length) = match text.text().as_bytes().get(at + 1) {
            Some(b'n') => ("\n", 2),
            Some(b't') => ("\t", 2),
            Some(b'r') => ("\r", 2),
            Some(b'\\') => ("\\", 2),
            Some(b'0'..=b'9' | b'x' | b'c' | b'a' | b'b' | b'e' | b'f' | b'v' | b'u' | b'U') => {
                return None;
            }
            // Another character keeps its backslash.
            _ => ("\\", 1),
        };
        let span = text.span(at..at + length);
        joined.computed(value, span.start, span.end - span.start);
        start = at + length;
    }
    joined.push(&text.slice(start..text.text().len()));
    Some(())
}
