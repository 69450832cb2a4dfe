//! The end of a process, and of the container with PID 1.

use super::Machine;
use super::note;
use crate::boot::fact::FactKind;
use crate::boot::interpreter::Progress;
use crate::boot::world::{Body, Ending, Pid, Process, Status, World};
use crate::knowledge::Signal;

/// Ends a process. The end of PID 1 ends the container: the kernel kills all others.
pub(in crate::boot) fn end_process(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    status: Status,
    signal: Option<Signal>,
) {
    let now = world.clock;
    let stopping = world.stopped_at.is_some();
    let Some(process) = world.processes.get_mut(&pid) else {
        return;
    };
    if matches!(process.body, Body::Ended(_)) {
        return;
    }
    let program = String::from(&*process.program);
    let span = process.span.clone();
    if let Some(signal) = signal {
        process.history.killed = Some((now, signal));
    }
    let number = match &status {
        Status::Known(number) => Some(*number),
        Status::Unknown(_) => None,
    };
    process.body = Body::Ended(status);
    if stopping {
        let kind = match signal {
            Some(signal) => FactKind::Died {
                pid,
                program,
                signal,
            },
            None => FactKind::Ended { pid, program },
        };
        note(world, kind, span);
    }
    if pid == 1 {
        if !stopping {
            start_jobs(machine, world);
        }
        let runs = |process: &Process| !matches!(process.body, Body::Ended(_));
        for process in world.processes.changing(runs) {
            process.history.killed.get_or_insert((now, Signal::KILL));
        }
        let broken = world.broken.take();
        world.ending = Some(Ending {
            status: number,
            broken,
        });
        return;
    }
    if !stopping {
        // Nobody is left who waits for what has ended before: PID 1 reaps it. After the stop signal what becomes of
        // each is asked about.
        let of_it = |process: &&Process| process.parent == pid;
        let is_over = |process: &&Process| matches!(process.body, Body::Ended(_));
        let children = world.processes.values().filter(of_it).filter(is_over);
        let over: Vec<Pid> = children.map(|process| process.pid).collect();
        for pid in over {
            world.processes.remove(&pid);
        }
    }
    for process in world.processes.changing(|process| process.parent == pid) {
        process.parent = 1;
    }
}

/// Lets background jobs become what they run: they are started although PID 1 ends before it is
/// their turn.
pub(in crate::boot) fn start_jobs(machine: &Machine, world: &mut World) {
    const STEPS: u32 = 100;
    let jobs: Vec<Pid> = world.processes.pids().collect();
    for pid in jobs {
        for _ in 0..STEPS {
            let waits_for_its_turn = world.process(pid).is_some_and(|process| {
                process.in_background && matches!(process.body, Body::Shell(_))
            });
            if !waits_for_its_turn {
                break;
            }
            if !matches!(machine.step(world, pid), Progress::Ran) {
                break;
            }
        }
    }
}
