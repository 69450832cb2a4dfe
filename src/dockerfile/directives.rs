//! The parser directives at the head of the file.
//!
//! In: the lines from the first on. Out: the directives, the escape character, what is wrong with
//! them. It does not look at what `syntax` and `check` ask for.

use std::ops::Range;

use super::{Directive, Problem};

/// The names that BuildKit knows (`directives.go`); any other comment ends the head.
const NAMES: [&str; 3] = ["syntax", "escape", "check"];

/// What the head of the file says.
pub(super) struct Head {
    /// The directives so far.
    pub(super) directives: Vec<Directive>,
    /// The escape character.
    pub(super) escape: char,
    /// What BuildKit would refuse.
    pub(super) problems: Vec<Problem>,
    done: bool,
}

impl Head {
    /// Before the first line.
    pub(super) fn new() -> Head {
        Head {
            directives: Vec::new(),
            escape: '\\',
            problems: Vec::new(),
            done: false,
        }
    }

    /// Takes the next line, without leading blanks, at `range`. Returns whether it is a directive; the first line that
    /// is none ends the head.
    pub(super) fn read(&mut self, line: &str, range: Range<usize>) -> bool {
        if self.done {
            return false;
        }
        let Some((name, value)) = directive(line) else {
            self.done = true;
            return false;
        };
        if self.directives.iter().any(|earlier| earlier.name == name) {
            self.problem(
                format!("only one `{name}` parser directive can be used"),
                &range,
            );
        } else if name == "escape" {
            match value {
                "\\" => self.escape = '\\',
                "`" => self.escape = '`',
                _ => self.problem(
                    format!("the escape character must be ` or \\, not `{value}`"),
                    &range,
                ),
            }
        }
        self.directives.push(Directive {
            name,
            value: value.to_owned(),
            range,
        });
        true
    }

    fn problem(&mut self, message: String, range: &Range<usize>) {
        self.problems.push(Problem {
            message,
            range: range.clone(),
        });
    }
}

/// `# name = value`, if the name is one of [`NAMES`].
fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.strip_prefix('#')?.trim_start().split_once('=')?;
    // The regular expression's `\s` is ASCII white space, without the vertical tab.
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c');
    let name = name.trim_end_matches(blank).to_ascii_lowercase();
    let value = value.trim_matches(blank);
    (NAMES.contains(&name.as_str()) && !value.is_empty()).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Head {
        let mut head = Head::new();
        for line in lines {
            head.read(line, 0..line.len());
        }
        head
    }

    #[test]
    fn escape_is_read_after_the_others() {
        let head = read(&[
            "# syntax=docker/dockerfile:1",
            "#Check = skip=all",
            "# ESCAPE = `  ",
        ]);
        assert_eq!(head.escape, '`');
        assert_eq!(head.directives[1].value, "skip=all");
    }

    #[test]
    fn any_other_line_ends_the_head() {
        assert_eq!(read(&["# hello", "# escape=`"]).escape, '\\');
        assert_eq!(read(&["", "# escape=`"]).escape, '\\');
        assert_eq!(read(&["# foo=bar", "# escape=`"]).escape, '\\');
    }

    #[test]
    fn a_second_or_a_wrong_escape_is_refused() {
        assert_eq!(read(&["# escape=`", "# escape=\\"]).problems.len(), 1);
        assert_eq!(read(&["# escape=x"]).problems.len(), 1);
    }
}
