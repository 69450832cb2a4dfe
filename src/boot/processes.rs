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

/// Whether other processes may run than those that are followed: programs of which nothing is known may have started
/// them.
pub(super) fn may_have_others(world: &World) -> bool {
    let mut running = world.processes.values().map(|process| &process.body);
    running
        .any(|body| matches!(body, Body::Application(application) if application.known.is_none()))
}

/// What `ps` prints, for the formats that scripts read; `None` where it is not known.
pub(super) fn listing(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    words: &[Option<String>],
) -> Option<String> {
    let words: Vec<&str> = words
        .iter()
        .skip(1)
        .map(Option::as_deref)
        .collect::<Option<_>>()?;
    start_jobs(machine, world);
    let asked = match is_applet(machine, world, pid, "ps") {
        true => Listing::of_busybox(&words)?,
        false => Listing::of_procps(&words)?,
    };
    let mut text = String::new();
    if !asked.without_head {
        text = asked.columns.join(" ") + "\n";
    }
    for process in world.processes.values() {
        if matches!(process.body, Body::Ended(_)) || !asked.wanted.matches(process) {
            continue;
        }
        let argv: Option<Vec<String>> = process.argv.iter().map(Field::known).collect();
        let argv = argv?;
        let name = argv
            .first()
            .map_or("", |first| first.rsplit('/').next().unwrap_or_default());
        let columns = asked.columns.iter().map(|column| match *column {
            "PID" => process.pid.to_string(),
            "PPID" => process.parent.to_string(),
            "PGID" => process.group.to_string(),
            "SID" | "SESS" => process.session.to_string(),
            "USER" | "UID" => match process.user.split(':').next() {
                None | Some("" | "0") => "root".to_owned(),
                Some(user) => user.to_owned(),
            },
            "TTY" => "?".to_owned(),
            "STAT" | "S" => "S".to_owned(),
            "TIME" | "START" | "STIME" => "00:00".to_owned(),
            "COMM" => name.to_owned(),
            "COMMAND" => argv.join(" "),
            _ => "0".to_owned(),
        });
        text.push_str(&columns.collect::<Vec<_>>().join(" "));
        text.push('\n');
    }
    Some(text)
}

/// What `ps` was asked for.
struct Listing {
    columns: Vec<&'static str>,
    wanted: Wanted,
    without_head: bool,
}

impl Listing {
    /// busybox lists all, whatever the options; `-o` chooses the columns (measured: 1.35).
    fn of_busybox(words: &[&str]) -> Option<Listing> {
        let columns = match words.iter().position(|word| *word == "-o") {
            Some(at) => columns(words.get(at + 1)?)?.0,
            None => vec!["PID", "USER", "TIME", "COMMAND"],
        };
        Some(Listing {
            columns,
            wanted: Wanted::default(),
            without_head: false,
        })
    }

    /// procps: `ax`, `aux`, `-e`, `-ef`, and `-o` with a choice of processes.
    fn of_procps(words: &[&str]) -> Option<Listing> {
        let mut listing = Listing {
            columns: vec!["PID", "TTY", "TIME", "COMM"],
            wanted: Wanted::default(),
            without_head: false,
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let (is_bsd, letters) = match word.strip_prefix('-') {
                Some(letters) => (false, letters),
                None => (true, word),
            };
            match word {
                "--ppid" => listing.wanted.parents = vec![words.next()?.parse().ok()?],
                "-C" => listing.wanted.names = vec![words.next()?.to_owned()],
                "--no-headers" | "--no-heading" => listing.without_head = true,
                "-o" | "-eo" | "-Ao" | "axo" | "-axo" | "o" => {
                    (listing.columns, listing.without_head) = columns(words.next()?)?;
                }
                _ if letters.is_empty() || !letters.chars().all(|c| "aAdefuxwhlH".contains(c)) => {
                    return None;
                }
                _ => {
                    let has = |letter: char| letters.contains(letter);
                    // What begins with a dash is taken for the same without it where it makes no other sense.
                    let is_bsd = is_bsd || has('x');
                    listing.without_head |= is_bsd && has('h');
                    listing.columns = match (is_bsd, has('u') && is_bsd, has('f')) {
                        _ if has('l') => return None,
                        (true, true, _) => vec![
                            "USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START",
                            "TIME", "COMMAND",
                        ],
                        (true, false, false) => vec!["PID", "TTY", "STAT", "TIME", "COMMAND"],
                        (false, _, true) => {
                            vec!["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "COMMAND"]
                        }
                        (false, _, false) => listing.columns,
                        // A forest has lines of its own.
                        (true, false, true) => return None,
                    };
                }
            }
        }
        // Without a choice it lists those of the same terminal, and here nothing has one.
        Some(listing)
    }
}

/// The columns of `-o`, and whether all of them are without a head (`pid=`).
fn columns(list: &str) -> Option<(Vec<&'static str>, bool)> {
    let named = |word: &str| {
        Some(match word.trim_end_matches('=') {
            "pid" => "PID",
            "ppid" => "PPID",
            "pgid" | "pgrp" => "PGID",
            "sid" | "sess" => "SID",
            "user" | "uid" | "euser" | "ruser" => "USER",
            "tty" => "TTY",
            "stat" | "s" | "state" => "STAT",
            "comm" | "ucmd" | "ucomm" => "COMM",
            "args" | "cmd" | "command" => "COMMAND",
            _ => return None,
        })
    };
    let without_head = list.split(',').all(|word| word.ends_with('='));
    let columns = list.split(',').map(named).collect::<Option<Vec<_>>>()?;
    Some((columns, without_head))
}

/// Whether the tool that a process runs is busybox's.
fn is_applet(machine: &Machine, world: &World, pid: Pid, name: &str) -> bool {
    let process = world.process(pid);
    process.is_some_and(|process| machine.is_applet(name, process))
}

/// What an applet is asked for and does not know, so that it ends at once (measured: busybox 1.35, which has neither
/// `ps -p` nor `tail --pid`).
pub(super) fn refused(
    machine: &Machine,
    world: &World,
    pid: Pid,
    name: &str,
) -> Option<&'static str> {
    let option = match name {
        "ps" => "-p",
        "tail" => "--pid",
        _ => return None,
    };
    let mut words = world
        .process(pid)?
        .argv
        .iter()
        .skip(1)
        .filter_map(Field::known);
    let asks = words.any(|word| word.starts_with(option));
    (asks && is_applet(machine, world, pid, name)).then_some(option)
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
    if words.contains(&None) {
        let process = world.process(pid);
        let shown = process.map_or(String::new(), |process| display_words(&process.argv));
        let span = process.and_then(|process| process.span.clone());
        let text = format!("whom `{shown}` signals is not known");
        world.miss("value", text, span);
    }
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
        let asks = !self.names.is_empty()
            || self.pattern.is_some()
            || !self.parents.is_empty()
            || !self.groups.is_empty();
        asks && self.matches(process)
    }

    /// Whether the process is all that was asked for, if anything was.
    fn matches(&self, process: &Process) -> bool {
        let first = process
            .argv
            .first()
            .and_then(Field::known)
            .unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        let matches = self
            .pattern
            .as_ref()
            .is_none_or(|pattern| match self.whole_line {
                true => pattern.is_match(&display_words(&process.argv)),
                false => pattern.is_match(name),
            });
        matches
            && (self.names.is_empty() || self.names.iter().any(|wanted| wanted == name))
            && (self.parents.is_empty() || self.parents.contains(&process.parent))
            && (self.groups.is_empty() || self.groups.contains(&process.group))
    }
}
