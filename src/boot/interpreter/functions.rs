//! Functions: calls, returns, and variables of their own.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;

use foldhash::quality::FixedState;

use super::assign::Assigned;
use super::redirect::Streams;
use super::step::{Attempt, Turn};
use super::{Code, Saved, State, Variable};
use crate::boot::value::Field;

/// The functions of a shell, by their names.
#[derive(Clone, Default)]
pub(crate) struct Functions {
    by_name: BTreeMap<Rc<str>, Code>,
    /// A number for all of them: shells are compared often, and define functions once.
    number: u64,
}

impl Functions {
    /// The body of a function.
    pub(crate) fn get(&self, name: &str) -> Option<&Code> {
        self.by_name.get(name)
    }

    /// Whether there is a function of that name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Their names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Rc<str>> {
        self.by_name.keys()
    }

    /// Defines a function, perhaps another time.
    pub(crate) fn define(&mut self, name: &str, body: Code) {
        self.remove(name);
        self.number = self.number.wrapping_add(number_of(name, &body));
        self.by_name.insert(name.into(), body);
    }

    /// Takes a function away.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(body) = self.by_name.remove(name) {
            self.number = self.number.wrapping_sub(number_of(name, &body));
        }
    }
}

impl Hash for Functions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

fn number_of(name: &str, body: &Code) -> u64 {
    FixedState::default().hash_one((name, body))
}

impl Turn<'_, '_> {
    /// Calls a function.
    pub(super) fn call(
        &mut self,
        code: &Code,
        body: Code,
        words: Vec<Field>,
        assigned: Vec<Assigned>,
        streams: Streams,
    ) -> Attempt<()> {
        // What stands before the name of a function is gone when it returns (measured: dash 0.5.12, busybox 1.35, bash
        // 5.2, also as `sh`).
        let mut locals = Vec::new();
        for assignment in assigned {
            let name: Rc<str> = assignment.name.as_str().into();
            locals.push((Rc::clone(&name), self.shell.variables.get(&name).cloned()));
            self.assign(assignment);
            if let Some(variable) = Rc::make_mut(&mut self.shell.variables).get_mut(&name) {
                variable.exported = true;
            }
        }
        let process = self.world.process_mut(self.pid);
        let saved_streams = (
            std::mem::replace(&mut process.input, streams.input),
            std::mem::replace(&mut process.output, streams.output),
        );
        let positional = std::mem::replace(&mut self.shell.positional, words[1..].to_vec());
        self.top().state = State::Restore(Box::new(saved_streams));
        self.top().results.clear();
        let saved = Saved {
            positional,
            locals,
            references: Rc::clone(&self.shell.references),
        };
        self.push_state(code.clone(), false, State::Function(Box::new(saved)));
        // `$?` is what it was before the call, until a command of the function has ended.
        self.push(body, false);
        Ok(())
    }

    /// Returns from a function: what was local to it is what it was before.
    pub(super) fn end_function(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        if let State::Function(saved) = state {
            self.shell.positional = saved.positional;
            self.shell.references = saved.references;
            let variables = Rc::make_mut(&mut self.shell.variables);
            for (name, former) in saved.locals.into_iter().rev() {
                match former {
                    Some(variable) => variables.insert(name, variable),
                    None => variables.remove(&name),
                };
            }
        }
        self.end_call()
    }

    /// Ends the frame of a call (of a function, a file that was read, a text that was evaluated): to `set -e` it is one
    /// simple command, whatever excused the last command in it.
    pub(super) fn end_call(&mut self) -> Attempt<()> {
        self.shell.check_failure = true;
        self.pop()
    }

    /// Makes a name local to the innermost function.
    pub(super) fn make_local(&mut self, name: &str) {
        let former = self.shell.variables.get(name).cloned();
        let function =
            self.shell
                .frames
                .iter_mut()
                .rev()
                .find_map(|frame| match &mut frame.state {
                    State::Function(saved) => Some(saved),
                    _ => None,
                });
        if let Some(saved) = function
            && !saved.locals.iter().any(|(known, _)| &**known == name)
        {
            saved.locals.push((name.into(), former.clone()));
        }
        self.shell.refer_no_more(name);
        let exported = former.is_some_and(|variable| variable.exported);
        Rc::make_mut(&mut self.shell.variables).insert(
            name.into(),
            Variable {
                value: None,
                exported,
                read_only: false,
            },
        );
    }
}
