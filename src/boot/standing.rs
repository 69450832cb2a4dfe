//! What stands at a path by now, for who is about to use it: to read it, to make it, to take it away.
//!
//! In: the files of the image, and what the start-up has written, made and removed. Out: what is sure; all else is open.

use super::machine::Machine;
use super::world::World;
use crate::image::{Content, Found, below};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::boot) enum Standing {
    /// A file, or a named pipe.
    File,
    /// A directory.
    Directory,
    /// A file or a directory.
    Something,
    /// Nothing, for sure.
    Missing,
    /// Nobody says.
    Open,
}

impl Machine<'_> {
    /// What stands at an absolute path, links followed.
    pub(in crate::boot) fn standing(&self, world: &World, path: &str) -> Standing {
        let path = match path.trim_end_matches('/') {
            "" => return Standing::Directory,
            path => path,
        };
        let is_virtual = ["/dev/", "/proc/", "/sys/"];
        if is_virtual.iter().any(|top| path.starts_with(top)) {
            return Standing::Open;
        }
        let real = world.real_path(path, &self.looked_at);
        let path = real.as_deref().unwrap_or(path);
        if let Some(standing) = self.standing_there(world, path) {
            return standing;
        }
        let mut above = path;
        while let Some((parent, _)) = above.rsplit_once('/')
            && !parent.is_empty()
        {
            above = parent;
            match self.standing_there(world, above) {
                // Nothing is in a file, nor in what is not there.
                Some(Standing::File | Standing::Missing) => return Standing::Missing,
                Some(_) => return Standing::Open,
                None => {}
            }
        }
        Standing::Open
    }

    /// What stands at a path whose links have been followed; `None` where nothing is known of that very path.
    fn standing_there(&self, world: &World, path: &str) -> Option<Standing> {
        let looked_at = &self.looked_at;
        if world.fifos.stream(path).is_some() {
            return Some(Standing::File);
        }
        looked_at.file(path);
        if world.files.is_there(path) {
            return Some(Standing::File);
        }
        if world.files.text(path).is_some() {
            return Some(Standing::Open);
        }
        match self.look_up(world, path) {
            Found::Directory => return Some(Standing::Directory),
            Found::File(file) if matches!(file.content, Content::Unknown(_)) => {
                return Some(Standing::Something);
            }
            Found::File(_) => return Some(Standing::File),
            Found::Absent | Found::Unknown(_) => {}
        }
        if let Some(is_directory) = world.remade.is_present(path, looked_at) {
            return Some(match is_directory {
                true => Standing::Directory,
                false => Standing::File,
            });
        }
        let files = &self.container.image.files;
        let is_missing = world.remade.is_gone(files, path, looked_at)
            || matches!(self.look_up(world, path), Found::Absent)
                && !world.remade.at(path).is_directory();
        is_missing.then(|| {
            looked_at.every_file();
            let is_within = |file: &str| below(file, path).is_some();
            match world.files.paths().any(is_within) {
                true => Standing::Directory,
                false => Standing::Missing,
            }
        })
    }

    /// Whether a link stands at the path, wherever it leads.
    pub(in crate::boot) fn is_link(&self, world: &World, path: &str) -> bool {
        self.looked_at.remade(path);
        let files = &self.container.image.files;
        world.remade.changed.is_link(files, path)
    }
}
