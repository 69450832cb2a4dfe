//! One way through a start-up and its stop, judged.
//!
//! In: the world before the stop signal and the one after it. Out: a path with its verdict.

use crate::boot::{Body, Condition, FactKind, Machine, Missing, Pid, Rest, World, display_words};
use crate::knowledge::{Effect, Signal};

use super::assumed::{assume_handling, assume_preparations, assume_time};
use super::facts::{before_stop, killed_with_pid1, waiting_facts};
use super::route::route;
use super::tree::process_tree;
use super::{Path, Reaction, Verdict};

/// A way that ended, or reached a limit, before there was anything to stop.
pub(super) fn judge_rested(world: &World, rest: &Rest) -> Path {
    let mut path = bare_path(Verdict::Exits);
    path.assumptions = world.assumptions.to_vec();
    // Without a file that it reads it would have ended before, and it ends as it is.
    let matters = |missing: &&Missing| missing.kind != "input";
    path.missing = world.missing.iter().filter(matters).cloned().collect();
    path.facts = world.facts.to_vec();
    if matches!(rest, Rest::Limit) {
        path.missing.push(Missing {
            kind: "limit",
            text: "the start-up is too long to be followed".into(),
            span: None,
        });
    }
    let ending = world.ending.as_ref();
    // A start-up that gives up takes its jobs along, as its author wrote it.
    let gives_up = world.gives_up;
    let cut_off: Vec<_> = world
        .processes
        .values()
        .filter(|process| {
            process.pid != 1
                && process
                    .history
                    .killed
                    .is_some_and(|(_, signal)| signal == Signal::KILL)
        })
        .filter(|process| process.is_application_like() && !gives_up)
        .collect();
    path.verdict = if !path.missing.is_empty() {
        Verdict::Unknown
    } else if ending.is_some_and(|ending| ending.broken.is_some() && ending.status != Some(0))
        || !cut_off.is_empty()
    {
        Verdict::Fails
    } else {
        Verdict::Exits
    };
    path.facts.extend(cut_off.iter().map(|process| {
        before_stop(
            FactKind::KilledWithPid1 {
                pid: process.pid,
                command: display_words(&process.argv),
                on_stop: false,
            },
            process.span.clone(),
        )
    }));
    let broken = ending.and_then(|ending| ending.broken.as_ref());
    if let (Verdict::Fails, Some((why, span))) = (path.verdict, broken) {
        let why = why.clone();
        let broke = before_stop(FactKind::StartUpBroke { why }, span.clone());
        path.facts.push(broke);
    }
    path.route = super::route::ending(world, &cut_off);
    path
}

/// A way on which something was running when the signal came.
pub(super) fn judge_stopped(machine: &Machine, steady: &World, end: &World, rest: &Rest) -> Path {
    let script_alone = is_script_alone(machine, steady);
    let applications = &applications(steady, end, script_alone)[..];
    let mut path = bare_path(Verdict::Unknown);
    path.assumptions = end.assumptions.to_vec();
    path.missing = end.missing.clone();
    path.facts = end.facts.to_vec();
    let signal = machine.stop_signal.get();
    path.facts.extend(waiting_facts(steady, signal));
    path.facts
        .extend(killed_with_pid1(steady, end, applications));
    let ended = matches!(rest, Rest::Ended);
    if script_alone {
        machine.looked_at.candidate();
        let candidate = steady.candidate.as_ref();
        path.missing
            .extend(candidate.map(|world| left_running(world)));
    }
    let mut worst: Option<(Verdict, Option<bool>, Reaction, Pid)> = None;
    for pid in applications {
        let (verdict, delivered, reaction) = match script_alone {
            true if ended => (Verdict::Graceful, Some(true), Reaction::Handles),
            true => (Verdict::Stuck, Some(true), Reaction::Ignores),
            false => judge_application(steady, end, *pid, ended),
        };
        if worst.as_ref().is_none_or(|(known, ..)| verdict > *known) {
            worst = Some((verdict, delivered, reaction, *pid));
        }
    }
    let Some((verdict, delivered, reaction, application)) = worst else {
        return path;
    };
    (path.verdict, path.delivered, path.reaction) = (verdict, delivered, reaction);
    let helper = end.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::HelperWhileStopping { command } => Some((command.clone(), fact.span.clone())),
        _ => None,
    });
    if let (Some((command, span)), true) = (helper, verdict != Verdict::Graceful) {
        path.missing.push(Missing {
            kind: "program",
            text: format!("what `{command}` does to the application while it stops is not known"),
            span,
        });
    }
    let is_out_of_reach =
        verdict == Verdict::Stuck && delivered == Some(false) && !steady.is_followed;
    for pid in applications {
        match steady.process(*pid).map(|process| &process.body) {
            // What never hears of the stop may be anything.
            Some(Body::Application(application)) if !is_out_of_reach => {
                path.missing.extend(application.unsure.clone());
            }
            // A `tail -f` beside what its supervisor runs on demand is no application.
            Some(Body::Idle(_)) => path.missing.extend(on_demand(steady, *pid)),
            _ => {}
        }
    }
    if matches!(rest, Rest::Limit) {
        path.missing.push(Missing {
            kind: "limit",
            text: "the stop is too long to be followed".into(),
            span: None,
        });
    }
    if !path.missing.is_empty() {
        path.verdict = Verdict::Unknown;
        path.delivered = None;
    }
    if path.verdict == Verdict::Graceful && !script_alone {
        assume_handling(&mut path, steady, applications, end);
        assume_preparations(&mut path, steady, applications);
        assume_time(machine, steady, end, applications, &mut path);
    }
    path.processes = Some(process_tree(steady, end, applications));
    path.route = route(steady, end, application, &path);
    path
}

