//! The stages of a Dockerfile: what each starts from, which instructions it runs, and with which
//! variables.
//!
//! In: a [`Dockerfile`] and [`BuildOptions`]. Out: [`Stages`], and [`Scope`] for whoever walks the
//! instructions of a stage. Applies no instruction: that is the image's part.

mod lexer;
mod pattern;
mod scope;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::source::{Known, Span, Why};

pub use lexer::{Dialect, Expanded, Variable, expand};
pub use scope::Scope;
pub use words::words;

use scope::Globals;

/// What the user says about the build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// `--target`: a stage by name or number; the last one if not given.
    pub target: Option<String>,
    /// `--build-arg NAME=VALUE`; without a value it comes from the builder's environment.
    pub build_args: Vec<(String, Option<String>)>,
    /// `--platform`, such as `linux/arm64`.
    pub platform: Option<String>,
}

/// The stages of a file.
#[derive(Debug)]
pub struct Stages<'d> {
    /// The file.
    pub dockerfile: &'d Dockerfile,
    /// The stages in order.
    pub stages: Vec<Stage<'d>>,
    /// The stage that is built: the one that `--target` names, else the last. `None` when there is
    /// no stage, or none of that name.
    pub target: Option<usize>,
    globals: Arc<Globals>,
}

/// One stage.
#[derive(Debug)]
pub struct Stage<'d> {
    /// Its number, from 0.
    pub index: usize,
    /// Its name as written, if it has one.
    pub name: Option<String>,
    /// Its FROM.
    pub from: &'d Instruction,
    /// The reference as written (`${BASE}`, `build`, `debian:12`).
    pub base_as_written: String,
    /// What it starts from.
    pub base: Base,
    /// FROM's own `--platform`, expanded, else the one of the build, if it is given.
    pub platform: Option<Known<String>>,
    own: &'d [Instruction],
}

/// What a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An earlier stage of the file.
    Stage(usize),
    /// `scratch`: nothing.
    Scratch,
    /// An image of that reference.
    Image(Known<String>),
}

/// An instruction that a stage runs.
#[derive(Clone, Copy, Debug)]
pub struct Step<'d> {
    /// The instruction.
    pub instruction: &'d Instruction,
    /// The ONBUILD of the local parent stage that brought it, if one did.
    pub trigger: Option<&'d Instruction>,
}

/// A platform: `os/architecture[/variant]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, `windows`.
    pub os: String,
    /// `amd64`, `arm64`.
    pub architecture: String,
    /// `v7`, or nothing.
    pub variant: String,
}

/// Relates the instructions of a file to each other: which stage starts from what.
///
/// A reference to a later stage or to the stage itself is a base image, as it is for BuildKit, so there are no
/// cycles.
pub fn resolve<'d>(dockerfile: &'d Dockerfile, options: &BuildOptions) -> Stages<'d> {
    let mut globals = Globals::new(options, dockerfile.escape);
    let instructions = &dockerfile.instructions;
    let is_from = |instruction: &Instruction| instruction.keyword == Keyword::From;
    let first = instructions
        .iter()
        .position(is_from)
        .unwrap_or(instructions.len());
    for instruction in &instructions[..first] {
        if instruction.keyword == Keyword::Arg {
            globals.declare(instruction);
        }
    }
    let mut stages: Vec<Stage> = Vec::new();
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut rest = &instructions[first..];
    while let Some((from, after)) = rest.split_first() {
        let length = after.iter().position(is_from).unwrap_or(after.len());
        let (own, next) = after.split_at(length);
        rest = next;
        let mut stage = read_from(dockerfile, from, own, stages.len(), &globals, &names);
        let given = || options.platform.clone().map(Known::Known);
        stage.platform = stage.platform.or_else(given);
        if let Some(name) = &stage.name {
            names.insert(name.to_lowercase(), stage.index);
        }
        stages.push(stage);
    }
    let target = match &options.target {
        None => stages.len().checked_sub(1),
        Some(name) => find(&names, stages.len(), name),
    };
    Stages {
        dockerfile,
        stages,
        target,
        globals: Arc::new(globals),
    }
}

