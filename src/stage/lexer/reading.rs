//! Reading a word from left to right: quotes, escapes, and `$…` with their operators.

use super::output::Output;
use super::{Dialect, Variable};
use crate::source::Why;
use crate::stage::pattern::{Pattern, Side};

/// `${A:-${B:-…}}` deeper than this is not followed.
const DEEPEST_NESTING: usize = 32;

/// Where the reading of a word stands.
pub(super) struct Lexer<'a> {
    word: &'a str,
    position: usize,
    dialect: Dialect,
    look_up: &'a dyn Fn(&str) -> Variable,
    depth: usize,
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Option<char> {
        self.word[self.position..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }

    /// At the beginning of a word. `look_up` answers what a name stands for.
    pub(super) fn new(
        word: &'a str,
        dialect: Dialect,
        look_up: &'a dyn Fn(&str) -> Variable,
    ) -> Lexer<'a> {
        Lexer {
            word,
            position: 0,
            dialect,
            look_up,
            depth: 0,
        }
    }

    /// Reads up to `stop`, which is consumed, or to the end.
    pub(super) fn read(
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
