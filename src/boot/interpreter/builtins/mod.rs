//! Builtins that concern values, control flow and output.

mod aliases;
mod control;
mod declarations;
mod directories;
mod exec;
mod kill;
mod lookup;
mod options;
mod output;
pub(super) mod quoting;
mod read;
mod refused;
mod source;
mod variables;
mod wait;

use std::rc::Rc;

use crate::boot::interpreter::conditions::{self, Answer, binary};
use crate::boot::interpreter::errors::Operand;
use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Code, Stored, display_words};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Environment, Question, Status};
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::{Part, Word};

impl Turn<'_, '_> {
    /// Whether this dialect has a builtin of that name.
    pub(super) fn is_builtin(&self, name: &str) -> bool {
        let facts = self.shell.facts;
        match name {
            ":" | "." | "true" | "false" | "exec" | "exit" | "return" | "break" | "continue"
            | "eval" | "set" | "shift" | "unset" | "export" | "readonly" | "local" | "trap"
            | "wait" | "kill" | "cd" | "pwd" | "echo" | "printf" | "test" | "[" | "read"
            | "umask" | "ulimit" | "command" | "type" | "alias" | "unalias" | "getopts"
            | "jobs" | "fg" | "bg" | "times" | "hash" => true,
            "source" => facts.has(Feature::Source),
            "let" => facts.has(Feature::Let),
            "builtin" => facts.has(Feature::BuiltinWord),
            "declare" | "typeset" | "shopt" | "disown" | "pushd" | "popd" | "mapfile"
            | "readarray" | "enable" | "caller" | "complete" | "suspend" | "logout" | "bind"
            | "dirs" | "history" | "compgen" => facts.has(Feature::BashBuiltins),
            _ => false,
        }
    }

