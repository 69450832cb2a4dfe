//! From the stages of a file to the image of one of them.
//!
//! In: [`Stages`], a stage's number, a [`Context`], and perhaps the base image's configuration. Out: an
//! [`Image`]. Applies the instructions in order; COPY, ADD and RUN have rooms of their own.

mod command;
mod needed;
mod start;

use std::collections::HashMap;

use super::base::{BaseSettings, Ground};
use super::change::{Change, Node, Opaque};
use super::context::Context;
use super::files::Raw;
use super::{Files, Image, Origin, Overridden, Setting, copy, path, run};
use crate::dockerfile::{Form, Instruction, Keyword};
use crate::knowledge;
use crate::source::{Known, Mapped, Span, Why};
use crate::stage::{Base, Scope, Stages, Step};
use needed::{needed_stages, root_stage};
use start::{set_stop_signal, start};

/// The image of a stage.
///
/// Builds the stages that it needs (those it starts from or copies from), never the others. `base_config` stands
/// for the configuration of the image that the chain of stages starts from; the tables of
/// [`knowledge`] are asked without it.
pub fn build(
    stages: &Stages<'_>,
    target: usize,
    context: &Context,
    base_config: Option<&BaseSettings>,
) -> Image {
    let needed = needed_stages(stages, target);
    let root = root_stage(stages, target);
    let mut built: HashMap<usize, (Image, Scope)> = HashMap::new();
    for index in needed {
        let config = base_config.filter(|_| index == root);
        let image = build_stage(stages, index, context, config, &built);
        built.insert(index, image);
    }
    match built.remove(&target) {
        Some((image, _)) => image,
        // Too many stages, or no such stage.
        None => {
            let why = Why::new("the file has too many stages that need each other");
            let span = Span::new(&stages.dockerfile.source, 0..0);
            start(stages, None, &Origin::Default, &span, Err(why)).0
        }
    }
}

/// A stage while its instructions are applied.
pub(super) struct Builder<'a, 'd> {
    pub(super) stages: &'a Stages<'d>,
    pub(super) index: usize,
    pub(super) context: &'a Context,
    pub(super) image: Image,
    pub(super) scope: Scope,
    built: &'a HashMap<usize, (Image, Scope)>,
    /// Whether this stage has set a CMD: its own ENTRYPOINT keeps it.
    cmd_is_set: bool,
}

fn build_stage(
    stages: &Stages<'_>,
    index: usize,
    context: &Context,
    config: Option<&BaseSettings>,
    built: &HashMap<usize, (Image, Scope)>,
) -> (Image, Scope) {
    let stage = &stages.stages[index];
    let span = stages.from_span(index);
    let (mut image, scope) = match &stage.base {
        Base::Stage(parent) => match built.get(parent) {
            Some((image, scope)) => {
                let mut image = image.clone();
                image.overridden.clear();
                image.files.begin_stage();
                (image, scope.clone())
            }
            None => unreachable_parent(stages, &span),
        },
        Base::Scratch => start(
            stages,
            Some(&BaseSettings::default()),
            &Origin::Default,
            &span,
            Ok(Ground::Empty),
        ),
        Base::Image(Known::Known(reference)) => {
            let origin = Origin::Base(reference.clone(), span.clone());
            let known = knowledge::base_image(reference).map(BaseSettings::known);
            let settings = config.or(known.as_ref());
            start(
                stages,
                settings,
                &origin,
                &span,
                Ok(Ground::of(reference, &span)),
            )
        }
        Base::Image(Known::Unknown(why)) => {
            let origin = Origin::Base(stage.base_as_written.clone(), span.clone());
            start(stages, config, &origin, &span, Err(why.clone()))
        }
    };
    if stage.is_for_windows() && !matches!(stage.base, Base::Scratch) {
        image.windows.get_or_insert(span);
    }
    let mut builder = Builder {
        stages,
        index,
        context,
        image,
        scope,
        built,
        cmd_is_set: false,
    };
    for step in stages.steps(index) {
        builder.name_trees(step.instruction);
        builder.apply(step);
    }
    builder.reconsider_sh();
    (builder.image, builder.scope)
}

/// A parent is always built before its children; if not, nothing is known.
fn unreachable_parent(stages: &Stages<'_>, span: &Span) -> (Image, Scope) {
    let why = Why::at("the stage that it starts from is not known", span.clone());
    start(stages, None, &Origin::Default, span, Err(why))
}

