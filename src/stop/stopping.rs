//! The stop signal, sent to a start-up that has come to rest.
//!
//! In: a steady world. Out: the ways on which the grace period passes.

use std::rc::Rc;

use crate::boot::{
    Body, Explored, FactKind, Machine, Millis, Process, Rest, Running, Way, World, explore,
    signal_process,
};

/// A world after the stop signal, along all its ways.
pub(super) struct Stopped {
    /// The world before the signal.
    pub(super) steady: World,
    /// The ways after it.
    pub(super) ways: Vec<Way>,
    /// What the exploration found besides.
    pub(super) explored: Explored,
}

/// Sends the stop signal to PID 1 and lets the grace period pass. An application takes `work` to finish.
pub(super) fn stop(machine: &Machine, mut steady: World, work: Millis, forks: &mut u32) -> Stopped {
    let is_application = |process: &Process| matches!(process.body, Body::Application(_));
    for process in steady.processes.changing(is_application) {
        if let Body::Application(application) = &mut process.body {
            application.undecided = false;
        }
    }
    let mut world = steady.clone();
    let grace = machine.container.grace.as_millis() as Millis;
    let running = world
        .processes
        .values()
        .filter(|process| matches!(process.body, Body::Application(_)));
    world.running = Rc::new(Running {
        applications: running.map(|process| process.argv.clone()).collect(),
        last_pid: world.last_pid,
    });
    world.stopped_at = Some(world.clock);
    world.stop_work = work;
    world.steady_loop = None;
    world.candidate = None;
    signal_process(machine, &mut world, 0, 1, machine.stop_signal.get());
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