impl<'d> Stages<'d> {
    /// The stage that a name or number means: `--target`, and `COPY --from` in the stage `before`
    /// (only earlier ones count there).
    pub fn find(&self, name: &str, before: usize) -> Option<usize> {
        if let Ok(number) = name.parse::<usize>() {
            return (number < before && number < self.stages.len()).then_some(number);
        }
        let earlier = self.stages.iter().take(before).rev();
        let mut earlier = earlier.filter(|stage| {
            let own = stage.name.as_deref();
            own.is_some_and(|own| own.to_lowercase() == name.to_lowercase())
        });
        earlier.next().map(|stage| stage.index)
    }

    /// The instructions that a stage runs, in order: the ONBUILD triggers of a local parent stage,
    /// then its own. Its own ONBUILDs are among them; they do nothing in this stage.
    pub fn steps(&self, index: usize) -> impl Iterator<Item = Step<'d>> + '_ {
        let stage = &self.stages[index];
        let parent = match stage.base {
            Base::Stage(parent) => self.stages[parent].own,
            _ => &[],
        };
        let triggers = parent.iter().filter_map(|instruction| {
            let nested = instruction.nested.as_deref()?;
            (instruction.keyword == Keyword::Onbuild).then_some(Step {
                instruction: nested,
                trigger: Some(instruction),
            })
        });
        let own = stage.own.iter().map(|instruction| Step {
            instruction,
            trigger: None,
        });
        triggers.chain(own)
    }

    /// The whole FROM of a stage.
    pub fn from_span(&self, index: usize) -> Span {
        self.dockerfile.span(self.stages[index].from.range.clone())
    }
}

impl Stage<'_> {
    /// Whether it is built for Windows.
    pub fn is_for_windows(&self) -> bool {
        let platform = self.platform.as_ref().and_then(Known::value);
        let os = platform.and_then(|platform| platform.split('/').next());
        os.is_some_and(|os| os.eq_ignore_ascii_case("windows"))
    }
}

impl Platform {
    /// Reads `os/architecture[/variant]`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Platform> {
        let mut parts = text.split('/').map(str::to_owned);
        let platform = Platform {
            os: parts.next().filter(|part| !part.is_empty())?,
            architecture: parts.next().filter(|part| !part.is_empty())?,
            variant: parts.next().unwrap_or_default(),
        };
        parts.next().is_none().then_some(platform)
    }

    fn full(&self) -> String {
        let mut text = format!("{}/{}", self.os, self.architecture);
        if !self.variant.is_empty() {
            text.push('/');
            text.push_str(&self.variant);
        }
        text
    }
}

fn read_from<'d>(
    dockerfile: &'d Dockerfile,
    from: &'d Instruction,
    own: &'d [Instruction],
    index: usize,
    globals: &Globals,
    names: &HashMap<String, usize>,
) -> Stage<'d> {
    let text = from.arguments.text();
    let mut words = text.split_whitespace();
    let base_as_written = words.next().unwrap_or_default().to_owned();
    let name = match (words.next(), words.next()) {
        (Some(keyword), Some(name)) if keyword.eq_ignore_ascii_case("as") => Some(name.to_owned()),
        _ => None,
    };
    let here = |why: Why| Why {
        span: why
            .span
            .or_else(|| Some(dockerfile.span(from.range.clone()))),
        ..why
    };
    let base = match globals.expand(&base_as_written).text {
        Known::Known(reference) if reference.is_empty() => {
            let text = format!("`{base_as_written}` gives FROM no image");
            Base::Image(Known::Unknown(here(Why::new(text))))
        }
        Known::Known(reference) => match names.get(&reference.to_lowercase()) {
            Some(stage) => Base::Stage(*stage),
            None if reference == "scratch" => Base::Scratch,
            None => Base::Image(Known::Known(reference)),
        },
        Known::Unknown(why) => Base::Image(Known::Unknown(here(why))),
    };
    let platform = from.flags.iter().find(|flag| flag.name == "platform");
    let platform = platform.and_then(|flag| flag.value.as_ref());
    Stage {
        index,
        name,
        from,
        base_as_written,
        base,
        platform: platform.map(|value| globals.expand(value.text()).text),
        own,
    }
}

fn find(names: &HashMap<String, usize>, count: usize, name: &str) -> Option<usize> {
    match names.get(&name.to_lowercase()) {
        Some(index) => Some(*index),
        None => name.parse().ok().filter(|number| *number < count),
    }
}

#[cfg(test)]
mod tests;
