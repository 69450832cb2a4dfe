use super::Findings;
use super::cause::Cause;
use super::foreground::{self, Foreground};
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a start-up script that is PID 1 and runs the application in the foreground, without
    /// `exec`.
    ///
    /// ## Why is this bad
    /// The stop signal goes to PID 1 only. That is the shell that runs the script; it sets no trap,
    /// so the kernel drops the signal. The application never hears it and is killed when the grace
    /// period is over: open requests are cut, data may be lost, and every deployment waits.
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
    /// mkdir -p /run/demo
    /// /demo/app --port 80
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
    /// mkdir -p /run/demo
    /// exec /demo/app --port 80
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: `exec` before the last command changes nothing but who is PID 1. Where the script
    /// has more to do after the application has ended, the fix is a trap and two `wait`s, which is unsafe.
    ///
    /// ## When it stays silent
    /// When the script passes the signal on by a trap, when it is not PID 1, when it ends by itself,
    /// and when the script is not at hand.
    pub(super) static SCRIPT_WITHOUT_EXEC = {
        id: "script-without-exec",
        summary: "a start-up script runs the application without `exec`",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    foreground::each(target, Cause::Foreground, |path, command: Foreground| {
        if command.dash_c || command.exec_in_subshell {
            return;
        }
        let title = format!("`{}` is started without `exec`", command.name);
        let label = format!("runs as a child of `{}`, which stays PID 1", command.shell);
        let finding = findings.add(title, command.span.clone(), label);
        foreground::finish(finding, target, path, &command);
    });
}