    /// Runs a builtin. `prefix` holds assignments before it that last for the command only.
    pub(super) fn builtin(
        &mut self,
        code: &Code,
        name: &str,
        words: Vec<Field>,
        streams: Streams,
        prefix: Environment,
    ) -> Attempt<()> {
        let span = code.span();
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        if let Some(option) = self.refused_option(name, &words) {
            return self.refuse(name, &option);
        }
        match name {
            "unalias" => self.unalias(&words),
            ":" | "true" | "enable" | "complete" | "bind" | "suspend" | "logout" | "bg" => {
                self.finish(Status::SUCCESS)
            }
            "compgen" => {
                // What there is to complete: variables, commands, files.
                let shown = display_words(&words);
                let output = Value::unknown(format!("$({shown})"));
                self.world.write(&streams.output, &output);
                let question = Question {
                    expected: true,
                    ..Question::succeeds(&shown, Some(span))
                };
                self.finish(Status::Unknown(question.into()))
            }
            "times" | "history" => self.print(&streams, Value::unknown(format!("$({name})"))),
            "caller" if self.in_function() => self.print(&streams, Value::text("1 main\n")),
            "caller" => self.finish(Status::Known(1)),
            "getopts" => self.getopts(&words),
            "hash" => self.hash_builtin(&words, &span),
            "umask" | "ulimit" => self.limits_builtin(name, &words, &streams),
            "mapfile" | "readarray" => self.map_file(&words, &streams),
            "false" => self.finish(Status::Known(1)),
            "exec" => self.exec(code, words, streams, prefix),
            "exit" => {
                let status = match self.number_operand(&words) {
                    _ if self.has_too_many(&words) => return self.too_many(&words, span),
                    Operand::Bad(_) => Status::Known(2),
                    Operand::Number(number) if number < 0 && !is_bash => Status::Known(2),
                    _ => self.operand_status(&words),
                };
                self.world.gives_up |= self.pid == 1 && matches!(status, Status::Known(1..));
                let is_own = words.len() > 1 && matches!(status, Status::Known(_));
                self.world.leaves |= self.pid == 1 && is_own;
                self.exit(status);
                Ok(())
            }
            "return" => self.return_builtin(&words, span),
            "break" | "continue" => self.leave_loop(name == "continue", &words, span),
            "eval" => self.eval(&words, &streams, &span),
            "." | "source" => self.source(code, &words, &streams),
            "set" => {
                let only = words.get(1).and_then(Field::known);
                match (words.len(), only.as_deref()) {
                    (1, _) | (2, Some("-o")) => self.print(&streams, Value::unknown("$(set)")),
                    (2, Some("+o")) => {
                        let text = self.options_as_commands();
                        self.print(&streams, text)
                    }
                    _ => self.set_builtin(&words),
                }
            }
            "shift" => self.shift(&words, span),
            "unset" => {
                let mut only_functions = false;
                let names_references =
                    is_bash && words.get(1).and_then(Field::known).as_deref() == Some("-n");
                for word in words[1..].iter().filter_map(Field::known) {
                    if names_references {
                        self.shell.refer_no_more(&word);
                        continue;
                    }
                    if word == "-f" || word == "-v" {
                        only_functions = word == "-f";
                        continue;
                    }
                    Rc::make_mut(&mut self.shell.functions).remove(word.as_str());
                    if only_functions {
                        continue;
                    }
                    if let Some((array, rest)) = word.split_once('[') {
                        let key = rest.strip_suffix(']').unwrap_or(rest);
                        let array = self.shell.target(array).to_owned();
                        self.shell.unset_element(&array, key);
                        continue;
                    }
                    let word = self.shell.target(&word).to_owned();
                    if self.shell.is_read_only(&word) {
                        if is_bash {
                            return self.finish(Status::Known(1));
                        }
                        self.end_by_error(format!("`{word}` is read-only"), Some(span));
                        return Ok(());
                    }
                    self.shell.unset(&word);
                }
                self.finish(Status::SUCCESS)
            }
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                match self.declarations(name, &words) {
                    Some((text, status)) => {
                        self.world.write(&streams.output, &text);
                        self.finish(status)
                    }
                    None => self.declare(name, &words),
                }
            }
            "trap" => self.trap_builtin(&words, &streams, span),
            "wait" => self.wait_builtin(code, &words),
            "kill" => self.kill_builtin(&words, &streams.output, span),
            "jobs" => self.jobs_builtin(&words, &streams),
            "fg" => self.foreground_job(&words),
            "disown" => {
                self.shell.disown();
                self.finish(Status::SUCCESS)
            }
            "cd" => self.change_directory(&words, &streams),
            "pushd" | "popd" | "dirs" => self.directory_stack(name, &words, &streams),
            "pwd" => {
                let text = format!("{}\n", self.world.process_mut(self.pid).directory);
                self.print(&streams, Value::text(text))
            }
            "echo" => {
                let text = output::echo(&words[1..], self.shell.facts.family);
                self.print(&streams, text)
            }
            "printf" => self.printf(&words, &streams),
            "test" | "[" => {
                let mut operands = &words[1..];
                if name == "[" {
                    match operands.split_last() {
                        Some((last, rest)) if last.known().as_deref() == Some("]") => {
                            operands = rest
                        }
                        _ => return self.finish(Status::Known(2)),
                    }
                }
                let operands = operands.to_vec();
                let answer = conditions::test(&self.condition_context(Some(span)), &operands);
                self.finish(answer.status())
            }
            "read" => self.read_builtin(&words, &streams, &prefix),
            "command" | "builtin" => self.command(code, words, streams, prefix),
            "type" => self.type_builtin(&words, &streams, &span),
            "alias" => self.alias_builtin(&words, &streams),
            "shopt" => self.shopt(&words, &streams, span),
            "let" => {
                let text = words[1..]
                    .iter()
                    .filter_map(Field::known)
                    .next_back()
                    .unwrap_or_default();
                let word = Word {
                    parts: vec![Part::Quoted(text.into())],
                    range: code.script.node(code.node).range.clone(),
                };
                let Some(value) = self.arithmetic_command(code, &word)? else {
                    return self.finish(Status::Known(1));
                };
                let is_zero = value.known().as_deref() == Some("0");
                self.finish(Status::Known(i32::from(is_zero)))
            }
            _ => self.finish(Status::SUCCESS),
        }
    }

    /// `printf`; with `-v` bash keeps the text in a variable.
    fn printf(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let mut rest = &words[1..];
        let mut variable = None;
        let first = rest.first().and_then(Field::known).unwrap_or_default();
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        if first == "-v" && is_bash {
            variable = rest.get(1).and_then(Field::known);
            rest = rest.get(2..).unwrap_or_default();
        } else if first == "--" {
            rest = &rest[1..];
        } else if first.len() > 1
            && first.starts_with('-')
            && self.shell.facts.family != ShellFamily::Ash
        {
            // dash and bash take the format for an option (measured; busybox prints it).
            return self.finish(Status::Known(2));
        }
        let text = output::printf(rest, self.shell.facts.family);
        match variable {
            Some(variable) if self.shell.is_read_only(&variable) => self.finish(Status::Known(1)),
            Some(variable) => {
                self.shell.set(&variable, Stored::Text(text));
                self.finish(Status::SUCCESS)
            }
            None => self.print(streams, text),
        }
    }

    pub(in crate::boot::interpreter) fn print(
        &mut self,
        streams: &Streams,
        text: Value,
    ) -> Attempt<()> {
        let output = streams.output.clone();
        self.world.write(&output, &text);
        self.finish(Status::SUCCESS)
    }

    /// The status that `exit` and `return` are given, or that of the last command.
    fn operand_status(&mut self, words: &[Field]) -> Status {
        let Some(word) = words.get(1) else {
            return self.shell.status.clone();
        };
        match word.known().map(|text| text.parse::<i32>()) {
            Some(Ok(number)) => Status::Known(number & 255),
            Some(Err(_)) => self.shell.status.clone(),
            None => self.status_of_value(word),
        }
    }

    /// The status that a value stands for which is not known: of that of a command it is known whether it is 0 where a
    /// test has asked for that.
    fn status_of_value(&mut self, word: &Field) -> Status {
        let zero = Field::text("0");
        let mut asked = None;
        for (operator, is_failure) in [("-eq", false), ("=", false), ("-gt", true)] {
            let context = self.condition_context(None);
            match binary(&context, word, operator, &zero) {
                Answer::Is(answer) => return Status::Known(i32::from(answer == is_failure)),
                Answer::Ask(question) => {
                    let known = self.world.answer_to(&question, &self.machine.looked_at);
                    if let Some(answer) = known {
                        return Status::Known(i32::from(answer == is_failure));
                    }
                    asked.get_or_insert(question);
                }
                Answer::Wrong => {}
            }
        }
        match asked {
            Some(question) => Status::Unknown(Rc::from(question)),
            None => self.shell.status.clone(),
        }
    }
}
