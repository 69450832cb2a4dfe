//! Small programs that surely fail: what they are to read is not there, what they are to make is, or a word is missing.
//!
//! In: the process that is about to run one. Out: its exit status. What is not sure is left to others.

use super::certain_words;
use super::operands::Operands;
use crate::boot::interpreter::absolute;
use crate::boot::machine::Machine;
use crate::boot::standing::Standing;
use crate::boot::world::{Process, World};
use crate::image::name_of;

/// A program that reads the files that it names.
struct Reader {
    names: &'static [&'static str],
    /// Short options with a value.
    valued: &'static str,
    /// Operands before the files.
    before: usize,
    /// Its status without a file: of GNU's and of busybox's (measured: coreutils 9.1, grep 3.8, sed 4.9, mawk 1.3.4,
    /// diffutils 3.8, findutils 4.9; busybox 1.35).
    status: (i32, i32),
}

const READERS: [Reader; 12] = [
    reader(&["cat", "tac", "nl", "wc", "unlink"], "", 0, (1, 1)),
    reader(&["head", "tail"], "nc", 0, (1, 1)),
    reader(&["cut"], "dfcb", 0, (1, 1)),
    reader(&["sort"], "ktoST", 0, (2, 2)),
    reader(
        &["md5sum", "sha1sum", "sha256sum", "sha512sum"],
        "",
        0,
        (1, 1),
    ),
    reader(&["base64"], "w", 0, (1, 1)),
    reader(&["stat"], "cf", 0, (1, 1)),
    reader(&["ls"], "IwT", 0, (2, 1)),
    reader(&["grep", "egrep", "fgrep"], "efABCm", 1, (2, 2)),
    reader(&["sed"], "ef", 1, (2, 1)),
    reader(&["diff", "cmp"], "UIFLn", 0, (2, 2)),
    reader(&["chmod", "chown", "chgrp"], "", 1, (1, 1)),
];

const fn reader(
    names: &'static [&'static str],
    valued: &'static str,
    before: usize,
    status: (i32, i32),
) -> Reader {
    Reader {
        names,
        valued,
        before,
        status,
    }
}

/// Programs that need so many operands; others add them behind `xargs` and `find -exec`.
const NEEDING: [(&[&str], usize); 2] = [
    (
        &[
            "mkdir", "touch", "rm", "rmdir", "mkfifo", "basename", "dirname", "readlink", "stat",
            "unlink", "ln",
        ],
        1,
    ),
    (&["cp", "mv", "chmod", "chown", "chgrp"], 2),
];

/// The status of a program that surely fails.
pub(super) fn status(machine: &Machine, world: &World, process: &Process) -> Option<i32> {
    let is_given_more = world
        .process(process.parent)
        .is_some_and(|parent| matches!(&*parent.program, "xargs" | "find" | "parallel"));
    let failing = Failing::of(machine, world, process)?;
    failing.status(&certain_words(process)?, is_given_more)
}

/// The operands without which a command that copies, moves or makes would surely do the same: sources that are not
/// there, and directories that are there already.
pub(super) fn left_alone(machine: &Machine, world: &World, process: &Process) -> Vec<String> {
    let failing = Failing::of(machine, world, process);
    let left = failing.zip(certain_words(process));
    left.map_or_else(Vec::new, |(failing, words)| failing.left_alone(&words))
}

struct Failing<'a, 'm> {
    machine: &'a Machine<'m>,
    world: &'a World,
    /// The program, without its directory.
    name: String,
    directory: &'a str,
}

impl<'a, 'm> Failing<'a, 'm> {
    fn of(machine: &'a Machine<'m>, world: &'a World, process: &'a Process) -> Option<Self> {
        let name = process.argv.first()?.known()?;
        Some(Failing {
            machine,
            world,
            name: name_of(&name).to_owned(),
            directory: &process.directory,
        })
    }
}

