//! The variables that an instruction sees.
//!
//! In: the environment of the base, the global arguments, and ARG and ENV one after the other. Out:
//! values for expansions. BuildKit keeps both in one environment: the last ARG or ENV of a name wins,
//! and a stage sees the ARGs of the local stage that it starts from (`dispatchArg`, `dispatchEnv` in
//! `dockerfile2llb/convert.go`).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::lexer::{Dialect, Expanded, Variable, expand};
use super::words::{Pair, arg_pairs, env_pairs};
use super::{BuildOptions, Platform};
use crate::dockerfile::Instruction;
use crate::source::{Known, Mapped, Span, Why};

/// The variables in scope. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Scope {
    values: Arc<HashMap<String, Variable>>,
    /// Why there may be more of them, after an unknown base image.
    missing: Option<Why>,
    /// Why the environment may hold settings beside those that are known.
    partial: Option<Why>,
    globals: Arc<Globals>,
}

/// What ARGs before the first FROM and the command line give.
#[derive(Debug, Default)]
pub(super) struct Globals {
    values: HashMap<String, Variable>,
    build_args: HashMap<String, Option<String>>,
    escape: Option<char>,
}

impl Globals {
    pub(super) fn new(options: &BuildOptions, escape: char) -> Globals {
        let mut values = HashMap::new();
        for (name, value) in platform_variables(options.platform.as_deref()) {
            values.insert(name.to_owned(), value);
        }
        Globals {
            values,
            build_args: options.build_args.iter().cloned().collect(),
            escape: Some(escape),
        }
    }

    /// Takes an ARG before the first FROM.
    pub(super) fn declare(&mut self, instruction: &Instruction) {
        let text = instruction.arguments.text();
        let escape = self.escape();
        for pair in arg_pairs(text, escape) {
            let name = text[pair.name.clone()].to_owned();
            let given = self.given(&name);
            let value = given.unwrap_or_else(|| match &pair.value {
                Some(range) => self.expand(&text[range.clone()]).text.into_variable(),
                // A platform variable may be named without a default.
                None => match self.values.get(&name) {
                    Some(value) => value.clone(),
                    None => not_given(&name, &instruction.arguments, pair.name.clone()),
                },
            });
            self.values.insert(name, value);
        }
    }

    /// Expands a word of FROM.
    pub(super) fn expand(&self, word: &str) -> Expanded {
        expand(word, Dialect::arguments(self.escape()), &|name| {
            self.values.get(name).cloned().unwrap_or(Variable::Unset)
        })
    }

    fn escape(&self) -> char {
        self.escape.unwrap_or('\\')
    }

    /// What the command line says of a build argument.
    fn given(&self, name: &str) -> Option<Variable> {
        Some(match self.build_args.get(name)? {
            Some(value) => Variable::Set(value.clone()),
            None => Variable::Unknown(Why::new(format!(
                "`--build-arg {name}` takes its value from the environment of the build"
            ))),
        })
    }
}

impl Scope {
    /// The scope at the start of a stage whose base is not a local stage: the base's environment,
    /// and why it may hold more.
    pub fn new<'e>(
        globals: &super::Stages<'_>,
        environment: impl Iterator<Item = (&'e str, Known<String>)>,
        missing: Option<Why>,
    ) -> Scope {
        let values = environment.map(|(name, value)| (name.to_owned(), value.into_variable()));
        Scope {
            values: Arc::new(values.collect()),
            missing,
            partial: None,
            globals: Arc::clone(&globals.globals),
        }
    }

    /// What a name stands for.
    pub fn variable(&self, name: &str) -> Variable {
        match (self.values.get(name), &self.missing) {
            (Some(value), _) => value.clone(),
            (None, Some(why)) if is_name(name) => Variable::Unknown(why.clone()),
            (None, _) => match &self.partial {
                Some(why) if is_setting_of_images(name) => Variable::Unknown(why.clone()),
                _ => Variable::Unset,
            },
        }
    }

    /// The same scope over an environment of which only the important part is known.
    pub fn with_partial(mut self, why: Why) -> Scope {
        self.partial = Some(why);
        self
    }

