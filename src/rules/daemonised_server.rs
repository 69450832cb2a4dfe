use super::rule::declare_rule;
use super::words::consequence;
use super::{Findings, programs};
use crate::analyze::Target;
use crate::stop::{FactKind, Path, ProcessTree, Verdict};

declare_rule! {
    /// ## What it does
    /// Reports a server that puts itself into the background (nginx without `daemon off;`, `service x
    /// start`, `apachectl start`), when it is what the container is for.
    ///
    /// ## Why is this bad
    /// The command returns at once. If it was PID 1's, the container ends with it; if something else keeps
    /// the container alive (`tail -f`), that gets the stop signal and the server is killed in its work.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y nginx
    /// CMD ["nginx"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM nginx:1.27
    /// CMD ["nginx", "-g", "daemon off;"]
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe: in some programs the option that keeps a server in the foreground changes where
    /// its log goes.
    ///
    /// ## When it stays silent
    /// When a supervisor or another application is what the container is for and stops in order.
    pub(super) static DAEMONISED_SERVER = {
        id: "daemonised-server",
        summary: "a server goes into the background and out of the signal's way",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

/// Servers that run beside what a container is for.
const HELPERS: [&str; 9] = [
    "sshd",
    "ssh",
    "crond",
    "cron",
    "rsyslogd",
    "rsyslog",
    "syslogd",
    "syslog-ng",
    "dbus-daemon",
];

fn check(target: &Target, findings: &mut Findings) {
    for path in &target.paths {
        if !matches!(
            path.verdict,
            Verdict::Fails | Verdict::Stuck | Verdict::Abrupt | Verdict::Truncated
        ) || path.delivered == Some(true)
        {
            continue;
        }
        for fact in &path.facts {
            let (
                FactKind::Daemonised {
                    called: program,
                    how,
                    ..
                },
                Some(span),
                false,
            ) = (&fact.kind, &fact.span, fact.while_stopping)
            else {
                continue;
            };
            // What goes into the background beside another application is a helper.
            let is_beside = path
                .processes
                .as_ref()
                .is_some_and(|tree| has_other_application(path, tree));
            // So is the sshd of a cluster's node, whose own daemons some script has started.
            let has_other_commands = path
                .facts
                .iter()
                .any(|fact| matches!(fact.kind, FactKind::Preparation { .. }));
            if is_beside || (has_other_commands && HELPERS.contains(&program.as_str())) {
                continue;
            }
            let Some(place) = programs::at_hand(target, span) else {
                continue;
            };
            let finding = findings.add(
                format!("`{program}` goes into the background"),
                place,
                "returns at once; the server is nobody's child",
            );
            finding.note(how.clone());
            consequence(finding, target, path);
            finding.help(format!(
                "start `{program}` in the foreground, as the last command and with `exec`"
            ));
        }
    }
}

/// Whether the verdict is about something that did not go into the background as well.
fn has_other_application(path: &Path, tree: &ProcessTree) -> bool {
    let is_daemon = |process: &ProcessTree| {
        path.facts.iter().any(|fact| {
            matches!(fact.kind, FactKind::Daemonised { .. }) && fact.span == process.span
        })
    };
    let mut all = tree.processes().into_iter();
    all.any(|process| process.is_application && !is_daemon(process))
}
