//! Traps: setting them, and running them between commands.

use std::rc::Rc;

use super::redirect::Streams;
use super::step::{Attempt, Turn};
use super::{Code, Interrupted, Shell, State, Trap};
use crate::boot::fact::FactKind;
use crate::boot::machine::end_process;
use crate::boot::value::{Field, Value};
use crate::boot::world::Status;
use crate::knowledge::{ShellFamily, Signal, TrapName};
use crate::shell::Script;
use crate::source::{Mapped, Span};

/// Traps that run inside one another because different signals come at once; more are one that calls itself.
const MOST_NESTED: usize = 8;

impl Turn<'_, '_> {
    /// Begins the action of the first pending trap.
    pub(super) fn begin_trap(&mut self) {
        let signal = self.shell.pending.remove(0);
        if self.shell.is_in_wait() {
            // `wait` returns at once with a status above 128; the child lives on.
            let code = self.top().code.clone();
            self.note(FactKind::WaitInterrupted { signal }, Some(code.span()));
            self.shell.frames.pop();
            self.shell.status = Status::of_signal(signal);
            self.shell.check_failure = true;
        }
        let Some(trap) = self.shell.traps.get(&TrapName::Signal(signal)).cloned() else {
            return;
        };
        if self.calls_itself() {
            self.note(FactKind::TrapCallsItself { signal }, trap.span.clone());
            self.gone = true;
            let died = Status::of_signal(Signal::SEGV);
            end_process(self.machine, self.world, self.pid, died, Some(Signal::SEGV));
            return;
        }
        self.note(FactKind::TrapRan { signal }, trap.span.clone());
        let Some(script) = self.parse_value(&trap.action, trap.span.as_ref()) else {
            return;
        };
        let saved = Interrupted {
            status: self.shell.status.clone(),
            check_failure: self.shell.check_failure,
            last_pid: self.world.last_pid,
        };
        self.shell.check_failure = false;
        self.push_state(Code::root(&script), false, State::Trap(Box::new(saved)));
        self.push(Code::root(&script), false);
    }

    /// Whether traps stand in traps, and nothing was started meanwhile: `trap 'kill 0' TERM` signals its own shell, which
    /// runs the trap at once. After 0.1 to 0.5 s the shell has no stack left and dies of SIGSEGV (measured:
    /// dash 0.5.12, busybox 1.35, bash 5.2, also as sh). One that starts programs needs longer than platforms wait.
    fn calls_itself(&self) -> bool {
        let begun = self
            .shell
            .frames
            .iter()
            .filter_map(|frame| match &frame.state {
                State::Trap(interrupted) => Some(interrupted.last_pid),
                _ => None,
            });
        let since = begun.filter(|pid| *pid == self.world.last_pid).count();
        self.world.stopped_at == Some(self.world.clock) && since >= MOST_NESTED
    }

    pub(super) fn end_trap(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        if let State::Trap(saved) = state {
            self.shell.status = saved.status;
            self.shell.check_failure = saved.check_failure;
        }
        self.pop()
    }

    /// Begins the action of the ERR trap. Functions have it with `set -E` only, and it does not interrupt itself.
    pub(super) fn begin_error_trap(&mut self) -> bool {
        let Some(trap) = self.shell.traps.get(&TrapName::Error).cloned() else {
            return false;
        };
        let mut states = self.shell.frames.iter().map(|frame| &frame.state);
        let is_excused = |state: &State| match state {
            State::ErrorTrap(_) => true,
            State::Function(_) => !self.shell.options.errtrace,
            _ => false,
        };
        if trap.action.is_certainly_empty() || states.any(is_excused) {
            return false;
        }
        let Some(script) = self.parse_value(&trap.action, trap.span.as_ref()) else {
            return false;
        };
        let status = Box::new(self.shell.status.clone());
        self.push_state(Code::root(&script), false, State::ErrorTrap(status));
        self.push(Code::root(&script), false);
        true
    }

    pub(super) fn end_error_trap(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        self.shell.frames.pop();
        if let State::ErrorTrap(status) = state {
            self.shell.status = *status;
            self.shell.check_failure = false;
            if let Status::Known(number @ 1..) = self.shell.status {
                self.ends_on_failure(number);
            }
        }
        Ok(())
    }

    /// Parses a value as commands; `None`, and the way unknown, when it is not known.
    pub(super) fn parse_value(&mut self, value: &Value, span: Option<&Span>) -> Option<Rc<Script>> {
        let Some(text) = value.known() else {
            self.world.miss(
                "value",
                format!("the commands `{}` are not known", value.display()),
                span.cloned(),
            );
            return None;
        };
        let mapped = match span {
            Some(span) => locate(&text, span),
            None => Mapped::whole(&crate::source::Source::new("", text)),
        };
        Some(self.machine.parse(&mapped))
    }

