//! Simple commands: expansion, and who runs the words: a function, a builtin or a program.

use std::rc::Rc;

use super::assign::{Assigned, environment_of};
use super::expand::Expansion;
use super::redirect::{Redirected, Streams};
use super::step::{Attempt, Turn};
use super::{Code, Stored};
use crate::boot::fact::FactKind;
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Input, Question, Status};
use crate::knowledge::ShellFamily;
use crate::shell::{Part, RedirectOperator, Simple, Word};

/// Builtins whose arguments of the form `A=x` are assignments, not split.
const DECLARATIONS: [&str; 6] = ["export", "readonly", "local", "declare", "typeset", "alias"];

impl Turn<'_, '_> {
    pub(super) fn simple(&mut self, code: &Code, simple: &Simple) -> Attempt<()> {
        let before = self.shell.status.clone();
        let mut words = if self.is_only_shown(simple) {
            let looked_at = self.machine.looked_at.take();
            let words = self.words(code, &simple.words);
            let shown = self.machine.looked_at.replace(looked_at);
            if words.is_err() {
                self.machine.looked_at.add(&shown);
            }
            words?
        } else {
            self.words(code, &simple.words)?
        };
        let redirected = match simple.redirects.as_slice() {
            [] => Redirected::Shell,
            _ => self.redirected(&words),
        };
        let streams = self.streams(code, &simple.redirects, redirected)?;
        let assigned = self.assigned(code, &simple.assignments)?;
        let substituted = !self.top().results.is_empty();
        drop_empty_settings(&mut words);
        if !substituted {
            self.shell.status = before;
        }
        if simple.assignments.iter().any(|one| one.append)
            && self.shell.facts.family != ShellFamily::Bash
        {
            // `x+=y` is no assignment to the others, but a command that is not there.
            return self.finish(Status::Known(127));
        }
        if words.is_empty() {
            for assignment in assigned {
                if self.shell.is_read_only(&assignment.name) {
                    self.assignment_error(&assignment.name, Some(code.span()));
                    return Ok(());
                }
                self.assign(assignment);
            }
            if streams.failed {
                return self.redirection_failed();
            }
            if self.prints_its_input(simple) {
                return self.print_input(streams.input);
            }
            let status = if substituted {
                self.shell.status.clone()
            } else {
                Status::SUCCESS
            };
            return self.finish(status);
        }
        if self.expand_alias(code, simple) {
            return Ok(());
        }
        let held = assigned
            .iter()
            .find(|one| self.shell.is_read_only(&one.name));
        if let Some(held) = held {
            let name = words[0].known().unwrap_or_default();
            if !self.prefix_error(&held.name, is_special(&name), code.span()) {
                return Ok(());
            }
        }
        let assigned = assigned
            .into_iter()
            .filter(|one| !self.shell.is_read_only(&one.name))
            .collect();
        self.run(code, words, assigned, streams)
    }

    /// Who runs a command of these words.
    fn redirected(&self, words: &[Field]) -> Redirected {
        let name = |word: &Field| word.known();
        match words.first().map(name) {
            None => Redirected::Shell,
            Some(Some(name)) if self.shell.functions.contains(&name) => Redirected::Shell,
            Some(Some(word)) if word == "command" => match words.get(1).and_then(name) {
                Some(behind) if self.is_builtin(&behind) => Redirected::Shell,
                Some(_) => Redirected::Program,
                None => Redirected::Shell,
            },
            Some(Some(name)) if is_special(&name) => Redirected::Special,
            Some(Some(name)) if self.is_builtin(&name) => Redirected::Shell,
            Some(_) => Redirected::Program,
        }
    }

    /// Whether it is the `< file` of `$(< file)`, which bash prints.
    fn prints_its_input(&mut self, simple: &Simple) -> bool {
        let reads = matches!(simple.redirects.as_slice(), [only]
            if only.operator == RedirectOperator::Read && only.descriptor.is_none());
        let captured = self.world.process_mut(self.pid).captured;
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        reads && simple.assignments.is_empty() && captured && is_bash
    }

    fn print_input(&mut self, input: Input) -> Attempt<()> {
        let text = match input {
            Input::Text(text) => text,
            Input::Null => Value::default(),
            Input::Pipe(_) | Input::Unknown => self.world.unknown_output("< file"),
        };
        let output = self.world.process_mut(self.pid).output.clone();
        self.world.write(&output, &text);
        self.finish(Status::SUCCESS)
    }

    /// Words of a command after expansion.
    pub(super) fn words(&mut self, code: &Code, words: &[Word]) -> Attempt<Vec<Field>> {
        let declares = words
            .first()
            .and_then(|word| word.constant(false))
            .is_some_and(|word| DECLARATIONS.contains(&&*word));
        self.expand(code, |expansion: &mut Expansion| {
            let mut fields = Vec::new();
            for word in words {
                if declares && is_assignment(word) {
                    fields.push(Field {
                        value: expansion.single(word)?,
                        open: false,
                    });
                } else {
                    expansion.fields(word, &mut fields)?;
                }
            }
            Ok(fields)
        })
        .inspect(|_| self.consumed(words))
    }

