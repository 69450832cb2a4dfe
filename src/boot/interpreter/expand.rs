//! Word expansion over abstract values: parameters, substitutions, splitting, globs.

use std::rc::Rc;

use super::pattern::{self, Stretch};
use super::{Shell, Stored};
use crate::boot::machine::Machine;
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::World;
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::{NodeId, Operator, Parameter, Part, Script, Word, arithmetic};
use crate::source::Known;

/// What an expansion needs before it can go on.
#[derive(Clone, Debug)]
pub(super) enum Need {
    /// The output of a command substitution.
    Command(NodeId),
    /// A process substitution.
    Process(NodeId, bool),
    /// It fails because that variable is not set (`set -u`, `${x:?}`): the shell ends, unless
    /// somebody sets the variable at run time, which is not possible for `false`.
    Fail(String, bool),
    /// This shell does not know the expansion.
    Bad,
}

/// One expansion of the words of a command.
pub(super) struct Expansion<'a> {
    world: &'a World,
    shell: &'a Shell,
    directory: &'a str,
    user: &'a str,
    script: &'a Rc<Script>,
    results: &'a [(NodeId, Value)],
    machine: &'a Machine<'a>,
    /// Assignments made by `${x:=w}` and arithmetic, to be committed by the caller.
    pub(super) assigned: Vec<(String, Value)>,
}

/// A stretch of a word on its way to fields.
enum Segment {
    /// Text; `split` for results of unquoted expansions.
    Text {
        text: String,
        quoted: bool,
        split: bool,
    },
    /// An unknown stretch.
    Open { piece: Piece, quoted: bool },
    /// The end of a field inside `"$@"`; `Some` for a parameter that is itself open.
    Break,
    /// `"$@"` without parameters: no field, unless something else stands in the word.
    Nothing,
    /// Several unknown words.
    Several,
}

