//! Files that commands of the start-up make, and modes that they change.
//!
//! In: the words of commands that run before the application. Out: what the image's view of a path is worth
//! then. Only where something may have come is kept, not what.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use super::changed::Changed;
use super::interpreter::absolute;
use super::reads::LookedAt;
use crate::image::{Files, Found, below, is_removal};
use crate::source::Why;

/// Where the files of the container may differ from those of the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Remade {
    /// Paths at which, or below which, something may have been put.
    places: BTreeSet<String>,
    /// Paths at which, or below which, modes may have been changed.
    modes: BTreeSet<String>,
    /// Directories that were made; `/` where one is not known by name.
    directories: BTreeSet<String>,
    /// What `mkdir` and `touch` have made and nothing has taken away.
    present: BTreeSet<Present>,
    /// What `touch` has given a time: whether it is that of the start-up.
    times: BTreeMap<String, bool>,
    /// What was done by commands that are followed.
    pub(crate) changed: Changed,
}

/// Something that is there by now: its path, and whether it is a directory.
type Present = (String, bool);

/// What commands of the start-up may have done at a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Made {
    /// Something may have been put exactly there.
    is_a_place: bool,
    /// Something may have been put there, or into a directory above it.
    below_a_place: bool,
    /// The mode there, or everywhere below a directory above it, may have been changed.
    below_a_mode: bool,
    /// A directory may have been made there.
    is_made: bool,
    /// Something was made there, and is there still: `true` for a directory.
    present: Option<bool>,
    /// Whether something was made below it.
    is_filled: bool,
    /// A number for what commands that are followed have done there.
    changed: u64,
    /// Whether it has the time of the start-up, if a command has set that.
    is_now: Option<bool>,
}

impl Made {
    /// Whether a directory may have been made there.
    pub(crate) fn is_directory(self) -> bool {
        self.is_made || self.below_a_place
    }

    /// Whether what a redirection has made there may be executable by now.
    pub(crate) fn may_be_executable(self) -> bool {
        self.is_a_place || self.below_a_place || self.below_a_mode
    }
}

impl Remade {
    /// What stands at a path after commands that are not followed, if that stood there.
    fn seen(&self, path: &str, found: Found, looked_at: &LookedAt) -> Found {
        let at = match &found {
            Found::File(file) => file.path.as_str(),
            _ => path,
        };
        looked_at.remade(at);
        let made = self.at(at);
        let why = || Why::new("a command of the start-up may have put it there");
        match found {
            Found::Absent if made.below_a_place => Found::Unknown(why()),
            Found::File(_) if made.is_a_place => Found::Unknown(why()),
            Found::File(mut file) if made.below_a_mode => {
                file.mode = None;
                Found::File(file)
            }
            found => found,
        }
    }

    /// The same for a program that was looked for by its name: in which directories.
    pub(crate) fn seen_on_path(
        &self,
        name: &str,
        directories: &str,
        found: Found,
        looked_at: &LookedAt,
    ) -> Found {
        looked_at.remade(name);
        match &found {
            Found::File(file) => {
                let path = file.path.clone();
                return self.seen(&path, found, looked_at);
            }
            Found::Absent => {}
            _ => return found,
        }
        let may_be = |directory: &str| {
            let path = absolute(directory, name);
            looked_at.remade(&path);
            self.at(&path).below_a_place
        };
        // Each is looked at, so that what is noted does not depend on the answer.
        let places: Vec<bool> = directories.split(':').map(may_be).collect();
        match places.contains(&true) {
            true => Found::Unknown(Why::new("a command of the start-up may have brought it")),
            false => found,
        }
    }

    /// What is known of a path.
    pub(crate) fn at(&self, path: &str) -> Made {
        Made {
            is_a_place: self.places.contains(path),
            below_a_place: covers(&self.places, path),
            below_a_mode: covers(&self.modes, path),
            is_made: self.directories.contains("/")
                || is_on_the_way(&self.directories, path)
                || is_on_the_way(&self.places, path),
            present: self.present_at(path),
            is_filled: self.filled(path) != 0,
            changed: self.changed.at(path),
            is_now: self.times.get(path).copied(),
        }
    }

    /// What stands at a path by now.
    pub(crate) fn look_up(&self, base: &Files, path: &str, looked_at: &LookedAt) -> Found {
        looked_at.remade(path);
        self.seen(path, self.changed.look_up(base, path), looked_at)
    }

