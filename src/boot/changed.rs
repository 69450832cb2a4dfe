//! Files that commands of the start-up have made, moved and removed, where that is followed.
//!
//! In: file tools with all their words. Out: what stands at a path then. Texts that scripts write are in `written`;
//! what is not followed, and only may have changed something, is in `remade`.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;

use foldhash::quality::FixedState;

use crate::image::{
    Done, Files, Found, Image, absolute, below, is_removal, name_of, run_file_tool,
};
use crate::shell::pattern::{PatternPiece, matches};
use crate::source::{Span, Why};

/// Commands that are followed; a start-up that runs more of them goes round.
const MOST_COMMANDS: usize = 200;

/// What the start-up has done to the files of the image, command by command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changed {
    commands: Vec<Rc<Command>>,
    /// The files after all that; `None` before the first.
    files: Option<Files>,
    /// What was removed, as long as nobody may have made it again.
    gone: BTreeSet<Gone>,
    /// Paths at which, and below which, ways that were joined do not agree.
    doubtful: BTreeSet<String>,
    /// Directories that only some of these ways have made: what is below them is the same on all.
    half_made: BTreeSet<String>,
}

/// A command, the directory it ran in, and the paths that it is about.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Command {
    words: Vec<String>,
    directory: String,
    touched: Vec<String>,
}

/// Something that was removed: a path, or what matches a pattern in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Gone {
    path: String,
    pattern: Option<String>,
    /// Whether all below it is gone, too.
    is_tree: bool,
}

impl PartialEq for Changed {
    fn eq(&self, other: &Changed) -> bool {
        // The files follow from the commands.
        self.commands == other.commands
            && self.gone == other.gone
            && self.doubtful == other.doubtful
            && self.half_made == other.half_made
    }
}

impl Eq for Changed {}

impl Hash for Changed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.commands, &self.gone).hash(state);
        (&self.doubtful, &self.half_made).hash(state);
    }
}

impl Changed {
    /// Runs a file tool; `None` for a use that is not followed. `image` is one to work on, whose files do not count.
    pub(crate) fn run(
        &mut self,
        image: &mut Image,
        base: &Files,
        words: &[String],
        directory: &str,
        span: &Span,
    ) -> Option<Done> {
        if self.commands.len() >= MOST_COMMANDS {
            return None;
        }
        let tool = words.first().map(|word| name_of(word));
        let is_removal = tool.is_some_and(is_removal);
        let mut operands = words.iter().skip(1).filter(|word| !word.starts_with('-'));
        if is_removal && operands.any(|word| Gone::of(word, directory).is_none()) {
            return None;
        }
        image.files = self.files.clone().unwrap_or_else(|| {
            let mut files = base.clone();
            files.begin_stage();
            files
        });
        if tool == Some("mkdir") {
            self.clear_new(image, words, directory, span);
        }
        let done = run_file_tool(image, words, directory, span)?;
        if is_removal {
            let (options, operands): (Vec<_>, Vec<_>) =
                words[1..].iter().partition(|word| word.starts_with('-'));
            // Without the option `rm` takes no directory.
            let is_tree = options.iter().any(|option| {
                *option == "--recursive" || !option.starts_with("--") && option.contains(['r', 'R'])
            });
            let gone = operands
                .into_iter()
                .filter_map(|word| Gone::of(word, directory));
            self.gone.extend(gone.map(|gone| Gone { is_tree, ..gone }));
        }
        if tool == Some("mv") {
            let from = done.copied.iter().map(|(from, _)| from.clone());
            self.gone.extend(from.map(|path| Gone {
                path,
                pattern: None,
                is_tree: true,
            }));
        }
        if done.touched.is_empty() {
            return Some(done);
        }
        let command = Command {
            words: words.to_vec(),
            directory: directory.to_owned(),
            touched: done.touched.clone(),
        };
        // The same once more changes nothing.
        if self.commands.last().is_none_or(|last| **last != command) {
            self.commands.push(Rc::new(command));
            self.files = Some(std::mem::take(&mut image.files));
        }
        Some(done)
    }

