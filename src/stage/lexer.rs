//! Expansion of variables in the arguments of instructions, as BuildKit's
//! `frontend/dockerfile/shell/lex.go` does it.
//!
//! In: a word and a look-up of variables. Out: the expanded text and what each stretch of it stands
//! for. Does not split into words and does not know where variables come from.

use std::ops::Range;

use super::pattern::{Pattern, Side};
use crate::source::{Known, Mapped, Run, Why};

/// Longer values are not computed: the kernel refuses them in an environment (`MAX_ARG_STRLEN`), and
/// `ENV A=$A$A` doubles on every line.
const LONGEST_VALUE: usize = 128 * 1024;

/// Longer here-documents are not computed.
const LONGEST_BODY: usize = 8 * 1024 * 1024;

/// `${A:-${B:-…}}` deeper than this is not followed.
const DEEPEST_NESTING: usize = 32;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Its value.
    Set(String),
    /// It is not set.
    Unset,
    /// A build argument without a default: unset in a plain `docker build`, but made to be given.
    /// `${A:-x}` takes the `x`; a bare `$A` is not known.
    NotGiven(Why),
    /// Nothing is known of it.
    Unknown(Why),
}

/// How the lexer treats quotes and the escape character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The escape character.
    pub escape: char,
    /// Whether quotes are ordinary characters: bodies of here-documents.
    pub plain_quotes: bool,
}

impl Dialect {
    /// The arguments of an instruction in a file with that escape character.
    pub fn arguments(escape: char) -> Dialect {
        Dialect {
            escape,
            plain_quotes: false,
        }
    }

    /// The body of an unquoted here-document of COPY or ADD: always `\`, quotes are kept
    /// (`dispatch` in BuildKit's `convert.go` sets `SkipProcessQuotes`).
    pub fn heredoc() -> Dialect {
        Dialect {
            escape: '\\',
            plain_quotes: true,
        }
    }
}

impl Dialect {
    fn longest(self) -> usize {
        if self.plain_quotes {
            LONGEST_BODY
        } else {
            LONGEST_VALUE
        }
    }
}

/// An expanded word.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The text, quotes and escapes resolved.
    pub text: Known<String>,
    /// The `$…` of the word that were replaced, as ranges of the word, and by what, in order.
    pub variables: Vec<(Range<usize>, String)>,
    runs: Vec<Run>,
}

impl Expanded {
    /// The text, mapped to the bytes behind `word`: the text that was expanded.
    pub fn mapped(&self, word: &Mapped) -> Known<Mapped> {
        let text = match &self.text {
            Known::Known(text) => text,
            Known::Unknown(why) => return Known::Unknown(why.clone()),
        };
        let mut runs = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let part = word.slice(run.source..run.source + run.source_len);
            if run.copied {
                runs.extend(part.runs().iter().map(|inner| Run {
                    derived: inner.derived + run.derived,
                    ..inner.clone()
                }));
            } else {
                let span = part.full_span();
                runs.push(Run {
                    derived: run.derived,
                    derived_len: run.derived_len,
                    source: span.start,
                    source_len: span.end - span.start,
                    copied: false,
                });
            }
        }
        Known::Known(Mapped::new(word.source(), text.as_str(), runs))
    }
}

/// Expands a word. `look_up` answers what a name stands for.
pub fn expand(word: &str, dialect: Dialect, look_up: &dyn Fn(&str) -> Variable) -> Expanded {
    let mut lexer = Lexer {
        word,
        position: 0,
        dialect,
        look_up,
        depth: 0,
    };
    let mut output = Output::default();
    let result = lexer.read(None, false, &mut output);
    Expanded {
        text: match result {
            Ok(()) => Known::Known(output.text),
            Err(why) => Known::Unknown(why),
        },
        variables: output.variables,
        runs: output.runs,
    }
}

#[derive(Default)]
struct Output {
    text: String,
    runs: Vec<Run>,
    variables: Vec<(Range<usize>, String)>,
}

