//! What the start-up does not wait for: candidates for the application that are taken for helpers.

use std::rc::Rc;

use super::Machine;
use super::ending::end_process;
use super::note;
use crate::boot::explore::newest_application;
use crate::boot::fact::FactKind;
use crate::boot::interpreter::{self};
use crate::boot::outcome::Missing;
use crate::boot::value::Field;
use crate::boot::world::{Body, Input, Output, Pid, Process, Question, Status, World};

impl Machine<'_> {
    /// When everything waits for a foreground command that may or may not be the application: takes
    /// note of the world in which it is, and lets it end in this one. `false` when there is none.
    pub(super) fn pass_candidate(&self, world: &mut World) -> bool {
        let Some(pid) = foreground_candidate(world) else {
            return false;
        };
        let mut kept = world.clone();
        kept.candidate = None;
        kept.set_aside.clear();
        if let Body::Application(application) = &mut kept.process_mut(pid).body {
            application.undecided = false;
        }
        let is_tool = has_ended_alike(world, pid);
        if is_tool
            && world
                .candidate
                .as_ref()
                .is_some_and(|one| runs_it(one, world, pid))
        {
            world.candidate = None;
        }
        let has_another = world.candidate.is_some();
        if let Some(Missing { kind, text, span }) = read_by_filter(world, pid) {
            kept.miss(kind, text, span);
        }
        let process = world.process_mut(pid);
        // What is captured is asked something, and is not what runs in the end: a program of which nothing is
        // known may be, where nothing else is.
        let is_known =
            matches!(&process.body, Body::Application(application) if application.known.is_some());
        let is_asked = is_tool || process.captured && (is_known || has_another);
        let command = interpreter::display_words(&process.argv);
        let span = process.span.clone();
        let output = process.output.clone();
        if output.is_read() {
            world.write(
                &output,
                &crate::boot::value::Value::unknown(format!("$({command})#{}", kept.steps)),
            );
        }
        if !is_asked {
            world.candidate = Some(Rc::new(kept));
            world.set_aside.clear();
        }
        let is_named = world.process(pid).is_some_and(|process| {
            process
                .argv
                .first()
                .is_some_and(|word| word.known().is_some())
        });
        if is_named {
            let fact = FactKind::EndsByItself {
                command: command.clone(),
            };
            note(world, fact, span.clone());
        }
        if is_named && world.is_deaf_to(self.stop_signal.get()) {
            let command = command.clone();
            note(world, FactKind::Preparation { command }, span.clone());
        }
        let question = Question {
            expected: true,
            candidate: !is_asked,
            ..Question::succeeds(&command, span)
        };
        end_process(self, world, pid, Status::Unknown(question.into()), None);
        true
    }

    /// A command of which nothing is known, started while stopping: it is taken to end soon. `false`
    /// when there is none.
    pub(super) fn pass_helper(&self, world: &mut World) -> bool {
        // What is started again goes on running, without its operands too: `app` where `app serve` was.
        let runs_again = |process: &Process| {
            let mut running = world.running.applications.iter();
            running.any(|argv| argv.starts_with(&process.argv))
        };
        let found = world.processes.values().find(|process| {
            let is_new = matches!(&process.body, Body::Application(application)
                if application.undecided && application.finishing.is_none());
            // So does what replaces a shell that was there before, unless that is what a trap is for.
            let replaces =
                process.pid <= world.running.last_pid && !process.history.replaced_in_trap;
            is_new && !process.in_background && !replaces && !runs_again(process)
        });
        let Some(process) = found else { return false };
        let (pid, span) = (process.pid, process.span.clone());
        let command = interpreter::display_words(&process.argv);
        if is_same_program(world, process) && !is_in_trap(world, process) {
            world.miss(
                "program",
                format!("whether `{command}` goes on running is not known"),
                span.clone(),
            );
        }
        note(
            world,
            FactKind::HelperWhileStopping {
                command: command.clone(),
            },
            span.clone(),
        );
        let question = Question {
            expected: true,
            ..Question::succeeds(&command, span)
        };
        end_process(self, world, pid, Status::Unknown(question.into()), None);
        true
    }
}

/// Whether the program has run before the stop, with other operands: it may be the application once more, or tell it
/// something.
fn is_same_program(world: &World, process: &Process) -> bool {
    let name = |argv: &[Field]| {
        let path = argv.first().and_then(Field::known)?;
        path.rsplit('/').next().map(str::to_owned)
    };
    let own = name(&process.argv);
    let mut running = world.running.applications.iter();
    own.is_some() && running.any(|argv| name(argv) == own)
}

/// Whether the action of a trap has started it.
fn is_in_trap(world: &World, process: &Process) -> bool {
    let mut at = world.process(process.parent);
    for _ in 0..64 {
        let Some(process) = at else {
            return false;
        };
        if matches!(&process.body, Body::Shell(shell) if shell.is_in_trap()) {
            return true;
        }
        at = world.process(process.parent);
    }
    false
}

