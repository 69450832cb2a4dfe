//! Finding here-documents.
//!
//! In: a logical line of RUN, COPY or ADD. Out: the `<<NAME` words in it. BuildKit splits the line
//! with its own lexer of shell words (`shell/lex.go`), and so does this one, errors included: a
//! line that the lexer cannot read has no here-documents. It does not read the bodies.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// Deeper nesting of `${…}` is taken for an error, so that the recursion is bounded.
const DEEPEST: usize = 100;

/// A `<<NAME` in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) name: String,
    pub(super) descriptor: u32,
    pub(super) expand: bool,
    pub(super) strip_tabs: bool,
    /// Where it stands in the line.
    pub(super) range: Range<usize>,
}

/// The here-documents that a line announces.
pub(super) fn markers(line: &str) -> Vec<Marker> {
    let words = Lexer::words(line, true, true).unwrap_or_default();
    words.iter().filter_map(marker).collect()
}

/// `3<<-NAME`: digits, `<<`, perhaps `-`, perhaps blanks, and one word without `<`.
fn marker(word: &Word) -> Option<Marker> {
    let digits = word.text.find(|c: char| !c.is_ascii_digit())?;
    let (descriptor, rest) = word.text.split_at(digits);
    let rest = rest.strip_prefix("<<")?;
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '\x0c']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let [unquoted] = Lexer::words(rest, false, false)?.try_into().ok()?;
    let [quoted] = Lexer::words(rest, true, false)?.try_into().ok()?;
    let quotes = |word: &Word| word.text.matches(['"', '\'']).count();
    let expand = quotes(&unquoted) == quotes(&quoted);
    Some(Marker {
        name: unquoted.text,
        descriptor: if descriptor.is_empty() {
            0
        } else {
            descriptor.parse().unwrap_or(u32::MAX)
        },
        expand,
        strip_tabs,
        range: word.range.clone(),
    })
}

/// A word of the lexer.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    range: Range<usize>,
}

/// BuildKit's lexer with no variables known and `SkipUnsetEnv`: variables stay as written.
struct Lexer<'t> {
    characters: Peekable<CharIndices<'t>>,
    length: usize,
    raw_quotes: bool,
    raw_escapes: bool,
    depth: usize,
    words: Vec<Word>,
    /// The word that is being read, and where it began. As in BuildKit it is shared with the words
    /// inside `${…}`, which empty it.
    current: String,
    start: usize,
    in_word: bool,
}

impl<'t> Lexer<'t> {
    /// The words of `text`; `None` where BuildKit's lexer gives up.
    fn words(text: &'t str, raw_quotes: bool, raw_escapes: bool) -> Option<Vec<Word>> {
        let mut lexer = Lexer {
            characters: text.char_indices().peekable(),
            length: text.len(),
            raw_quotes,
            raw_escapes,
            depth: 0,
            words: Vec::new(),
            current: String::new(),
            start: 0,
            in_word: false,
        };
        lexer.until_end()?;
        lexer.finish_word(text.len());
        Some(lexer.words)
    }

    fn peek(&mut self) -> Option<char> {
        self.characters.peek().map(|(_, character)| *character)
    }

    fn take(&mut self) -> Option<char> {
        self.characters.next().map(|(_, character)| character)
    }

    fn position(&mut self) -> usize {
        let length = self.length;
        self.characters
            .peek()
            .map_or(length, |(position, _)| *position)
    }

    fn add(&mut self, text: &str, from: usize) {
        if self.current.is_empty() {
            self.start = from;
        }
        self.current.push_str(text);
        self.in_word = true;
    }

    fn finish_word(&mut self, end: usize) {
        if !self.current.is_empty() {
            self.words.push(Word {
                text: std::mem::take(&mut self.current),
                range: self.start..end,
            });
            self.in_word = false;
        }
    }

    /// Adds a character that may split words.
    fn add_splitting(&mut self, character: char, from: usize) {
        if !character.is_whitespace() {
            self.add(character.encode_utf8(&mut [0; 4]), from);
        } else if self.in_word {
            self.finish_word(from);
        }
    }

    /// `processStopOn` at the outermost level.
    fn until_end(&mut self) -> Option<()> {
        while let Some(character) = self.peek() {
            let from = self.position();
            match character {
                '$' => {
                    let text = self.dollar()?;
                    for character in text.chars() {
                        self.add_splitting(character, from);
                    }
                }
                '<' => {
                    let text = self.angle();
                    self.add(&text, from);
                }
                '\'' => {
                    let text = self.single_quote()?;
                    self.add(&text, from);
                }
                '"' => {
                    let text = self.double_quote(self.raw_escapes)?;
                    self.add(&text, from);
                }
                '\\' => {
                    self.take();
                    if self.raw_escapes {
                        self.add("\\", from);
                    }
                    let Some(escaped) = self.take() else { break };
                    self.add(escaped.encode_utf8(&mut [0; 4]), from);
                }
                _ => {
                    self.take();
                    self.add_splitting(character, from);
                }
            }
        }
        Some(())
    }

