//! `${…}`: the value of one parameter and what its operator makes of it.

use super::{Expansion, Need, Segment, push_value};
use crate::boot::interpreter::pattern::{self};
use crate::boot::interpreter::{Shell, Stored};
use crate::boot::value::{Field, Piece, Value};
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::{Operator, Parameter, Part, Word};

impl Expansion<'_> {
    /// The segments that a parameter expands to.
    pub(super) fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        if self.is_bad(parameter) {
            return Err(Need::Bad);
        }
        let target = self.shell.target(&parameter.name);
        if target != parameter.name {
            if parameter.indirect && parameter.index.is_none() {
                // `${!x}` is the name that such an `x` stands for.
                push_value(out, Value::text(target), quoted);
                return Ok(());
            }
            let direct = Parameter {
                name: target.to_owned(),
                ..parameter.clone()
            };
            return self.parameter(&direct, quoted, single, out);
        }
        if parameter.indirect {
            return self.indirect(parameter, quoted, single, out);
        }
        if let Some(fields) = self.list(parameter) {
            return self.list_parameter(parameter, fields, quoted, single, out);
        }
        if parameter.length {
            let value = match self.value_of(parameter)?.and_then(|value| value.known()) {
                Some(text) => Value::text(text.chars().count().to_string()),
                None if self.value_of(parameter)?.is_none() => {
                    match &parameter.index {
                        _ if !self.shell.options.nounset => {}
                        None => {
                            self.required(&parameter.name, false)?;
                        }
                        Some(_) => self.must_have_elements(&parameter.name, true)?,
                    }
                    Value::text("0")
                }
                None => Value::unknown(format!("${{#{}}}", parameter.name)),
            };
            push_value(out, value, quoted);
            return Ok(());
        }
        let value = self.value_of(parameter)?;
        self.operate(parameter, value, quoted, single, out)
    }

    /// Whether this dialect stops at the expansion with “bad substitution”.
    pub(super) fn is_bad(&self, parameter: &Parameter) -> bool {
        match self.shell.facts.family {
            ShellFamily::Bash => false,
            _ if parameter.indirect || parameter.index.is_some() => true,
            _ => match &parameter.operator {
                Some(Operator::Substring { .. } | Operator::Replace { .. }) => {
                    !self.shell.facts.has(Feature::Substring)
                }
                Some(Operator::Other(_)) => true,
                _ => false,
            },
        }
    }

    /// The value before the operator; `None` when the parameter is not set.
    pub(super) fn value_of(&mut self, parameter: &Parameter) -> Result<Option<Value>, Need> {
        if let Some((_, value)) = self
            .assigned
            .iter()
            .rev()
            .find(|(name, _)| *name == parameter.name)
        {
            return Ok(Some(value.clone()));
        }
        let Some(index) = &parameter.index else {
            return Ok(self.lookup(&parameter.name));
        };
        self.machine.looked_at.variable(&parameter.name);
        if self.is_associative(&parameter.name) {
            let key = self.single(index)?;
            let has_others = self.shell.has_unknown_keys(&parameter.name);
            return Ok(match key.known().filter(|_| !has_others) {
                Some(key) => match self.shell.variable(&Shell::element(&parameter.name, &key)) {
                    Some(Stored::Text(value)) => Some(value.clone()),
                    _ => None,
                },
                None => Some(Value::unknown(format!("${{{}[…]}}", parameter.name))),
            });
        }
        let index = self
            .arithmetic(index)?
            .known()
            .and_then(|text| text.parse::<i64>().ok());
        Ok(match (self.shell.variable(&parameter.name), index) {
            (Some(Stored::Array(fields)), Some(index))
                if !fields.iter().any(|field| field.open) =>
            {
                let position = if index < 0 {
                    index + fields.len() as i64
                } else {
                    index
                };
                usize::try_from(position)
                    .ok()
                    .and_then(|at| fields.get(at))
                    .map(|field| field.value.clone())
            }
            (Some(Stored::Text(value)), Some(0)) => Some(value.clone()),
            (Some(Stored::Text(_)), Some(1..)) => None,
            (None, Some(0)) => self.lookup(&parameter.name),
            (None, _)
                if self.shell.facts.family == ShellFamily::Bash
                    && self.lookup(&parameter.name).is_some() =>
            {
                Some(Value::unknown(format!("${{{}[…]}}", parameter.name)))
            }
            (None, _) => None,
            _ => Some(Value::unknown(format!("${{{}[…]}}", parameter.name))),
        })
    }

    /// What the operator makes of the value.
    pub(super) fn operate(
        &mut self,
        parameter: &Parameter,
        value: Option<Value>,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        if let Some(unknown) = self.perhaps_empty(parameter, value.as_ref()) {
            if let Some(Operator::Assign { .. }) = &parameter.operator {
                self.assigned
                    .push((parameter.name.clone(), unknown.clone()));
            }
            push_value(out, unknown, quoted);
            return Ok(());
        }
        // A setting is not there unless somebody overrides it at run time.
        let empty = |colon: bool, value: &Option<Value>| match value {
            None => true,
            Some(value) => colon && value.known().is_some_and(|text| text.is_empty()),
        };
        match &parameter.operator {
            None if value.is_none() && self.shell.options.nounset => {
                if !matches!(parameter.name.as_str(), "@" | "*") {
                    let value = self.required(&parameter.name, false)?;
                    push_value(out, value, quoted);
                }
            }
            None => match value.or_else(|| self.unset(&parameter.name)) {
                Some(value) => push_value(out, value, quoted),
                None if quoted => {
                    let text = "".into();
                    out.push(Segment::Text {
                        text,
                        quoted: true,
                        split: false,
                    });
                }
                None => {}
            },
            Some(Operator::Default { word, .. })
                if value.is_none()
                    && word.constant(true).as_deref() == Some("")
                    && self.machine.defaults.are_asked_for() =>
            {
                push_value(out, self.unset(&parameter.name).unwrap_or_default(), quoted);
            }
            Some(Operator::Default { colon, word }) => {
                if empty(*colon, &value) {
                    match self.nested(word, quoted, single) {
                        Ok(segments) => out.extend(segments),
                        // Under `set -u` the default itself may want a setting.
                        Err(Need::Fail {
                            from_outside: true, ..
                        }) if self.unset(&parameter.name).is_some() => {
                            let value = self.required(&parameter.name, true)?;
                            push_value(out, value, quoted);
                        }
                        Err(need) => return Err(need),
                    }
                } else {
                    push_value(out, value.unwrap_or_default(), quoted);
                }
            }
            Some(Operator::Assign { colon, word }) => {
                if empty(*colon, &value) {
                    let assigned = self.single(word)?;
                    self.assigned
                        .push((parameter.name.clone(), assigned.clone()));
                    push_value(out, assigned, quoted);
                } else {
                    push_value(out, value.unwrap_or_default(), quoted);
                }
            }
            Some(Operator::Error { colon, word: _ }) => {
                if empty(*colon, &value) {
                    let value = self.required(&parameter.name, true)?;
                    push_value(out, value, quoted);
                } else {
                    push_value(out, value.unwrap_or_default(), quoted);
                }
            }
            Some(Operator::Alternative { colon, word }) => {
                if !empty(*colon, &value) {
                    out.extend(self.nested(word, quoted, single)?);
                } else if quoted {
                    out.push(Segment::Text {
                        text: "".into(),
                        quoted: true,
                        split: false,
                    });
                }
            }
            Some(operator) => {
                let value = value
                    .or_else(|| self.unset(&parameter.name))
                    .unwrap_or_default();
                let value = self.edited(operator, value, &parameter.name)?;
                push_value(out, value, quoted);
            }
        }
        Ok(())
    }

    /// What `${x:-w}`, `${x=w}` or `${x+w}` gives where the value is what is left of joined ways: on one of them it
    /// may have been empty, or not set.
    pub(super) fn perhaps_empty(
        &self,
        parameter: &Parameter,
        value: Option<&Value>,
    ) -> Option<Value> {
        let sign = match &parameter.operator {
            Some(Operator::Default { .. } | Operator::Assign { .. }) => '-',
            Some(Operator::Alternative { .. }) => '+',
            _ => return None,
        };
        let is_left = self.world.widened && value?.known().is_none();
        is_left.then(|| Value::unknown(format!("${{{}{sign}…}}", parameter.name)))
    }

    /// Prefix and suffix removal, substrings, replacement.
    pub(super) fn edited(
        &mut self,
        operator: &Operator,
        value: Value,
        name: &str,
    ) -> Result<Value, Need> {
        let is_setting = matches!(value.pieces(), [Piece::Setting(_)]);
        let Some(text) = value.known() else {
            return Ok(Value::unknown(format!("${{{name}…}}")));
        };
        if is_setting {
            return Ok(value);
        }
        let unknown = Value::unknown(format!("${{{name}…}}"));
        let edited = match operator {
            Operator::RemovePrefix { longest, pattern } => {
                self.pattern(pattern)?.and_then(|found| {
                    pattern::remove_prefix(&found, &text, *longest).map(str::to_owned)
                })
            }
            Operator::RemoveSuffix { longest, pattern } => {
                self.pattern(pattern)?.and_then(|found| {
                    pattern::remove_suffix(&found, &text, *longest).map(str::to_owned)
                })
            }
            Operator::Replace {
                all,
                anchor,
                pattern,
                with,
            } => {
                let mut found = self.pattern(pattern)?;
                let mut anchor = *anchor;
                if self.shell.facts.family == ShellFamily::Ash
                    && let Some(letter) = anchor.take()
                {
                    // busybox takes the mark for a part of the pattern (measured: 1.35).
                    let mark = pattern::Stretch::quoted(letter.encode_utf8(&mut [0; 4]));
                    found
                        .iter_mut()
                        .for_each(|found| found.insert(0, mark.clone()));
                }
                let with = self.single(with)?.known();
                match (found, with) {
                    (Some(found), Some(with)) => {
                        pattern::replace(&found, &text, &with, *all, anchor)
                    }
                    _ => None,
                }
            }
            Operator::Substring { offset, length } => {
                let offset = self
                    .arithmetic(offset)?
                    .known()
                    .and_then(|text| text.parse::<i64>().ok());
                let length = match length {
                    Some(length) => Some(
                        self.arithmetic(length)?
                            .known()
                            .and_then(|text| text.parse::<i64>().ok()),
                    ),
                    None => None,
                };
                match (offset, length) {
                    (Some(offset), None) => Some(substring(&text, offset, None)),
                    (Some(offset), Some(Some(length))) => {
                        Some(substring(&text, offset, Some(length)))
                    }
                    _ => None,
                }
            }
            Operator::Other(written) => match written.as_str() {
                "^^" => Some(text.to_uppercase()),
                ",," => Some(text.to_lowercase()),
                "^" | "," => {
                    let mut letters = text.chars();
                    letters.next().map_or(Some(String::new()), |first| {
                        let first = match written.as_str() {
                            "^" => first.to_uppercase().to_string(),
                            _ => first.to_lowercase().to_string(),
                        };
                        Some(first + letters.as_str())
                    })
                }
                _ => None,
            },
            _ => None,
        };
        Ok(edited.map_or(unknown, Value::text))
    }

    /// The segments of the word inside `${x:-…}`.
    pub(super) fn nested(
        &mut self,
        word: &Word,
        quoted: bool,
        single: bool,
    ) -> Result<Vec<Segment>, Need> {
        let mut segments = self.segments(&word.parts, single)?;
        for segment in &mut segments {
            match segment {
                Segment::Text {
                    quoted: own, split, ..
                } => {
                    *split = !*own && !quoted;
                    *own |= quoted;
                }
                Segment::Open { quoted: own, .. } => *own |= quoted,
                _ => {}
            }
        }
        if segments.is_empty() && quoted {
            segments.push(Segment::Text {
                text: "".into(),
                quoted: true,
                split: false,
            });
        }
        Ok(segments)
    }

    /// `${!x}`: the value of the variable that `x` names; `${!x[@]}`: the subscripts of an array.
    pub(super) fn indirect(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        if parameter.index.is_some() && self.is_associative(&parameter.name) {
            let keys = self
                .shell
                .all_elements(&parameter.name, |(key, _)| Value::text(key));
            let direct = Parameter {
                indirect: false,
                ..parameter.clone()
            };
            return self.list_parameter(&direct, keys, quoted, single, out);
        }
        // Where words are subscripts (`declare -A`, `x=([k]=v)`), the places say nothing.
        let text = self.script.text.text();
        let has_keys = || text.contains("-A") || text.contains("=([");
        if parameter.index.is_some()
            && let Some(fields) = self.list(parameter)
            && matches!(self.shell.variable(&parameter.name), Some(Stored::Array(_)))
            && !fields.iter().any(|field| field.open)
            && !has_keys()
        {
            let subscripts = (0..fields.len()).map(|at| Field::text(at.to_string()));
            let direct = Parameter {
                indirect: false,
                ..parameter.clone()
            };
            return self.list_parameter(&direct, subscripts.collect(), quoted, single, out);
        }
        let name = self.lookup(&parameter.name);
        let is_plain = parameter.operator.is_none() && parameter.index.is_none();
        if name.is_none() && is_plain && self.shell.options.nounset {
            return Err(Need::Uncounted(parameter.name.clone()));
        }
        match name.and_then(|value| value.known()) {
            // `${!1}` where `$1` is `array[@]`.
            Some(name) if parameter.index.is_none() && name.ends_with("[@]") => {
                let base = name.trim_end_matches("[@]").to_owned();
                let index = Word {
                    parts: vec![Part::Literal("@".into())],
                    ..Word::default()
                };
                let direct = Parameter {
                    name: base,
                    indirect: false,
                    index: Some(index),
                    ..parameter.clone()
                };
                let fields = self.list(&direct).unwrap_or_default();
                self.list_parameter(&direct, fields, quoted, single, out)
            }
            Some(name) if parameter.index.is_none() && !name.contains('[') => {
                let direct = Parameter {
                    name,
                    indirect: false,
                    ..parameter.clone()
                };
                let value = self.value_of(&direct)?;
                self.operate(&direct, value, quoted, single, out)
            }
            _ => {
                let piece = Piece::Unknown(format!("${{!{}}}", parameter.name).into());
                out.push(Segment::Open { piece, quoted });
                Ok(())
            }
        }
    }
}

/// `${x:offset:length}` over characters; negative numbers count from the end, as in bash.
pub(super) fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
    let count = text.chars().count() as i64;
    let start = if offset < 0 {
        (count + offset).max(0)
    } else {
        offset.min(count)
    };
    let end = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => (start + length).min(count),
    };
    text.chars()
        .skip(start as usize)
        .take((end - start) as usize)
        .collect()
}
