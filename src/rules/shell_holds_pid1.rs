use super::Findings;
use super::cause::Cause;
use super::foreground::{self, Foreground};
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports an application that is started by the string of a `sh -c`, and for which the shell
    /// waits as PID 1. Shell form (`CMD app`) is such a string: Docker starts `/bin/sh -c "app"`.
    ///
    /// ## Why is this bad
    /// The stop signal goes to PID 1 only. That is the shell; it sets no trap, so the kernel drops
    /// the signal, and the application is killed when the grace period is over. Whether a shell stays
    /// differs: Debian's dash always does, the ash of Alpine replaces itself by a simple last
    /// command. pidone knows which one the image has and what it does with this very string.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD /demo/app --port 80
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["/demo/app", "--port", "80"]
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: exec form where the string has nothing that a shell would expand, else `exec`
    /// before the last command, which changes nothing but who is PID 1. Where more follows the application,
    /// the fix is unsafe.
    ///
    /// ## When it stays silent
    /// When the shell replaces itself by the application (with or without the word `exec`), when an
    /// init or a trap passes the signal on, and when the files do not say what is started.
    pub(super) static SHELL_HOLDS_PID1 = {
        id: "shell-holds-pid1",
        summary: "the shell of a command string stays PID 1 in front of the application",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    foreground::each(target, Cause::Foreground, |path, command: Foreground| {
        if !command.dash_c || command.exec_in_subshell {
            return;
        }
        let title = format!(
            "`{}` runs as a child of the shell that is PID 1",
            command.name
        );
        let label = format!(
            "`{}` waits for it and gets the signal instead",
            command.shell
        );
        let finding = findings.add(title, command.span.clone(), label);
        foreground::finish(finding, target, path, &command);
    });
}
