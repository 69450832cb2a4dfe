//! What an expansion needs before it can go on: the output of a command, an answer, or the end of the shell.

use std::rc::Rc;

use super::{Expansion, Need};
use crate::boot::interpreter::step::{Attempt, Progress, Turn};
use crate::boot::interpreter::{Code, Stored};
use crate::boot::value::{Piece, Value};
use crate::boot::world::{Question, Status};
use crate::knowledge::ShellFamily;
use crate::shell::Word;
use crate::source::Span;

impl Turn<'_, '_> {
    /// Runs an expansion; when it needs a substitution, begins that and returns to the frame later.
    pub(in crate::boot::interpreter) fn expand<T>(
        &mut self,
        code: &Code,
        work: impl FnOnce(&mut Expansion) -> Result<T, Need>,
    ) -> Attempt<T> {
        let results = self.top().results.clone();
        let directory = Rc::clone(&self.world.process_mut(self.pid).directory);
        let user = Rc::clone(&self.world.process_mut(self.pid).user);
        let mut expansion = Expansion::new(
            self.world,
            &self.shell,
            &directory,
            &user,
            &code.script,
            &results,
            self.machine,
        );
        let outcome = work(&mut expansion);
        let assigned = std::mem::take(&mut expansion.assigned);
        match outcome {
            Ok(value) => {
                for (name, value) in assigned {
                    if self.shell.is_read_only(&name) {
                        let span = Some(code.span());
                        self.expansion_error(format!("`{name}` is read-only"), span);
                        return Err(Progress::Ran);
                    }
                    self.shell.set(&name, Stored::Text(value));
                }
                Ok(value)
            }
            Err(Need::Command(body)) => {
                self.substitute(&code.at(body));
                Err(Progress::Ran)
            }
            Err(Need::Process(body, output)) => {
                let path = self.process_substitution(&code.at(body), output);
                self.top().results.push((body, path));
                Err(Progress::Ran)
            }
            Err(Need::Uncounted(name)) => {
                self.uncounted(&name, code.span());
                Err(Progress::Ran)
            }
            Err(Need::Bad) => {
                let title = &self.shell.facts.title;
                self.start_up_breaks(
                    format!("{title} does not know this expansion (bad substitution)"),
                    Some(code.span()),
                );
                self.exit(Status::Known(2));
                Err(Progress::Ran)
            }
            Err(Need::Arithmetic { why, setting }) => {
                let span = code.span();
                if let Some(name) = setting {
                    let question = required(&name, &span, self.world.is_overridden);
                    if self.decide(&Status::Unknown(question.into()))? {
                        return Err(Progress::Ran);
                    }
                }
                if self.fails_alone() {
                    return Err(Progress::Ran);
                }
                let title = &self.shell.facts.title;
                let why = format!("{title} stops at the arithmetic: {why}");
                self.expansion_error(why, Some(span));
                Err(Progress::Ran)
            }
            Err(Need::Doubtful(why)) => {
                let (title, span) = (&self.shell.facts.title, code.span());
                let text = format!("older versions of {title} stop at the arithmetic: {why}");
                self.world.miss("value", text, Some(span.clone()));
                if self.fails_alone() {
                    return Err(Progress::Ran);
                }
                self.expansion_error(why.to_owned(), Some(span));
                Err(Progress::Ran)
            }
            Err(Need::Fail {
                name,
                from_outside,
                is_demanded,
            }) => {
                let span = code.span();
                // Where the command's failure ends the shell, that is what it ends by.
                if self.shell.options.errexit && !self.failure_is_handled() {
                    self.spared = None;
                }
                if from_outside {
                    // Who sets one variable at run time sets those that are demanded as well.
                    let question = required(&name, &span, self.world.is_overridden);
                    if self.decide(&Status::Unknown(question.into()))? {
                        return Err(Progress::Ran);
                    }
                    if self.fails_alone() {
                        return Err(Progress::Ran);
                    }
                    self.world.gives_up |= self.pid == 1 && is_demanded;
                } else if self.fails_alone() {
                    return Err(Progress::Ran);
                } else {
                    self.start_up_breaks(format!("`{name}` must be set and is not"), Some(span));
                }
                let is_bash = self.shell.facts.family == ShellFamily::Bash;
                self.exit(Status::Known(if is_bash { 1 } else { 2 }));
                Err(Progress::Ran)
            }
        }
    }

    /// Whether an expansion that has just failed fails its command and no more.
    fn fails_alone(&mut self) -> bool {
        if let Some(has_failed) = &mut self.spared {
            *has_failed = true;
        }
        self.spared.is_some()
    }

    /// A variable's value, with a note that it was looked at.
    pub(in crate::boot::interpreter) fn read_variable(&self, name: &str) -> Option<&Stored> {
        let name = self.shell.target(name);
        self.machine.looked_at.variable(name);
        self.shell.variable(name)
    }

    /// One word as a value.
    pub(in crate::boot::interpreter) fn expand_single(
        &mut self,
        code: &Code,
        word: &Word,
    ) -> Attempt<Value> {
        self.expand(code, |expansion| expansion.single(word))
    }
}

/// Whether a variable that a script cannot do without is given at run time.
fn required(name: &str, span: &Span, by_default: bool) -> Question {
    Question {
        key: Some(format!("`${name}` is not empty").into()),
        fixes: vec![(
            Piece::Setting(name.into()),
            Value::unknown(format!("${name}")),
        )],
        by_default: Some(by_default),
        ..Question::new(
            format!("`${name}` is set"),
            format!("`${name}` is not set"),
            Some(span.clone()),
        )
    }
}
