use super::Findings;
use super::programs::at_hand;
use super::rule::declare_rule;
use super::words::{argv, at_the_start, broken_starts, start_instruction};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Reports a start-up that its own shell or launcher ends before the application runs: a command that
    /// cannot be found, syntax or an option that this shell does not know, an assignment to a read-only
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
    // Words of a script that can be no program; of those in exec form other rules speak.
    let is_odd = |program: &str| {
        argv(target).iter().all(|word| word.text() != program)
            && (program.contains(char::is_whitespace)
                || program.contains('=')
                || program.starts_with(['-', '$']))
    };
    let starts = broken_starts(target).into_iter();
    let known: Vec<_> = starts.filter(|one| !is_odd(&one.failure.program)).collect();
    for path in &target.paths {
        if path.verdict != Verdict::Fails || known.iter().any(|one| std::ptr::eq(one.path, path)) {
            continue;
        }
        let broke = path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::StartUpBroke { why } => Some((why, fact.span.as_ref()?)),
            _ => None,
        });
        let Some((why, span)) = broke else { continue };
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
    }
}
