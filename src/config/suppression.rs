//! Comments that silence findings: `# pidone: ignore[rule] reason` and, where it is wanted, hadolint's.
//!
//! In: the text of a Dockerfile or a script. Out: which rules are silent on which lines, and which comment
//! says so. A comment counts in its own line, and when it stands alone, for the next instruction or command.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Source, Span};

/// The comments of a file.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    list: Vec<Suppression>,
}

/// A comment that silences, or that fails to say what.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The comment from its `#` on.
    pub span: Span,
    /// What it names.
    pub ignored: Vec<Ignored>,
    /// Lines that it speaks of, from 1; all of them for `ignore-file`.
    lines: Range<usize>,
    /// Whether it is a comment for hadolint, which others may need.
    pub foreign: bool,
    /// What keeps it from being understood; lower case, no full stop.
    pub mistake: Option<String>,
}

/// A name in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The rule.
    pub rule: String,
    /// Where the name stands.
    pub span: Span,
}

/// hadolint's rules that ask what rules here answer.
const HADOLINT: [(&str, &[&str]); 3] = [
    (
        "DL3025",
        &[
            "shell-holds-pid1",
            "fragile-implicit-exec",
            "malformed-exec-form",
        ],
    ),
    ("DL4003", &["several-entrypoints"]),
    ("DL4004", &["several-entrypoints"]),
];

impl Suppressions {
    /// Reads the comments of a text; `hadolint` says whether those for hadolint count.
    pub fn read(source: &Arc<Source>, hadolint: bool) -> Suppressions {
        let text = source.text();
        let may_have = text.contains("pidone:") || (hadolint && text.contains("hadolint"));
        if !may_have {
            return Suppressions::default();
        }
        let lines: Vec<&str> = text.lines().collect();
        let following = following(&lines);
        let mut list = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            let Some((at, comment)) = comment(line) else {
                continue;
            };
            let is_alone = line[..at].trim().is_empty();
            let next = match is_alone {
                true => following[index + 1].clone(),
                false => index + 1..index + 2,
            };
            let all = 1..usize::MAX;
            let place = |name: &str| {
                let start = name.as_ptr() as usize - text.as_ptr() as usize;
                Span::new(source, start..start + name.len())
            };
            let mut add = |lines, ignored, foreign, mistake| {
                list.push(Suppression {
                    span: Span::new(source, start + at..start + line.trim_end().len()),
                    ignored,
                    lines,
                    foreign,
                    mistake,
                });
            };
            if let Some(rest) = comment.strip_prefix("pidone:") {
                let rest = rest.trim_start();
                let (lines, rest) = match rest.strip_prefix("ignore-file") {
                    Some(rest) => (all, Some(rest)),
                    None => (next, rest.strip_prefix("ignore")),
                };
                let inside = rest.and_then(|rest| rest.trim_start().strip_prefix('['));
                let inside = inside.and_then(|rest| rest.split_once(']'));
                let Some((names, _reason)) = inside else {
                    let mistake = "expected `ignore[rule]` or `ignore-file[rule]`".to_owned();
                    add(lines, Vec::new(), false, Some(mistake));
                    continue;
                };
                let names = names.split(',').map(str::trim);
                let ignored = names.map(|name| Ignored {
                    rule: name.to_owned(),
                    span: place(name),
                });
                add(lines, ignored.collect(), false, None);
            } else if hadolint && let Some(rest) = comment.strip_prefix("hadolint") {
                let rest = rest.trim_start();
                let (lines, rest) = match rest.strip_prefix("global") {
                    Some(rest) => (all, rest.trim_start()),
                    None => (next, rest),
                };
                let Some(names) = rest.strip_prefix("ignore") else {
                    continue;
                };
                let names = names.trim_start().strip_prefix('=').unwrap_or_default();
                let names = names.split(',').filter_map(|name| {
                    let name = name.split_whitespace().next()?;
                    let (_, rules) = HADOLINT.iter().find(|(known, _)| *known == name)?;
                    Some((place(name), *rules))
                });
                let ignored = names.flat_map(|(span, rules)| {
                    rules.iter().map(move |rule| Ignored {
                        rule: (*rule).to_owned(),
                        span: span.clone(),
                    })
                });
                add(lines, ignored.collect(), true, None);
            }
        }
        Suppressions { list }
    }

    /// Whether a rule is silent on a line; the answer is the comment's index and that of the name.
    pub fn of(&self, rule: &str, line: usize) -> Option<(usize, usize)> {
        let list = self.list.iter().enumerate();
        list.filter(|(_, comment)| comment.lines.contains(&line))
            .find_map(|(index, comment)| {
                let mut names = comment.ignored.iter();
                let at = names.position(|ignored| ignored.rule == rule)?;
                Some((index, at))
            })
    }

    /// Every comment, in order.
    pub fn all(&self) -> &[Suppression] {
        &self.list
    }
}

