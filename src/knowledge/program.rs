//! Programs: how long they run, and what a stop signal means to them.

use super::Signal;

/// What is known of a program started with certain words.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The entry's name.
    pub name: String,
    /// How long it runs in the foreground.
    pub lifetime: Lifetime,
    /// Reactions by signal and position; see [`Program::reaction`].
    pub reactions: Vec<(Signal, ProgramReaction)>,
    /// The signal that makes it stop cleanly, if it is not SIGTERM.
    pub graceful_signal: Option<Signal>,
    /// For runtimes of user code: what the note says of their default.
    pub runtime: Option<Runtime>,
    /// A sentence with the measured fact, for routes and findings.
    pub evidence: String,
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
    /// It puts itself in the background; the command ends at once, the server lives on.
    Daemonises,
    /// It prints or asks something and ends without terminal and input: a REPL, `--help`.
    OneShot,
    /// Not known: an application, or a preparation.
    Unknown,
}

/// A program's reaction, as PID 1 and as any other process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramReaction {
    /// As PID 1.
    pub as_pid1: Effect,
    /// Elsewhere.
    pub as_child: Effect,
}

/// What a signal does to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}
