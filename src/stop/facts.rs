//! What the rules want to know of a steady state and its end.

use crate::boot::{Body, Fact, FactKind, Machine, Pid, World, display_words};
use crate::container::Container;
use crate::knowledge::Signal;

/// Which shells wait for what in the steady state.
pub(super) fn waiting_facts(steady: &World, signal: Signal) -> Vec<Fact> {
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
        if let Some(span) = shell.trap_behind(signal) {
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
pub(super) fn killed_with_pid1(steady: &World, end: &World, applications: &[Pid]) -> Vec<Fact> {
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
pub(super) fn unread_arguments(
    machine: &Machine,
    container: &Container,
    first: &World,
) -> Option<Fact> {
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

/// A fact of the start-up.
pub(super) fn before_stop(kind: FactKind, span: Option<crate::source::Span>) -> Fact {
    Fact {
        kind,
        span,
        while_stopping: false,
    }
}
