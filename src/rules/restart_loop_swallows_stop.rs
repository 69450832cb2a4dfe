use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{application_name, finish};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a loop around the application (`while true; do app; done`) that the stop signal does
    /// not end.
    ///
    /// ## Why is this bad
    /// Either the shell is PID 1 without a trap and drops the signal while the application runs, or
    /// a trap stops the application and the loop starts it again. Both ways the platform waits out
    /// the grace period and kills.
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
    /// while true; do
    ///     /demo/app
    ///     sleep 1
    /// done
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
    /// Sometimes there is a fix, which is unsafe: a trap that passes the signal on and ends the loop. The
    /// platform restarts a container that ends (`--restart`, a Kubernetes pod), which is what the loop is
    /// for.
    ///
    /// ## When it stays silent
    /// When the trap ends the script, or the loop has a condition that the trap changes.
    pub(super) static RESTART_LOOP_SWALLOWS_STOP = {
        id: "restart-loop-swallows-stop",
        summary: "a loop that starts the application again does not end on the stop signal",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::RestartLoop) {
        let name = application_name(path);
        let waited = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::Foreground { .. } | FactKind::Waiting { .. } => fact.span.as_ref(),
            _ => None,
        });
        let Some(span) = waited else { continue };
        let finding = findings.add(
            format!("the loop around {name} does not end on the stop signal"),
            span.clone(),
            "in a loop that goes round again",
        );
        finish(finding, target, path);
        finding.help("drop the loop, `exec` the application, and let the platform restart the container; or let a trap end the script");
    }
}
