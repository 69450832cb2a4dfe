//! The view of an image's files: the changes of its stages on top of what its base image has.
//!
//! In: changes, and a ground below them. Out: what stands at a path ([`Files::look_up`]), which
//! names a directory has, where a program is. Reads a file only when it is asked for. What nobody
//! can know is unknown; absent is only what is provably not there.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::base::{Ground, is_program_directory};
use super::change::{Body, Change, Edit, ModeChange, Node, Opaque, Tree, TreeSource};
use super::content::edited;
use super::context::Entry;
use super::{File, Found, path};
use crate::source::{Known, Span, Why};

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
    /// The trees ([`root_of`]) that instructions name.
    trees: Arc<BTreeSet<String>>,
}

/// Changes that are followed; every look-up goes through them.
const MOST_CHANGES: usize = 2_000;
/// Links that are followed, as in Linux.
const MOST_LINKS: usize = 40;
/// Changes that one look-up considers, those of the images copied from included.
const MOST_STEPS: usize = 200_000;
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
        let budget = Budget::new();
        match self.resolve(path, &budget) {
            Ok((path, raw)) => found(path, raw),
            Err(why) => Found::Unknown(why),
        }
    }

    /// Whether a path is unknown only because some command may have written anywhere: nothing names the
    /// tree that it is in, so that nothing speaks for its being there.
    pub fn is_far(&self, path: &str) -> bool {
        let budget = Budget::new();
        matches!(self.resolve(path, &budget), Ok((_, Raw::Unknown(_)))) && budget.far.get()
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

    /// The reference of the base image, if it is one that is known.
    pub fn base_reference(&self) -> Option<&str> {
        self.ground.reference()
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

    /// The files of an image on that ground.
    pub(super) fn on(ground: Ground) -> Files {
        Files {
            ground,
            segments: Arc::default(),
            depth: 0,
            count: 0,
            trees: Arc::default(),
        }
    }

    /// The trees of the absolute paths in a text count as named.
    pub(super) fn name_trees(&mut self, text: &str) {
        let is_separator = |c: char| c.is_whitespace() || "\"'`;&|<>(){}=,:[]!".contains(c);
        let paths = text
            .split(is_separator)
            .filter(|word| word.len() > 1 && word.starts_with('/'));
        let trees = Arc::make_mut(&mut self.trees);
        trees.extend(paths.map(|path| root_of(&path::tidy(path)).to_owned()));
    }

    /// Begins a stage on top of these files.
    pub(super) fn begin_stage(&mut self) {
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
        self.count += 1;
        let change = if self.is_full() {
            let everything = vec!["/".to_owned()];
            Change::Opaque(Box::new(Opaque {
                why: Why::new("the file has too many instructions to follow its files"),
                roots: everything.clone(),
                named: everything,
                deep: true,
                system: true,
                trees: false,
                no_shell: false,
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
        while let Some(part) = rest.pop() {
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

    /// What stands at a path whose parents are no links.
    fn raw(&self, path: &str, budget: &Budget) -> Result<Raw, Why> {
        let mut later = Later::default();
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
                    later.name(path, put);
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
                    let plain = |path: &str| path.strip_prefix("/usr").unwrap_or(path).to_owned();
                    if put == path || (*merged && plain(put) == plain(path)) {
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
                        later.doubt(Why::at(why, origin.clone()));
                    }
                }
                Change::Tree(tree) => {
                    if path::below(&tree.destination, path).is_some() {
                        return Ok(directory());
                    }
                    later.name(path, &tree.destination);
                    if let Some(rest) = path::below(path, &tree.destination) {
                        match tree.entry(rest, budget)? {
                            Raw::Node(Node::Directory, ..) => return Ok(directory()),
                            Raw::Node(node, _, edits) => {
                                later.edits.extend(edits.into_iter().rev());
                                return Ok(later.finish(node, Some(tree.origin.clone())));
                            }
                            Raw::Absent => {}
                            Raw::Unknown(why) => later.doubt(why),
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
                    later.name(path, put);
                    if path::below(path, put).is_some() {
                        later.doubt(why.clone());
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
                        later.edits.push(edit.clone());
                    }
                }
                Change::Opaque(opaque) => later.pass(path, opaque),
            }
        }
        let below = self.ground.node(path);
        Ok(match below {
            Raw::Node(Node::Directory, ..) => directory(),
            Raw::Node(node, span, _) => later.finish(node, span),
            Raw::Absent => self.nothing(path, later, self.ground.owns(path), budget),
            Raw::Unknown(why) => Raw::Unknown(later.unknown.unwrap_or(why)),
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

    fn names(&self, directory: &str, budget: &Budget) -> Result<BTreeSet<String>, Why> {
        let mut names = BTreeSet::new();
        let mut later = Later::default();
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
                Change::Opaque(opaque) => later.pass(&path::join(directory, "?"), opaque),
                _ => {}
            }
            if let Change::Put { path, .. }
            | Change::Unclear { path, .. }
            | Change::Program { path, .. } = change
            {
                later.name(directory, path);
            } else if let Change::Tree(tree) = change {
                later.name(directory, &tree.destination);
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

/// The changes that come after the one that put a file there, newest first.
#[derive(Default)]
struct Later {
    modes: Vec<ModeChange>,
    owner: Option<Option<String>>,
    edits: Vec<Edit>,
    /// Why something else may stand there.
    unknown: Option<Why>,
    /// An opaque command that may have put anything anywhere, if it found the directory.
    suspect: Option<Why>,
    /// Whether the directory was named after the suspect.
    named: bool,
}

impl Later {
    fn doubt(&mut self, why: Why) {
        self.unknown.get_or_insert(why);
    }

    /// Something in the same tree as `path` is named.
    fn name(&mut self, path: &str, named: &str) {
        if path::below(named, root_of(path)).is_none() {
            return;
        }
        match self.suspect.take() {
            // The directory was there before the suspect.
            Some(why) => self.doubt(why),
            None => self.named = true,
        }
    }

    fn pass(&mut self, path: &str, opaque: &Opaque) {
        if opaque.names(path) {
            self.edits.push(Edit::Unknown(opaque.why.clone()));
            self.modes.push(ModeChange::Unknown);
        }
        if opaque.may_touch_closely(path) {
            self.doubt(opaque.why.clone());
        } else if opaque.may_touch(path) {
            self.suspect.get_or_insert_with(|| opaque.why.clone());
        }
    }

    fn finish(mut self, node: Node, origin: Option<Span>) -> Raw {
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
    fn may_touch(&self, path: &str) -> bool {
        if self.no_shell && matches!(path::name(path), "bash" | "dash" | "zsh" | "ksh") {
            return false;
        }
        (self.system && is_system(path))
            || self
                .roots
                .iter()
                .any(|root| path::below(path, root).is_some())
    }

    /// As above, in a place that it is close to: not only because it may write anywhere.
    fn may_touch_closely(&self, path: &str) -> bool {
        let is_close = |root: &String| root != "/" && path::below(path, root).is_some();
        // `/opt/x`, unlike `/usr/bin`, is nobody's before it is named.
        self.may_touch(path)
            && (self.trees
                || (self.system && !is_own_tree(path))
                || self.roots.iter().any(is_close))
    }

    /// Whether it names the path, or works on all in a directory that it is in.
    fn names(&self, path: &str) -> bool {
        let is_named = |named: &String| match path::below(path, named) {
            Some(rest) => rest.is_empty() || self.deep,
            None => false,
        };
        self.named.iter().any(is_named)
    }
}

impl Tree {
    /// What it has at a path relative to its root, as it arrives in the image.
    fn entry(&self, rest: &str, budget: &Budget) -> Result<Raw, Why> {
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

    fn names(&self, rest: &str, budget: &Budget) -> Result<BTreeSet<String>, Why> {
        match &self.source {
            TreeSource::Context(context, root) => {
                let names = context.names(&path::join_relative(root, rest));
                Ok(names.into_iter().collect())
            }
            TreeSource::Image(files, root) => files.names(&path::join(root, rest), budget),
        }
    }
}

/// Counts the changes that a look-up considers.
struct Budget {
    left: Cell<usize>,
    /// Whether the last node is unknown only because of a command that may have written anywhere.
    far: Cell<bool>,
}

impl Budget {
    fn new() -> Budget {
        Budget {
            left: Cell::new(MOST_STEPS),
            far: Cell::new(false),
        }
    }

    fn spend(&self) -> Result<(), Why> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Why::new(
                "the file has too many instructions to follow its files",
            )),
        }
    }
}

/// Directories that every image may have: what is in them can come from anywhere.
const SYSTEM: [&str; 22] = [
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
    "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "nix",
];

/// Whether the path is in a directory that every image may have.
pub(super) fn is_system(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
    SYSTEM.contains(&first)
}

/// Directories that every image has and in which people make their own.
const PARENTS_OF_TREES: [&str; 5] = ["/opt/", "/srv/", "/home/", "/mnt/", "/usr/src/"];

/// Whether a path is in a tree that belongs to somebody: `/app`, `/opt/x`, but not `/usr/bin`.
pub(super) fn is_own_tree(path: &str) -> bool {
    !is_system(path)
        || PARENTS_OF_TREES
            .iter()
            .any(|parent| path.starts_with(parent))
}

/// The directory that says whose a path is: `/app` for `/app/x/y`, but `/opt/x` for `/opt/x/y`,
/// because every image has `/opt`.
pub(super) fn root_of(path: &str) -> &str {
    let parent = PARENTS_OF_TREES
        .iter()
        .find(|parent| path.starts_with(**parent));
    let skip = parent.map_or(1, |parent| parent.len());
    match path.get(skip..).and_then(|rest| rest.find('/')) {
        Some(at) => &path[..skip + at],
        None => path,
    }
}

fn directory() -> Raw {
    Raw::Node(Node::Directory, None, Vec::new())
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
            let content = edited(body.read(), &edits);
            Found::File(File {
                path,
                mode,
                owner,
                content,
                origin,
            })
        }
    }
}
