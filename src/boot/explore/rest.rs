//! How a way comes to rest, and which command is the application then.
//!
//! In: a world. Out: the same world, or the one in which the application goes on running, at rest or at a question.

use std::rc::Rc;

use super::TOO_MANY_WAYS;
use crate::boot::fact::FactKind;
use crate::boot::interpreter::display_words;
use crate::boot::machine::{Halt, Machine, Rest};
use crate::boot::outcome::Assumption;
use crate::boot::world::{Body, Millis, Process, World};

/// Runs a world until it rests or asks. Where nothing goes on running, it goes back to the last command
/// that may be the application.
pub(super) fn run(machine: &Machine, world: &mut World, deadline: Option<Millis>) -> Rest {
    run_until(machine, world, deadline, None)
}

/// The same, until it has come to a place where it is to be looked at again, too.
pub(super) fn run_until(
    machine: &Machine,
    world: &mut World,
    deadline: Option<Millis>,
    mut halt: Option<&Halt>,
) -> Rest {
    loop {
        let rest = machine.run_until(world, deadline, halt.take());
        if !matches!(rest, Rest::Ended | Rest::Steady) || deadline.is_some() {
            return rest;
        }
        machine.looked_at.candidate();
        let mut set_aside = world.set_aside.iter();
        if set_aside.any(|one| goes_back(one, world, &rest)) {
            world.miss("limit", TOO_MANY_WAYS, None);
        }
        let candidate = world.candidate.clone();
        let Some(candidate) = candidate.filter(|one| goes_back(one, world, &rest)) else {
            return rest;
        };
        world.candidate = None;
        // Nothing else goes on running, so the last command in the foreground is the application.
        let mut resumed = Rc::unwrap_or_clone(candidate);
        resumed.assume(taken_for_application(&resumed));
        resumed.is_followed = is_followed(&resumed, world);
        let restarts = world.restarts;
        *world = resumed;
        // A supervisor may have more such commands, beside this one.
        if !restarts {
            return machine.run(world, deadline);
        }
    }
}

/// Whether the way leads back to a command that may be the application.
fn goes_back(candidate: &World, world: &World, rest: &Rest) -> bool {
    let is_captured = newest_application(candidate).is_some_and(|process| process.captured);
    match rest {
        // Something was done with its output, so it was asked for that.
        _ if is_captured
            && (is_followed(candidate, world)
                || decides_since(candidate, world)
                || begins_to_exec(candidate, world)) =>
        {
            false
        }
        Rest::Ended => !gives_up_since(candidate, world),
        _ if world.restarts => true,
        // In a loop that goes round for ever, only a command of the loop itself.
        _ if world.steady_loop().is_some() => world
            .steady_loop()
            .is_some_and(|round| candidate.steps >= round.steps),
        // What goes on running now would have gone on running when it was first started.
        _ => {
            let applications = |world: &World| {
                let processes = world.processes.values();
                let running = processes
                    .filter(|process| matches!(process.body, Body::Application(_)))
                    .map(|process| process.argv.clone());
                running.collect::<Vec<_>>()
            };
            let first = applications(candidate).pop();
            first.is_some_and(|first| applications(world).contains(&first))
        }
    }
}

/// Whether anything but the command itself has decided how the start-up went on after it.
fn decides_since(candidate: &World, world: &World) -> bool {
    let own = newest_application(candidate).and_then(|process| process.span.as_ref());
    let since = world.trail.get(candidate.trail.len()..).unwrap_or_default();
    let mut conditions = since.iter().filter_map(|choice| choice.condition.as_ref());
    conditions.any(|condition| condition.span.as_ref() != own)
}

/// Whether an `exec` of what the container was to be given came after it, and found nothing.
fn begins_to_exec(candidate: &World, world: &World) -> bool {
    let mut since = world.facts.iter().skip(candidate.facts.len());
    since.any(|fact| matches!(fact.kind, FactKind::ExecWithoutCommand))
}

/// Whether the start-up gives up because of something else than the command: a check after it has failed.
fn gives_up_since(candidate: &World, world: &World) -> bool {
    world.gives_up && decides_since(candidate, world)
}

/// The application that was started last.
pub(in crate::boot) fn newest_application(world: &World) -> Option<&Process> {
    let mut newest = world.processes.values().rev();
    newest.find(|process| matches!(&process.body, Body::Application(_)))
}

/// Whether something ran after the command that is taken for the application: another process, what
/// PID 1 has replaced itself by, or a command of the shell that failed.
fn is_followed(resumed: &World, end: &World) -> bool {
    let argv = |world: &World| world.process(1).map(|process| process.argv.clone());
    let ending = end.ending.as_ref().and_then(|ending| ending.status);
    end.leaves
        || end.last_pid > resumed.last_pid
        || matches!(ending, Some(1..))
        || argv(end) != argv(resumed)
}

fn taken_for_application(world: &World) -> Assumption {
    let (subject, span) = match newest_application(world) {
        Some(process) => (display_words(&process.argv), process.span.clone()),
        None => (String::new(), None),
    };
    Assumption {
        kind: "is-application",
        text: format!(
            "`{subject}` is taken for the application: it is the last command that may go on running"
        ),
        subject,
        span,
        limit: None,
    }
}
