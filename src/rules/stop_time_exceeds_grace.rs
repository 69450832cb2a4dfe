use std::time::Duration;

use super::rule::declare_rule;
use super::{Findings, Severity, programs};
use crate::analyze::Target;
use crate::stop::{FactKind, ProcessTree};

declare_rule! {
    /// ## What it does
    /// Compares the time that the configuration gives to stopping with the grace period: gunicorn's
    /// `--graceful-timeout`, supervisord's `stopwaitsecs`, and the second that supervisord takes for each
    /// group of programs, one after another.
    ///
    /// ## Why is this bad
    /// After the grace period the platform kills every process, whatever it was told it may take. docker
    /// waits 10 s unless it is told otherwise, Kubernetes 30 s.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// CMD ["gunicorn", "--graceful-timeout", "60", "app:app"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// CMD ["gunicorn", "--graceful-timeout", "8", "app:app"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either time may be the one that is meant. `--grace` tells pidone how long the
    /// platform waits.
    ///
    /// ## When it stays silent
    /// When no time is configured, or the grace period is longer.
    pub(super) static STOP_TIME_EXCEEDS_GRACE = {
        id: "stop-time-exceeds-grace",
        summary: "stopping may take longer than the platform waits",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let grace = target.container.grace;
    let limit = crate::analyze::seconds(grace);
    for path in &target.paths {
        for process in path.processes.iter().flat_map(ProcessTree::processes) {
            let time = programs::program(target, process).and_then(|known| known.stop_time);
            let (Some(time), Some(span)) = (time, programs::place(target, process)) else {
                continue;
            };
            if time <= grace.as_secs_f64() || !process.is_application {
                continue;
            }
            let name = programs::name(process);
            findings
                .add(
                    format!("`{name}` may take {time} s to stop, the platform waits {limit}"),
                    span.clone(),
                    format!("SIGKILL after {limit}"),
                )
                .at_most(Severity::Note)
                .help(format!(
                    "give it less than {limit}, or a longer grace period on the platform"
                ));
        }
        for fact in &path.facts {
            let (
                FactKind::StopsOneByOne {
                    launcher,
                    least,
                    longest,
                },
                Some(span),
            ) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            let (least, longest) = (
                Duration::from_millis(*least),
                Duration::from_millis(*longest),
            );
            let (title, severity) = if least >= grace {
                let least = crate::analyze::seconds(least);
                let title = format!(
                    "`{launcher}` needs {least} to stop its programs one after another, the platform waits {limit}"
                );
                (title, Severity::Warning)
            } else if longest > grace {
                let longest = crate::analyze::seconds(longest);
                let title = format!(
                    "`{launcher}` waits up to {longest} for a program, the platform waits {limit}"
                );
                (title, Severity::Note)
            } else {
                continue;
            };
            findings
                .add(title, span.clone(), format!("SIGKILL after {limit}"))
                .at_most(severity)
                .help("put programs into one `[group:…]`, give them less time, or let the platform wait longer");
        }
    }
}
