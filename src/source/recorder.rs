//! A disk that remembers what was read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Disk, Entry, ReadError};

/// A disk that remembers the paths of the files that were read through it, whether they were there or not.
pub struct Recorder {
    under: Arc<dyn Disk>,
    reads: Arc<Reads>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reads(Mutex<BTreeSet<PathBuf>>);

impl Reads {
    /// The paths up to now, as they were given and sorted.
    pub fn so_far(&self) -> Vec<PathBuf> {
        match self.0.lock() {
            Ok(reads) => reads.iter().cloned().collect(),
            Err(_) => Vec::new(),
        }
    }
}

impl Recorder {
    /// The disk with a recorder before it, and what that will remember.
    pub fn on(under: &Arc<dyn Disk>) -> (Arc<dyn Disk>, Arc<Reads>) {
        let reads: Arc<Reads> = Arc::default();
        let recorder = Recorder {
            under: Arc::clone(under),
            reads: Arc::clone(&reads),
        };
        (Arc::new(recorder), reads)
    }
}

impl Disk for Recorder {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        if let Ok(mut reads) = self.reads.0.lock()
            && !reads.contains(path)
        {
            reads.insert(path.to_owned());
        }
        self.under.read(path)
    }

    fn entry(&self, path: &Path) -> Option<Entry> {
        self.under.entry(path)
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

#[cfg(test)]
mod tests {
    use super::super::MemoryDisk;
    use super::*;

    #[test]
    fn only_what_is_read_is_remembered_and_once() {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new().file("b", "1").file("c", "2"));
        let (disk, reads) = Recorder::on(&disk);
        assert_eq!(disk.read(Path::new("b")).as_deref(), Ok(&b"1"[..]));
        assert_eq!(disk.read(Path::new("b")).as_deref(), Ok(&b"1"[..]));
        assert_eq!(disk.read(Path::new("a")), Err(ReadError::Missing));
        assert!(disk.entry(Path::new("c")).is_some());
        assert_eq!(reads.so_far(), [PathBuf::from("a"), PathBuf::from("b")]);
    }
}