impl Failing<'_, '_> {
    fn status(&self, words: &[String], is_given_more: bool) -> Option<i32> {
        let fails = |is_failing: bool| is_failing.then_some(1);
        if !is_given_more && self.lacks_operands(words) {
            return Some(1);
        }
        if is_given_more && words.iter().any(|word| word.contains("{}")) {
            return None;
        }
        match self.name.as_str() {
            "cp" | "mv" | "install" | "ln" => fails(self.fails_to_place(words)?),
            "mkdir" => {
                let operands = Operands::of(words, "m")?;
                let with_parents = operands.has(&['p'], "--parents");
                let mut paths = operands.rest.iter();
                fails(paths.any(|path| self.fails_to_make(path, with_parents)))
            }
            "mkfifo" => {
                let operands = Operands::of(words, "m")?;
                fails(
                    operands
                        .rest
                        .iter()
                        .any(|path| self.fails_to_make(path, false)),
                )
            }
            "touch" => {
                let operands = Operands::of(words, "drt")?;
                let makes = !operands.has(&['c', 'h'], "--no-create");
                fails(makes && operands.rest.iter().any(|path| self.has_no_parent(path)))
            }
            "rm" | "rmdir" => {
                let operands = Operands::of(words, "")?;
                let is_forced = self.name == "rm" && operands.has(&['f'], "--force");
                let is_failing = |path: &&str| match self.standing(path) {
                    Standing::Missing => !is_forced,
                    Standing::File => self.name == "rmdir",
                    Standing::Directory => {
                        self.name == "rm"
                            && !operands.has(&['r', 'R'], "--recursive")
                            && !operands.has(&['d'], "--dir")
                            && !self.is_link(path)
                    }
                    Standing::Something | Standing::Open => false,
                };
                fails(operands.rest.iter().any(is_failing))
            }
            "readlink" => {
                let operands = Operands::of(words, "")?;
                let is_plain = !operands.has(&['f', 'e', 'm'], "--canonicalize");
                let is_no_link = |path: &&str| {
                    !matches!(self.standing(path), Standing::Something | Standing::Open)
                        && !self.is_link(path)
                };
                fails(is_plain && operands.rest.iter().any(is_no_link))
            }
            "find" => {
                let begins = |word: &&String| !word.starts_with(['-', '(', '!']);
                let mut roots = words.iter().take_while(begins);
                fails(roots.any(|root| self.is_missing(root)))
            }
            _ => self.fails_to_read(words),
        }
    }

    /// Whether there are fewer operands than the program needs.
    fn lacks_operands(&self, words: &[String]) -> bool {
        let needing = NEEDING
            .iter()
            .find(|(names, _)| names.contains(&self.name.as_str()));
        let Some((_, count)) = needing else {
            return false;
        };
        let is_option = |word: &&String| word.starts_with('-') && word.len() > 1;
        let takes_more = words.iter().any(|word| {
            word.starts_with("--")
                || word.starts_with('-') && word.contains(['t', 'f', 'e']) && self.name != "ln"
        });
        !takes_more && words.iter().filter(|word| !is_option(word)).count() < *count
    }

    /// Readers of files.
    fn fails_to_read(&self, words: &[String]) -> Option<i32> {
        let reader = READERS
            .iter()
            .find(|one| one.names.contains(&self.name.as_str()))?;
        let is_mode = |word: &String| {
            self.name == "chmod"
                && word.strip_prefix('-').is_some_and(|letters| {
                    !letters.is_empty() && letters.chars().all(|letter| "rwxst".contains(letter))
                })
        };
        // `chmod -x file`: a mode, and no option.
        let words: Vec<String> = words
            .iter()
            .map(|word| match is_mode(word) {
                true => format!("a{word}"),
                false => word.clone(),
            })
            .collect();
        let operands = Operands::of(&words, reader.valued)?;
        let has_script = matches!(self.name.as_str(), "sed" | "grep" | "egrep" | "fgrep")
            && ["e", "f"]
                .iter()
                .any(|letter| operands.value(letter, "--file").is_some());
        if operands.value("", "--reference").is_some() || operands.value("", "--regexp").is_some() {
            return None;
        }
        let before = if has_script { 0 } else { reader.before };
        // It has found what it looks for before it comes to what is not there.
        let stops_early = self.name.ends_with("grep") && operands.has(&['q', 'r', 'R'], "--quiet");
        let mut files = operands.rest.iter().skip(before);
        if stops_early && files.len() > 1 {
            return None;
        }
        let (gnu, busybox) = reader.status;
        let is_read = |path: &str| path != "-" && self.is_unread(path);
        files
            .any(|path| is_read(path))
            .then(|| match self.machine.tools_are_busybox() {
                true => busybox,
                false => gnu,
            })
    }

    fn is_unread(&self, path: &str) -> bool {
        match self.standing(path) {
            Standing::Missing => true,
            Standing::Directory => matches!(self.name.as_str(), "cat" | "head" | "tac" | "unlink"),
            _ => false,
        }
    }

