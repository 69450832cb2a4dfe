use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{finish, signal_names};
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports `trap '' TERM` (an empty action) in a start-up script: the shell ignores the signal,
    /// and so does what it starts.
    ///
    /// ## Why is this bad
    /// An ignored signal stays ignored across `fork` and `exec`. A program that installs no handler
    /// of its own does not hear it any more, neither from the platform nor from a trap, and a shell
    /// cannot trap it again in a script that it starts.
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
    /// trap '' TERM
    /// /demo/app
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
    /// There is no fix: removing the trap gives back the default, which is wrong where the script means to
    /// outlive the signal.
    ///
    /// ## When it stays silent
    /// When the application installs its own handler: programs of which nothing is known are taken
    /// to do so.
    pub(super) static IGNORED_SIGNAL_INHERITED = {
        id: "ignored-signal-inherited",
        summary: "the application is started with the stop signal ignored",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::Ignored) {
        let (signal, short) = signal_names(target);
        let stop_signal = target.container.stop_signal.value.value();
        let Some(span) = stop_signal.and_then(|signal| cause::ignoring(path, *signal)) else {
            continue;
        };
        let finding = findings.add(
            format!("{signal} is ignored"),
            span.clone(),
            "ignored from here on, by the shell and by what it starts",
        );
        finish(finding, target, path);
        finding.help(format!(
            "remove this `trap`, or write `trap - {short}` before the application is started"
        ));
    }
}
