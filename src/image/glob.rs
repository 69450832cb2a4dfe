//! Patterns over paths: `.dockerignore`, `--exclude` and the sources of COPY.
//!
//! In: a pattern and a path with `/`, both relative. Out: whether they match. Follows Go's
//! `filepath.Match`, and moby's `patternmatcher` for `**`. Touches no disk.

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    One(char),
    /// `?`: any character but `/`.
    Any,
    /// `*`: characters but `/`.
    Star,
    /// `**/`: directories, or nothing.
    Directories,
    /// `**`: anything.
    Everything,
    /// `[a-z]`.
    Class(bool, Vec<(char, char)>),
}

impl Glob {
    /// Reads a pattern. An unclosed `[` is an ordinary character (Go refuses such a pattern, and
    /// then nothing is copied at all).
    pub(super) fn new(pattern: &str) -> Glob {
        let characters: Vec<char> = pattern.chars().collect();
        let mut tokens = Vec::new();
        let mut index = 0;
        while let Some(character) = characters.get(index) {
            index += 1;
            let token = match character {
                '*' if characters.get(index) == Some(&'*') => {
                    index += 1;
                    if characters.get(index) == Some(&'/') {
                        index += 1;
                        Token::Directories
                    } else {
                        Token::Everything
                    }
                }
                '*' => Token::Star,
                '?' => Token::Any,
                '[' => match read_class(&characters, index) {
                    Some((class, after)) => {
                        index = after;
                        class
                    }
                    None => Token::One('['),
                },
                '\\' => match characters.get(index) {
                    Some(escaped) => {
                        index += 1;
                        Token::One(*escaped)
                    }
                    None => Token::One('\\'),
                },
                other => Token::One(*other),
            };
            tokens.push(token);
        }
        Glob { tokens }
    }

    /// Whether the pattern has no special characters.
    pub(super) fn is_constant(pattern: &str) -> bool {
        !pattern.contains(['*', '?', '[', '\\'])
    }

    /// Whether the whole path matches. Takes time in the product of both lengths.
    pub(super) fn matches(&self, path: &str) -> bool {
        // Most paths differ at their ends from what is wanted.
        let mut letters = path.chars().rev();
        for token in self.tokens.iter().rev() {
            let Token::One(wanted) = token else { break };
            if letters.next() != Some(*wanted) {
                return false;
            }
        }
        let path: Vec<char> = path.chars().collect();
        // `after[at]`: whether the tokens behind the current one match the path from `at` on.
        let mut after = vec![false; path.len() + 1];
        after[path.len()] = true;
        for token in self.tokens.iter().rev() {
            let mut here = vec![false; path.len() + 1];
            // For `**/`: whether some later directory boundary matches.
            let mut boundary = false;
            for at in (0..=path.len()).rev() {
                let next = path.get(at);
                let step = |accept: bool| accept && after[at + 1];
                here[at] = match token {
                    Token::One(wanted) => next.is_some_and(|c| step(c == wanted)),
                    Token::Any => next.is_some_and(|c| step(*c != '/')),
                    Token::Class(negated, ranges) => next.is_some_and(|c| {
                        let inside = ranges.iter().any(|(low, high)| low <= c && c <= high);
                        step(*c != '/' && inside != *negated)
                    }),
                    Token::Star => after[at] || next.is_some_and(|c| *c != '/' && here[at + 1]),
                    Token::Everything => after[at] || (next.is_some() && here[at + 1]),
                    Token::Directories => {
                        boundary |= next == Some(&'/') && after[at + 1];
                        after[at] || boundary
                    }
                };
            }
            after = here;
        }
        after[0]
    }

    /// Whether the path or one of its parent directories matches.
    pub(super) fn matches_or_parent(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let mut ends = ends.chain([path.len()]);
        ends.any(|end| self.matches(&path[..end]))
    }
}

fn read_class(characters: &[char], start: usize) -> Option<(Token, usize)> {
    let mut index = start;
    let negated = characters.get(index) == Some(&'^');
    index += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let low = class_character(characters, &mut index)?;
        if characters.get(index) == Some(&'-') {
            index += 1;
            ranges.push((low, class_character(characters, &mut index)?));
        } else {
            ranges.push((low, low));
        }
        if characters.get(index) == Some(&']') {
            return Some((Token::Class(negated, ranges), index + 1));
        }
    }
}

fn class_character(characters: &[char], index: &mut usize) -> Option<char> {
    let mut character = *characters.get(*index)?;
    *index += 1;
    if character == '\\' {
        character = *characters.get(*index)?;
        *index += 1;
    }
    (character != ']').then_some(character)
}

/// The patterns of a `.dockerignore` or of several `--exclude`: the last that matches decides.
#[derive(Clone, Debug, Default)]
pub(super) struct Exclusion {
    patterns: Vec<(bool, Glob)>,
}

impl Exclusion {
    /// Reads the lines of a `.dockerignore`.
    pub(super) fn read(text: &str) -> Exclusion {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Exclusion::of(lines)
    }

    /// Reads patterns; empty ones do not count.
    pub(super) fn of<'p>(patterns: impl Iterator<Item = &'p str>) -> Exclusion {
        let patterns = patterns.filter_map(|pattern| {
            let pattern = pattern.trim();
            let (except, pattern) = match pattern.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, pattern),
            };
            let tidy = super::path::tidy_relative(pattern);
            (!tidy.is_empty()).then(|| (except, Glob::new(&tidy)))
        });
        Exclusion {
            patterns: patterns.collect(),
        }
    }

    /// Whether a path is left out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        let deciding = self.patterns.iter().rev();
        let mut deciding = deciding.filter(|(_, glob)| glob.matches_or_parent(path));
        deciding.next().is_some_and(|(except, _)| !except)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go_and_moby() {
        let table = [
            ("*.sh", "a.sh", true),
            ("*.sh", "x/a.sh", false),
            ("**/*.sh", "a.sh", true),
            ("**/*.sh", "x/y/a.sh", true),
            ("a/**", "a/b/c", true),
            ("a/**", "ab", false),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("[x", "[x", true),
            ("**/node_modules", "a/node_modules", true),
            ("**/node_modules", "anode_modules", false),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(
                Glob::new(pattern).matches(path),
                expected,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn the_last_matching_line_of_an_ignore_file_decides() {
        let ignore = Exclusion::read("# all\n*\n!src/\n/src/*.tmp\n\n!/src/keep.tmp\n");
        assert!(ignore.excludes("a"));
        assert!(!ignore.excludes("src/a"));
        assert!(ignore.excludes("src/a.tmp"));
        assert!(!ignore.excludes("src/keep.tmp"));
    }
}
