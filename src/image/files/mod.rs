//! The view of an image's files: the changes of its stages on top of what its base image has.
//!
//! In: changes, and a ground below them. Out: what stands at a path ([`Files::look_up`]), which
//! names a directory has, where a program is. Reads a file only when it is asked for. What nobody
//! can know is unknown; absent is only what is provably not there.

mod budget;
mod later;
mod look_up;
mod tree;
mod trees;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use super::base::Ground;
use super::change::{Body, Change, Edit, Node, Opaque, TreeSource};
use super::content::edited;
use super::{File, Found, path};
use crate::source::{Known, Mapped, Span, Why};
use budget::Budget;
pub(super) use trees::{is_own_tree, root_of};

/// The files of an image, as far as they are known. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Files {
    ground: Ground,
    /// The changes of the stages, from the first to the last.
    segments: Arc<Vec<Arc<Vec<Change>>>>,
    /// The longest chain of images that this one copies from.
    depth: usize,
    /// How many changes there are.
    count: usize,
    /// What was copied from where to where, one path at a time: a copy of a program is that program.
    copies: Arc<Vec<(String, String)>>,
    /// The trees ([`root_of`]) that instructions name.
    trees: Arc<BTreeSet<String>>,
    /// What was looked up since the last change: a start-up asks for the same programs again and again.
    memory: Arc<Mutex<Memory>>,
}

/// What was looked up.
#[derive(Debug, Default)]
struct Memory {
    /// What stands at paths.
    seen: HashMap<String, Seen>,
    /// Directories, and where their links lead.
    directories: HashMap<String, String>,
    /// What paths are links to or copies of.
    originals: HashMap<String, Option<String>>,
}

/// What stands at a path, its links followed.
#[derive(Clone, Debug)]
struct Seen {
    found: Found,
    /// See [`Files::is_far`].
    is_far: bool,
}

/// Changes that are followed; every look-up goes through them.
const MOST_CHANGES: usize = 2_000;
/// Links that are followed, as in Linux.
const MOST_LINKS: usize = 40;
/// Images that copy from images that copy from images …
pub(super) const DEEPEST_COPY: usize = 32;

/// A node with what is known of its making.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Node(Node, Option<Span>, Vec<Edit>),
    Absent,
    Unknown(Why),
}

impl Files {
    /// What stands at an absolute path; links are followed.
    pub fn look_up(&self, path: &str) -> Found {
        self.see(path).found
    }

    /// Whether a path is unknown only because some command may have written anywhere: nothing names the
    /// tree that it is in, so that nothing speaks for its being there.
    pub fn is_far(&self, path: &str) -> bool {
        self.see(path).is_far
    }

    /// Whether a link stands at a path, wherever it leads.
    pub fn is_link(&self, path: &str) -> bool {
        matches!(self.node(path), Raw::Node(Node::Link(_), ..))
    }

    /// The names in a directory, for globs; unknown when something else may have put files there.
    pub fn list(&self, directory: &str) -> Known<Vec<String>> {
        let budget = Budget::new();
        let directory = match self.resolve(directory, &budget) {
            Ok((path, Raw::Node(Node::Directory, ..))) => path,
            Ok((_, Raw::Unknown(why))) | Err(why) => return Known::Unknown(why),
            Ok(_) => return Known::Known(Vec::new()),
        };
        match self.names(&directory, &budget) {
            Ok(names) => Known::Known(names.into_iter().collect()),
            Err(why) => Known::Unknown(why),
        }
    }

