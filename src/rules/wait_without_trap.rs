use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{application_name, finish, shell_name, signal_names};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a script that starts the application with `&` and is then in `wait`, without a trap
    /// for the stop signal.
    ///
    /// ## Why is this bad
    /// The shell is PID 1 and sets no trap, so the kernel drops the signal. A signal ends `wait`
    /// only when it is trapped. The application never hears it and is killed when the grace period
    /// is over.
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
    /// wait $!
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
    /// stop() {
    ///     kill -TERM "$child"
    ///     wait "$child"
    /// }
    /// trap stop TERM
    /// /demo/app &
    /// child=$!
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe: a trap that passes the signal on, and a second `wait`. With a single application
    /// `exec` is the smaller change.
    ///
    /// ## When it stays silent
    /// When a trap is set, whether or not it works: then other rules speak.
    pub(super) static WAIT_WITHOUT_TRAP = {
        id: "wait-without-trap",
        summary: "a shell waits for its background job without a trap for the stop signal",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::WaitWithoutTrap) {
        let (signal, name) = signal_names(target);
        let waiting = path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::Waiting { shell, .. } => Some((shell_name(shell), fact.span.as_ref()?)),
            _ => None,
        });
        let Some((shell, span)) = waiting else {
            continue;
        };
        let application = application_name(path);
        let finding = findings.add(
            format!("`{shell}` waits for {application} without a trap for {signal}"),
            span.clone(),
            "the signal does not end this `wait`",
        );
        finish(finding, target, path);
        finding.help(format!(
            "set `trap 'kill -{name} $pid; wait $pid' {name}` before it, or `exec` the application"
        ));
    }
}
