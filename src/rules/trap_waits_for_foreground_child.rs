use super::Findings;
use super::Severity;
use super::cause::{self, Cause};
use super::foreground::short;
use super::rule::declare_rule;
use super::words::{finish, shell_name, signal_names};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::stop::Path;

declare_rule! {
    /// ## What it does
    /// Reports a script that sets a trap for the stop signal and then waits for a command in the
    /// foreground.
    ///
    /// ## Why is this bad
    /// A shell runs a trap only between two commands. While a command runs in the foreground the
    /// trap waits, in every shell; nobody has told that command to stop, so it runs on until the
    /// grace period is over and everything is killed. The trap never runs.
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
    /// trap 'kill -TERM "$child"; wait "$child"' TERM
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
    /// trap 'kill -TERM "$child"; wait "$child"' TERM
    /// /demo/app &
    /// child=$!
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe: either `exec` drops the trap that never ran, or the command goes into the
    /// background, which changes its standard input and its reaction to SIGINT.
    ///
    /// ## When it stays silent
    /// When the command is in the background and the shell is in `wait`, which a signal interrupts,
    /// and when the signal reaches the command some other way (a process group).
    pub(super) static TRAP_WAITS_FOR_FOREGROUND_CHILD = {
        id: "trap-waits-for-foreground-child",
        summary: "a trap for the stop signal has to wait until the foreground command ends",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::TrapWaits) {
        let (signal, _) = signal_names(target);
        let Some(hearer) = cause::hearer(path) else {
            continue;
        };
        for fact in &path.facts {
            let (FactKind::Foreground { command, pid, .. }, Some(span)) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            if *pid != hearer.pid {
                continue;
            }
            let command = short(command);
            let shell = shell_name(&hearer.program);
            let idle = cause::keep_alive(path).is_some();
            let finding = findings.add(
                format!("the trap for {signal} has to wait until `{command}` has ended"),
                span.clone(),
                format!("`{shell}` runs no trap while this is in the foreground"),
            );
            finish(finding, target, path);
            finding.help(if idle {
                format!("write `{command} & wait $!`: `wait` is interrupted by the signal")
            } else {
                format!("run `{command} &`, let the trap signal `$!`, and `wait` for it until it has ended")
            });
            let alone = path.processes.as_ref().is_some_and(|tree| {
                let all = tree.processes();
                idle && !all
                    .iter()
                    .any(|process| process.is_application && !is_idle(path, process.pid))
            });
            if alone {
                finding.at_most(Severity::Warning);
            }
        }
    }
}

fn is_idle(path: &Path, wanted: u32) -> bool {
    let kinds = path.facts.iter().map(|fact| &fact.kind);
    kinds
        .into_iter()
        .any(|kind| matches!(kind, FactKind::KeepAlive { pid, .. } if *pid == wanted))
}