    /// `processStopOn` inside `${…}`: the text up to `stop`.
    fn until(&mut self, stop: char, raw_escapes: bool) -> Option<String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.current.clear();
        let mut text = String::new();
        loop {
            let character = self.peek()?;
            if character == stop {
                self.take();
                break;
            }
            match character {
                '$' => text.push_str(&self.dollar()?),
                '<' => text.push_str(&self.angle()),
                '\'' => text.push_str(&self.single_quote()?),
                '"' => text.push_str(&self.double_quote(raw_escapes)?),
                '\\' => {
                    self.take();
                    if raw_escapes {
                        text.push('\\');
                    }
                    text.push(self.take()?);
                }
                _ => text.extend(self.take()),
            }
        }
        // Nothing of it is left for the word around.
        self.current.clear();
        self.depth -= 1;
        Some(text)
    }

    fn single_quote(&mut self) -> Option<String> {
        let mut text = String::new();
        let quote = self.take();
        text.extend(quote.filter(|_| self.raw_quotes));
        loop {
            match self.take()? {
                '\'' => {
                    text.extend(quote.filter(|_| self.raw_quotes));
                    return Some(text);
                }
                other => text.push(other),
            }
        }
    }

    fn double_quote(&mut self, raw_escapes: bool) -> Option<String> {
        let mut text = String::new();
        let quote = self.take();
        text.extend(quote.filter(|_| self.raw_quotes));
        loop {
            match self.peek()? {
                '"' => {
                    self.take();
                    text.extend(quote.filter(|_| self.raw_quotes));
                    return Some(text);
                }
                '$' => text.push_str(&self.dollar()?),
                '\\' => {
                    self.take();
                    if raw_escapes {
                        text.push('\\');
                    }
                    let special = matches!(self.peek()?, '"' | '$' | '\\');
                    text.push(if special { self.take()? } else { '\\' });
                }
                other => {
                    self.take();
                    text.push(other);
                }
            }
        }
    }

    /// `$name` and `${name…}` as written; `None` for what BuildKit's lexer does not know.
    fn dollar(&mut self) -> Option<String> {
        self.take();
        if self.peek() != Some('{') {
            return Some(format!("${}", self.name()));
        }
        self.take();
        if matches!(self.peek()?, '{' | '}' | ':') {
            return None;
        }
        let name = self.name();
        match self.take()? {
            '}' => Some(format!("${{{name}}}")),
            ':' => {
                let operator = self.take()?;
                if matches!(operator, '#' | '%') {
                    return None;
                }
                let word = self.until('}', false)?;
                Some(format!("${{{name}:{operator}{word}}}"))
            }
            operator @ ('+' | '-' | '?' | '#' | '%') => {
                let word = self.until('}', matches!(operator, '#' | '%'))?;
                Some(format!("${{{name}{operator}{word}}}"))
            }
            '/' => {
                if self.peek() == Some('/') {
                    self.take();
                }
                let pattern = self.until('/', true)?;
                let replacement = self.until('}', true)?;
                Some(format!("${{{name}/{pattern}/{replacement}}}"))
            }
            _ => None,
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        let Some(first) = self.peek() else {
            return name;
        };
        if first.is_numeric() {
            while let Some(digit) = self.peek().filter(|c| c.is_numeric()) {
                self.take();
                name.push(digit);
            }
        } else if matches!(first, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
            self.take();
            name.push(first);
        } else {
            while let Some(letter) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
                self.take();
                name.push(letter);
            }
        }
        name
    }

    /// `<`, or `<<` with the blanks after it.
    fn angle(&mut self) -> String {
        self.take();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        self.take();
        let mut text = "<<".to_owned();
        while let Some(blank) = self.peek().filter(|c| matches!(c, '\t' | '\r' | ' ')) {
            self.take();
            text.push(blank);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(String, u32, bool, bool, String)> {
        let describe = |m: Marker| {
            let text = line[m.range.clone()].to_owned();
            (m.name, m.descriptor, m.expand, m.strip_tabs, text)
        };
        markers(line).into_iter().map(describe).collect()
    }

    #[test]
    fn several_in_a_line() {
        assert_eq!(
            found(r#"RUN cat <<EOF 3<<-"A B" > /x"#),
            [
                ("EOF".into(), 0, true, false, "<<EOF".into()),
                ("A B".into(), 3, false, true, "3<<-\"A B\"".into()),
            ]
        );
    }

    #[test]
    fn blanks_may_stand_before_the_name() {
        assert_eq!(found("RUN cat << EOF")[0].4, "<< EOF");
    }

    #[test]
    fn here_strings_and_quoted_ones_are_none() {
        for line in [
            "RUN cat <<< x",
            "RUN cat <<<x",
            "RUN echo '<<EOF'",
            "RUN a<<EOF",
            "RUN x <<",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
    }

    #[test]
    fn a_line_that_the_lexer_cannot_read_has_none() {
        for line in [
            "RUN it's <<EOF",
            "RUN ${x^^} <<EOF",
            "RUN ${#x} <<EOF",
            "RUN \" <<EOF",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
        assert_eq!(found("RUN ${x%.*} ${y:-z} ${a//b/c} <<EOF").len(), 1);
    }

    #[test]
    fn nesting_is_bounded() {
        assert_eq!(
            found(&format!("RUN {} <<EOF", "${a:-".repeat(1_000_000))),
            []
        );
    }
}
