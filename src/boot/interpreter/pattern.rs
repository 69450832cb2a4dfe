//! Patterns that expansion has left: owned pieces over the pure functions of `shell::pattern`.

use super::extended::{Extended, is_extended};
use crate::shell::pattern::{Pattern, PatternPiece};

/// A stretch of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its text.
    pub(super) text: String,
    /// Whether every character of it stands for itself.
    pub(super) quoted: bool,
    /// Whether `@(a|b)` and the like are more than their characters.
    pub(super) extended: bool,
}

impl Stretch {
    /// Text in which no character is active.
    pub(super) fn quoted(text: &str) -> Stretch {
        Stretch {
            text: text.to_owned(),
            quoted: true,
            extended: false,
        }
    }

    /// Whether the character may begin an extended pattern.
    pub(super) fn is_extended_at(&self, letter: char) -> bool {
        self.extended && matches!(letter, '+' | '@' | '!')
    }

    /// Unquoted text of a plain pattern.
    pub(super) fn active(text: &str) -> Stretch {
        Stretch {
            text: text.to_owned(),
            quoted: false,
            extended: false,
        }
    }
}

/// The longest text in which matches are replaced; longer ones stay unknown.
const LONGEST: usize = 4096;

/// The same for extended patterns, which are tried at every place.
const LONGEST_EXTENDED: usize = 256;

/// A pattern, read once.
enum Matcher {
    Plain(Pattern),
    Extended(Extended),
}

impl Matcher {
    /// `None` for a pattern that is not understood.
    fn read(stretches: &[Stretch]) -> Option<Matcher> {
        if is_extended(stretches) {
            return Extended::read(stretches).map(Matcher::Extended);
        }
        let pieces = stretches.iter().map(|stretch| match stretch.quoted {
            true => PatternPiece::Quoted(&stretch.text),
            false => PatternPiece::Active(&stretch.text),
        });
        Some(Matcher::Plain(Pattern::new(&pieces.collect::<Vec<_>>())))
    }

    /// The longest text that is looked through.
    fn longest(&self) -> usize {
        match self {
            Matcher::Plain(_) => LONGEST,
            Matcher::Extended(_) => LONGEST_EXTENDED,
        }
    }

    /// Whether no match can begin with that character.
    fn cannot_begin_with(&self, character: char) -> bool {
        match self {
            Matcher::Plain(pattern) => pattern.cannot_begin_with(character),
            Matcher::Extended(_) => false,
        }
    }

    fn remove_prefix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        match self {
            Matcher::Plain(pattern) => pattern.remove_prefix(text, longest),
            Matcher::Extended(extended) => extended.remove_prefix(text, longest),
        }
    }

    fn remove_suffix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        match self {
            Matcher::Plain(pattern) => pattern.remove_suffix(text, longest),
            Matcher::Extended(extended) => extended.remove_suffix(text, longest),
        }
    }
}

/// Whether the pattern matches the whole text; `None` for one that is not understood.
pub(super) fn matches(stretches: &[Stretch], text: &str) -> Option<bool> {
    Some(match Matcher::read(stretches)? {
        Matcher::Plain(pattern) => pattern.matches(text),
        Matcher::Extended(extended) => extended.matches(text),
    })
}

/// See [`Pattern::remove_prefix`]; `None` for a pattern that is not understood, or a text that is too long for it.
pub(super) fn remove_prefix<'t>(
    stretches: &[Stretch],
    text: &'t str,
    longest: bool,
) -> Option<&'t str> {
    Some(for_prefixes(stretches, text)?.remove_prefix(text, longest))
}

/// See [`Pattern::remove_suffix`] and [`remove_prefix`].
pub(super) fn remove_suffix<'t>(
    stretches: &[Stretch],
    text: &'t str,
    longest: bool,
) -> Option<&'t str> {
    Some(for_prefixes(stretches, text)?.remove_suffix(text, longest))
}

/// A pattern with which the beginnings or ends of a text can be looked at.
fn for_prefixes(stretches: &[Stretch], text: &str) -> Option<Matcher> {
    let is_short =
        |matcher: &Matcher| matches!(matcher, Matcher::Plain(_)) || text.len() <= LONGEST;
    Matcher::read(stretches).filter(is_short)
}

/// `${x/pattern/with}`; `None` when the text is too long to be looked through.
pub(super) fn replace(
    stretches: &[Stretch],
    text: &str,
    with: &str,
    all: bool,
    anchor: Option<char>,
) -> Option<String> {
    let matcher = Matcher::read(stretches).filter(|matcher| text.len() <= matcher.longest())?;
    match anchor {
        Some('#') => {
            let rest = matcher.remove_prefix(text, true);
            let matched = rest.len() < text.len();
            return Some(if matched {
                format!("{with}{rest}")
            } else {
                text.to_owned()
            });
        }
        Some('%') => {
            let rest = matcher.remove_suffix(text, true);
            let matched = rest.len() < text.len();
            return Some(if matched {
                format!("{rest}{with}")
            } else {
                text.to_owned()
            });
        }
        _ => {}
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = match matcher.cannot_begin_with(first) {
            true => rest,
            false => matcher.remove_prefix(rest, true),
        };
        if after.len() < rest.len() {
            out.push_str(with);
            rest = after;
            if !all {
                break;
            }
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The text of a pattern in which nothing is active.
pub(super) fn literal(stretches: &[Stretch]) -> Option<String> {
    if is_extended(stretches) {
        return None;
    }
    let mut out = String::new();
    for stretch in stretches {
        if !stretch.quoted && stretch.text.contains(['*', '?', '[', '\\']) {
            return None;
        }
        out.push_str(&stretch.text);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(text: &str) -> Vec<Stretch> {
        vec![Stretch::active(text)]
    }

    #[test]
    fn replacing_takes_the_longest_match() {
        assert_eq!(
            replace(&active("a*"), "xaay", "b", false, None).as_deref(),
            Some("xb")
        );
        assert_eq!(
            replace(&active("a"), "aXa", "b", true, None).as_deref(),
            Some("bXb")
        );
        assert_eq!(
            replace(&active("-"), "a-b-c", "_", false, None).as_deref(),
            Some("a_b-c")
        );
        assert_eq!(
            replace(&active("a"), "aXa", "b", false, Some('%')).as_deref(),
            Some("aXb")
        );
    }

    #[test]
    fn quoted_stars_are_literal() {
        let stretches = vec![Stretch::quoted("a*")];
        assert_eq!(literal(&stretches).as_deref(), Some("a*"));
        assert_eq!(literal(&active("a*")), None);
    }
}
