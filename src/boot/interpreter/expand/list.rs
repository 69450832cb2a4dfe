//! Parameters that are several words: `"$@"`, arrays and the lists made of them.

use super::{Expansion, Need, Segment, push_value};
use crate::boot::interpreter::Stored;
use crate::boot::value::{Field, Value};
use crate::shell::{Operator, Parameter};

impl Expansion<'_> {
    /// The fields of `$@`, `$*` and arrays with `[@]` or `[*]`.
    pub(super) fn list(&self, parameter: &Parameter) -> Option<Vec<Field>> {
        let all = |fields: &[Field]| {
            let fields = fields.iter().map(|field| Field {
                value: self.fixed(&field.value),
                open: field.open,
            });
            Some(fields.collect())
        };
        if matches!(parameter.name.as_str(), "@" | "*") {
            return all(&self.shell.positional);
        }
        let index = parameter.index.as_ref()?.constant(false)?;
        if index != "@" && index != "*" {
            return None;
        }
        self.machine.looked_at.variable(&parameter.name);
        if self.is_associative(&parameter.name) {
            return Some(self.shell.all_elements(&parameter.name, |(_, value)| value));
        }
        match self.shell.variable(&parameter.name) {
            Some(Stored::Array(fields)) => all(fields),
            Some(Stored::Text(value)) => Some(vec![Field {
                value: value.clone(),
                open: false,
            }]),
            None => Some(Vec::new()),
        }
    }

    /// With `set -u` bash counts the elements of an array only, be it empty, and those of a variable that is set;
    /// the letters of an element that is not there it counts in an array alone.
    pub(super) fn must_have_elements(&self, name: &str, is_of_one: bool) -> Result<(), Need> {
        let is_there = match self.shell.variable(name) {
            Some(Stored::Text(_)) => !is_of_one,
            Some(Stored::Array(_)) => true,
            None if self.is_associative(name) => {
                !self.shell.all_elements(name, |(_, value)| value).is_empty()
            }
            None => self.lookup(name).is_some(),
        };
        match is_there {
            true => Ok(()),
            false => Err(Need::Uncounted(name.to_owned())),
        }
    }

    /// A parameter that is several words, as segments with breaks between them.
    pub(super) fn list_parameter(
        &mut self,
        parameter: &Parameter,
        mut fields: Vec<Field>,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        if parameter.length {
            if parameter.index.is_some() && self.shell.options.nounset {
                self.must_have_elements(&parameter.name, false)?;
            }
            let value = if fields.iter().any(|field| field.open) {
                Value::unknown(format!("${{#{}[@]}}", parameter.name))
            } else {
                Value::text(fields.len().to_string())
            };
            push_value(out, value, quoted);
            return Ok(());
        }
        if let Some(open) = fields.iter().find(|field| field.open)
            && let Some(unknown) = self.perhaps_empty(parameter, Some(&open.value))
        {
            push_value(out, unknown, quoted);
            return Ok(());
        }
        match &parameter.operator {
            Some(Operator::Default { word, .. }) if fields.is_empty() => {
                out.extend(self.nested(word, quoted, single)?);
                return Ok(());
            }
            Some(Operator::Alternative { word, .. }) => {
                if !fields.is_empty() {
                    out.extend(self.nested(word, quoted, single)?);
                } else {
                    out.push(Segment::Nothing);
                }
                return Ok(());
            }
            Some(Operator::Substring { offset, length }) => {
                let offset = self
                    .arithmetic(offset)?
                    .known()
                    .and_then(|text| text.parse::<i64>().ok());
                let length = match length {
                    Some(word) => self
                        .arithmetic(word)?
                        .known()
                        .and_then(|text| text.parse::<usize>().ok()),
                    None => Some(usize::MAX),
                };
                let is_positional = matches!(parameter.name.as_str(), "@" | "*");
                match (offset, length) {
                    (Some(offset), Some(length)) if !fields.iter().any(|field| field.open) => {
                        if is_positional {
                            fields.insert(
                                0,
                                Field {
                                    value: self.shell.zero.clone(),
                                    open: false,
                                },
                            );
                        }
                        // A negative offset counts from the end; one before the beginning gives nothing.
                        let from_end = fields.len() as i64 + offset;
                        let start = if offset < 0 { from_end } else { offset };
                        let skip = usize::try_from(start).unwrap_or(usize::MAX);
                        fields = fields.into_iter().skip(skip).take(length).collect();
                    }
                    _ => {
                        fields = vec![Field {
                            value: Value::unknown(format!("${{{}…}}", parameter.name)),
                            open: true,
                        }];
                    }
                }
            }
            Some(
                operator @ (Operator::RemovePrefix { .. }
                | Operator::RemoveSuffix { .. }
                | Operator::Replace { .. }
                | Operator::Other(_)),
            ) => {
                for field in &mut fields {
                    field.value = self.edited(operator, field.value.clone(), &parameter.name)?;
                }
            }
            _ => {}
        }
        let star = parameter.name == "*"
            || parameter
                .index
                .as_ref()
                .and_then(|index| index.constant(false))
                .as_deref()
                == Some("*");
        if fields.is_empty() {
            out.push(if star && quoted {
                Segment::Text {
                    text: "".into(),
                    quoted: true,
                    split: false,
                }
            } else {
                Segment::Nothing
            });
        }
        // `"$*"` puts the first character of `IFS` between them, and nothing where that is empty.
        let joiner = match star {
            true => self.lookup("IFS").and_then(|value| value.known()),
            false => None,
        };
        let joiner = joiner.map_or(" ".into(), |ifs| ifs.chars().take(1).collect::<String>());
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                out.push(if (star && quoted) || single {
                    Segment::Text {
                        text: joiner.as_str().into(),
                        quoted: true,
                        split: false,
                    }
                } else {
                    Segment::Break
                });
            }
            if field.open {
                out.push(Segment::Several);
            } else if quoted && field.value.pieces().is_empty() {
                out.push(Segment::Text {
                    text: "".into(),
                    quoted: true,
                    split: false,
                });
            } else {
                push_value(out, field.value, quoted);
            }
        }
        Ok(())
    }
}
