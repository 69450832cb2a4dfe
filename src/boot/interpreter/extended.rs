//! Extended patterns of bash: `@(a|b)`, `?(a)`, `*(a)`, `+(a)`, `!(a)`.
//!
//! In: the stretches of a pattern. Out: a regular expression that matches the same texts; `None` where none does so.

use std::rc::Rc;

use regex::Regex;

use super::pattern::Stretch;
use crate::boot::expression::compile;

/// Longer patterns are not read.
const LONGEST: usize = 512;

/// A character of the pattern and whether it is active.
type Letter = (char, bool);

/// A pattern that is extended, as a regular expression of whole texts.
pub(super) struct Extended {
    expression: Rc<Regex>,
    /// It matches what the expression does not.
    negated: bool,
}

/// Whether something in the pattern goes beyond plain ones.
pub(super) fn is_extended(stretches: &[Stretch]) -> bool {
    let opens = |text: &str| {
        let mut pairs = text.as_bytes().windows(2);
        pairs.any(|pair| b"?*+@!".contains(&pair[0]) && pair[1] == b'(')
    };
    let is_active = |stretch: &&Stretch| stretch.extended && !stretch.quoted;
    let mut active = stretches.iter().filter(is_active);
    active.any(|stretch| opens(&stretch.text))
}

impl Extended {
    /// Reads a pattern. What is not to match is understood where it is all of the pattern.
    pub(super) fn read(stretches: &[Stretch]) -> Option<Extended> {
        let letters = letters(stretches);
        if letters.len() > LONGEST {
            return None;
        }
        let negated = letters.starts_with(&[('!', true), ('(', true)]);
        let mut reader = Reader {
            letters: &letters[if negated { 2 } else { 0 }..],
            out: String::from("^(?s:"),
        };
        match negated {
            true => reader.alternatives(1)?,
            false => reader.sequence(0)?,
        }
        reader.out.push_str(")$");
        let is_whole = reader.letters.is_empty();
        let expression = compile(&reader.out, false).filter(|_| is_whole)?;
        Some(Extended {
            expression,
            negated,
        })
    }

    /// Whether it matches the whole text.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.expression.is_match(text) != self.negated
    }

    /// The text without the shortest or longest prefix that it matches.
    pub(super) fn remove_prefix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let mut ends = ends.filter(|end| self.matches(&text[..*end]));
        let end = if longest {
            ends.next_back()
        } else {
            ends.next()
        };
        &text[end.unwrap_or(0)..]
    }

    /// The text without the shortest or longest suffix that it matches.
    pub(super) fn remove_suffix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let mut starts = starts.filter(|start| self.matches(&text[*start..]));
        let start = if longest {
            starts.next()
        } else {
            starts.next_back()
        };
        &text[..start.unwrap_or(text.len())]
    }
}

fn letters(stretches: &[Stretch]) -> Vec<Letter> {
    let mut letters = Vec::new();
    for stretch in stretches {
        let mut rest = stretch.text.chars();
        while let Some(letter) = rest.next() {
            letters.push(match letter {
                '\\' if !stretch.quoted => (rest.next().unwrap_or('\\'), false),
                letter => (letter, !stretch.quoted),
            });
        }
    }
    letters
}

/// Turns letters into an expression.
struct Reader<'l> {
    letters: &'l [Letter],
    out: String,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<Letter> {
        let (first, rest) = self.letters.split_first()?;
        self.letters = rest;
        Some(*first)
    }

    /// Up to the end, or within a group up to `|` or `)`.
    fn sequence(&mut self, depth: usize) -> Option<()> {
        while let Some((letter, active)) = self.letters.first().copied() {
            if active && depth > 0 && matches!(letter, '|' | ')') {
                return Some(());
            }
            self.take();
            let opens = self.letters.first() == Some(&('(', true));
            match (letter, active) {
                ('@' | '?' | '*' | '+', true) if opens && depth < 8 => {
                    self.take();
                    self.alternatives(depth + 1)?;
                    if letter != '@' {
                        self.out.push(letter);
                    }
                }
                ('!', true) if opens => return None,
                ('*', true) => self.out.push_str(".*"),
                ('?', true) => self.out.push('.'),
                ('[', true) => self.bracket()?,
                (letter, _) => self
                    .out
                    .push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
            }
        }
        Some(())
    }

    /// `(a|b)`, whose parenthesis has been taken.
    fn alternatives(&mut self, depth: usize) -> Option<()> {
        self.out.push_str("(?:");
        loop {
            self.sequence(depth)?;
            match self.take()? {
                ('|', _) => self.out.push('|'),
                _ => break,
            }
        }
        self.out.push(')');
        Some(())
    }

    /// `[…]`, whose bracket has been taken.
    fn bracket(&mut self) -> Option<()> {
        self.out.push('[');
        if matches!(self.letters.first(), Some(('!' | '^', true))) {
            self.take();
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            let (letter, active) = self.take()?;
            match (letter, active) {
                (']', true) if !is_first => break,
                ('[', true) if self.letters.first() == Some(&(':', true)) => {
                    self.out.push('[');
                    loop {
                        let (letter, _) = self.take()?;
                        self.out.push(letter);
                        if letter == ']' {
                            break;
                        }
                    }
                }
                ('-', true) => self.out.push('-'),
                (letter, _) if letter.is_alphanumeric() || letter.is_whitespace() => {
                    self.out.push(letter);
                }
                (letter, _) => self.out.extend(['\\', letter]),
            }
            is_first = false;
        }
        self.out.push(']');
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str) -> Option<Extended> {
        Extended::read(&[Stretch {
            text: pattern.to_owned(),
            quoted: false,
            extended: true,
        }])
    }

    #[test]
    fn texts_match_as_in_bash() {
        let yes = [
            ("@(app|worker)[0-9]", "app1"),
            ("?(-)+([0-9])", "-12"),
            ("*(a|b)c", "ababc"),
            ("*(a|b)c", "c"),
            ("!(a*)", "b"),
            ("+([[:space:]])", " \t"),
            ("@(*.sh|x?)", "a.sh"),
            ("+([!-])", "abc"),
            ("@(a.b)", "a.b"),
        ];
        let no = [
            ("@(app|worker)[0-9]", "app"),
            ("?(-)+([0-9])", "-"),
            ("!(a*)", "ab"),
            ("+([!-])", "a-c"),
            ("@(a.b)", "axb"),
        ];
        for (pattern, text) in yes {
            assert!(
                read(pattern).is_some_and(|read| read.matches(text)),
                "{pattern} {text}"
            );
        }
        for (pattern, text) in no {
            assert!(
                read(pattern).is_some_and(|read| !read.matches(text)),
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn what_is_not_read_is_none() {
        for pattern in ["@(a", "x!(a)", "!(a)x", "@([a)"] {
            assert!(read(pattern).is_none(), "{pattern}");
        }
    }
}
