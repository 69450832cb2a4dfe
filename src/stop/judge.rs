//! From a container to judged paths.

use std::rc::Rc;
use std::time::Duration;

use crate::boot::{
    Assumption, Body, Condition, Explored, Fact, FactKind, Machine, Millis, Missing, Pid, Rest,
    STOP_WORK, Way, World, display_words, explore, initial_world, signal_process,
};
use crate::container::Container;
use crate::knowledge::{Effect, ShellFacts, Signal, shell_facts};
use crate::source::Known;

use super::merge::{Leaf, merge};
use super::route::route;
use super::tree::process_tree;
use super::{Path, Reaction, Verdict};

/// The dialects that are tried when it is not known which shell `/bin/sh` is.
const COMMON_SHELLS: [&str; 3] = ["dash-debian", "ash", "bash-posix"];

/// The stop signals that are tried when the base image's is not known.
const COMMON_SIGNALS: [Signal; 3] = [Signal::TERM, Signal::QUIT, Signal::INT];

/// Judges a container: boots it, sends the stop signal, tells what happens on every path.
///
/// The paths are in a stable order; there is always at least one.
pub fn judge(container: &Container) -> Vec<Path> {
    if let Some(span) = &container.image.windows {
        return vec![unknown_path(
            "windows",
            "Windows container",
            Some(span.clone()),
        )];
    }
    let argv = match &container.argv {
        Known::Unknown(why) => {
            return vec![unknown_path("base-image", &why.text, why.span.clone())];
        }
        Known::Known(argv) => argv,
    };
    if argv.as_ref().is_none_or(Vec::is_empty) {
        return vec![bare_path(Verdict::Exits)];
    }
    let Known::Unknown(why) = &container.stop_signal.value else {
        return judge_any_shell(container);
    };
    // What holds for every signal that base images set holds.
    let mut judged = COMMON_SIGNALS.iter().map(|signal| {
        let mut container = container.clone();
        container.stop_signal.value = Known::Known(*signal);
        judge_any_shell(&container)
    });
    let paths = judged.next().unwrap_or_default();
    let expected = outcomes(&paths);
    if tell_nothing(&expected) || judged.all(|others| outcomes(&others) == expected) {
        return paths;
    }
    let text = format!(
        "the outcome depends on the stop signal, which is not known: {}",
        why.text
    );
    let mut path = unknown_path("base-image", &text, why.span.clone());
    path.processes = paths.first().and_then(|path| path.processes.clone());
    vec![path]
}

/// The verdicts of paths, for a comparison.
fn outcomes(paths: &[Path]) -> Vec<(Verdict, Option<bool>)> {
    let mut outcomes: Vec<(Verdict, Option<bool>)> = paths
        .iter()
        .map(|path| (path.verdict, path.delivered))
        .collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    outcomes
}

/// Whether no path is known: another shell or signal cannot add to that.
fn tell_nothing(outcomes: &[(Verdict, Option<bool>)]) -> bool {
    outcomes
        .iter()
        .all(|outcome| *outcome == (Verdict::Unknown, None))
}

/// Judges under the image's shell, or under every common one when that is not known.
fn judge_any_shell(container: &Container) -> Vec<Path> {
    let first = shell_facts(COMMON_SHELLS[0]);
    let (paths, depends) = judge_with(container, first);
    let expected = outcomes(&paths);
    if !depends || tell_nothing(&expected) {
        return paths;
    }
    // What holds under every common shell holds.
    for id in &COMMON_SHELLS[1..] {
        let (others, _) = judge_with(container, shell_facts(id));
        if outcomes(&others) != expected {
            let why = container.image.sh.why();
            let text = match why {
                Some(why) => format!("which shell `/bin/sh` is, is not known: {}", why.text),
                None => "which shell `/bin/sh` is, is not known".to_owned(),
            };
            let mut path = unknown_path("base-image", &text, why.and_then(|why| why.span.clone()));
            path.processes = paths.first().and_then(|path| path.processes.clone());
            return vec![path];
        }
    }
    let mut paths = paths;
    for path in &mut paths {
        path.assumptions.push(Assumption {
            kind: "any-shell",
            subject: "/bin/sh".into(),
            text: "`/bin/sh` is dash, busybox or bash: the outcome is the same under each".into(),
            span: None,
            limit: None,
        });
    }
    paths
}

