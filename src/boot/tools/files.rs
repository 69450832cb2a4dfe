//! Files that small programs read, make, move and remove.
//!
//! In: the command line of a file tool. Out: the files of the image that it changes (`changed`), and the texts that
//! scripts have written, which move with them. What is not followed is left to `remade`.

use std::rc::Rc;

use super::Command;
use super::{failing, filters, find};
use crate::boot::interpreter::{absolute, unmatched};
use crate::boot::machine::Machine;
use crate::boot::remade::Remade;
use crate::boot::standing::Standing;
use crate::boot::value::{Field, Value};
use crate::boot::world::{Pid, Process, World};
use crate::image::{Content, Found, below, is_removal};

/// Takes note of what a command does to files.
pub(super) fn change(machine: &Machine, world: &mut World, pid: Pid, command: &Command) {
    if !HARMLESS.contains(&command.name.as_str()) {
        // It may make what was removed.
        world.may_come_back();
    }
    if is_removal(&command.name) && command.words.contains(&None) {
        // `find -exec` names what it has found.
        let parent = world.process(pid).map(|process| process.parent);
        let is_find = |parent: &Pid| {
            let parent = world.process(*parent).map(Command::of);
            parent.is_some_and(|parent| parent.name == "find")
        };
        if let Some(parent) = parent.filter(is_find) {
            find::sweep(machine, world, parent);
            return;
        }
    }
    let mut kept = kept(machine, world, command);
    if let Some(process) = world.process(pid) {
        kept.extend(failing::left_alone(machine, world, process));
    }
    let without = (!kept.is_empty()).then(|| command.without(&kept));
    let command = without.as_ref().unwrap_or(command);
    let has_work = match command.name.as_str() {
        "cp" | "mv" | "install" => command.operands.len() > 1 || kept.is_empty(),
        "mkdir" => !command.operands.is_empty(),
        _ => true,
    };
    if !has_work {
        return;
    }
    match command.name.as_str() {
        "cp" | "mv" | "ln" | "install" | "rm" | "rmdir" | "unlink" | "mkdir" => {
            let is_followed = follow(machine, world, pid, command, &kept);
            if is_followed && command.name != "mkdir" {
                return;
            }
        }
        "sed" => edit(machine, world, pid, command),
        "find" => find::sweep(machine, world, pid),
        _ => {}
    }
    if Remade::is_changed_by(&command.name) {
        let before = Rc::clone(&world.remade);
        let remade = Rc::make_mut(&mut world.remade);
        remade.run(&command.name, &command.words, &command.directory);
        let places = remade.places_since(&before);
        world.look_again(&places);
    }
    if matches!(command.name.as_str(), "cp" | "mv" | "ln" | "install") {
        world.may_come_back();
    }
    if matches!(command.name.as_str(), "rm" | "mv") {
        let from = match command.name.as_str() {
            "mv" => command.operands.len().saturating_sub(1),
            _ => command.operands.len(),
        };
        for operand in &command.operands[..from] {
            let path = absolute(&command.directory, operand);
            Rc::make_mut(&mut world.files).remove(&path);
        }
    }
}

/// The operands of a removal that stay where they are: what is surely a directory, for `rm` without an option for
/// those and `unlink`, and with something in it for `rmdir`.
fn kept(machine: &Machine, world: &World, command: &Command) -> Vec<String> {
    let takes = |letters: &[char], long: &[&str]| {
        let mut words = command.words.iter().flatten();
        words.any(|word| match word.strip_prefix("--") {
            Some(name) => long.contains(&name),
            None => word.starts_with('-') && word.contains(letters),
        })
    };
    let stays: fn(Directory) -> bool = match command.name.as_str() {
        "rm" if takes(&['r', 'R'], &["recursive"]) => return Vec::new(),
        "rm" if takes(&['d'], &["dir"]) => |directory| directory == Directory::Filled,
        "rmdir" => |directory| directory == Directory::Filled,
        "rm" | "unlink" => |_| true,
        _ => return Vec::new(),
    };
    let is_kept = |operand: &&String| {
        directory(machine, world, &absolute(&command.directory, operand)).is_some_and(stays)
    };
    command.operands.iter().filter(is_kept).cloned().collect()
}

/// Whether a removal that is about to run surely leaves one of its operands, or does not find it.
pub(super) fn fails_to_remove(machine: &Machine, world: &World, process: &Process) -> bool {
    let command = Command::of(process);
    let is_forced = |word: &String| {
        word == "--force" || word.starts_with('-') && !word.starts_with("--") && word.contains('f')
    };
    let files = &machine.container.image.files;
    let is_missed = |operand: &String| {
        let path = absolute(&command.directory, operand);
        world.remade.is_gone(files, &path, &machine.looked_at)
            && world.written(&path, &machine.looked_at).is_none()
    };
    !kept(machine, world, &command).is_empty()
        || !command.words.iter().flatten().any(is_forced) && command.operands.iter().any(is_missed)
}

/// What is known of a directory that is there for sure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directory {
    /// Something is in it.
    Filled,
    /// Nobody says.
    Open,
}

fn directory(machine: &Machine, world: &World, path: &str) -> Option<Directory> {
    machine.looked_at.every_file();
    let is_within = |known: &str| below(known, path).is_some_and(|rest| !rest.is_empty());
    if world
        .files
        .paths()
        .any(|file| world.files.is_there(file) && is_within(file))
        || world.remade.has_within(path, &machine.looked_at)
    {
        return Some(Directory::Filled);
    }
    let is_made = world.remade.is_present(path, &machine.looked_at) == Some(true);
    is_made.then_some(Directory::Open)
}

