//! Small programs whose output or effect decides what a start-up does next.
//!
//! In: the process that runs one. Out: what it changes in the world, what it prints, and its status.

mod envsubst;
mod failing;
mod files;
mod filtering;
mod filters;
mod find;
mod getopt;
mod operands;
mod paths;
mod processes;
mod temporary;
mod users;

use std::rc::Rc;

use super::interpreter::{absolute, display_words};
use super::machine::{Machine, signal_process};
use super::services;
use super::value::{Field, Value};
use super::world::{Pid, Process, Question, STOP_DATE, Status, World};
use crate::image::{Found, is_removal};
use crate::source::Span;

pub(in crate::boot) use filtering::filter_output;
pub(in crate::boot) use filters::has_no_file;
pub(in crate::boot) use processes::{followed, refused};
pub(in crate::boot) use users::{is_root, switched_user, user_number};

/// Commands that are expected to succeed, so that nobody wants to hear of the way on which they fail.
const EXPECTED: [&str; 34] = [
    "mkdir", "chmod", "chown", "chgrp", "cp", "mv", "ln", "rm", "touch", "mkfifo", "date", "cat",
    "sed", "awk", "basename", "dirname", "tr", "cut", "sort", "uniq", "head", "printenv", "uname",
    "hostname", "install", "seq", "env", "tee", "sync", "mktemp", "readlink", "realpath", "true",
    "nproc",
];

/// Commands that are run for their status: each of its two answers is expected.
const ASKED: [&str; 21] = [
    "grep",
    "egrep",
    "fgrep",
    "nc",
    "ncat",
    "curl",
    "wget",
    "id",
    "getent",
    "pg_isready",
    "which",
    "diff",
    "cmp",
    "find",
    "stat",
    "mountpoint",
    "ls",
    "pgrep",
    "pidof",
    "pkill",
    "killall",
];

/// Commands that read the files that they name to their ends.
const READERS: [&str; 10] = [
    "cat", "tac", "head", "tail", "nl", "cut", "sort", "grep", "sed", "awk",
];

/// The stream of a named pipe that a command reads: it lasts until nobody writes there any more.
pub(in crate::boot) fn named_pipe(world: &World, pid: Pid, name: &str) -> Option<usize> {
    if world.fifos.is_empty() || !READERS.contains(&name) {
        return None;
    }
    let command = Command::of(world.process(pid)?);
    let paths = command.operands.iter();
    let mut paths = paths.map(|operand| absolute(&command.directory, operand));
    paths.find_map(|path| world.fifos.stream(&path))
}

/// The status of a short command.
pub(in crate::boot) fn status(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    name: &str,
    span: Option<Span>,
) -> Status {
    let process = world.process(pid);
    if let Some(status) = process.and_then(|process| failing::status(machine, world, process)) {
        return Status::Known(status);
    }
    match name {
        "false" => return Status::Known(1),
        "expr" => {
            let words = world.process(pid).map(certain_words);
            if let Some(done) = words
                .flatten()
                .and_then(|words| filters::expression(&words))
            {
                return Status::Known(done.status);
            }
        }
        "getopt" => {
            if let Some(done) = sorted_options(world, pid) {
                return Status::Known(done.status);
            }
        }
        "grep" | "egrep" | "fgrep" => {
            if let Some((done, _)) = filtering::filtered(machine, world, pid, name) {
                return Status::Known(done.status);
            }
        }
        _ if processes::is_finder(name) => {
            let words = words_of(world, pid);
            let found = processes::found(machine, world, pid, name, &words);
            if !found.is_empty() || !processes::may_have_others(world) {
                return Status::Known(i32::from(found.is_empty()));
            }
        }
        "ps" => {
            let words = words_of(world, pid);
            if let Some(option) = processes::refused(machine, world, pid, name) {
                let yes = format!("`{name}` is not busybox's, which does not know `{option}`");
                let no = format!("`{name}` is busybox's, which does not know `{option}`");
                return Status::Unknown(Question::new(yes, no, span).into());
            }
            if let Some(is_listed) = processes::is_listed(world, &words) {
                return Status::Known(i32::from(!is_listed));
            }
            if let Some(text) = processes::listing(machine, world, pid, &words) {
                // Of what is not followed it may list something.
                if !text.is_empty() || !processes::may_have_others(world) {
                    return Status::Known(i32::from(text.is_empty()));
                }
            }
        }
        _ if is_removal(name)
            && world
                .process(pid)
                .is_some_and(|process| files::fails_to_remove(machine, world, process)) =>
        {
            return Status::Known(1);
        }
        _ if EXPECTED.contains(&name) => return Status::SUCCESS,
        _ => {}
    }

    let command = display_words(&world.process_mut(pid).argv);
    let question = Question {
        expected: !ASKED.contains(&name),
        ..Question::succeeds(&command, span)
    };
    Status::Unknown(question.into())
}

