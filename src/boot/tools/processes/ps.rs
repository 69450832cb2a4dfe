//! `ps`: the list of the processes, as procps and busybox print it.

use super::is_applet;
use super::wanted::Wanted;
use crate::boot::machine::{Machine, start_jobs};
use crate::boot::value::Field;
use crate::boot::world::{Body, Pid, World};

/// Whether the process that `ps -p PID` asks for is there; `None` when it asks for something else.
pub(in crate::boot::tools) fn is_listed(world: &World, words: &[Option<String>]) -> Option<bool> {
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

/// What `ps` prints, for the formats that scripts read; `None` where it is not known.
pub(in crate::boot::tools) fn listing(
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
                "-p" | "--pid" | "-q" => {
                    let pids = words.next()?.split(',').map(|pid| pid.trim().parse().ok());
                    listing.wanted.pids = Some(pids.collect::<Option<_>>()?);
                }
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