impl<'a> Expansion<'a> {
    /// Expands in the state of a shell.
    pub(super) fn new(
        world: &'a World,
        shell: &'a Shell,
        directory: &'a str,
        user: &'a str,
        script: &'a Rc<Script>,
        results: &'a [(NodeId, Value)],
        machine: &'a Machine<'a>,
    ) -> Expansion<'a> {
        Expansion {
            world,
            shell,
            directory,
            user,
            script,
            results,
            machine,
            assigned: Vec::new(),
        }
    }

    /// A word as fields: split and globbed.
    pub(super) fn fields(&mut self, word: &Word) -> Result<Vec<Field>, Need> {
        let mut fields = Vec::new();
        for variant in self.braces(word) {
            let segments = self.segments(&variant.parts, false)?;
            self.split(segments, &mut fields);
        }
        Ok(fields)
    }

    /// A word as one value: neither split nor globbed.
    pub(super) fn single(&mut self, word: &Word) -> Result<Value, Need> {
        let segments = self.segments(&word.parts, true)?;
        let mut value = Value::default();
        for segment in segments {
            match segment {
                Segment::Text { text, .. } => value.push_text(&text),
                Segment::Open { piece, .. } => value.push(piece),
                Segment::Break => value.push_text(" "),
                Segment::Nothing => {}
                Segment::Several => value.push(Piece::Unknown("several words".into())),
            }
        }
        if self.shell.facts.family == ShellFamily::Dash || word.parts.first().is_some_and(is_tilde)
        {
            value = self.tilde(word, value);
        }
        Ok(value)
    }

    /// A word as a pattern. Unknown stretches make it `None`.
    pub(super) fn pattern(&mut self, word: &Word) -> Result<Option<Vec<Stretch>>, Need> {
        let segments = self.segments(&word.parts, true)?;
        let mut pieces = Vec::new();
        for segment in segments {
            match segment {
                Segment::Text { text, quoted, .. } => pieces.push(Stretch { text, quoted }),
                Segment::Open {
                    piece: Piece::Setting(_),
                    ..
                }
                | Segment::Nothing => {}
                Segment::Break => pieces.push(Stretch {
                    text: " ".into(),
                    quoted: true,
                }),
                Segment::Open { .. } | Segment::Several => return Ok(None),
            }
        }
        Ok(Some(pieces))
    }

    fn tilde(&self, word: &Word, value: Value) -> Value {
        let home = self.lookup("HOME").and_then(|value| value.known());
        match (word.parts.first(), value.certain(), home) {
            (Some(Part::Literal(text)), Some(known), Some(home))
                if (text == "~" || text.starts_with("~/")) && known.starts_with('~') =>
            {
                Value::text(format!("{home}{}", &known[1..]))
            }
            _ => value,
        }
    }

    /// `{a,b}` in literal text, where the shell has it; other words as they are.
    fn braces(&self, word: &Word) -> Vec<Word> {
        if !self.shell.facts.has(Feature::Braces) {
            return vec![word.clone()];
        }
        let mut done = Vec::new();
        let mut todo = vec![word.clone()];
        while let Some(word) = todo.pop() {
            let found = word
                .parts
                .iter()
                .enumerate()
                .find_map(|(index, part)| match part {
                    Part::Literal(text) => brace_alternatives(text).map(|found| (index, found)),
                    _ => None,
                });
            match found {
                Some((index, (before, alternatives, after))) if done.len() + todo.len() < 64 => {
                    for alternative in alternatives.into_iter().rev() {
                        let mut variant = word.clone();
                        variant.parts[index] =
                            Part::Literal(format!("{before}{alternative}{after}"));
                        todo.push(variant);
                    }
                }
                _ => done.push(word),
            }
        }
        done
    }

    fn segments(&mut self, parts: &[Part], single: bool) -> Result<Vec<Segment>, Need> {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Part::Literal(text) => out.push(Segment::Text {
                    text: text.clone(),
                    quoted: false,
                    split: false,
                }),
                Part::Quoted(text) => out.push(Segment::Text {
                    text: text.clone(),
                    quoted: true,
                    split: false,
                }),
                Part::Parameter { parameter, quoted } => {
                    self.parameter(parameter, *quoted, single, &mut out)?
                }
                Part::Command { body, quoted } => {
                    let value = self.result(Need::Command(*body))?;
                    push_value(&mut out, value, *quoted);
                }
                Part::Arithmetic { expression, quoted } => {
                    let value = self.arithmetic(expression)?;
                    push_value(&mut out, value, *quoted);
                }
                Part::ProcessSubstitution { body, output } => {
                    let value = self.result(Need::Process(*body, *output))?;
                    push_value(&mut out, value, true);
                }
                Part::Unparsed { why } => {
                    out.push(Segment::Open {
                        piece: Piece::Unknown(why.as_str().into()),
                        quoted: true,
                    });
                }
            }
        }
        Ok(out)
    }

    fn result(&self, need: Need) -> Result<Value, Need> {
        let (Need::Command(node) | Need::Process(node, _)) = need else {
            return Err(need);
        };
        let found = self.results.iter().find(|(known, _)| *known == node);
        found.map(|(_, value)| value.clone()).ok_or(need)
    }

    /// The value of an arithmetic expression.
    pub(super) fn arithmetic(&mut self, expression: &Word) -> Result<Value, Need> {
        let text = self.single(expression)?;
        let Some(text) = text.known() else {
            return Ok(Value::unknown("arithmetic"));
        };
        let mut scope = Scope {
            expansion: self,
            assigned: Vec::new(),
        };
        let result = arithmetic::evaluate(&text, &mut scope);
        let assigned = scope.assigned;
        self.assigned.extend(assigned);
        Ok(result.map_or(Value::unknown("arithmetic"), |number| {
            Value::text(number.to_string())
        }))
    }

    /// A variable or special parameter as one value; `None` when it is not set at all.
    pub(super) fn lookup(&self, name: &str) -> Option<Value> {
        let shell = self.shell;
        self.machine.looked_at.variable(name);
        let value = match name {
            "?" => match &shell.status {
                super::Status::Known(number) => Value::text(number.to_string()),
                super::Status::Unknown(_) => Value::unknown("$?"),
            },
            "$" => Value::text(shell.dollar.to_string()),
            "!" => match shell.last_background {
                Some(pid) => Value::text(pid.to_string()),
                None => return None,
            },
            "#" if shell.positional.iter().any(|field| field.open) => Value::unknown("$#"),
            "#" => Value::text(shell.positional.len().to_string()),
            "0" => shell.zero.clone(),
            "-" => Value::text(if shell.options.errexit { "e" } else { "" }),
            "@" | "*" => {
                let mut value = Value::default();
                for (index, field) in shell.positional.iter().enumerate() {
                    if index > 0 {
                        value.push_text(" ");
                    }
                    value.append(&field.value);
                }
                value
            }
            "RANDOM" | "SECONDS" | "LINENO" | "EPOCHSECONDS" => Value::unknown(format!("${name}")),
            "BASHPID" => Value::text(shell.dollar.to_string()),
            "UID" | "EUID" if shell.facts.family == ShellFamily::Bash => {
                crate::boot::tools::user_number(self.user)
            }
            "BASH_SOURCE" if shell.facts.family == ShellFamily::Bash => {
                match shell.variable(name) {
                    Some(Stored::Text(value)) => value.clone(),
                    _ => shell.zero.clone(),
                }
            }
            "PWD" => Value::text(self.directory),
            "PPID" => Value::unknown("$PPID"),
            "FUNCNAME" | "SHLVL" | "OSTYPE" | "MACHTYPE" | "HOSTTYPE" | "PIPESTATUS"
            | "BASH_REMATCH" | "BASH_VERSION" | "BASH_VERSINFO" | "SHELLOPTS" | "GROUPS" | "_"
                if shell.facts.family == ShellFamily::Bash && shell.variable(name).is_none() =>
            {
                Value::unknown(format!("${name}"))
            }
            "HOSTNAME" => Value::unknown("$HOSTNAME"),
            "IFS" if shell.variable("IFS").is_none() => Value::text(" \t\n"),
            _ => match name.parse::<usize>() {
                Ok(number) => {
                    let before = shell.positional.iter().take(number);
                    if before.clone().any(|field| field.open) {
                        Value::unknown(format!("${name}"))
                    } else {
                        return shell
                            .positional
                            .get(number - 1)
                            .map(|field| self.fixed(&field.value));
                    }
                }
                Err(_) => match shell.variable(name) {
                    Some(Stored::Text(value)) => value.clone(),
                    Some(Stored::Array(fields)) => match fields.first() {
                        Some(field) if !field.open => field.value.clone(),
                        Some(_) => Value::unknown(format!("${{{name}[0]}}")),
                        None => return None,
                    },
                    None => return None,
                },
            },
        };
        Some(self.fixed(&value))
    }

    fn fixed(&self, value: &Value) -> Value {
        value.refined(|piece| self.fixed_piece(piece))
    }

    fn fixed_piece(&self, piece: &Piece) -> Option<Value> {
        let found = self.world.fixed.get(piece).cloned();
        if found.is_some() {
            self.machine
                .looked_at
                .fixed
                .borrow_mut()
                .insert(piece.clone());
        }
        found
    }

    /// The value of a name that nothing in the image or the script sets.
    fn unset(&self, name: &str) -> Option<Value> {
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name && !self.shell.is_unset_here(name) {
            let piece = Piece::Setting(name.into());
            return Some(match self.fixed_piece(&piece) {
                Some(value) => value,
                None => Value::setting(name),
            });
        }
        None
    }

    /// The value of a variable without which the script ends: given at run time, or not.
    fn required(&self, name: &str) -> Result<Value, Need> {
        let from_outside = self.unset(name).is_some() && self.shell.variable(name).is_none();
        match self.fixed_piece(&Piece::Setting(name.into())) {
            Some(value) if from_outside && !value.is_certainly_empty() => Ok(value),
            _ => Err(Need::Fail(name.to_owned(), from_outside)),
        }
    }

    fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        if self.is_bad(parameter) {
            return Err(Need::Bad);
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
                None if self.value_of(parameter)?.is_none() => Value::text("0"),
                None => Value::unknown(format!("length of ${}", parameter.name)),
            };
            push_value(out, value, quoted);
            return Ok(());
        }
        let value = self.value_of(parameter)?;
        self.operate(parameter, value, quoted, single, out)
    }

    /// Whether this dialect stops at the expansion with “bad substitution”.
    fn is_bad(&self, parameter: &Parameter) -> bool {
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

    fn value_of(&mut self, parameter: &Parameter) -> Result<Option<Value>, Need> {
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

    fn operate(
        &mut self,
        parameter: &Parameter,
        value: Option<Value>,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        // A setting is not there unless somebody overrides it at run time.
        let empty = |colon: bool, value: &Option<Value>| match value {
            None => true,
            Some(value) => colon && value.known().is_some_and(|text| text.is_empty()),
        };
        match &parameter.operator {
            None if value.is_none() && self.shell.options.nounset => {
                if !matches!(parameter.name.as_str(), "@" | "*") {
                    let value = self.required(&parameter.name)?;
                    push_value(out, value, quoted);
                }
            }
            None => match value.or_else(|| self.unset(&parameter.name)) {
                Some(value) => push_value(out, value, quoted),
                None if quoted => {
                    let text = String::new();
                    out.push(Segment::Text {
                        text,
                        quoted: true,
                        split: false,
                    });
                }
                None => {}
            },
            Some(Operator::Default { colon, word }) => {
                if empty(*colon, &value) {
                    out.extend(self.nested(word, quoted, single)?);
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
                    let value = self.required(&parameter.name)?;
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
                        text: String::new(),
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

    /// Prefix and suffix removal, substrings, replacement.
    fn edited(&mut self, operator: &Operator, value: Value, name: &str) -> Result<Value, Need> {
        let is_setting = matches!(value.pieces(), [Piece::Setting(_)]);
        let Some(text) = value.known() else {
            return Ok(Value::unknown(format!("part of ${name}")));
        };
        if is_setting {
            return Ok(value);
        }
        let unknown = Value::unknown(format!("part of ${name}"));
        let edited = match operator {
            Operator::RemovePrefix { longest, pattern } => self
                .pattern(pattern)?
                .map(|found| pattern::remove_prefix(&found, &text, *longest).to_owned()),
            Operator::RemoveSuffix { longest, pattern } => self
                .pattern(pattern)?
                .map(|found| pattern::remove_suffix(&found, &text, *longest).to_owned()),
            Operator::Replace {
                all,
                anchor,
                pattern,
                with,
            } => {
                let found = self.pattern(pattern)?;
                let with = self.single(with)?.known();
                match (found, with) {
                    (Some(found), Some(with)) => {
                        pattern::replace(&found, &text, &with, *all, *anchor)
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
                _ => None,
            },
            _ => None,
        };
        Ok(edited.map_or(unknown, Value::text))
    }

    fn nested(&mut self, word: &Word, quoted: bool, single: bool) -> Result<Vec<Segment>, Need> {
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
                text: String::new(),
                quoted: true,
                split: false,
            });
        }
        Ok(segments)
    }

    /// The fields of `$@`, `$*` and arrays with `[@]` or `[*]`.
    fn list(&self, parameter: &Parameter) -> Option<Vec<Field>> {
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
        match self.shell.variable(&parameter.name) {
            Some(Stored::Array(fields)) => all(fields),
            Some(Stored::Text(value)) => Some(vec![Field {
                value: value.clone(),
                open: false,
            }]),
            None => Some(Vec::new()),
        }
    }

    fn list_parameter(
        &mut self,
        parameter: &Parameter,
        mut fields: Vec<Field>,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        if parameter.length {
            let value = if fields.iter().any(|field| field.open) {
                Value::unknown(format!("number of ${}", parameter.name))
            } else {
                Value::text(fields.len().to_string())
            };
            push_value(out, value, quoted);
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
                    (Some(offset), Some(length))
                        if offset >= 0 && !fields.iter().any(|field| field.open) =>
                    {
                        if is_positional {
                            fields.insert(
                                0,
                                Field {
                                    value: self.shell.zero.clone(),
                                    open: false,
                                },
                            );
                        }
                        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
                        fields = fields.into_iter().skip(skip).take(length).collect();
                    }
                    _ => {
                        fields = vec![Field {
                            value: Value::unknown(format!("part of ${}", parameter.name)),
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
                    text: String::new(),
                    quoted: true,
                    split: false,
                }
            } else {
                Segment::Nothing
            });
        }
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                out.push(if (star && quoted) || single {
                    Segment::Text {
                        text: " ".into(),
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
                    text: String::new(),
                    quoted: true,
                    split: false,
                });
            } else {
                push_value(out, field.value, quoted);
            }
        }
        Ok(())
    }

    fn indirect(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        single: bool,
        out: &mut Vec<Segment>,
    ) -> Result<(), Need> {
        let name = self.lookup(&parameter.name).and_then(|value| value.known());
        match name {
            Some(name) if parameter.index.is_none() => {
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

    fn split(&self, segments: Vec<Segment>, fields: &mut Vec<Field>) {
        let ifs = self
            .lookup("IFS")
            .and_then(|value| value.known())
            .unwrap_or(" \t\n".into());
        let mut current: Option<Field> = None;
        let mut globs = false;
        let mut only_settings = true;
        let finish = |current: &mut Option<Field>,
                      globs: &mut bool,
                      only_settings: &mut bool,
                      fields: &mut Vec<Field>| {
            if let Some(mut field) = current.take() {
                if *only_settings && !field.value.pieces().is_empty() {
                    field.open = true;
                }
                if *globs {
                    self.glob(field, fields);
                } else {
                    fields.push(field);
                }
            }
            *globs = false;
            *only_settings = true;
        };
        for segment in segments {
            match segment {
                Segment::Text {
                    text, quoted: true, ..
                } => {
                    current.get_or_insert_default().value.push_text(&text);
                    only_settings = false;
                }
                Segment::Text {
                    text, split: false, ..
                } => {
                    let text = if current.is_none() {
                        self.with_home(text)
                    } else {
                        text
                    };
                    globs |= is_glob(&text);
                    only_settings = false;
                    current.get_or_insert_default().value.push_text(&text);
                }
                Segment::Text { text, .. } => {
                    let mut first = true;
                    for part in text.split(|c| ifs.contains(c)) {
                        if !first {
                            finish(&mut current, &mut globs, &mut only_settings, fields);
                        }
                        first = false;
                        if !part.is_empty() {
                            globs |= is_glob(part);
                            only_settings = false;
                            current.get_or_insert_default().value.push_text(part);
                        }
                    }
                }
                Segment::Open { piece, quoted } => {
                    let field = current.get_or_insert_default();
                    if quoted {
                        only_settings = false;
                    } else if matches!(piece, Piece::Unknown(_)) {
                        only_settings = false;
                        field.open = true;
                    }
                    field.value.push(piece);
                }
                Segment::Break => finish(&mut current, &mut globs, &mut only_settings, fields),
                Segment::Nothing => {}
                Segment::Several => {
                    finish(&mut current, &mut globs, &mut only_settings, fields);
                    fields.push(Field {
                        value: Value::unknown("several words"),
                        open: true,
                    });
                }
            }
        }
        finish(&mut current, &mut globs, &mut only_settings, fields);
    }

    fn with_home(&self, text: String) -> String {
        if (text == "~" || text.starts_with("~/"))
            && let Some(home) = self.lookup("HOME").and_then(|value| value.known())
        {
            return format!("{home}{}", &text[1..]);
        }
        text
    }

    /// Path names for an unquoted pattern; the pattern itself when none matches.
    fn glob(&self, field: Field, fields: &mut Vec<Field>) {
        let Some(pattern) = field.value.certain() else {
            fields.push(field);
            return;
        };
        let (directory, name) = match pattern.rsplit_once('/') {
            Some((directory, name)) => (directory, name),
            None => ("", pattern.as_str()),
        };
        let unknown = Field {
            value: Value::unknown(format!("files {pattern}")),
            open: true,
        };
        if is_glob(directory) {
            fields.push(unknown);
            return;
        }
        let absolute = if directory.starts_with('/') || pattern.starts_with('/') {
            directory.to_owned()
        } else {
            format!("{}/{directory}", self.directory.trim_end_matches('/'))
        };
        match self
            .machine
            .container
            .image
            .files
            .list(if absolute.is_empty() { "/" } else { &absolute })
        {
            Known::Unknown(_) => fields.push(unknown),
            Known::Known(names) => {
                let pieces = [Stretch {
                    text: name.to_owned(),
                    quoted: false,
                }];
                let prefix = if pattern.contains('/') {
                    format!("{directory}/")
                } else {
                    String::new()
                };
                let matching = names.iter().filter(|known| {
                    (!known.starts_with('.') || name.starts_with('.'))
                        && pattern::matches(&pieces, known)
                });
                let found: Vec<Field> = matching
                    .map(|known| Field::text(format!("{prefix}{known}")))
                    .collect();
                if found.is_empty() {
                    fields.push(field);
                } else {
                    fields.extend(found);
                }
            }
        }
    }

    /// The text of a range of the script, for conditions.
    pub(super) fn source_text(&self, word: &Word) -> String {
        self.script
            .text
            .text()
            .get(word.range.clone())
            .unwrap_or("")
            .to_owned()
    }
}

/// Whether unquoted text is a pattern for file names.
fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
        || text
            .split_once('[')
            .is_some_and(|(_, rest)| rest.contains(']'))
}

/// Variables as arithmetic sees them.
struct Scope<'e, 'a> {
    expansion: &'e Expansion<'a>,
    assigned: Vec<(String, Value)>,
}

impl arithmetic::Variables for Scope<'_, '_> {
    fn get(&mut self, name: &str) -> Option<String> {
        let earlier = self
            .assigned
            .iter()
            .rev()
            .chain(self.expansion.assigned.iter().rev());
        let pending = earlier
            .clone()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone());
        match pending.or_else(|| self.expansion.lookup(name)) {
            Some(value) => value.known(),
            None => Some(String::new()),
        }
    }

    fn set(&mut self, name: &str, value: i64) {
        self.assigned
            .push((name.to_owned(), Value::text(value.to_string())));
    }
}

fn is_tilde(part: &Part) -> bool {
    matches!(part, Part::Literal(text) if text.starts_with('~'))
}

fn push_value(out: &mut Vec<Segment>, value: Value, quoted: bool) {
    if value.pieces().is_empty() && quoted {
        out.push(Segment::Text {
            text: String::new(),
            quoted: true,
            split: false,
        });
    }
    for piece in value.pieces() {
        out.push(match piece {
            Piece::Text(text) => Segment::Text {
                text: text.to_string(),
                quoted,
                split: !quoted,
            },
            other => Segment::Open {
                piece: other.clone(),
                quoted,
            },
        });
    }
}

fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
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

/// The first `{a,b}` of a literal: text before, the alternatives, text after.
fn brace_alternatives(text: &str) -> Option<(String, Vec<String>, String)> {
    let open = text.find('{')?;
    let close = open + text[open..].find('}')?;
    let inside = &text[open + 1..close];
    if !inside.contains(',') || inside.contains('{') {
        return None;
    }
    let alternatives = inside.split(',').map(str::to_owned).collect();
    Some((
        text[..open].to_owned(),
        alternatives,
        text[close + 1..].to_owned(),
    ))
}
