use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{application_name, finish, signal_names};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a trap for the stop signal that neither signals the application nor waits for it, in
    /// a shell in front of the application.
    ///
    /// ## Why is this bad
    /// The trap replaces what the signal would have done, and the application is not told. If the
    /// trap exits, the end of PID 1 kills the application at once; if it does not, the application
    /// runs on until the grace period is over.
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
    /// trap 'echo stopping; exit 0' TERM
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
    /// There is no fix: what the trap does besides is for its author to say.
    ///
    /// ## When it stays silent
    /// When the trap signals the application or its process group, and when the application is PID
    /// 1.
    pub(super) static TRAP_WITHOUT_FORWARD = {
        id: "trap-without-forward",
        summary: "a trap for the stop signal tells the application nothing",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::NoForward) {
        let (signal, _) = signal_names(target);
        let ran = path.facts.iter().find_map(|fact| match fact.kind {
            FactKind::TrapRan { .. } => fact.span.as_ref(),
            _ => None,
        });
        let Some(span) = ran else { continue };
        let name = application_name(path);
        let finding = findings.add(
            format!("the trap for {signal} does not tell {name} to stop"),
            span.clone(),
            "runs on the stop signal, and signals nobody",
        );
        finish(finding, target, path);
        finding.help("let the trap `kill` the application's pid (`$!`) and `wait` for it, or drop the trap and `exec` the application");
    }
}
