use super::Findings;
use super::cause::Cause;
use super::foreground::{self, Foreground};
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports an `exec` that stands in a subshell or in a pipeline of a start-up script: it replaces
    /// that subshell and not the shell that is PID 1.
    ///
    /// ## Why is this bad
    /// The author wanted the application to be PID 1, and it looks as if it were. But each part of a
    /// pipeline and everything in `( )` runs in a process of its own, so the first shell stays PID 1,
    /// gets the stop signal and drops it.
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
    /// exec /demo/app 2>&1 | tee /var/log/demo.log
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
    /// exec /demo/app >> /var/log/demo.log 2>&1
    /// ```
    ///
    /// ## Fix safety
    /// Sometimes there is a fix, which is unsafe: in bash `exec app > >(tee log)` keeps the output's way,
    /// and the exit status becomes that of the application. Else none: what the pipeline or the subshell is
    /// for has to be done in another way.
    ///
    /// ## When it stays silent
    /// When the subshell's application hears the signal in another way, and in subshells that only
    /// prepare something.
    pub(super) static EXEC_IN_SUBSHELL = {
        id: "exec-in-subshell",
        summary: "`exec` in a subshell or pipeline does not replace PID 1",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    foreground::each(target, Cause::Foreground, |path, command: Foreground| {
        if !command.exec_in_subshell {
            return;
        }
        let place = if command.in_pipeline {
            "a pipeline"
        } else {
            "a subshell"
        };
        let title = format!("`exec` in {place} does not replace PID 1");
        let label = format!(
            "replaces only {place} of `{}`, which stays PID 1",
            command.shell
        );
        let finding = findings.add(title, command.span.clone(), label);
        foreground::finish(finding, target, path, &command);
    });
}