impl Output {
    fn copy(&mut self, character: char, at: usize) {
        let length = character.len_utf8();
        match self.runs.last_mut() {
            Some(run) if run.copied && run.source + run.source_len == at => {
                run.derived_len += length;
                run.source_len += length;
            }
            _ => self.runs.push(Run {
                derived: self.text.len(),
                derived_len: length,
                source: at,
                source_len: length,
                copied: true,
            }),
        }
        self.text.push(character);
    }

    fn replace(&mut self, value: &str, range: Range<usize>) {
        self.runs.push(Run {
            derived: self.text.len(),
            derived_len: value.len(),
            source: range.start,
            source_len: range.len(),
            copied: false,
        });
        self.text.push_str(value);
        self.variables.push((range, value.to_owned()));
    }
}

struct Lexer<'a> {
    word: &'a str,
    position: usize,
    dialect: Dialect,
    look_up: &'a dyn Fn(&str) -> Variable,
    depth: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.word[self.position..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }

    /// Reads up to `stop`, which is consumed, or to the end.
    fn read(
        &mut self,
        stop: Option<char>,
        raw_escapes: bool,
        output: &mut Output,
    ) -> Result<(), Why> {
        while let Some(character) = self.peek() {
            if output.text.len() > self.dialect.longest() {
                return Err(Why::new("the expanded text is too long"));
            }
            if Some(character) == stop {
                self.next();
                return Ok(());
            }
            match character {
                '$' => self.dollar(output)?,
                '\'' if !self.dialect.plain_quotes => self.single_quotes(output)?,
                '"' if !self.dialect.plain_quotes => self.double_quotes(raw_escapes, output)?,
                _ if character == self.dialect.escape => {
                    let at = self.position;
                    self.next();
                    if raw_escapes {
                        output.copy(character, at);
                    }
                    let at = self.position;
                    if let Some(escaped) = self.next() {
                        output.copy(escaped, at);
                    }
                }
                _ => {
                    let at = self.position;
                    self.next();
                    output.copy(character, at);
                }
            }
        }
        match stop {
            None => Ok(()),
            Some(stop) => Err(Why::new(format!(
                "a `{stop}` is missing in `{}`",
                brief(self.word)
            ))),
        }
    }

    fn single_quotes(&mut self, output: &mut Output) -> Result<(), Why> {
        self.next();
        loop {
            let at = self.position;
            match self.next() {
                None => return Err(self.unclosed('\'')),
                Some('\'') => return Ok(()),
                Some(character) => output.copy(character, at),
            }
        }
    }

    fn double_quotes(&mut self, raw_escapes: bool, output: &mut Output) -> Result<(), Why> {
        self.next();
        loop {
            let at = self.position;
            match self.peek() {
                None => return Err(self.unclosed('"')),
                Some('"') => {
                    self.next();
                    return Ok(());
                }
                Some('$') => self.dollar(output)?,
                Some(character) => {
                    self.next();
                    if character != self.dialect.escape {
                        output.copy(character, at);
                        continue;
                    }
                    if raw_escapes {
                        output.copy(character, at);
                    }
                    match self.peek() {
                        None => {}
                        Some(next) if next == '"' || next == '$' || next == character => {
                            let at = self.position;
                            self.next();
                            output.copy(next, at);
                        }
                        Some(_) => output.copy(character, at),
                    }
                }
            }
        }
    }

    fn unclosed(&self, quote: char) -> Why {
        Why::new(format!("a {quote} is not closed in `{}`", brief(self.word)))
    }

    fn dollar(&mut self, output: &mut Output) -> Result<(), Why> {
        let start = self.position;
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                output.copy('$', start);
                return Ok(());
            }
            let value = plain(&name, (self.look_up)(&name))?;
            output.replace(&value, start..self.position);
            return Ok(());
        }
        self.depth += 1;
        if self.depth > DEEPEST_NESTING {
            return Err(Why::new("its expansions are nested too deeply"));
        }
        self.next();
        let value = self.braces()?;
        self.depth -= 1;
        output.replace(&value, start..self.position);
        Ok(())
    }

    /// The value of `${…}`, after the opening brace.
    fn braces(&mut self) -> Result<String, Why> {
        if matches!(self.peek(), None | Some('{' | '}' | ':')) {
            return Err(self.bad());
        }
        let name = self.name();
        let variable = (self.look_up)(&name);
        let mut operator = self.next();
        let mut empty_is_unset = false;
        if operator == Some(':') {
            empty_is_unset = true;
            operator = self.next();
        }
        match operator {
            Some('}') if !empty_is_unset => plain(&name, variable),
            Some(operator @ ('-' | '+' | '?' | '#' | '%')) => {
                let raw = matches!(operator, '#' | '%');
                let word = self.inner('}', raw)?;
                let set = match &variable {
                    Variable::Set(value) => Some(value.as_str()),
                    Variable::Unset | Variable::NotGiven(_) => None,
                    Variable::Unknown(why) => return Err(why.clone()),
                };
                let usable = set.filter(|value| !(empty_is_unset && value.is_empty()));
                match operator {
                    '-' => Ok(usable.map_or(word, str::to_owned)),
                    '+' => Ok(if usable.is_some() {
                        word
                    } else {
                        String::new()
                    }),
                    '?' => usable.map(str::to_owned).ok_or_else(|| match &variable {
                        Variable::NotGiven(why) => why.clone(),
                        _ => Why::new(format!("`{name}` must be set: the build stops here")),
                    }),
                    _ => {
                        let value = plain(&name, variable.clone())?;
                        let (longest, pattern) = match word.strip_prefix(operator) {
                            Some(rest) => (true, rest),
                            None => (false, word.as_str()),
                        };
                        let side = if operator == '#' {
                            Side::Start
                        } else {
                            Side::End
                        };
                        let pattern = self.pattern(pattern, value.len())?;
                        Ok(pattern.trim(&value, side, longest).to_owned())
                    }
                }
            }
            Some('/') if !empty_is_unset => {
                let all = self.peek() == Some('/');
                if all {
                    self.next();
                }
                let pattern = self.inner('/', true)?;
                let with = self.inner('}', true)?;
                let value = plain(&name, variable)?;
                let pattern = self.pattern(&pattern, value.len())?;
                Ok(pattern.replace(&value, &with, all))
            }
            _ => Err(self.bad()),
        }
    }

    fn inner(&mut self, stop: char, raw_escapes: bool) -> Result<String, Why> {
        let mut output = Output::default();
        self.read(Some(stop), raw_escapes, &mut output)?;
        Ok(output.text)
    }

    fn pattern(&self, text: &str, value_length: usize) -> Result<Pattern, Why> {
        Pattern::read(text)
            .filter(|pattern| pattern.is_affordable(value_length))
            .ok_or_else(|| self.bad())
    }

    fn bad(&self) -> Why {
        Why::new(format!("`{}` is no valid substitution", brief(self.word)))
    }

    fn name(&mut self) -> String {
        let rest = &self.word[self.position..];
        let Some(first) = rest.chars().next() else {
            return String::new();
        };
        let length = if first.is_ascii_digit() {
            rest.find(|c: char| !c.is_ascii_digit())
        } else if "@*#?-$!".contains(first) {
            Some(first.len_utf8())
        } else {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_')
        };
        let length = length.unwrap_or(rest.len());
        self.position += length;
        rest[..length].to_owned()
    }
}

