use super::Findings;
use super::programs;
use super::rule::declare_rule;
use super::words::{bad_paths, consequence};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::knowledge::{How, OnSignal};
use crate::stop::{Path, Verdict};

declare_rule! {
    /// ## What it does
    /// Reports a launcher that starts the application as its child, gets the stop signal, and keeps it
    /// to itself: `flock`, `time`, `xargs`, `node --run`, `hatch run`, `conda run`, npm 9.6.7 to 10.2.5.
    ///
    /// ## Why is this bad
    /// The application never hears that it is to stop. As PID 1 such a launcher also does not die of the
    /// signal, so the platform waits out the grace period and kills everything.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["flock", "/run/lock/demo", "/demo/app"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["flock", "--no-fork", "/run/lock/demo", "/demo/app"]
    /// ```
    ///
    /// ## Fix safety
    /// Sometimes there is a fix, which is unsafe: `exec` in the launcher's configuration, or the
    /// application without the launcher where that adds nothing. Else what the launcher is for has to be
    /// done in another way.
    ///
    /// ## When it stays silent
    /// When the launcher becomes the application, when it passes the signal on, when a shell in front of
    /// it keeps the signal already, and when its version decides and is not known.
    pub(super) static LAUNCHER_DROPS_SIGNALS = {
        id: "launcher-drops-signals",
        summary: "a launcher gets the stop signal and does not pass it on",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in bad_paths(target) {
        start_script(target, path, findings);
        if path.delivered != Some(false) || path.verdict != Verdict::Stuck {
            continue;
        }
        let chain = programs::chain(path);
        for pair in chain.windows(2) {
            let (process, child) = (pair[0], pair[1]);
            let (Some(signal), None) = (process.receives, child.receives) else {
                continue;
            };
            let (Some(launch), Some(span)) = (
                programs::launch(target, process),
                programs::place(target, process),
            ) else {
                continue;
            };
            // One that tells its commands one after another has not come to this one.
            let is_slow = path
                .facts
                .iter()
                .any(|fact| matches!(fact.kind, FactKind::StopsOneByOne { .. }));
            if is_slow {
                continue;
            }
            let keeps = matches!(&launch.how, How::Fork(fork)
                if !matches!(fork.on(signal), OnSignal::Forward(_)));
            // npm of some versions keeps it, which its words do not tell.
            if !keeps && launch.alternatives.is_empty() {
                continue;
            }
            let name = programs::name(process);
            let finding = findings.add(
                format!(
                    "`{name}` does not pass {signal} on to `{}`",
                    programs::name(child)
                ),
                span.clone(),
                format!("`{name}` gets the signal and keeps it"),
            );
            finding.note(launch.about);
            consequence(finding, target, path);
            finding.help(format!(
                "start `{}` without `{name}`, or through a launcher that becomes its command",
                programs::name(child)
            ));
        }
    }
}

/// A script that starts a server, stays before it, and tells it nothing.
fn start_script(target: &Target, path: &Path, findings: &mut Findings) {
    let chain = programs::chain(path);
    let Some(application) = chain.last() else {
        return;
    };
    let (Some(known), Some(span), Some(signal)) = (
        programs::program(target, application),
        programs::place(target, application),
        application.receives,
    ) else {
        return;
    };
    let Some(server) = known.foreground.direct.first() else {
        return;
    };
    let name = programs::name(application);
    let finding = findings.add(
        format!("`{name}` does not pass {signal} on to the server that it starts"),
        span,
        format!("`{name}` is a script that stays before the server"),
    );
    finding.note(known.evidence.clone());
    consequence(finding, target, path);
    finding.help(format!("start `{server}` itself, with `exec`"));
}
