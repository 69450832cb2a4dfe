//! The only door to the file system: a trait, the real disk, one in memory and an overlay.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files larger than this are not read: no Dockerfile or script of people is.
pub const LARGEST_FILE: u64 = 8 * 1024 * 1024;

/// What stands at a path, without following a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A socket, device or pipe: never opened.
    Special,
}

/// A directory entry or the answer to a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its kind.
    pub kind: FileKind,
    /// Permission bits (0o755 …); 0o644 or 0o755 where the platform has none.
    pub mode: u32,
    /// Size in bytes.
    pub size: u64,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is nothing at the path.
    Missing,
    /// Larger than [`LARGEST_FILE`]; the size in bytes.
    TooLarge(u64),
    /// A directory, device or the like.
    NotAFile,
    /// What the operating system said.
    Other(String),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Missing => write!(f, "no such file"),
            ReadError::TooLarge(size) => write!(f, "too large to read ({size} bytes)"),
            ReadError::NotAFile => write!(f, "not a regular file"),
            ReadError::Other(text) => write!(f, "{text}"),
        }
    }
}

/// What the operating system says of an error, in lower case and without its number.
pub fn system_says(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    words.to_lowercase()
}

/// Reading access to files.
pub trait Disk: Send + Sync {
    /// The bytes of a regular file, links followed.
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError>;
    /// What stands at the path, the last link not followed.
    fn entry(&self, path: &Path) -> Option<Entry>;
    /// Names in a directory, sorted; empty when there is none.
    fn list(&self, directory: &Path) -> Vec<String>;
    /// The target of a link.
    fn link_target(&self, path: &Path) -> Option<PathBuf>;
    /// The path with every link and `..` resolved, if it exists.
    fn canonical(&self, path: &Path) -> Option<PathBuf>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let meta = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ReadError::Missing,
            _ => ReadError::Other(system_says(&error)),
        })?;
        if !meta.is_file() {
            return Err(ReadError::NotAFile);
        }
        if meta.len() > LARGEST_FILE {
            return Err(ReadError::TooLarge(meta.len()));
        }
        let file = fs::File::open(path).map_err(|error| ReadError::Other(system_says(&error)))?;
        let mut bytes = Vec::with_capacity(meta.len() as usize);
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| ReadError::Other(system_says(&error)))?;
        Ok(bytes)
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn entry(&self, path: &Path) -> Option<Entry> {
        let meta = fs::symlink_metadata(path).ok()?;
        let kind = match meta.file_type() {
            kind if kind.is_symlink() => FileKind::Link,
            kind if kind.is_dir() => FileKind::Directory,
            kind if kind.is_file() => FileKind::File,
            _ => FileKind::Special,
        };
        Some(Entry {
            kind,
            mode: mode_of(&meta),
            size: meta.len(),
        })
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn list(&self, directory: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(directory) else {
            return Vec::new();
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn link_target(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    #[allow(clippy::disallowed_methods, reason = "this is the door")]
    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        fs::canonicalize(path).ok()
    }
}

#[cfg(unix)]
fn mode_of(meta: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode_of(meta: &fs::Metadata) -> u32 {
    if meta.is_dir() { 0o755 } else { 0o644 }
}

/// Files that exist only here: for tests, and for text that is not saved yet.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    files: BTreeMap<PathBuf, (Vec<u8>, u32)>,
    links: BTreeMap<PathBuf, PathBuf>,
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> MemoryDisk {
        MemoryDisk::default()
    }

    /// Adds a file with mode 0644.
    pub fn file(self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> MemoryDisk {
        self.file_with_mode(path, text, 0o644)
    }

    /// Adds a file with mode 0755.
    pub fn script(self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> MemoryDisk {
        self.file_with_mode(path, text, 0o755)
    }

    /// Adds a file with the mode given.
    pub fn file_with_mode(
        mut self,
        path: impl Into<PathBuf>,
        text: impl Into<Vec<u8>>,
        mode: u32,
    ) -> MemoryDisk {
        self.files.insert(path.into(), (text.into(), mode));
        self
    }

    /// Adds a symbolic link.
    pub fn link(mut self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) -> MemoryDisk {
        self.links.insert(path.into(), target.into());
        self
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        let mut path = tidy(path);
        for _ in 0..20 {
            match self.links.get(&path) {
                Some(target) => {
                    path = tidy(&path.parent().unwrap_or(Path::new("")).join(target));
                }
                None => break,
            }
        }
        path
    }
}

/// The path without `.` and with `..` taken back, by its words alone.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

impl Disk for MemoryDisk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let path = self.resolve(path);
        match self.files.get(&path) {
            Some((bytes, _)) => Ok(bytes.clone()),
            None if !self.list(&path).is_empty() => Err(ReadError::NotAFile),
            None => Err(ReadError::Missing),
        }
    }

    fn entry(&self, path: &Path) -> Option<Entry> {
        let path = tidy(path);
        if self.links.contains_key(&path) {
            return Some(Entry {
                kind: FileKind::Link,
                mode: 0o777,
                size: 0,
            });
        }
        if let Some((bytes, mode)) = self.files.get(&path) {
            return Some(Entry {
                kind: FileKind::File,
                mode: *mode,
                size: bytes.len() as u64,
            });
        }
        let is_directory = path.as_os_str().is_empty() || !self.list(&path).is_empty();
        is_directory.then_some(Entry {
            kind: FileKind::Directory,
            mode: 0o755,
            size: 0,
        })
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let directory = tidy(directory);
        let paths = self.files.keys().chain(self.links.keys());
        let mut names: Vec<String> = paths
            .filter_map(|path| path.strip_prefix(&directory).ok())
            .filter_map(|rest| rest.components().next())
            .filter_map(|part| part.as_os_str().to_str().map(str::to_owned))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn link_target(&self, path: &Path) -> Option<PathBuf> {
        self.links.get(&tidy(path)).cloned()
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        let path = self.resolve(path);
        self.entry(&path).map(|_| path)
    }
}

/// A disk with some files replaced in memory: what a fix would write, or what an editor holds.
#[derive(Clone)]
pub struct Overlay {
    under: Arc<dyn Disk>,
    texts: BTreeMap<PathBuf, Vec<u8>>,
}

impl Overlay {
    /// The disk below, nothing replaced yet.
    pub fn new(under: Arc<dyn Disk>) -> Overlay {
        Overlay {
            under,
            texts: BTreeMap::new(),
        }
    }

    /// Replaces the content of the file at a path, under every name that leads there; its mode stays
    /// that of the file below.
    pub fn replace(&mut self, path: &Path, bytes: impl Into<Vec<u8>>) {
        self.texts.insert(self.key(path), bytes.into());
    }

    /// What was replaced: the files' canonical paths and their new content.
    pub fn replaced(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let texts = self.texts.iter();
        texts.map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }

    fn key(&self, path: &Path) -> PathBuf {
        self.under
            .canonical(path)
            .unwrap_or_else(|| path.to_owned())
    }

    fn text(&self, path: &Path) -> Option<&Vec<u8>> {
        if self.texts.is_empty() {
            return None;
        }
        self.texts.get(&self.key(path))
    }
}

impl Disk for Overlay {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        match self.text(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.under.read(path),
        }
    }

    fn entry(&self, path: &Path) -> Option<Entry> {
        let below = self.under.entry(path);
        if below
            .as_ref()
            .is_some_and(|entry| entry.kind == FileKind::Link)
        {
            return below;
        }
        match self.text(path) {
            Some(bytes) => {
                let mode = below.map_or(0o644, |entry| entry.mode);
                Some(Entry {
                    kind: FileKind::File,
                    mode,
                    size: bytes.len() as u64,
                })
            }
            None => below,
        }
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        self.under.list(directory)
    }

    fn link_target(&self, path: &Path) -> Option<PathBuf> {
        self.under.link_target(path)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        self.under.canonical(path)
    }
}
