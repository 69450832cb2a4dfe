use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{application_name, finish};
use crate::analyze::Target;
use crate::stop::ProcessTree;

declare_rule! {
    /// ## What it does
    /// Reports a trap whose `kill` does not reach the application: because the variable is empty or
    /// holds the pid of another job, of a pipeline's last part, or of a subshell.
    ///
    /// ## Why is this bad
    /// `$!` is the last command that was put into the background: after `app | tee log &` it is
    /// `tee`, and in `trap "kill $pid" TERM` it is what `$pid` was when the trap was set. The
    /// application is not told and is killed when PID 1 ends or the grace period is over.
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
    /// /demo/app | tee /var/log/demo.log &
    /// child=$!
    /// trap 'kill -TERM "$child"; wait "$child"' TERM
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
    /// /demo/app > /var/log/demo.log &
    /// child=$!
    /// trap 'kill -TERM "$child"; wait "$child"' TERM
    /// wait "$child"
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which process is meant is for the author to say.
    ///
    /// ## When it stays silent
    /// When the signal reaches the application as well, and when the pid is not known.
    pub(super) static WRONG_PID_SIGNALLED = {
        id: "wrong-pid-signalled",
        summary: "a trap signals something else than the application",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::WrongPid) {
        let Some((span, to)) = cause::missed(path) else {
            continue;
        };
        let name = application_name(path);
        let all = path
            .processes
            .as_ref()
            .map(ProcessTree::processes)
            .unwrap_or_default();
        let reached = all.into_iter().find(|process| Some(process.pid) == to);
        let label = match reached {
            None => "reaches no process".to_owned(),
            Some(process) if cause::is_shell(process) => {
                format!("reaches a copy of the shell in front of {name}")
            }
            Some(process) => format!("reaches `{}`", process.program),
        };
        let title = format!("this `kill` does not reach {name}");
        let finding = findings.add(title, span.clone(), label);
        finish(finding, target, path);
        finding.help("start the application by itself with `&`, keep `$!` at once, and expand the variable when the trap runs (single quotes)");
    }
}