    /// The names that the Dockerfile is known to have put into a directory, whatever else may be there.
    pub fn put_in(&self, directory: &str) -> Vec<String> {
        let budget = Budget::new();
        let mut names = BTreeSet::new();
        for change in self.changes() {
            if budget.spend().is_err() {
                break;
            }
            match change {
                Change::Put { path, .. } => {
                    let rest = path::below(path, directory).unwrap_or_default();
                    names.extend(rest.split('/').next().map(str::to_owned));
                }
                Change::Tree(tree) => {
                    let rest = path::below(&tree.destination, directory).unwrap_or_default();
                    names.extend(rest.split('/').next().map(str::to_owned));
                    if let Some(rest) = path::below(directory, &tree.destination) {
                        names.extend(tree.names(rest, &budget).unwrap_or_default());
                    }
                }
                _ => {}
            }
        }
        let is_there = |name: &String| {
            !name.is_empty() && !matches!(self.look_up(&path::join(directory, name)), Found::Absent)
        };
        names.into_iter().filter(is_there).collect()
    }

    /// The texts that the Dockerfile appends to a file, whatever stood there before.
    pub fn appended_to(&self, path: &str) -> Vec<Mapped> {
        let mut found = Vec::new();
        for change in self.changes() {
            match change {
                Change::Put { path: own, .. } if own == path => found.clear(),
                Change::Content {
                    at,
                    edit: Edit::Append(text),
                } if at.path == path => found.push(text.clone()),
                _ => {}
            }
        }
        found
    }

    /// The reference of the base image, if it is one that is known.
    pub fn base_reference(&self) -> Option<&str> {
        self.ground.reference()
    }

    /// Whether it is known what the image begins with, so that what no instruction writes is as it comes there.
    pub fn has_known_base(&self) -> bool {
        !matches!(self.ground, Ground::Unknown(_))
    }

    /// The program that a name stands for: `name` itself if it has a `/` (relative to the working
    /// directory), else the first in the directories of `path_variable` that is a file.
    pub fn find_program(&self, name: &str, path_variable: &str, working_directory: &str) -> Found {
        if name.contains('/') {
            return self.look_up(&path::join(working_directory, name));
        }
        if name.is_empty() {
            return Found::Absent;
        }
        if name.ends_with(".wasm") {
            // Not an executable of Linux: its runtime has rules of its own.
            return Found::Unknown(Why::new(format!("`{name}` is WebAssembly")));
        }
        let mut unknown = None;
        for directory in path_variable.split(':') {
            let directory = path::join(working_directory, directory);
            match self.look_up(&path::join(&directory, name)) {
                Found::File(file) => return Found::File(file),
                Found::Unknown(why) => {
                    unknown.get_or_insert(why);
                }
                Found::Directory | Found::Absent => {}
            }
        }
        match (self.ground.program(name), unknown) {
            (Some(file), _) => Found::File(file),
            (None, Some(why)) => Found::Unknown(why),
            (None, None) => Found::Absent,
        }
    }

    /// Whether a command that is not followed may have put other programs into the directories of the system.
    pub fn may_bring_tools(&self) -> bool {
        let mut changes = self.changes();
        changes.any(|change| matches!(change, Change::Opaque(opaque) if opaque.system))
    }

    /// Whether an instruction may have put a file of that name into one of the directories.
    pub(super) fn may_have_put(&self, name: &str, directories: &[&str]) -> bool {
        self.changes().any(|change| match change {
            Change::Put { path, .. } => path::name(path) == name,
            Change::Tree(tree) => directories
                .iter()
                .any(|directory| path::below(directory, &tree.destination).is_some()),
            _ => false,
        })
    }

    /// The files of an image on that ground.
    pub(super) fn on(ground: Ground) -> Files {
        Files {
            ground,
            segments: Arc::default(),
            depth: 0,
            count: 0,
            copies: Arc::default(),
            trees: Arc::default(),
            memory: Arc::default(),
        }
    }

    /// What stands at a path, looked up once.
    fn see(&self, path: &str) -> Seen {
        if let Some(seen) = self.memory().seen.get(path) {
            return seen.clone();
        }
        let budget = Budget::new();
        let seen = match self.resolve(path, &budget) {
            Ok((path, raw)) => Seen {
                is_far: matches!(raw, Raw::Unknown(_)) && budget.far.get(),
                found: found(path, raw),
            },
            Err(why) => Seen {
                found: Found::Unknown(why),
                is_far: false,
            },
        };
        self.memory().seen.insert(path.to_owned(), seen.clone());
        seen
    }

