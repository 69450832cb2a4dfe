//! The build context: the directory whose files COPY and ADD may take.
//!
//! In: a disk and a directory, given or found. Out: what stands at paths inside it, and texts read on
//! demand. Nothing outside it is read: a link that leads out is not followed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Content;
use super::glob::{Exclusion, Glob};
use super::path;
use crate::dockerfile::{Form, Instruction, Keyword};
use crate::source::{Disk, FileKind, Mapped, ReadError, Source, Why};
use crate::stage::{Stages, words};

/// A build context. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    place: Result<Arc<Place>, Why>,
}

struct Place {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    shown: String,
    /// The directory without links, once that is needed.
    canonical: OnceLock<Option<PathBuf>>,
    choice: Choice,
    ignore: Exclusion,
    /// What git leaves out: such files may be built before the image is.
    git_ignore: Exclusion,
    /// See [`Context::is_bare`], found out once.
    is_bare: OnceLock<bool>,
    /// Whether paths are directories and no links: files share the way to them.
    directories: Mutex<HashMap<String, bool>>,
}

/// How a context was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The user named it.
    Given,
    /// It is the Dockerfile's folder.
    Folder,
    /// It is the nearest parent of that folder in which the sources of COPY exist.
    Parent,
}

/// What stands at a path of the context, a link not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file with its permission bits.
    File(u32),
    Directory,
    /// A link and its target as written.
    Link(String),
    Missing,
}

/// How many parents of the Dockerfile's folder are considered.
const MOST_PARENTS: usize = 16;

impl Context {
    /// No context: a Dockerfile from standard input.
    pub fn none(why: Why) -> Context {
        Context { place: Err(why) }
    }

    /// The context in a directory that the user named. `dockerfile` is the file's path, for
    /// `<Dockerfile>.dockerignore`.
    pub fn open(disk: Arc<dyn Disk>, directory: &Path, dockerfile: &Path) -> Context {
        Context::at(disk, directory, dockerfile, Choice::Given)
    }

    /// The Dockerfile's folder, or the nearest parent from which more of its COPY sources exist. Goes up
    /// to `root`, or without one to the folder that holds `.git`, and not at all if there is none.
    pub fn find(
        disk: Arc<dyn Disk>,
        dockerfile: &Path,
        stages: &Stages<'_>,
        root: Option<&Path>,
    ) -> Context {
        let folder = dockerfile.parent().unwrap_or(Path::new("")).to_owned();
        let sources = constant_sources(stages);
        let count = |directory: &Path| {
            let exists = |source: &&String| disk.entry(&at(directory).join(source)).is_some();
            sources.iter().filter(exists).count()
        };
        let mut best = (count(&folder), folder.clone(), Choice::Folder);
        let further = match best.0 == sources.len() {
            true => Vec::new(),
            false => parents(&*disk, &folder, root),
        };
        for parent in further {
            if best.0 == sources.len() {
                break;
            }
            // `COPY server /bin/server` in `server/Dockerfile` more likely means a program that is yet to be
            // built than the Dockerfile's own folder, unless something else speaks for this parent.
            let is_own = |source: &&String| {
                folder
                    .strip_prefix(&parent)
                    .is_ok_and(|own| own == Path::new(source.as_str()))
                    && !source.contains('/')
            };
            let own = sources.iter().filter(is_own).count();
            let found = count(&parent);
            // Some name of a big tree is always found somewhere above: most of them have to be.
            if found > best.0 && found > own && found * 2 > sources.len() {
                best = (found, parent, Choice::Parent);
            }
        }
        Context::at(disk, &best.1, dockerfile, best.2)
    }

