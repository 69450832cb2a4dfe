use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts, leads_nowhere_without_workdir, start_instruction};
use crate::analyze::Target;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a program that the start-up runs and that is provably not in the image: no COPY brings it, no
    /// RUN may have made it, and the base image does not have it.
    ///
    /// ## Why is this bad
    /// The runtime answers `no such file or directory`, a shell `not found`, and the container ends with
    /// status 127.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// ENTRYPOINT ["/demo/server"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// ENTRYPOINT ["/demo/app"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which program was meant is the author's to say.
    ///
    /// ## When it stays silent
    /// When a base image is not known, when the build context is not at hand, and when some command of the
    /// build may have put the program there. A relative path in a stage without WORKDIR is
    /// `relative-entrypoint`; an exec form written as for a shell is `shell-syntax-in-exec-form`.
    pub(super) static ENTRYPOINT_NOT_FOUND = {
        id: "entrypoint-not-found",
        summary: "a program that is started is not in the image",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for broken in broken_starts(target) {
        let program = broken.failure.program.as_str();
        let (title, label) = match broken.failure.reason {
            ExecProblem::NotFound => (format!("there is no `{program}` in the image"), "not found"),
            ExecProblem::Directory => (
                format!("`{program}` is a directory, not a program"),
                "a directory",
            ),
            _ => continue,
        };
        let is_for_others = program.contains(char::is_whitespace)
            || program.starts_with('$')
            || leads_nowhere_without_workdir(target, &broken);
        let Some(span) = broken.word(target).filter(|_| !is_for_others) else {
            continue;
        };
        let finding = findings.add(title, span, label);
        if let Some((span, _)) = start_instruction(target) {
            finding.related(span, "");
        }
        at_the_start(
            finding,
            broken.path,
            "the program cannot be found, and the container ends",
        );
        finding.help("name a program that the image has, or copy it to that place");
    }
}