    /// Whether a file has been made or touched by the start-up (`true`), or is as it was in the image.
    pub(crate) fn is_of_now(&self, base: &Files, path: &str, looked_at: &LookedAt) -> Option<bool> {
        looked_at.remade(path);
        let at = self.at(path);
        if at.is_now.is_some() || at.changed != 0 || at.below_a_place {
            return at.is_now.filter(|is_now| *is_now);
        }
        matches!(base.look_up(path), Found::File(_)).then_some(false)
    }

    /// Whether something was removed and nothing has come there since, as far as that is followed.
    pub(crate) fn is_gone(&self, base: &Files, path: &str, looked_at: &LookedAt) -> bool {
        looked_at.remade(path);
        self.changed.is_gone(path)
            && self.at(path).present.is_none()
            && matches!(self.changed.look_up(base, path), Found::Absent)
    }

    fn present_at(&self, path: &str) -> Option<bool> {
        let mut present = self.present.iter();
        present.find_map(
            |(known, is_directory)| match below(known, path.trim_end_matches('/'))? {
                "" => Some(*is_directory),
                _ => Some(true),
            },
        )
    }

    /// Whether a command of the start-up has made a file or a directory exactly there: `true` for a directory.
    pub(crate) fn is_present(&self, path: &str, looked_at: &LookedAt) -> Option<bool> {
        looked_at.remade(path);
        self.at(path).present
    }

    /// What commands of the start-up have made in some directories, and the directories themselves; `true` for a
    /// directory.
    pub(crate) fn made_below(&self, roots: &[String], looked_at: &LookedAt) -> Vec<(String, bool)> {
        roots.iter().for_each(|root| looked_at.remade(root));
        let is_below = |path: &str| roots.iter().any(|root| below(path, root).is_some());
        let found = self.present.iter().filter(|(path, _)| is_below(path));
        found.cloned().collect()
    }

    /// Whether a command of the start-up has made something in a directory.
    pub(crate) fn has_within(&self, path: &str, looked_at: &LookedAt) -> bool {
        looked_at.remade(path);
        self.filled(path) != 0
    }

    /// Whether commands that are not followed may have put something at a path.
    pub(crate) fn may_have_put(&self, path: &str, looked_at: &LookedAt) -> bool {
        looked_at.remade(path);
        self.at(path).below_a_place
    }

    /// A number for what was made below a path; 0 for nothing.
    pub(crate) fn filled(&self, path: &str) -> u64 {
        let is_within =
            |known: &&Present| below(&known.0, path).is_some_and(|rest| !rest.is_empty());
        let within: Vec<&Present> = self.present.iter().filter(is_within).collect();
        match within.is_empty() {
            true => 0,
            false => FixedState::default().hash_one(within),
        }
    }

    /// The places at which something may have been put since then.
    pub(crate) fn places_since(&self, before: &Remade) -> Vec<String> {
        self.places.difference(&before.places).cloned().collect()
    }

    /// What other commands may have done, too.
    pub(crate) fn add(&mut self, other: &Remade) {
        self.present.retain(|known| other.present.contains(known));
        self.places.extend(other.places.iter().cloned());
        self.modes.extend(other.modes.iter().cloned());
        self.directories.extend(other.directories.iter().cloned());
        self.changed.add(&other.changed);
        let same = |path: &String, is_now: &mut bool| other.times.get(path) == Some(is_now);
        let known = self.times.keys().chain(other.times.keys());
        let known: Vec<String> = known.cloned().collect();
        self.times.retain(same);
        for path in known {
            // Of one of the ways that is not the time.
            self.times.entry(path).or_insert(false);
        }
    }

    /// Whether the same is known for certain after other commands, whatever else they may have done.
    pub(crate) fn knows_the_same(&self, other: &Remade) -> bool {
        self.present == other.present && self.times == other.times && self.changed == other.changed
    }

    /// Something may have been put anywhere.
    pub(crate) fn anywhere(&mut self) {
        self.places.insert("/".to_owned());
    }

    /// A test has found something at a path that the image does not have: a volume, perhaps with more.
    pub(crate) fn found(&mut self, path: &str) {
        let directory = path.trim_end_matches('/').rsplit_once('/');
        let directory = directory.map_or("", |(directory, _)| directory);
        self.places.insert(match directory {
            "" => path.to_owned(),
            directory => directory.to_owned(),
        });
    }

    /// Nothing is sure to be at these paths any more, nor below them.
    pub(crate) fn take_away(&mut self, places: impl Iterator<Item = String>) {
        let gone: BTreeSet<String> = places.collect();
        self.present.retain(|(path, _)| !covers(&gone, path));
        self.times.retain(|path, _| !covers(&gone, path));
    }