/// Commands that make no file, or are followed.
const HARMLESS: [&str; 45] = [
    "[", "awk", "basename", "cat", "chgrp", "chmod", "chown", "cp", "cut", "date", "dirname",
    "echo", "egrep", "expr", "false", "fgrep", "find", "getent", "grep", "head", "hostname", "id",
    "install", "kill", "ln", "ls", "mkdir", "mv", "nproc", "pgrep", "pkill", "printenv", "ps",
    "readlink", "rm", "rmdir", "sed", "seq", "sleep", "stat", "test", "touch", "true", "uname",
    "unlink",
];

/// Runs a file tool whose words are known, patterns included.
fn follow(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    command: &Command,
    kept: &[String],
) -> bool {
    let Some(process) = world.process(pid) else {
        return false;
    };
    let Some(span) = process.span.clone() else {
        return false;
    };
    let word = |field: &Field| {
        let pattern = unmatched(field).map(str::to_owned);
        field.known().or(pattern)
    };
    let Some(words) = process
        .argv
        .iter()
        .map(word)
        .filter(|word| word.as_ref().is_none_or(|word| !kept.contains(word)))
        .collect::<Option<Vec<String>>>()
    else {
        return false;
    };
    let Some(done) = machine.run_file_tool(world, &words, &command.directory, &span) else {
        return false;
    };
    world.look_again(&done.touched);
    for (from, to) in &done.copied {
        carry(machine, world, from, to, command.name == "install");
    }
    if is_removal(&command.name) {
        let touched: Vec<String> = world
            .files
            .paths()
            .filter(|path| world.remade.changed.is_gone(path))
            .map(str::to_owned)
            .collect();
        for path in touched {
            Rc::make_mut(&mut world.files).remove(&path);
        }
        let remade = Rc::make_mut(&mut world.remade);
        remade.run(&command.name, &command.words, &command.directory);
    }
    if command.name == "mv" {
        for (from, _) in &done.copied {
            Rc::make_mut(&mut world.files).remove(from);
            Rc::make_mut(&mut world.remade).take_away(std::iter::once(from.clone()));
        }
    }
    if command.name == "ln" {
        for place in done.touched {
            Rc::make_mut(&mut world.files).remove(&place);
        }
    }
    true
}

/// What scripts have written at one path, or below it, stands at another one, too.
fn carry(machine: &Machine, world: &mut World, from: &str, to: &str, makes_executable: bool) {
    let goes_to = |path: &str| match below(path, from)? {
        "" => Some(to.to_owned()),
        rest => Some(absolute(to, rest)),
    };
    machine.looked_at.every_file();
    let moved: Vec<(String, String, Value)> = world
        .files
        .all()
        .filter_map(|(path, text)| Some((path.to_owned(), goes_to(path)?, text.clone())))
        .collect();
    Rc::make_mut(&mut world.files).remove(to);
    for (path, place, text) in moved {
        let executable = match machine.look_up(world, &path) {
            Found::File(file) => file.mode.is_none_or(|mode| mode & 0o111 != 0),
            _ => world.remade.at(&path).may_be_executable(),
        };
        Rc::make_mut(&mut world.files).put(place.clone(), text);
        if executable || makes_executable {
            let words = [None, Some("+x".to_owned()), Some(place)];
            Rc::make_mut(&mut world.remade).run("chmod", &words, "/");
        }
    }
}

/// `sed -i`: the files that it names have other texts then.
fn edit(machine: &Machine, world: &mut World, pid: Pid, command: &Command) {
    let is_option = |word: &str| word.starts_with("-i") || word.starts_with("--in-place");
    let in_place = |word: &Option<String>| {
        let letters = |word: &str| word.starts_with('-') && !word.starts_with("--");
        word.as_deref()
            .is_some_and(|word| is_option(word) || letters(word) && word.ends_with('i'))
    };
    if !command.words.iter().any(in_place) {
        return;
    }
    let Some(process) = world.process(pid) else {
        return;
    };
    let certain = |field: &Field| field.value.certain().filter(|_| !field.open);
    let words: Vec<Option<String>> = process.argv.iter().skip(1).map(certain).collect();
    let targets = command
        .operands
        .iter()
        .map(|word| absolute(&command.directory, word));
    let targets: Vec<String> = targets
        .filter(|path| {
            world.written(path, &machine.looked_at).is_some()
                || matches!(machine.look_up(world, path), Found::File(_))
        })
        .collect();
    for target in targets {
        let text = content(machine, world, &target).certain();
        let script: Option<Vec<String>> = words
            .iter()
            .filter(|word| {
                let word = word.as_deref().unwrap_or_default();
                !is_option(word) && absolute(&command.directory, word) != target
            })
            .cloned()
            .collect();
        let done = text.and_then(|text| filters::run("sed", &script?, &text));
        let text = match done {
            Some(done) => Value::text(done.text),
            None => Value::unknown(format!("$(cat {target})")),
        };
        let real = world.real_path(&target, &machine.looked_at);
        Rc::make_mut(&mut world.files).put(real.unwrap_or(target), text);
    }
}

/// The text of a file, as far as it is known.
pub(super) fn content(machine: &Machine, world: &World, path: &str) -> Value {
    if let Some(value) = world.written(path, &machine.looked_at) {
        return value.clone();
    }
    match machine.look_up(world, path) {
        Found::File(file) => match file.content {
            Content::Text(text) => Value::text(text.text()),
            _ => Value::unknown(format!("$(cat {path})")),
        },
        _ if machine.standing(world, path) == Standing::Missing => Value::default(),
        // It may be mounted when the container runs.
        _ => Value::unknown(format!("$(cat {path})")),
    }
}
