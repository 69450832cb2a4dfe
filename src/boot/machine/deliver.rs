//! The delivery of a signal: to a group, and by what the process that gets it is.

use super::Machine;
use super::ending::end_process;
use super::note;
use super::relay::signal_launcher;
use crate::boot::fact::FactKind;
use crate::boot::world::{Body, Pid, Status, World};
use crate::knowledge::{Effect, ShellFamily, Signal, TrapName};

/// Sends a signal to every process of a group, in the order of their pids.
pub(in crate::boot) fn signal_group(
    machine: &Machine,
    world: &mut World,
    from: Pid,
    group: Pid,
    signal: Signal,
    except: Option<Pid>,
) {
    let members: Vec<Pid> = world
        .processes
        .values()
        .filter(|process| process.group == group && Some(process.pid) != except)
        .map(|process| process.pid)
        .collect();
    for pid in members {
        signal_process(machine, world, from, pid, signal);
    }
}

/// Delivers a signal. `from` 0 is the runtime.
pub(crate) fn signal_process(
    machine: &Machine,
    world: &mut World,
    from: Pid,
    to: Pid,
    signal: Signal,
) {
    if !world.alive(to) {
        return;
    }
    let span = match world.process(from).map(|process| &process.body) {
        // The shell that runs `kill` is being stepped, and not in the table.
        Some(Body::Shell(_) | Body::Filter) => world.sends_at.clone(),
        _ => world.process(from).and_then(|process| process.span.clone()),
    };
    note(world, FactKind::Sent { signal, from, to }, span);
    let process = world.process_mut(to);
    process.history.received.push(signal);
    if signal == Signal::KILL {
        if to != 1 || from == 0 {
            end_process(machine, world, to, Status::Known(137), Some(signal));
        }
        return;
    }
    // SIGSTOP freezes whoever gets it: nothing is done about the stop.
    if process.blocked.contains(&signal) || signal == Signal::STOP {
        return;
    }
    let program = String::from(&*process.program);
    match &mut process.body {
        Body::Shell(_) => signal_shell(machine, world, to, signal),
        Body::Application(_) => signal_application(machine, world, to, signal, program),
        Body::Launcher(launcher) => {
            let launcher = launcher.clone();
            signal_launcher(machine, world, to, signal, &launcher);
        }
        Body::Idle(_) | Body::Filter => by_default(machine, world, to, signal),
        Body::Ended(_) => {}
    }
}

/// Notes that a process takes no notice of a signal.
pub(super) fn ignore(world: &mut World, pid: Pid, signal: Signal) {
    let process = world.process_mut(pid);
    let (program, span) = (String::from(&*process.program), process.span.clone());
    note(
        world,
        FactKind::Ignored {
            pid,
            program,
            signal,
        },
        span,
    );
}

/// The default action: dropped for PID 1, the end of any other process that does not ignore it.
pub(super) fn by_default(machine: &Machine, world: &mut World, pid: Pid, signal: Signal) {
    let process = world.process_mut(pid);
    let span = process.span.clone();
    if !signal.ends_by_default() || process.ignored.contains(&signal) {
        ignore(world, pid, signal);
    } else if pid == 1 {
        note(world, FactKind::Dropped { signal }, span);
    } else {
        end_process(machine, world, pid, Status::of_signal(signal), Some(signal));
    }
}

