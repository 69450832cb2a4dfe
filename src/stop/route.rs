//! The way of the signal, step by step, for people.

use crate::boot::{Body, Fact, FactKind, OwnCode, Pid, Process, World};
use crate::knowledge::{Signal, shell_facts};

use super::{Path, Reaction, Step, Verdict};

/// Steps from who is PID 1 to the end.
pub(super) fn route(steady: &World, end: &World, application: Pid, path: &Path) -> Vec<Step> {
    let mut steps = Vec::new();
    let Some(first) = steady.process(1) else {
        return steps;
    };
    let is_application = application == 1;
    let name = title(first);
    for fact in steady.facts.iter().filter(|fact| !fact.while_stopping) {
        if let Some(text) = before(fact) {
            push(&mut steps, text, fact);
        }
    }
    let text = if is_application {
        format!("`{name}` is PID 1: it is the application")
    } else {
        format!("{name} is PID 1")
    };
    steps.push(Step {
        text,
        span: first.span.clone(),
    });
    for fact in &path.facts {
        match &fact.kind {
            FactKind::Foreground { shell, command, .. } => {
                let text = format!(
                    "{} waits in the foreground for `{}`",
                    shell_title(shell),
                    short(command)
                );
                push(&mut steps, text, fact);
            }
            FactKind::Waiting { shell, .. } => push(
                &mut steps,
                format!("{} is in `wait`", shell_title(shell)),
                fact,
            ),
            _ => {}
        }
    }
    // Up to where its code decides: the simulation went on as if it handled the signal.
    let is_open = path.verdict == Verdict::Unknown && path.reaction == Reaction::Unknown;
    for fact in end.facts.iter().filter(|fact| fact.while_stopping) {
        let text = match &fact.kind {
            FactKind::Told {
                pid,
                program,
                signal,
            } if *pid == application && is_open => {
                steps.push(its_code(steady, *pid, program, *signal, fact));
                return steps;
            }
            FactKind::Told {
                pid,
                program,
                signal,
            } if own_code(steady, *pid).is_some_and(|code| code.handler(*signal).is_some()) => {
                let handler = own_code(steady, *pid).and_then(|code| code.handler(*signal));
                steps.push(Step {
                    text: format!("`{program}` gets {signal}, for which it has a handler"),
                    span: handler.cloned(),
                });
                None
            }
            FactKind::Finished { pid, program }
                if *pid == application && path.reaction == Reaction::Drops =>
            {
                Some(format!("`{program}` ends, and drops what is in flight"))
            }
            _ => during(fact, end, first),
        };
        if let Some(text) = text {
            push(&mut steps, text, fact);
        }
    }
    let program = end.process(application).map_or_else(String::new, title);
    let last = match path.verdict {
        Verdict::Graceful => None,
        Verdict::Stuck if path.reaction == Reaction::Ignores => {
            Some(format!("`{program}` goes on until SIGKILL"))
        }
        Verdict::Stuck => Some(format!(
            "`{program}` never hears the signal and runs on until SIGKILL"
        )),
        Verdict::Abrupt if path.delivered == Some(false) => Some(format!(
            "with PID 1 gone the kernel kills `{program}`, which was never told"
        )),
        Verdict::Truncated => Some(format!("`{program}` is killed before it has finished")),
        Verdict::Lingers => {
            Some("PID 1 stays until SIGKILL although the application has finished".to_owned())
        }
        _ => None,
    };
    if let Some(text) = last {
        steps.push(Step {
            text,
            span: end
                .process(application)
                .and_then(|process| process.span.clone()),
        });
    }
    steps
}

/// What is known of the code of an application.
fn own_code(world: &World, pid: Pid) -> Option<&OwnCode> {
    match &world.process(pid)?.body {
        Body::Application(application) => application.code.as_deref(),
        _ => None,
    }
}

/// The last step where only the application's code could tell more: what of it is not known.
fn its_code(steady: &World, pid: Pid, program: &str, signal: Signal, fact: &Fact) -> Step {
    let code = own_code(steady, pid);
    let is_named = code.is_some_and(|code| code.named.contains(&signal));
    let (text, span) = match code.and_then(|code| code.open.clone()) {
        _ if is_named => (
            "; its code names it, what for is not clear".to_owned(),
            None,
        ),
        Some((what, span)) => (
            format!(", and has no handler that is at hand; open is {what}"),
            span,
        ),
        None if code.is_some() => (
            ", and has no handler; whether it ends by itself is not known".to_owned(),
            None,
        ),
        None => ("; its code says what happens then".to_owned(), None),
    };
    Step {
        text: format!("`{program}` gets {signal}{text}"),
        span: span.or_else(|| fact.span.clone()),
    }
}