    /// Notes `exec $@` without quotes.
    fn consumed(&mut self, words: &[Word]) {
        let runs = words
            .first()
            .and_then(|word| word.constant(false))
            .is_some_and(|word| word == "exec");
        let unquoted = words.iter().skip(1).find(|word| {
            matches!(word.parts.as_slice(), [Part::Parameter { parameter, quoted: false }]
                if matches!(parameter.name.as_str(), "@" | "*") && parameter.operator.is_none() && !parameter.length)
        });
        if let (true, Some(word)) = (runs, unquoted) {
            let span = self.top().code.script.span(word.range.clone());
            self.note(FactKind::UnquotedArguments, Some(span));
        }
    }

    /// Runs a command whose words are known as far as they can be.
    pub(super) fn run(
        &mut self,
        code: &Code,
        words: Vec<Field>,
        assigned: Vec<Assigned>,
        streams: Streams,
    ) -> Attempt<()> {
        let name = words[0].known();
        let span = code.span();
        if let Some(name) = name.as_deref() {
            let function = self.shell.functions.get(name).cloned();
            if let Some(body) = function.filter(|_| !self.builtin_wins(name)) {
                if streams.failed {
                    return self.redirection_failed();
                }
                return self.call(code, body, words, assigned, streams);
            }
            if self.is_builtin(name) {
                if streams.failed {
                    if self.shell.facts.special_builtin_errors_end && is_special(name) {
                        self.start_up_breaks("a file to be read is not there".into(), Some(span));
                        self.exit(Status::Known(2));
                        return Ok(());
                    }
                    return self.redirection_failed();
                }
                if let Some(path) = &streams.doubtful
                    && is_special(name)
                    && self.shell.facts.special_builtin_errors_end
                {
                    let text =
                        format!("whether `{path}`, which `{name}` reads, is there is not known");
                    self.world.miss("input", text, Some(span.clone()));
                }
                if let Some(path) = &streams.doubtful
                    && is_special(name)
                    && !self.special_errors_end()
                    && self.failure_is_handled()
                {
                    let is_there =
                        Question::of_file(path, ("exists", "does not exist"), Some(span.clone()));
                    if !self.decide(&Status::Unknown(Rc::new(is_there)))? {
                        return self.redirection_failed();
                    }
                }
                if is_special(name) || name == "exec" {
                    let exec_needs = name == "exec" && words.len() > 1;
                    if !exec_needs {
                        // Outside its POSIX mode bash takes them back; only what runs commands sees them.
                        let keeps = !self.shell.facts.is_plain_bash()
                            || matches!(name, "eval" | "." | "source");
                        // The array of `readonly a=(x y)` is no assignment in front.
                        let is_operand = |assigned: &Assigned| {
                            DECLARATIONS.contains(&name)
                                && matches!(assigned.value, Stored::Array(_))
                        };
                        for assignment in assigned {
                            if keeps || is_operand(&assignment) {
                                self.assign(assignment);
                            }
                        }
                        return self.builtin(code, name, words, streams, Vec::new());
                    }
                }
                if DECLARATIONS.contains(&name) {
                    for assignment in assigned {
                        self.assign(assignment);
                    }
                    return self.builtin(code, name, words, streams, Vec::new());
                }
                return self.builtin(code, name, words, streams, environment_of(assigned));
            }
        }
        if streams.failed {
            return self.redirection_failed();
        }
        let environment = environment_of(assigned);
        self.external(code, words, environment, streams)
    }

    fn builtin_wins(&self, name: &str) -> bool {
        // In POSIX mode special builtins are found before functions (POSIX, 2.9.1.4).
        is_special(name)
            && (self.shell.facts.family != ShellFamily::Bash || !self.shell.facts.is_plain_bash())
    }
}

fn is_assignment(word: &Word) -> bool {
    matches!(word.parts.first(), Some(Part::Literal(text))
        if text.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.trim_end_matches('+').chars().all(|c| c.is_ascii_alphanumeric() || c == '_')))
}

/// Special builtins of POSIX, which are found before functions and whose errors end a script.
pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        "." | ":"
            | "break"
            | "continue"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "times"
            | "trap"
            | "unset"
    )
}

/// Words that are empty unless a setting is overridden vanish when they stand without quotes.
pub(super) fn drop_empty_settings(words: &mut Vec<Field>) {
    let is_test = words
        .first()
        .and_then(Field::known_text)
        .is_some_and(|word| word == "[" || word == "test");
    if is_test {
        for at in 0..words.len() {
            // `[ -n $X ]` without quotes holds whether there is a word behind the operator or not.
            let behind_n = at > 0 && words[at - 1].known_text().as_deref() == Some("-n");
            let word = &mut words[at];
            if word.open
                && word
                    .value
                    .pieces()
                    .iter()
                    .all(|piece| matches!(piece, Piece::Setting(_)))
            {
                word.open = false;
                if behind_n {
                    *word = Field::text("-n");
                }
            }
        }
        return;
    }
    words.retain(|word| {
        !(word.open
            && !word.value.pieces().is_empty()
            && word
                .value
                .pieces()
                .iter()
                .all(|piece| matches!(piece, Piece::Setting(_))))
    });
}

/// The words as one line, for people.
pub(crate) fn display_words(words: &[Field]) -> String {
    let mut shown = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            shown.push(' ');
        }
        word.value.show(&mut shown);
    }
    shown
}
