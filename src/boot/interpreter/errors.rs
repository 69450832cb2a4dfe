//! Errors that end more than the command they are in: a bad expansion, an assignment to what is read-only, a
//! special builtin that refuses its operand.
//!
//! In: what went wrong, and where. Out: the shell ended, or with bash the rest of the line that it had read given
//! up. Measured (dash 0.5.12, bash 5.2, bash as sh, busybox 1.35): dash, busybox and bash as sh end; bash goes on with
//! the next line of the script, of the sourced file, of the text of `eval` or of the action of the trap.

use super::expand::Expansion;
use super::step::{Attempt, Turn};
use super::{Code, Shell, State};
use crate::boot::value::{Field, Value};
use crate::boot::world::Status;
use crate::knowledge::ShellFamily;
use crate::shell::{Kind, Separator, Word};
use crate::source::Span;

impl Turn<'_, '_> {
    /// An error of an expansion.
    pub(super) fn expansion_error(&mut self, why: String, span: Option<Span>) {
        if self.shell.facts.is_plain_bash() && !self.shell.is_subshell {
            self.give_up_line();
        } else {
            self.end_by_error(why, span);
        }
    }

    /// `${#name[@]}` and `${!name}` of what is not set, with `set -u`: bash gives up the line, in its POSIX mode,
    /// too, and ends with `set -e`, whatever is around (measured: bash 5.2).
    pub(super) fn uncounted(&mut self, name: &str, span: Span) {
        if self.shell.options.errexit || self.shell.is_subshell {
            self.end_by_error(format!("`{name}` must be set and is not"), Some(span));
        } else {
            self.give_up_line();
        }
    }

    /// An assignment to a read-only variable by a command that is nothing but assignments.
    pub(super) fn assignment_error(&mut self, name: &str, span: Option<Span>) {
        // With `set -e` bash ends here even in front of `|| true`.
        let goes_on = self.shell.facts.is_plain_bash() && !self.shell.options.errexit;
        if goes_on && !self.shell.is_subshell {
            self.give_up_line();
        } else {
            self.end_by_error(is_read_only(name), span);
        }
    }

    /// An assignment to a read-only variable in front of a command: `true` if bash runs the command all the same.
    pub(super) fn prefix_error(&mut self, name: &str, is_special: bool, span: Span) -> bool {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        if self.shell.facts.is_plain_bash() {
            return true;
        }
        if is_bash && !is_special && !self.shell.is_subshell {
            self.give_up_line();
        } else {
            self.end_by_error(is_read_only(name), Some(span));
        }
        false
    }

    /// A special builtin that refuses an operand: bash has a failed command there.
    pub(super) fn special_builtin_error(&mut self, why: String, span: Option<Span>) -> Attempt<()> {
        if !self.special_errors_end() {
            return self.finish(Status::Known(1));
        }
        self.end_by_error(why, span);
        Ok(())
    }

    /// Whether an error of the special builtin that runs ends the shell: behind `command` it is a failed command
    /// everywhere (POSIX, `command`; measured: dash, busybox, bash as sh).
    pub(super) fn special_errors_end(&self) -> bool {
        self.shell.facts.special_builtin_errors_end && !self.behind_command
    }

    /// Ends the shell.
    pub(super) fn end_by_error(&mut self, why: String, span: Option<Span>) {
        self.start_up_breaks(why, span);
        self.exit(self.error_status());
    }

    /// The status of a shell that an error has ended.
    fn error_status(&self) -> Status {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        Status::Known(if is_bash { 1 } else { 2 })
    }

    /// Leaves everything that began on the line that is read at the moment, and goes on behind it.
    fn give_up_line(&mut self) {
        let reads = |state: &State| {
            matches!(
                state,
                State::Trap(_)
                    | State::ErrorTrap(_)
                    | State::ExitTrap(_)
                    | State::Eval
                    | State::Source(_)
            )
        };
        let frames = &self.shell.frames;
        let reader = frames.iter().rposition(|frame| reads(&frame.state));
        let first = reader.map_or(0, |index| index + 1);
        while self.shell.frames.len() > first + 1 {
            self.unwind_one();
        }
        self.shell.status = Status::Known(1);
        self.shell.check_failure = false;
        let top = self.top();
        let script = std::rc::Rc::clone(&top.code.script);
        top.results.clear();
        match (&mut top.state, &script.node(top.code.node).kind) {
            (State::List(next), Kind::List(items)) => {
                while *next < items.len() && items[*next - 1].end != Separator::Newline {
                    *next += 1;
                }
            }
            _ => self.unwind_one(),
        }
    }

    /// The value of `(( … ))` or of a word of `let`; `None` where the shell finds an error in it, which fails
    /// the command and no more.
    pub(super) fn arithmetic_command(
        &mut self,
        code: &Code,
        expression: &Word,
    ) -> Attempt<Option<Value>> {
        self.expand(code, |expansion: &mut Expansion| {
            match expansion.checked_arithmetic(expression) {
                Err(super::expand::Need::Arithmetic { setting: None, .. }) => Ok(None),
                Err(super::expand::Need::Doubtful(_)) => Ok(Some(Value::unknown("arithmetic"))),
                other => other.map(Some),
            }
        })
    }

    /// Whether a builtin that takes one number is given more: bash refuses, the others do not look.
    pub(super) fn has_too_many(&self, words: &[Field]) -> bool {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        is_bash && words.len() > 2 && words.iter().all(|word| !word.open)
    }

    /// What bash makes of too many operands: it gives up the line, in its POSIX mode, too.
    pub(super) fn too_many(&mut self, words: &[Field], span: Span) -> Attempt<()> {
        if self.shell.is_subshell {
            let name = words[0].value.display();
            self.end_by_error(format!("`{name}` has too many operands"), Some(span));
        } else {
            self.give_up_line();
        }
        Ok(())
    }

    /// A number that a builtin of dash or busybox, or `break` of bash, does not take: the shell ends.
    pub(super) fn bad_number(&mut self, name: &str, text: &str, span: Span) -> Attempt<()> {
        if self.behind_command {
            return self.finish(self.error_status());
        }
        let title = &self.shell.facts.title;
        let why = format!("{title} does not take `{name} {}`", text.escape_debug());
        self.end_by_error(why, Some(span));
        Ok(())
    }

    /// The operand of `shift`, `return`, `exit`, `break`, `continue`: a number that the shell takes, nothing, or
    /// what is the matter with it.
    pub(super) fn number_operand(&self, words: &[Field]) -> Operand {
        let Some(word) = words.get(1) else {
            return Operand::None;
        };
        let Some(text) = word.value.certain().filter(|_| !word.open) else {
            return match word.known().and_then(|text| text.parse().ok()) {
                Some(number) => Operand::Number(number),
                None => Operand::Unknown,
            };
        };
        match text.trim().parse() {
            Ok(number) => Operand::Number(number),
            Err(_) => Operand::Bad(text),
        }
    }
}

/// What a builtin finds where it wants a number.
pub(super) enum Operand {
    /// No operand.
    None,
    /// A number.
    Number(i32),
    /// Something that is not known.
    Unknown,
    /// Something else.
    Bad(String),
}

impl Shell {
    /// Whether the variable may not be assigned to: the script says so, or the shell keeps it.
    pub(crate) fn is_read_only(&self, name: &str) -> bool {
        let own = self.variables.get(name);
        own.is_some_and(|variable| variable.read_only)
            || self.facts.read_only.iter().any(|known| known == name)
    }
}

fn is_read_only(name: &str) -> String {
    format!("`{name}` is read-only")
}