impl<'d> Builder<'_, 'd> {
    fn apply(&mut self, step: Step<'d>) {
        let instruction = step.instruction;
        let arguments = &instruction.arguments;
        let span = self.span(instruction);
        let origin = Origin::Instruction(span.clone());
        match instruction.keyword {
            Keyword::Arg => self.scope.declare(arguments),
            Keyword::Env => {
                for (name, value) in self.scope.set(arguments) {
                    let origin = origin.clone();
                    self.image
                        .environment
                        .insert(name, Setting { value, origin });
                }
            }
            Keyword::Shell => self.set_shell(instruction, span),
            Keyword::Stopsignal => match self.scope.expand(arguments.text()).text {
                Known::Known(text) => set_stop_signal(&mut self.image, text.trim(), origin),
                Known::Unknown(why) => {
                    let value = Known::Unknown(at(why, &span));
                    self.image.stop_signal = Setting { value, origin };
                    self.image.stop_signal_problem = None;
                }
            },
            Keyword::User => {
                let value = self.expanded(arguments.text(), &span);
                self.image.user = Setting { value, origin };
            }
            Keyword::Workdir => self.set_working_directory(instruction, span),
            Keyword::Entrypoint => self.set_entrypoint(instruction, span),
            Keyword::Cmd => {
                let command = self.command(instruction);
                if let (true, Origin::Instruction(old)) = (self.cmd_is_set, &self.image.cmd.origin)
                {
                    let (old, by) = (old.clone(), span.clone());
                    self.image.overridden.push(Overridden {
                        entrypoint: false,
                        span: old,
                        by,
                    });
                }
                self.cmd_is_set = true;
                self.image.dropped_cmd = None;
                self.image.cmd = Setting {
                    value: Known::Known(command),
                    origin,
                };
            }
            Keyword::Copy | Keyword::Add | Keyword::Run if self.image.files.is_full() => {}
            Keyword::Copy | Keyword::Add => copy::copy(self, instruction, &span),
            Keyword::Run => run::run(self, instruction, &span),
            Keyword::Volume => self.add_volume(instruction, &span),
            Keyword::Expose
            | Keyword::From
            | Keyword::Healthcheck
            | Keyword::Label
            | Keyword::Maintainer
            | Keyword::Onbuild
            | Keyword::Unknown => {}
        }
    }

    /// Remembers which trees the instructions are about. What is only started, tested or said there need not
    /// be there.
    fn name_trees(&mut self, instruction: &Instruction) {
        match instruction.keyword {
            Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Healthcheck
            | Keyword::Label
            | Keyword::Maintainer
            | Keyword::Onbuild
            | Keyword::Expose
            | Keyword::From => {}
            _ => {
                self.image.files.name_trees(instruction.arguments.text());
                for heredoc in &instruction.heredocs {
                    self.image.files.name_trees(heredoc.body.text());
                }
            }
        }
    }

    /// An image without a shell may have been given one.
    fn reconsider_sh(&mut self) {
        if self.image.sh != Known::Known(None) {
            return;
        }
        let why = match self.image.files.node("/bin/sh") {
            Raw::Absent => return,
            Raw::Unknown(why) => why,
            Raw::Node(_, origin, _) => Why {
                text: "a shell was put into an image that has none".to_owned(),
                span: origin,
            },
        };
        self.image.sh = Known::Unknown(why);
    }

    fn set_shell(&mut self, instruction: &Instruction, span: Span) {
        let Form::Exec(words) = &instruction.form else {
            // BuildKit refuses it.
            return;
        };
        let shell = words.first().map(|word| word.text().to_ascii_lowercase());
        let shell = shell.unwrap_or_default();
        let shell = shell.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_windows = matches!(shell.trim_end_matches(".exe"), "cmd" | "powershell");
        if is_windows {
            self.image.windows = Some(span.clone());
        }
        self.image.shell = Setting {
            value: Known::Known(words.clone()),
            origin: Origin::Instruction(span),
        };
    }

    fn set_working_directory(&mut self, instruction: &Instruction, span: Span) {
        let value = match self.expanded(instruction.arguments.text(), &span) {
            Known::Known(text) => self.absolute(&text),
            unknown => unknown,
        };
        if let Known::Known(directory) = &value
            && !self.image.files.is_full()
        {
            let path = self.image.files.canonical_parent(directory);
            self.image.files.push(Change::Put {
                path,
                node: Node::Directory,
                origin: span.clone(),
            });
        }
        self.image.working_directory = Setting {
            value,
            origin: Origin::Instruction(span),
        };
    }

    /// What is mounted over a volume at run time is not known.
    fn add_volume(&mut self, instruction: &Instruction, span: &Span) {
        let text = instruction.arguments.text();
        let words: Vec<&str> = match &instruction.form {
            Form::Exec(words) => words.iter().map(Mapped::text).collect(),
            Form::Shell => text.split_whitespace().collect(),
        };
        let paths = words.iter().map(|word| self.expanded(word, span));
        let paths = paths.filter_map(|path| self.absolute(path.value()?).value().cloned());
        let roots = paths.collect();
        let why = Why::at("a volume may be mounted there", span.clone());
        let change = Opaque::below(why, roots, false);
        self.image.files.push(Change::Opaque(Box::new(change)));
    }

    pub(super) fn span(&self, instruction: &Instruction) -> Span {
        self.stages.dockerfile.span(instruction.range.clone())
    }

    /// Expanded text; if it is not known, the reason has a place.
    pub(super) fn expanded(&self, text: &str, span: &Span) -> Known<String> {
        match self.scope.expand(text).text {
            Known::Known(text) => Known::Known(text),
            Known::Unknown(why) => Known::Unknown(at(why, span)),
        }
    }

    /// An absolute path from one that may be relative to the working directory.
    pub(super) fn absolute(&self, text: &str) -> Known<String> {
        let is_windows_path = text.as_bytes().get(1) == Some(&b':') || text.contains('\\');
        if is_windows_path && self.image.windows.is_some() {
            return Known::Known(text.to_owned());
        }
        if text.starts_with('/') {
            return Known::Known(path::tidy(text));
        }
        let directory = self.image.working_directory.value.clone();
        directory.map(|directory| path::join(&directory, text))
    }

    /// The files of another stage.
    pub(super) fn files_of(&self, stage: usize) -> Option<&Files> {
        self.built.get(&stage).map(|(image, _)| &image.files)
    }
}

/// The reason with a place, if it has none yet.
fn at(why: Why, span: &Span) -> Why {
    Why {
        span: why.span.or_else(|| Some(span.clone())),
        ..why
    }
}
