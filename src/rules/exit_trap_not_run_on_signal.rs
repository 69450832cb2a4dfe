use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{finish, shell_name, signal_names};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a script that relies on `trap … EXIT` to stop the application, in a shell that does
    /// not run it on a signal (dash, busybox).
    ///
    /// ## Why is this bad
    /// dash and busybox run an EXIT trap when the script comes to its end or calls `exit`. A signal
    /// without a trap of its own does not start it, and as PID 1 the shell does not even end: the
    /// signal is dropped. bash behaves otherwise, so the script may have been tried with bash.
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
    /// trap 'kill -TERM "$child"; wait "$child"' EXIT
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
    /// /demo/app &
    /// child=$!
    /// trap 'kill -TERM "$child"; wait "$child"' EXIT
    /// trap 'exit 143' TERM
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `trap 'exit 143' TERM` makes the signal end the shell, and so run the EXIT trap,
    /// which may do something that is wrong on a stop.
    ///
    /// ## When it stays silent
    /// In shells that run it (bash), when a trap for the signal is set as well, and when the
    /// application is in the foreground: then `script-without-exec` speaks.
    pub(super) static EXIT_TRAP_NOT_RUN_ON_SIGNAL = {
        id: "exit-trap-not-run-on-signal",
        summary: "an EXIT trap alone does not run when the stop signal comes",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::ExitTrap) {
        let (signal, name) = signal_names(target);
        let fact = path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::ExitTrapNotRun { shell } => Some((shell_name(shell), fact.span.as_ref()?)),
            _ => None,
        });
        let Some((shell, span)) = fact else { continue };
        let finding = findings.add(
            format!("`{shell}` does not run this EXIT trap on {signal}"),
            span.clone(),
            "runs only when the script comes to its end",
        );
        finish(finding, target, path);
        finding.help(format!(
            "add `trap 'exit 143' {name}`, which ends the script and so runs this trap"
        ));
    }
}
