//! Tools that ask for processes or signal them: `pidof`, `pgrep`, `pkill`, `killall`, `ps`, `kill`, `tail --pid`.
//!
//! In: their words and the processes of the world. Out: whom they mean, and what becomes of these.

use super::expression::compile;
use super::interpreter::display_words;
use super::machine::{Machine, signal_group, signal_process, start_jobs};
use super::value::Field;
use super::world::{Body, Pid, Process, World};
use crate::knowledge::Signal;

/// Programs that find processes by what they run.
pub(super) fn is_finder(name: &str) -> bool {
    matches!(name, "pidof" | "pgrep" | "pkill" | "killall")
}

/// The processes that `pidof`, `pgrep`, `pkill` or `killall` means; it does not find itself.
pub(super) fn found(
    machine: &Machine,
    world: &mut World,
    finder: Pid,
    name: &str,
    words: &[Option<String>],
) -> Vec<Pid> {
    // Until the tool has come up, jobs have become what they run.
    start_jobs(machine, world);
    let wanted = Wanted::new(name, words);
    let others = world.processes.values().filter(|process| {
        process.pid != finder && !matches!(process.body, Body::Ended(_)) && wanted.is(process)
    });
    others.map(|process| process.pid).collect()
}

/// The signal that `pkill` or `killall` sends.
pub(super) fn sent_signal(words: &[Option<String>]) -> Signal {
    let words: Vec<&str> = words.iter().skip(1).flatten().map(String::as_str).collect();
    let named = words.iter().enumerate().find_map(|(at, word)| {
        let given = match *word {
            "-s" | "--signal" => words.get(at + 1).copied(),
            word => word.strip_prefix("--signal=").or(word.strip_prefix('-')),
        };
        given.and_then(Signal::parse)
    });
    named.unwrap_or(Signal::TERM)
}

/// Whether the process that `ps -p PID` asks for is there; `None` when it asks for something else.
pub(super) fn is_listed(world: &World, words: &[Option<String>]) -> Option<bool> {
    let words: Vec<&str> = words.iter().skip(1).flatten().map(String::as_str).collect();
    let asked = words.iter().enumerate().find_map(|(at, word)| {
        let given = match *word {
            "-p" | "--pid" | "p" | "-fp" | "-hp" => words.get(at + 1).copied()?,
            word => word
                .strip_prefix("--pid=")
                .or(word.strip_prefix("-p"))
                .unwrap_or(word),
        };
        given.parse::<Pid>().ok()
    });
    asked.map(|pid| world.alive(pid))
}

/// The process with which `tail --pid=PID` ends.
pub(super) fn followed(process: &Process) -> Option<Pid> {
    if !matches!(process.body, Body::Idle(None)) {
        return None;
    }
    let mut words = process.argv.iter().filter_map(Field::known);
    while let Some(word) = words.next() {
        let given = match word.strip_prefix("--pid") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        if let Some(pid) = given {
            return pid.parse().ok();
        }
    }
    None
}

/// The program `kill`, as `xargs` and `exec` start it.
pub(super) fn kill(machine: &Machine, world: &mut World, pid: Pid, words: &[Option<String>]) {
    let mut signal = Signal::TERM;
    let mut is_chosen = false;
    let mut words = words.iter().skip(1).flatten();
    while let Some(word) = words.next() {
        let named = word.strip_prefix('-').filter(|_| !is_chosen);
        if word == "--" {
            is_chosen = true;
        } else if matches!(word.as_str(), "-s" | "-n") && !is_chosen {
            signal = words
                .next()
                .and_then(|word| Signal::parse(word))
                .unwrap_or(signal);
            is_chosen = true;
        } else if let Some(parsed) = named.and_then(Signal::parse) {
            signal = parsed;
            is_chosen = true;
        } else if word == "-1" {
            let others: Vec<Pid> = world.processes.pids().collect();
            for other in others
                .into_iter()
                .filter(|other| *other != 1 && *other != pid)
            {
                signal_process(machine, world, pid, other, signal);
            }
        } else if let Some(group) = word.strip_prefix('-').and_then(|group| group.parse().ok()) {
            signal_group(machine, world, pid, group, signal, Some(pid));
        } else if let Ok(target) = word.parse::<Pid>() {
            signal_process(machine, world, pid, target, signal);
        }
    }
}

/// What a process must be for one of these tools to mean it.
#[derive(Default)]
struct Wanted {
    /// Names, without directories; any of them will do.
    names: Vec<String>,
    /// A pattern that the name, or with `-f` the command line, has to match.
    pattern: Option<regex::Regex>,
    /// Whether the pattern is about the command line.
    whole_line: bool,
    /// Parents; any of them will do.
    parents: Vec<Pid>,
    /// Process groups.
    groups: Vec<Pid>,
}

impl Wanted {
    fn new(name: &str, words: &[Option<String>]) -> Wanted {
        let mut wanted = Wanted::default();
        let by_pattern = matches!(name, "pgrep" | "pkill");
        let mut exact = false;
        let mut patterns = Vec::new();
        let mut words = words.iter().skip(1).flatten();
        while let Some(word) = words.next() {
            let numbers = |given: Option<&str>| -> Vec<Pid> {
                let list = given.unwrap_or_default().split(',');
                list.filter_map(|number| number.parse().ok()).collect()
            };
            match word.as_str() {
                "-P" | "--parent" if by_pattern => {
                    wanted.parents = numbers(words.next().map(String::as_str));
                }
                "-g" | "--pgroup" if by_pattern => {
                    wanted.groups = numbers(words.next().map(String::as_str));
                }
                "-s" | "--signal" | "-u" | "-U" | "-G" | "-t" | "-o" if name != "pidof" => {
                    // `pkill -o` takes no value, the others do.
                    if word != "-o" {
                        words.next();
                    }
                }
                "-o" => {
                    words.next();
                }
                option if option.starts_with("-P") && by_pattern => {
                    wanted.parents = numbers(option.get(2..));
                }
                option if option.starts_with('-') => {
                    let is_signal = Signal::parse(&option[1..]).is_some();
                    exact |= !is_signal && option.contains('x');
                    wanted.whole_line |= !is_signal && option.contains('f');
                }
                operand if by_pattern => patterns.push(operand.to_owned()),
                operand => {
                    let base = operand.rsplit('/').next().unwrap_or(operand);
                    wanted.names.push(base.to_owned());
                }
            }
        }
        if let Some(pattern) = patterns.first() {
            let pattern = match exact {
                true => format!("^(?:{pattern})$"),
                false => pattern.clone(),
            };
            // What this crate does not take as an expression is a name.
            match compile(&pattern, false) {
                Some(compiled) => wanted.pattern = Some(compiled),
                None => wanted.names.push(pattern),
            }
        }
        wanted
    }

    fn is(&self, process: &Process) -> bool {
        let first = process
            .argv
            .first()
            .and_then(Field::known)
            .unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        let asks = !self.names.is_empty()
            || self.pattern.is_some()
            || !self.parents.is_empty()
            || !self.groups.is_empty();
        let matches = self
            .pattern
            .as_ref()
            .is_none_or(|pattern| match self.whole_line {
                true => pattern.is_match(&display_words(&process.argv)),
                false => pattern.is_match(name),
            });
        asks && matches
            && (self.names.is_empty() || self.names.iter().any(|wanted| wanted == name))
            && (self.parents.is_empty() || self.parents.contains(&process.parent))
            && (self.groups.is_empty() || self.groups.contains(&process.group))
    }
}
