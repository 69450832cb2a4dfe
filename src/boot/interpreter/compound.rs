//! Compound commands: how each begins, and redirections around them.
//!
//! How they go on is in `lists`, `branches`, `loops`, `pipelines` and `conditions`.

use super::conditions::Context;
use super::step::{Attempt, Turn};
use super::{Asked, Code, Foreground, State};
use crate::boot::world::{Question, Status};
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::{Compound, Redirect};
use crate::source::Span;

impl Turn<'_, '_> {
    pub(super) fn condition_context(&mut self, span: Option<Span>) -> Context<'_> {
        let process = &self.world.processes[&self.pid];
        Context {
            files: &self.machine.container.image.files,
            written: &self.world.files,
            shell: &self.shell,
            world: self.world,
            fixed: &self.world.fixed,
            looked_at: &self.machine.looked_at,
            directory: &process.directory,
            user: &process.user,
            double_equals: self.shell.facts.family != ShellFamily::Dash,
            empty_is_zero: false,
            span,
        }
    }

    /// Begins a compound command.
    pub(super) fn compound(
        &mut self,
        code: &Code,
        compound: &Compound,
        redirects: &[Redirect],
    ) -> Attempt<()> {
        let tail = self.top().tail;
        if let Compound::Subshell(body) = compound {
            if tail && self.shell_tail_is_open() && self.subshell_is_tail() {
                // The shell would exit right after it, so it does not fork.
                if self.redirect_compound(code, redirects)?.is_none() {
                    return self.redirection_failed();
                }
                self.pop()?;
                self.shell
                    .traps
                    .retain(|_, trap| trap.action.is_certainly_empty());
                self.push(code.at(*body), true);
                return Ok(());
            }
            let pid = self.fork(code, false, None);
            self.top().state = State::Foreground(Box::new(Foreground {
                pids: vec![pid],
                ended: vec![None],
                pipefail: false,
            }));
            return Ok(());
        }
        if !redirects.is_empty() && !matches!(self.top().state, State::Restore(_)) {
            match self.redirect_compound(code, redirects)? {
                Some(saved) => {
                    self.top().results.clear();
                    self.top().state = State::Restore(Box::new(saved));
                }
                None => {
                    self.redirection_failed()?;
                    // busybox goes on under `set -e` (measured: 1.35).
                    self.shell.check_failure = self.shell.facts.family != ShellFamily::Ash;
                    return Ok(());
                }
            }
            self.push(code.clone(), false);
        }
        match compound {
            Compound::Subshell(_) => Ok(()),
            Compound::Group(body) => {
                let tail = tail && redirects.is_empty() && self.passes_tail();
                self.pop()?;
                self.push(code.at(*body), tail);
                Ok(())
            }
            Compound::If { arms, .. } => {
                self.top().state = State::If(0, false);
                self.push(code.at(arms[0].0), false);
                Ok(())
            }
            Compound::While { .. } => {
                self.top().state = State::While(Box::default());
                Ok(())
            }
            Compound::For { words, .. } => {
                let fields = match words {
                    None => self.shell.positional.clone(),
                    Some(words) => self.expand(code, |expansion| {
                        let mut fields = Vec::new();
                        for word in words {
                            expansion.fields(word, &mut fields)?;
                        }
                        Ok(fields)
                    })?,
                };
                self.top().results.clear();
                self.shell.status = Status::SUCCESS;
                self.top().state = State::For(fields.into(), 0, Asked::default());
                Ok(())
            }
            Compound::ForArithmetic { .. } => {
                self.top().state = State::ForArithmetic(0, Asked::default());
                Ok(())
            }
            Compound::Case { word, .. } => {
                let value = self.expand_single(code, word)?;
                self.top().results.clear();
                self.top().state = State::Case(Box::new(value), 0, 0);
                Ok(())
            }
            Compound::Test(condition) => {
                if !self.shell.facts.has(Feature::DoubleBracket) {
                    return self.finish(Status::Known(127));
                }
                let answer = self.test_condition(code, condition)?;
                self.finish(answer.status())
            }
            Compound::Arithmetic(expression) => {
                if !self.shell.facts.has(Feature::ArithmeticCommand) {
                    // Two subshells, and a command that is not there.
                    return self.finish(Status::Known(127));
                }
                let value = self.arithmetic_command(code, expression)?;
                let text = code.text().to_owned();
                let Some(value) = value else {
                    return self.finish(Status::Known(1));
                };
                let status = match value.known() {
                    Some(text) => Status::Known(i32::from(text == "0")),
                    None => Status::Unknown(
                        Question::new(
                            format!("`{text}` holds"),
                            format!("`{text}` does not hold"),
                            Some(code.span()),
                        )
                        .into(),
                    ),
                };
                self.finish(status)
            }
        }
    }

    /// The end of a command with redirections around it.
    pub(super) fn restore(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        if let State::Restore(saved) = state {
            let process = self.world.process_mut(self.pid);
            (process.input, process.output) = *saved;
        }
        self.pop()
    }
}
