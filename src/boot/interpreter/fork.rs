//! Forked copies of the shell: parts of pipelines, background commands, command and process substitutions.
//!
//! What a copy inherits is in `Shell::forked`; who waits for it is in `compound` and `builtins/wait`.

use std::rc::Rc;

use super::redirect::Redirected;
use super::step::Turn;
use super::{Code, Frame, State};
use crate::boot::machine::end_process;
use crate::boot::value::Value;
use crate::boot::world::{Body, History, Input, Output, Pid, Process, Status};
use crate::knowledge::{ImplicitExec, ShellFamily, Signal};
use crate::shell::{Compound, Kind, Redirect, Separator};

impl Turn<'_, '_> {
    /// Forks a copy of this shell that runs a node and ends. Returns its pid.
    pub(super) fn fork(&mut self, code: &Code, background: bool, output: Option<usize>) -> Pid {
        let pid = self.fork_part(code, None, output);
        let monitor = self.shell.options.monitor;
        let process = self.world.process_mut(pid);
        process.in_background = background;
        if monitor {
            process.group = pid;
        } else if background {
            // A list run with `&` has SIGINT and SIGQUIT ignored and no input (POSIX, 2.9.3.1 and 2.11).
            process.ignored.insert(Signal::INT);
            process.ignored.insert(Signal::QUIT);
            process.input = Input::Null;
        }
        pid
    }

    /// Forks a copy that reads from and writes to parts of a pipeline.
    pub(super) fn fork_part(
        &mut self,
        code: &Code,
        input: Option<usize>,
        output: Option<usize>,
    ) -> Pid {
        let in_condition = self.failure_is_handled();
        let mut copy = self.shell.forked();
        copy.in_condition = in_condition;
        let facts = copy.facts;
        let script = Rc::clone(&code.script);
        // The node that the copy really runs: `( … )` does not fork once more.
        let mut inner = code.clone();
        let mut redirects: &[Redirect] = &[];
        let mut tail = facts.subshell_exec == ImplicitExec::Tail;
        let mut forced = false;
        match &script.node(code.node).kind {
            Kind::Compound(Compound::Subshell(body), around) => {
                inner = code.at(*body);
                redirects = around;
                // bash does not fork again for the only command of a subshell, redirected or not.
                if facts.family == ShellFamily::Bash
                    && let Some(only) = only_command(&inner)
                {
                    inner = only;
                    forced = true;
                }
                tail = facts.subshell_exec != ImplicitExec::Never;
            }
            Kind::Simple(_) => forced = true,
            Kind::Pipeline {
                parts,
                negated: true,
                ..
            } if parts.len() == 1 && facts.family == ShellFamily::Bash => {
                inner = code.at(parts[0]);
                forced = matches!(script.node(parts[0]).kind, Kind::Simple(_));
            }
            _ => {}
        }
        copy.frames.push(Frame {
            code: inner,
            tail,
            forced,
            results: Vec::new(),
            state: State::Start,
        });
        let pid = self.world.next_pid();
        let parent = self.world.process_mut(self.pid).clone_for_fork();
        let process = Process {
            pid,
            parent: self.pid,
            input: match input {
                Some(stream) => Input::Pipe(stream),
                None => parent.input.clone(),
            },
            output: output.map_or_else(|| parent.output.clone(), Output::Stream),
            body: Body::Shell(Box::new(copy)),
            span: Some(code.span()),
            ..parent
        };
        self.world.processes.insert(process);
        if !redirects.is_empty() {
            self.redirect_child(code, redirects, pid);
        }
        pid
    }

    /// Applies redirections of known words to a process that was just forked.
    fn redirect_child(&mut self, code: &Code, redirects: &[Redirect], pid: Pid) {
        if let Ok(streams) = self.streams(code, redirects, Redirected::Copy) {
            if streams.failed {
                // The copy has begun: busybox ends it with another status than a command (measured: 1.35).
                let number = match self.shell.facts.family {
                    ShellFamily::Bash => 1,
                    _ => 2,
                };
                end_process(self.machine, self.world, pid, Status::Known(number), None);
                return;
            }
            let process = self.world.process_mut(pid);
            process.input = streams.input;
            process.output = streams.output;
        }
    }

