use super::Findings;
use super::Severity;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{consequence, finish, written};
use crate::analyze::Target;
use crate::stop::ProcessTree;

declare_rule! {
    /// ## What it does
    /// Reports a container that is kept alive by a command that only waits (`tail -f`, `sleep
    /// infinity`, a loop of `sleep`), while the application runs in the background or as a daemon.
    ///
    /// ## Why is this bad
    /// The stop signal reaches the keep-alive or the shell in front of it, and nothing is done
    /// about it: the application is killed when the grace period is over. It is not noticed either
    /// when the application dies: the container goes on.
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
    /// tail -f /dev/null
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
    /// The fix is unsafe: the server is started in the foreground, or a trap passes the signal on and the
    /// script waits for the application instead of the keep-alive. A container that was meant to outlive
    /// its application then ends with it.
    ///
    /// ## When it stays silent
    /// When the application itself is what PID 1 is or waits for. A keep-alive with no application
    /// (a container to work in) is only a note.
    pub(super) static KEEPALIVE_AS_PID1 = {
        id: "keepalive-as-pid1",
        summary: "PID 1 is kept by `sleep` or `tail -f` instead of the application",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::KeepAlive) {
        let Some((pid, command, span)) = cause::keep_alive(path) else {
            continue;
        };
        let command = written(target, span, command);
        let all = path
            .processes
            .as_ref()
            .map(ProcessTree::processes)
            .unwrap_or_default();
        let others = all.into_iter();
        let mut others = others.filter(|process| process.is_application && process.pid != pid);
        let served = others.next();
        if let Some(process) = served {
            let title = format!("`{command}` keeps PID 1 instead of `{}`", process.program);
            let finding = findings.add(title, span.clone(), "only waits");
            if let Some(started) = &process.span {
                finding.related(started.clone(), "the application is started here");
            }
            finish(finding, target, path);
            finding.help("run the application in the foreground with `exec`; if it must be in the background, trap the signal, pass it on and `wait`");
            continue;
        }
        let title = format!("`{command}` does not stop on the stop signal");
        let finding = findings.add(title, span.clone(), "only waits");
        consequence(finding, target, path);
        finding
            .help("run it with an init (`docker run --init`) if a quick stop matters")
            .at_most(Severity::Note);
    }
}
