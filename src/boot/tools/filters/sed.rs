//! `sed` with one command: a substitution, `p`, `d` or `q`, for all lines or for those of one address.

use std::rc::Rc;

use regex::Regex;

use super::lines_of;
use crate::boot::expression::{compile, extended};

/// A script of one command.
struct Script {
    address: Option<Address>,
    command: Command,
    /// `-n`: only what is printed by a command is.
    is_quiet: bool,
}

/// Which lines a command is about.
enum Address {
    Line(usize),
    Last,
    Matching(Rc<Regex>),
}

enum Command {
    Substitute {
        pattern: Rc<Regex>,
        with: Vec<Piece>,
        all: bool,
        prints: bool,
    },
    Print,
    Delete,
    Quit,
}

/// A part of what is put in place of a match.
enum Piece {
    Text(String),
    /// `&` is 0.
    Group(usize),
}

/// Runs a script over a text.
pub(super) fn run(words: &[String], text: &str) -> Option<String> {
    let script = Script::of(words)?;
    let last = lines_of(text).count();
    let mut out = String::new();
    for (at, line) in lines_of(text).enumerate() {
        let is_addressed = match &script.address {
            None => true,
            Some(Address::Line(number)) => at + 1 == *number,
            Some(Address::Last) => at + 1 == last,
            Some(Address::Matching(expression)) => expression.is_match(line),
        };
        let mut line = line.to_owned();
        let mut goes_on = true;
        match &script.command {
            _ if !is_addressed => {}
            Command::Substitute {
                pattern,
                with,
                all,
                prints,
            } => {
                let done = substituted(&line, pattern, with, *all);
                if *prints && let Some(done) = &done {
                    out.extend([done, "\n"]);
                }
                line = done.unwrap_or(line);
            }
            Command::Print => out.extend([&line, "\n"]),
            Command::Delete => continue,
            Command::Quit => goes_on = false,
        }
        if !script.is_quiet {
            out.extend([&line, "\n"]);
        }
        if !goes_on {
            break;
        }
    }
    Some(out)
}

/// Whether what the words do with a line depends on which line it is.
pub(super) fn counts_lines(words: &[String]) -> bool {
    let script = Script::of(words);
    script.is_none_or(|script| {
        matches!(script.address, Some(Address::Line(_) | Address::Last))
            || matches!(script.command, Command::Quit)
    })
}

/// The line with what matches replaced; `None` where nothing does.
fn substituted(line: &str, pattern: &Regex, with: &[Piece], all: bool) -> Option<String> {
    let mut out = String::new();
    let mut end = 0;
    for found in pattern
        .captures_iter(line)
        .take(if all { usize::MAX } else { 1 })
    {
        let whole = found.get(0)?;
        out.push_str(&line[end..whole.start()]);
        for piece in with {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(number) => {
                    out.push_str(found.get(*number).map_or("", |group| group.as_str()));
                }
            }
        }
        end = whole.end();
    }
    let is_match = pattern.is_match(line);
    out.push_str(&line[end..]);
    is_match.then_some(out)
}