/// Whether the same program of which nothing is known has been run with the same two words before, at another
/// place, and has ended: then it is a tool, which does one piece of work after another.
fn has_ended_alike(world: &World, pid: Pid) -> bool {
    let Some(process) = world.process(pid) else {
        return false;
    };
    let is_unknown =
        matches!(&process.body, Body::Application(application) if application.known.is_none());
    let words: Option<Vec<String>> = process.argv.iter().take(3).map(Field::known).collect();
    let Some(words) = words.filter(|words| words.len() == 3 && is_unknown) else {
        return false;
    };
    let begin = words.join(" ");
    world.facts.iter().any(|fact| match &fact.kind {
        FactKind::EndsByItself { command } if fact.span != process.span => command
            .strip_prefix(&begin)
            .is_some_and(|rest| rest.starts_with(' ')),
        _ => false,
    })
}

/// Whether the application that one of them goes back to is a run of the same program.
fn runs_it(candidate: &World, world: &World, pid: Pid) -> bool {
    let program = |process: &Process| process.argv.first().and_then(Field::known);
    let newest = newest_application(candidate).and_then(program);
    newest.is_some() && newest == world.process(pid).and_then(program)
}

/// The undecided application that the chain of foreground waits from PID 1 leads to.
pub(super) fn foreground_candidate(world: &World) -> Option<Pid> {
    let mut at: Vec<Pid> = vec![1];
    let mut behind_shell = false;
    for _ in 0..64 {
        let mut next = Vec::new();
        for pid in at {
            match world.process(pid).map(|process| &process.body) {
                Some(Body::Application(application)) if application.undecided && behind_shell => {
                    return Some(pid);
                }
                Some(Body::Launcher(launcher)) => {
                    behind_shell |= !launcher.next.is_empty();
                    next.extend(launcher.children.iter().map(|child| child.pid));
                }
                Some(Body::Shell(shell)) if shell.is_in_wait() => {
                    // A script that was started in the background and is waited for, with nothing beside it. What was
                    // started there itself is what goes on running.
                    let mut pids = shell.awaited_pids();
                    pids.retain(|pid| world.alive(*pid));
                    if let [only] = pids.as_slice() {
                        behind_shell = false;
                        next.push(*only);
                    }
                }
                Some(Body::Shell(shell)) => {
                    let mut pids = shell.foreground_pids();
                    if let Some(input) = shell.awaited_input {
                        // What a process substitution runs whose output is read; jobs are no preparation.
                        pids.extend(writers(world, input.stream));
                        pids.retain(|pid| !shell.has_job(*pid));
                    }
                    behind_shell |= !pids.is_empty();
                    next.extend(pids);
                }
                _ => {}
            }
        }
        if next.is_empty() {
            return None;
        }
        at = next;
    }
    None
}

/// What is missing to take a program for the application whose output goes into a filter that servers are not piped
/// into: it looks at the whole of its input, or at lines that it does not hand on as they come.
fn read_by_filter(world: &World, pid: Pid) -> Option<Missing> {
    let process = world.process(pid)?;
    let is_unknown =
        matches!(&process.body, Body::Application(application) if application.known.is_none());
    if !is_unknown {
        return None;
    }
    let Output::Stream(stream) = process.output else {
        return None;
    };
    let mut readers = world.processes.values();
    let reader = readers.find(|reader| {
        matches!(reader.body, Body::Filter)
            && matches!(reader.input, Input::Pipe(read) if read == stream)
    })?;
    let words: Vec<String> = reader.argv.iter().filter_map(Field::known).collect();
    let has = |options: &[&str]| words.iter().any(|word| options.contains(&word.as_str()));
    let waits_for_all = match &*reader.program {
        "sort" | "head" | "tail" | "wc" | "uniq" | "jq" | "column" | "base64" | "cut" | "tr"
        | "md5sum" | "sha256sum" | "paste" | "tac" => true,
        "grep" | "egrep" | "fgrep" => !has(&["--line-buffered"]),
        "sed" => has(&["-n", "-ne", "-nE", "-nr"]) && !has(&["-u", "--unbuffered"]),
        "awk" | "gawk" | "mawk" => !words.iter().any(|word| word.contains("fflush")),
        _ => false,
    };
    waits_for_all.then(|| Missing {
        kind: "program",
        text: format!(
            "whether `{}` goes on running is not known: `{}` reads its output",
            interpreter::display_words(&process.argv),
            interpreter::display_words(&reader.argv)
        ),
        span: process.span.clone(),
    })
}

/// The processes that write to a stream.
fn writers(world: &World, stream: usize) -> impl Iterator<Item = Pid> {
    let processes = world.processes.values();
    let writers = processes.filter(move |process| process.output == Output::Stream(stream));
    writers.map(|process| process.pid)
}
