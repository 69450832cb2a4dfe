//! Word expansion over abstract values: parameters, substitutions, splitting, globs.

mod list;
mod lookup;
mod needs;
mod parameter;
mod split;

pub(in crate::boot::interpreter) use split::is_glob;

use std::rc::Rc;

use crate::boot::interpreter::pattern::Stretch;
use crate::boot::interpreter::{Shell, associative};
use crate::boot::machine::Machine;
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::World;
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::arithmetic::{self, ArithmeticDialect, ArithmeticError};
use crate::shell::{NodeId, Part, Script, Word};

/// What an expansion needs before it can go on.
#[derive(Clone, Debug)]
pub(in crate::boot::interpreter) enum Need {
    /// The output of a command substitution.
    Command(NodeId),
    /// A process substitution.
    Process(NodeId, bool),
    /// A variable that must be set is not.
    Fail {
        /// Its name.
        name: String,
        /// Whether it may be given at run time.
        from_outside: bool,
        /// Whether the script says that it wants it: `${X:?}`, or `${X:-…}` with a default that cannot be had.
        is_demanded: bool,
    },
    /// Elements of an array are counted, or a name looked for, that `set -u` wants set: the variable.
    Uncounted(String),
    /// This shell does not know the expansion.
    Bad,
    /// The shell finds an error in an arithmetic expression.
    Arithmetic {
        /// What is the matter.
        why: &'static str,
        /// A variable that may be given at run time and without which it is so.
        setting: Option<String>,
    },
    /// Some versions of the shell find an error in an arithmetic expression: what is the matter with them.
    Doubtful(&'static str),
}

/// One expansion of the words of a command.
pub(in crate::boot::interpreter) struct Expansion<'a> {
    world: &'a World,
    shell: &'a Shell,
    directory: &'a str,
    user: &'a str,
    script: &'a Rc<Script>,
    results: &'a [(NodeId, Value)],
    machine: &'a Machine<'a>,
    /// Assignments made by `${x:=w}` and arithmetic, to be committed by the caller.
    pub(in crate::boot::interpreter) assigned: Vec<(String, Value)>,
}

/// What an extended pattern stands for among words: names of files, taken for one.
fn extended_piece() -> Piece {
    Piece::Unknown("extended pattern".into())
}

/// A stretch of a word on its way to fields.
enum Segment {
    /// Text; `split` for results of unquoted expansions.
    Text {
        text: Rc<str>,
        quoted: bool,
        split: bool,
    },
    /// An unknown stretch.
    Open { piece: Piece, quoted: bool },
    /// An extended pattern.
    Extended(Rc<str>),
    /// The end of a field inside `"$@"`; `Some` for a parameter that is itself open.
    Break,
    /// `"$@"` without parameters: no field, unless something else stands in the word.
    Nothing,
    /// Several unknown words.
    Several,
}