    fn at(disk: Arc<dyn Disk>, directory: &Path, dockerfile: &Path, choice: Choice) -> Context {
        let shown = directory.to_string_lossy().replace('\\', "/");
        let kind = disk.entry(&at(directory)).map(|entry| entry.kind);
        if kind != Some(FileKind::Directory) && disk.canonical(&at(directory)).is_none() {
            let why = format!("the build context `{shown}` cannot be read");
            return Context::none(Why::new(why));
        }
        let mut own = dockerfile.as_os_str().to_owned();
        own.push(".dockerignore");
        let text = disk.read(Path::new(&own));
        let text = text.or_else(|_| disk.read(&at(directory).join(".dockerignore")));
        let ignore = match text {
            Ok(bytes) => Exclusion::read(&String::from_utf8_lossy(&bytes)),
            Err(_) => Exclusion::default(),
        };
        let git_ignore = match disk.read(&at(directory).join(".gitignore")) {
            Ok(bytes) => git_patterns(&String::from_utf8_lossy(&bytes)),
            Err(_) => Exclusion::default(),
        };
        Context {
            place: Ok(Arc::new(Place {
                disk,
                directory: directory.to_owned(),
                shown,
                canonical: OnceLock::new(),
                choice,
                ignore,
                git_ignore,
                is_bare: OnceLock::new(),
                directories: Mutex::default(),
            })),
        }
    }

    /// The directory as the user would write it, and how it was chosen; `None` without a context.
    pub fn directory(&self) -> Option<(&str, Choice)> {
        let place = self.place.as_ref().ok()?;
        let shown = if place.shown.is_empty() {
            "."
        } else {
            &place.shown
        };
        Some((shown, place.choice))
    }

    /// Why there is no context.
    pub(super) fn missing(&self) -> Option<&Why> {
        self.place.as_ref().err()
    }

    /// What stands at a tidy path relative to the context; no part of it is followed if it is a
    /// link. What `.dockerignore` leaves out is missing.
    pub(super) fn entry(&self, relative: &str) -> Entry {
        let Ok(place) = &self.place else {
            return Entry::Missing;
        };
        let mut directories = relative.match_indices('/').map(|(end, _)| &relative[..end]);
        if !directories.all(|directory| place.is_directory(directory)) {
            return Entry::Missing;
        }
        let Some(entry) = place.disk.entry(&place.path(relative)) else {
            return Entry::Missing;
        };
        // An ignored directory may hold files that an exception brings back.
        let ignored = !relative.is_empty() && place.ignore.excludes(relative);
        match entry.kind {
            FileKind::Directory => Entry::Directory,
            _ if ignored => Entry::Missing,
            FileKind::File => Entry::File(entry.mode),
            FileKind::Link => match place.disk.link_target(&place.path(relative)) {
                Some(target) => Entry::Link(target.to_string_lossy().replace('\\', "/")),
                None => Entry::Missing,
            },
            FileKind::Special => Entry::Missing,
        }
    }

    /// Why something that is not in the context may be there when the image is built: git ignores it,
    /// as it does what a build makes.
    pub(super) fn may_be_built(&self, relative: &str) -> Option<Why> {
        let place = self.place.as_ref().ok()?;
        if place.choice != Choice::Given && *place.is_bare.get_or_init(|| self.is_bare()) {
            let text = format!("`{relative}` is not at hand: there is only the Dockerfile");
            return Some(Why::new(text));
        }
        let is_candidate = !relative.is_empty()
            && place.git_ignore.excludes(relative)
            && !place.ignore.excludes(relative);
        is_candidate.then(|| {
            let text = format!("git ignores `{relative}`: it may be built before the image is");
            Why::new(text)
        })
    }

    /// Whether the context has nothing to copy: a Dockerfile that lies alone was taken from somewhere else.
    fn is_bare(&self) -> bool {
        self.names("").iter().all(|name| {
            let name = name.to_ascii_lowercase();
            name.contains("dockerfile") || name.contains("containerfile") || name.starts_with('.')
        })
    }

    /// The path that a source of COPY leads to, its links followed: `None` when it is missing, or
    /// leads out of the context.
    pub(super) fn follow(&self, relative: &str) -> Option<String> {
        if self.entry(relative) != Entry::Missing && !matches!(self.entry(relative), Entry::Link(_))
        {
            return Some(relative.to_owned());
        }
        let place = self.place.as_ref().ok()?;
        let canonical = place.disk.canonical(&place.path(relative))?;
        let own = || place.disk.canonical(&at(&place.directory));
        let own = place.canonical.get_or_init(own).as_ref()?;
        let inside = canonical.strip_prefix(own).ok()?;
        let inside = inside.to_str()?.replace('\\', "/");
        (self.entry(&inside) != Entry::Missing).then_some(inside)
    }