/// A line's comment that may be one of ours: its offset and the text after `#`. In a Dockerfile a comment
/// stands alone; what looks like one behind an instruction is taken all the same, as people mean it.
fn comment(line: &str) -> Option<(usize, &str)> {
    let found = line.match_indices('#').find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        let text = line[at + 1..].trim_start();
        let ours = text.starts_with("pidone:") || text.starts_with("hadolint");
        (ours && before.is_none_or(char::is_whitespace)).then_some((at, text))
    });
    found.map(|(at, text)| (at, text.trim_end()))
}

/// For each line's index, the lines (from 1) of what stands there or follows: the next line that is neither
/// blank nor a comment, with the lines that continue it.
fn following(lines: &[&str]) -> Vec<Range<usize>> {
    let none = lines.len() + 1..lines.len() + 2;
    let mut found = Vec::from([none]);
    // Where the instruction that a line belongs to ends, and the first line at or after it that is code.
    let (mut end, mut first) = (lines.len() + 1, lines.len() + 1);
    for (index, line) in lines.iter().enumerate().rev() {
        let trimmed = line.trim();
        let is_code = !trimmed.is_empty() && !trimmed.starts_with('#');
        if is_code {
            first = index + 1;
            if !trimmed.ends_with(['\\', '`']) {
                end = index + 2;
            }
        }
        let last = found.last().cloned().unwrap_or(first..end);
        found.push(if is_code {
            first..end.max(first + 1)
        } else {
            last
        });
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, hadolint: bool) -> Suppressions {
        Suppressions::read(&Source::new("f", text), hadolint)
    }

    #[test]
    fn a_comment_counts_for_its_line_or_for_what_follows() {
        let text = "FROM a\n# pidone: ignore[one, two] known\n# another\n\nCMD a \\\n  b\nCMD c\n\
                    d # pidone: ignore[one]\n";
        let found = read(text, false);
        for (rule, line, silent) in [
            ("one", 1, false),
            ("one", 5, true),
            ("two", 6, true),
            ("three", 5, false),
            ("one", 7, false),
            ("one", 8, true),
            ("two", 8, false),
        ] {
            assert_eq!(found.of(rule, line).is_some(), silent, "{rule} {line}");
        }
        assert_eq!(found.all()[0].ignored[1].span.text(), "two");
        assert_eq!(found.all()[1].span.text(), "# pidone: ignore[one]");
    }

    #[test]
    fn a_comment_for_the_file_counts_everywhere() {
        let found = read(
            "FROM a\nCMD b\n# pidone: ignore-file[one] generated\n",
            false,
        );
        assert!(found.of("one", 1).is_some() && found.of("one", 99).is_some());
        assert!(found.of("two", 1).is_none());
    }

    #[test]
    fn a_comment_that_names_nothing_is_a_mistake() {
        for text in [
            "# pidone: ignore",
            "# pidone: ignore one",
            "# pidone: skip[one]",
        ] {
            let found = read(text, false);
            assert!(found.all()[0].mistake.is_some(), "{text}");
        }
        assert!(read("echo a#pidone: ignore", false).all().is_empty());
    }

    #[test]
    fn hadolints_comments_count_when_they_are_wanted() {
        let text = "# hadolint ignore=DL3006,DL3025\nCMD a\n";
        assert!(read(text, false).of("shell-holds-pid1", 2).is_none());
        assert!(read(text, true).of("shell-holds-pid1", 2).is_some());
        assert!(read(text, true).of("script-without-exec", 2).is_none());
        let text = "# hadolint global ignore=DL4003\nFROM a\nCMD a\n";
        assert!(read(text, true).of("several-entrypoints", 3).is_some());
    }

    #[test]
    fn many_comments_take_linear_time() {
        let text = "# pidone: ignore[one]\n".repeat(20_000);
        assert_eq!(read(&text, false).all().len(), 20_000);
    }
}
