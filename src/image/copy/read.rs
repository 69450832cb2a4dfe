//! The words and flags of a COPY or ADD.
//!
//! In: the instruction, and what its variables are. Out: sources, wishes, and where the sources come from.

use super::super::base::Ground;
use super::super::build::Builder;
use super::super::change::ModeChange;
use super::super::files::Files;
use super::super::glob::Exclusion;
use crate::dockerfile::{Form, Heredoc, Instruction};
use crate::source::{Known, Mapped, Span, Why};
use crate::stage::words;

/// Where the sources come from.
pub(super) enum Origin {
    Context,
    Image(Files),
    /// An image of which nothing is known.
    Unknown(Why),
}

/// A source of the instruction.
pub(super) enum Source<'i> {
    Path(String),
    Heredoc(&'i Heredoc),
    Unknown(Why),
}

/// What the instruction asks for beside its paths.
pub(super) struct Wishes {
    pub(super) mode: Option<ModeChange>,
    pub(super) owner: Option<String>,
    pub(super) exclusion: Exclusion,
    /// `--parents`: the directories of the source are kept.
    pub(super) parents: bool,
}

/// The sources and, last, the destination, expanded.
pub(super) fn read_words<'i>(
    builder: &Builder<'_, '_>,
    instruction: &'i Instruction,
    span: &Span,
) -> Vec<Source<'i>> {
    let text = instruction.arguments.text();
    let expanded = |word: &str| match builder.expanded(word, span) {
        Known::Known(text) => Source::Path(text),
        Known::Unknown(why) => Source::Unknown(why),
    };
    if let Form::Exec(words) = &instruction.form {
        return words.iter().map(|word| expanded(word.text())).collect();
    }
    let words = words(text, builder.scope.escape()).into_iter();
    let words = words.map(|range| {
        let mut heredocs = instruction.heredocs.iter();
        match heredocs.find(|heredoc| heredoc.marker.start == range.start) {
            Some(heredoc) => Source::Heredoc(heredoc),
            None => expanded(&text[range]),
        }
    });
    words.collect()
}

pub(super) fn read_wishes(
    builder: &Builder<'_, '_>,
    instruction: &Instruction,
    span: &Span,
) -> Wishes {
    let value =
        |name: &str| flag(instruction, name).map(|value| builder.expanded(value.text(), span));
    let excludes = instruction
        .flags
        .iter()
        .filter(|flag| flag.name == "exclude");
    let excludes = excludes
        .filter_map(|flag| flag.value.as_ref())
        .map(Mapped::text);
    let is_set = |name: &str| {
        let mut flags = instruction.flags.iter();
        flags.any(|flag| {
            flag.name == name
                && flag
                    .value
                    .as_ref()
                    .is_none_or(|value| value.text() != "false")
        })
    };
    Wishes {
        mode: value("chmod").map(|value| match value {
            Known::Known(text) => ModeChange::read(&text),
            Known::Unknown(_) => ModeChange::Unknown,
        }),
        owner: match value("chown") {
            None => Some("root".to_owned()),
            Some(value) => value.value().cloned(),
        },
        exclusion: Exclusion::of(excludes),
        parents: is_set("parents"),
    }
}

pub(super) fn read_origin(
    builder: &Builder<'_, '_>,
    instruction: &Instruction,
    span: &Span,
) -> Origin {
    let Some(from) = flag(instruction, "from") else {
        return Origin::Context;
    };
    if let Some(stage) = builder.stages.find(from.text(), builder.index) {
        return match builder.files_of(stage) {
            Some(files) => Origin::Image(files.clone()),
            None => Origin::Unknown(Why::at(
                "the stage it copies from is not known",
                span.clone(),
            )),
        };
    }
    match builder.expanded(from.text(), span) {
        Known::Known(reference) => match Ground::of(&reference, span) {
            Ground::Unknown(_) => {
                let why = format!("the files of the image `{reference}` are not known");
                Origin::Unknown(Why::at(why, span.clone()))
            }
            ground => Origin::Image(Files::on(ground)),
        },
        Known::Unknown(why) => Origin::Unknown(why),
    }
}

pub(super) fn flag<'i>(instruction: &'i Instruction, name: &str) -> Option<&'i Mapped> {
    let mut flags = instruction.flags.iter().filter(|flag| flag.name == name);
    flags.next().and_then(|flag| flag.value.as_ref())
}