    /// What was looked up; it must not be held while something else is.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was looked up until now may be something else from now on.
    fn forget(&mut self) {
        self.memory = Arc::default();
    }

    /// The trees of the absolute paths in a text count as named.
    pub(super) fn name_trees(&mut self, text: &str) {
        let is_separator = |c: char| match c {
            '"' | '\'' | '`' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => true,
            '{' | '}' | '=' | ',' | ':' | '[' | ']' | '!' => true,
            _ => c.is_whitespace(),
        };
        let paths = text
            .split(is_separator)
            .filter(|word| word.len() > 1 && word.starts_with('/'));
        self.forget();
        let trees = Arc::make_mut(&mut self.trees);
        trees.extend(paths.map(|path| root_of(&path::tidy(path)).to_owned()));
    }

    /// Begins a stage on top of these files, or their changes by a start-up.
    pub(crate) fn begin_stage(&mut self) {
        Arc::make_mut(&mut self.segments).push(Arc::default());
    }

    /// Whether so many changes were made that more are not followed.
    pub(super) fn is_full(&self) -> bool {
        self.count > MOST_CHANGES
    }

    /// Adds a change; one too many makes everything unknown.
    pub(super) fn push(&mut self, change: Change) {
        if self.is_full() {
            return;
        }
        self.forget();
        self.count += 1;
        let change = if self.is_full() {
            let everything = vec!["/".to_owned()];
            let why = Why::new("the file has too many instructions to follow its files");
            Change::Opaque(Box::new(Opaque {
                named: everything.clone(),
                deep: true,
                ..Opaque::below(why, everything, true)
            }))
        } else {
            change
        };
        if let Change::Tree(tree) = &change
            && let TreeSource::Image(files, _) = &tree.source
        {
            self.depth = self.depth.max(files.depth + 1);
        }
        let segments = Arc::make_mut(&mut self.segments);
        if segments.is_empty() {
            segments.push(Arc::default());
        }
        if let Some(last) = segments.last_mut() {
            Arc::make_mut(last).push(change);
        }
    }

    /// The changes that were added to other files to become these, the newest first.
    pub(super) fn changes_since(&self, before: &Files) -> impl Iterator<Item = &Change> {
        self.changes().take(self.count.saturating_sub(before.count))
    }

    /// Takes note of a copy.
    pub(super) fn note_copy(&mut self, from: &str, to: &str) {
        if !self.is_full() {
            self.forget();
            Arc::make_mut(&mut self.copies).push((from.to_owned(), to.to_owned()));
        }
    }

    /// The path of which another one is a link or a copy, if it is either.
    pub fn original(&self, path: &str) -> Option<String> {
        if let Some(original) = self.memory().originals.get(path) {
            return original.clone();
        }
        let mut known = self.real_path(path);
        for (from, to) in self.copies.iter().rev() {
            if *to == known {
                known.clone_from(from);
            }
        }
        let original = (known != path).then_some(known);
        let mut memory = self.memory();
        memory.originals.insert(path.to_owned(), original.clone());
        original
    }

    /// Where a path leads when all links are followed, as far as they are known.
    pub(crate) fn real_path(&self, path: &str) -> String {
        self.followed(path).0
    }

    /// How many images deep it copies from others.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The node at a path, the last link not followed, as a source for COPY and `cp`.
    pub(super) fn node(&self, path: &str) -> Raw {
        let budget = Budget::new();
        match self.walk(path, false, &budget) {
            Ok((_, raw)) => raw,
            Err(why) => Raw::Unknown(why),
        }
    }

