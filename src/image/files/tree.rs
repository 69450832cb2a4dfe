//! A directory that was merged into the image: what it has.
//!
//! In: paths relative to its root. Out: nodes and names, as they arrive in the image.

use std::collections::BTreeSet;

use super::super::change::{Body, Node, Tree, TreeSource};
use super::super::context::Entry;
use super::super::path;
use super::Raw;
use super::budget::Budget;
use crate::source::Why;

impl Tree {
    /// What it has at a path relative to its root, as it arrives in the image.
    pub(super) fn entry(&self, rest: &str, budget: &Budget) -> Result<Raw, Why> {
        if !rest.is_empty() && self.exclusion.excludes(rest) {
            return Ok(Raw::Absent);
        }
        let raw = match &self.source {
            TreeSource::Context(context, root) => {
                let path = path::join_relative(root, rest);
                let node = match context.entry(&path) {
                    Entry::Missing => {
                        let built = context.may_be_built(&path);
                        return Ok(built.map_or(Raw::Absent, Raw::Unknown));
                    }
                    Entry::Directory => Node::Directory,
                    Entry::Link(target) => Node::Link(target),
                    Entry::File(mode) => Node::File {
                        body: Body::Context(context.clone(), path),
                        mode: Some(mode),
                        owner: None,
                    },
                };
                Raw::Node(node, None, Vec::new())
            }
            TreeSource::Image(files, root) => files.raw(&path::join(root, rest), budget)?,
        };
        Ok(match raw {
            Raw::Node(Node::File { body, mode, .. }, origin, edits) => {
                let mode = match &self.mode {
                    Some(change) => change.apply(mode),
                    None => mode,
                };
                let owner = self.owner.clone();
                Raw::Node(Node::File { body, mode, owner }, origin, edits)
            }
            other => other,
        })
    }

    pub(super) fn names(&self, rest: &str, budget: &Budget) -> Result<BTreeSet<String>, Why> {
        match &self.source {
            TreeSource::Context(context, root) => {
                let names = context.names(&path::join_relative(root, rest));
                Ok(names.into_iter().collect())
            }
            TreeSource::Image(files, root) => files.names(&path::join(root, rest), budget),
        }
    }
}
