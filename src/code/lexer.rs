//! Tokens of a source text: what is code, and what is only a comment or in quotes.
//!
//! In: a text and its language. Out: names, numbers, texts in quotes and single marks, with the
//! brackets that belong together. Never fails, and is linear: what is not closed goes to the end.

use std::ops::Range;

use super::Language;

/// A piece of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Its bytes; of a text in quotes, what is between them.
    pub range: Range<usize>,
    /// Of a bracket: the index of the one that belongs to it.
    pub partner: Option<usize>,
    /// The index of the opening bracket around it.
    pub around: Option<usize>,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// One character that is none of those.
    Mark(char),
}

/// The tokens of a text.
pub(super) fn tokens(text: &str, language: Language) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        language,
        at: 0,
        tokens: Vec::new(),
        documents: Vec::new(),
    };
    lexer.run();
    pair(&mut lexer.tokens);
    lexer.tokens
}

/// Finds which brackets belong together, and what is around each token.
fn pair(tokens: &mut [Token]) {
    let mut open: Vec<(usize, char)> = Vec::new();
    // How many of each are open: what closes none of them is not looked for.
    let mut counts = [0_usize; 3];
    let kind = |bracket: char| "([{".find(bracket).unwrap_or(0);
    for at in 0..tokens.len() {
        let closes = match tokens[at].kind {
            Kind::Mark(')') => Some('('),
            Kind::Mark(']') => Some('['),
            Kind::Mark('}') => Some('{'),
            _ => None,
        };
        if let Some(opening) = closes
            && counts[kind(opening)] > 0
            && let Some(depth) = open.iter().rposition(|(_, bracket)| *bracket == opening)
        {
            for (_, bracket) in open.drain(depth + 1..) {
                counts[kind(bracket)] -= 1;
            }
            counts[kind(opening)] -= 1;
            if let Some((partner, _)) = open.pop() {
                tokens[partner].partner = Some(at);
                tokens[at].partner = Some(partner);
            }
        }
        tokens[at].around = open.last().map(|(at, _)| *at);
        if let Kind::Mark(bracket @ ('(' | '[' | '{')) = tokens[at].kind {
            counts[kind(bracket)] += 1;
            open.push((at, bracket));
        }
    }
}

pub(super) struct Lexer<'t> {
    pub text: &'t str,
    pub language: Language,
    pub at: usize,
    pub tokens: Vec<Token>,
    /// Here-documents that begin on the next line: their last lines.
    pub documents: Vec<String>,
}

impl<'t> Lexer<'t> {
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn starts(&self, with: &str) -> bool {
        self.rest().starts_with(with)
    }

    pub(super) fn push(&mut self, kind: Kind, range: Range<usize>) {
        self.tokens.push(Token {
            kind,
            range,
            partner: None,
            around: None,
        });
    }

    /// Goes on behind the next `end`, or to the end of the text; the bytes before it.
    fn skip_past(&mut self, end: &str) -> Range<usize> {
        let from = self.at;
        match self.rest().find(end) {
            Some(length) => {
                self.at = from + length + end.len();
                from..from + length
            }
            None => {
                self.at = self.text.len();
                from..self.at
            }
        }
    }

