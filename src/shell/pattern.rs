//! Shell patterns and known strings in, whether and how much of the string they match out.
//! Source: POSIX.1-2017 XCU 2.13. Characters are compared as in the C.UTF-8 locale.
//! It knows no file names (a leading dot and `/` are ordinary) and no extended patterns.

/// A piece of a pattern, as word expansion leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternPiece<'a> {
    /// Unquoted text: `*`, `?`, `[…]` and backslashes in it are active.
    Active(&'a str),
    /// Quoted text: every character stands for itself.
    Quoted(&'a str),
}

/// One step of a compiled pattern.
#[derive(Debug)]
enum Step {
    Character(char),
    Any,
    Star,
    Set { negated: bool, members: Vec<Member> },
}

/// A member of a bracket expression.
#[derive(Debug)]
enum Member {
    Range(char, char),
    Class(IsMember),
}

/// A pattern, read.
#[derive(Debug)]
pub struct Pattern(Vec<Step>);

impl Pattern {
    /// Reads the pieces of a pattern; every text is one.
    pub fn new(pieces: &[PatternPiece<'_>]) -> Pattern {
        Pattern(compile(pieces))
    }

    /// Whether it matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        matches_whole(&self.0, &text)
    }

    /// The text without the shortest or longest prefix that the pattern matches (`${x#p}`, `${x##p}`).
    pub fn remove_prefix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        let ends = prefix_ends(self.0.iter(), text.chars());
        let mut ends = text
            .char_indices()
            .map(|(index, _)| index)
            .chain([text.len()])
            .zip(ends)
            .filter_map(|(index, matched)| matched.then_some(index));
        let end = if longest { ends.last() } else { ends.next() };
        &text[end.unwrap_or(0)..]
    }

    /// The text without the shortest or longest suffix that the pattern matches (`${x%p}`, `${x%%p}`).
    pub fn remove_suffix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        // A pattern read backwards matches the text read backwards.
        let ends = prefix_ends(self.0.iter().rev(), text.chars().rev());
        let mut starts = [text.len()]
            .into_iter()
            .chain(text.char_indices().rev().map(|(index, _)| index))
            .zip(ends)
            .filter_map(|(index, matched)| matched.then_some(index));
        let start = if longest {
            starts.last()
        } else {
            starts.next()
        };
        &text[..start.unwrap_or(text.len())]
    }

    /// Whether no match can begin with that character.
    pub fn cannot_begin_with(&self, character: char) -> bool {
        match self.0.first() {
            Some(Step::Star) | None => false,
            Some(step) => !step.accepts(character),
        }
    }
}

