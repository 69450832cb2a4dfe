//! What options set for the command: environment, directory, signals.
//!
//! In: the options that were given. Out: changes of a [`Launch`]. Does not look for the command.

use serde::Deserialize;

use super::super::arguments::{Given, Parsed};
use super::super::{How, Launch, OnSignal, Signal};
use super::Entry;
use super::behaviour::duration;
use super::wrapped::split_string;

/// What an option sets.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Effect {
    /// The working directory.
    Directory,
    /// A variable to remove.
    Unset,
    /// An empty environment.
    Clear,
    /// A string that is split into the first words of the command (`env -S`).
    Split,
    /// A string for a shell.
    Text,
    /// The shell for it.
    Shell,
    /// `15:3`: pass 15 on as 3; `15:0`: drop it.
    Rewrite,
    /// SIGKILL after that time.
    KillAfter,
    /// Signals to block.
    Block,
    /// Signals to ignore.
    Ignore,
    /// The program to run (`start-stop-daemon --exec`).
    Program,
    /// `NAME=VALUE`.
    Set,
    /// The name of a script to run (`node --run start`).
    Script,
    /// The file that says what to run.
    Path,
    /// The interpreter of the file to run (`none`: the file itself).
    Interpreter,
}

impl Entry {
    pub(super) fn apply_effects(
        &self,
        words: &[Option<&str>],
        parsed: &Parsed<'_>,
        launch: &mut Launch,
    ) {
        let set = |launch: &mut Launch, text: &str| {
            if let Some((name, value)) = text.split_once('=') {
                let pair = (name.to_owned(), Some(value.to_owned()));
                launch.environment.push(pair);
            }
        };
        for given in &parsed.options {
            let value = given.value.and_then(|value| value.text);
            match (self.effect(given), value) {
                (Some(Effect::Directory), value) => launch.directory = value.map(str::to_owned),
                (Some(Effect::Unset), Some(name)) => {
                    launch.environment.push((name.to_owned(), None));
                }
                (Some(Effect::Clear), _) => launch.clears_environment = true,
                (Some(Effect::Set), Some(text)) => set(launch, text),
                (Some(Effect::Split), Some(text)) => {
                    for piece in split_string(text).unwrap_or_default() {
                        if !piece.contains('=') {
                            break;
                        }
                        set(launch, &piece);
                    }
                }
                (Some(Effect::Block), value) => launch.blocks.extend(signals(value)),
                (Some(Effect::Ignore), value) => launch.ignores.extend(signals(value)),
                _ => {}
            }
        }
        for &at in &parsed.assignments {
            set(launch, words[at].unwrap_or_default());
        }
    }

    /// Options that change how signals are passed on, with a value.
    pub(super) fn adjust(&self, given: &Given<'_>, how: &mut How) {
        let How::Fork(fork) = how else {
            return;
        };
        let value = given.value.and_then(|value| value.text);
        match (self.effect(given), value) {
            (Some(Effect::Rewrite), Some(text)) => {
                // dumb-init takes numbers alone: `TERM:INT` is a usage error.
                let pair = text.split_once(':');
                let number = |text: &str| text.parse().ok().filter(|number| *number <= 31);
                let pair = pair.and_then(|(from, to)| Some((number(from)?, number(to)?)));
                let Some((from, to)) = pair.map(|(from, to)| (Signal(from), Signal(to))) else {
                    *how = How::Never(self.arguments.usage_status);
                    return;
                };
                let mut rewritten = fork.on(from).clone();
                if to == Signal(0) {
                    rewritten = OnSignal::Ignore;
                } else if let OnSignal::Forward(forward) = &mut rewritten {
                    forward.send = Some(to);
                }
                fork.on_signal.retain(|(signal, _)| *signal != from);
                fork.on_signal.push((from, rewritten));
            }
            (Some(Effect::KillAfter), Some(text)) => {
                let limit = duration(text);
                for (_, on) in &mut fork.on_signal {
                    if let OnSignal::Forward(forward) = on {
                        forward.kill_after = limit;
                    }
                }
            }
            _ => {}
        }
    }
}

/// The signals of `--block-signal=TERM,INT`; without a value all that end a process.
fn signals(value: Option<&str>) -> Vec<Signal> {
    match value {
        Some(list) => list.split(',').filter_map(Signal::parse).collect(),
        None => (1..32)
            .map(Signal)
            .filter(|signal| signal.ends_by_default() && *signal != Signal::KILL)
            .collect(),
    }
}
