//! ENTRYPOINT and CMD: their words, and what the one does to the other.
//!
//! In: an instruction. Out: a setting of the image.

use super::super::{Command, DroppedCmd, Image, Origin, Overridden, Setting};
use super::Builder;
use crate::dockerfile::{Form, Instruction};
use crate::source::{Known, Mapped, Span};

impl Builder<'_, '_> {
    pub(super) fn set_entrypoint(&mut self, instruction: &Instruction, span: Span) {
        let command = self.command(instruction);
        let own = |image: &Image| match &image.entrypoint.origin {
            Origin::Instruction(old) => Some(old.clone()),
            _ => None,
        };
        let old = own(&self.image).filter(|old| self.is_of_this_stage(old));
        if let Some(old) = old {
            let by = span.clone();
            self.image.overridden.push(Overridden {
                entrypoint: true,
                span: old,
                by,
            });
        }
        if !self.cmd_is_set {
            let inherited = &self.image.cmd;
            if let Known::Known(Some(command)) = &inherited.value {
                self.image.dropped_cmd = Some(DroppedCmd {
                    command: command.clone(),
                    origin: inherited.origin.clone(),
                    started: started(&self.image.entrypoint.value, command),
                    entrypoint: span.clone(),
                });
            }
            self.image.cmd = Setting {
                value: Known::Known(None),
                origin: Origin::Instruction(span.clone()),
            };
        }
        self.image.entrypoint = Setting {
            value: Known::Known(command),
            origin: Origin::Instruction(span),
        };
    }

    /// Whether an instruction stands in this stage, not in one that it starts from.
    fn is_of_this_stage(&self, span: &Span) -> bool {
        span.start >= self.stages.stages[self.index].from.range.end
    }

    /// The command of ENTRYPOINT or CMD; none when nothing is given.
    pub(super) fn command(&self, instruction: &Instruction) -> Option<Command> {
        match &instruction.form {
            Form::Exec(words) if words.is_empty() => None,
            Form::Exec(words) => Some(Command::Exec(words.clone())),
            Form::Shell if instruction.arguments.text().is_empty() => None,
            Form::Shell => Some(Command::Shell(
                self.shell_at(instruction),
                instruction.arguments.clone(),
            )),
        }
    }

    /// The SHELL in effect; a default one stands for the instruction's own word.
    pub(super) fn shell_at(&self, instruction: &Instruction) -> Vec<Mapped> {
        let shell = self.image.shell.value.value().cloned().unwrap_or_default();
        match self.image.shell.origin {
            Origin::Instruction(_) => shell,
            _ => {
                let span = self
                    .stages
                    .dockerfile
                    .span(instruction.keyword_range.clone());
                shell
                    .iter()
                    .map(|word| Mapped::computed(word.text(), &span))
                    .collect()
            }
        }
    }
}

/// The words of ENTRYPOINT and CMD together, where both are in exec form.
fn started(entrypoint: &Known<Option<Command>>, cmd: &Command) -> Option<Vec<Mapped>> {
    let Command::Exec(words) = cmd else {
        return None;
    };
    match entrypoint {
        Known::Known(None) => Some(words.clone()),
        Known::Known(Some(Command::Exec(first))) => {
            Some(first.iter().chain(words).cloned().collect())
        }
        Known::Known(Some(Command::Shell(..))) | Known::Unknown(_) => None,
    }
}
