//! Clients and options that stop servers: `mysqladmin shutdown`, `nginx -s quit`.
//!
//! In: a command's words. Out: the servers told to stop, and the command waiting for their end where it does. Which
//! commands stop a program stands in its entry of the tables.

use crate::boot::fact::{Fact, FactKind};
use crate::boot::machine::{Machine, signal_process};
use crate::boot::world::{Application, Body, Pid, Process, World};
use crate::knowledge::{self, Effect, Signal};

/// Lets a command that has just started stop the servers that it is for.
pub(in crate::boot) fn stop_servers(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    words: &[Option<String>],
) {
    let told: Vec<(Pid, Option<Signal>, bool)> = world
        .processes
        .values()
        .filter(|process| process.pid != pid)
        .filter_map(|process| {
            let Body::Application(application) = &process.body else {
                return None;
            };
            let (signal, waits) = stopped_by(process, application, words)?;
            Some((process.pid, signal, waits))
        })
        .collect();
    let waits = told.iter().any(|(_, _, waits)| *waits);
    for (target, signal, _) in told {
        let in_order = world.process(target).and_then(in_order);
        match signal.or(in_order) {
            Some(signal) => signal_process(machine, world, pid, target, signal),
            None => stop_in_order(world, pid, target),
        }
    }
    if waits {
        let until = world.clock + world.stop_work + 1;
        world.process_mut(pid).body = Body::Idle(Some(until));
    }
}

/// How a command stops a process, if it does: the signal, and whether the command waits for the end.
fn stopped_by(
    process: &Process,
    application: &Application,
    words: &[Option<String>],
) -> Option<(Option<Signal>, bool)> {
    let known = application.known.as_ref()?;
    let command = words.first()?.as_deref()?.rsplit('/').next();
    let has = |word: &String| words.iter().flatten().any(|given| given == word);
    let of = |program: &knowledge::Program| {
        let mut ways = program.stop_commands.iter();
        ways.find_map(|way| {
            let (first, rest) = way.words.split_first()?;
            let fits = command == Some(first) && rest.iter().all(has);
            fits.then_some((way.signal(), way.waits))
        })
    };
    // What a service's script starts is known by the command that the tables have for it.
    let server = || {
        let text = known.foreground.services.get(&*process.program)?;
        let last = text.rsplit("&& ").next()?.split_whitespace().next()?;
        of(&knowledge::program(&[Some(last)])?)
    };
    of(known).or_else(server)
}

/// The signal on which a program is known to finish its work.
fn in_order(process: &Process) -> Option<Signal> {
    let Body::Application(application) = &process.body else {
        return None;
    };
    let known = application.known.as_ref()?;
    let signal = known.graceful_signal.unwrap_or(Signal::TERM);
    let finishes = known.reaction(signal, process.pid == 1) == Some(Effect::Graceful);
    finishes.then_some(signal)
}

/// Tells an application to stop in another way than by a signal that its entry knows: by its own client.
fn stop_in_order(world: &mut World, from: Pid, to: Pid) {
    let (now, work) = (world.clock, world.stop_work);
    let while_stopping = world.stopped_at.is_some();
    let signal = Signal::TERM;
    let sent = Fact {
        kind: FactKind::Sent { signal, from, to },
        span: world.process(from).and_then(|process| process.span.clone()),
        while_stopping,
    };
    world.note(sent);
    let process = world.process_mut(to);
    process.history.received.push(signal);
    process.history.told.get_or_insert((now, signal));
    let told = Fact {
        kind: FactKind::Told {
            pid: to,
            program: process.program.to_string(),
            signal,
        },
        span: process.span.clone(),
        while_stopping,
    };
    if let Body::Application(application) = &mut process.body {
        application.finishing.get_or_insert(now + work);
    }
    world.note(told);
}
