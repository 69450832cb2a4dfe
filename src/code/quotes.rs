//! Quotes, patterns and here-documents: what is text, and where it ends.

use std::ops::Range;

use super::Language;
use super::lexer::{Kind, Lexer};

impl Lexer<'_> {
    /// A text up to the same quote; `${…}` of JavaScript and `#{…}` of Ruby may have quotes in them.
    pub(super) fn text_to(&mut self, quote: char) {
        self.at += 1;
        let from = self.at;
        let inner = match (self.language, quote) {
            (Language::JavaScript, '`') => Some("${"),
            (Language::Ruby, '"' | '`') => Some("#{"),
            _ => None,
        };
        // What has to come next, innermost last: a quote, or the end of an inner piece of code.
        let mut awaited = vec![quote];
        while let Some(next) = self.rest().chars().next() {
            let end = awaited.last().copied().unwrap_or(quote);
            if next == '\\' {
                let skipped = self.rest().chars().take(2).map(char::len_utf8);
                self.at += skipped.sum::<usize>();
                continue;
            }
            if end != '}' && inner.is_some_and(|inner| self.starts(inner)) && end == quote {
                self.at += 2;
                awaited.push('}');
                continue;
            }
            self.at += next.len_utf8();
            if next == end {
                awaited.pop();
                if awaited.is_empty() {
                    self.push(Kind::Text, from..self.at - quote.len_utf8());
                    return;
                }
            } else if end == '}' && matches!(next, '"' | '\'' | '`') {
                awaited.push(next);
            } else if end == '}' && next == '{' {
                awaited.push('}');
            } else if next == '\n' && self.language == Language::Python {
                break;
            }
        }
        self.push(Kind::Text, from..self.at);
    }

    /// A regular expression between slashes, on one line.
    pub(super) fn pattern(&mut self) {
        let from = self.at + 1;
        let mut in_class = false;
        let mut escaped = false;
        for (offset, letter) in self.text[from..].char_indices() {
            match letter {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    self.at = from + offset + 1;
                    self.take_while(|c| c.is_ascii_alphabetic());
                    // What a pattern says is no text that a call could mean.
                    self.push(Kind::Text, from..from);
                    return;
                }
                _ => {}
            }
        }
        self.at = from;
        self.push(Kind::Mark('/'), from - 1..from);
    }

    /// A text between a delimiter and its partner, which may nest; the bytes between them.
    fn delimited(&mut self) -> Option<Range<usize>> {
        let open = self.rest().chars().next()?;
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            other => other,
        };
        self.at += open.len_utf8();
        let from = self.at;
        let mut depth = 1;
        let mut escaped = false;
        for (offset, letter) in self.text[from..].char_indices() {
            if escaped {
                escaped = false;
            } else if letter == '\\' {
                escaped = true;
            } else if letter == close {
                depth -= 1;
                if depth == 0 {
                    self.at = from + offset + letter.len_utf8();
                    return Some(from..from + offset);
                }
            } else if letter == open {
                depth += 1;
            }
        }
        self.at = self.text.len();
        Some(from..self.at)
    }

    /// Words in brackets as a list of texts: `%w[TERM INT]`, `qw(TERM INT)`.
    fn words(&mut self, range: Range<usize>) {
        self.push(Kind::Mark('['), range.start..range.start);
        let text = self.text;
        let mut at = range.start;
        for word in text[range.clone()].split_whitespace() {
            let found = text[at..range.end]
                .find(word)
                .map_or(at, |offset| at + offset);
            at = found + word.len();
            self.push(Kind::Text, found..at);
        }
        self.push(Kind::Mark(']'), range.end..range.end);
    }

    /// `%w[…]`, `%i[…]`, `%q(…)`, `%(…)` of Ruby.
    pub(super) fn ruby_quote(&mut self) -> bool {
        let rest = self.rest().as_bytes();
        let is_delimiter =
            |byte: Option<&u8>| matches!(byte, Some(b'(' | b'[' | b'{' | b'<' | b'|' | b'!'));
        let kind = match rest.get(1) {
            Some(kind @ (b'w' | b'W' | b'i' | b'I' | b'q' | b'Q' | b'r' | b'x'))
                if is_delimiter(rest.get(2)) =>
            {
                *kind
            }
            delimiter if is_delimiter(delimiter) => b'Q',
            _ => return false,
        };
        self.at += if is_delimiter(rest.get(1)) { 1 } else { 2 };
        if let Some(range) = self.delimited() {
            match kind {
                b'w' | b'W' | b'i' | b'I' => self.words(range),
                _ => self.push(Kind::Text, range),
            }
        }
        true
    }

    /// `q(…)`, `qw(…)`, `m{…}`, `s/…/…/` of Perl.
    pub(super) fn perl_quote(&mut self, name: &str) -> bool {
        let parts = match name {
            "q" | "qq" | "qw" | "qx" | "qr" | "m" => 1,
            "s" | "tr" | "y" => 2,
            _ => return false,
        };
        let before = self.tokens.last().map(|token| token.kind);
        if matches!(before, Some(Kind::Mark('$' | '@' | '%' | '&' | '>'))) {
            return false;
        }
        let rest = self.rest();
        let gap = rest.len() - rest.trim_start().len();
        let delimiter = rest[gap..].chars().next();
        let is_delimiter =
            |c: char| !c.is_alphanumeric() && !matches!(c, '_' | ',' | ';' | ')' | ']' | '}' | '=');
        if !delimiter.is_some_and(|c| is_delimiter(c) && (gap == 0 || c != '#'))
            || rest[gap..].starts_with("=>")
        {
            return false;
        }
        self.at += gap;
        let Some(range) = self.delimited() else {
            return false;
        };
        if parts == 2 {
            let is_bracket = delimiter.is_some_and(|c| "([{<".contains(c));
            if is_bracket {
                self.take_while(char::is_whitespace);
            } else if let Some(delimiter) = delimiter
                && self.text[..self.at].ends_with(delimiter)
            {
                // `s/a/b/`: the second slash ends one part and begins the other.
                self.at -= delimiter.len_utf8();
            }
            self.delimited();
        }
        match name {
            "qw" => self.words(range),
            "q" | "qq" => self.push(Kind::Text, range),
            _ => self.push(Kind::Text, range.start..range.start),
        }
        true
    }

    /// `<<~EOT`, `<<'EOT'`, `<<<EOT`: its text begins on the next line.
    pub(super) fn document(&mut self) -> bool {
        let start = if self.language == Language::Php {
            "<<<"
        } else {
            "<<"
        };
        let Some(rest) = self.rest().strip_prefix(start) else {
            return false;
        };
        let word = match self.language {
            Language::Php => rest.trim_start_matches([' ', '\t']),
            _ => rest.trim_start_matches(['~', '-']),
        };
        let quote = word
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'));
        let bare = word.trim_start_matches(['"', '\'', '`']);
        let length = bare
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(bare.len());
        let name = &bare[..length];
        let is_word = name.starts_with(|c: char| c == '_' || c.is_alphabetic());
        // `list << item` adds to a list: a bare word is one in capitals, with nothing before it.
        let in_capitals = name.starts_with(|c: char| c.is_uppercase() || c == '_');
        let is_bare_list = self.language == Language::Ruby && rest.starts_with(' ');
        if !is_word
            || is_bare_list
            || quote.is_none() && !in_capitals && self.language != Language::Php
        {
            return false;
        }
        let shown = rest.len() - bare.len() + length + usize::from(quote.is_some());
        let from = self.at;
        self.at = (self.at + start.len() + shown).min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(Kind::Text, from..from);
        self.documents.push(name.to_owned());
        true
    }

    /// Skips the here-documents that begin on this line.
    pub(super) fn here_documents(&mut self) {
        for end in std::mem::take(&mut self.documents) {
            while self.at < self.text.len() {
                let line = self.rest().lines().next().unwrap_or_default();
                let behind = line.trim().strip_prefix(end.as_str());
                // PHP goes on behind the word (`EOT);`).
                let is_end = behind.is_some_and(|rest| {
                    rest.is_empty()
                        || self.language == Language::Php
                            && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                if is_end {
                    self.at += line.len() - line.trim_start().len() + end.len();
                    break;
                }
                self.at = (self.at + line.len() + 1).min(self.text.len());
                while !self.text.is_char_boundary(self.at) {
                    self.at += 1;
                }
            }
        }
    }
}