/// Judges under an assumption about `/bin/sh`; also tells whether the assumption was needed.
fn judge_with(container: &Container, sh: Option<&'static ShellFacts>) -> (Vec<Path>, bool) {
    let machine = Machine::new(container, sh);
    let mut forks = 0;
    let mut leaves = Vec::new();
    let Some(world) = initial_world(&machine, container) else {
        return (vec![bare_path(Verdict::Exits)], false);
    };
    let first = world.clone();
    let mut met = Vec::new();
    let mut too_many = false;
    // Each way is stopped as soon as it is found, so that what its traps look at counts as looked at.
    let booted = explore(&machine, world, None, &mut forks, &mut |forks, way| {
        if !matches!(way.rest, Rest::Steady) {
            leaves.push(Leaf {
                path: judge_rested(&way.world, &way.rest),
                gives_up: way.world.gives_up,
                trail: way.world.trail,
                passed: way.passed,
                goes_round_since: None,
            });
            return;
        }
        let goes_round_since = way.world.steady_loop().map(|round| round.choices);
        let Stopped {
            steady,
            ways,
            explored,
        } = stop(&machine, container, way.world, STOP_WORK, forks);
        too_many |= explored.too_many;
        met.extend(explored.met);
        for end in ways {
            let mut passed = way.passed.clone();
            passed.extend(end.passed);
            leaves.push(Leaf {
                path: judge_stopped(&machine, container, &steady, &end.world, &end.rest),
                gives_up: false,
                trail: end.world.trail,
                passed,
                goes_round_since,
            });
        }
    });
    too_many |= booted.too_many;
    met.extend(booted.met);
    // What holds comes before what does not, whichever was looked at first.
    leaves.sort_by(|one, other| {
        let branches = |leaf: &Leaf| {
            leaf.trail
                .iter()
                .map(|choice| choice.branch)
                .collect::<Vec<_>>()
        };
        branches(one).cmp(&branches(other))
    });
    let mut paths = merge(leaves, &met);
    if too_many {
        paths.push(unknown_path(
            "limit",
            "there are too many ways through the start-up",
            None,
        ));
    }
    if paths.is_empty() {
        paths.push(bare_path(Verdict::Exits));
    }
    if let Some(fact) = unread_arguments(&machine, container, &first) {
        for path in &mut paths {
            path.facts.push(fact.clone());
        }
    }
    let depends = machine.asked_for_sh.get() && container.image.sh.value().is_none();
    (paths, depends)
}

/// A world after the stop signal, along all its ways.
struct Stopped {
    steady: World,
    ways: Vec<Way>,
    explored: Explored,
}

