//! What a shell waits for: which processes, at which command, and what stands behind it.
//!
//! The `wait` builtin itself, and the step of a shell that waits, are in `jobs` and `step`.

use std::borrow::Cow;

use super::{Code, Shell, State};
use crate::boot::world::{Body, Pid, Status, World};
use crate::knowledge::{ShellFacts, Signal, TrapName};
use crate::shell::{Compound, Kind, NodeId, Script, Simple};
use crate::source::Span;

/// See [`Shell::waits`].
#[derive(Clone, Debug)]
pub(crate) struct WaitsFor {
    /// In the foreground; else in the `wait` builtin.
    pub foreground: bool,
    /// The command.
    pub span: Span,
    /// Nothing follows it.
    pub last: bool,
    /// Its text begins with `exec`, in a process of its own.
    pub exec_in_subshell: bool,
    /// It is a pipeline.
    pub in_pipeline: bool,
}

/// A builtin that waits for its input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AwaitedInput {
    /// Where it reads.
    pub stream: usize,
    /// The number of frames, of which its command is the last one: a trap may run on top of them.
    pub depth: usize,
}

impl Shell {
    /// Whether nothing has happened that it waits for: then a step of it does nothing.
    pub(in crate::boot) fn goes_on_waiting(&self, world: &World) -> bool {
        if self.dying.is_some() || self.check_failure {
            return false;
        }
        if let Some(AwaitedInput { stream, depth }) = self.awaited_input
            && depth == self.frames.len()
        {
            let waits = world.stream_is_open(stream) && !world.has_line(stream);
            return self.pending.is_empty() && waits;
        }
        let runs = |pid: &Pid| {
            let process = world.process(*pid);
            process.is_some_and(|process| !matches!(process.body, Body::Ended(_)))
        };
        match self.frames.last().map(|frame| &frame.state) {
            Some(State::Foreground(waited)) => {
                let open = waited.pids.iter().zip(&waited.ended);
                let mut open = open.filter(|(_, ended)| ended.is_none()).peekable();
                open.peek().is_some() && open.all(|(pid, _)| runs(pid))
            }
            Some(State::Capture(pid, _)) => runs(pid),
            Some(State::Wait(waiting)) if self.pending.is_empty() => {
                let running = waiting.pids.iter().filter(|pid| runs(pid)).count();
                match waiting.any {
                    true => running > 0 && running == waiting.pids.len(),
                    false => running > 0,
                }
            }
            _ => false,
        }
    }

    /// Whether a command has ended and nothing follows from its status at once: neither a trap nor the end by `set -e`.
    pub(in crate::boot) fn is_between_commands(&self) -> bool {
        let is_watched = self.options.errexit || self.traps.contains_key(&TrapName::Error);
        let may_have_failed = match &self.status {
            Status::Known(number) => *number != 0,
            Status::Unknown(question) => question.by_default == Some(false),
        };
        let follows = self.check_failure && is_watched && may_have_failed;
        self.dying.is_none() && self.pending.is_empty() && !follows
    }

    /// Whether the innermost frame is one in which a trap has to wait.
    pub(crate) fn is_waiting_in_foreground(&self) -> bool {
        matches!(
            self.frames.last().map(|frame| &frame.state),
            Some(State::Foreground(_) | State::Capture(..))
        )
    }

    /// The processes that it waits for in the foreground.
    pub(crate) fn foreground_pids(&self) -> Vec<Pid> {
        match self.frames.last().map(|frame| &frame.state) {
            Some(State::Foreground(waited)) => waited.pids.clone(),
            Some(State::Capture(pid, _)) => vec![*pid],
            _ => Vec::new(),
        }
    }

    /// Whether the process is one that `&` has put into the background.
    pub(crate) fn has_job(&self, pid: Pid) -> bool {
        self.jobs.iter().any(|job| job.pids.contains(&pid))
    }

    /// The processes that it waits for, in the foreground or by `wait`.
    pub(crate) fn awaited_pids(&self) -> Vec<Pid> {
        match self.frames.last().map(|frame| &frame.state) {
            Some(State::Wait(waiting)) => waiting.pids.clone(),
            _ => self.foreground_pids(),
        }
    }

