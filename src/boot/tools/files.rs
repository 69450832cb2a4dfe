//! Files that small programs read, make, move and remove.
//!
//! In: the command line of a file tool. Out: the files of the image that it changes (`changed`), and the texts that
//! scripts have written, which move with them. What is not followed is left to `remade`.

use std::rc::Rc;

use super::Command;
use super::filters;
use crate::boot::interpreter::{absolute, unmatched};
use crate::boot::machine::Machine;
use crate::boot::remade::Remade;
use crate::boot::value::{Field, Value};
use crate::boot::world::{Pid, World};
use crate::image::{Content, Found, below};

/// Takes note of what a command does to files.
pub(super) fn change(machine: &Machine, world: &mut World, pid: Pid, command: &Command) {
    if !HARMLESS.contains(&command.name.as_str()) {
        // It may make what was removed.
        world.may_come_back();
    }
    match command.name.as_str() {
        "cp" | "mv" | "ln" | "install" | "rm" | "rmdir" | "unlink" | "mkdir" => {
            let is_followed = follow(machine, world, pid, command);
            if is_followed && command.name != "mkdir" {
                return;
            }
        }
        "sed" => edit(machine, world, pid, command),
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

/// Commands that make no file, or are followed.
const HARMLESS: [&str; 44] = [
    "[", "awk", "basename", "cat", "chgrp", "chmod", "chown", "cp", "cut", "date", "dirname",
    "echo", "egrep", "expr", "false", "fgrep", "find", "getent", "grep", "head", "hostname", "id",
    "install", "kill", "ln", "ls", "mkdir", "mv", "nproc", "pgrep", "pkill", "printenv", "ps",
    "readlink", "rm", "rmdir", "sed", "seq", "sleep", "stat", "test", "touch", "true", "uname",
];

/// Runs a file tool whose words are known, patterns included.
fn follow(machine: &Machine, world: &mut World, pid: Pid, command: &Command) -> bool {
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
    let removes = matches!(command.name.as_str(), "rm" | "rmdir" | "unlink");
    if removes {
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
        Found::Absent if world.remade.changed.is_gone(path) => Value::default(),
        // It may be mounted when the container runs.
        _ => Value::unknown(format!("$(cat {path})")),
    }
}
