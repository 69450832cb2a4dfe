use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts, start_instruction};
use crate::analyze::Target;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a shell, or the interpreter in a script's `#!` line, that the image does not have: bash on Alpine, any
    /// shell on `scratch` or distroless.
    ///
    /// ## Why is this bad
    /// The runtime answers `no such file or directory` and names the script, which is there: it is the interpreter
    /// that is not.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/bash
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: a script written for bash may need it.
    ///
    /// ## When it stays silent
    /// When the build installs the interpreter, and when the files of the base image are not known.
    pub(super) static INTERPRETER_MISSING = {
        id: "interpreter-missing",
        summary: "the image does not have the shell or interpreter",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for broken in broken_starts(target) {
        let ExecProblem::InterpreterMissing { interpreter } = &broken.failure.reason else {
            continue;
        };
        let word = broken.word(target);
        let Some(span) = broken.failure.place.clone().or_else(|| word.clone()) else {
            continue;
        };
        let finding = findings.add(
            format!("there is no `{interpreter}` in the image"),
            span,
            match broken.failure.place {
                Some(_) => "this line asks for it",
                None => "needs a shell",
            },
        );
        if let Some(word) = word {
            finding.related(word, "started here");
        }
        if let Some((span, _)) = start_instruction(target) {
            finding.related(span, "");
        }
        at_the_start(
            finding,
            broken.path,
            "no such file or directory, and the container ends",
        );
        if interpreter.contains(' ') {
            // `env` gets the rest of the line as one word.
            finding.help(format!(
                "write `#!/usr/bin/env -S {interpreter}`, which splits the words"
            ));
            continue;
        }
        finding.help(match target.container.image.sh.value() {
            Some(None) => "start the program in exec form, or take a base image with a shell",
            _ => "install it, or write for the shell that the image has",
        });
    }
}
