//! What every drawing of a start-up says: command lines, and what the signal means to each process.
//!
//! In: judged paths. Out: words with a mood. How they are laid out is for the drawings.

use anstyle::Style;

use super::style::{BAD, DIM, GOOD, UNSURE};
use super::words::printable;
use crate::analyze::Target;
use crate::stop::{Path, ProcessTree, Reaction, Verdict};

/// How good a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Not decided.
    Unsure,
    /// Neither.
    Plain,
}

impl Mood {
    /// On a terminal.
    pub(super) fn style(self) -> Style {
        match self {
            Mood::Good => GOOD,
            Mood::Bad => BAD,
            Mood::Unsure => UNSURE,
            Mood::Plain => DIM,
        }
    }

    /// As the name of a class in pictures.
    pub(super) fn class(self) -> &'static str {
        match self {
            Mood::Good => "good",
            Mood::Bad => "bad",
            Mood::Unsure => "unsure",
            Mood::Plain => "plain",
        }
    }
}

/// The stop signal's name.
pub(super) fn stop_signal(target: &Target) -> String {
    match target.container.stop_signal.value.value() {
        Some(signal) => signal.to_string(),
        None => "the stop signal".to_owned(),
    }
}

/// How good a verdict is.
pub(super) fn mood(verdict: Verdict) -> Mood {
    match verdict {
        Verdict::Exits | Verdict::Graceful => Mood::Good,
        Verdict::Unknown => Mood::Unsure,
        _ => Mood::Bad,
    }
}

/// The consequence of a way's verdict, or of the target's: what is assumed is said.
pub(super) fn sentence(target: &Target, path: Option<&Path>) -> String {
    let verdict = path.map_or(target.verdict, |path| path.verdict);
    if verdict == Verdict::Unknown && path.is_some_and(|path| path.delivered == Some(true)) {
        let signal = stop_signal(target);
        return format!(
            "{signal} arrives; what happens then is up to the code that the program runs"
        );
    }
    let assumed = path.into_iter().flat_map(|path| &path.assumptions);
    let mut assumed = assumed.filter(|assumption| assumption.kind == "program-handles");
    match assumed.next_back() {
        Some(assumption) if verdict == Verdict::Graceful => {
            let (signal, subject) = (stop_signal(target), &assumption.subject);
            format!("{signal} reaches `{subject}`; graceful if it handles {signal}")
        }
        _ => target.consequence(verdict),
    }
}

/// Words as a person would type them; `…` for one that is not known.
pub(super) fn command_line(words: &[Option<&str>]) -> String {
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        match word {
            None => out.push('…'),
            Some(word) => out.push_str(&quoted(word)),
        }
    }
    out
}

/// A word in quotes if it needs them; control characters escaped, and long text cut.
fn quoted(word: &str) -> String {
    const LONGEST: usize = 60;
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,$".contains(c);
    if !word.is_empty() && word.chars().count() <= LONGEST && word.chars().all(plain) {
        return word.to_owned();
    }
    let cut: String = word.chars().take(LONGEST).collect();
    let dots = if cut.len() < word.len() { "…" } else { "" };
    let text = printable(&cut);
    match text.contains('\'') && !text.contains(['"', '$', '`', '\\']) {
        true => format!("\"{text}{dots}\""),
        false => format!("'{}{dots}'", text.replace('\'', r"'\''")),
    }
}

/// The command line of a process, and what runs there if the first word does not say so.
pub(super) fn words_of(tree: &ProcessTree) -> String {
    let words: Vec<Option<&str>> = tree.argv.iter().map(Option::as_deref).collect();
    let line = command_line(&words);
    let name = words
        .first()
        .copied()
        .flatten()
        .and_then(|word| word.rsplit('/').next());
    if tree.program.is_empty() || name == Some(tree.program.as_str()) {
        line
    } else {
        format!("{line} ({})", tree.program)
    }
}

/// What the signal means to that process, and whether that is well.
pub(super) fn mark(tree: &ProcessTree, path: &Path, is_first: bool) -> Option<(Mood, String)> {
    let heard = tree.receives.is_some() || (is_first && path.delivered.is_some());
    let (mood, text) = match tree.is_application {
        // What the path says of the reaction is about the worst of several.
        true if has_several_applications(path) && tree.receives.is_some() => {
            return Some((Mood::Plain, format!("gets {}", tree.receives?)));
        }
        true => application_mark(path),
        false if !heard => return None,
        false if is_first && path.delivered == Some(false) => match path.verdict {
            Verdict::Stuck => (Mood::Bad, "✗ drops it"),
            Verdict::Abrupt => (Mood::Bad, "✗ ends and takes everything with it"),
            Verdict::Unknown => (Mood::Unsure, "? gets it"),
            _ => (Mood::Bad, "✗ does not pass it on"),
        },
        false if is_first && path.delivered == Some(true) && !tree.children.is_empty() => {
            (Mood::Good, "✓ passes it on")
        }
        false => return Some((Mood::Plain, format!("gets {}", tree.receives?))),
    };
    Some((mood, text.to_owned()))
}

fn application_mark(path: &Path) -> (Mood, &'static str) {
    match (path.delivered, path.reaction) {
        (Some(false), _) => (Mood::Bad, "✗ never hears it"),
        (None, _) => (Mood::Unsure, "? may not hear it"),
        (_, Reaction::Handles) if path.verdict == Verdict::Truncated => {
            (Mood::Bad, "✗ hears it, and is cut off")
        }
        (_, Reaction::Handles) if is_assumed(path) => (Mood::Good, "✓ hears it"),
        (_, Reaction::Handles) => (Mood::Good, "✓ hears it and finishes"),
        (_, Reaction::Ignores) => (Mood::Bad, "✗ hears it and ignores it"),
        (_, Reaction::Dies) => (Mood::Bad, "✗ dies of it"),
        (_, Reaction::Drops) => (Mood::Bad, "✗ ends, and drops what is in flight"),
        (_, Reaction::Unknown) => (Mood::Unsure, "? hears it; what it then does is not known"),
    }
}

fn has_several_applications(path: &Path) -> bool {
    let mut open: Vec<&ProcessTree> = path.processes.iter().collect();
    let mut applications = 0;
    while let Some(tree) = open.pop() {
        applications += usize::from(tree.is_application);
        open.extend(&tree.children);
    }
    applications > 1
}

/// Whether it is only assumed that the application handles the signal.
fn is_assumed(path: &Path) -> bool {
    path.assumptions
        .iter()
        .any(|assumption| assumption.kind == "program-handles")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reaction_is_not_said_of_several_applications() {
        let run = super::super::sample::run();
        let mut path = run.analyses[0].targets[0].paths[1].clone();
        let first = path.processes.clone().expect("it is there");
        let said = |path: &Path| mark(&first, path, false).map(|(_, words)| words);
        assert_eq!(said(&path).as_deref(), Some("✓ hears it"));
        let mut root = first.clone();
        root.children.push(first.clone());
        path.processes = Some(root);
        assert_eq!(said(&path).as_deref(), Some("gets SIGTERM"));
    }

    #[test]
    fn words_are_quoted_as_a_person_would() {
        let words = [Some("/bin/sh"), Some("-c"), Some("a && b"), None, Some("")];
        assert_eq!(command_line(&words), "/bin/sh -c 'a && b' … ''");
        assert_eq!(quoted("tab\there"), "'tab\\there'");
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("it's $1"), r"'it'\''s $1'");
        assert_eq!(quoted("\u{1b}[31m"), r"'\u{1b}[31m'");
    }
}