fn plain(name: &str, variable: Variable) -> Result<String, Why> {
    match variable {
        Variable::Set(value) => Ok(value),
        Variable::Unset => Ok(String::new()),
        Variable::NotGiven(why) | Variable::Unknown(why) => {
            debug_assert!(!name.is_empty());
            Err(why)
        }
    }
}

/// The beginning of a text, for messages.
fn brief(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn look_up(name: &str) -> Variable {
        match name {
            "A" => Variable::Set("value".into()),
            "FILE" => Variable::Set("foo.tar.gz".into()),
            "EMPTY" => Variable::Set(String::new()),
            "ARG" => Variable::NotGiven(Why::new("`ARG` is not given")),
            "LOST" => Variable::Unknown(Why::new("nobody knows")),
            _ => Variable::Unset,
        }
    }

    fn expanded(word: &str) -> Option<String> {
        let word = expand(word, Dialect::arguments('\\'), &look_up);
        word.text.value().cloned()
    }

    #[test]
    fn every_form_of_buildkit() {
        // The expectations follow BuildKit's own table `shell/envVarTest`.
        let table = [
            ("$A", "value"),
            ("${A}x", "valuex"),
            ("$Ax", ""),
            ("'$A'", "$A"),
            ("\"$A\"", "value"),
            ("\\$A", "$A"),
            ("\"\\$A\"", "$A"),
            ("\"a\\nb\"", "a\\nb"),
            ("a\\nb", "anb"),
            ("$", "$"),
            ("a$", "a$"),
            ("$@", ""),
            ("$1x", "x"),
            ("${A:-w}", "value"),
            ("${B:-w}", "w"),
            ("${EMPTY:-w}", "w"),
            ("${EMPTY-w}", ""),
            ("${B-w}", "w"),
            ("${A:+w}", "w"),
            ("${B:+w}", ""),
            ("${EMPTY:+w}", ""),
            ("${EMPTY+w}", "w"),
            ("${B:-${A}}", "value"),
            ("${B:-'$A'}", "$A"),
            ("${A:?m}", "value"),
            ("${EMPTY?m}", ""),
            ("${FILE#*.}", "tar.gz"),
            ("${FILE##*.}", "gz"),
            ("${FILE%.*}", "foo.tar"),
            ("${FILE%%.*}", "foo"),
            ("${FILE%?z}", "foo.tar."),
            ("${FILE/o/0}", "f0o.tar.gz"),
            ("${FILE//o/0}", "f00.tar.gz"),
            ("${FILE/./-}", "foo-tar.gz"),
            ("${FILE/*./}", "gz"),
            ("${ARG:-w}", "w"),
            ("${ARG:+w}", ""),
        ];
        for (word, expected) in table {
            assert_eq!(expanded(word).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn what_is_not_known_or_not_valid_is_unknown() {
        for word in [
            "$ARG",
            "${ARG}",
            "$LOST",
            "${LOST:-w}",
            "${A",
            "${}",
            "${:x}",
            "${A^^}",
            "'a",
            "\"a",
            "${B:?m}",
            "${A/x}",
        ] {
            assert_eq!(expanded(word), None, "{word}");
        }
        let deep = "${B:-".repeat(5000);
        assert_eq!(expanded(&deep), None);
    }

    #[test]
    fn the_escape_character_is_the_files() {
        let word = expand("a\\b`$A", Dialect::arguments('`'), &look_up);
        assert_eq!(word.text.value().map(String::as_str), Some("a\\b$A"));
    }

    #[test]
    fn a_heredoc_keeps_its_quotes_and_loses_its_parameters() {
        let source = Source::new("f", "exec \"$@\" '$A' \\$A");
        let body = Mapped::whole(&source);
        let word = expand(body.text(), Dialect::heredoc(), &look_up);
        let text = word.mapped(&body);
        let text = text.value().expect("all of it is known");
        assert_eq!(text.text(), "exec \"\" 'value' $A");
        assert_eq!(
            word.variables,
            [(6..8, String::new()), (11..13, "value".into())]
        );
        assert_eq!(text.span(9..14).text(), "$A");
        assert_eq!(text.span(0..4).text(), "exec");
    }
}
