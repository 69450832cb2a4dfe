use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts};
use crate::analyze::Target;
use crate::image::Origin;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a program or script that is started and that the image's USER may not execute, or, if it is a
    /// script, not read: it belongs to somebody else, and its mode leaves nothing for others.
    ///
    /// ## Why is this bad
    /// The runtime answers `permission denied`, and the container ends with status 126. As root, in a test, it
    /// works.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=744 start.sh /start.sh
    /// USER nobody
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// USER nobody
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `--chmod=755` would let everybody read and execute the file, and its content would
    /// be no secret in the image.
    ///
    /// ## When it stays silent
    /// When the user, the owner or the mode is not known, when the user owns the file, and when the mode has a
    /// bit for the group: which groups a user is in is not known.
    pub(super) static ENTRYPOINT_NOT_RUNNABLE_BY_USER = {
        id: "entrypoint-not-runnable-by-user",
        summary: "the image's user may not run the program",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for broken in broken_starts(target) {
        let (user, label) = match &broken.failure.reason {
            ExecProblem::NotRunnableBy { user, mode } => (
                user,
                format!("it has the mode {mode:o} and belongs to somebody else"),
            ),
            ExecProblem::ShutAway { user, directory } => {
                (user, format!("only root may enter `{directory}`"))
            }
            _ => continue,
        };
        let (origin, word) = (broken.failure.origin.clone(), broken.word(target));
        let Some(span) = origin.or_else(|| word.clone()) else {
            continue;
        };
        let program = &broken.failure.program;
        let finding = findings.add(
            format!("the user `{user}` may not run `{program}`"),
            span,
            label,
        );
        if let Some(word) = word {
            finding.related(word, "started here");
        }
        if let Origin::Instruction(span) = &target.container.image.user.origin {
            finding.related(span.clone(), "by this user");
        }
        at_the_start(
            finding,
            broken.path,
            "permission denied, and the container ends",
        );
        finding.help(match broken.failure.reason {
            ExecProblem::ShutAway { .. } => {
                "put it where every user may go, such as `/usr/local/bin`"
            }
            _ => "give it the mode 755, or the user as its owner (`--chown`)",
        });
    }
}
