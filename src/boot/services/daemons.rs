//! `start-stop-daemon`: the file with the pid that it writes, and whom `--stop` tells.
//!
//! In: a command's words. Out: the pid written, or the processes told to stop and the command waiting for their end
//! where `--retry` says so. Source: start-stop-daemon(8) of dpkg 1.21; busybox and OpenRC take the same options.

use std::rc::Rc;

use crate::boot::interpreter::absolute;
use crate::boot::machine::{Machine, signal_process};
use crate::boot::value::Value;
use crate::boot::world::{Body, Pid, World};
use crate::knowledge::Signal;

/// What the options ask for.
#[derive(Default)]
struct Asked<'w> {
    stops: bool,
    writes: bool,
    retries: bool,
    pid_file: Option<&'w str>,
    program: Option<&'w str>,
    name: Option<&'w str>,
    signal: Option<&'w str>,
}

impl<'w> Asked<'w> {
    fn new(words: &'w [Option<String>]) -> Option<Asked<'w>> {
        let mut words = words.iter().map(|word| word.as_deref().unwrap_or("?"));
        let first = words.next()?;
        let is_it = first.rsplit('/').next() == Some("start-stop-daemon");
        is_it.then(|| {
            let mut asked = Asked::default();
            while let Some(word) = words.next().filter(|word| *word != "--") {
                asked.option(word, &mut words);
            }
            asked
        })
    }

    fn option(&mut self, word: &'w str, rest: &mut impl Iterator<Item = &'w str>) {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            match name {
                "stop" => self.stops = true,
                "make-pidfile" => self.writes = true,
                "pidfile" => self.pid_file = value.or_else(|| rest.next()),
                "exec" | "startas" => self.program = value.or_else(|| rest.next()),
                "name" => self.name = value.or_else(|| rest.next()),
                "signal" => self.signal = value.or_else(|| rest.next()),
                "retry" => {
                    self.retries = true;
                    let _ = value.or_else(|| rest.next());
                }
                _ => {}
            }
            return;
        }
        let Some(letters) = word.strip_prefix('-') else {
            return;
        };
        for (at, letter) in letters.char_indices() {
            let attached = Some(&letters[at + letter.len_utf8()..]).filter(|text| !text.is_empty());
            let mut value = || attached.or_else(|| rest.next());
            match letter {
                'K' => self.stops = true,
                'm' => self.writes = true,
                'p' => self.pid_file = value(),
                'x' | 'a' => self.program = value(),
                'n' => self.name = value(),
                's' => self.signal = value(),
                'R' => {
                    self.retries = true;
                    value();
                }
                'c' | 'g' | 'u' | 'N' | 'I' | 'P' | 'k' | 'd' | 'r' | 'O' => {
                    value();
                }
                _ => continue,
            }
            if !matches!(letter, 'K' | 'm') {
                return;
            }
        }
    }
}

/// Writes the pid of the program that was started where `--make-pidfile` asks for it.
pub(in crate::boot) fn write_pid(world: &mut World, by: Pid, words: &[Option<String>], of: Pid) {
    let asked = Asked::new(words).filter(|asked| asked.writes && !asked.stops);
    if let Some(path) = asked.and_then(|asked| asked.pid_file) {
        let path = absolute(&world.process_mut(by).directory, path);
        Rc::make_mut(&mut world.files).put(path, Value::text(format!("{of}\n")));
    }
}

/// Lets `start-stop-daemon --stop` signal whom it is for; `true` while it then waits.
pub(in crate::boot) fn stop_daemon(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    words: &[Option<String>],
) -> bool {
    let Some(asked) = Asked::new(words).filter(|asked| asked.stops) else {
        return false;
    };
    let directory = Rc::clone(&world.process_mut(pid).directory);
    let written = asked.pid_file.and_then(|path| {
        let path = absolute(&directory, path);
        world.written(&path, &machine.looked_at)?.known()
    });
    let in_file = written.and_then(|text| text.trim().parse::<Pid>().ok());
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let wanted = asked.program.or(asked.name).map(base);
    let signal = asked.signal.and_then(Signal::parse);
    let others = world.processes.values().filter(|process| {
        let command = process.argv.first().and_then(|word| word.known());
        let is_named = command.is_some_and(|command| wanted == Some(base(&command)));
        let is_meant = match (in_file, &wanted) {
            (Some(known), _) => process.pid == known,
            (None, Some(_)) => is_named,
            (None, None) => false,
        };
        process.pid != pid && is_meant && !matches!(process.body, Body::Ended(_))
    });
    let told: Vec<Pid> = others.map(|process| process.pid).collect();
    for target in &told {
        signal_process(machine, world, pid, *target, signal.unwrap_or(Signal::TERM));
    }
    let waits = asked.retries && !told.is_empty();
    if waits {
        let until = world.clock + world.stop_work + 1;
        world.process_mut(pid).body = Body::Idle(Some(until));
    }
    waits
}