/// Lets a short command print, and signal.
pub(in crate::boot) fn run(machine: &Machine, world: &mut World, pid: Pid) {
    let process = world.process_mut(pid);
    let output = process.output.clone();
    let command = Command::of(process);
    services::stop_started(machine, world, pid, &command.words);
    services::stop_servers(machine, world, pid, &command.words);
    files::change(machine, world, pid, &command);
    if command.acts(machine, world, pid) || !output.is_read() {
        return;
    }
    match command.printed(machine, world, pid) {
        Printed::Nothing => {}
        Printed::Value(value) => world.write(&output, &value),
        Printed::Unknown => {
            let value = world.unknown_output(&command.shown);
            world.write(&output, &value);
        }
    }
}

/// A command line, as far as it is known.
struct Command {
    /// The program, without its directory.
    name: String,
    /// All words.
    words: Vec<Option<String>>,
    /// The known words that are no options.
    operands: Vec<String>,
    /// The working directory.
    directory: Rc<str>,
    /// The whole, for people.
    shown: String,
}

/// What a command prints.
enum Printed {
    Nothing,
    Value(Value),
    /// Something that nobody knows.
    Unknown,
}

impl From<Option<String>> for Printed {
    fn from(text: Option<String>) -> Printed {
        text.map_or(Printed::Unknown, |text| Printed::Value(Value::text(text)))
    }
}

impl Command {
    fn of(process: &Process) -> Command {
        let words = process.argv.iter().map(Field::known).collect::<Vec<_>>();
        let name = words.first().cloned().flatten().unwrap_or_default();
        let operands = words.iter().skip(1).flatten();
        Command {
            name: name.rsplit('/').next().unwrap_or(&name).to_owned(),
            operands: operands
                .filter(|word| !word.starts_with('-'))
                .cloned()
                .collect(),
            directory: Rc::clone(&process.directory),
            shown: display_words(&process.argv),
            words,
        }
    }

    /// The same without some of its operands.
    fn without(&self, operands: &[String]) -> Command {
        let stays = |word: &&String| !operands.contains(word);
        let words = self.words.iter().cloned();
        Command {
            name: self.name.clone(),
            words: words
                .filter(|word| word.as_ref().is_none_or(|word| !operands.contains(word)))
                .collect(),
            operands: self.operands.iter().filter(stays).cloned().collect(),
            directory: Rc::clone(&self.directory),
            shown: self.shown.clone(),
        }
    }

