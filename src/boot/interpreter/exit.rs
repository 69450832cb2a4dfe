//! The end of a shell: `exit`, the EXIT trap, and `set -e`.

use super::step::{Attempt, Turn};
use super::{Code, Frame, State};
use crate::boot::machine::end_process;
use crate::boot::world::Status;
use crate::knowledge::{ShellFamily, TrapName};
use crate::shell::Kind;
use crate::source::Span;

impl Turn<'_, '_> {
    /// Notes that the start-up broke, if nothing worse was noted before; used only when PID 1 ends.
    pub(super) fn start_up_breaks(&mut self, why: String, span: Option<Span>) {
        if self.world.broken.is_none() {
            self.world.broken = Some((why, span));
        }
    }

    /// Whether a failing command here is part of a condition, so that `set -e` does not apply. What a trap runs is part of
    /// none, whatever it has interrupted (measured: dash, busybox, bash).
    pub(super) fn failure_is_handled(&self) -> bool {
        // dash and busybox forget what is around a file that they read (measured: dash 0.5.12, busybox 1.35).
        let forgets = self.shell.facts.family != ShellFamily::Bash;
        let begins_anew = |frame: &Frame| match frame.state {
            State::Trap(_) => true,
            State::Source(_) => forgets,
            _ => false,
        };
        let frames = &self.shell.frames;
        let own = frames.iter().rposition(begins_anew);
        let own = own.map_or(0, |at| at + 1);
        // A copy goes on where it was made in a condition, whatever it does with `-e` (measured: dash, busybox, bash).
        if own == 0 && self.shell.in_condition {
            return true;
        }
        frames[own..].iter().any(|frame| match &frame.state {
            State::If(_, in_body) => !in_body,
            State::While(state) => !state.in_body,
            State::Negate => true,
            State::AndOr(begun) => match &frame.code.script.node(frame.code.node).kind {
                Kind::AndOr { rest, .. } => *begun <= rest.len(),
                _ => false,
            },
            _ => false,
        })
    }

    /// `exit`: runs the EXIT trap once, then ends the process.
    pub(super) fn exit(&mut self, status: Status) {
        if !self.shell.exiting {
            self.shell.exiting = true;
            let trap = self.shell.traps.get(&TrapName::Exit).cloned();
            if let Some(trap) = trap.filter(|trap| !trap.action.is_certainly_empty()) {
                self.shell.frames.clear();
                self.shell.pending.clear();
                self.shell.status = status.clone();
                self.shell.check_failure = false;
                if let Some(action) = self.parse_value(&trap.action, trap.span.as_ref()) {
                    self.push_state(
                        Code::root(&action),
                        false,
                        State::ExitTrap(Box::new(status)),
                    );
                    self.push(Code::root(&action), false);
                    return;
                }
            }
        }
        self.gone = true;
        // The shell itself is put down with the process; what it held open closes with it.
        end_process(self.machine, self.world, self.pid, status, None);
    }

    /// The EXIT trap has run.
    pub(super) fn end_exit_trap(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        self.shell.frames.clear();
        if let State::ExitTrap(status) = state {
            self.exit(*status);
        }
        Ok(())
    }

    /// What a command that has failed makes of the shell: `set -e` ends it, and the ERR trap of bash runs before that.
    /// `true` when the next step is another one by now.
    pub(super) fn fails(&mut self) -> Attempt<bool> {
        if self.failure_is_handled() {
            self.shell.check_failure = false;
            return Ok(false);
        }
        // A test that fails unless somebody sets a variable at run time fails.
        let is_test = matches!(&self.shell.status, Status::Unknown(question) if question.by_default == Some(false));
        if is_test && self.shell.options.errexit {
            self.decide_status()?;
        }
        self.shell.check_failure = false;
        let Status::Known(number @ 1..) = self.shell.status else {
            return Ok(false);
        };
        Ok(self.begin_error_trap() || self.ends_on_failure(number))
    }

    /// Ends the shell where `set -e` does.
    pub(super) fn ends_on_failure(&mut self, number: i32) -> bool {
        if self.shell.options.errexit {
            self.world.gives_up |= self.pid == 1;
            self.exit(Status::Known(number));
        }
        self.shell.options.errexit
    }
}
