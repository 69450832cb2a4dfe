//! `return`, `break` and `continue`: how far each unwinds the frames of the shell.

use crate::boot::interpreter::State;
use crate::boot::interpreter::errors::Operand;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::value::Field;
use crate::boot::world::Status;
use crate::knowledge::ShellFamily;
use crate::source::Span;

impl Turn<'_, '_> {
    /// `return`: leaves the function or the sourced file.
    pub(super) fn return_builtin(&mut self, words: &[Field], span: Span) -> Attempt<()> {
        if self.has_too_many(words) {
            return self.too_many(words, span);
        }
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        let status = match self.number_operand(words) {
            // bash returns all the same.
            Operand::Bad(_) if is_bash => Status::Known(2),
            Operand::Bad(text) => return self.bad_number("return", &text, span),
            Operand::Number(number) if !is_bash && number < 0 => {
                return self.bad_number("return", &number.to_string(), span);
            }
            // dash alone keeps more than a byte of it.
            Operand::Number(number) if self.shell.facts.family == ShellFamily::Dash => {
                Status::Known(number)
            }
            _ => self.operand_status(words),
        };
        let target = self
            .shell
            .frames
            .iter()
            .rposition(|frame| matches!(frame.state, State::Function(_) | State::Source(_)));
        match target {
            Some(index) => {
                while self.shell.frames.len() > index + 1 {
                    self.unwind_one();
                }
                self.shell.status = status;
                self.shell.check_failure = true;
                Ok(())
            }
            // A copy of the shell that was forked in a function ends.
            None if self.shell.forked_in != (false, false) => {
                self.exit(status);
                Ok(())
            }
            // bash refuses it outside of functions and goes on; the others end as by `exit`.
            None if self.shell.facts.is_plain_bash() => self.finish(Status::Known(2)),
            // In its POSIX mode it ends, unless the status is looked at.
            None if is_bash && self.failure_is_handled() => self.finish(Status::Known(2)),
            None if is_bash => {
                self.exit(Status::Known(2));
                Ok(())
            }
            None => {
                self.exit(status);
                Ok(())
            }
        }
    }

    /// `shift`.
    pub(super) fn shift(&mut self, words: &[Field], span: Span) -> Attempt<()> {
        if self.has_too_many(words) {
            return self.too_many(words, span);
        }
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        let count = match self.number_operand(words) {
            Operand::None | Operand::Unknown => 1,
            Operand::Number(number @ 0..) => number.unsigned_abs() as usize,
            _ if is_bash => return self.finish(Status::Known(1)),
            Operand::Number(number) => {
                return self.bad_number("shift", &number.to_string(), span);
            }
            Operand::Bad(text) => return self.bad_number("shift", &text, span),
        };
        let positional = &mut self.shell.positional;
        if positional.iter().take(count).any(|field| field.open) {
            return self.finish(Status::SUCCESS);
        }
        if count > positional.len() {
            if self.shell.facts.family == ShellFamily::Dash && !self.behind_command {
                self.exit(Status::Known(2));
                return Ok(());
            }
            return self.finish(Status::Known(1));
        }
        positional.drain(..count);
        self.finish(Status::SUCCESS)
    }

    /// Removes a frame that is left early, with what it would restore at its end.
    pub(in crate::boot::interpreter) fn unwind_one(&mut self) {
        match self.top().state {
            State::Restore(_) => {
                let _ = self.restore();
            }
            State::Function(_) => {
                let _ = self.end_function();
            }
            State::Source(_) => {
                let _ = self.end_source();
            }
            _ => {
                self.shell.frames.pop();
            }
        }
    }

    /// `break` and `continue`, with the number of loops to leave.
    pub(super) fn leave_loop(
        &mut self,
        mut goes_on: bool,
        words: &[Field],
        span: Span,
    ) -> Attempt<()> {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        let is_ash = self.shell.facts.family == ShellFamily::Ash;
        let operand = self.number_operand(words);
        self.shell.status = Status::SUCCESS;
        self.shell.check_failure = false;
        // busybox leaves the loops around a function, too (measured).
        let own = self
            .shell
            .frames
            .iter()
            .rev()
            .take_while(|frame| is_ash || !matches!(frame.state, State::Function(_)));
        let loops = own.filter(|frame| is_loop(&frame.state)).count() as u32;
        if loops == 0 {
            return self.finish(Status::SUCCESS);
        }
        let mut levels = match operand {
            Operand::Number(number @ 1..) => loops.min(number.unsigned_abs()),
            // bash leaves all loops.
            Operand::Number(_) if is_bash => {
                goes_on = false;
                loops
            }
            Operand::Number(number) => {
                return self.bad_number("break", &number.to_string(), span);
            }
            Operand::Bad(text) => return self.bad_number("break", &text, span),
            Operand::None | Operand::Unknown => 1,
        };
        while let Some(frame) = self.shell.frames.last() {
            if is_loop(&frame.state) {
                levels -= 1;
                if levels == 0 {
                    if !goes_on {
                        self.shell.frames.pop();
                    } else if let State::While(state) = &mut self.top().state {
                        state.in_body = true;
                    }
                    return Ok(());
                }
            }
            self.unwind_one();
        }
        Ok(())
    }
}

/// Whether a frame is one that `break` counts.
pub(super) fn is_loop(state: &State) -> bool {
    matches!(
        state,
        State::While(_) | State::For(..) | State::ForArithmetic(..)
    )
}
