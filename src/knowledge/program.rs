//! Programs: how long they run, and what a stop signal means to them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Foreground, Signal, StopSetting};

/// What is known of a program started with certain words.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The name under which it was called, if the entry lists that, else the entry's first
    /// (`python3.12` is `python`).
    pub name: String,
    /// How long it runs in the foreground.
    pub lifetime: Lifetime,
    /// Reactions by signal and position; see [`Program::reaction`].
    pub reactions: Vec<(Signal, ProgramReaction)>,
    /// The signal that makes it stop cleanly, if it is not SIGTERM.
    pub graceful_signal: Option<Signal>,
    /// For runtimes of user code: what the note says of their default.
    pub runtime: Option<Runtime>,
    /// What every other signal does, where that is known: `None` means that it is not.
    pub otherwise: Option<ProgramReaction>,
    /// A line of its configuration that changes how long it stays in the foreground.
    pub config: Option<ConfigSwitch>,
    /// A setting of its configuration with which a signal lets it finish its work.
    pub stop_setting: Option<StopSetting>,
    /// For a command that starts a server in the background: words of it, with those that stand in their place in the
    /// command that stops this server and waits for its end; nothing where the word has to go.
    pub stop_words: BTreeMap<String, String>,
    /// The signal with which that command stops it; SIGTERM if it is not known.
    pub stop_command_signal: Option<Signal>,
    /// Whether it is a server for development: it watches files, or its authors say so.
    pub development: bool,
    /// The time that it takes for stopping at most, if an option names one: seconds.
    pub stop_time: Option<f64>,
    /// Other commands that stop it.
    pub stop_commands: Vec<StopCommand>,
    /// How it is started so that it stays in the foreground, if the tables say.
    pub foreground: Foreground,
    /// A sentence with the measured fact, for routes and findings.
    pub evidence: String,
    /// Where that was measured or read.
    pub source: String,
}

/// A command that stops a program.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopCommand {
    /// The command's name, and words that it must have.
    pub words: Vec<String>,
    /// The signal that it sends; without one it tells the program in another way to finish.
    signal: Option<String>,
    /// Whether it waits until the program has ended.
    #[serde(default)]
    pub waits: bool,
}

impl StopCommand {
    /// The signal that it sends, if it sends one.
    pub fn signal(&self) -> Option<Signal> {
        self.signal.as_deref().and_then(Signal::parse)
    }
}

impl Program {
    /// What the signal does to it there; `None` where that is not known.
    pub fn reaction(&self, signal: Signal, pid1: bool) -> Option<Effect> {
        let listed = self.reactions.iter().find(|(known, _)| *known == signal);
        let reaction = match listed {
            Some((_, reaction)) => *reaction,
            None => self.otherwise?,
        };
        Some(reaction.at(signal, pid1))
    }

    /// The words of the command that stops what these words start, if there is one.
    pub fn stopped_by(&self, words: &[Option<String>]) -> Option<Vec<Option<String>>> {
        let mut is_other = false;
        let other = words.iter().enumerate().map(|(at, word)| {
            let word = word.as_deref()?;
            let (directory, base) = match (at, word.rfind('/')) {
                (0, Some(slash)) => word.split_at(slash + 1),
                _ => ("", word),
            };
            let stop = self.stop_words.get(base);
            is_other |= stop.is_some();
            Some(format!("{directory}{}", stop.map_or(base, String::as_str)))
        });
        let mut other: Vec<Option<String>> = other.collect();
        let goes = |word: &Option<String>| {
            word.as_deref() == Some("") && self.stop_words.values().any(String::is_empty)
        };
        other.retain(|word| !goes(word));
        is_other.then_some(other)
    }

    /// The signal that the command sends which stops it.
    pub fn stop_signal(&self) -> Signal {
        self.stop_command_signal.unwrap_or(Signal::TERM)
    }

