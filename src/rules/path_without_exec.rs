use super::Findings;
use super::cause::Cause;
use super::foreground::{self, Foreground};
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a start-up script that is PID 1 and that replaces itself by the application (`exec`)
    /// on one way and runs it in the foreground on another: in a branch of an `if` or `case`.
    ///
    /// ## Why is this bad
    /// On the way without `exec` the shell stays PID 1 and drops the stop signal; the application
    /// is killed when the grace period is over. Because the other way works, the fault shows only
    /// in some deployments.
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
    /// if [ "$MODE" = worker ]; then
    ///     /demo/app --worker
    /// else
    ///     exec /demo/app
    /// fi
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
    /// if [ "$MODE" = worker ]; then
    ///     exec /demo/app --worker
    /// else
    ///     exec /demo/app
    /// fi
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: `exec` changes nothing but who is PID 1. Where the script has more to do after the
    /// application has ended, the fix is a trap and two `wait`s, which is unsafe.
    ///
    /// ## When it stays silent
    /// When every way is without `exec` (then `script-without-exec` speaks), when a trap passes the
    /// signal on, and when the way without `exec` ends by itself.
    pub(super) static PATH_WITHOUT_EXEC = {
        id: "path-without-exec",
        summary: "one way through a start-up script runs the application without `exec`, another with it",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    foreground::each(
        target,
        Cause::PathWithoutExec,
        |path, command: Foreground| {
            let title = format!("`{}` is started without `exec` on this path", command.name);
            let label = format!("runs as a child of `{}`, which stays PID 1", command.shell);
            let finding = findings.add(title, command.span.clone(), label);
            foreground::finish(finding, target, path, &command);
        },
    );
}
