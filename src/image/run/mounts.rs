//! `RUN --mount=type=bind`: files that are there while the commands run, and no longer.
//!
//! In: the flags of a RUN. Out: what is mounted where. Caches, secrets and the like have no files that are known.

use std::collections::BTreeMap;

use super::super::base::Ground;
use super::super::build::Builder;
use super::super::change::{Body, Change, Node, Tree, TreeSource};
use super::super::context::Entry;
use super::super::files::{Files, Raw};
use super::super::glob::Exclusion;
use super::super::path;
use super::Walker;
use crate::dockerfile::{Instruction, Keyword};
use crate::source::{Known, Span, Why};
use crate::stage::Stages;

/// The stages whose files a RUN mounts.
pub(in crate::image) fn mounted_stages(
    stages: &Stages<'_>,
    index: usize,
    instruction: &Instruction,
) -> Vec<usize> {
    if instruction.keyword != Keyword::Run {
        return Vec::new();
    }
    let mounts = binds(instruction);
    let from = mounts.iter().filter_map(|mount| mount.get("from").copied());
    from.filter_map(|from| stages.find(from, index)).collect()
}

/// What a RUN mounts, by the directory or file where it does.
pub(super) fn mounts(
    builder: &Builder<'_, '_>,
    instruction: &Instruction,
    span: &Span,
) -> Vec<(String, Files)> {
    let mounts = binds(instruction).into_iter();
    let mounts = mounts.filter_map(|mount| {
        let value = |names: &[&str]| -> Option<String> {
            let text = names.iter().find_map(|name| mount.get(name))?;
            builder.expanded(text, span).value().cloned()
        };
        let target = value(&["target", "dst", "destination"])?;
        let Known::Known(target) = builder.absolute(&target) else {
            return None;
        };
        let source = value(&["source", "src"]).unwrap_or_default();
        let source = match mount.get("from") {
            None => TreeSource::Context(builder.context.clone(), path::tidy_relative(&source)),
            Some(from) => {
                let stage = builder.stages.find(from, builder.index)?;
                TreeSource::Image(builder.files_of(stage)?.clone(), path::tidy(&source))
            }
        };
        let file = match &source {
            TreeSource::Context(context, path) => match context.entry(path) {
                Entry::File(mode) => Some(Node::File {
                    body: Body::Context(context.clone(), path.clone()),
                    mode: Some(mode),
                    owner: None,
                }),
                _ => None,
            },
            TreeSource::Image(files, path) => match files.followed(path).1 {
                Raw::Node(node @ Node::File { .. }, ..) => Some(node),
                _ => None,
            },
        };
        let origin = span.clone();
        let is_directory = match &source {
            TreeSource::Context(context, path) => context.entry(path) == Entry::Directory,
            TreeSource::Image(files, path) => {
                matches!(files.followed(path).1, Raw::Node(Node::Directory, ..))
            }
        };
        let mut files = Files::on(Ground::Empty);
        files.push(match file {
            None if !is_directory => Change::Unclear {
                path: target.clone(),
                why: Why::at("what is mounted there is not at hand", span.clone()),
                origin,
            },
            Some(node) => Change::Put {
                path: target.clone(),
                node,
                origin,
            },
            None => Change::Tree(Box::new(Tree {
                destination: target.clone(),
                source,
                exclusion: Exclusion::default(),
                mode: None,
                owner: None,
                origin,
            })),
        });
        Some((target, files))
    });
    mounts.collect()
}

/// The keys and values of the mounts of type `bind`, which is the default.
fn binds(instruction: &Instruction) -> Vec<BTreeMap<&str, &str>> {
    let flags = instruction.flags.iter().filter(|flag| flag.name == "mount");
    let values = flags.filter_map(|flag| flag.value.as_ref());
    let mounts = values.map(|value| {
        let pairs = value.text().split(',');
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect::<BTreeMap<&str, &str>>()
    });
    mounts
        .filter(|mount| mount.get("type").is_none_or(|kind| *kind == "bind"))
        .collect()
}

impl Walker<'_> {
    /// The files that a path is looked up in: those that are mounted over it, or the image's.
    pub(super) fn files_at(&self, path: &str) -> &Files {
        let mounted = self
            .mounts
            .iter()
            .rfind(|(target, _)| path::below(path, target).is_some());
        mounted.map_or(&self.image.files, |(_, files)| files)
    }
}
