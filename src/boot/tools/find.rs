//! `find … -delete` and `find … -exec rm {} …`.
//!
//! In: the words of the command. Out: what scripts have made and it takes away. Files of the image stay as they are
//! seen: nobody asks for those that a start-up clears away.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::boot::interpreter::absolute;
use crate::boot::machine::Machine;
use crate::boot::value::Field;
use crate::boot::world::{Pid, World};
use crate::image::{below, is_removal, name_of};
use crate::shell::pattern::{PatternPiece, matches};

/// What a `find` removes.
struct Sweep {
    /// The directories that it goes through.
    roots: Vec<String>,
    /// `-name`
    name: Option<String>,
    /// `-type f` and `-type d`: whether directories are looked for.
    directories: Option<bool>,
    /// `-mindepth` and `-maxdepth`
    depths: (usize, usize),
    /// Whether it asks for more: what it finds may as well stay.
    asks_more: bool,
}

/// Takes away what a `find` of that process removes, if it does.
pub(super) fn sweep(machine: &Machine, world: &mut World, pid: Pid) {
    let Some(process) = world.process(pid) else {
        return;
    };
    let words = process.argv.iter().map(Field::known);
    let words: Vec<Option<String>> = words.collect();
    let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
    let (Some(sweep), Some(span)) = (Sweep::of(&words, &process.directory), process.span.clone())
    else {
        return;
    };
    machine.looked_at.every_file();
    let made = world
        .remade
        .made_below(&sweep.roots, &machine.looked_at)
        .into_iter();
    let written = world.files.paths().map(|path| (path.to_owned(), false));
    let taken: BTreeSet<String> = made
        .chain(written)
        .filter(|(path, is_directory)| sweep.takes(path, *is_directory))
        .map(|(path, _)| path)
        .collect();
    for path in &taken {
        Rc::make_mut(&mut world.files).remove(path);
        Rc::make_mut(&mut world.remade).take_away(std::iter::once(path.clone()));
        if !sweep.asks_more {
            let words = ["rm", "-rf", path].map(str::to_owned);
            machine.run_file_tool(world, &words, "/", &span);
        }
    }
    world.look_again(&taken.into_iter().collect::<Vec<_>>());
}

impl Sweep {
    /// Reads the words, `None` for one that is not known: it may go through any directory, and ask for anything.
    fn of(words: &[Option<&str>], directory: &str) -> Option<Sweep> {
        let begins = |word: &Option<&str>| {
            word.is_some_and(|word| word.starts_with('-') || matches!(word, "(" | "!" | "\\("))
        };
        let first = words.iter().position(begins)?;
        let (roots, tests) = (words.get(1..first)?, &words[first..]);
        let roots = if roots.is_empty() {
            &[Some(".")][..]
        } else {
            roots
        };
        let root =
            |root: &Option<&str>| root.map_or("/".to_owned(), |root| absolute(directory, root));
        let mut sweep = Sweep {
            roots: roots.iter().map(root).collect(),
            name: None,
            directories: None,
            depths: (0, usize::MAX),
            asks_more: roots.contains(&None),
        };
        let mut removes = false;
        let mut tests = tests.iter().copied();
        while let Some(test) = tests.next() {
            let Some(test) = test else {
                sweep.asks_more = true;
                continue;
            };
            match test {
                "-name" if sweep.name.is_none() => {
                    sweep.name = tests.next()?.map(str::to_owned);
                    sweep.asks_more |= sweep.name.is_none();
                }
                "-type" => match tests.next().flatten() {
                    Some("f") => sweep.directories = Some(false),
                    Some("d") => sweep.directories = Some(true),
                    _ => sweep.asks_more = true,
                },
                "-mindepth" => sweep.depths.0 = tests.next()??.parse().ok()?,
                "-maxdepth" => sweep.depths.1 = tests.next()??.parse().ok()?,
                "-delete" => removes = true,
                "-exec" | "-execdir" => {
                    removes |= tests.next()?.is_some_and(|tool| is_removal(name_of(tool)));
                    tests
                        .by_ref()
                        .find(|word| matches!(*word, Some(";" | "+" | "\\;")));
                }
                "-print" | "-print0" | "-depth" | "-xdev" | "-mount" => {}
                _ => sweep.asks_more = true,
            }
        }
        removes.then_some(sweep)
    }

    fn takes(&self, path: &str, is_directory: bool) -> bool {
        let rest = self.roots.iter().find_map(|root| below(path, root));
        let Some(rest) = rest else {
            return false;
        };
        let depth = rest.split('/').filter(|part| !part.is_empty()).count();
        let is_named = |pattern: &String| matches(&[PatternPiece::Active(pattern)], name_of(path));
        (self.depths.0..=self.depths.1).contains(&depth)
            && self.directories.is_none_or(|wanted| wanted == is_directory)
            && self.name.as_ref().is_none_or(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `…` is a word that is not known.
    fn takes(words: &str, path: &str, is_directory: bool) -> bool {
        let words = words.split(' ');
        let words: Vec<Option<&str>> = words
            .map(|word| Some(word).filter(|word| *word != "…"))
            .collect();
        Sweep::of(&words, "/srv").is_some_and(|sweep| sweep.takes(path, is_directory))
    }

    #[test]
    fn what_is_named_is_taken() {
        let all = "find /run -name *.pid -delete";
        assert!(takes(all, "/run/a.pid", false) && takes(all, "/run/b/a.pid", false));
        assert!(!takes(all, "/run/a.log", false) && !takes(all, "/runs/a.pid", false));
        assert!(takes("find . -type f -exec rm -f {} ;", "/srv/a", false));
        assert!(!takes("find . -type f -exec rm -f {} ;", "/srv/a", true));
        assert!(!takes("find . -name x", "/srv/x", false));
        let within = "find /d -mindepth 1 -maxdepth 1 -delete";
        assert!(takes(within, "/d/a", false) && !takes(within, "/d", true));
        assert!(!takes(within, "/d/a/b", false));
        assert!(takes("find /d -name … -exec /bin/rm {} +", "/d/abc", false));
        assert!(takes("find … -name a* -delete", "/d/abc", false));
    }
}
