use super::Findings;
use super::Severity;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{start_instruction, with_exec, written};
use crate::analyze::Target;
use crate::boot::{Fact, FactKind};

declare_rule! {
    /// ## What it does
    /// Reports a start-up that puts an application into the background and comes to its end without
    /// waiting for it.
    ///
    /// ## Why is this bad
    /// When PID 1 ends, the container ends: the kernel kills everything else at once. The
    /// application runs for a moment or not at all, and the container exits, often with status 0.
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
    /// echo started
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
    /// echo starting
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// Sometimes there is a fix, which is unsafe: a server that has an option for it is started in the
    /// foreground. Else none: `exec` and `wait` both keep the container up, and which is meant is for the
    /// author to say.
    ///
    /// ## When it stays silent
    /// When the script waits for the application, runs another one in the foreground, or replaces
    /// itself. A server that goes into the background by itself is left to `daemonised-server`.
    pub(super) static BACKGROUND_WITHOUT_WAIT = {
        id: "background-without-wait",
        summary: "a start-up script ends while its application runs in the background",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::NothingWaits) {
        for fact in &path.facts {
            let (
                FactKind::KilledWithPid1 {
                    command,
                    on_stop: false,
                    ..
                },
                Some(span),
            ) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            // A server that goes there by itself is left to `daemonised-server`: `exec` would not help.
            let goes_itself = |fact: &Fact| {
                matches!(fact.kind, FactKind::Daemonised { .. }) && fact.span.as_ref() == Some(span)
            };
            if path.facts.iter().any(goes_itself) {
                continue;
            }
            let command = written(target, span, command);
            let finding = findings.add(
                format!("nothing waits for `{command}`"),
                span.clone(),
                "runs in the background when PID 1 comes to its end",
            );
            if let Some((span, word)) = start_instruction(target) {
                finding.related(span, format!("this {word} starts PID 1"));
            }
            finding.note("with PID 1 gone the container ends, and the kernel kills this process");
            if !path.when.is_empty() {
                finding.at_most(Severity::Warning);
            }
            finding.help(format!(
                "run it in the foreground: write {}",
                with_exec(&command)
            ));
        }
    }
}