/// What a shell does with a signal: its trap at the next chance, or the default.
pub(super) fn signal_shell(machine: &Machine, world: &mut World, pid: Pid, signal: Signal) {
    let process = world.process_mut(pid);
    let ignored = process.ignored.contains(&signal);
    let Body::Shell(shell) = &mut process.body else {
        return;
    };
    if shell.catches(signal) {
        if !shell.pending.contains(&signal) {
            shell.pending.push(signal);
        }
        if shell.is_waiting_in_foreground() {
            let at = shell.frames.last().map(|frame| frame.code.span());
            note(world, FactKind::TrapDeferred { signal }, at);
        }
        return;
    }
    let never_heard = signal == Signal::QUIT && shell.facts.ignores_quit;
    if ignored || shell.ignored().contains(&signal) || never_heard {
        ignore(world, pid, signal);
        return;
    }
    let was_trapped = shell.exit_trapped && shell.facts.exit_trap_on_signal;
    let has_exit_trap = was_trapped
        || shell
            .traps
            .get(&TrapName::Exit)
            .is_some_and(|trap| !trap.action.is_certainly_empty());
    let is_spared = shell.facts.exit_trap_on_signal && shell.trapped_before.contains(&signal);
    if has_exit_trap && !is_spared && signal.ends_by_default() && !shell.exiting {
        let interrupts = signal == Signal::INT;
        if interrupts && shell.is_waiting_in_foreground() {
            // Every shell looks after its foreground command first.
            shell.interrupted = true;
            return;
        }
        // dash and busybox raise SIGINT once more when it finds them in `wait`; only PID 1 survives that, leaves the
        // script, and runs its EXIT trap (measured).
        let catches = shell.facts.interrupt_ends_wait && pid == 1;
        let leaves_wait = interrupts && catches && shell.is_in_wait();
        if shell.facts.exit_trap_on_signal || leaves_wait {
            shell.pending.clear();
            shell.dying = Some(signal);
            return;
        }
        let at = shell
            .traps
            .get(&TrapName::Exit)
            .and_then(|trap| trap.span.clone());
        let shell = shell.facts.id.clone();
        note(world, FactKind::ExitTrapNotRun { shell }, at);
        by_default(machine, world, pid, signal);
        return;
    }
    if was_trapped && shell.exiting && signal.ends_by_default() {
        // While the EXIT trap runs the signal has its default action, and bash passes it on to itself.
        let status = Status::of_signal(signal);
        end_process(machine, world, pid, status, Some(signal));
        return;
    }
    if signal == Signal::INT && shell.facts.interrupt_ends_wait && shell.is_in_wait() && pid == 1 {
        end_process(machine, world, pid, Status::Known(130), Some(signal));
        return;
    }
    if signal == Signal::INT {
        // dash and busybox catch SIGINT in scripts: at once in `wait`, else after the foreground
        // command. bash as a child dies with the command that SIGINT ended.
        let catches = shell.facts.interrupt_ends_wait;
        if shell.is_waiting_in_foreground()
            && (catches || (pid != 1 && shell.facts.family == ShellFamily::Bash))
        {
            shell.interrupted = true;
            return;
        }
        if catches {
            end_process(machine, world, pid, Status::Known(130), Some(signal));
            return;
        }
    }
    if shell.options.interactive && matches!(signal, Signal::TERM | Signal::QUIT) {
        ignore(world, pid, signal);
        return;
    }
    by_default(machine, world, pid, signal);
}

/// What an application does with a signal: its own handler as far as known, or the default.
pub(super) fn signal_application(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    signal: Signal,
    program: String,
) {
    let now = world.clock;
    let work = world.stop_work;
    let stop_signal = machine.stop_signal.get();
    let process = world.process_mut(pid);
    let span = process.span.clone();
    let ignored_at_start = process.ignored.contains(&signal);
    let Body::Application(application) = &mut process.body else {
        return;
    };
    let known = application.known.as_ref();
    let setting = known.and_then(|known| known.stop_setting.clone());
    let effect = match &application.known {
        None if matches!(signal, Signal::TERM | Signal::INT | Signal::QUIT)
            || signal == stop_signal =>
        {
            Some(Effect::Graceful)
        }
        None if !signal.ends_by_default() => Some(Effect::Ignores),
        None => None,
        Some(known) => known
            .reaction(signal, pid == 1)
            .or((!signal.ends_by_default()).then_some(Effect::Ignores)),
    };
    // A runtime that finds the signal ignored leaves it so.
    let effect = if ignored_at_start && effect == Some(Effect::Dies) {
        Some(Effect::Ignores)
    } else {
        effect
    };
    match effect {
        Some(Effect::Graceful | Effect::Drops | Effect::UserCode) => {
            application.finishing.get_or_insert(now + work);
            process.history.told.get_or_insert((now, signal));
            note(
                world,
                FactKind::Told {
                    pid,
                    program,
                    signal,
                },
                span,
            );
        }
        Some(Effect::Dies) => {
            if pid == 1 {
                process.history.killed = Some((now, signal));
            }
            end_process(machine, world, pid, Status::of_signal(signal), Some(signal));
        }
        Some(Effect::Ignores) => ignore(world, pid, signal),
        None => {
            let setting = setting.filter(|setting| setting.signal == signal);
            let because = setting.map_or_else(String::new, |setting| {
                format!(": no file at hand says whether `{}` is set", setting.name)
            });
            world.miss(
                "program",
                format!("what {signal} does to `{program}` is not known{because}"),
                span,
            );
            let process = world.process_mut(pid);
            process.history.told.get_or_insert((now, signal));
        }
    }
}