/// The verdict for one application of a way: whether the signal was delivered, and how it reacts.
pub(super) fn judge_application(
    steady: &World,
    end: &World,
    pid: Pid,
    ended: bool,
) -> (Verdict, Option<bool>, Reaction) {
    let Some(process) = end.process(pid) else {
        return (Verdict::Unknown, None, Reaction::Unknown);
    };
    let known = match steady.process(pid).map(|process| &process.body) {
        Some(Body::Application(application)) => application.known.clone(),
        _ => None,
    };
    let history = &process.history;
    let effect = history.told.and_then(|(_, signal)| {
        known
            .as_ref()
            .and_then(|known| known.reaction(signal, pid == 1))
    });
    let delivered = history
        .received
        .iter()
        .any(|signal| *signal != Signal::KILL)
        && !matches!(history.killed, Some((_, Signal::KILL)) if history.told.is_none() && history.received.first() == Some(&Signal::KILL));
    let by_default = history
        .killed
        .is_some_and(|(_, signal)| signal != Signal::KILL);
    if history.finished.is_some() {
        let verdict = if ended {
            Verdict::Graceful
        } else {
            Verdict::Lingers
        };
        return match effect {
            Some(Effect::UserCode) => (Verdict::Unknown, Some(true), Reaction::Unknown),
            Some(Effect::Drops) => (Verdict::Abrupt, Some(true), Reaction::Drops),
            _ => (verdict, Some(true), Reaction::Handles),
        };
    }
    if history.told.is_some() {
        return match effect {
            Some(Effect::Drops) => (Verdict::Abrupt, Some(true), Reaction::Drops),
            Some(Effect::UserCode) => (Verdict::Truncated, Some(true), Reaction::Unknown),
            _ => (Verdict::Truncated, Some(true), Reaction::Handles),
        };
    }
    if by_default {
        return (Verdict::Abrupt, Some(true), Reaction::Dies);
    }
    let reaction = if delivered {
        Reaction::Ignores
    } else {
        Reaction::Unknown
    };
    let verdict = if ended {
        Verdict::Abrupt
    } else {
        Verdict::Stuck
    };
    (verdict, Some(delivered), reaction)
}

/// A path with nothing but a verdict.
pub(super) fn bare_path(verdict: Verdict) -> Path {
    Path {
        verdict,
        delivered: None,
        reaction: Reaction::Unknown,
        when: Vec::<Condition>::new(),
        assumptions: Vec::new(),
        missing: Vec::new(),
        processes: None,
        route: Vec::new(),
        facts: Vec::new(),
    }
}

/// A path that is unknown for one reason.
pub(super) fn unknown_path(
    kind: &'static str,
    text: &str,
    span: Option<crate::source::Span>,
) -> Path {
    let mut path = bare_path(Verdict::Unknown);
    path.missing.push(Missing {
        kind,
        text: text.to_owned(),
        span,
    });
    path
}

/// The processes that the verdict is about: what PID 1 is, runs or waits for. Where it waits for none,
/// the jobs that something signalled; a job that nobody waits for or signals is a helper, unless there
/// is nothing else.
fn applications(steady: &World, end: &World, script_alone: bool) -> Vec<Pid> {
    let awaited = steady.awaited();
    if !awaited.applications.is_empty() {
        return awaited.applications;
    }
    let jobs = steady.jobs();
    let was_signalled = |pid: &Pid| {
        let received = end
            .process(*pid)
            .map(|process| process.history.received.as_slice());
        received.is_some_and(|signals| signals.iter().any(|signal| *signal != Signal::KILL))
    };
    let signalled: Vec<Pid> = jobs.iter().copied().filter(was_signalled).collect();
    match (signalled.is_empty(), jobs.is_empty()) {
        (false, _) => signalled,
        (true, false) => jobs,
        (true, true) if awaited.idle.is_empty() || script_alone => vec![1],
        (true, true) => awaited.idle,
    }
}

/// Whether a script with a trap for the stop signal runs nothing but `sleep` and the like: then the
/// script itself is what has to hear of the stop.
fn is_script_alone(machine: &Machine, steady: &World) -> bool {
    let signal = machine.stop_signal.get();
    let catches = matches!(steady.process(1).map(|process| &process.body),
        Some(Body::Shell(shell)) if shell.catches(signal));
    catches && steady.awaited().applications.is_empty() && steady.jobs().is_empty()
}

/// What an unknown command before a keep-alive may have left behind.
fn left_running(candidate: &World) -> Missing {
    let mut processes = candidate.processes.values().rev();
    let newest = processes.find(|process| matches!(process.body, Body::Application(_)));
    let command = newest.map_or_else(String::new, |process| display_words(&process.argv));
    Missing {
        kind: "program",
        text: format!("whether `{command}` has left something running is not known"),
        span: newest.and_then(|process| process.span.clone()),
    }
}

/// What is not known of the commands that the supervisor of a process runs when it is told to.
fn on_demand(steady: &World, pid: Pid) -> Option<Missing> {
    let supervisor = steady.process(steady.process(pid)?.parent)?;
    match &supervisor.body {
        Body::Launcher(launcher) => launcher.others.clone(),
        _ => None,
    }
}
