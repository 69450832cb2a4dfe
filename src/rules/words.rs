//! What several rules say and ask in the same way.

use std::fmt::Write;

use super::foreground::short;
use super::{Finding, Severity};
use crate::analyze::Target;
use crate::image::{Command, Origin};
use crate::knowledge::shell_facts;
use crate::source::{Mapped, Span};
use crate::stop::{ExecFailure, ExecProblem, FactKind, Path, ProcessTree, Verdict};

/// Notes what will happen on stop on that path; a path that depends on something undecided caps the
/// severity.
pub(super) fn consequence(finding: &mut Finding, target: &Target, path: &Path) {
    let mut text = format!("on stop: {}", target.consequence(path.verdict));
    push_conditions(&mut text, path);
    finding.note(text);
    if !path.when.is_empty() {
        finding.at_most(Severity::Warning);
    }
}

/// Adds what a way depends on: of many conditions the first ones, `trace` shows them all.
fn push_conditions(text: &mut String, path: &Path) {
    const MOST: usize = 4;
    let shown = match path.when.len() {
        ..=MOST => path.when.len(),
        _ => MOST - 1,
    };
    for (index, condition) in path.when.iter().take(shown).enumerate() {
        text.push_str(if index == 0 { ", when " } else { " and " });
        text.push_str(&condition.text);
    }
    if path.when.len() > shown {
        let _ = write!(text, " and {} conditions more", path.when.len() - shown);
    }
}

/// Adds to a finding about a script what leads there, and what will happen on stop.
pub(super) fn finish(finding: &mut Finding, target: &Target, path: &Path) {
    if let (Some((span, word)), Some(first)) = (start_instruction(target), &path.processes)
        && !span.contains(&finding.primary.span)
    {
        let name = match shell_facts(&first.program) {
            Some(shell) => shell_name(&shell.id),
            None => &first.program,
        };
        finding.related(span, format!("this {word} makes `{name}` PID 1"));
    }
    consequence(finding, target, path);
}

/// A command as it is written at its place in a script; as it is run where its place is the
/// instruction that starts PID 1.
pub(super) fn written(target: &Target, span: &Span, command: &str) -> String {
    let in_dockerfile = span.source.path() == target.file;
    let text = span.text();
    let text = text.strip_prefix("exec ").unwrap_or(text);
    short(if in_dockerfile { command } else { text })
}

/// The stop signal's name with and without its prefix: `SIGTERM`, `TERM`.
pub(super) fn signal_names(target: &Target) -> (String, String) {
    let signal = target.container.stop_signal.value.value();
    let long = signal.map_or_else(|| "SIGTERM".to_owned(), ToString::to_string);
    let short = long.trim_start_matches("SIG").to_owned();
    (long, short)
}

/// What the path's application is called in messages; `the application` when it is not one process.
pub(super) fn application_name(path: &Path) -> String {
    match application(path) {
        Some(process) => format!("`{}`", process.program),
        None => "the application".to_owned(),
    }
}

/// The paths on which the stop signal provably goes wrong.
pub(super) fn bad_paths(target: &Target) -> impl Iterator<Item = &Path> {
    target.paths.iter().filter(|path| {
        matches!(
            path.verdict,
            Verdict::Lingers | Verdict::Truncated | Verdict::Abrupt | Verdict::Stuck
        )
    })
}

/// The application's process.
pub(super) fn application(path: &Path) -> Option<&ProcessTree> {
    let tree = path.processes.as_ref()?;
    tree.processes()
        .into_iter()
        .find(|process| process.is_application)
}

/// The instruction that sets ENTRYPOINT or CMD, whichever the first word comes from, with a word for
/// it.
pub(super) fn start_instruction(target: &Target) -> Option<(Span, &'static str)> {
    let image = &target.container.image;
    let settings = [(&image.entrypoint, "ENTRYPOINT"), (&image.cmd, "CMD")];
    for (setting, word) in settings {
        if setting.value.value().is_some_and(Option::is_some) {
            return match &setting.origin {
                Origin::Instruction(span) => Some((span.clone(), word)),
                _ => None,
            };
        }
    }
    None
}

/// ENTRYPOINT and CMD where an instruction of the file at hand sets them, with its span.
pub(super) fn own_commands(target: &Target) -> Vec<(&Command, &Span, &'static str)> {
    let image = &target.container.image;
    let mut found = Vec::new();
    for (setting, word) in [(&image.entrypoint, "ENTRYPOINT"), (&image.cmd, "CMD")] {
        if let Origin::Instruction(span) = &setting.origin
            && let Some(Some(command)) = setting.value.value()
        {
            found.push((command, span, word));
        }
    }
    found
}

/// The words of PID 1, if they are known.
pub(super) fn argv(target: &Target) -> &[Mapped] {
    match target.container.argv.value() {
        Some(Some(words)) => words,
        _ => &[],
    }
}

/// A shell's common name from a dialect's id: `dash` for `dash-debian`.
pub(super) fn shell_name(dialect: &str) -> &str {
    dialect.split('-').next().unwrap_or(dialect)
}

