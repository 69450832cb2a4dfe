//! The patterns of `${A#p}`, `${A%p}` and `${A/p/w}`: `*`, `?` and escapes, no brackets
//! (`convertShellPatternToRegex` in BuildKit's `lex.go`).
//!
//! In: a pattern and a value. Out: the value trimmed or replaced. Does no file matching.

/// Which end of the value is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Start,
    End,
}

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    items: Vec<Item>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    One(char),
    Any,
    Star,
}

/// Pattern items × bytes of the value × bytes of the value that are still tried.
const MOST_WORK: usize = 20_000_000;

impl Pattern {
    /// Reads a pattern; `None` when BuildKit refuses it.
    pub(super) fn read(text: &str) -> Option<Pattern> {
        let mut items = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            items.push(match character {
                '*' => Item::Star,
                '?' => Item::Any,
                '\\' => match characters.peek() {
                    Some('}' | '/') => continue,
                    Some('*' | '?' | '\\') => Item::One(characters.next()?),
                    _ => return None,
                },
                other => Item::One(other),
            });
        }
        Some(Pattern { items })
    }

    /// Whether matching against a value of that many bytes stays cheap.
    pub(super) fn is_affordable(&self, value_length: usize) -> bool {
        let work = (self.items.len() + 1)
            .saturating_mul(value_length + 1)
            .saturating_mul(value_length + 1);
        work <= MOST_WORK
    }

    /// The value without the shortest or longest match at one end.
    pub(super) fn trim<'v>(&self, value: &'v str, side: Side, longest: bool) -> &'v str {
        match side {
            Side::Start => match self.match_ends(value, longest) {
                Some(end) => &value[end..],
                None => value,
            },
            Side::End => {
                let mut starts: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
                starts.push(value.len());
                let matches = |start: &&usize| self.matches_whole(&value[**start..]);
                let found = if longest {
                    starts.iter().find(matches)
                } else {
                    starts.iter().rev().find(matches)
                };
                found.map_or(value, |start| &value[..*start])
            }
        }
    }

    /// The value with the first or every longest match replaced.
    pub(super) fn replace(&self, value: &str, with: &str, all: bool) -> String {
        let mut output = String::new();
        let mut position = 0;
        let mut may_match = true;
        while let Some(character) = value[position..].chars().next() {
            let matched = match self.match_ends(&value[position..], true) {
                Some(length) if may_match && length > 0 => length,
                _ => {
                    output.push(character);
                    position += character.len_utf8();
                    continue;
                }
            };
            output.push_str(with);
            position += matched;
            may_match = all;
        }
        output
    }

    /// The end of the shortest or longest match that begins at the value's start.
    fn match_ends(&self, value: &str, longest: bool) -> Option<usize> {
        let mut best = None;
        let mut reached = self.reach_start();
        if reached[self.items.len()] {
            best = Some(0);
            if !longest {
                return best;
            }
        }
        for (at, character) in value.char_indices() {
            if !self.step(&mut reached, character) {
                break;
            }
            if reached[self.items.len()] {
                best = Some(at + character.len_utf8());
                if !longest {
                    return best;
                }
            }
        }
        best
    }

    fn matches_whole(&self, value: &str) -> bool {
        let mut reached = self.reach_start();
        value
            .chars()
            .all(|character| self.step(&mut reached, character))
            && reached[self.items.len()]
    }

    fn reach_start(&self) -> Vec<bool> {
        let mut reached = vec![false; self.items.len() + 1];
        reached[0] = true;
        self.skip_stars(&mut reached);
        reached
    }

    fn skip_stars(&self, reached: &mut [bool]) {
        for (index, item) in self.items.iter().enumerate() {
            if reached[index] && *item == Item::Star {
                reached[index + 1] = true;
            }
        }
    }

    /// Consumes a character; whether a match is still possible.
    fn step(&self, reached: &mut Vec<bool>, character: char) -> bool {
        let mut next = vec![false; reached.len()];
        for (index, item) in self.items.iter().enumerate() {
            if !reached[index] {
                continue;
            }
            match item {
                Item::Star => next[index] = true,
                Item::Any => next[index + 1] = true,
                Item::One(wanted) => next[index + 1] |= *wanted == character,
            }
        }
        self.skip_stars(&mut next);
        *reached = next;
        reached.iter().any(|state| *state)
    }
}
