//! Builtins that declare variables.

use std::collections::btree_map::Entry;
use std::rc::Rc;

use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{State, Stored, Variable};
use crate::boot::value::{Field, Value};
use crate::boot::world::Status;
use crate::knowledge::ShellFamily;

impl Turn<'_, '_> {
    /// `export`, `local`, `declare` and their like.
    pub(super) fn declare(&mut self, name: &str, words: &[Field]) -> Attempt<()> {
        let exports = name == "export"
            || words.iter().any(|word| {
                word.known()
                    .is_some_and(|word| word.starts_with('-') && word.contains('x'))
            });
        let is_local = name == "local"
            || (name != "export"
                && name != "readonly"
                && self.in_function()
                && !words.iter().any(|word| {
                    word.known()
                        .is_some_and(|word| word.starts_with("-") && word.contains('g'))
                }));
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        if name == "local" && !self.in_function() {
            return self.bad_declaration("local", "outside of a function");
        }
        let mut status = Status::SUCCESS;
        if is_bash && exports && shows_letter(words, 'f') {
            return self.export_functions(words);
        }
        for word in &words[1..] {
            let shown = word.value.display();
            if shown.starts_with('-') && !shown.contains('=') {
                let letters = match (name, self.shell.facts.family) {
                    ("export", ShellFamily::Ash) => "-np",
                    ("export" | "readonly", _) => "-p",
                    _ => "-",
                };
                if !is_bash && !shown.chars().all(|letter| letters.contains(letter)) {
                    return self.bad_declaration(name, &format!("with `{shown}`"));
                }
                continue;
            }
            let (variable, value) = split_assignment(&word.value);
            let Some(variable) = variable else { continue };
            let (variable, append) = match variable.strip_suffix('+') {
                Some(variable) => (variable.to_owned(), true),
                None => (variable, false),
            };
            if !is_name(&variable) {
                if !is_bash {
                    let shown = variable.escape_default();
                    return self.bad_declaration(name, &format!("of `{shown}`, which is no name"));
                }
                // bash says so and goes on; an element of an array it takes.
                if !variable.contains('[') {
                    status = Status::Known(1);
                }
                continue;
            }
            let shows = |letter: char| {
                let mut options = words[1..].iter().filter_map(Field::known);
                options.any(|word| word.starts_with('-') && word.contains(letter))
            };
            if is_bash && name != "export" && shows('n') {
                self.declare_reference(&variable, value, is_local);
                continue;
            }
            let becomes_read_only = name == "readonly" || is_bash && shows('r');
            if self.shell.is_read_only(&variable) && (value.is_some() || is_local) {
                let why = format!("`{variable}` is read-only");
                let span = Some(self.top().code.span());
                match (name, self.shell.facts.family) {
                    // `local x` without a value takes a copy in dash.
                    ("local", ShellFamily::Dash) if value.is_none() => {}
                    ("export" | "readonly", _) | (_, ShellFamily::Dash | ShellFamily::Ash) => {
                        return self.special_builtin_error(why, span);
                    }
                    _ => {
                        status = Status::Known(1);
                        continue;
                    }
                }
            }
            if is_local {
                // A local array keeps the literal that was assigned just before.
                let former = self.shell.variables.get(variable.as_str()).cloned();
                self.make_local(&variable);
                if let (
                    None,
                    Some(Variable {
                        value: Some(Stored::Array(fields)),
                        ..
                    }),
                ) = (&value, former)
                {
                    self.shell.set(&variable, Stored::Array(fields));
                }
            }
            if is_bash && shows_associative(words) {
                self.shell.declare_associative(&variable);
            }
            if let Some(mut value) = value {
                if append && let Some(Stored::Text(former)) = self.read_variable(&variable) {
                    let mut joined = former.clone();
                    joined.append(&value);
                    value = joined;
                }
                self.shell.set(&variable, Stored::Text(value));
            }
            if becomes_read_only {
                let variables = Rc::make_mut(&mut self.shell.variables);
                let known = variables.entry(variable.as_str().into());
                // A setting from outside stays what it is.
                if let Entry::Occupied(mut known) = known {
                    known.get_mut().read_only = true;
                }
            }
            if name == "export" && shows('n') {
                let variables = Rc::make_mut(&mut self.shell.variables);
                if let Some(known) = variables.get_mut(variable.as_str()) {
                    known.exported = false;
                }
                continue;
            }
            if exports {
                let variables = Rc::make_mut(&mut self.shell.variables);
                // A setting from outside stays what it is: exported already, or not set.
                if let Some(known) = variables.get_mut(variable.as_str()) {
                    known.exported = true;
                }
            }
        }
        self.finish(status)
    }