    fn run(&mut self) {
        if self.starts("#!") {
            self.skip_past("\n");
        }
        if self.language == Language::Php {
            self.skip_past("<?php");
        }
        while let Some(first) = self.rest().chars().next() {
            let at = self.at;
            if first == '\n' {
                self.at += 1;
                self.here_documents();
            } else if first.is_whitespace() {
                self.at += first.len_utf8();
            } else if !(self.comment() || self.quoted(first)) {
                if first.is_alphabetic() || first == '_' {
                    self.name();
                } else if first.is_ascii_digit() {
                    self.take_while(|c| c.is_alphanumeric() || c == '_');
                    self.push(Kind::Number, at..self.at);
                } else {
                    self.at += first.len_utf8();
                    self.push(Kind::Mark(first), at..self.at);
                }
            }
        }
    }

    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    }

    fn name(&mut self) {
        let from = self.at;
        self.take_while(|c| c.is_alphanumeric() || c == '_');
        let name = &self.text[from..self.at];
        if self.language == Language::Python && self.starts_text() && is_prefix(name) {
            return;
        }
        let is_end = matches!(name, "__END__" | "__DATA__")
            && matches!(self.language, Language::Ruby | Language::Perl);
        if is_end {
            self.at = self.text.len();
            return;
        }
        if self.language == Language::Perl && self.perl_quote(name) {
            return;
        }
        self.push(Kind::Name, from..self.at);
    }

    fn starts_text(&self) -> bool {
        self.rest().starts_with(['"', '\''])
    }

    fn at_line_start(&self) -> bool {
        self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n'
    }

    /// Skips a comment, if one begins here.
    fn comment(&mut self) -> bool {
        let (hash, slashes) = match self.language {
            Language::JavaScript => (false, true),
            Language::Php => (!self.starts("#["), true),
            Language::Python | Language::Ruby => (true, false),
            // `$#array` is its last index.
            Language::Perl => (!matches!(self.last(), Some((Kind::Mark('$'), _))), false),
        };
        if slashes && self.starts("/*") {
            self.at += 2;
            self.skip_past("*/");
        } else if hash && self.starts("#") || slashes && self.starts("//") {
            let line = self.rest().find('\n').unwrap_or(self.rest().len());
            let tag = self.rest()[..line].find("?>");
            let ends = tag.filter(|_| self.language == Language::Php);
            self.at += ends.unwrap_or(line);
        } else if self.language == Language::Php && self.starts("?>") {
            self.at += 2;
            self.skip_past("<?");
            self.take_while(|c| c.is_ascii_alphabetic() || c == '=');
        } else if self.language == Language::Ruby && self.at_line_start() && self.starts("=begin") {
            self.skip_past("\n=end");
        } else if self.language == Language::Perl
            && self.at_line_start()
            && self.starts("=")
            && self.rest()[1..].starts_with(|c: char| c.is_ascii_alphabetic())
        {
            self.skip_past("\n=cut");
        } else {
            return false;
        }
        true
    }

    fn last(&self) -> Option<(Kind, &'t str)> {
        let last = self.tokens.last()?;
        Some((last.kind, &self.text[last.range.clone()]))
    }

    /// Whether what came before is a value, so that a `/` or a `%` divides.
    pub(super) fn after_value(&self) -> bool {
        const KEYWORDS: [&str; 22] = [
            "return",
            "typeof",
            "case",
            "in",
            "of",
            "do",
            "else",
            "void",
            "delete",
            "throw",
            "new",
            "instanceof",
            "await",
            "yield",
            "and",
            "or",
            "not",
            "if",
            "unless",
            "when",
            "split",
            "grep",
        ];
        match self.last() {
            Some((Kind::Name, name)) => !KEYWORDS.contains(&name),
            Some((Kind::Number | Kind::Text, _)) => true,
            Some((Kind::Mark(mark), _)) => matches!(mark, ')' | ']' | '}'),
            None => false,
        }
    }

    /// Takes a text in quotes, a pattern or the start of a here-document, if one begins here.
    fn quoted(&mut self, first: char) -> bool {
        let triple = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quote| self.starts(quote));
        if let (Language::Python, Some(quote)) = (self.language, triple) {
            self.at += 3;
            let range = self.skip_past(quote);
            self.push(Kind::Text, range);
            return true;
        }
        match (self.language, first) {
            (_, '"' | '\'') => self.text_to(first),
            (Language::Python, '`') => return false,
            (_, '`') => self.text_to(first),
            (Language::JavaScript | Language::Ruby | Language::Perl, '/')
                if !self.after_value() =>
            {
                self.pattern();
            }
            (Language::Ruby, '%') if !self.after_value() => return self.ruby_quote(),
            (Language::Ruby | Language::Perl | Language::Php, '<') => return self.document(),
            _ => return false,
        }
        true
    }
}

/// Letters in front of the quotes of a Python text.
fn is_prefix(name: &str) -> bool {
    name.len() <= 2 && name.chars().all(|c| "rRbBuUfF".contains(c))
}
