//! `trace` for people: the process tree with the signal's way through it.

use std::fmt::Write;

use super::Run;
use super::place::short;
use super::style::{BAD, BOLD, DIM, GOOD, Paint, UNSURE};
use crate::analyze::{Target, seconds};
use crate::source::{Known, Span};
use crate::stop::{Path, ProcessTree, Reaction, Verdict};

/// Columns of processes after which what happens to them is no longer aligned.
const WIDEST: usize = 72;

/// Every target's start-up as a tree, with what the stop signal does. Contains ANSI styles; whoever
/// prints it strips them where they are not wanted.
pub fn trace_text(run: &Run) -> String {
    let mut out = String::new();
    for analysis in &run.analyses {
        for target in &analysis.targets {
            if !out.is_empty() {
                out.push('\n');
            }
            write_target(&mut out, target);
        }
    }
    out
}

fn write_target(out: &mut String, target: &Target) {
    let base = match &target.base {
        Some(base) => format!(" FROM {base}"),
        None => String::new(),
    };
    line(
        out,
        &format!("{}{}", target.title().paint(BOLD), base.paint(DIM)),
    );
    let container = &target.container;
    match &container.argv {
        Known::Known(Some(words)) => {
            let words: Vec<Option<&str>> = words.iter().map(|word| Some(word.text())).collect();
            line(out, &format!("  starts    {}", command_line(&words)));
        }
        Known::Known(None) => {
            line(
                out,
                "  starts    nothing: there is no ENTRYPOINT and no CMD",
            );
        }
        Known::Unknown(why) => {
            line(out, &format!("  starts    not known: {}", why.text));
        }
    }
    let signal = stop_signal(target);
    let grace = seconds(container.grace);
    line(
        out,
        &format!("  on stop   {signal} to PID 1, SIGKILL to all after {grace}"),
    );
    if target.paths.is_empty() {
        line(out, &format!("\n  {}", verdict_line(target, None)));
    }
    let several = target.paths.len() > 1;
    for (index, path) in target.paths.iter().enumerate() {
        out.push('\n');
        if several {
            line(
                out,
                &format!("  way {} of {}", index + 1, target.paths.len()).paint(BOLD),
            );
        }
        write_path(out, target, path, &signal);
    }
    if several {
        let worst = target.consequence(target.verdict);
        let word = target.verdict.word().paint(style_of(target.verdict));
        line(out, &format!("\n  in the worst case {word}: {worst}"));
    }
}

fn write_path(out: &mut String, target: &Target, path: &Path, signal: &str) {
    for condition in &path.when {
        row(out, "when", &condition.text, condition.span.as_ref());
    }
    if let Some(tree) = &path.processes {
        let mut rows = Vec::new();
        collect_rows(&mut rows, tree, path, signal);
        let width = rows.iter().map(Row::width).max().unwrap_or(0).min(WIDEST);
        for row in rows {
            let padding = " ".repeat(width.saturating_sub(row.width()));
            let (prefix, pid, words) = (row.prefix.paint(DIM), row.pid, row.words.paint(BOLD));
            let text = format!("  {prefix}{pid} {words}{padding}  {}", row.mark);
            line(out, text.trim_end());
        }
    }
    line(out, &format!("  {}", verdict_line(target, Some(path))));
    for (index, step) in path.route.iter().enumerate() {
        let head = if index == 0 { "because" } else { "" };
        row(out, head, &step.text, step.span.as_ref());
    }
    for assumption in &path.assumptions {
        row(out, "assumed", &assumption.text, assumption.span.as_ref());
    }
    for missing in &path.missing {
        row(out, "missing", &missing.text, missing.span.as_ref());
    }
}

/// A process of the drawing.
struct Row {
    prefix: String,
    pid: u32,
    words: String,
    mark: String,
}

impl Row {
    fn width(&self) -> usize {
        self.prefix.chars().count() + self.pid.to_string().len() + 1 + self.words.chars().count()
    }
}

/// The rows of a tree, depth first, without recursion: a tree may be deep.
fn collect_rows(rows: &mut Vec<Row>, root: &ProcessTree, path: &Path, signal: &str) {
    let arrow = format!("{signal} ─▶ ");
    let indent = " ".repeat(arrow.chars().count());
    rows.push(Row {
        prefix: arrow,
        pid: root.pid,
        words: words_of(root),
        mark: mark(root, path, true),
    });
    let mut open: Vec<(&ProcessTree, String, bool)> = Vec::new();
    for (index, child) in root.children.iter().enumerate().rev() {
        open.push((child, indent.clone(), index + 1 == root.children.len()));
    }
    while let Some((tree, indent, last)) = open.pop() {
        rows.push(Row {
            prefix: format!("{indent}{}", if last { "└─ " } else { "├─ " }),
            pid: tree.pid,
            words: words_of(tree),
            mark: mark(tree, path, false),
        });
        let deeper = format!("{indent}{}", if last { "   " } else { "│  " });
        for (index, child) in tree.children.iter().enumerate().rev() {
            open.push((child, deeper.clone(), index + 1 == tree.children.len()));
        }
    }
}