    /// The path with the links on the way to it followed, as far as they are known.
    pub(super) fn canonical_parent(&self, path: &str) -> String {
        let budget = Budget::new();
        match self.walk(path, false, &budget) {
            Ok((path, _)) => path,
            Err(_) => path.to_owned(),
        }
    }

    /// The path and node with every link followed.
    pub(super) fn followed(&self, path: &str) -> (String, Raw) {
        let budget = Budget::new();
        match self.resolve(path, &budget) {
            Ok(found) => found,
            Err(why) => (path.to_owned(), Raw::Unknown(why)),
        }
    }

    fn resolve(&self, path: &str, budget: &Budget) -> Result<(String, Raw), Why> {
        self.walk(path, true, budget)
    }

    /// Goes from the root to the path, following links.
    fn walk(&self, path: &str, follow_last: bool, budget: &Budget) -> Result<(String, Raw), Why> {
        let mut rest: Vec<String> = parts(path);
        let mut here = String::from("/");
        let mut node = Raw::Node(Node::Directory, None, Vec::new());
        let mut links = 0;
        // Many paths share a directory: the way to it is gone once.
        let mut shared = path.rsplit_once('/');
        shared.take_if(|(_, name)| rest.first().is_none_or(|last| last != name));
        if let Some((parent, _)) = shared
            && let Some(directory) = self.memory().directories.get(parent)
        {
            here.clone_from(directory);
            rest.truncate(1);
        }
        while let Some(part) = rest.pop() {
            if rest.is_empty()
                && let Some((parent, _)) = shared.take()
            {
                let directories = &mut self.memory().directories;
                directories.insert(parent.to_owned(), here.clone());
            }
            if part == ".." {
                here = path::parent(&here).to_owned();
                continue;
            }
            let next = path::join(&here, &part);
            node = self.raw(&next, budget)?;
            match &node {
                Raw::Node(Node::Link(target), ..) if follow_last || !rest.is_empty() => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Why::new(format!("`{path}` goes round in links")));
                    }
                    if target.starts_with('/') {
                        here = String::from("/");
                    }
                    rest.extend(parts(target));
                    node = Raw::Node(Node::Directory, None, Vec::new());
                }
                // A file of which nothing is known may be a directory.
                Raw::Node(Node::File { body, .. }, ..)
                    if !rest.is_empty() && !matches!(body, Body::Unknown(_)) =>
                {
                    return Ok((join_rest(&next, &rest), Raw::Absent));
                }
                // What may stand there is not known, but something further down may be: look on.
                _ => here = next,
            }
        }
        Ok((here, node))
    }

    fn changes(&self) -> impl Iterator<Item = &Change> {
        let segments = self.segments.iter().rev();
        segments.flat_map(|segment| segment.iter().rev())
    }
}

/// The parts of a path, last first; `..` is kept, because it follows links.
fn parts(path: &str) -> Vec<String> {
    let parts = path.rsplit('/').filter(|part| !matches!(*part, "" | "."));
    parts.map(str::to_owned).collect()
}

fn join_rest(here: &str, rest: &[String]) -> String {
    let mut path = here.to_owned();
    for part in rest.iter().rev() {
        path.push('/');
        path.push_str(part);
    }
    path
}

fn found(path: String, raw: Raw) -> Found {
    match raw {
        Raw::Absent => Found::Absent,
        Raw::Unknown(why) => Found::Unknown(why),
        Raw::Node(Node::Directory, ..) => Found::Directory,
        // Every link was followed, so its target is gone.
        Raw::Node(Node::Link(_), ..) => Found::Absent,
        Raw::Node(Node::File { body, mode, owner }, origin, edits) => {
            let first = body.read();
            let was_script =
                matches!(&first, super::Content::Text(text) if text.text().starts_with("#!"));
            let content = edited(first, &edits);
            Found::File(File {
                path,
                mode,
                owner,
                content,
                was_script,
                origin,
            })
        }
    }
}