/// An exec that failed and so broke a start-up.
pub(super) struct BrokenStart<'t> {
    /// What failed, and why.
    pub(super) failure: &'t ExecFailure,
    /// The way that ends there.
    pub(super) path: &'t Path,
    /// The command.
    span: Option<&'t Span>,
}

impl BrokenStart<'_> {
    /// The word that names the program, or the command that starts it.
    pub(super) fn word(&self, target: &Target) -> Option<Span> {
        // ENTRYPOINT and CMD make one command, whose place is the first of them.
        let first = argv(target).first().map(Mapped::full_span);
        let is_pid1 = |span: &Span| first.as_ref().is_some_and(|first| span.contains(first));
        let named = argv(target).iter();
        let mut named = named.filter(|word| word.text() == self.failure.program);
        match (named.next(), self.span) {
            (Some(word), Some(span)) if span.contains(&word.full_span()) || is_pid1(span) => {
                Some(word.full_span())
            }
            (_, span) => span.cloned(),
        }
    }
}

/// The exec failures that end the ways which fail: of each way the last one.
pub(super) fn broken_starts(target: &Target) -> Vec<BrokenStart<'_>> {
    let failing = target.paths.iter();
    let failing = failing.filter(|path| path.verdict == Verdict::Fails);
    let last = failing.filter_map(|path| {
        let facts = path.facts.iter().rev();
        let mut facts = facts.filter(|fact| !fact.while_stopping);
        facts.find_map(|fact| match &fact.kind {
            FactKind::ExecFailed(failure) => Some(BrokenStart {
                failure,
                path,
                span: fact.span.as_ref(),
            }),
            _ => None,
        })
    });
    last.collect()
}

/// Whether a program is not found because its path is relative and the stage sets no WORKDIR.
pub(super) fn leads_nowhere_without_workdir(target: &Target, broken: &BrokenStart<'_>) -> bool {
    let program = &broken.failure.program;
    let setting = &target.container.image.working_directory;
    broken.failure.reason == ExecProblem::NotFound
        && argv(target)
            .first()
            .is_some_and(|first| first.text() == program)
        && !program.starts_with('/')
        && program.contains('/')
        && !matches!(setting.origin, Origin::Instruction(_))
}

/// Notes what happens at the start, on which way; one that depends on something undecided caps the
/// severity.
pub(super) fn at_the_start(finding: &mut Finding, path: &Path, what: &str) {
    let mut text = format!("at the start: {what}");
    push_conditions(&mut text, path);
    finding.note(text);
    if !path.when.is_empty() {
        finding.at_most(Severity::Warning);
    }
}

/// How to put `exec` into a command: behind the variables that are set for it, since `exec A=1 app` looks for a
/// program `A=1`. A command that was cut is not spelt out.
pub(super) fn with_exec(command: &str) -> String {
    let variables = variables(command);
    match (command.ends_with('…'), variables) {
        (true, 0) => "`exec` before it".to_owned(),
        (true, _) => "`exec` behind the variables that it sets".to_owned(),
        (false, end) => format!("`{}exec {}`", &command[..end], &command[end..]),
    }
}

/// Where the assignments end that stand before a command.
fn variables(command: &str) -> usize {
    let mut end = 0;
    while let Some((name, value)) = command[end..].split_once('=') {
        let is_name = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            break;
        }
        let mut quote = None;
        let mut depth = 0_usize;
        let mut is_escaped = false;
        let length = value.find(|letter: char| {
            let was_escaped = std::mem::replace(&mut is_escaped, letter == '\\');
            match (quote, letter) {
                _ if was_escaped => is_escaped = false,
                (None, '"' | '\'') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                (None, '(') => depth += 1,
                (None, ')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            !was_escaped && quote.is_none() && depth == 0 && letter == ' '
        });
        let Some(length) = length else { break };
        let next = end + name.len() + 1 + length;
        end = next + command[next..].len() - command[next..].trim_start().len();
    }
    end
}

/// A command as a Dockerfile writes it.
pub(super) fn command_text(command: &Command) -> String {
    match command {
        Command::Shell(_, text) => text.text().to_owned(),
        Command::Exec(words) => {
            let words = words.iter().map(|word| format!("{:?}", word.text()));
            format!("[{}]", words.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_exec;

    #[test]
    fn exec_stands_behind_the_variables_of_a_command() {
        for (command, help) in [
            ("app --x=1", "`exec app --x=1`"),
            ("A=1 app", "`A=1 exec app`"),
            (
                r#"A="x y" B=$(id -u) C='a"b' D=a\ b app=1 e"#,
                r#"`A="x y" B=$(id -u) C='a"b' D=a\ b app=1 exec e`"#,
            ),
            ("./a=b app", "`exec ./a=b app`"),
            ("A=1", "`exec A=1`"),
            ("", "`exec `"),
            (
                "A=1 app --long…",
                "`exec` behind the variables that it sets",
            ),
            ("app --long…", "`exec` before it"),
        ] {
            assert_eq!(with_exec(command), help, "{command}");
        }
    }
}