/// Sends the stop signal to PID 1 and lets the grace period pass.
fn stop(
    machine: &Machine,
    container: &Container,
    mut steady: World,
    work: Millis,
    forks: &mut u32,
) -> Stopped {
    for process in steady.processes.values_mut() {
        if let Body::Application(application) = &mut process.body {
            application.undecided = false;
        }
    }
    let mut world = steady.clone();
    let grace = container.grace.as_millis() as Millis;
    let signal = container
        .stop_signal
        .value
        .value()
        .copied()
        .unwrap_or(Signal::TERM);
    let running = world
        .processes
        .values()
        .filter(|process| matches!(process.body, Body::Application(_)));
    world.running = Rc::new(running.map(|process| process.argv.clone()).collect());
    world.stopped_at = Some(world.clock);
    world.stop_work = work;
    world.steady_loop = None;
    world.candidate = None;
    signal_process(machine, &mut world, 0, 1, signal);
    let deadline = world.clock + grace;
    let mut ways = Vec::new();
    let last = world.facts.last().map(|fact| &fact.kind);
    let changes_nothing = matches!(
        last,
        Some(FactKind::Dropped { .. } | FactKind::Ignored { pid: 1, .. })
    );
    if changes_nothing && steady.steady_loop().is_some() {
        // The loop goes on as if nothing had happened.
        world.clock = deadline;
        ways.push(Way {
            world,
            rest: Rest::Deadline,
            passed: Vec::new(),
        });
        return Stopped {
            steady,
            ways,
            explored: Explored::default(),
        };
    }
    let explored = explore(machine, world, Some(deadline), forks, &mut |_, way| {
        ways.push(way)
    });
    Stopped {
        steady,
        ways,
        explored,
    }
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

/// A way that ended, or reached a limit, before there was anything to stop.
fn judge_rested(world: &World, rest: &Rest) -> Path {
    let mut path = bare_path(Verdict::Exits);
    path.assumptions = world.assumptions.clone();
    path.missing = world.missing.clone();
    path.facts = world.facts.clone();
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
    path.route = super::route::ending(world, &cut_off);
    path
}

/// A way on which something was running when the signal came.
fn judge_stopped(
    machine: &Machine,
    container: &Container,
    steady: &World,
    end: &World,
    rest: &Rest,
) -> Path {
    let script_alone = is_script_alone(machine, steady);
    let applications = &applications(steady, end, script_alone)[..];
    let mut path = bare_path(Verdict::Unknown);
    path.assumptions = end.assumptions.clone();
    path.missing = end.missing.clone();
    path.facts = end.facts.clone();
    let signal = container.stop_signal.value.value().copied();
    path.facts.extend(waiting_facts(steady, signal));
    path.facts
        .extend(killed_with_pid1(steady, end, applications));
    let ended = matches!(rest, Rest::Ended);
    if script_alone && let Some(candidate) = &steady.candidate {
        path.missing.push(left_running(candidate));
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
        if let Some(Body::Application(application)) =
            steady.process(*pid).map(|process| &process.body)
        {
            // What never hears of the stop may be anything.
            if !is_out_of_reach {
                path.missing.extend(application.unsure.clone());
            }
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
        assume_time(machine, container, steady, applications, &mut path);
    }
    path.processes = Some(process_tree(steady, end, applications));
    path.route = route(steady, end, application, &path);
    path
}

/// Whether a script with a trap for the stop signal runs nothing but `sleep` and the like: then the
/// script itself is what has to hear of the stop.
fn is_script_alone(machine: &Machine, steady: &World) -> bool {
    let signal = machine.stop_signal();
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

fn judge_application(
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

/// Says aloud that programs of which nothing is known are taken to handle the signal.
fn assume_handling(path: &mut Path, steady: &World, applications: &[Pid], end: &World) {
    for pid in applications {
        let (Some(process), Some(after)) = (steady.process(*pid), end.process(*pid)) else {
            continue;
        };
        let Body::Application(application) = &process.body else {
            continue;
        };
        let (None, Some((_, signal))) = (&application.known, after.history.told) else {
            continue;
        };
        let subject = process
            .argv
            .first()
            .map_or_else(String::new, |word| word.value.display());
        path.assumptions.push(Assumption {
            kind: "program-handles",
            text: format!("`{subject}` handles {signal}"),
            subject,
            span: process.span.clone(),
            limit: None,
        });
    }
}

/// When something on the way is limited in time, an application that needs nearly the whole grace
/// period is cut off: then the verdict stands with an assumption.
fn assume_time(
    machine: &Machine,
    container: &Container,
    steady: &World,
    applications: &[Pid],
    path: &mut Path,
) {
    let grace = container.grace.as_millis() as Millis;
    let slow = grace.saturating_sub(grace / 10);
    if slow <= STOP_WORK {
        return;
    }
    let mut forks = u32::MAX / 2;
    let stopped = stop(machine, container, steady.clone(), slow, &mut forks);
    for way in stopped.ways {
        let start = steady.clock;
        let ended = matches!(way.rest, Rest::Ended);
        for pid in applications {
            let (verdict, ..) = judge_application(steady, &way.world, *pid, ended);
            if verdict <= Verdict::Unknown {
                continue;
            }
            let Some(process) = way.world.process(*pid) else {
                continue;
            };
            let limit = process
                .history
                .killed
                .map_or(way.world.clock, |(at, _)| at)
                .saturating_sub(start);
            let subject = display_words(&process.argv);
            let seconds = (limit as f64 / 1000.0 * 10.0).round() / 10.0;
            let assumption = Assumption {
                kind: "finishes-within",
                text: format!("`{subject}` finishes within {seconds} s"),
                subject,
                span: process.span.clone(),
                limit: Some(Duration::from_secs_f64(seconds)),
            };
            if !path.assumptions.contains(&assumption) {
                path.assumptions.push(assumption);
            }
        }
    }
}

/// Which shells wait for what in the steady state.
fn waiting_facts(steady: &World, signal: Option<Signal>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for process in steady.processes.values() {
        let Body::Shell(shell) = &process.body else {
            continue;
        };
        let Some(waits) = shell.waits() else { continue };
        let shell_id = shell.facts.id.clone();
        let command = waits.span.text().to_owned();
        let kind = if waits.foreground {
            FactKind::Foreground {
                shell: shell_id,
                command,
                dash_c: shell.dash_c,
                last: waits.last,
                exec_in_subshell: waits.exec_in_subshell,
                in_pipeline: waits.in_pipeline,
                pid: process.pid,
            }
        } else {
            FactKind::Waiting {
                shell: shell_id,
                pid: process.pid,
            }
        };
        facts.push(before_stop(kind, Some(waits.span)));
        let pid = process.pid;
        if let Some(span) = shell.enclosing_loop() {
            facts.push(before_stop(FactKind::InLoop { pid }, Some(span)));
        }
        if let Some(span) = signal.and_then(|signal| shell.trap_behind(signal)) {
            facts.push(before_stop(FactKind::TrapBehind { pid }, Some(span)));
        }
    }
    for process in steady.processes.values() {
        let pid = process.pid;
        let is_awaited =
            |body: &Body| matches!(body, Body::Shell(shell) if shell.awaited_pids().contains(&pid));
        let kind = match &process.body {
            Body::Idle(_)
                if pid == 1
                    || steady
                        .process(process.parent)
                        .is_some_and(|parent| is_awaited(&parent.body)) =>
            {
                FactKind::KeepAlive {
                    pid,
                    command: display_words(&process.argv),
                }
            }
            Body::Launcher(launcher) if launcher.fork.reaps => FactKind::Init {
                pid,
                name: process.program.to_string(),
            },
            _ => continue,
        };
        facts.push(before_stop(kind, process.span.clone()));
    }
    facts
}

/// Applications in the background that PID 1 took with it, although nobody had told them to stop.
fn killed_with_pid1(steady: &World, end: &World, applications: &[Pid]) -> Vec<Fact> {
    if end.ending.is_none() {
        return Vec::new();
    }
    let helpers = steady.processes.values().filter(|process| {
        matches!(process.body, Body::Application(_))
            && !applications.contains(&process.pid)
            && end.process(process.pid).is_some_and(|process| {
                process.history.received.is_empty()
                    && matches!(process.history.killed, Some((_, Signal::KILL)))
            })
    });
    let facts = helpers.map(|process| Fact {
        kind: FactKind::KilledWithPid1 {
            pid: process.pid,
            command: display_words(&process.argv),
            on_stop: true,
        },
        span: process.span.clone(),
        while_stopping: true,
    });
    facts.collect()
}

/// The words of CMD, if they reach a script as its arguments and no script that ran reads any.
fn unread_arguments(machine: &Machine, container: &Container, first: &World) -> Option<Fact> {
    let argv = container.argv.value()?.as_ref()?;
    let words = argv
        .get(container.entrypoint_words..)
        .filter(|words| !words.is_empty())?;
    if container.entrypoint_words == 0 || machine.reads_arguments() {
        return None;
    }
    // Of the shells that stand before anything has run, the one that CMD's words were given to.
    let gets_them = |process: &crate::boot::Process| match &process.body {
        Body::Shell(shell) if shell.dash_c => false,
        Body::Shell(shell) => shell.positional.len() >= words.len(),
        _ => false,
    };
    first.processes.values().any(gets_them).then(|| {
        let words: Vec<&str> = words.iter().map(|word| word.text()).collect();
        before_stop(
            FactKind::ArgumentsUnread {
                words: words.join(" "),
            },
            None,
        )
    })
}

fn before_stop(kind: FactKind, span: Option<crate::source::Span>) -> Fact {
    Fact {
        kind,
        span,
        while_stopping: false,
    }
}

fn bare_path(verdict: Verdict) -> Path {
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

fn unknown_path(kind: &'static str, text: &str, span: Option<crate::source::Span>) -> Path {
    let mut path = bare_path(Verdict::Unknown);
    path.missing.push(Missing {
        kind,
        text: text.to_owned(),
        span,
    });
    path
}