    /// Whether a command changes anything of this.
    pub(crate) fn is_changed_by(name: &str) -> bool {
        CHANGING.contains(&name) || BRINGING.contains(&name)
    }

    /// Takes note of a command: its name without directories, its words (`None` where one is not known), the
    /// working directory.
    pub(crate) fn run(&mut self, name: &str, words: &[Option<String>], directory: &str) {
        let words: Vec<Option<&str>> = words.iter().skip(1).map(Option::as_deref).collect();
        let operands: Vec<Option<&str>> = words
            .iter()
            .copied()
            .filter(|word| word.is_none_or(|word| !word.starts_with('-')))
            .collect();
        // The part of a word before what is not expanded.
        let place = |word: Option<&str>| match word {
            Some(word) => {
                let fixed = word.find(['*', '?', '[']).map_or(word, |at| &word[..at]);
                let whole = fixed.len() == word.len();
                let fixed = match fixed.rfind('/') {
                    Some(at) if !whole => &fixed[..=at],
                    None if !whole => "",
                    _ => fixed,
                };
                absolute(directory, fixed)
            }
            None => "/".to_owned(),
        };
        // The last part of a path or address.
        fn named(word: Option<&str>) -> Option<&str> {
            word.map(|word| word.rsplit('/').next().unwrap_or(word))
        }
        let after = |options: &[&str]| {
            words.iter().enumerate().find_map(|(at, word)| {
                let word = (*word)?;
                options.iter().find_map(|option| {
                    let rest = word.strip_prefix(option)?;
                    match rest.strip_prefix('=') {
                        Some(value) => Some(Some(value)),
                        None if rest.is_empty() => words.get(at + 1).copied(),
                        None => None,
                    }
                })
            })
        };
        let has = |wanted: &str| words.contains(&Some(wanted));
        match name {
            // `xargs` and `find -exec` add the files.
            "chmod" if operands.len() < 2 || has("{}") => {
                self.modes.insert("/".to_owned());
            }
            "chmod" => self
                .modes
                .extend(operands.iter().skip(1).copied().map(place)),
            "mkdir" => {
                self.directories.extend(operands.iter().copied().map(place));
                let named = operands
                    .iter()
                    .flatten()
                    .map(|word| absolute(directory, word));
                self.present.extend(named.map(|path| (path, true)));
            }
            "touch" => {
                let named = operands
                    .iter()
                    .flatten()
                    .map(|word| absolute(directory, word));
                let named: Vec<String> = named.collect();
                let is_now = !words.iter().flatten().any(|word| {
                    let sets = |option: &str| word.starts_with(option);
                    ["-d", "-t", "-r", "--date", "--reference"]
                        .into_iter()
                        .any(sets)
                });
                self.times
                    .extend(named.iter().map(|path| (path.clone(), is_now)));
                self.present
                    .extend(named.into_iter().map(|path| (path, false)));
            }
            name if is_removal(name) => self.take_away(operands.iter().copied().map(place)),
            "install" if has("-d") || has("--directory") => {
                self.directories.extend(operands.iter().copied().map(place));
            }
            "cp" | "mv" | "install" | "rsync" => {
                if name == "mv" {
                    self.take_away(operands.iter().copied().map(place));
                }
                let given = after(&["-t", "--target-directory"]);
                let last = || operands.last().copied();
                self.places.extend(given.or_else(last).map(place));
            }
            "ln" if operands.len() > 1 => self.places.extend(operands.last().copied().map(place)),
            "ln" => self
                .places
                .extend(operands.first().map(|word| place(named(*word)))),
            "tar" | "bsdtar" | "unzip" => {
                let given = after(&["-C", "--directory", "-d"]);
                self.places.insert(place(given.unwrap_or(Some("."))));
            }
            "git" if has("clone") => {
                let from = operands.iter().position(|word| *word == Some("clone"));
                let rest = from.map_or(&[][..], |at| &operands[at + 1..]);
                self.places.extend(match rest {
                    [url] => Some(place(named(*url).map(|name| name.trim_end_matches(".git")))),
                    rest => rest.last().copied().map(place),
                });
            }
            "git"
                if ["pull", "checkout", "submodule", "reset"]
                    .into_iter()
                    .any(has) =>
            {
                let given = after(&["-C"]);
                self.places.insert(place(given.unwrap_or(Some("."))));
            }
            "curl" | "wget" => {
                let (file, directory) = match name {
                    "curl" => (after(&["-o", "--output"]), after(&["--output-dir"])),
                    _ => (
                        after(&["-O", "--output-document"]),
                        after(&["-P", "--directory-prefix"]),
                    ),
                };
                let keeps_name = name == "wget" || has("-O") || has("--remote-name");
                let last = operands.last().copied().filter(|_| keeps_name);
                let made = directory.or(file).or(last.map(named));
                self.places.extend(made.map(place));
            }
            _ if BRINGING.contains(&name) => self.anywhere(),
            _ => {}
        }
    }
}

