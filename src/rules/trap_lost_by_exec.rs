use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{finish, signal_names};
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a trap for the stop signal in a script that then replaces itself (`exec`) by a
    /// program that does not stop on that signal.
    ///
    /// ## Why is this bad
    /// A trap belongs to the shell. `exec` puts the program in the shell's place and resets the
    /// trap, so that its action never runs. The program itself has no handler: as PID 1 it is not
    /// even killed by the signal.
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
    /// trap 'exit 0' TERM
    /// exec sleep infinity
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
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either the trap or the `exec` is a mistake.
    ///
    /// ## When it stays silent
    /// When the program handles the signal itself, and when nothing is known of it.
    pub(super) static TRAP_LOST_BY_EXEC = {
        id: "trap-lost-by-exec",
        summary: "`exec` resets the trap, and the program does nothing on the signal",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::TrapLost) {
        let (signal, _) = signal_names(target);
        let lost = target.container.stop_signal.value.value();
        let Some((set_at, exec)) = lost.and_then(|signal| cause::lost_trap(path, *signal)) else {
            continue;
        };
        let finding = findings.add(
            format!("the trap for {signal} is lost"),
            set_at.clone(),
            "set here, and reset by the `exec` that follows",
        );
        finding.related(exec.clone(), "replaces the shell and its traps");
        finish(finding, target, path);
        finding.help("keep the shell: start the program with `&`, let the trap signal it, and `wait` for it until it has ended");
    }
}