    /// Does what it is there for, if that is to change something; else it is there to print.
    fn acts(&self, machine: &Machine, world: &mut World, pid: Pid) -> bool {
        let (directory, operands) = (&self.directory, &self.operands);
        match self.name.as_str() {
            "cp" | "mv" | "rm" => {}
            "mkfifo" => {
                let paths = operands.iter().filter(|word| word.parse::<u32>().is_err());
                for path in paths {
                    world.make_fifo(absolute(directory, path));
                }
            }
            "kill" => processes::kill(machine, world, pid, &self.words),
            "sv" => services::control(machine, world, pid, &self.words),
            "pkill" | "killall" => {
                let signal = processes::sent_signal(&self.words);
                for target in processes::found(machine, world, pid, &self.name, &self.words) {
                    signal_process(machine, world, pid, target, signal);
                }
            }
            _ => return false,
        }
        true
    }

    fn printed(&self, machine: &Machine, world: &mut World, pid: Pid) -> Printed {
        let (directory, operands, words) = (&self.directory, &self.operands, &self.words);
        match self.name.as_str() {
            "expr" => {
                let words = certain_words(world.process_mut(pid));
                let done = words.and_then(|words| filters::expression(&words));
                done.map(|done| done.text).into()
            }
            "grep" | "egrep" | "fgrep" | "sed" | "awk" | "head" | "tail" | "cut" => {
                let done = filtering::of_file(machine, world, pid, &self.name);
                done.map(|done| done.text).into()
            }
            "echo" => {
                let words = words
                    .iter()
                    .skip(1)
                    .map(|word| word.as_deref().unwrap_or_default());
                Printed::Value(Value::text(words.collect::<Vec<_>>().join(" ") + "\n"))
            }
            "ps" => match processes::listing(machine, world, pid, words) {
                Some(text) => {
                    let is_named = processes::is_listed(world, words).is_some();
                    let goes_on = !is_named && processes::may_have_others(world);
                    Printed::Value(filtering::listed(text, goes_on))
                }
                None => Printed::Unknown,
            },
            "printenv" if operands.len() == 1 && words.len() == 2 => {
                machine.looked_at.variable(&operands[0]);
                let environment = &world.process_mut(pid).environment;
                let variable = environment.get(operands[0].as_str()).cloned();
                line(variable.unwrap_or_else(|| world.unknown_output(&self.shown)))
            }
            "mktemp" => {
                let path = temporary::temporary(machine, world, pid, words, directory);
                line(path.map_or(Value::unknown("$(mktemp)"), Value::text))
            }
            "pidof" | "pgrep" => {
                let found = processes::found(machine, world, pid, &self.name, words);
                let pids: Vec<String> = found.iter().map(ToString::to_string).collect();
                let joiner = if self.name == "pidof" { " " } else { "\n" };
                let counts = |word: &String| word == "-c" || word == "--count";
                let others = processes::may_have_others(world);
                if self.name == "pgrep" && words.iter().flatten().any(counts) {
                    return match others {
                        true => Printed::Unknown,
                        false => line(Value::text(pids.len().to_string())),
                    };
                }
                match pids.is_empty() {
                    true => Printed::Nothing,
                    false => line(Value::text(pids.join(joiner))),
                }
            }
            "basename" => {
                let suffix = operands.get(1).map(String::as_str);
                let name = operands.first().map(|path| paths::base_name(path, suffix));
                name.map(|name| name + "\n").into()
            }
            "dirname" => {
                let directory = operands.first().map(|path| paths::directory_name(path));
                directory.map(|path| path.to_owned() + "\n").into()
            }
            "readlink" | "realpath" if operands.len() == 1 => {
                line(Value::text(absolute(directory, &operands[0])))
            }
            "cat" => {
                let mut value = Value::default();
                for path in operands {
                    value.append(&files::content(machine, world, &absolute(directory, path)));
                }
                Printed::Value(value)
            }
            "id" | "whoami" => {
                let user = Rc::clone(&world.process_mut(pid).user);
                let options = words.iter().flatten().filter(|word| word.starts_with('-'));
                let options: String = options.map(String::as_str).collect();
                line(match (self.name.as_str(), options.as_str()) {
                    ("whoami", _) | (_, "-un" | "-nu" | "-u-n") => users::user_name(&user),
                    (_, "-u") => user_number(&user),
                    _ => world.unknown_output(&self.shown),
                })
            }
            "uname" if words[1..].iter().all(|word| word.as_deref() == Some("-s")) => {
                line(Value::text("Linux"))
            }
            "date" => {
                let counts = words.len() == 2 && words[1].as_deref() == Some("+%s");
                let seconds = world.seconds(STOP_DATE).filter(|_| counts);
                line(match seconds {
                    Some(seconds) => Value::text(seconds.to_string()),
                    None => world.unknown_output(&self.shown),
                })
            }
            "getopt" => sorted_options(world, pid).map(|done| done.text).into(),
            "seq" => sequence(operands).into(),
            "ls" => self.names(machine, world),
            "which" => self.program_found(machine, world, pid),
            _ => Printed::Unknown,
        }
    }

