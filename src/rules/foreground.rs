//! What the rules about a shell that waits as PID 1 have in common.

use super::Finding;
use super::cause::{self, Cause};
use super::programs;
use super::words::{finish as finish_words, shell_name, with_exec};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::knowledge::{How, OnSignal, Signal};
use crate::source::Span;
use crate::stop::Path;

/// A command that goes on running while the shell that is PID 1 waits for it.
pub(super) struct Foreground<'a> {
    /// The shell.
    pub(super) shell: &'a str,
    /// The command, short enough for a title.
    pub(super) name: String,
    /// Whether the shell runs a `-c` string.
    pub(super) dash_c: bool,
    /// Whether nothing but trivial commands follows it.
    pub(super) last: bool,
    /// Whether its `exec` replaced only a subshell.
    pub(super) exec_in_subshell: bool,
    /// Whether it stands in a pipeline.
    pub(super) in_pipeline: bool,
    /// The place.
    pub(super) span: &'a Span,
}

/// The commands because of which the signal does not arrive: on every path that ends badly for that
/// reason, those that PID 1 itself waits for without a trap.
pub(super) fn each<'a>(
    target: &'a Target,
    reason: Cause,
    mut found: impl FnMut(&'a Path, Foreground<'a>),
) {
    for path in cause::paths(target, reason) {
        for fact in &path.facts {
            let (
                FactKind::Foreground {
                    shell,
                    command,
                    dash_c,
                    last,
                    exec_in_subshell,
                    in_pipeline,
                    pid: 1,
                },
                Some(span),
            ) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            let command = Foreground {
                shell: shell_name(shell),
                name: short(command),
                dash_c: *dash_c,
                last: *last,
                exec_in_subshell: *exec_in_subshell,
                in_pipeline: *in_pipeline,
                span,
            };
            found(path, command);
        }
    }
}

/// What to write in place of a pipeline: with `tee` the very line, where it is plain.
fn pipeline_help(text: &str) -> String {
    let general = "a pipeline needs the shell: let the container's log take the output";
    let plain = |text: &str| !text.contains(['\n', '|', '&', ';', '\\']);
    match text.split_once('|') {
        Some((program, filter)) if plain(program) && plain(filter) && program.len() < 80 => {
            let (program, filter) = (program.trim(), filter.trim());
            let exec = format!("exec {}", program.strip_prefix("exec ").unwrap_or(program));
            match filter.strip_prefix("tee ").map(str::trim) {
                Some(file) if !file.starts_with('-') && !file.contains(' ') => format!(
                    "{general}, or write `{exec} > {file}`; in bash `{exec} > >({filter})` keeps both"
                ),
                _ => format!("{general}, or write `{exec} > >({filter})`, which only bash knows"),
            }
        }
        _ => format!("{general}, or redirect it (`exec … > file`)"),
    }
}

/// Adds to a finding about such a command what leads there, what will happen and what to do.
pub(super) fn finish(finding: &mut Finding, target: &Target, path: &Path, command: &Foreground) {
    finish_words(finding, target, path);
    let name = &command.name;
    finding.help(if command.in_pipeline {
        pipeline_help(command.span.text())
    } else if command.exec_in_subshell {
        "run `exec` in the shell itself, without the parentheses".to_owned()
    } else if let Some((launcher, next, signal)) = deaf_launcher(target, path) {
        format!("start `{next}` with `exec` and without `{launcher}`, which does not pass {signal} on")
    } else if command.last {
        format!("write {}, so that it replaces the shell", with_exec(name))
    } else {
        format!(
            "run `{name} &`, pass the signal on with a trap, and `wait` for it until it has ended; or \
             write {} if what follows can go",
            with_exec(name)
        )
    });
}

/// A launcher below the shell that keeps the stop signal as PID 1, too, and what it starts.
fn deaf_launcher(target: &Target, path: &Path) -> Option<(String, String, Signal)> {
    let signal = *target.container.stop_signal.value.value()?;
    let chain = programs::chain(path);
    let [_, process, next, ..] = chain.as_slice() else {
        return None;
    };
    let How::Fork(fork) = programs::launch(target, process)?.how else {
        return None;
    };
    let keeps = !matches!(fork.on(signal), OnSignal::Forward(_));
    keeps.then(|| (programs::name(process), programs::name(next), signal))
}

/// A command line on one line, cut where it gets long.
pub(super) fn short(command: &str) -> String {
    const LONGEST: usize = 48;
    let line = command.replace("\\\r\n", " ").replace("\\\n", " ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let cut: String = line.chars().take(LONGEST).collect();
    format!("{}…", cut.trim_end())
}