    /// Makes it finish on the signal of its [`StopSetting`]: that is set.
    pub fn let_finish(&mut self) {
        let Some(setting) = &self.stop_setting else {
            return;
        };
        let signal = setting.signal;
        let finishes = ProgramReaction {
            as_pid1: Effect::Graceful,
            as_child: Effect::Graceful,
        };
        self.reactions.retain(|(known, _)| *known != signal);
        self.reactions.push((signal, finishes));
        self.graceful_signal = Some(signal);
    }

    /// Forgets what the signal of its [`StopSetting`] does: whether that is set is not known.
    pub fn leave_open(&mut self) {
        if let Some(setting) = &self.stop_setting {
            let signal = setting.signal;
            self.reactions.retain(|(known, _)| *known != signal);
            self.otherwise = None;
        }
    }
}

/// A line in a configuration file that keeps a program in the foreground, or sends it to the
/// background, whatever its command line says.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSwitch {
    /// The files that it reads without an option.
    pub paths: Vec<String>,
    /// The options that name another file (`-c`).
    pub options: Vec<String>,
    /// Whether its first operand names it (`redis-server /etc/redis.conf`).
    pub operand: bool,
    /// Words that outweigh the file (`haproxy -db`).
    pub unless: Vec<String>,
    /// The setting, words separated by one blank: a line of the file starts with these words.
    pub line: String,
    /// How long it runs with that line.
    pub lifetime: Lifetime,
}

/// How long a program runs in the foreground.
#[derive(Clone, Debug, PartialEq)]
pub enum Lifetime {
    /// It does its work and ends soon (`mkdir`, `sed`, `python manage.py migrate`).
    Short,
    /// It runs until it is stopped: a server.
    Long,
    /// It does nothing, for that time in seconds (`None`: for ever): `sleep`, `tail -f`.
    Idle(Option<f64>),
    /// It reads its input until the end (`tee`, `cat` without files).
    Filter,
    /// It writes without end, and ends where nobody reads that any more: `yes`.
    Writer,
    /// It puts itself in the background; the command ends at once, the server lives on.
    Daemonises,
    /// It prints or asks something and ends without terminal and input: a REPL, `--help`.
    OneShot,
    /// Not known: an application, or a preparation.
    Unknown,
}

/// A program's reaction, as PID 1 and as any other process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProgramReaction {
    /// As PID 1.
    pub as_pid1: Effect,
    /// Elsewhere.
    pub as_child: Effect,
}

impl ProgramReaction {
    /// The reaction at that place. Signals whose default action does not end a process are ignored
    /// where the table says that the default action is taken.
    pub(super) fn at(self, signal: Signal, pid1: bool) -> Effect {
        let effect = if pid1 { self.as_pid1 } else { self.as_child };
        match effect {
            Effect::Dies if !signal.ends_by_default() => Effect::Ignores,
            other => other,
        }
    }
}

/// What a signal does to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It finishes what is in flight and ends.
    Graceful,
    /// It ends in order, but drops what is in flight.
    Drops,
    /// It ends at once, as by the signal's default action.
    Dies,
    /// It goes on as if nothing had happened (also: reloads, reopens its logs).
    Ignores,
    /// It depends on the user's code.
    UserCode,
}

/// A runtime of user code.
#[derive(Clone, Debug, PartialEq)]
pub struct Runtime {
    /// `Python`, `Node.js`, …
    pub language: String,
    /// How to handle the signal there, one line.
    pub how_to_handle: String,
    /// What the runtime does when the code has no handler.
    pub unhandled: Vec<(Signal, ProgramReaction)>,
    /// The index of the argv word that is the program's source file, if there is one.
    pub script: Option<usize>,
    /// The module that is run as the program (`python -m package.main`).
    pub module: Option<String>,
    /// The index of the argv word that is the program's text itself (`python -c 'print(1)'`).
    pub code: Option<usize>,
    /// Modules that options load before the program (`node -r dotenv/config`); `None` for one that is not known.
    pub loads: Vec<Option<String>>,
}