    /// The names in a directory.
    pub(super) fn names(&self, relative: &str) -> Vec<String> {
        match &self.place {
            Ok(place) => place.disk.list(&place.path(relative)),
            Err(_) => Vec::new(),
        }
    }

    /// The paths that a pattern of COPY matches, sorted.
    pub(super) fn matching(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let glob = Glob::new(part);
            let constant = Glob::is_constant(part);
            let mut next = Vec::new();
            for directory in &found {
                if constant {
                    next.push(path::join_relative(directory, part));
                } else {
                    let names = self.names(directory).into_iter();
                    let names = names.filter(|name| glob.matches(name));
                    next.extend(names.map(|name| path::join_relative(directory, &name)));
                }
            }
            next.retain(|path| self.entry(path) != Entry::Missing);
            found = next;
        }
        found
    }

    /// The content of a file.
    pub(super) fn content(&self, relative: &str) -> Content {
        let place = match &self.place {
            Ok(place) => place,
            Err(why) => return Content::Unknown(why.clone()),
        };
        if !matches!(self.entry(relative), Entry::File(_)) {
            return Content::Unknown(Why::new(format!(
                "`{relative}` is not in the build context"
            )));
        }
        let shown = place.shown_path(relative);
        match place.disk.read(&place.path(relative)) {
            Ok(bytes) => content_of(&shown, bytes),
            // Nothing that people write is that large.
            Err(ReadError::TooLarge(_)) => Content::Binary,
            Err(error) => Content::Unknown(Why::new(format!("`{shown}` cannot be read: {error}"))),
        }
    }
}

impl Place {
    fn path(&self, relative: &str) -> PathBuf {
        let directory = at(&self.directory);
        if relative.is_empty() {
            directory
        } else {
            directory.join(relative)
        }
    }

    /// Whether a directory stands at the path, and no link.
    fn is_directory(&self, relative: &str) -> bool {
        let known = self.directories.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(is_directory) = known.get(relative) {
            return *is_directory;
        }
        let entry = self.disk.entry(&self.path(relative));
        let is_directory = entry.is_some_and(|entry| entry.kind == FileKind::Directory);
        known.insert(relative.to_owned(), is_directory);
        is_directory
    }

    fn shown_path(&self, relative: &str) -> String {
        match self.shown.trim_end_matches('/') {
            "" if self.shown.starts_with('/') => format!("/{relative}"),
            "" | "." => relative.to_owned(),
            shown => format!("{shown}/{relative}"),
        }
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({:?})", self.directory())
    }
}

/// What bytes are: a program or picture, or text.
fn content_of(shown: &str, bytes: Vec<u8>) -> Content {
    if bytes.contains(&0) || bytes.starts_with(b"\x7fELF") {
        return Content::Binary;
    }
    Content::Text(Mapped::whole(&Source::from_bytes(shown, bytes)))
}

/// The patterns of a `.gitignore`, as those of moby: without a slash inside, they hold at any depth.
fn git_patterns(text: &str) -> Exclusion {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let patterns: Vec<String> = lines
        .map(|line| {
            let (except, pattern) = match line.strip_prefix('!') {
                Some(rest) => ("!", rest),
                None => ("", line),
            };
            let is_anchored = pattern.trim_end().trim_end_matches('/').contains('/');
            let depth = if is_anchored || pattern.trim().is_empty() {
                ""
            } else {
                "**/"
            };
            format!("{except}{depth}{pattern}")
        })
        .collect();
    Exclusion::of(patterns.iter().map(String::as_str))
}

/// A directory as the disk takes it.
fn at(directory: &Path) -> PathBuf {
    if directory.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        directory.to_owned()
    }
}