    /// `command &`
    pub(super) fn background(&mut self, code: &Code) {
        let script = Rc::clone(&code.script);
        let parts: Option<&[u32]> = match &script.node(code.node).kind {
            Kind::Pipeline {
                parts,
                negated: false,
                ..
            } if parts.len() > 1 => Some(parts),
            _ => None,
        };
        let pids = match parts {
            Some(parts) => {
                let mut pids = Vec::new();
                let mut input: Option<usize> = None;
                for (index, part) in parts.iter().enumerate() {
                    let output = (index + 1 < parts.len()).then(|| self.world.new_stream());
                    let pid = self.fork(&code.at(*part), true, output);
                    if let Some(stream) = input {
                        self.world.process_mut(pid).input = Input::Pipe(stream);
                    }
                    pids.push(pid);
                    input = output;
                }
                pids
            }
            None => vec![self.fork(code, true, None)],
        };
        self.shell.last_background = pids.last().copied();
        if self.shell.facts.family != ShellFamily::Bash {
            self.shell.kept.clear();
            // bash alone takes the condition around into the background (measured: dash 0.5.12, busybox 1.35).
            for pid in &pids {
                if let Body::Shell(copy) = &mut self.world.process_mut(*pid).body {
                    copy.in_condition = false;
                }
            }
        }
        self.shell.add_job(pids);
        self.shell.status = Status::SUCCESS;
    }

    /// Begins a command substitution; its output arrives as a result of the current frame.
    pub(super) fn substitute(&mut self, code: &Code) {
        let stream = self.world.new_stream();
        let pid = self.fork(code, false, Some(stream));
        self.world.process_mut(pid).captured = true;
        if let Body::Shell(copy) = &mut self.world.process_mut(pid).body {
            // dash begins anew with conditions there (measured: 0.5.12).
            copy.in_condition &= copy.facts.family != ShellFamily::Dash;
            // bash clears `-e` in command substitutions unless it is in POSIX mode; so does busybox (measured: 1.35).
            let inherits = copy.options.inherit_errexit;
            if copy.facts.is_plain_bash() && !inherits || copy.facts.family == ShellFamily::Ash {
                copy.options.errexit = false;
            }
        }
        let code = code.clone();
        self.push_state(code, false, State::Capture(pid, stream));
    }

    /// Begins a process substitution; returns the path that stands for it.
    pub(super) fn process_substitution(&mut self, code: &Code, output: bool) -> Value {
        let stream = self.world.new_stream();
        let pid = self.fork(code, true, (!output).then_some(stream));
        if let Body::Shell(copy) = &mut self.world.process_mut(pid).body
            && copy.facts.family == ShellFamily::Bash
            && let Some(frame) = copy.frames.last_mut()
        {
            // bash treats its text as that of a subshell (measured: 5.2).
            match only_command(code) {
                Some(only) => (frame.code, frame.forced) = (only, true),
                None => {
                    frame.tail = copy.facts.subshell_exec != ImplicitExec::Never;
                }
            }
        }
        if output {
            self.world.process_mut(pid).input = Input::Pipe(stream);
        }
        if self.shell.facts.family == ShellFamily::Bash {
            self.shell.last_background = Some(pid);
            let world = &self.world;
            self.shell.substitutions.retain(|pid| world.alive(*pid));
            self.shell.substitutions.push(pid);
        }
        Value::text(format!("/dev/fd/{stream}"))
    }
}

impl Process {
    /// The parts that a forked child shares with its parent.
    pub(super) fn clone_for_fork(&self) -> Process {
        let mut copy = self.clone();
        copy.history = History::default();
        copy
    }
}

/// The simple command that is all of a list, in the foreground.
fn only_command(code: &Code) -> Option<Code> {
    let Kind::List(items) = &code.script.node(code.node).kind else {
        return None;
    };
    let [only] = items.as_slice() else {
        return None;
    };
    let is_simple = matches!(code.script.node(only.node).kind, Kind::Simple(_));
    let waits = only.end != Separator::Background;
    (is_simple && waits).then(|| code.at(only.node))
}
