use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{application_name, finish};
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a script whose `wait` without a pid waits for something else as well, which goes on when
    /// the application has ended: `tee` behind `exec > >(tee log)`, a long `sleep`, a helper that nobody
    /// stops.
    ///
    /// ## Why is this bad
    /// The application stops in time, but PID 1 stays: every stop takes the whole grace period and ends
    /// with SIGKILL. bash waits for process substitutions, too, and `tee` ends with the shell that writes
    /// to it, which waits for it.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// CMD ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/bash
    /// exec > >(tee /tmp/start.log) 2>&1
    /// /demo/app &
    /// child=$!
    /// trap 'kill -TERM "$child"; wait; exit' TERM
    /// wait
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
    /// #!/bin/bash
    /// exec > >(tee /tmp/start.log) 2>&1
    /// /demo/app &
    /// child=$!
    /// trap 'kill -TERM "$child"; wait "$child"; exit' TERM
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which processes the script means to wait for, only its author knows.
    ///
    /// ## When it stays silent
    /// When the script waits for the application alone, or its trap ends the others.
    pub(super) static WAIT_OUTLASTS_APPLICATION = {
        id: "wait-outlasts-application",
        summary: "PID 1 waits for something else when the application has ended",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::WaitsForOthers) {
        let name = application_name(path);
        let Some((span, other)) = cause::other_child(path) else {
            continue;
        };
        let finding = findings.add(
            format!("PID 1 waits for `{}` when {name} has ended", other.program),
            span.clone(),
            format!("`wait` without a pid waits for `{}`, too", other.program),
        );
        if let Some(span) = &other.span {
            finding.related(span.clone(), format!("this starts `{}`", other.program));
        }
        finish(finding, target, path);
        finding
            .help("wait for the application alone, by its pid: `wait \"$pid\"`, also in the trap");
    }
}
