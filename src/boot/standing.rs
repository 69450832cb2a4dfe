//! What stands at a path by now, for who is about to use it: to read it, to make it, to take it away.
//!
//! In: the files of the image, and what the start-up has written, made and removed. Out: what is sure; all else is open.

use std::collections::BTreeSet;

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

/// What the start-up has put into a directory.
#[derive(Debug, Default)]
pub(in crate::boot) struct Listing {
    /// The names, in their order.
    pub(in crate::boot) names: Vec<String>,
    /// Whether nothing else is there: the start-up has made the directory.
    pub(in crate::boot) is_whole: bool,
}

impl Machine<'_> {
    /// What the start-up has put into a directory and not taken away.
    pub(in crate::boot) fn made_in(&self, world: &World, directory: &str) -> Listing {
        let directory = directory.trim_end_matches('/');
        self.looked_at.within(directory);
        let (remade, looked_at) = (&world.remade, &self.looked_at);
        let made = remade.made_below(&[directory.to_owned()], looked_at);
        let made = made.into_iter().map(|(path, _)| path);
        let written = world.files.paths().map(str::to_owned);
        let changed = remade.changed.touched().map(str::to_owned);
        let pipes = world.fifos.paths().map(str::to_owned);
        let paths = made.chain(written).chain(changed).chain(pipes);
        let names: BTreeSet<String> = paths
            .filter_map(|path| {
                below(&path, directory)?
                    .split('/')
                    .next()
                    .map(str::to_owned)
            })
            .filter(|name| !name.is_empty())
            .collect();
        let at = |name: &String| self.standing(world, &format!("{directory}/{name}"));
        let is_open = |name: &String| at(name) == Standing::Open;
        // A name that nothing has: whether others may be there.
        let other = format!("{directory}/\u{1}");
        let is_whole = !names.iter().any(is_open)
            && remade.changed.is_gone(&other)
            && !remade.may_have_put(&other, looked_at)
            && self.standing(world, directory) == Standing::Directory;
        let is_there = |name: &String| !matches!(at(name), Standing::Missing | Standing::Open);
        Listing {
            names: names.into_iter().filter(is_there).collect(),
            is_whole,
        }
    }

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
        looked_at.presence(path);
        if world.files.is_there(path) {
            return Some(Standing::File);
        }
        if world.files.text(path).is_some() {
            return Some(Standing::Open);
        }
        let found = self.look_up(world, path);
        match &found {
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
            || matches!(found, Found::Absent) && !world.remade.at(path).is_directory();
        is_missing.then(|| {
            looked_at.within(path);
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
