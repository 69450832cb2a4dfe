//! What the changes after the one that put a file there did to it.
//!
//! In: changes, newest first. Out: the file as it is at the end, or doubts about what stands there.

use super::super::change::{Edit, ModeChange, Node, Opaque};
use super::super::path;
use super::Raw;
use super::trees::{is_own_tree, is_system, root_of};
use crate::source::{Span, Why};

/// A path that is looked up, and whose it is: asked for each change.
pub(super) struct Place<'p> {
    path: &'p str,
    root: &'p str,
    is_system: bool,
    is_own_tree: bool,
}

impl<'p> Place<'p> {
    pub(super) fn new(path: &'p str) -> Place<'p> {
        Place {
            path,
            root: root_of(path),
            is_system: is_system(path),
            is_own_tree: is_own_tree(path),
        }
    }
}

/// The changes that come after the one that put a file there, newest first.
#[derive(Default)]
pub(super) struct Later {
    pub(super) modes: Vec<ModeChange>,
    pub(super) owner: Option<Option<String>>,
    pub(super) edits: Vec<Edit>,
    /// A command that edits the very file, which thus is there, and what it makes of it is not known.
    pub(super) edited: Option<Why>,
    /// Why something else may stand there.
    pub(super) unknown: Option<Why>,
    /// An opaque command that may have put anything anywhere, if it found the directory.
    pub(super) suspect: Option<Why>,
    /// Whether the directory was named after the suspect.
    pub(super) named: bool,
}

impl Later {
    pub(super) fn doubt(&mut self, why: &Why) {
        if self.unknown.is_none() {
            self.unknown = Some(why.clone());
        }
    }

    /// Something in the same tree as the place is named.
    pub(super) fn name(&mut self, place: &Place, named: &str) {
        if path::below(named, place.root).is_none() {
            return;
        }
        match self.suspect.take() {
            // The directory was there before the suspect.
            Some(why) => self.doubt(&why),
            None => self.named = true,
        }
    }

    pub(super) fn pass(&mut self, place: &Place, opaque: &Opaque) {
        if opaque.names(place.path) {
            self.edits.push(Edit::Unknown(opaque.why.clone()));
            self.modes.push(ModeChange::Unknown);
        }
        if !opaque.may_touch(place) {
            return;
        }
        if opaque.is_close(place) {
            self.doubt(&opaque.why);
        } else {
            self.suspect.get_or_insert_with(|| opaque.why.clone());
        }
    }

    pub(super) fn finish(mut self, node: Node, origin: Option<Span>) -> Raw {
        let Node::File {
            body,
            mut mode,
            owner,
        } = node
        else {
            return Raw::Node(node, origin, Vec::new());
        };
        for change in self.modes.iter().rev() {
            mode = change.apply(mode);
        }
        self.edits.reverse();
        let owner = self.owner.unwrap_or(owner);
        Raw::Node(Node::File { body, mode, owner }, origin, self.edits)
    }
}

impl Opaque {
    /// Whether something may have come into being at the path.
    fn may_touch(&self, place: &Place) -> bool {
        let path = place.path;
        if self.no_shell && matches!(path::name(path), "bash" | "dash" | "zsh" | "ksh") {
            return false;
        }
        (self.system && place.is_system)
            || self
                .roots
                .iter()
                .any(|root| path::below(path, root).is_some())
    }

    /// Whether a place that it may touch is one that it is close to: not only because it may write anywhere.
    fn is_close(&self, place: &Place) -> bool {
        let is_close = |root: &String| root != "/" && path::below(place.path, root).is_some();
        // `/opt/x`, unlike `/usr/bin`, is nobody's before it is named.
        self.trees || (self.system && !place.is_own_tree) || self.roots.iter().any(is_close)
    }

    /// Whether it names the path, or works on all in a directory that it is in.
    pub(super) fn names(&self, path: &str) -> bool {
        let is_named = |named: &String| match path::below(path, named) {
            Some(rest) => rest.is_empty() || self.deep,
            None => false,
        };
        let relative = path.trim_start_matches('/');
        self.named.iter().any(is_named) || self.endings.iter().any(|end| end.matches(relative))
    }
}
