use super::Findings;
use super::cause::{self, Cause};
use super::foreground::short;
use super::rule::declare_rule;
use super::words::{finish, shell_name, signal_names};
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a `trap` or `kill` that this image's shell refuses because of how the signal is
    /// spelled: `trap … SIGTERM` in dash, `kill -SIGTERM` in dash and in bash called as `sh`.
    ///
    /// ## Why is this bad
    /// The shell prints `trap: SIGTERM: bad trap` and goes on without the trap, so the stop signal
    /// is dropped; or the trap runs and its `kill` signals nobody. The same script works in bash
    /// and in busybox, where it was perhaps tried.
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
    /// stop() {
    ///     kill -TERM "$child"
    ///     wait "$child"
    /// }
    /// trap stop SIGTERM
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
    /// The fix is safe: the name without `SIG` means the same in every shell.
    ///
    /// ## When it stays silent
    /// When the shell of the image takes the spelling, and when another trap or an `exec` makes up
    /// for it.
    pub(super) static TRAP_SIGNAL_SPELLING = {
        id: "trap-signal-spelling",
        summary: "the shell does not know the signal name of a `trap` or `kill`",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::Spelling) {
        let stop_signal = target.container.stop_signal.value.value();
        let Some((shell, word, span)) =
            stop_signal.and_then(|signal| cause::refused(path, *signal))
        else {
            continue;
        };
        let (_, name) = signal_names(target);
        let shell = shell_name(shell);
        let is_kill = word.split_whitespace().nth(1).is_some();
        let title = if is_kill {
            format!("`{shell}` refuses `{}`", short(span.text()))
        } else {
            format!("`{shell}` does not know the signal name `{word}`")
        };
        let label = if is_kill {
            "signals nobody"
        } else {
            "sets no trap"
        };
        let finding = findings.add(title, span.clone(), label);
        finish(finding, target, path);
        finding.help(format!("write `{name}`, which every shell knows"));
    }
}
