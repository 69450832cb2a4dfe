//! A process of the container: what it is, and what it does.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::interpreter::Shell;
use super::outcome::Missing;
use super::own_code::OwnCode;
use super::value::{Field, Value};
use super::world::{Millis, Pid, Status};
use crate::knowledge::{Fork, Program, Recipient, Signal};
use crate::source::Span;

/// A process.
#[derive(Clone)]
pub(crate) struct Process {
    /// Its pid.
    pub pid: Pid,
    /// Its parent; 0 for PID 1.
    pub parent: Pid,
    /// Its process group.
    pub group: Pid,
    /// Its session.
    pub session: Pid,
    /// The command line that it runs now.
    pub argv: Vec<Field>,
    /// The name to show: a shell's id, a launcher's or program's name.
    pub program: Rc<str>,
    /// What it does.
    pub body: Body,
    /// Its environment.
    pub environment: Rc<BTreeMap<Rc<str>, Value>>,
    /// Its user, as a name or number; empty is root.
    pub user: Rc<str>,
    /// Its working directory.
    pub directory: Rc<str>,
    /// Signals ignored since its start.
    pub ignored: BTreeSet<Signal>,
    /// Signals blocked since its start.
    pub blocked: BTreeSet<Signal>,
    /// When something that has started it ends it (`timeout 30 tail -f log`).
    pub ends_by: Option<Millis>,
    /// Where it reads.
    pub input: Input,
    /// Where it writes.
    pub output: Output,
    /// The place that started it.
    pub span: Option<Span>,
    /// Whether it was started in the background.
    pub in_background: bool,
    /// Whether a command substitution waits for its output.
    pub captured: bool,
    /// The files that it has run as a shell, one after another.
    pub scripts: Rc<Vec<String>>,
    /// Whether it has become an application.
    pub ran_as_application: bool,
    /// What happened to it since the stop signal.
    pub history: History,
}

/// What happened to a process since the stop signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// When it got a signal that it could handle, and which.
    pub told: Option<(Millis, Signal)>,
    /// All signals that arrived.
    pub received: Vec<Signal>,
    /// When it finished its graceful work.
    pub finished: Option<Millis>,
    /// When a signal ended it by its default action, or SIGKILL.
    pub killed: Option<(Millis, Signal)>,
    /// Whether the action of a trap has put it in the place of its shell.
    pub replaced_in_trap: bool,
}

/// Where a process reads from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// At its end.
    Null,
    /// A pipe or here-document that has this text, all of it there.
    Text(Value),
    /// A pipe that others write to.
    Pipe(usize),
    /// A file or something else: unknown text.
    Unknown,
}

/// Where a process writes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Output {
    /// The container's log, a file that nobody reads, /dev/null.
    Elsewhere,
    /// A pipe or a capture.
    Stream(usize),
    /// A file of the container.
    File(Rc<str>),
}

impl Output {
    /// Whether somebody may read what is written there.
    pub(crate) fn is_read(&self) -> bool {
        !matches!(self, Output::Elsewhere)
    }
}

/// What a process does.
#[derive(Clone)]
pub(crate) enum Body {
    /// A shell.
    Shell(Box<Shell>),
    /// A program that runs until it is stopped.
    Application(Application),
    /// A launcher that waits for its child.
    Launcher(Box<Launcher>),
    /// `sleep`, `tail -f`: ends at that time, or never.
    Idle(Option<Millis>),
    /// Reads until its input ends.
    Filter,
    /// Ended, not yet reaped by its parent.
    Ended(Status),
}

/// An application.
#[derive(Clone)]
pub(crate) struct Application {
    /// What is known of it; `None` for a program of the user's.
    pub known: Option<Rc<Program>>,
    /// What would have to be known of it before anything can be said of how it stops.
    pub unsure: Option<Missing>,
    /// When it will have finished its graceful work.
    pub finishing: Option<Millis>,
    /// Whether it may as well be a preparation that ends by itself.
    pub undecided: bool,
    /// What its own code does about signals, if a runtime runs it and it is at hand.
    pub code: Option<Rc<OwnCode>>,
}

/// A launcher in its waiting state.
#[derive(Clone)]
pub(crate) struct Launcher {
    /// How it treats signals.
    pub fork: Rc<Fork>,
    /// Its children, in the order in which it started them.
    pub children: Vec<Child>,
    /// Commands that follow, each when the one before has succeeded (`prestart`, the lines of a
    /// recipe).
    pub next: Vec<Next>,
    /// Other ways in which it may treat signals, and when it does: not decided yet.
    pub alternatives: Vec<(String, Rc<Fork>)>,
    /// Whether it is a supervisor: it stays, and starts its children again, until it is told to stop.
    pub supervises: bool,
    /// What is not known of commands that it runs when it is told to.
    pub others: Option<Missing>,
    /// The pause between two children, when it stops them one after another.
    pub one_by_one: Option<Millis>,
    /// The signal that waits for the next child to be stopped, and when.
    pub stops_next: Option<(Millis, Signal)>,
    /// It will end at that time whatever the child does.
    pub leaves_at: Option<Millis>,
    /// Whom it will kill, and when.
    pub kills: Vec<Kill>,
    /// It ends when every descendant has ended.
    pub waits_for_tree: bool,
    /// It stays although the child has ended.
    pub stays: bool,
    /// It is passing a signal on just now, and takes no notice of the same one from those it tells.
    pub relays: bool,
}

/// A launcher's child.
#[derive(Clone)]
pub(crate) struct Child {
    /// Its pid.
    pub pid: Pid,
    /// How this one is stopped, if not as the launcher stops all.
    pub stop: Option<Stop>,
    /// Whether it has been told to stop.
    pub told: bool,
}

/// How a supervisor stops one of its programs.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Stop {
    /// The signal.
    pub signal: Signal,
    /// To whom it goes.
    pub to: Recipient,
    /// After that time it kills.
    pub kill_after: Millis,
    /// Whom it kills.
    pub kill: Recipient,
}

/// A SIGKILL that a launcher has planned.
#[derive(Clone)]
pub(crate) struct Kill {
    /// When.
    pub at: Millis,
    /// The child that it is about.
    pub child: Pid,
    /// Who gets it.
    pub to: Recipient,
}

/// A command that follows another one.
#[derive(Clone)]
pub(crate) struct Next {
    /// Its words.
    pub words: Vec<Field>,
    /// The place that starts it.
    pub span: Option<Span>,
}

impl Process {
    /// Whether it was started to go on running: an application, or something that one hides behind.
    pub(crate) fn is_application_like(&self) -> bool {
        self.in_background && self.ran_as_application
    }
}