/// Commands that put files into the place that they name.
const CHANGING: [&str; 17] = [
    "chmod", "mkdir", "touch", "rm", "rmdir", "unlink", "cp", "mv", "install", "rsync", "ln",
    "tar", "bsdtar", "unzip", "git", "curl", "wget",
];

/// Commands that bring files to places of their own: packages, builds.
const BRINGING: [&str; 27] = [
    "apt",
    "apt-get",
    "apk",
    "yum",
    "dnf",
    "microdnf",
    "zypper",
    "pacman",
    "dpkg",
    "rpm",
    "pip",
    "pip3",
    "pipx",
    "poetry",
    "uv",
    "gem",
    "bundle",
    "composer",
    "npm",
    "yarn",
    "pnpm",
    "go",
    "cargo",
    "make",
    "cmake",
    "ninja",
    "update-alternatives",
];

/// Whether one of the paths is that path, or a directory above it.
fn covers(paths: &BTreeSet<String>, path: &str) -> bool {
    paths
        .iter()
        .any(|above| below(path, above.trim_end_matches('/')).is_some())
}

/// Whether one of the paths is that path, or below it.
fn is_on_the_way(paths: &BTreeSet<String>, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let is_below = |known: &String| below(known.trim_end_matches('/'), path).is_some();
    paths.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(command: &str, path: &str) -> bool {
        let words: Vec<Option<String>> = command
            .split(' ')
            .map(|word| Some(word.to_owned()))
            .collect();
        let name = words[0].clone().unwrap_or_default();
        let mut remade = Remade::default();
        remade.run(&name, &words, "/srv");
        let seen = remade.seen(path, Found::Absent, &LookedAt::default());
        matches!(seen, Found::Unknown(_))
    }

    #[test]
    fn commands_put_files_where_they_say() {
        assert!(after("mv /a /srv/b", "/srv/b"));
        assert!(after("cp -r /a /opt/", "/opt/x/y"));
        assert!(after("cp -t /opt /a", "/opt/a"));
        assert!(!after("cp -t /opt /a", "/a"));
        assert!(after("tar -xzf /a.tgz -C /opt", "/opt/bin/x"));
        assert!(after("tar -xzf /a.tgz", "/srv/x"));
        assert!(after("git clone https://x /app", "/app/run"));
        assert!(after("git clone https://x/y.git", "/srv/y/run"));
        assert!(!after("git config --global user.name x", "/srv/x"));
        assert!(after("wget https://x/agent", "/srv/agent"));
        assert!(!after("curl -f https://x/agent", "/srv/agent"));
        assert!(after("curl -o /tmp/x https://x", "/tmp/x"));
        assert!(after("apt-get install -y x", "/usr/bin/x"));
        assert!(!after("mv /a /srv/b", "/srv/bc"));
        assert!(!after("chmod +x /srv/b", "/srv/b"));
    }

    #[test]
    fn directories_are_made_where_commands_say() {
        let made = |command: &str, path: &str| {
            let known = |word: &str| (word != "?").then(|| word.to_owned());
            let words: Vec<_> = command.split(' ').map(known).collect();
            let mut remade = Remade::default();
            let name = command.split(' ').next().unwrap_or_default();
            remade.run(name, &words, "/srv");
            remade.at(path).is_directory()
        };
        assert!(made("mkdir -p /data/a/b", "/data/a/b"));
        assert!(made("mkdir -p /data/a/b", "/data/a"));
        assert!(!made("mkdir -p /data/a/b", "/data/a/b/c"));
        assert!(!made("mkdir -p /data/a", "/other"));
        assert!(made("mkdir -p x", "/srv/x"));
        assert!(made("mkdir -p ?", "/other"));
        assert!(made("install -d -m 755 /a /b", "/a"));
        assert!(made("tar -xf /a.tar -C /opt", "/opt/any/where"));
        assert!(made("cp -r /a /data/b", "/data"));
    }
}