    /// Expands a word of an instruction's arguments.
    pub fn expand(&self, word: &str) -> Expanded {
        self.expand_as(word, Dialect::arguments(self.globals.escape()))
    }

    /// Expands text in a dialect.
    pub fn expand_as(&self, word: &str, dialect: Dialect) -> Expanded {
        expand(word, dialect, &|name| self.variable(name))
    }

    /// The file's escape character.
    pub fn escape(&self) -> char {
        self.globals.escape()
    }

    /// Takes an ARG.
    pub fn declare(&mut self, arguments: &Mapped) {
        let text = arguments.text();
        let mut declared = Vec::new();
        for pair in arg_pairs(text, self.escape()) {
            let name = &text[pair.name.clone()];
            let value = self.argument(name, &pair, arguments);
            declared.extend(value.map(|value| (name.to_owned(), value)));
        }
        Arc::make_mut(&mut self.values).extend(declared);
    }

    fn argument(&self, name: &str, pair: &Pair, arguments: &Mapped) -> Option<Variable> {
        if let Some(given) = self.globals.given(name) {
            return Some(given);
        }
        if let Some(range) = &pair.value {
            let value = self.expand(&arguments.text()[range.clone()]).text;
            return Some(value.into_variable());
        }
        if let Some(global) = self.globals.values.get(name) {
            return Some(global.clone());
        }
        // An ARG without a value leaves what ENV or the base set.
        match self.variable(name) {
            Variable::Unset => Some(not_given(name, arguments, pair.name.clone())),
            _ => None,
        }
    }

    /// Takes an ENV; what it sets, in order.
    pub fn set(&mut self, arguments: &Mapped) -> Vec<(String, Known<String>)> {
        let text = arguments.text();
        let mut set = Vec::new();
        for pair in env_pairs(text, self.escape()) {
            let name = self.expand(&text[pair.name]).text;
            let Known::Known(name) = name else { continue };
            let value = match pair.value {
                Some(range) => self.expand(&text[range]).text,
                None => Known::Known(String::new()),
            };
            set.push((name, value));
        }
        let values = set.iter().cloned();
        let values = values.map(|(name, value)| (name, value.into_variable()));
        Arc::make_mut(&mut self.values).extend(values);
        set
    }
}

/// A variable's name, not a special parameter such as `$@`: those are never set in a build.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn not_given(name: &str, arguments: &Mapped, range: Range<usize>) -> Variable {
    let span: Span = arguments.span(range);
    let text = format!("the build argument `{name}` has no default");
    Variable::NotGiven(Why::at(text, span))
}

trait IntoVariable {
    fn into_variable(self) -> Variable;
}

impl IntoVariable for Known<String> {
    fn into_variable(self) -> Variable {
        match self {
            Known::Known(value) => Variable::Set(value),
            Known::Unknown(why) => Variable::Unknown(why),
        }
    }
}

/// The platform variables that BuildKit predefines.
fn platform_variables(platform: Option<&str>) -> Vec<(&'static str, Variable)> {
    let unknown = |name: &str| {
        let why = format!("`{name}` depends on the platform; say which with `--platform`");
        Variable::Unknown(Why::new(why))
    };
    let mut variables: Vec<(&str, Variable)> =
        ["BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"]
            .map(|name| (name, unknown(name)))
            .into();
    let target = ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"];
    match platform.and_then(Platform::parse) {
        Some(platform) => {
            let values = [
                platform.full(),
                platform.os,
                platform.architecture,
                platform.variant,
            ];
            variables.extend(target.into_iter().zip(values.map(Variable::Set)));
        }
        None => variables.extend(target.map(|name| (name, unknown(name)))),
    }
    variables
}

/// Whether a variable is of the kind that images set for those who build on them: `CATALINA_HOME`, `PHP_INI_DIR`.
fn is_setting_of_images(name: &str) -> bool {
    ["HOME", "DIR", "ROOT", "PATH", "PREFIX", "VERSION"]
        .iter()
        .any(|ending| name.ends_with(ending))
}
