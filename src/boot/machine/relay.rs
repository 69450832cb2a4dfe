//! What a launcher does with a signal: whom it sends which, and when it gives up.

use super::Machine;
use super::deliver::{by_default, ignore, signal_process};
use super::ending::end_process;
use crate::boot::world::{Body, Kill, Launcher, Millis, Pid, Status, Stop, World};
use crate::knowledge::{OnSignal, Recipient, Signal, Then};

/// What a launcher does with a signal: passes it on, dies, or drops it.
pub(super) fn signal_launcher(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    signal: Signal,
    launcher: &Launcher,
) {
    let listed = launcher
        .fork
        .on_signal
        .iter()
        .find(|(known, _)| *known == signal);
    let action = listed.map_or(&launcher.fork.otherwise, |(_, action)| action);
    match action {
        OnSignal::Default => by_default(machine, world, pid, signal),
        OnSignal::Ignore => ignore(world, pid, signal),
        OnSignal::Exit(status) => end_process(machine, world, pid, Status::Known(*status), None),
        OnSignal::Forward(forward) => {
            let sent = forward.send.unwrap_or(signal);
            let now = world.clock;
            let own_stop = launcher.children.iter().any(|child| child.stop.is_some());
            if let Body::Launcher(state) = &mut world.process_mut(pid).body {
                state.supervises = false;
                if let (Some(after), false) =
                    (forward.kill_after, own_stop || !state.kills.is_empty())
                {
                    let kills = launcher.children.iter().map(|child| Kill {
                        at: now + after.as_millis() as Millis,
                        child: child.pid,
                        to: forward.to,
                    });
                    state.kills = kills.collect();
                }
                match forward.then {
                    Then::Wait | Then::Leave => {}
                    Then::WaitTree => state.waits_for_tree = true,
                    Then::After(time) => {
                        state
                            .leaves_at
                            .get_or_insert(now + time.as_millis() as Millis);
                    }
                    Then::Stay => state.stays = true,
                }
            }
            // Two launchers that tell each other's group would never come to an end.
            if !set_relays(world, pid, true) {
                return;
            }
            if own_stop {
                stop_next(machine, world, pid, sent);
            } else {
                let mut targets = Vec::new();
                for child in &launcher.children {
                    for target in recipients(world, pid, child.pid, forward.to) {
                        if !targets.contains(&target) {
                            targets.push(target);
                        }
                    }
                }
                for target in targets {
                    signal_process(machine, world, pid, target, sent);
                }
            }
            set_relays(world, pid, false);
            if forward.then == Then::Leave {
                end_process(machine, world, pid, Status::Known(1), None);
            }
        }
    }
}

/// Marks that a launcher passes a signal on; whether that is a change.
fn set_relays(world: &mut World, pid: Pid, relays: bool) -> bool {
    match &mut world.process_mut(pid).body {
        Body::Launcher(state) => std::mem::replace(&mut state.relays, relays) != relays,
        _ => false,
    }
}

/// Tells a supervisor's programs to stop: all at once, or the last one that has not been told.
pub(super) fn stop_next(machine: &Machine, world: &mut World, pid: Pid, sent: Signal) {
    let now = world.clock;
    let mut orders = Vec::new();
    if let Body::Launcher(state) = &mut world.process_mut(pid).body {
        state.stops_next = None;
        for child in state.children.iter_mut().rev().filter(|child| !child.told) {
            if !orders.is_empty() && state.one_by_one.is_some() {
                state.stops_next = Some((Millis::MAX, sent));
                break;
            }
            child.told = true;
            let stop = child.stop.clone().unwrap_or(Stop {
                signal: sent,
                to: Recipient::Child,
                kill_after: Millis::MAX / 2,
                kill: Recipient::Child,
            });
            state.kills.push(Kill {
                at: now + stop.kill_after,
                child: child.pid,
                to: stop.kill,
            });
            orders.push((child.pid, stop));
        }
    }
    for (child, stop) in orders {
        for target in recipients(world, pid, child, stop.to) {
            signal_process(machine, world, pid, target, stop.signal);
        }
    }
}

/// Whom a launcher sends a signal: its child alone, or a group.
pub(super) fn recipients(world: &World, launcher: Pid, child: Pid, to: Recipient) -> Vec<Pid> {
    let group = |also: bool| {
        let group = world.process(child).map(|process| process.group);
        let members = world
            .processes
            .values()
            .filter(|process| Some(process.group) == group && process.pid != launcher);
        let mut pids: Vec<Pid> = members.map(|process| process.pid).collect();
        if also && !pids.contains(&child) {
            pids.insert(0, child);
        }
        pids
    };
    match to {
        Recipient::Child => vec![child],
        Recipient::Group => group(false),
        Recipient::ChildAndGroup => group(true),
        Recipient::Tree => world.descendants(launcher),
    }
}
