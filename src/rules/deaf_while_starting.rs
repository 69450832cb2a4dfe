use super::Findings;
use super::foreground::short;
use super::rule::declare_rule;
use super::words::signal_names;
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Notes a command that may take long (a migration, a loop that waits for a database) in a
    /// script that is PID 1 without a trap, before the application is started.
    ///
    /// ## Why is this bad
    /// A shell that is PID 1 drops the stop signal while it has no trap. A container that is
    /// stopped or replaced during these seconds or minutes does not react, and is killed when the
    /// grace period is over, perhaps in the middle of a migration.
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
    /// until nc -z db 5432; do
    ///     sleep 1
    /// done
    /// exec /demo/app
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
    /// trap 'exit 143' TERM
    /// until nc -z db 5432; do
    ///     sleep 1
    /// done
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `trap 'exit 143' TERM` at the top ends the script between two commands, and `exec`
    /// resets it, but a migration may then be left half done.
    ///
    /// ## When it stays silent
    /// When a trap for the signal is set, under an init (the signal then ends the shell), for
    /// commands known to be short, and when the application does not stop in order: then other
    /// rules speak.
    pub(super) static DEAF_WHILE_STARTING = {
        id: "deaf-while-starting",
        summary: "the stop signal is dropped while the start-up script still prepares",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let (signal, name) = signal_names(target);
    let good = target.paths.iter();
    for path in good.filter(|path| path.verdict == Verdict::Graceful) {
        let first = path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::Preparation { command } => Some((short(command), fact.span.as_ref()?)),
            _ => None,
        });
        let Some((command, span)) = first else {
            continue;
        };
        let grace = crate::analyze::seconds(target.container.grace);
        findings
            .add(
                format!("{signal} is dropped while `{command}` runs"),
                span.clone(),
                "PID 1 is a shell without a trap here",
            )
            .note(format!("on a stop at this time nobody reacts; SIGKILL after {grace}"))
            .help(format!("if this can take long, set `trap 'exit 143' {name}` before it; `exec` resets the trap"));
    }
}
