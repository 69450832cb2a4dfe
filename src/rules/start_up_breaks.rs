use super::Findings;
use super::programs::at_hand;
use super::rule::declare_rule;
use super::words::{argv, at_the_start, broken_starts, start_instruction};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::stop::{ExecFailure, ExecProblem, Verdict};

declare_rule! {
    /// ## What it does
    /// Reports a start-up that its own shell or launcher ends before the application runs: a command that
    /// cannot be found, a built-in of shells behind a program that starts programs (`env exec app`, in dash also
    /// `time exec app`), syntax or an option that this shell does not know, an assignment to a read-only
    /// variable, a division by zero.
    ///
    /// ## Why is this bad
    /// PID 1 ends with an error, and the container with it. Shells differ in what they stop at, so that the
    /// script may well have been tried with another one.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// CMD ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// set -o pipefail
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// CMD ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/bash
    /// set -o pipefail
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what was meant is for the author to say.
    ///
    /// ## When it stays silent
    /// When the program that is started, its mode, its interpreter or its line ends are the matter: other
    /// rules say so. When a script gives up by itself (`exit 1`, `${X:?}`), and when something that breaks
    /// only makes a command fail and the script goes on.
    pub(super) static START_UP_BREAKS = {
        id: "start-up-breaks",
        summary: "a start-up ends with an error before the application runs",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let starts = broken_starts(target);
    for path in &target.paths {
        let failed = starts.iter().find(|one| std::ptr::eq(one.path, path));
        let is_for_others = failed.is_some_and(|one| !is_odd(target, one.failure));
        if path.verdict != Verdict::Fails || is_for_others {
            continue;
        }
        let broke = path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::StartUpBroke { why } => Some((why, fact.span.as_ref()?)),
            _ => None,
        });
        let Some((why, span)) = broke else { continue };
        let word = failed.and_then(|one| one.word(target));
        let span = word.as_ref().unwrap_or(span);
        // What a base image brings cannot be changed here.
        let Some(span) = at_hand(target, span).or_else(|| Some(start_instruction(target)?.0))
        else {
            continue;
        };
        // What a carriage return breaks is the matter of `script-with-crlf`.
        if span.source.text().contains("\r\n") {
            continue;
        }
        let finding = findings.add(
            format!("the start-up breaks: {why}"),
            span,
            "ends the start-up",
        );
        at_the_start(finding, path, "PID 1 ends with an error, and the container");
        match failed.map(|one| one.failure.program.as_str()) {
            Some("exec") => {
                finding
                    .help("only a shell knows `exec`: write it as the first word, or leave it out");
            }
            Some(word) if is_word(word) => {
                finding.help(format!(
                    "only a shell knows `{word}`: run it in one, with `sh -c`"
                ));
            }
            _ => {}
        }
    }
}

/// Whether what cannot be started is no program at all: a built-in of shells behind a launcher (`env exec app`), or
/// a word of a script that no file is named like. The first word of an exec form is the matter of
/// `shell-syntax-in-exec-form`.
fn is_odd(target: &Target, failure: &ExecFailure) -> bool {
    let program = failure.program.as_str();
    let mut words = argv(target).iter().map(|word| word.text());
    match failure.reason {
        ExecProblem::NotAProgram if is_word(program) => words.next() != Some(program),
        _ => {
            words.all(|word| word != program)
                && (program.contains(char::is_whitespace)
                    || program.contains('=')
                    || program.starts_with(['-', '$']))
        }
    }
}

fn is_word(program: &str) -> bool {
    program.bytes().all(|letter| letter.is_ascii_lowercase())
}
