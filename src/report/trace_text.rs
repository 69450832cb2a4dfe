//! `trace` for people: the process tree with the signal's way through it.

use std::fmt::Write;

use super::Run;
use super::drawing::{command_line, mark, mood, sentence, stop_signal, words_of};
use super::place::short;
use super::style::{BOLD, DIM, Paint};
use super::words::printable;
use crate::analyze::{Target, seconds};
use crate::source::{Known, Span};
use crate::stop::{Path, ProcessTree};

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
        Some(base) => format!(" FROM {}", printable(base)),
        None => String::new(),
    };
    line(
        out,
        &format!(
            "{}{}",
            printable(&target.title()).paint(BOLD),
            base.paint(DIM)
        ),
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
        let word = target.verdict.word().paint(mood(target.verdict).style());
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
        mark: painted(root, path, true),
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
            mark: painted(tree, path, false),
        });
        let deeper = format!("{indent}{}", if last { "   " } else { "│  " });
        for (index, child) in tree.children.iter().enumerate().rev() {
            open.push((child, deeper.clone(), index + 1 == tree.children.len()));
        }
    }
}

fn painted(tree: &ProcessTree, path: &Path, is_first: bool) -> String {
    match mark(tree, path, is_first) {
        Some((mood, text)) => text.paint(mood.style()),
        None => String::new(),
    }
}

fn verdict_line(target: &Target, path: Option<&Path>) -> String {
    let verdict = path.map_or(target.verdict, |path| path.verdict);
    let word = verdict.word().paint(mood(verdict).style());
    format!("{word}: {}", sentence(target, path))
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
}