    /// `cp`, `mv`, `install`, `ln`.
    fn fails_to_place(&self, words: &[String]) -> Option<bool> {
        let (operands, sources, place) = self.placed(words)?;
        if self.name == "install" && operands.has(&['d', 'D'], "--directory") {
            return Some(false);
        }
        let is_symbolic = operands.has(&['s'], "--symbolic");
        if self.name != "ln" || !is_symbolic {
            let takes_directories =
                self.name == "mv" || operands.has(&['r', 'R', 'a'], "--recursive");
            let takes_directories = takes_directories || operands.has(&[], "--archive");
            let is_failing = |path: &&str| match self.standing(path) {
                // A link that leads nowhere is moved all the same.
                Standing::Missing => !self.is_link(path),
                Standing::Directory => !takes_directories,
                _ => false,
            };
            if sources.iter().any(is_failing) {
                return Some(true);
            }
        }
        let there = self.standing(place);
        let is_into = place.ends_with('/')
            || sources.len() > 1
            || operands.value("t", "--target-directory").is_some();
        Some(match there {
            Standing::Missing if is_into => sources.len() > 1 || self.name != "mv",
            Standing::File if is_into => true,
            _ if self.name == "ln" && !operands.has(&['f', 'b', 'i'], "--force") => {
                let goes_in =
                    there == Standing::Directory && !operands.has(&['n', 'T'], "--no-dereference");
                let is_there = |path: &str| {
                    self.is_link(path)
                        || !matches!(self.standing(path), Standing::Missing | Standing::Open)
                };
                match goes_in {
                    true => sources
                        .iter()
                        .any(|source| is_there(&format!("{place}/{}", name_of(source)))),
                    false => is_there(place) || self.has_no_parent(place),
                }
            }
            Standing::Missing => self.has_no_parent(place),
            _ => false,
        })
    }

    /// The options of a command that puts files somewhere, what it puts, and where.
    fn placed<'w>(&self, words: &'w [String]) -> Option<(Operands<'w>, Vec<&'w str>, &'w str)> {
        let valued = match self.name.as_str() {
            "install" => "mogtS",
            _ => "tS",
        };
        let operands = Operands::of(words, valued)?;
        let mut sources = operands.rest.clone();
        let place = match operands.value("t", "--target-directory") {
            Some(directory) => directory,
            None if self.name == "ln" && sources.len() == 1 => name_of(sources[0]),
            None => sources.pop()?,
        };
        (!sources.is_empty()).then_some((operands, sources, place))
    }

    fn left_alone(&self, words: &[String]) -> Vec<String> {
        let operands = match self.name.as_str() {
            "cp" | "mv" | "install" => self.placed(words).map(|(_, sources, _)| sources),
            "mkdir" => Operands::of(words, "m").map(|operands| operands.rest),
            _ => None,
        };
        let is_left = |path: &&str| match self.name.as_str() {
            "mkdir" => self.fails_to_make(path, true) || self.standing(path) == Standing::Directory,
            _ => self.is_missing(path) && !self.is_link(path),
        };
        let left = operands.into_iter().flatten().filter(is_left);
        left.map(str::to_owned).collect()
    }

    /// Whether a directory or a pipe cannot be made there.
    fn fails_to_make(&self, path: &str, with_parents: bool) -> bool {
        if with_parents {
            let full = absolute(self.directory, path);
            let ends = full.match_indices('/').skip(1).map(|(at, _)| &full[..at]);
            let is_file = |path: &str| self.machine.standing(self.world, path) == Standing::File;
            return ends.chain([full.as_str()]).any(is_file);
        }
        match self.standing(path) {
            Standing::File | Standing::Directory | Standing::Something => true,
            Standing::Missing | Standing::Open => self.has_no_parent(path),
        }
    }

    /// Whether the directory in which something is to come into being is not there.
    fn has_no_parent(&self, path: &str) -> bool {
        let full = absolute(self.directory, path);
        let parent = full.trim_end_matches('/').rsplit_once('/');
        let parent = parent.map_or("/", |(parent, _)| parent);
        matches!(
            self.machine.standing(self.world, parent),
            Standing::Missing | Standing::File
        )
    }

    fn is_missing(&self, path: &str) -> bool {
        self.standing(path) == Standing::Missing
    }

    fn is_link(&self, path: &str) -> bool {
        self.machine
            .is_link(self.world, &absolute(self.directory, path))
    }

    fn standing(&self, path: &str) -> Standing {
        self.machine
            .standing(self.world, &absolute(self.directory, path))
    }
}
