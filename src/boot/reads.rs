//! What a stretch of a way has looked at: variables, tests, decisions, written files.
//!
//! In: notes from everything that reads the state of a world. Out: [`Reads`], by which two worlds are
//! compared. What nobody looks at between here and the end cannot make a difference.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use foldhash::HashSet;

use super::value::Piece;
use super::world::{Body, World};
use crate::image::below;

/// Things that were read, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    variables: HashSet<Rc<str>>,
    tests: HashSet<Rc<str>>,
    fixed: HashSet<Piece>,
    files: HashSet<Rc<str>>,
    remade: HashSet<Rc<str>>,
    present: HashSet<Rc<str>>,
    within: HashSet<Rc<str>>,
    every_file: bool,
    candidate: bool,
}

/// Takes notes of what is read.
#[derive(Default)]
pub(crate) struct LookedAt {
    now: RefCell<Reads>,
    /// The written files of which the text was read on any way until now.
    texts: RefCell<HashSet<Rc<str>>>,
}

impl LookedAt {
    /// A variable was read, or found missing.
    pub(crate) fn variable(&self, name: &str) {
        note(&mut self.now.borrow_mut().variables, name);
    }

    /// It was asked whether a test has been decided.
    pub(crate) fn test(&self, key: &str) {
        note(&mut self.now.borrow_mut().tests, key);
    }

    /// It was asked whether a decision has fixed an unknown stretch of text.
    pub(crate) fn fixed(&self, piece: &Piece) {
        let mut now = self.now.borrow_mut();
        if !now.fixed.contains(piece) {
            now.fixed.insert(piece.clone());
        }
    }

    /// It was asked what scripts have written to a file.
    pub(crate) fn file(&self, path: &str) {
        note(&mut self.now.borrow_mut().files, path);
        note(&mut self.texts.borrow_mut(), path);
    }

    /// Whether something has ever asked that.
    pub(crate) fn has_read(&self, path: &str) -> bool {
        self.texts.borrow().contains(path)
    }

    /// It was asked what commands of the start-up may have done at a path of the image.
    pub(crate) fn remade(&self, path: &str) {
        note(&mut self.now.borrow_mut().remade, path);
    }

    /// It was asked whether scripts have written a file, whatever is in it.
    pub(crate) fn presence(&self, path: &str) {
        note(&mut self.now.borrow_mut().present, path);
    }

    /// It was asked which files and directories the start-up has made below a path.
    pub(crate) fn within(&self, path: &str) {
        note(&mut self.now.borrow_mut().within, path);
    }

    /// It was asked which files and directories scripts have made at all.
    pub(crate) fn every_file(&self) {
        self.now.borrow_mut().every_file = true;
    }

    /// It was asked which command in the foreground may be the application.
    pub(crate) fn candidate(&self) {
        self.now.borrow_mut().candidate = true;
    }

    /// Everything noted since the last call.
    pub(crate) fn take(&self) -> Reads {
        self.now.take()
    }

    /// Goes on with other notes; everything noted until now.
    pub(crate) fn replace(&self, reads: Reads) -> Reads {
        self.now.replace(reads)
    }

    /// Adds to the notes.
    pub(crate) fn add(&self, reads: &Reads) {
        self.now.borrow_mut().add(reads);
    }
}

fn note(set: &mut HashSet<Rc<str>>, name: &str) {
    if !set.contains(name) {
        set.insert(name.into());
    }
}

impl Reads {
    /// Adds what another stretch has read.
    pub(crate) fn add(&mut self, other: &Reads) {
        self.variables.extend(other.variables.iter().cloned());
        self.tests.extend(other.tests.iter().cloned());
        self.fixed.extend(other.fixed.iter().cloned());
        self.files.extend(other.files.iter().cloned());
        self.remade.extend(other.remade.iter().cloned());
        self.present.extend(other.present.iter().cloned());
        self.within.extend(other.within.iter().cloned());
        self.every_file |= other.every_file;
        self.candidate |= other.candidate;
    }

    /// Whether the candidate for the application counts.
    pub(crate) fn has_candidate(&self) -> bool {
        self.candidate
    }

    /// Hashes what a world holds for these names. Only numbers from the same `Reads` can be compared.
    pub(crate) fn project(&self, world: &World, hasher: &mut impl Hasher) {
        for name in &self.variables {
            for process in world.processes.values() {
                let Body::Shell(shell) = &process.body else {
                    process.environment.get(name).hash(hasher);
                    continue;
                };
                shell.variables.get(name).hash(hasher);
                // The elements of an associative array stand behind its mark.
                if name.ends_with('[') {
                    let behind = shell.variables.range(Rc::clone(name)..);
                    let own = behind.take_while(|(known, _)| known.starts_with(&**name));
                    own.for_each(|element| element.hash(hasher));
                }
                for (known, former) in shell.saved_locals() {
                    if known == name {
                        former.hash(hasher);
                    }
                }
                if &**name == "?" {
                    shell.status.hash(hasher);
                }
            }
        }
        for path in &self.remade {
            world.remade.at(path).hash(hasher);
        }
        for key in &self.tests {
            (world.decided.get(key), world.passing.contains(key)).hash(hasher);
        }
        for piece in &self.fixed {
            world.fixed.get(piece).hash(hasher);
            if let Piece::Unknown(name) = piece {
                world.passing.contains(name).hash(hasher);
            }
        }
        for path in &self.present {
            (world.files.text(path).is_some(), world.files.is_there(path)).hash(hasher);
        }
        for directory in &self.within {
            world.remade.filled(directory).hash(hasher);
            let paths = world.files.paths();
            for path in paths.filter(|path| below(path, directory).is_some()) {
                (path, world.files.is_there(path)).hash(hasher);
            }
        }
        if self.every_file {
            world.files.hash(hasher);
        } else {
            for path in &self.files {
                world.files.at(path).hash(hasher);
            }
        }
    }
}
