//! Commands of a RUN that move files and change their modes and owners: `chmod`, `chown`, `touch`, `ln`, `cp`,
//! `mv`, `install`.
//!
//! In: a command's words, all known. Out: changes of the image's files; `false` for a use that is not followed.

use super::super::base::is_standard_directory;
use super::super::change::{At, Body, Change, ModeChange, Node, Tree, TreeSource};
use super::super::files::{DEEPEST_COPY, Raw};
use super::super::glob::{Exclusion, Glob};
use super::super::path;
use super::Walker;
use super::arguments::{is_recursive, is_short_option, options};
use crate::source::{Known, Mapped, Why};

impl Walker<'_> {
    pub(super) fn each(
        &mut self,
        words: &[String],
        mut apply: impl FnMut(&mut Self, String),
    ) -> bool {
        for word in words {
            match self.absolute(word) {
                Some(path) => apply(self, path),
                None => return false,
            }
        }
        true
    }

    /// The paths that words of a command mean, patterns included.
    pub(super) fn targets(&self, words: &[String], recursive: bool) -> Option<Vec<At>> {
        let targets = words.iter().map(|word| {
            let last = path::name(word);
            if Glob::is_constant(word) {
                let (path, _) = self.image.files.followed(&self.absolute(word)?);
                return Some(At {
                    path,
                    recursive,
                    name: None,
                });
            }
            let directory = match word.rfind('/') {
                Some(at) => &word[..at.max(1)],
                None => ".",
            };
            if !Glob::is_constant(directory) {
                // `/etc/*/run`: all below the part without a pattern may be meant.
                let first = directory.find(['*', '?', '['])?;
                let constant = &directory[..directory[..first].rfind('/')?];
                let path = self.absolute(if constant.is_empty() { "/" } else { constant })?;
                let name = Some(Glob::new(last));
                return Some(At {
                    path,
                    recursive: true,
                    name,
                });
            }
            let path = self.absolute(directory)?;
            Some(At {
                path,
                recursive,
                name: Some(Glob::new(last)),
            })
        });
        targets.collect()
    }

    pub(super) fn change_all(
        &mut self,
        targets: Option<Vec<At>>,
        change: impl Fn(At) -> Change,
    ) -> bool {
        let Some(targets) = targets else { return false };
        for at in targets {
            self.push(change(at));
        }
        true
    }

    /// `certain` is whether the command runs in any case.
    pub(super) fn chmod(&mut self, words: &[String], certain: bool) -> bool {
        let recursive = words.iter().any(|word| is_recursive(word));
        let is_option = |word: &&String| {
            word.starts_with("--")
                || matches!(
                    word.as_str(),
                    "-R" | "-v" | "-f" | "-c" | "-Rf" | "-fR" | "-vR"
                )
        };
        let mut rest = words.iter().filter(|word| !is_option(word));
        let mode = if words.iter().any(|word| word.starts_with("--reference")) {
            ModeChange::Unknown
        } else {
            let Some(mode) = rest.next() else { return true };
            match certain {
                true => ModeChange::read(mode),
                false => ModeChange::Unknown,
            }
        };
        let rest: Vec<String> = rest.cloned().collect();
        let targets = self.targets(&rest, recursive);
        self.change_all(targets, |at| Change::Mode {
            at,
            mode: mode.clone(),
        })
    }

    pub(super) fn chown(&mut self, name: &str, words: &[String]) -> bool {
        let recursive = words.iter().any(|word| is_recursive(word));
        let (_, rest) = options(words, &["--from", "--reference"]);
        let Some((owner, rest)) = rest.split_first() else {
            return true;
        };
        // `chgrp` leaves the user as it is.
        if name == "chgrp" {
            return true;
        }
        let targets = self.targets(rest, recursive);
        self.change_all(targets, |at| Change::Owner {
            at,
            owner: Some(owner.clone()),
        })
    }

    pub(super) fn touch(&mut self, words: &[String]) -> bool {
        let empty = Mapped::computed("", &self.span);
        self.each(words, |walker, path| {
            match walker.image.files.followed(&path).1 {
                Raw::Absent => {
                    let body = Body::Text(empty.clone());
                    let (mode, owner) = (Some(0o644), Some("root".to_owned()));
                    walker.put(path, Node::File { body, mode, owner });
                }
                Raw::Unknown(why) => {
                    let origin = walker.span.clone();
                    walker.push(Change::Unclear { path, why, origin });
                }
                Raw::Node(..) => {}
            }
        })
    }

    /// Where a file of that name goes when a command is given `destination`.
    fn landing(&self, destination: &str, name: &str, several: bool) -> Option<String> {
        let path = self.absolute(destination)?;
        let (followed, raw) = self.image.files.followed(&path);
        let is_directory = several
            || destination.ends_with('/')
            || destination == "."
            || matches!(raw, Raw::Node(Node::Directory, ..))
            || (matches!(raw, Raw::Unknown(_)) && is_standard_directory(&followed));
        Some(if is_directory {
            path::join(&followed, name)
        } else {
            path
        })
    }

    pub(super) fn link(&mut self, words: &[String]) -> bool {
        let symbolic = words
            .iter()
            .any(|word| is_short_option(word, 's') || word == "--symbolic");
        let has = |letter: char, long: &str| {
            words
                .iter()
                .any(|word| is_short_option(word, letter) || word == long)
        };
        let (given, rest) = options(words, &["-t", "-S", "--target-directory", "--suffix"]);
        let directory = given
            .iter()
            .find(|(name, _)| matches!(name.as_str(), "-t" | "--target-directory"));
        let (targets, place) = match (directory, rest.as_slice()) {
            (Some((_, directory)), targets) => (targets, format!("{directory}/")),
            (None, [target]) => (std::slice::from_ref(target), path::name(target).to_owned()),
            (None, [targets @ .., place]) if targets.len() > 1 => (targets, format!("{place}/")),
            (None, [target, place]) => (std::slice::from_ref(target), place.clone()),
            (None, _) => return false,
        };
        let (is_forced, stays) = (
            has('f', "--force"),
            has('n', "--no-dereference") || has('T', "--no-target-directory"),
        );
        targets
            .iter()
            .all(|target| self.link_one(target, &place, symbolic, is_forced, stays))
    }

    /// One link at a place. `stays`: a link to a directory that stands there is replaced, not gone into.
    fn link_one(
        &mut self,
        target: &str,
        place: &str,
        symbolic: bool,
        is_forced: bool,
        stays: bool,
    ) -> bool {
        let is_link = |place: &str| {
            let raw = self
                .absolute(place)
                .map(|path| self.image.files.node(&path));
            matches!(raw, Some(Raw::Node(Node::Link(_), ..)))
        };
        let place = match stays && is_link(place) {
            true => self.absolute(place),
            false => self.landing(place, path::name(target), false),
        };
        let Some(place) = place else {
            return false;
        };
        let there = self.image.files.node(&place);
        if matches!(there, Raw::Node(Node::File { .. } | Node::Link(_), ..)) && !is_forced {
            // It fails, and what stands there stays.
            return true;
        }
        if matches!(place.as_str(), "/bin/sh" | "/usr/bin/sh") {
            let text = format!("`/bin/sh` was made a link to `{target}`");
            self.image.sh = match path::name(target) {
                "bash" => {
                    let is_old = self.image.bash.is_some();
                    let id = if is_old { "bash-posix-4" } else { "bash-posix" };
                    Known::Known(Some(id.to_owned()))
                }
                "busybox" | "ash" => Known::Known(Some("ash".to_owned())),
                _ => Known::Unknown(Why::at(text, self.span.clone())),
            };
        }
        if symbolic {
            self.put(place, Node::Link(target.to_owned()));
            return true;
        }
        match self.absolute(target) {
            Some(source) => self.copy_file(&source, place),
            None => return false,
        }
        true
    }

    /// `update-alternatives --install LINK NAME PATH PRIORITY`
    pub(super) fn alternative(&mut self, words: &[String]) -> bool {
        let at = words.iter().position(|word| word == "--install");
        let Some([link, _, target, ..]) = at.map(|at| &words[at + 1..]) else {
            return false;
        };
        self.link_one(target, link, true, true, true)
    }

    pub(super) fn copy(&mut self, name: &str, words: &[String]) -> bool {
        let (given, rest) = options(words, &["-t", "-S", "--target-directory", "--suffix"]);
        let Some((sources, destination)) = self.sources_and_destination(&given, rest) else {
            return false;
        };
        for source in &sources {
            let Some(place) = self.landing(&destination, path::name(source), sources.len() > 1)
            else {
                return false;
            };
            let Some(from) = self.absolute(source) else {
                return false;
            };
            // `cp -r a/. b`: what is in it.
            let place = match source.ends_with("/.") {
                true => self.absolute(&destination).unwrap_or(place),
                false => place,
            };
            self.copy_file(&from, place);
            if name == "mv" {
                self.push(Change::Remove {
                    at: At {
                        path: from,
                        recursive: true,
                        name: None,
                    },
                });
            }
        }
        true
    }

    /// What is copied where: `SOURCE… DESTINATION`, or `-t DIRECTORY SOURCE…`. `None` when a pattern's matches
    /// are not known.
    fn sources_and_destination(
        &mut self,
        given: &[(String, String)],
        mut rest: Vec<String>,
    ) -> Option<(Vec<String>, String)> {
        let target = given
            .iter()
            .find(|(name, _)| matches!(name.as_str(), "-t" | "--target-directory"));
        let destination = match target {
            Some((_, directory)) => format!("{}/", directory.trim_end_matches('/')),
            None => rest.pop()?,
        };
        let mut sources = Vec::new();
        for word in rest {
            let (known, is_all) = self.known_matches(word)?;
            sources.extend(known);
            if !is_all {
                let place = self.absolute(&destination)?;
                self.elsewhere(vec![place], false);
            }
        }
        Some((sources, destination))
    }

    /// Puts what stands at one path at another.
    pub(super) fn copy_file(&mut self, source: &str, place: String) {
        self.copied.push((source.to_owned(), place.clone()));
        self.image.files.note_copy(source, &place);
        let files = self.files_at(source).clone();
        let (followed, raw) = files.followed(source);
        let origin = self.span.clone();
        match raw {
            Raw::Node(node @ Node::File { .. }, _, edits) => {
                self.put(place.clone(), node);
                for edit in edits {
                    self.push(Change::Content {
                        at: At::path(place.clone()),
                        edit,
                    });
                }
            }
            Raw::Node(Node::Directory, ..) if files.depth() < DEEPEST_COPY => {
                self.push(Change::Tree(Box::new(Tree {
                    destination: place,
                    source: TreeSource::Image(files, followed),
                    exclusion: Exclusion::default(),
                    mode: None,
                    owner: None,
                    origin,
                })));
            }
            Raw::Node(Node::Directory, ..) => {
                self.put(place.clone(), Node::Directory);
                self.elsewhere(vec![place], false);
            }
            Raw::Node(Node::Link(_), ..) | Raw::Absent | Raw::Unknown(_) => {
                let why = self.why();
                self.push(Change::Unclear {
                    path: place,
                    why,
                    origin,
                });
            }
        }
    }

    pub(super) fn install(&mut self, words: &[String]) -> bool {
        let (given, rest) = options(
            words,
            &[
                "-m",
                "--mode",
                "-o",
                "-g",
                "-t",
                "--target-directory",
                "--owner",
                "--group",
            ],
        );
        let mode = given
            .iter()
            .find(|(name, _)| name == "-m" || name == "--mode");
        let mode = mode.map_or(ModeChange::Set(0o755), |(_, value)| ModeChange::read(value));
        let makes_directories = words
            .iter()
            .any(|word| is_short_option(word, 'd') || word == "--directory");
        if makes_directories {
            return self.each(&rest, |walker, path| walker.put(path, Node::Directory));
        }
        let Some((sources, destination)) = self.sources_and_destination(&given, rest) else {
            return false;
        };
        for source in &sources {
            let (Some(from), Some(place)) = (
                self.absolute(source),
                self.landing(&destination, path::name(source), sources.len() > 1),
            ) else {
                return false;
            };
            self.copy_file(&from, place.clone());
            self.push(Change::Mode {
                at: At::path(place),
                mode: mode.clone(),
            });
        }
        true
    }
}
