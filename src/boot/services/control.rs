//! Stopping services from a script: `sv` of runit, and `service X stop` where `service X start` started it.
//!
//! In: the words of the command. Out: the services told, and the command waiting until they have stopped.

use crate::boot::interpreter::absolute;
use crate::boot::machine::{Machine, signal_process};
use crate::boot::value::Field;
use crate::boot::world::{Application, Body, Pid, Process, World};
use crate::knowledge::Signal;

/// Commands that stop a service and wait for it, up to seven seconds (sv(8)); the others do not wait.
const WAITING: [&str; 6] = [
    "stop",
    "shutdown",
    "exit",
    "force-stop",
    "force-shutdown",
    "force-exit",
];

/// How long `sv` waits without `-w`.
const WAIT: u64 = 7;

/// Where services are whose names begin with neither `/` nor `.` (Debian's and upstream's default of `SVDIR`).
const SERVICES: &str = "/etc/service";

/// Lets a command stop the servers that its counterpart has started in the background.
pub(in crate::boot) fn stop_started(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    words: &[Option<String>],
) {
    let started = |process: &&Process| {
        let Body::Application(Application {
            known: Some(known), ..
        }) = &process.body
        else {
            return false;
        };
        if known.stop_words.is_empty() || words.contains(&None) {
            return false;
        }
        let own: Vec<Option<String>> = process.argv.iter().map(Field::known).collect();
        let service = |words: &[Option<String>]| service(words).map(|(name, _)| name.to_owned());
        let is_same = service(&own).is_some_and(|own| service(words) == Some(own))
            && self::service(words).is_some_and(|(_, verb)| verb == "stop");
        is_same || known.stopped_by(&own).as_deref() == Some(words)
    };
    let targets: Vec<Pid> = world
        .processes
        .values()
        .filter(started)
        .map(|process| process.pid)
        .collect();
    for target in &targets {
        let signal = match &world.process_mut(*target).body {
            Body::Application(application) => application.known.as_ref().map(|it| it.stop_signal()),
            _ => None,
        };
        signal_process(machine, world, pid, *target, signal.unwrap_or(Signal::TERM));
    }
    if !targets.is_empty() {
        let until = world.clock + world.stop_work + 1;
        world.process_mut(pid).body = Body::Idle(Some(until));
    }
}

/// The service and the verb of a command that starts or stops one.
fn service(words: &[Option<String>]) -> Option<(&str, &str)> {
    let words: Vec<&str> = words.iter().map(Option::as_deref).collect::<Option<_>>()?;
    let (first, rest) = words.split_first()?;
    match (first.rsplit_once('/'), rest) {
        (Some(("/etc/init.d" | "/etc/rc.d/init.d", name)), [verb, ..]) => Some((name, verb)),
        (path, [name, verb, ..]) => {
            let base = path.map_or(*first, |(_, base)| base);
            matches!(base, "service" | "invoke-rc.d" | "rc-service").then_some((name, verb))
        }
        _ => None,
    }
}

/// Lets `sv` tell services to stop.
pub(in crate::boot) fn control(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    words: &[Option<String>],
) {
    let mut seconds = WAIT;
    let mut operands: Vec<Option<&str>> = Vec::new();
    let mut words = words.iter().skip(1).map(Option::as_deref);
    while let Some(word) = words.next() {
        match word {
            Some("-w") => {
                let value = words.next().flatten().and_then(|text| text.parse().ok());
                seconds = value.unwrap_or(WAIT);
            }
            Some("-v") => {}
            Some(option) if option.starts_with("-w") => {
                seconds = option[2..].parse().unwrap_or(WAIT)
            }
            other => operands.push(other),
        }
    }
    let Some((Some(command), services)) = operands.split_first() else {
        return;
    };
    let waits = WAITING.contains(command);
    if !waits && !matches!(*command, "down" | "d" | "term" | "t" | "x" | "e") {
        return;
    }
    let directory = world.process_mut(pid).directory.to_string();
    // A word that is not known, or a pattern that was not expanded, may be any of them.
    let any = services
        .iter()
        .any(|word| word.is_none_or(|word| word.starts_with(['/', '.']) && word.contains('*')));
    let paths: Vec<String> = services
        .iter()
        .flatten()
        .map(|word| match word.starts_with(['/', '.']) {
            true => absolute(&directory, word),
            false => absolute(SERVICES, word),
        })
        .collect();
    let of_runit = |world: &World, parent: Pid| {
        let parent = world.process(parent);
        parent.is_some_and(|parent| parent.program.starts_with("runsv"))
    };
    let targets: Vec<Pid> = world
        .processes
        .values()
        .filter(|process| of_runit(world, process.parent))
        .filter(|process| any || paths.contains(&process.directory.to_string()))
        .map(|process| process.pid)
        .collect();
    let is_told = !targets.is_empty();
    for target in targets {
        signal_process(machine, world, pid, target, Signal::TERM);
    }
    if waits && is_told {
        let until = world.clock + (seconds * 1_000).min(world.stop_work + 1);
        world.process_mut(pid).body = Body::Idle(Some(until));
    }
}
