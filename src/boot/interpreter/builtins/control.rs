//! `return`, `break` and `continue`: how far each unwinds the frames of the shell.

use crate::boot::interpreter::State;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::value::Field;
use crate::boot::world::Status;

impl Turn<'_, '_> {
    /// `return`: leaves the function or the sourced file.
    pub(super) fn return_builtin(&mut self, words: &[Field]) -> Attempt<()> {
        let status = self.operand_status(words);
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
            // bash refuses it outside of functions and goes on; the others end as by `exit`.
            None if self.shell.facts.is_plain_bash() => self.finish(Status::Known(2)),
            None => {
                self.exit(status);
                Ok(())
            }
        }
    }

    /// Removes a frame that is left early, with what it would restore at its end.
    pub(super) fn unwind_one(&mut self) {
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
    pub(super) fn leave_loop(&mut self, goes_on: bool, words: &[Field]) -> Attempt<()> {
        let mut levels = words
            .get(1)
            .and_then(Field::known)
            .and_then(|text| text.parse::<u32>().ok())
            .unwrap_or(1);
        self.shell.status = Status::SUCCESS;
        self.shell.check_failure = false;
        let any = self
            .shell
            .frames
            .iter()
            .rev()
            .take_while(|frame| !matches!(frame.state, State::Function(_)));
        if !any.into_iter().any(|frame| is_loop(&frame.state)) {
            return self.finish(Status::SUCCESS);
        }
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
