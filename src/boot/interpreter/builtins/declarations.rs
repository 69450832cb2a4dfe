//! What `declare -p`, `-f` and `-F`, `export -p` and `readonly -p` print, for scripts that evaluate it again.
//!
//! Declaring itself is in `variables`.

use super::quoting::{in_double_quotes, in_quotes};
use crate::boot::interpreter::step::Turn;
use crate::boot::interpreter::{Shell, Stored, Variable};
use crate::boot::value::{Field, Value};
use crate::boot::world::Status;
use crate::knowledge::ShellFamily;

impl Turn<'_, '_> {
    /// `declare -p`, `-f` and `-F`, `export -p`, and what these print without operands. `None`: it declares.
    pub(super) fn declarations(&mut self, name: &str, words: &[Field]) -> Option<(Value, Status)> {
        let known: Vec<Option<String>> = words[1..].iter().map(Field::known).collect();
        let is_option = |word: &Option<String>| {
            word.as_deref()
                .is_some_and(|word| word.len() > 1 && word.starts_with('-'))
        };
        let letters: String = known
            .iter()
            .filter(|word| is_option(word))
            .flatten()
            .cloned()
            .collect();
        let names: Vec<Option<String>> =
            known.into_iter().filter(|word| !is_option(word)).collect();
        let is_declare = matches!(name, "declare" | "typeset");
        let of_functions = is_declare && letters.contains(['f', 'F']);
        let prints = is_declare && letters.contains('p') || names.is_empty();
        if !prints && !of_functions {
            return None;
        }
        if names.is_empty() {
            return Some((self.all_declarations(name, &letters), Status::SUCCESS));
        }
        let mut text = Value::default();
        let mut status = Status::SUCCESS;
        for name in names {
            let line = match &name {
                Some(name) if of_functions => self.function_text(name, letters.contains('F')),
                Some(name) => {
                    self.machine.looked_at.variable(name);
                    self.shell.declaration(name)
                }
                None => Some(Value::unknown("$(declare -p)")),
            };
            match line {
                Some(line) => text.append(&line),
                None => status = Status::Known(1),
            }
        }
        Some((text, status))
    }

    /// What `declare -f` and `-F` print of a function.
    fn function_text(&self, name: &str, only_name: bool) -> Option<Value> {
        let body = self.shell.functions.get(name)?;
        Some(Value::text(match only_name {
            true => format!("{name}\n"),
            false => format!("{name} ()\n{}\n", body.text()),
        }))
    }

    /// What a declaring builtin prints without names.
    fn all_declarations(&self, name: &str, letters: &str) -> Value {
        let declares = matches!(name, "declare" | "typeset");
        if declares && letters.contains('f') {
            let names = self.shell.functions.names();
            let mut text = Value::default();
            names
                .filter_map(|name| self.function_text(name, false))
                .for_each(|line| text.append(&line));
            return text;
        }
        if name != "export" && !(declares && letters.contains('x')) {
            return Value::unknown(format!("$({name})"));
        }
        let mut text = Value::default();
        for (name, variable) in self.shell.variables.iter() {
            self.machine.looked_at.variable(name);
            let Some(Stored::Text(value)) = variable.value.as_ref().filter(|_| variable.exported)
            else {
                continue;
            };
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            let head = if self.shell.facts.is_plain_bash() {
                "declare -x"
            } else {
                "export"
            };
            text.push_text(&format!("{head} {name}="));
            text.append(&if is_bash {
                in_double_quotes(value)
            } else {
                in_quotes(value, "'\"'\"'")
            });
            text.push_text("\n");
        }
        text
    }
}

impl Shell {
    /// A line of bash's `declare -p`; `None` where there is no such variable.
    fn declaration(&self, name: &str) -> Option<Value> {
        if self.is_associative(name) {
            let mut text = Value::text(format!("declare -A {name}=("));
            text.append(&Value::unknown(format!("${{{name}[…]}}")));
            text.push_text(")\n");
            return Some(text);
        }
        let Variable {
            value,
            exported,
            read_only,
        } = self.variables.get(name)?;
        let mut letters = String::new();
        letters.push_str(if matches!(value, Some(Stored::Array(_))) {
            "a"
        } else {
            ""
        });
        letters.push_str(if *read_only { "r" } else { "" });
        letters.push_str(if *exported { "x" } else { "" });
        let letters = if letters.is_empty() { "-" } else { &letters };
        let mut text = Value::text(format!("declare -{letters} {name}"));
        match value.as_ref()? {
            Stored::Text(value) => {
                text.push_text("=");
                text.append(&in_double_quotes(value));
            }
            Stored::Array(fields) => {
                text.push_text("=(");
                for (at, field) in fields.iter().enumerate() {
                    text.push_text(&format!("{}[{at}]=", if at > 0 { " " } else { "" }));
                    text.append(&in_double_quotes(&field.value));
                }
                text.push_text(")");
            }
        }
        text.push_text("\n");
        Some(text)
    }
}