    /// `ls` and `ls -A` of a directory that the start-up has made or put something into.
    fn names(&self, machine: &Machine, world: &mut World) -> Printed {
        let options: String = self.words.iter().skip(1).flatten().cloned().collect();
        let (directory, is_all) = match (self.operands.as_slice(), self.words.len()) {
            ([], 1) => (".", false),
            ([only], 2) => (only.as_str(), false),
            ([], 2) if options.starts_with("-A") => (".", true),
            ([only], 3) if options.starts_with("-A") => (only.as_str(), true),
            _ => return Printed::Unknown,
        };
        let listing = machine.made_in(world, &absolute(&self.directory, directory));
        let mut value = Value::default();
        for name in listing
            .names
            .iter()
            .filter(|name| is_all || !name.starts_with('.'))
        {
            value.push_text(&format!("{name}\n"));
        }
        if !listing.is_whole {
            value.append(&world.unknown_output(&self.shown));
        }
        Printed::Value(value)
    }

    /// `which NAME`
    fn program_found(&self, machine: &Machine, world: &mut World, pid: Pid) -> Printed {
        machine.looked_at.variable("PATH");
        let environment = &world.process_mut(pid).environment;
        let path = environment.get("PATH").and_then(Value::known);
        let Some(name) = self.operands.first() else {
            return Printed::Nothing;
        };
        match machine.find_program(name, &path.unwrap_or_default(), &self.directory) {
            Found::File(file) => line(Value::text(file.path)),
            Found::Unknown(_) => Printed::Value(Value::unknown(format!("$(command -v {name})"))),
            _ => Printed::Nothing,
        }
    }
}

/// The value and the end of its line.
fn line(mut value: Value) -> Printed {
    value.push_text("\n");
    Printed::Value(value)
}

/// The numbers that `seq` prints, if they are not many.
fn sequence(operands: &[String]) -> Option<String> {
    let numbers = operands.iter().filter_map(|word| word.parse().ok());
    let (first, last): (i64, i64) = match numbers.collect::<Vec<_>>().as_slice() {
        [last] => (1, *last),
        [first, last] => (*first, *last),
        _ => return None,
    };
    let is_short = last.checked_sub(first)? < 1000;
    is_short.then(|| (first..=last).map(|number| format!("{number}\n")).collect())
}

/// What `getopt` makes of the words of its command line, if they are known.
fn sorted_options(world: &World, pid: Pid) -> Option<getopt::Sorted> {
    getopt::sorted(&certain_words(world.process(pid)?)?)
}

/// The words of a process's command line, where they are known.
fn words_of(world: &World, pid: Pid) -> Vec<Option<String>> {
    let argv = world.process(pid).map(|process| process.argv.as_slice());
    argv.unwrap_or_default().iter().map(Field::known).collect()
}

/// The operands of a command, if all of them are known for sure.
fn certain_words(process: &Process) -> Option<Vec<String>> {
    let operands = process.argv.iter().skip(1);
    let words = operands.map(|word| word.value.certain().filter(|_| !word.open));
    words.collect()
}
