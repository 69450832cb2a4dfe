//! Assignments: `A=x`, `A+=x`, `a[1]=x`, `a=(x y)`.
//!
//! In: assignments as they are written. Out: variables of the shell, or of one command's environment.

use super::associative::is_pair;
use super::expand::Expansion;
use super::simple::drop_empty_settings;
use super::step::{Attempt, Turn};
use super::{Code, Shell, Stored};
use crate::boot::value::{Field, Value};
use crate::boot::world::Environment;
use crate::knowledge::ShellFamily;
use crate::shell::{AssignedValue, Assignment};

/// What `$SECONDS` of bash shows at the stop: it has counted for longer than any limit of a start-up.
pub(super) const SECONDS_AT_STOP: i64 = 1_000_000;

/// An assignment after expansion.
pub(super) struct Assigned {
    /// The variable.
    pub(super) name: String,
    /// The key, of an element of an associative array.
    key: Option<Key>,
    index: Option<i64>,
    append: bool,
    pub(super) value: Stored,
}

/// A key of an associative array.
enum Key {
    Known(String),
    Unknown,
}

/// What assignments in front of a command put into its environment.
pub(super) fn environment_of(assigned: Vec<Assigned>) -> Environment {
    assigned
        .into_iter()
        .filter_map(|assigned| match assigned.value {
            Stored::Text(value) => Some((assigned.name, value)),
            Stored::Array(_) => None,
        })
        .collect()
}

impl Turn<'_, '_> {
    /// The assignments of a command, with their values.
    pub(super) fn assigned(
        &mut self,
        code: &Code,
        assignments: &[Assignment],
    ) -> Attempt<Vec<Assigned>> {
        self.expand(code, |expansion: &mut Expansion| {
            let mut done = Vec::new();
            // `A=1 B=$A`: what stands further left holds further right (measured: dash, busybox, bash).
            let mut lent = Vec::new();
            for assignment in assignments {
                // What is a key here is a number elsewhere, whose names `set -u` wants set.
                let (key, index) = match &assignment.index {
                    Some(index) if expansion.is_associative(&assignment.name) => {
                        let key = expansion.single(index)?.known();
                        (Some(key.map_or(Key::Unknown, Key::Known)), None)
                    }
                    Some(index) => {
                        let index = expansion.arithmetic(index)?.known();
                        (None, index.and_then(|text| text.parse().ok()))
                    }
                    None => (None, None),
                };
                let value = match &assignment.value {
                    AssignedValue::Word(word) => Stored::Text(expansion.single(word)?),
                    AssignedValue::Array(words) => {
                        let mut fields = Vec::new();
                        for word in words {
                            match is_pair(word) {
                                true => fields.push(Field {
                                    value: expansion.single(word)?,
                                    open: false,
                                }),
                                false => expansion.fields(word, &mut fields)?,
                            }
                        }
                        drop_empty_settings(&mut fields);
                        Stored::Array(fields)
                    }
                };
                if let (Stored::Text(value), None, false) =
                    (&value, &assignment.index, assignment.append)
                {
                    lent.push(expansion.assigned.len());
                    expansion
                        .assigned
                        .push((assignment.name.clone(), value.clone()));
                }
                done.push(Assigned {
                    name: expansion.target(&assignment.name).to_owned(),
                    key,
                    index,
                    append: assignment.append,
                    value,
                });
            }
            for at in lent.into_iter().rev() {
                expansion.assigned.remove(at);
            }
            Ok(done)
        })
    }

    /// Sets a variable, an element, or a whole array.
    pub(super) fn assign(&mut self, assigned: Assigned) {
        let Assigned {
            mut name,
            key,
            mut index,
            append,
            value,
        } = assigned;
        match key {
            Some(Key::Known(key)) => (name, index) = (Shell::element(&name, &key), None),
            Some(Key::Unknown) => return self.shell.set_somewhere(&name),
            None => {}
        }
        if let (Stored::Array(fields), None) = (&value, index)
            && self.shell.assign_elements(&name, fields, append)
        {
            return;
        }
        let current = match index.is_some() || append {
            true => self.read_variable(&name).cloned(),
            false => self.shell.variable(&name).cloned(),
        };
        if name == "SECONDS" && self.shell.facts.family == ShellFamily::Bash {
            let at_stop = self.seconds_at_stop(&value);
            return self.shell.set(&name, Stored::Text(at_stop));
        }
        let value = match (current, index, append, value) {
            (Some(Stored::Array(mut fields)), None, true, Stored::Array(more)) => {
                fields.extend(more);
                Stored::Array(fields)
            }
            (Some(Stored::Text(first)), None, true, Stored::Array(more)) => {
                let mut fields = vec![Field {
                    value: first,
                    open: false,
                }];
                fields.extend(more);
                Stored::Array(fields)
            }
            (Some(Stored::Text(mut text)), None, true, Stored::Text(more)) => {
                text.append(&more);
                Stored::Text(text)
            }
            (Some(Stored::Array(mut fields)), index, append, Stored::Text(text)) => {
                let at = usize::try_from(index.unwrap_or(0)).unwrap_or(usize::MAX);
                if at < fields.len() {
                    let field = &mut fields[at];
                    if append {
                        field.value.append(&text);
                    } else {
                        field.value = text;
                    }
                } else {
                    fields.push(Field {
                        value: text,
                        open: at > fields.len(),
                    });
                }
                Stored::Array(fields)
            }
            (None, Some(0), _, Stored::Text(text)) => Stored::Array(vec![Field {
                value: text,
                open: false,
            }]),
            (None, Some(_), _, Stored::Text(text)) => Stored::Array(vec![Field {
                value: text,
                open: true,
            }]),
            (_, _, _, value) => value,
        };
        self.shell.set(&name, value);
    }

    /// What `SECONDS` showed at the stop, had it been counted from where the assignment puts it. One that is made
    /// before the stop is made long before it.
    fn seconds_at_stop(&self, value: &Stored) -> Value {
        let Stored::Text(value) = value else {
            return Value::unknown("$SECONDS");
        };
        let number = value.known().and_then(|text| text.parse::<i64>().ok());
        let passed = self.world.seconds(0);
        let at_stop = number.map(|number| match passed {
            Some(passed) => number.saturating_sub(passed),
            None => number.saturating_add(SECONDS_AT_STOP),
        });
        at_stop.map_or(Value::unknown("$SECONDS"), |at_stop| {
            Value::text(at_stop.to_string())
        })
    }
}