    /// A directory that was not there before it is made is empty.
    fn clear_new(&mut self, image: &mut Image, words: &[String], directory: &str, span: &Span) {
        let operands = words.iter().skip(1).filter(|word| !word.starts_with('-'));
        for word in operands {
            let path = absolute(directory, word);
            let is_new = matches!(image.files.look_up(&path), Found::Absent);
            if !is_new || self.is_doubtful(&path) {
                continue;
            }
            let removal = ["rm", "-rf", &path].map(str::to_owned);
            if run_file_tool(image, &removal, "/", span).is_some() {
                self.gone.extend(Gone::of(&path, "/").map(|gone| Gone {
                    is_tree: true,
                    ..gone
                }));
            }
        }
    }

    /// What stands at a path; `base` are the files of the image.
    pub(crate) fn look_up(&self, base: &Files, path: &str) -> Found {
        if self.is_doubtful(path) {
            return Found::Unknown(Why::new("the start-up may have changed it"));
        }
        self.files_for(base, path).look_up(path)
    }

    /// The program that a name stands for, if a command has anything to do with it.
    pub(crate) fn find_program(&self, name: &str, path: &str, directory: &str) -> Option<Found> {
        if self.files.is_none() && self.doubtful.is_empty() && self.half_made.is_empty() {
            return None;
        }
        let place = |directory_of: &str| absolute(&absolute(directory, directory_of), name);
        let places: Vec<String> = path.split(':').map(place).collect();
        if places.iter().any(|place| self.is_doubtful(place)) {
            return Some(Found::Unknown(Why::new("the start-up may have changed it")));
        }
        let files = self.files.as_ref()?;
        let is_touched = places.iter().any(|place| self.touches(place));
        is_touched.then(|| files.find_program(name, path, directory))
    }

    /// Where a path leads through the links that the start-up has made.
    pub(crate) fn real_path(&self, path: &str) -> Option<String> {
        let files = self.files.as_ref().filter(|_| self.touches(path))?;
        Some(files.real_path(path)).filter(|real| real != path)
    }

    /// Whether a link stands at a path.
    pub(crate) fn is_link(&self, base: &Files, path: &str) -> bool {
        self.files_for(base, path).is_link(path)
    }

    /// What a path is a link to or a copy of, if it is either.
    pub(crate) fn stands_for(&self, base: &Files, path: &str) -> Option<String> {
        self.files_for(base, path).original(path)
    }

    /// Whether what stood at a path was removed, and nobody may have made it again.
    pub(crate) fn is_gone(&self, path: &str) -> bool {
        self.gone.iter().any(|gone| gone.covers(path))
    }

    /// Whether all that matches a pattern was removed.
    pub(crate) fn is_pattern_gone(&self, pattern: &str, directory: &str) -> bool {
        let Some(wanted) = Gone::of(pattern, directory) else {
            return false;
        };
        let same = |gone: &Gone| gone.path == wanted.path && gone.pattern == wanted.pattern;
        self.gone.iter().any(same)
    }

    /// From now on anything may come into being again.
    pub(crate) fn may_come_back(&mut self) {
        self.gone.clear();
    }

    /// Whether anything was removed.
    pub(crate) fn has_gone(&self) -> bool {
        !self.gone.is_empty()
    }

    /// The paths that the commands are about.
    pub(crate) fn touched(&self) -> impl Iterator<Item = &str> {
        let touched = self.commands.iter().flat_map(|command| &command.touched);
        touched.map(String::as_str)
    }

    /// A number for what is known of a path, or of a name that is looked for on `PATH`; 0 where nothing has changed.
    pub(crate) fn at(&self, path: &str) -> u64 {
        let is_about = |command: &&Rc<Command>| match path.contains('/') {
            true => command.touches(path),
            false => command.may_bring(path),
        };
        let about: Vec<&Rc<Command>> = self.commands.iter().filter(is_about).collect();
        let known = (self.is_gone(path), self.is_doubtful(path));
        if about.is_empty() && known == (false, false) {
            return 0;
        }
        FixedState::default().hash_one((about, known))
    }

    /// What another way has done, too.
    pub(crate) fn add(&mut self, other: &Changed) {
        self.gone.retain(|gone| other.gone.contains(gone));
        self.doubtful.extend(other.doubtful.iter().cloned());
        self.half_made.extend(other.half_made.iter().cloned());
        let same = self.commands.iter().zip(&other.commands);
        let same = same.take_while(|(one, other)| one == other).count();
        let differing = self.commands[same..].iter().chain(&other.commands[same..]);
        let differing: Vec<Rc<Command>> = differing.cloned().collect();
        for command in differing {
            let is_mkdir = command.words.first().map(|word| name_of(word)) == Some("mkdir");
            let doubts = match is_mkdir {
                true => &mut self.half_made,
                false => &mut self.doubtful,
            };
            let root = |path: &&String| is_mkdir && *path == "/";
            doubts.extend(command.touched.iter().filter(|path| !root(path)).cloned());
        }
    }