    /// The `trap` builtin.
    pub(super) fn trap_builtin(
        &mut self,
        words: &[Field],
        streams: &Streams,
        span: Span,
    ) -> Attempt<()> {
        let mut words = &words[1..];
        if words.first().and_then(Field::known).as_deref() == Some("--") {
            words = &words[1..];
        }
        let Some(first) = words.first() else {
            let text = self.listed_traps(&[]);
            return self.print(streams, text);
        };
        let option = first
            .known()
            .filter(|word| word.len() > 1 && word.starts_with('-'));
        if let Some(option) = option {
            if option == "-p" && self.shell.facts.family == ShellFamily::Bash {
                let text = self.listed_traps(&words[1..]);
                return self.print(streams, text);
            }
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            if is_bash && matches!(&*option, "-l" | "-p" | "-lp") {
                return self.finish(Status::SUCCESS);
            }
            return self.bad_option(&format!("trap {option}"));
        }
        let names: Vec<String>;
        let action: Option<Value>;
        let only_name = words.len() == 1;
        let facts = self.shell.facts;
        // busybox takes every number for that of a signal (measured: dash 0.5.12, busybox 1.35, bash 5.2).
        let begins_with_number = first.known().is_some_and(|text| {
            let is_signal =
                || facts.family == ShellFamily::Ash || facts.trap_signal(&text).is_some();
            text.parse::<u8>().is_ok() && is_signal()
        });
        if only_name
            && !begins_with_number
            && facts.family == ShellFamily::Bash
            && !facts.is_plain_bash()
        {
            let why = "`trap` with one word that is no number is wrong for bash as sh";
            return self.special_builtin_error(why.into(), Some(span));
        }
        if only_name || begins_with_number {
            // `trap TERM` and `trap 15 TERM` reset.
            action = None;
            names = words.iter().filter_map(Field::known).collect();
        } else {
            action = match first.known().as_deref() {
                Some("-") => None,
                _ => Some(first.value.clone()),
            };
            names = words[1..].iter().filter_map(Field::known).collect();
        }
        let mut status = Status::SUCCESS;
        for name in names {
            match self.shell.facts.trap_signal(&name) {
                None => {
                    let shell = self.shell.facts.id.clone();
                    self.note(
                        FactKind::TrapRejected { shell, word: name },
                        Some(span.clone()),
                    );
                    status = Status::Known(1);
                    if self.shell.facts.family == ShellFamily::Dash {
                        // dash stops at the first name that it does not know.
                        break;
                    }
                }
                Some(TrapName::Other) if action.is_none() => {
                    self.shell.traps.remove(&TrapName::Other);
                }
                Some(name) => self.set_trap(name, action.clone(), &span),
            }
        }
        self.finish(status)
    }

    fn set_trap(&mut self, name: TrapName, action: Option<Value>, span: &Span) {
        if let TrapName::Signal(signal) = name {
            if matches!(signal, Signal::KILL | Signal::STOP) {
                return;
            }
            // A signal that was ignored at the start cannot be trapped by a shell that is not
            // interactive (POSIX, trap).
            if self.world.process_mut(self.pid).ignored.contains(&signal)
                && !self.shell.ignored().contains(&signal)
            {
                return;
            }
        }
        match action {
            None => {
                self.shell.traps.remove(&name);
            }
            Some(action) => {
                if let (TrapName::Signal(signal), true) = (name, action.is_certainly_empty()) {
                    self.note(FactKind::IgnoredByTrap { signal }, Some(span.clone()));
                }
                if !action.is_certainly_empty() {
                    self.shell.ever_trapped = true;
                    if name == TrapName::Exit && !self.shell.exit_trapped {
                        self.shell.exit_trapped = true;
                        let trapped = self.shell.traps.keys().filter_map(|trap| match trap {
                            TrapName::Signal(signal) if *signal != Signal::INT => Some(*signal),
                            _ => None,
                        });
                        self.shell.trapped_before = trapped.collect();
                    }
                }
                self.shell.traps.insert(
                    name,
                    Trap {
                        action,
                        span: Some(span.clone()),
                    },
                );
            }
        }
    }

    /// Notes a fact of this moment.
    pub(super) fn note(&mut self, kind: FactKind, span: Option<Span>) {
        let while_stopping = self.world.stopped_at.is_some();
        self.world.note(crate::boot::fact::Fact {
            kind,
            span,
            while_stopping,
        });
    }
}

impl Shell {
    /// Whether an action is set for the signal (not merely ignored).
    pub(crate) fn catches(&self, signal: Signal) -> bool {
        self.traps
            .get(&TrapName::Signal(signal))
            .is_some_and(|trap| !trap.action.is_certainly_empty())
    }
}

/// Text that was computed, mapped to where it stands verbatim within the span if it does.
pub(in crate::boot) fn locate(text: &str, span: &Span) -> Mapped {
    match span.text().find(text).filter(|_| !text.is_empty()) {
        Some(at) => Mapped::verbatim(&span.source, span.start + at..span.start + at + text.len()),
        None => Mapped::computed(text, span),
    }
}