fn words_of(tree: &ProcessTree) -> String {
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

/// What the signal means to that process.
fn mark(tree: &ProcessTree, path: &Path, is_first: bool) -> String {
    let heard = tree.receives.is_some() || (is_first && path.delivered.is_some());
    if tree.is_application {
        return match (path.delivered, path.reaction) {
            (Some(false), _) => "✗ never hears it".paint(BAD),
            (None, _) => "? may not hear it".paint(UNSURE),
            (_, Reaction::Handles) if path.verdict == Verdict::Truncated => {
                "✗ hears it, and is cut off".paint(BAD)
            }
            (_, Reaction::Handles) if is_assumed(path) => "✓ hears it".paint(GOOD),
            (_, Reaction::Handles) => "✓ hears it and finishes".paint(GOOD),
            (_, Reaction::Ignores) => "✗ hears it and ignores it".paint(BAD),
            (_, Reaction::Dies) => "✗ dies of it".paint(BAD),
            (_, Reaction::Drops) => "✗ ends, and drops what is in flight".paint(BAD),
            (_, Reaction::Unknown) => "? hears it; what it then does is not known".paint(UNSURE),
        };
    }
    if !heard {
        return String::new();
    }
    if is_first && path.delivered == Some(false) {
        return match path.verdict {
            Verdict::Stuck => "✗ drops it".paint(BAD),
            Verdict::Abrupt => "✗ ends and takes everything with it".paint(BAD),
            Verdict::Unknown => "? gets it".paint(UNSURE),
            _ => "✗ does not pass it on".paint(BAD),
        };
    }
    if is_first && path.delivered == Some(true) && !tree.children.is_empty() {
        return "✓ passes it on".paint(GOOD);
    }
    match tree.receives {
        Some(signal) => format!("gets {signal}").paint(DIM),
        None => String::new(),
    }
}

/// Whether it is only assumed that the application handles the signal.
fn is_assumed(path: &Path) -> bool {
    path.assumptions
        .iter()
        .any(|assumption| assumption.kind == "program-handles")
}

fn verdict_line(target: &Target, path: Option<&Path>) -> String {
    let verdict = path.map_or(target.verdict, |path| path.verdict);
    let word = verdict.word().paint(style_of(verdict));
    let mut text = format!("{word}: {}", target.consequence(verdict));
    let assumed = path.into_iter().flat_map(|path| &path.assumptions);
    let mut assumed = assumed.filter(|assumption| assumption.kind == "program-handles");
    if verdict == Verdict::Graceful
        && let Some(assumption) = assumed.next_back()
    {
        text = format!(
            "{word}: {signal} reaches `{subject}`; graceful if it handles {signal}",
            signal = stop_signal(target),
            subject = assumption.subject
        );
    }
    text
}

fn stop_signal(target: &Target) -> String {
    match target.container.stop_signal.value.value() {
        Some(signal) => signal.to_string(),
        None => "the stop signal".to_owned(),
    }
}

fn style_of(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Exits | Verdict::Graceful => GOOD,
        Verdict::Unknown => UNSURE,
        _ => BAD,
    }
}

/// Words as a person would type them; `…` for one that is not known.
fn command_line(words: &[Option<&str>]) -> String {
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

/// A line with a word in front and a place behind.
fn row(out: &mut String, head: &str, text: &str, span: Option<&Span>) {
    let text = printable(text);
    match span {
        Some(span) => line(
            out,
            &format!("  {head:<9} {text}  {}", short(span).paint(DIM)),
        ),
        None => line(out, &format!("  {head:<9} {text}")),
    }
}

/// The text with control characters shown as escapes: what a file holds must not steer a terminal.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_drawing_shows_who_hears_it() {
        let text = trace_text(&sample::run());
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            "svc/Dockerfile FROM debian:12-slim
  starts    /bin/sh /start.sh
  on stop   SIGTERM to PID 1, SIGKILL to all after 10 s

  way 1 of 2
  when      `$MODE` is empty  svc/start.sh:2:1
  SIGTERM ─▶ 1 /bin/sh /start.sh (dash)  ✗ drops it
             └─ 7 /demo/app --port 80    ✗ never hears it
  stuck: nobody stops on SIGTERM; SIGKILL after 10 s
  because   `dash` is PID 1 and sets no trap: the kernel drops SIGTERM  svc/start.sh:3:1

  way 2 of 2
  when      `$MODE` is not empty  svc/start.sh:2:1
  SIGTERM ─▶ 1 /demo/app --port 80  ✓ hears it
  graceful: SIGTERM reaches `/demo/app`; graceful if it handles SIGTERM
  assumed   `/demo/app` handles SIGTERM

  in the worst case stuck: nobody stops on SIGTERM; SIGKILL after 10 s
"
        );
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