/// Whether the pattern matches the whole text.
pub fn matches(pattern: &[PatternPiece<'_>], text: &str) -> bool {
    Pattern::new(pattern).matches(text)
}

/// Matches with one point of return, the last star: time is at most the product of the lengths.
fn matches_whole(steps: &[Step], text: &[char]) -> bool {
    let (mut step, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match steps.get(step) {
            Some(Step::Star) => {
                star = Some((step + 1, at));
                step += 1;
            }
            Some(one) if one.accepts(text[at]) => {
                step += 1;
                at += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (step, at) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    steps[step..].iter().all(|step| matches!(step, Step::Star))
}

/// For every prefix of the text, from the empty one on: whether the steps match it. It ends where no longer one
/// can match.
fn prefix_ends<'s>(
    steps: impl ExactSizeIterator<Item = &'s Step> + Clone,
    text: impl Iterator<Item = char>,
) -> Vec<bool> {
    let count = steps.len();
    // The set of steps that can come next; stars pass it on without a character.
    let mut reached = vec![false; count + 1];
    reached[0] = true;
    let pass_stars = |reached: &mut [bool]| {
        for (index, step) in steps.clone().enumerate() {
            if reached[index] && matches!(step, Step::Star) {
                reached[index + 1] = true;
            }
        }
    };
    pass_stars(&mut reached);
    let mut ends = vec![reached[count]];
    let mut next = vec![false; count + 1];
    for character in text {
        next.fill(false);
        for (index, step) in steps.clone().enumerate() {
            if !reached[index] {
                continue;
            }
            if matches!(step, Step::Star) {
                next[index] = true;
            } else if step.accepts(character) {
                next[index + 1] = true;
            }
        }
        if !next.contains(&true) {
            break;
        }
        std::mem::swap(&mut reached, &mut next);
        pass_stars(&mut reached);
        ends.push(reached[count]);
    }
    ends
}

impl Step {
    /// Whether this step takes one character.
    fn accepts(&self, character: char) -> bool {
        match self {
            Step::Character(own) => *own == character,
            Step::Any => true,
            Step::Star => false,
            Step::Set { negated, members } => {
                let found = members.iter().any(|member| match member {
                    Member::Range(first, last) => (*first..=*last).contains(&character),
                    Member::Class(is_member) => is_member(character),
                });
                found != *negated
            }
        }
    }
}

/// Whether a character belongs to a class such as `[:alpha:]`.
type IsMember = fn(char) -> bool;

/// A character of the pattern and whether it is active.
type PatternChar = (char, bool);

fn compile(pattern: &[PatternPiece<'_>]) -> Vec<Step> {
    let mut characters: Vec<PatternChar> = Vec::new();
    for piece in pattern {
        match piece {
            PatternPiece::Quoted(text) => characters.extend(text.chars().map(|c| (c, false))),
            PatternPiece::Active(text) => {
                let mut rest = text.chars();
                while let Some(character) = rest.next() {
                    // A backslash that survived into the pattern quotes the next character.
                    match character {
                        '\\' => characters.push((rest.next().unwrap_or('\\'), false)),
                        _ => characters.push((character, true)),
                    }
                }
            }
        }
    }
    let mut steps = Vec::new();
    let mut index = 0;
    // Once one bracket has no end, none after it has.
    let mut brackets_close = true;
    while index < characters.len() {
        let (character, active) = characters[index];
        index += 1;
        steps.push(match (character, active) {
            ('*', true) => {
                if matches!(steps.last(), Some(Step::Star)) {
                    continue;
                }
                Step::Star
            }
            ('?', true) => Step::Any,
            ('[', true) if brackets_close => match bracket(&characters[index..]) {
                Some((set, length)) => {
                    index += length;
                    set
                }
                None => {
                    brackets_close = false;
                    Step::Character('[')
                }
            },
            _ => Step::Character(character),
        });
    }
    steps
}

/// The bracket expression whose `[` was read, and how many characters it takes with its `]`.
fn bracket(characters: &[PatternChar]) -> Option<(Step, usize)> {
    let mut index = 0;
    let negated = matches!(characters.first(), Some(('!' | '^', true)));
    if negated {
        index += 1;
    }
    let first = index;
    let mut members = Vec::new();
    loop {
        let (character, active) = *characters.get(index)?;
        if character == ']' && active && index > first {
            return Some((Step::Set { negated, members }, index + 1));
        }
        let opens_class =
            character == '[' && active && characters.get(index + 1) == Some(&(':', true));
        if opens_class && let Some((class, length)) = class(&characters[index + 2..]) {
            members.push(Member::Class(class));
            index += 2 + length;
            continue;
        }
        let dash = characters.get(index + 1) == Some(&('-', true));
        match characters.get(index + 2) {
            Some((last, last_active)) if dash && !(*last == ']' && *last_active) => {
                members.push(Member::Range(character, *last));
                index += 3;
            }
            _ => {
                members.push(Member::Range(character, character));
                index += 1;
            }
        }
    }
}

/// The class whose `[:` was read, and how many characters it takes with its `:]`.
fn class(characters: &[PatternChar]) -> Option<(IsMember, usize)> {
    const CLASSES: [(&str, IsMember); 12] = [
        ("alnum", |c| c.is_alphanumeric()),
        ("alpha", |c| c.is_alphabetic()),
        ("blank", |c| c == ' ' || c == '\t'),
        ("cntrl", |c| c.is_control()),
        ("digit", |c| c.is_ascii_digit()),
        ("graph", |c| !c.is_control() && !c.is_whitespace()),
        ("lower", |c| c.is_lowercase()),
        ("print", |c| !c.is_control()),
        ("punct", |c| c.is_ascii_punctuation()),
        ("space", |c| c.is_whitespace()),
        ("upper", |c| c.is_uppercase()),
        ("xdigit", |c| c.is_ascii_hexdigit()),
    ];
    CLASSES.iter().find_map(|(name, is_member)| {
        let spelled = name.chars().chain([':', ']']);
        let length = name.len() + 2;
        let same = characters.len() >= length
            && spelled.eq(characters[..length].iter().map(|(character, _)| *character));
        same.then_some((*is_member, length))
    })
}

#[cfg(test)]
mod tests {
    use super::PatternPiece::{Active, Quoted};
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        let yes = [
            ("*", ""),
            ("*", "abc"),
            ("a*c", "abbc"),
            ("a*c", "ac"),
            ("-*", "-c"),
            ("?", "é"),
            ("[a-c]x", "bx"),
            ("[!a-c]", "d"),
            ("[^a-c]", "d"),
            ("[]a]", "]"),
            ("[a-]", "-"),
            ("[[:digit:]]*", "1x"),
            ("[[:space:]x]", "x"),
            ("[", "["),
            ("[ab", "[ab"),
            (r"\*", "*"),
            ("*.sh", "x.sh"),
            ("*a*b*", "xxaxxbxx"),
            ("a", "a"),
        ];
        let no = [
            ("", "a"),
            ("?", ""),
            ("a*c", "acb"),
            ("[a-c]", "d"),
            ("[!a]", "a"),
            (r"\*", "a"),
            ("*.sh", "x.sh.gz"),
            ("[[:digit:]]", "a"),
            ("-*", "c-"),
            ("a", "A"),
        ];
        for (pattern, text) in yes {
            assert!(matches(&[Active(pattern)], text), "{pattern} {text}");
        }
        for (pattern, text) in no {
            assert!(!matches(&[Active(pattern)], text), "{pattern} {text}");
        }
    }

    #[test]
    fn quoted_pieces_stand_for_themselves() {
        assert!(matches(&[Quoted("*"), Active("*")], "*x"));
        assert!(!matches(&[Quoted("*"), Active("*")], "x"));
        assert!(matches(&[Active("["), Quoted("]"), Active("]")], "]"));
        assert!(!matches(&[Active("[a"), Quoted("-"), Active("c]")], "b"));
    }

    fn without_prefix<'t>(pattern: &[PatternPiece<'_>], text: &'t str, longest: bool) -> &'t str {
        Pattern::new(pattern).remove_prefix(text, longest)
    }

    fn without_suffix<'t>(pattern: &[PatternPiece<'_>], text: &'t str, longest: bool) -> &'t str {
        Pattern::new(pattern).remove_suffix(text, longest)
    }

    #[test]
    fn prefixes_and_suffixes_go() {
        let path = "/a/b/c.tar.gz";
        assert_eq!(without_prefix(&[Active("*/")], path, false), "a/b/c.tar.gz");
        assert_eq!(without_prefix(&[Active("*/")], path, true), "c.tar.gz");
        assert_eq!(without_suffix(&[Active(".*")], path, false), "/a/b/c.tar");
        assert_eq!(without_suffix(&[Active(".*")], path, true), "/a/b/c");
        assert_eq!(without_prefix(&[Active("-")], "-c", false), "c");
        assert_eq!(without_prefix(&[Active("x")], path, true), path);
        assert_eq!(without_prefix(&[Active("*")], "äö", true), "");
        assert_eq!(without_prefix(&[Active("*")], "äö", false), "äö");
        assert_eq!(without_prefix(&[Active("?")], "äö", false), "ö");
        assert_eq!(without_suffix(&[Active("?")], "äö", false), "ä");
        assert_eq!(
            without_suffix(&[Active("%%"), Quoted("*")], "a%%*", true),
            "a"
        );
        assert_eq!(without_suffix(&[Active("")], "a", true), "a");
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(500);
        let text = "a".repeat(2_000) + "b";
        assert!(!matches(&[Active(&pattern)], &text));
        assert_eq!(without_suffix(&[Active(&pattern)], &text, true), text);
        let brackets = "[".repeat(50_000);
        assert!(matches(&[Active(&brackets)], &brackets));
    }
}