    /// Whether it is in the `wait` builtin.
    pub(crate) fn is_in_wait(&self) -> bool {
        matches!(
            self.frames.last().map(|frame| &frame.state),
            Some(State::Wait(_))
        )
    }

    /// What it waits for, for people.
    pub(crate) fn waits(&self) -> Option<WaitsFor> {
        let (top, below) = self.frames.split_last()?;
        let foreground = match &top.state {
            State::Foreground(_) | State::Capture(..) => true,
            State::Wait(_) => false,
            _ => return None,
        };
        let in_pipeline = matches!(&top.code.script.node(top.code.node).kind, Kind::Pipeline { parts, .. } if parts.len() > 1);
        let last = below.iter().all(|frame| {
            match (&frame.state, &frame.code.script.node(frame.code.node).kind) {
                (State::List(next), Kind::List(items)) => *next >= items.len(),
                (State::While(_) | State::For(..) | State::ForArithmetic(..), _) => false,
                _ => true,
            }
        });
        Some(WaitsFor {
            foreground,
            span: top.code.span(),
            last,
            exec_in_subshell: execs_in_a_process_of_its_own(&top.code),
            in_pipeline,
        })
    }

    /// The innermost loop that it is in and that goes round again.
    pub(crate) fn enclosing_loop(&self) -> Option<Span> {
        let mut frames = self.frames.iter().rev();
        let innermost = frames.find(|frame| frame.is_endless_loop());
        innermost.map(|frame| frame.code.span())
    }

    /// The first `trap` for that signal among the commands that follow what it does now.
    pub(crate) fn trap_behind(&self, signal: Signal) -> Option<Span> {
        self.frames.iter().rev().find_map(|frame| {
            let script = &frame.code.script;
            let (State::List(next), Kind::List(items)) =
                (&frame.state, &script.node(frame.code.node).kind)
            else {
                return None;
            };
            let behind = items.get(*next..).unwrap_or_default();
            let trap = behind.iter().find(|item| {
                matches!(&script.node(item.node).kind, Kind::Simple(simple)
                    if sets_trap(simple, signal, self.facts))
            });
            trap.map(|item| frame.code.at(item.node).span())
        })
    }
}

/// Whether the command is `trap ACTION … SIGNAL …` as it stands there.
fn sets_trap(simple: &Simple, signal: Signal, facts: &ShellFacts) -> bool {
    let words: Vec<Option<Cow<str>>> = simple
        .words
        .iter()
        .map(|word| word.constant(false))
        .collect();
    matches!(words.as_slice(), [Some(command), _, names @ ..] if command == "trap"
        && names.iter().flatten().any(|name| facts.trap_signal(name) == Some(TrapName::Signal(signal))))
}

/// Whether a subshell, or a part of a pipeline, ends in an `exec` that replaces only that.
fn execs_in_a_process_of_its_own(code: &Code) -> bool {
    let script = &code.script;
    match &script.node(code.node).kind {
        Kind::Pipeline { parts, .. } if parts.len() > 1 => {
            parts.iter().any(|part| ends_in_exec(script, *part))
        }
        Kind::Compound(Compound::Subshell(body), _) => ends_in_exec(script, *body),
        // A command substitution is the list in it.
        Kind::List(_) => ends_in_exec(script, code.node),
        _ => false,
    }
}

/// Whether the last command of a node is `exec` with a command.
fn ends_in_exec(script: &Script, mut node: NodeId) -> bool {
    loop {
        node = match &script.node(node).kind {
            Kind::List(items) => match items.last() {
                Some(last) => last.node,
                None => return false,
            },
            Kind::AndOr { first, rest } => rest.last().map_or(*first, |(_, last)| *last),
            Kind::Compound(Compound::Subshell(body) | Compound::Group(body), _) => *body,
            Kind::Simple(simple) => {
                let word = simple.words.first().and_then(|word| word.constant(false));
                return simple.words.len() > 1 && word.as_deref() == Some("exec");
            }
            _ => return false,
        };
    }
}
