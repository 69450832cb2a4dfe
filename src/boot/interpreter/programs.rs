//! Programs that a shell starts: in a child of its own, or in its own place.
//!
//! What becomes of the process is told in `start`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::redirect::Streams;
use super::step::{Attempt, Turn};
use super::{Code, Foreground, State, display_words};
use crate::boot::fact::FactKind;
use crate::boot::start::{Caller, Failure, start};
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Body, Environment, Output, Pid, Process, Question, Status};
use crate::knowledge::TrapName;
use crate::shell::Kind;
use crate::source::Span;

impl Turn<'_, '_> {
    /// Starts a program: in this process where the shell replaces itself, else in a child.
    pub(super) fn external(
        &mut self,
        code: &Code,
        words: Vec<Field>,
        environment: Environment,
        streams: Streams,
    ) -> Attempt<()> {
        let span = code.span();
        let name = words[0].known_text();
        if let Some(name) = name.filter(|name| self.shell.aliases.contains_key(&**name)) {
            // The alias is not seen here, and nobody gives it the name of a program.
            let why = format!("`{name}` is an alias that is not seen here");
            let status = self.start_failed(
                &name,
                Failure {
                    status: 127,
                    why,
                    certain: true,
                },
                &span,
            );
            return self.finish(status);
        }
        if words[0].known_text().is_none()
            && words[0].open
            && words.len() == 1
            && words[0]
                .value
                .pieces()
                .iter()
                .all(|piece| matches!(piece, Piece::Unknown(_)))
        {
            let text = format!("the command `{}` is not known", words[0].value.display());
            self.world.miss("value", text, Some(span.clone()));
        }
        let command = display_words(&words);
        if self.replaces_itself(has_redirects(code)) {
            if !self.top().forced && !self.shell.is_subshell {
                let shell = self.shell.facts.id.clone();
                self.note(
                    FactKind::ImplicitExec { shell, command },
                    Some(span.clone()),
                );
            }
            return self.replace(words, environment, streams, span, None);
        }
        for signal in self.shell.ignored() {
            let command = command.clone();
            self.note(
                FactKind::StartedIgnoring { signal, command },
                Some(span.clone()),
            );
        }
        let pid = self.spawn(&words, environment, &streams, &span);
        let caller = Caller::Shell(self.shell.facts);
        match start(self.machine, self.world, pid, words, caller) {
            Ok(()) => {
                self.fills_file(pid);
                self.top().state = State::Foreground(Box::new(Foreground {
                    pids: vec![pid],
                    ended: vec![None],
                    pipefail: false,
                }));
                Ok(())
            }
            Err(failure) => {
                self.world.processes.remove(&pid);
                let status = self.start_failed(&command, failure, &span);
                self.finish(status)
            }
        }
    }

    /// What a program writes that goes on running is not known; short commands have written by now.
    fn fills_file(&mut self, pid: Pid) {
        let Some(process) = self.world.process(pid) else {
            return;
        };
        if let (Body::Application(_) | Body::Launcher(_), Output::File(path)) =
            (&process.body, process.output.clone())
        {
            let text = Value::unknown(format!("$(cat {path})"));
            self.world.write(&Output::File(path), &text);
        }
    }

    fn start_failed(&mut self, command: &str, failure: Failure, span: &Span) -> Status {
        let why = failure.why.clone();
        self.note(
            FactKind::StartFailed {
                command: command.to_owned(),
                why: why.clone(),
            },
            Some(span.clone()),
        );
        if self.world.stopped_at.is_none() {
            self.start_up_breaks(why, Some(span.clone()));
        }
        match failure.certain {
            true => Status::Known(failure.status),
            false => Status::Unknown(
                Question {
                    expected: true,
                    ..Question::new(
                        format!("`{command}` exists"),
                        format!("`{command}` does not exist"),
                        Some(span.clone()),
                    )
                }
                .into(),
            ),
        }
    }

    /// A child process about to become a program.
    fn spawn(
        &mut self,
        words: &[Field],
        environment: Environment,
        streams: &Streams,
        span: &Span,
    ) -> Pid {
        let pid = self.world.next_pid();
        let monitor = self.shell.options.monitor;
        let ignored = self.shell.ignored();
        let variables = self.environment_with(environment);
        let mut process: Process = self.world.process_mut(self.pid).clone_for_fork();
        process.pid = pid;
        process.parent = self.pid;
        process.argv = words.to_vec();
        process.body = Body::Filter;
        process.environment = variables;
        process.input = streams.input.clone();
        process.output = streams.output.clone();
        process.span = Some(span.clone());
        process.in_background = false;
        process.ignored.extend(ignored);
        if monitor {
            process.group = pid;
        }
        self.world.processes.insert(process);
        pid
    }

    /// Replaces this shell by a program.
    pub(super) fn replace(
        &mut self,
        words: Vec<Field>,
        environment: Environment,
        streams: Streams,
        span: Span,
        argv0: Option<Field>,
    ) -> Attempt<()> {
        let command = display_words(&words);
        let ignored = self.shell.ignored();
        let variables = self.environment_with(environment);
        let lost: Vec<_> = self
            .shell
            .traps
            .iter()
            .filter(|(_, trap)| !trap.action.is_certainly_empty())
            .filter_map(|(name, trap)| match name {
                TrapName::Signal(signal) => Some((*signal, trap.span.clone())),
                _ => None,
            })
            .collect();
        let in_trap = self.world.stopped_at.is_some() && self.shell.is_in_trap();
        let before = self.world.process_mut(self.pid).clone();
        let process = self.world.process_mut(self.pid);
        process.history.replaced_in_trap = in_trap;
        process.environment = variables;
        process.input = streams.input;
        process.output = streams.output;
        process.span = Some(span.clone());
        process.ignored.extend(ignored.iter().copied());
        let argv = words.clone();
        match start(
            self.machine,
            self.world,
            self.pid,
            words,
            Caller::Shell(self.shell.facts),
        ) {
            Ok(()) => {
                self.gone = true;
                if let Some(argv0) = argv0 {
                    let process = self.world.process_mut(self.pid);
                    if process.argv == argv {
                        process.argv[0] = argv0;
                    }
                }
                for signal in ignored {
                    self.note(
                        FactKind::StartedIgnoring {
                            signal,
                            command: command.clone(),
                        },
                        Some(span.clone()),
                    );
                }
                for (signal, set_at) in lost {
                    self.note(
                        FactKind::TrapLostByExec { signal, set_at },
                        Some(span.clone()),
                    );
                }
                Ok(())
            }
            Err(failure) => {
                *self.world.process_mut(self.pid) = before;
                let status = self.start_failed(&command, failure, &span);
                if self.shell.options.execfail {
                    return self.finish(status);
                }
                let status = match status {
                    Status::Unknown(_) => Status::Known(127),
                    known => known,
                };
                self.exit(status);
                Ok(())
            }
        }
    }

    /// The exported variables, and those that the command has before it.
    fn environment_with(&mut self, own: Environment) -> Rc<BTreeMap<Rc<str>, Value>> {
        let mut variables = self.machine.environment(&self.shell);
        if !own.is_empty() {
            let own = own.into_iter();
            let own = own.map(|(name, value)| (Rc::from(name), value));
            Rc::make_mut(&mut variables).extend(own);
        }
        variables
    }
}

fn has_redirects(code: &Code) -> bool {
    matches!(&code.script.node(code.node).kind, Kind::Simple(simple) if !simple.redirects.is_empty())
}