impl Script {
    fn of(words: &[String]) -> Option<Script> {
        let (mut is_quiet, mut is_extended) = (false, false);
        let mut script = None;
        for word in words {
            match word.strip_prefix('-') {
                Some(letters) if !letters.is_empty() && script.is_none() => {
                    for letter in letters.chars() {
                        match letter {
                            'n' => is_quiet = true,
                            'E' | 'r' => is_extended = true,
                            'e' => {}
                            _ => return None,
                        }
                    }
                }
                _ if script.is_none() => script = Some(word.trim()),
                _ => return None,
            }
        }
        let expression = |pattern: &str| {
            let pattern = match is_extended {
                true => pattern.to_owned(),
                false => extended(pattern),
            };
            compile(&pattern, false).filter(|_| !pattern.is_empty())
        };
        let mut rest = script?;
        let mut address = None;
        if let Some(behind) = rest.strip_prefix('/') {
            let (pattern, behind) = part(behind, '/')?;
            (address, rest) = (Some(Address::Matching(expression(&pattern)?)), behind);
        } else if let Some(behind) = rest.strip_prefix('$') {
            (address, rest) = (Some(Address::Last), behind);
        } else {
            let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
            if end > 0 {
                address = Some(Address::Line(rest[..end].parse().ok()?));
                rest = &rest[end..];
            }
        }
        let rest = rest.trim();
        let command = match rest {
            "p" => Command::Print,
            "d" => Command::Delete,
            "q" => Command::Quit,
            _ => {
                let rest = rest.strip_prefix('s')?;
                let separator = rest.chars().next().filter(|c| !c.is_alphanumeric())?;
                let (pattern, rest) = part(&rest[separator.len_utf8()..], separator)?;
                let (with, flags) = part(rest, separator)?;
                if flags.contains(|flag| !matches!(flag, 'g' | 'p')) {
                    return None;
                }
                Command::Substitute {
                    pattern: expression(&pattern)?,
                    with: pieces(&with)?,
                    all: flags.contains('g'),
                    prints: flags.contains('p'),
                }
            }
        };
        Some(Script {
            address,
            command,
            is_quiet,
        })
    }
}

/// What stands before the next separator, and what stands behind it.
fn part(text: &str, separator: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter == separator => return Some((out, letters.as_str())),
            '\\' => match letters.next()? {
                '/' if separator == '/' => out.push('/'),
                escaped if escaped == separator => return None,
                escaped => out.extend(['\\', escaped]),
            },
            '\n' => return None,
            letter => out.push(letter),
        }
    }
    None
}

fn pieces(with: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut letters = with.chars();
    while let Some(letter) = letters.next() {
        let group = match letter {
            '&' => Some(0),
            '\\' => match letters.next()? {
                digit @ '1'..='9' => digit.to_digit(10),
                kept @ ('\\' | '&' | '.' | '"' | '$' | '-') => {
                    text.push(kept);
                    None
                }
                _ => return None,
            },
            letter => {
                text.push(letter);
                None
            }
        };
        if let Some(group) = group {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Group(group as usize));
        }
    }
    pieces.push(Piece::Text(text));
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(words: &[&str], text: &str) -> Option<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        run(&words, text)
    }

    #[test]
    fn one_command_is_run() {
        let text = "cmd=app\nport=80\n";
        assert_eq!(done(&["-n", "s/^cmd=//p"], text).as_deref(), Some("app\n"));
        assert_eq!(
            done(&["-n", r"s/^cmd=\(.*\)$/\1/p"], text).as_deref(),
            Some("app\n")
        );
        assert_eq!(
            done(&["-nE", "s/^(c.d)=(.*)/\\2-&/p"], text).as_deref(),
            Some("app-cmd=app\n")
        );
        assert_eq!(done(&["-n", "2p"], text).as_deref(), Some("port=80\n"));
        assert_eq!(done(&["/^cmd/d"], text).as_deref(), Some("port=80\n"));
        assert_eq!(done(&["$d"], text).as_deref(), Some("cmd=app\n"));
        assert_eq!(done(&["1q"], text).as_deref(), Some("cmd=app\n"));
        assert_eq!(
            done(&["s/=/ /"], text).as_deref(),
            Some("cmd app\nport 80\n")
        );
        assert_eq!(done(&[r"s/\//x/g"], "a/b/c\n").as_deref(), Some("axbxc\n"));
        assert_eq!(done(&["s/x*/-/"], "ab\n").as_deref(), Some("-ab\n"));
    }

    #[test]
    fn what_is_not_read_is_none() {
        for script in [
            "s/a/\\n/", "y/a/b/", "1,2p", "s/a/b/2", "p;p", "s/a/b", "a\\", "",
        ] {
            assert_eq!(done(&[script], "a\n"), None, "{script}");
        }
        assert!(counts_lines(&["1q".to_owned()]) && !counts_lines(&["s/a/b/".to_owned()]));
    }
}