/// The parents of a folder as the user would write them, nearest first, up to the root.
fn parents(disk: &dyn Disk, folder: &Path, root: Option<&Path>) -> Vec<PathBuf> {
    let is_repository = |directory: &Path| disk.entry(&at(directory).join(".git")).is_some();
    let root = root.and_then(|root| disk.canonical(&at(root)));
    let is_last = |directory: &Path, here: &Option<PathBuf>| match &root {
        Some(root) => here.as_ref() == Some(root),
        None => is_repository(directory),
    };
    let mut found = Vec::new();
    let mut directory = folder.to_owned();
    let mut here = disk.canonical(&at(&directory));
    while !is_last(&directory, &here) {
        let at_top = directory.as_os_str().is_empty()
            || directory.ends_with("..")
            || directory.ends_with(".");
        let up = if at_top {
            directory.join("..")
        } else {
            directory.parent().map_or_else(PathBuf::new, Path::to_owned)
        };
        let above = disk.canonical(&at(&up));
        // Without a root or a repository above, nothing says how far up one may look.
        if found.len() == MOST_PARENTS || above == here {
            return Vec::new();
        }
        found.push(up.clone());
        (directory, here) = (up, above);
    }
    found
}

/// The sources of COPY and ADD that are plain paths, for choosing a context. Directories that every folder has
/// (`.`) tell nothing.
fn constant_sources(stages: &Stages<'_>) -> Vec<String> {
    let is_copy = |instruction: &&Instruction| {
        let copies = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
        copies && !instruction.flags.iter().any(|flag| flag.name == "from")
    };
    let mut sources = Vec::new();
    for instruction in stages.dockerfile.instructions.iter().filter(is_copy) {
        let text = instruction.arguments.text();
        let mut words: Vec<String> = match &instruction.form {
            Form::Exec(words) => words.iter().map(|word| word.text().to_owned()).collect(),
            Form::Shell => words(text, stages.dockerfile.escape)
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect(),
        };
        words.pop();
        let plain = |word: &String| {
            !word.contains(['$', '*', '?', '[', '\\', '"', '\''])
                && !word.contains("://")
                && !word.starts_with("<<")
        };
        let words = words.into_iter().filter(plain);
        sources.extend(
            words
                .map(|word| path::tidy_relative(&word))
                .filter(|word| !word.is_empty()),
        );
    }
    sources.extend(started_scripts(stages));
    sources.sort();
    sources.dedup();
    sources
}

/// Scripts of the context that ENTRYPOINT and CMD start, where the context as a whole is copied: `COPY . /app` and
/// `/app/docker/start.sh` say that the context has `docker/start.sh`.
fn started_scripts(stages: &Stages<'_>) -> Vec<String> {
    let escape = stages.dockerfile.escape;
    let mut directory = "/".to_owned();
    let mut places: Vec<String> = Vec::new();
    let mut scripts = Vec::new();
    for instruction in &stages.dockerfile.instructions {
        // A RUN may be long, and its words say nothing here.
        if instruction.keyword == Keyword::Run {
            continue;
        }
        let text = instruction.arguments.text();
        let words: Vec<String> = match &instruction.form {
            Form::Exec(words) => words.iter().map(|word| word.text().to_owned()).collect(),
            Form::Shell => words(text, escape)
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect(),
        };
        match (instruction.keyword, words.as_slice()) {
            (Keyword::From, _) => (directory, places) = ("/".to_owned(), Vec::new()),
            (Keyword::Workdir, [place]) => directory = path::join(&directory, place),
            (Keyword::Copy | Keyword::Add, [source, place])
                if path::tidy_relative(source).is_empty()
                    && !instruction.flags.iter().any(|flag| flag.name == "from") =>
            {
                places.push(path::join(&directory, place));
            }
            (Keyword::Entrypoint | Keyword::Cmd, words)
                if matches!(instruction.form, Form::Exec(_)) =>
            {
                let paths = words.iter().filter(|word| word.ends_with(".sh"));
                for started in paths.map(|word| path::join(&directory, word)) {
                    let mut below = places
                        .iter()
                        .filter_map(|place| path::below(&started, place));
                    // A script that lies at the top says nothing of where the context begins.
                    scripts.extend(
                        below
                            .next()
                            .filter(|rest| rest.contains('/'))
                            .map(str::to_owned),
                    );
                }
            }
            _ => {}
        }
    }
    scripts.retain(|script| !script.contains('$'));
    scripts
}
