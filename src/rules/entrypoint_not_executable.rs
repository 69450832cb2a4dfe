use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts};
use crate::analyze::Target;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a program or script that is started and has no execute permission in the image.
    ///
    /// ## Why is this bad
    /// The runtime answers `permission denied`, and the container ends with status 126. COPY keeps the mode
    /// that a file has in the build context.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 644
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 644
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe, because the container starts something where it started nothing, and because
    /// `--chmod=755`, which only BuildKit knows, is about every file that the instruction copies.
    ///
    /// ## When it stays silent
    /// When a shell reads the file (`sh start.sh` needs no permission to execute), when a later `chmod` sets
    /// it, and when the mode is not known.
    pub(super) static ENTRYPOINT_NOT_EXECUTABLE = {
        id: "entrypoint-not-executable",
        summary: "a program that is started is not executable",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for broken in broken_starts(target) {
        let ExecProblem::NotExecutable { mode } = broken.failure.reason else {
            continue;
        };
        let (origin, word) = (broken.failure.origin.clone(), broken.word(target));
        let Some(span) = origin.or_else(|| word.clone()) else {
            continue;
        };
        let program = &broken.failure.program;
        let finding = findings.add(
            format!("`{program}` is not executable"),
            span,
            format!("it gets the mode {mode:o}"),
        );
        if let Some(word) = word {
            finding.related(word, "started here");
        }
        at_the_start(
            finding,
            broken.path,
            "permission denied, and the container ends",
        );
        finding.help("copy it with `--chmod=755`, or `git update-index --chmod=+x` the file");
    }
}