    fn files_for<'f>(&'f self, base: &'f Files, path: &str) -> &'f Files {
        match &self.files {
            Some(files) if self.touches(path) => files,
            _ => base,
        }
    }

    fn touches(&self, path: &str) -> bool {
        self.commands.iter().any(|command| command.touches(path))
    }

    fn is_doubtful(&self, path: &str) -> bool {
        self.half_made.contains(path)
            || self
                .doubtful
                .iter()
                .any(|place| below(path, place).is_some())
    }
}

impl Command {
    fn touches(&self, path: &str) -> bool {
        let mut touched = self.touched.iter();
        touched.any(|place| below(path, place).is_some() || below(place, path).is_some())
    }

    /// Whether a program of that name may be one that it has put somewhere.
    fn may_bring(&self, name: &str) -> bool {
        let mut touched = self.touched.iter();
        touched.any(|place| name_of(place) == name || name_of(place).ends_with("bin"))
    }
}

impl Gone {
    /// What a word names; `None` for no word, and for all that there is, which nobody means.
    fn of(word: &str, directory: &str) -> Option<Gone> {
        let is_pattern = word.contains(['*', '?', '[']);
        let (place, pattern) = match word.rsplit_once('/') {
            _ if !is_pattern => (word, None),
            Some((place, pattern)) => (if place.is_empty() { "/" } else { place }, Some(pattern)),
            None => (".", Some(word)),
        };
        let path = absolute(directory, place);
        (!place.is_empty() && path != "/").then(|| Gone {
            path,
            pattern: pattern.map(str::to_owned),
            is_tree: false,
        })
    }

    fn covers(&self, path: &str) -> bool {
        let Some(pattern) = &self.pattern else {
            return path == self.path || self.is_tree && below(path, &self.path).is_some();
        };
        let Some(rest) = below(path, &self.path) else {
            return false;
        };
        let (name, is_deeper) = match rest.split_once('/') {
            Some((name, _)) => (name, true),
            None => (rest, false),
        };
        (self.is_tree || !is_deeper)
            && !name.starts_with('.')
            && matches(&[PatternPiece::Active(pattern)], name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(words: &[&str], touched: &str) -> Changed {
        let command = Command {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            directory: "/".to_owned(),
            touched: vec![touched.to_owned()],
        };
        Changed {
            commands: vec![Rc::new(command)],
            ..Changed::default()
        }
    }

    #[test]
    fn ways_that_differ_in_a_directory_agree_on_what_is_in_it() {
        let mut joined = after(&["mkdir", "-p", "/data"], "/data");
        joined.add(&after(&["mkdir", "-p", "/"], "/"));
        assert!(joined.is_doubtful("/data"));
        assert!(!joined.is_doubtful("/data/x") && !joined.is_doubtful("/start.sh"));

        let mut joined = Changed::default();
        joined.add(&after(&["rm", "-rf", "/data"], "/data"));
        assert!(joined.is_doubtful("/data") && joined.is_doubtful("/data/x"));
        assert!(!joined.is_doubtful("/database"));
    }

    #[test]
    fn a_removal_covers_what_it_takes() {
        let gone =
            |word: &str, is_tree| Gone::of(word, "/srv").map(|gone| Gone { is_tree, ..gone });
        let covers =
            |word, is_tree, path| gone(word, is_tree).is_some_and(|gone| gone.covers(path));
        assert!(covers("a", false, "/srv/a") && !covers("a", false, "/srv/a/b"));
        assert!(covers("a", true, "/srv/a/b") && !covers("a", true, "/srv/ab"));
        assert!(covers("a/*.pid", false, "/srv/a/x.pid"));
        assert!(!covers("a/*", false, "/srv/a/b/c") && covers("a/*", true, "/srv/a/b/c"));
        assert!(!covers("*", true, "/srv/.hidden"));
        // No word is no file, and nobody means all that there is.
        assert_eq!(gone("", true), None);
        assert_eq!(gone("/", true), None);
        assert_eq!(gone("/*", true), None);
    }
}
