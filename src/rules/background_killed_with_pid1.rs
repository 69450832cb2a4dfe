use super::Findings;
use super::rule::declare_rule;
use super::words::{application, written};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Notes an application in the background that nobody waits for or signals, beside one that
    /// stops in order.
    ///
    /// ## Why is this bad
    /// The stop signal goes to the main application, which ends, and PID 1 with it. The kernel then
    /// kills the job at once: it never hears the signal and drops what it is doing.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app worker /demo/
    /// COPY --chmod=755 start.sh /start.sh
    /// CMD ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// /demo/worker &
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
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: one container for each of the two, or a process manager, is a decision
    /// about the image.
    ///
    /// ## When it stays silent
    /// When the job is signalled too (a process group, a trap), when it ends by itself before, and
    /// when the main application does not stop in order: then other rules speak.
    pub(super) static BACKGROUND_KILLED_WITH_PID1 = {
        id: "background-killed-with-pid1",
        summary: "a background job is killed when the application has ended",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let good = target.paths.iter();
    for path in good.filter(|path| path.verdict == Verdict::Graceful) {
        for fact in &path.facts {
            let (
                FactKind::KilledWithPid1 {
                    command,
                    on_stop: true,
                    ..
                },
                Some(span),
            ) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            // The same server, started to set it up: the script ends it in a way of its own.
            let name = written(target, span, command);
            let program = name.split_whitespace().next().unwrap_or_default();
            let program = program.rsplit('/').next().unwrap_or_default();
            if application(path).is_some_and(|process| process.program == program) {
                continue;
            }
            findings
                .add(
                    format!("`{name}` is not told to stop"),
                    span.clone(),
                    "runs in the background, and nobody waits for it",
                )
                .note("on stop: it is killed at once when the main application has ended")
                .help("if it has work to finish, give it a container of its own, or signal it and `wait` for it in a trap");
        }
    }
}