impl<'a> Expansion<'a> {
    /// Expands in the state of a shell.
    pub(in crate::boot::interpreter) fn new(
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

    /// Whether a variable is an associative array.
    pub(in crate::boot::interpreter) fn is_associative(&self, name: &str) -> bool {
        let name = self.shell.target(name);
        self.machine.looked_at.variable(&associative::mark(name));
        self.shell.is_associative(name)
    }

    /// The variable that a name means.
    pub(in crate::boot::interpreter) fn target<'b>(&'b self, name: &'b str) -> &'b str {
        self.shell.target(name)
    }

    /// A word as fields: split and globbed.
    pub(in crate::boot::interpreter) fn fields(
        &mut self,
        word: &Word,
        fields: &mut Vec<Field>,
    ) -> Result<(), Need> {
        if let Some(text) = constant(word) {
            let mut value = Value::default();
            value.push(Piece::Text(Rc::clone(text)));
            fields.push(Field { value, open: false });
            return Ok(());
        }
        let Some(variants) = self.braces(word) else {
            let segments = self.segments(&word.parts, false)?;
            self.split(segments, fields);
            return Ok(());
        };
        for variant in variants {
            let segments = self.segments(&variant.parts, false)?;
            self.split(segments, fields);
        }
        Ok(())
    }

    /// A word as one value: neither split nor globbed.
    pub(in crate::boot::interpreter) fn single(&mut self, word: &Word) -> Result<Value, Need> {
        let segments = self.segments(&word.parts, true)?;
        let mut value = Value::default();
        for segment in segments {
            match segment {
                Segment::Text { text, .. } => value.push(Piece::Text(text)),
                Segment::Open { piece, .. } => value.push(piece),
                Segment::Extended(_) => value.push(extended_piece()),
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
    pub(in crate::boot::interpreter) fn pattern(
        &mut self,
        word: &Word,
    ) -> Result<Option<Vec<Stretch>>, Need> {
        self.stretches(word, self.shell.options.extglob)
    }

    /// A word as a pattern of `[[ … ]]`, where extended ones need no option.
    pub(in crate::boot::interpreter) fn test_pattern(
        &mut self,
        word: &Word,
    ) -> Result<Option<Vec<Stretch>>, Need> {
        self.stretches(word, self.shell.facts.family == ShellFamily::Bash)
    }

    fn stretches(&mut self, word: &Word, extended: bool) -> Result<Option<Vec<Stretch>>, Need> {
        let segments = self.segments(&word.parts, true)?;
        let mut pieces = Vec::new();
        for segment in segments {
            match segment {
                Segment::Text { text, quoted, .. } => pieces.push(Stretch {
                    text: text.to_string(),
                    quoted,
                    extended,
                }),
                Segment::Extended(text) => pieces.push(Stretch {
                    text: text.to_string(),
                    quoted: false,
                    extended,
                }),
                Segment::Open {
                    piece: Piece::Setting(_),
                    ..
                }
                | Segment::Nothing => {}
                Segment::Break => pieces.push(Stretch::quoted(" ")),
                Segment::Open { .. } | Segment::Several => return Ok(None),
            }
        }
        Ok(Some(pieces))
    }

    fn tilde(&self, word: &Word, value: Value) -> Value {
        match (word.parts.first(), value.certain()) {
            (Some(Part::Literal(text)), Some(known)) if known.starts_with(&**text) => {
                self.home_in(&known).map_or(value, Value::text)
            }
            _ => value,
        }
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
                Part::DollarQuoted { text, written } => {
                    let is_mark = &**written == "$" && text.is_empty();
                    let knows = match is_mark {
                        true => self.shell.facts.family == ShellFamily::Bash,
                        false => self.shell.facts.has(Feature::DollarQuotes),
                    };
                    out.push(match written.contains("\\'") && !knows {
                        // An escaped quote ends the text there.
                        true => Segment::Open {
                            piece: Piece::Unknown(Rc::clone(written)),
                            quoted: true,
                        },
                        false => Segment::Text {
                            text: if knows { text } else { written }.clone(),
                            quoted: true,
                            split: false,
                        },
                    });
                }
                Part::Parameter { parameter, quoted } => {
                    self.parameter(parameter, *quoted, single, &mut out)?
                }
                Part::Command { body, quoted } => {
                    let value = self.result(Need::Command(*body))?;
                    push_value(&mut out, value, *quoted);
                }
                Part::Arithmetic { expression, quoted } => {
                    let value = self.checked_arithmetic(expression)?;
                    push_value(&mut out, value, *quoted);
                }
                Part::ProcessSubstitution { body, output } => {
                    let value = self.result(Need::Process(*body, *output))?;
                    push_value(&mut out, value, true);
                }
                Part::Extended(text) => out.push(Segment::Extended(Rc::clone(text))),
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

    /// The value of an arithmetic expression; unknown where the shell finds an error in it.
    pub(in crate::boot::interpreter) fn arithmetic(
        &mut self,
        expression: &Word,
    ) -> Result<Value, Need> {
        match self.checked_arithmetic(expression) {
            Err(Need::Arithmetic { .. }) => Ok(Value::unknown("arithmetic")),
            other => other,
        }
    }

    /// An operand of `[[ … -eq … ]]`, which bash takes for an arithmetic expression. What is wrong with one stays.
    pub(in crate::boot::interpreter) fn number(&mut self, operand: Field) -> Result<Field, Need> {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        let text = operand.value.certain().filter(|_| is_bash);
        let Some(text) = text.filter(|text| text.parse::<i64>().is_err()) else {
            return Ok(operand);
        };
        let word = Word {
            parts: vec![Part::Quoted(text.into())],
            ..Word::default()
        };
        match self.checked_arithmetic(&word) {
            Ok(value) => Ok(Field { value, open: false }),
            Err(Need::Arithmetic { .. }) => Ok(operand),
            Err(other) => Err(other),
        }
    }

    /// The value of an arithmetic expression, or what the shell finds wrong with it.
    pub(in crate::boot::interpreter) fn checked_arithmetic(
        &mut self,
        expression: &Word,
    ) -> Result<Value, Need> {
        let value = self.single(expression)?;
        let Some(text) = value.known() else {
            return Ok(Value::unknown("arithmetic"));
        };
        let setting = value.pieces().iter().find_map(|piece| match piece {
            Piece::Setting(name) => Some(name.to_string()),
            _ => None,
        });
        let mut scope = Scope {
            setting,
            demanded: None,
            expansion: self,
            assigned: Vec::new(),
        };
        let dialect = match scope.expansion.shell.facts.family {
            ShellFamily::Dash => ArithmeticDialect::Dash,
            ShellFamily::Ash => ArithmeticDialect::Ash,
            ShellFamily::Bash => ArithmeticDialect::Bash,
        };
        let result = arithmetic::evaluate(&text, dialect, &mut scope);
        let Scope {
            setting,
            demanded,
            assigned,
            ..
        } = scope;
        if let Some(need) = demanded {
            return Err(need);
        }
        // Arrays, quotes and numbers of large bases are not evaluated here.
        let is_followed = dialect == ArithmeticDialect::Dash
            || !text.contains(['[', '"', '\'', '\\', '#', '@', '`', '$']);
        if let (Err(ArithmeticError::Invalid(why)), true) = (&result, is_followed) {
            return Err(Need::Arithmetic { why, setting });
        }
        if let (Err(ArithmeticError::Doubtful(why)), true) = (&result, is_followed) {
            return Err(Need::Doubtful(why));
        }
        for (name, _) in &assigned {
            if self.shell.is_read_only(name) {
                let why = "it assigns to what is read-only";
                return Err(Need::Arithmetic { why, setting });
            }
        }
        self.assigned.extend(assigned);
        Ok(result.map_or(Value::unknown("arithmetic"), |number| {
            Value::text(number.to_string())
        }))
    }

    /// The text of a range of the script, for conditions.
    pub(in crate::boot::interpreter) fn source_text(&self, word: &Word) -> String {
        self.script
            .text
            .text()
            .get(word.range.clone())
            .unwrap_or("")
            .to_owned()
    }
}

/// Variables as arithmetic sees them.
struct Scope<'e, 'a> {
    expansion: &'e Expansion<'a>,
    assigned: Vec<(String, Value)>,
    /// The first variable that only somebody at run time may set.
    setting: Option<String>,
    /// A variable that `set -u` wants and that is not there.
    demanded: Option<Need>,
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
        if let Some(value) = pending {
            return value.known();
        }
        let value = match self.expansion.lookup(name) {
            Some(value) => value,
            // bash alone finds a variable that `set -u` wants missing here (measured).
            None if self.expansion.shell.options.nounset
                && self.expansion.shell.facts.family == ShellFamily::Bash =>
            {
                match self.expansion.required(name, false) {
                    Ok(value) => value,
                    Err(need) => {
                        self.demanded.get_or_insert(need);
                        return Some(String::new());
                    }
                }
            }
            None => self.expansion.unset(name).unwrap_or_default(),
        };
        for piece in value.pieces() {
            if let Piece::Setting(name) = piece {
                self.setting.get_or_insert_with(|| name.to_string());
            }
        }
        value.known()
    }

    fn set(&mut self, name: &str, value: i64) {
        self.assigned
            .push((name.to_owned(), Value::text(value.to_string())));
    }

    fn doubt(&mut self, name: &str) {
        let value = Value::unknown(format!("${name}"));
        self.assigned.push((name.to_owned(), value));
    }
}

/// The text of a word in which nothing is expanded, as most words are.
fn constant(word: &Word) -> Option<&Rc<str>> {
    match word.parts.as_slice() {
        [Part::Quoted(text)] => Some(text),
        [Part::Literal(text)] if !text.contains(['{', '*', '?', '[', '~']) => Some(text),
        _ => None,
    }
}

fn is_tilde(part: &Part) -> bool {
    matches!(part, Part::Literal(text) if text.starts_with('~'))
}

fn push_value(out: &mut Vec<Segment>, value: Value, quoted: bool) {
    if value.pieces().is_empty() && quoted {
        out.push(Segment::Text {
            text: "".into(),
            quoted: true,
            split: false,
        });
    }
    for piece in value.pieces() {
        out.push(match piece {
            Piece::Text(text) => Segment::Text {
                text: Rc::clone(text),
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