    /// A declaration that the shell refuses: dash and busybox end with it, bash goes on.
    fn bad_declaration(&mut self, name: &str, how: &str) -> Attempt<()> {
        if self.shell.facts.family == ShellFamily::Bash {
            return self.finish(Status::Known(1));
        }
        let span = Some(self.top().code.span());
        let title = &self.shell.facts.title;
        self.start_up_breaks(format!("{title} does not take `{name}` {how}"), span);
        self.exit(Status::Known(2));
        Ok(())
    }

    /// `declare -n`: the name stands for the variable that the value names. Where that is no plain name, what the name
    /// stands for, and what is set by it, is not known from then on.
    fn declare_reference(&mut self, name: &str, value: Option<Value>, is_local: bool) {
        let target = value.and_then(|value| value.certain());
        // bash looks above the function for one that stands for itself.
        if target.as_deref() == Some(name) {
            return;
        }
        if is_local {
            self.make_local(name);
        }
        if let Some(target) = target.as_deref().filter(|target| is_name(target)) {
            return self.shell.refer(name, target);
        }
        let unknown = |name: &str| Value::unknown(format!("${name}"));
        self.shell.set(name, Stored::Text(unknown(name)));
        if let Some((array, _)) = target.as_deref().and_then(|target| target.split_once('[')) {
            let field = Field {
                value: unknown(array),
                open: true,
            };
            self.shell.set(array, Stored::Array(vec![field]));
        }
    }

    /// `export -f`: bash hands a function on as a variable, which another bash reads.
    fn export_functions(&mut self, words: &[Field]) -> Attempt<()> {
        let mut status = Status::SUCCESS;
        let names = words[1..].iter().filter_map(Field::known);
        for name in names.filter(|word| !word.starts_with('-')) {
            let Some(body) = self.shell.functions.get(name.as_str()) else {
                status = Status::Known(1);
                continue;
            };
            let variable = Variable {
                value: Some(Stored::Text(Value::text(format!("() {}", body.text())))),
                exported: true,
                read_only: false,
            };
            let variables = Rc::make_mut(&mut self.shell.variables);
            variables.insert(format!("BASH_FUNC_{name}%%").into(), variable);
        }
        self.finish(status)
    }

    /// Whether a function is running, so that `local` has a place.
    pub(super) fn in_function(&self) -> bool {
        let mut states = self.shell.frames.iter().map(|frame| &frame.state);
        self.shell.forked_in.0 || states.any(|state| matches!(state, State::Function(_)))
    }
}

/// Whether a declaration has `-A` among its options.
fn shows_associative(words: &[Field]) -> bool {
    shows_letter(words, 'A')
}

/// Whether one of the options has the letter.
fn shows_letter(words: &[Field], letter: char) -> bool {
    let mut options = words[1..].iter().filter_map(Field::known);
    options.any(|word| word.starts_with('-') && word.contains(letter))
}

/// Whether the text can be the name of a variable.
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// `name=value` of an already expanded word.
pub(super) fn split_assignment(value: &Value) -> (Option<String>, Option<Value>) {
    let Some(crate::boot::value::Piece::Text(head)) = value.pieces().first() else {
        return (None, None);
    };
    let Some((name, rest)) = head.split_once('=') else {
        return (value.certain(), None);
    };
    let mut assigned = Value::text(rest);
    for piece in &value.pieces()[1..] {
        assigned.push(piece.clone());
    }
    (Some(name.to_owned()), Some(assigned))
}
