use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{finish, signal_names};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a `trap` for the stop signal that stands behind the command that the script waits
    /// for.
    ///
    /// ## Why is this bad
    /// A trap is set when the shell comes to it, and the shell comes to it when the command before
    /// it has ended. While the application runs there is no trap, and PID 1 drops the signal.
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
    /// /demo/app &
    /// child=$!
    /// wait "$child"
    /// trap 'kill -TERM "$child"; wait "$child"' TERM
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
    /// /demo/app &
    /// child=$!
    /// trap 'kill -TERM "$child"; wait "$child"' TERM
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: moving the `trap` up is right when its action uses nothing that is set in between.
    ///
    /// ## When it stays silent
    /// When the application is in the foreground before the trap (it may be a preparation that ends),
    /// and when the trap is set before the wait, whether or not it works.
    pub(super) static TRAP_SET_TOO_LATE = {
        id: "trap-set-too-late",
        summary: "a trap stands behind the command that it is meant for",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::TrapTooLate) {
        let (signal, _) = signal_names(target);
        let behind = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::TrapBehind { .. } => fact.span.as_ref(),
            _ => None,
        });
        let waiting = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::Foreground { .. } => Some((fact.span.as_ref()?, true)),
            FactKind::Waiting { .. } => Some((fact.span.as_ref()?, false)),
            _ => None,
        });
        let (Some(span), Some((waiting, in_foreground))) = (behind, waiting) else {
            continue;
        };
        let finding = findings.add(
            format!("the trap for {signal} is set too late"),
            span.clone(),
            "reached only when the command before it has ended",
        );
        finding.related(
            waiting.clone(),
            "the shell is here when the signal comes, without a trap",
        );
        finish(finding, target, path);
        finding.help(if in_foreground {
            "set the trap first, start the application with `&`, and `wait` for it until it has ended"
        } else {
            "set the trap before this `wait`"
        });
    }
}
