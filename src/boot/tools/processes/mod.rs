//! Tools that ask for processes or signal them: `pidof`, `pgrep`, `pkill`, `killall`, `ps`, `kill`, `tail --pid`.
//!
//! In: their words and the processes of the world. Out: whom they mean, and what becomes of these.

mod ps;
mod wanted;

use crate::boot::interpreter::display_words;
use crate::boot::machine::{Machine, signal_group, signal_process, start_jobs};
use crate::boot::value::Field;
use crate::boot::world::{Body, Pid, Process, World};
use crate::knowledge::Signal;

pub(super) use ps::{is_listed, listing};
use wanted::Wanted;

/// Programs that find processes by what they run.
pub(super) fn is_finder(name: &str) -> bool {
    matches!(name, "pidof" | "pgrep" | "pkill" | "killall")
}

/// The processes that `pidof`, `pgrep`, `pkill` or `killall` means; it does not find itself.
pub(super) fn found(
    machine: &Machine,
    world: &mut World,
    finder: Pid,
    name: &str,
    words: &[Option<String>],
) -> Vec<Pid> {
    // Until the tool has come up, jobs have become what they run.
    start_jobs(machine, world);
    let wanted = Wanted::new(name, words);
    let others = world.processes.values().filter(|process| {
        process.pid != finder && !matches!(process.body, Body::Ended(_)) && wanted.is(process)
    });
    others.map(|process| process.pid).collect()
}

/// The signal that `pkill` or `killall` sends.
pub(super) fn sent_signal(words: &[Option<String>]) -> Signal {
    let words: Vec<&str> = words.iter().skip(1).flatten().map(String::as_str).collect();
    let named = words.iter().enumerate().find_map(|(at, word)| {
        let given = match *word {
            "-s" | "--signal" => words.get(at + 1).copied(),
            word => word.strip_prefix("--signal=").or(word.strip_prefix('-')),
        };
        given.and_then(Signal::parse)
    });
    named.unwrap_or(Signal::TERM)
}

/// Whether other processes may run than those that are followed: programs of which nothing is known may have started
/// them.
pub(super) fn may_have_others(world: &World) -> bool {
    let mut running = world.processes.values().map(|process| &process.body);
    running
        .any(|body| matches!(body, Body::Application(application) if application.known.is_none()))
}

/// Whether the tool that a process runs is busybox's.
fn is_applet(machine: &Machine, world: &World, pid: Pid, name: &str) -> bool {
    let process = world.process(pid);
    process.is_some_and(|process| machine.is_applet(name, process))
}

/// What an applet is asked for and does not know, so that it ends at once (measured: busybox 1.35, which has neither
/// `ps -p` nor `tail --pid`).
pub(in crate::boot) fn refused(
    machine: &Machine,
    world: &World,
    pid: Pid,
    name: &str,
) -> Option<&'static str> {
    let option = match name {
        "ps" => "-p",
        "tail" => "--pid",
        _ => return None,
    };
    let mut words = world
        .process(pid)?
        .argv
        .iter()
        .skip(1)
        .filter_map(Field::known);
    let asks = words.any(|word| word.starts_with(option));
    (asks && is_applet(machine, world, pid, name)).then_some(option)
}

/// The process with which `tail --pid=PID` ends.
pub(in crate::boot) fn followed(process: &Process) -> Option<Pid> {
    if !matches!(process.body, Body::Idle(None)) {
        return None;
    }
    let mut words = process.argv.iter().filter_map(Field::known);
    while let Some(word) = words.next() {
        let given = match word.strip_prefix("--pid") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        if let Some(pid) = given {
            return pid.parse().ok();
        }
    }
    None
}

/// The program `kill`, as `xargs` and `exec` start it.
pub(super) fn kill(machine: &Machine, world: &mut World, pid: Pid, words: &[Option<String>]) {
    let mut signal = Signal::TERM;
    let mut is_chosen = false;
    if words.contains(&None) {
        let process = world.process(pid);
        let shown = process.map_or(String::new(), |process| display_words(&process.argv));
        let span = process.and_then(|process| process.span.clone());
        let text = format!("whom `{shown}` signals is not known");
        world.miss("value", text, span);
    }
    let mut words = words.iter().skip(1).flatten();
    while let Some(word) = words.next() {
        let named = word.strip_prefix('-').filter(|_| !is_chosen);
        if word == "--" {
            is_chosen = true;
        } else if matches!(word.as_str(), "-s" | "-n") && !is_chosen {
            signal = words
                .next()
                .and_then(|word| Signal::parse(word))
                .unwrap_or(signal);
            is_chosen = true;
        } else if let Some(parsed) = named.and_then(Signal::parse) {
            signal = parsed;
            is_chosen = true;
        } else if word == "-1" {
            let others: Vec<Pid> = world.processes.pids().collect();
            for other in others
                .into_iter()
                .filter(|other| *other != 1 && *other != pid)
            {
                signal_process(machine, world, pid, other, signal);
            }
        } else if let Some(group) = word.strip_prefix('-').and_then(|group| group.parse().ok()) {
            signal_group(machine, world, pid, group, signal, Some(pid));
        } else if let Ok(target) = word.parse::<Pid>() {
            signal_process(machine, world, pid, target, signal);
        }
    }
}
