use super::rule::declare_rule;
use super::words::{bad_paths, consequence};
use super::{Findings, Severity, programs};
use crate::analyze::Target;
use crate::knowledge::{Effect, Lifetime, Program, Signal};
use crate::stop::ProcessTree;

declare_rule! {
    /// ## What it does
    /// Reports an application that is known to finish its work on no signal: cron, `python -m http.server`,
    /// varnishd. Where it drops its work and ends, that is only a note.
    ///
    /// ## Why is this bad
    /// A program without a handler does nothing as PID 1, because the kernel drops the signal: every stop
    /// takes the whole grace period, and what then still runs is killed.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY crontab /etc/crontabs/root
    /// CMD ["crond", "-f"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// CMD ["/demo/app", "--every", "10m"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: behind an init (`docker run --init`) the program ends at once, and its work with it;
    /// whether that is better is for the author to say.
    ///
    /// ## When it stays silent
    /// When another signal or a setting lets the program finish (then `ungraceful-stop-signal` speaks), when
    /// it is a script before its server (then `launcher-drops-signals` speaks), when it only keeps the
    /// container up, when it is a runtime whose program decides, and when the signal does not get so far.
    pub(super) static PROGRAM_WITHOUT_GRACEFUL_STOP = {
        id: "program-without-graceful-stop",
        summary: "a program is started that is known to finish its work on no signal",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

/// What platforms and people stop programs with.
const SIGNALS: [Signal; 8] = [
    Signal::TERM,
    Signal::INT,
    Signal::QUIT,
    Signal::HUP,
    Signal::USR1,
    Signal::USR2,
    Signal::WINCH,
    Signal::RTMIN_PLUS_3,
];

fn check(target: &Target, findings: &mut Findings) {
    for path in bad_paths(target).filter(|path| path.delivered == Some(true)) {
        let chains = programs::chains(path);
        for application in chains.iter().filter_map(|chain| chain.last()) {
            let Some(received) = application.receives else {
                continue;
            };
            let Some((program, effect)) = hopeless(target, application, received) else {
                continue;
            };
            let Some(span) = programs::place(target, application) else {
                continue;
            };
            let name = programs::name(application);
            let (title, help) = match effect {
                Effect::Ignores => (
                    format!("`{name}` does nothing on {received}"),
                    "start it behind an init (`docker run --init`): it then ends at once instead of after the grace period",
                ),
                Effect::Dies => (
                    format!("{received} ends `{name}` at once"),
                    "send it no more work before the platform stops it",
                ),
                _ => (
                    format!("`{name}` drops its work on {received}"),
                    "send it no more work before the platform stops it",
                ),
            };
            let finding = findings.add(
                title,
                span,
                "there is no signal on which it is known to finish its work",
            );
            finding.note(program.evidence.clone());
            consequence(finding, target, path);
            finding.help(help);
            if effect != Effect::Ignores {
                finding.at_most(Severity::Note);
            }
        }
    }
}

/// What a program does on a signal, when it is known to finish its work on none.
fn hopeless(target: &Target, process: &ProcessTree, received: Signal) -> Option<(Program, Effect)> {
    let program = programs::program(target, process)?;
    if matches!(received, Signal::KILL | Signal::STOP) {
        return None;
    }
    let is_pid1 = process.pid == 1;
    let effect = program.reaction(received, is_pid1)?;
    let is_bad = matches!(effect, Effect::Drops | Effect::Dies | Effect::Ignores);
    let has_setting = program.stop_setting.is_some() || !program.foreground.stops.is_empty();
    let finishes = |signal| program.reaction(signal, is_pid1) == Some(Effect::Graceful);
    let is_start_script = !program.foreground.direct.is_empty();
    let is_other_matter =
        program.development || program.runtime.is_some() || has_setting || is_start_script;
    let is_server = program.lifetime == Lifetime::Long;
    let is_hopeless = is_bad && is_server && !is_other_matter;
    let best = program.graceful_signal.into_iter().chain(SIGNALS);
    (is_hopeless && !best.into_iter().any(finishes)).then_some((program, effect))
}