/// Steps of a start-up that ends by itself.
pub(super) fn ending(world: &World, cut_off: &[&Process]) -> Vec<Step> {
    let mut steps = Vec::new();
    for fact in world.facts.iter() {
        if let Some(text) = before(fact) {
            push(&mut steps, text, fact);
        }
    }
    let Some(ending) = &world.ending else {
        return steps;
    };
    if let Some((why, span)) = ending.broken.as_ref().filter(|_| ending.status != Some(0)) {
        steps.push(Step {
            text: format!("the start-up breaks: {why}"),
            span: span.clone(),
        });
    }
    let status = match ending.status {
        Some(status) => format!("PID 1 ends with status {status}"),
        None => "PID 1 ends".to_owned(),
    };
    let span = world.process(1).and_then(|process| process.span.clone());
    steps.push(Step { text: status, span });
    for process in cut_off {
        steps.push(Step {
            text: format!(
                "with PID 1 gone the kernel kills `{}`, which runs in the background",
                title(process)
            ),
            span: process.span.clone(),
        });
    }
    steps
}

fn push(steps: &mut Vec<Step>, text: String, fact: &Fact) {
    let step = Step {
        text,
        span: fact.span.clone(),
    };
    if !steps.contains(&step) {
        steps.push(step);
    }
}

/// What happened before the signal and matters for it.
fn before(fact: &Fact) -> Option<String> {
    Some(match &fact.kind {
        FactKind::ImplicitExec { shell, command } => {
            format!(
                "{} replaces itself by its last command, `{}`",
                shell_title(shell),
                short(command)
            )
        }
        FactKind::Exec { command } => format!("`exec` replaces the shell by `{}`", short(command)),
        FactKind::TrapRejected { shell, word } => format!(
            "{} does not know the signal name `{word}`: no trap is set",
            shell_title(shell)
        ),
        FactKind::TrapLostByExec { signal, .. } => {
            format!("the trap for {signal} is lost: exec resets it")
        }
        FactKind::StartedIgnoring { signal, command } => {
            format!("`{}` starts with {signal} ignored", short(command))
        }
        FactKind::StartFailed { command, why } => {
            format!("`{}` cannot be started: {why}", short(command))
        }
        FactKind::ExecWithoutCommand => {
            "`exec` without a command does nothing, and the script runs on".to_owned()
        }
        _ => return None,
    })
}

/// What the signal did.
fn during(fact: &Fact, end: &World, first: &Process) -> Option<String> {
    let name = |pid: Pid| end.process(pid).map_or_else(|| pid.to_string(), title);
    Some(match &fact.kind {
        FactKind::Sent {
            signal, from: 0, ..
        } => format!("the runtime sends {signal} to PID 1"),
        FactKind::Sent { signal, from, to } => {
            format!("{} sends {signal} to `{}`", name(*from), name(*to))
        }
        FactKind::Dropped { signal } => match &first.body {
            Body::Shell(shell) => {
                format!(
                    "{} is PID 1 and sets no trap: the kernel drops {signal}",
                    shell_title(&shell.facts.id)
                )
            }
            _ => format!("PID 1 does not handle {signal}: the kernel drops it"),
        },
        FactKind::TrapDeferred { signal } => {
            format!("the trap for {signal} has to wait until the foreground command ends")
        }
        FactKind::TrapRan { signal } => format!("the trap for {signal} runs"),
        FactKind::TrapCallsItself { signal } => {
            format!(
                "it signals the shell itself, which runs it for {signal} again and again until it dies"
            )
        }
        FactKind::WaitInterrupted { signal } => {
            format!("{signal} ends `wait` at once; the child lives on")
        }
        FactKind::KillMissed { word } => format!("`{}` reaches nobody", short(word)),
        FactKind::KillRejected { shell, word } => {
            format!("{} refuses `{}`", shell_title(shell), short(word))
        }
        FactKind::ExitTrapNotRun { shell } => format!(
            "{} does not run its EXIT trap when a signal ends it",
            shell_title(shell)
        ),
        FactKind::Told {
            program, signal, ..
        } => format!("`{program}` gets {signal} and begins to stop"),
        FactKind::Finished { program, .. } => format!("`{program}` finishes and ends"),
        FactKind::Ignored {
            program, signal, ..
        } => format!("`{program}` does nothing on {signal}"),
        FactKind::Died { pid: 1, signal, .. } => format!("PID 1 ends by {signal}"),
        FactKind::Died {
            program, signal, ..
        } => match *signal {
            Signal::KILL => format!("`{program}` is killed"),
            signal => {
                let program = shell_title(program);
                format!("{signal} ends `{program}` at once: it sets no handler")
            }
        },
        FactKind::Ended { pid: 1, .. } => "PID 1 ends, and with it the container".to_owned(),
        FactKind::HelperWhileStopping { command } => format!("`{}` runs", short(command)),
        _ => return None,
    })
}

/// What people call a process.
fn title(process: &Process) -> String {
    match &process.body {
        Body::Shell(shell) => shell.facts.title.clone(),
        _ => match shell_facts(&process.program) {
            Some(facts) => facts.title.clone(),
            None => process.program.to_string(),
        },
    }
}

fn shell_title(id: &str) -> String {
    shell_facts(id).map_or_else(|| id.to_owned(), |facts| facts.title.clone())
}

/// The first line of a command, not too long.
fn short(command: &str) -> String {
    let line = command.lines().next().unwrap_or("");
    let cut: String = line.chars().take(60).collect();
    if cut.len() < command.trim_end().len() {
        format!("{cut} …")
    } else {
        cut
    }
}
