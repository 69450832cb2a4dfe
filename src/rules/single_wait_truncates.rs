use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{application_name, finish, signal_names};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a script whose trap passes the stop signal on, and whose shell then ends without
    /// having waited for the application's end: the textbook `trap 'kill $pid' TERM; app & pid=$!;
    /// wait $pid`.
    ///
    /// ## Why is this bad
    /// A trapped signal ends `wait` at once; the application lives on. After the trap the script
    /// goes on behind that `wait`, comes to its end, and with PID 1 gone the kernel kills the
    /// application, which has only begun to stop. It holds in every shell.
    ///
    /// A trap that signals its own shell (`trap 'kill 0' TERM`) runs inside itself, and the shell dies of
    /// that within half a second.
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
    /// trap 'kill -TERM "$child"' TERM
    /// /demo/app &
    /// child=$!
    /// wait "$child"
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
    /// trap 'kill -TERM "$child"' TERM
    /// /demo/app &
    /// child=$!
    /// wait "$child"
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe, because the shell then stays until the application has ended: a second `wait`
    /// changes nothing while it runs, and gives its status.
    ///
    /// ## When it stays silent
    /// When `wait` stands in the trap, or is repeated after it.
    pub(super) static SINGLE_WAIT_TRUNCATES = {
        id: "single-wait-truncates",
        summary: "PID 1 ends before the application that it has told to stop",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::WaitsOnce) {
        let name = application_name(path);
        let (signal, _) = signal_names(target);
        if let Some((kill, trap)) = cause::own_trap(path) {
            let title =
                format!("the trap signals its own shell, which dies before {name} has finished");
            let label = format!(
                "{signal} comes back here, and the trap runs inside itself until the shell dies"
            );
            let finding = findings.add(title, kill.clone(), label);
            finding.related(trap.clone(), "this trap runs first");
            finish(finding, target, path);
            finding.help("reset the trap before it signals the shell, and `wait` after that: `trap - TERM; kill 0; wait`");
            continue;
        }
        let interrupted = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::WaitInterrupted { .. } => fact.span.as_ref(),
            _ => None,
        });
        let ran = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::TrapRan { .. } | FactKind::TrapDeferred { .. } => fact.span.as_ref(),
            _ => None,
        });
        let waits = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::Waiting { pid: 1, .. } | FactKind::Foreground { pid: 1, .. } => {
                fact.span.as_ref()
            }
            _ => None,
        });
        let (span, label) = match (interrupted, ran) {
            (Some(span), _) => (
                span,
                format!("{signal} ends this `wait` at once; {name} lives on"),
            ),
            (None, Some(span)) => (span, "PID 1 ends when this is done".to_owned()),
            // bash ends by the signal, and what tells the application is its EXIT trap.
            (None, None) => match waits {
                Some(span) => (
                    span,
                    format!("{signal} ends the shell here, after its EXIT trap"),
                ),
                None => continue,
            },
        };
        let title = format!("PID 1 ends before {name} has finished");
        let finding = findings.add(title, span.clone(), label);
        if let Some(ran) = ran {
            finding.related(ran.clone(), "this trap runs first");
        }
        finish(finding, target, path);
        finding.help(
            "`wait` for it again: in the trap after the `kill`, or a second time after this `wait`",
        );
    }
}
