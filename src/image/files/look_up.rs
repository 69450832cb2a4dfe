//! What stands at a path: the changes, newest first, then the ground.
//!
//! In: a path whose parents are no links. Out: a node, or that nothing is there, or why nobody knows.

use std::collections::BTreeSet;

use super::super::base::is_program_directory;
use super::super::change::{Body, Change, Edit, Node};
use super::super::path;
use super::budget::Budget;
use super::later::{Later, Place};
use super::trees::root_of;
use super::{Files, Raw};
use crate::source::Why;

impl Files {
    /// The directory on the way to a path that only root may enter: `/root`, which Debian and Alpine make with the
    /// mode 700, unless an instruction may have opened it. (Red Hat lets the group in, and so OpenShift's users.)
    pub fn closed_directory(&self, path: &str) -> Option<&'static str> {
        const HOME: &str = "/root";
        let is_inside = path::below(path, HOME).is_some_and(|rest| !rest.is_empty());
        if !is_inside || !self.ground.closes_home() {
            return None;
        }
        let opens = |change: &Change| match change {
            Change::Mode { at, .. } | Change::Owner { at, .. } => at.means(HOME),
            Change::Opaque(opaque) => opaque.names(HOME),
            Change::Put { path, node, .. } => path == HOME && !matches!(node, Node::Directory),
            Change::Tree(tree) => {
                tree.destination == HOME || path::below(HOME, &tree.destination).is_some()
            }
            _ => false,
        };
        (!self.changes().any(opens)).then_some(HOME)
    }

    /// What stands at a path whose parents are no links.
    pub(super) fn raw(&self, path: &str, budget: &Budget) -> Result<Raw, Why> {
        let mut later = Later::default();
        let place = Place::new(path);
        budget.far.set(false);
        for change in self.changes() {
            budget.spend()?;
            match change {
                Change::Put {
                    path: put,
                    node,
                    origin,
                } => {
                    if put == path {
                        return Ok(later.finish(node.clone(), Some(origin.clone())));
                    }
                    if path::below(put, path).is_some() {
                        return Ok(directory());
                    }
                    later.name(&place, put);
                    if matches!(node, Node::File { .. }) && path::below(path, put).is_some() {
                        return Ok(Raw::Absent);
                    }
                }
                Change::Program {
                    path: put,
                    merged,
                    elsewhere,
                    origin,
                } => {
                    if put == path || (*merged && without_usr(put) == without_usr(path)) {
                        let node = Node::File {
                            body: Body::Binary,
                            mode: Some(0o755),
                            owner: None,
                        };
                        return Ok(later.finish(node, Some(origin.clone())));
                    }
                    if *elsewhere
                        && path::name(put) == path::name(path)
                        && is_program_directory(path::parent(path))
                    {
                        let why = "the package's directory is not known";
                        later.doubt(&Why::at(why, origin.clone()));
                    }
                }
                Change::Tree(tree) => {
                    if path::below(&tree.destination, path).is_some() {
                        return Ok(directory());
                    }
                    later.name(&place, &tree.destination);
                    if let Some(rest) = path::below(path, &tree.destination) {
                        match tree.entry(rest, budget)? {
                            Raw::Node(Node::Directory, ..) => return Ok(directory()),
                            Raw::Node(node, _, edits) => {
                                later.edits.extend(edits.into_iter().rev());
                                return Ok(later.finish(node, Some(tree.origin.clone())));
                            }
                            Raw::Absent => {}
                            Raw::Unknown(why) => later.doubt(&why),
                        }
                    }
                }
                Change::Unclear {
                    path: put,
                    why,
                    origin,
                } => {
                    if put == path {
                        let node = Node::File {
                            body: Body::Unknown(why.clone()),
                            mode: None,
                            owner: None,
                        };
                        return Ok(later.finish(node, Some(origin.clone())));
                    }
                    if path::below(put, path).is_some() {
                        return Ok(directory());
                    }
                    later.name(&place, put);
                    if path::below(path, put).is_some() {
                        later.doubt(why);
                    }
                }
                Change::Remove { at } => {
                    let gone = at.name.is_none() && path::below(path, &at.path).is_some();
                    if gone || at.means(path) {
                        return Ok(self.nothing(path, later, false, budget));
                    }
                }
                Change::Mode { at, mode } => {
                    if at.means(path) {
                        later.modes.push(mode.clone());
                    }
                }
                Change::Owner { at, owner } => {
                    if at.means(path) && later.owner.is_none() {
                        later.owner = Some(owner.clone());
                    }
                }
                Change::Content { at, edit } => {
                    if at.means(path) {
                        if let (Edit::Unknown(why), true) = (edit, at.path == path) {
                            later.edited.get_or_insert_with(|| why.clone());
                        }
                        later.edits.push(edit.clone());
                    }
                }
                Change::Opaque(opaque) => later.pass(&place, opaque),
            }
        }
        let below = self.ground.node(path);
        Ok(match below {
            Raw::Node(Node::Directory, ..) => directory(),
            Raw::Node(node, span, _) => later.finish(node, span),
            Raw::Absent => self.nothing(path, later, self.ground.owns(path), budget),
            Raw::Unknown(why) => match later.edited.clone() {
                Some(why) => {
                    let origin = why.span.clone();
                    let node = Node::File {
                        body: Body::Unknown(why),
                        mode: None,
                        owner: None,
                    };
                    later.finish(node, origin)
                }
                None => Raw::Unknown(later.unknown.unwrap_or(why)),
            },
        })
    }

    /// Nothing was found below. `owned` says that the base image may have the directory.
    fn nothing(&self, path: &str, later: Later, owned: bool, budget: &Budget) -> Raw {
        if let Some(why) = later.unknown {
            return Raw::Unknown(why);
        }
        match later.suspect {
            Some(why) if owned || !later.named => {
                budget
                    .far
                    .set(!owned && !self.trees.contains(root_of(path)));
                Raw::Unknown(why)
            }
            _ => Raw::Absent,
        }
    }

    pub(super) fn names(&self, directory: &str, budget: &Budget) -> Result<BTreeSet<String>, Why> {
        let mut names = BTreeSet::new();
        let mut later = Later::default();
        let any = path::join(directory, "?");
        let (own, any) = (Place::new(directory), Place::new(&any));
        let child = |path: &str| {
            let rest = path::below(path, directory)?;
            let name = rest.split('/').next().filter(|name| !name.is_empty())?;
            Some(name.to_owned())
        };
        for change in self.changes() {
            budget.spend()?;
            match change {
                Change::Put { path, .. }
                | Change::Unclear { path, .. }
                | Change::Program { path, .. } => {
                    if let (Change::Unclear { why, .. }, Some(_)) =
                        (change, path::below(directory, path))
                    {
                        return Err(why.clone());
                    }
                    names.extend(child(path));
                }
                Change::Tree(tree) => {
                    names.extend(child(&tree.destination));
                    if let Some(rest) = path::below(directory, &tree.destination) {
                        names.extend(tree.names(rest, budget)?);
                    }
                }
                Change::Opaque(opaque) => later.pass(&any, opaque),
                _ => {}
            }
            if let Change::Put { path, .. }
            | Change::Unclear { path, .. }
            | Change::Program { path, .. } = change
            {
                later.name(&own, path);
            } else if let Change::Tree(tree) = change {
                later.name(&own, &tree.destination);
            }
        }
        let owned = self.ground.owns(directory);
        if let Raw::Unknown(why) = self.nothing(directory, later, owned, budget) {
            return Err(why);
        }
        // A path that nobody names: whether the base image may have it.
        let probe = path::join(directory, "\u{1}");
        if let Raw::Unknown(why) = self.ground.node(&probe) {
            return Err(why);
        }
        let mut present = BTreeSet::new();
        for name in names {
            match self.raw(&path::join(directory, &name), budget)? {
                Raw::Absent => {}
                Raw::Unknown(why) => return Err(why),
                Raw::Node(..) => {
                    present.insert(name);
                }
            }
        }
        Ok(present)
    }
}

/// The path as it is where `/bin` and the like are links into `/usr`.
fn without_usr(path: &str) -> &str {
    path.strip_prefix("/usr").unwrap_or(path)
}

fn directory() -> Raw {
    Raw::Node(Node::Directory, None, Vec::new())
}
