//! The frames of a shell: what it is doing, innermost last, and how far it is in each.
//!
//! Only the data. Who moves a frame on is told by its name: `step`, `compound`, `loops`, `jobs`, `traps`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Code, Variable};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Input, Output, Pid, Status};
use crate::boot::written::Written;
use crate::shell::NodeId;

/// One level of what a shell is doing.
#[derive(Clone)]
pub(crate) struct Frame {
    /// The code.
    pub code: Code,
    /// Whether the shell may replace itself by the command here, as far as the frames above say.
    pub tail: bool,
    /// Whether this process was forked for this very command, which then replaces it in every shell.
    pub forced: bool,
    /// Results of the substitutions in this frame's words, by their nodes.
    pub results: Vec<(NodeId, Value)>,
    /// What kind, and how far it is.
    pub state: State,
}

impl Frame {
    /// Whether it is a list of commands.
    pub(in crate::boot) fn is_list(&self) -> bool {
        matches!(self.state, State::List(_))
    }

    /// Whether it is a loop that may go round any number of times.
    pub(super) fn is_endless_loop(&self) -> bool {
        matches!(self.state, State::While(_) | State::ForArithmetic(..))
    }
}

/// The state of a frame.
#[derive(Clone)]
pub(crate) enum State {
    /// A node whose execution has not begun.
    Start,
    /// A list: the index of the next item.
    List(usize),
    /// An and-or list: the number of parts begun.
    AndOr(usize),
    /// After a pipeline or command with `!`.
    Negate,
    /// An `if`: the arm, and whether its body runs.
    If(usize, bool),
    /// A loop.
    While(Box<Loop>),
    /// A `for`: words and the next index.
    For(Rc<[Field]>, usize, Asked),
    /// A `for (( ))` or another loop whose rounds cannot be told: rounds begun.
    ForArithmetic(u32, Asked),
    /// A `case`: the word, the arm, the pattern.
    Case(Box<Value>, usize, usize),
    /// Restores redirections at its end.
    Restore(Box<(Input, Output)>),
    /// A function body: what its return restores.
    Function(Box<Saved>),
    /// A file read with `.`; positional parameters to restore, if it had its own.
    Source(Option<Vec<Field>>),
    /// The text of `eval`.
    Eval,
    /// The action of a trap.
    Trap(Box<Interrupted>),
    /// The action of the ERR trap: the status to restore.
    ErrorTrap(Box<Status>),
    /// The EXIT trap: the status to exit with.
    ExitTrap(Box<Status>),
    /// Waits for foreground processes: all of them, the status is the last one's.
    Foreground(Box<Foreground>),
    /// Waits for a command substitution.
    Capture(Pid, usize),
    /// The `wait` builtin.
    Wait(Box<Waiting>),
    /// Reads commands from a stream that others write.
    ReadInput,
    /// What stands here stops the shell.
    SyntaxError,
}

/// What a trap has interrupted.
#[derive(Clone)]
pub(crate) struct Interrupted {
    /// The status to restore.
    pub status: Status,
    /// Whether `set -e` looks at it.
    pub check_failure: bool,
    /// The last process that there was. Says nothing of what comes, so that shells are compared without it.
    pub last_pid: Pid,
}

/// A `while` or `until` loop.
#[derive(Clone, Default)]
pub(crate) struct Loop {
    /// Whether the body runs (else the condition).
    pub in_body: bool,
    /// Rounds begun.
    pub rounds: u32,
    /// Rounds whose condition was not decided.
    pub undecided: u32,
    /// Rounds in which something was asked that nobody knows.
    pub asked: u32,
    /// Choices made when that was last counted.
    pub choices: usize,
    /// World hashes at the beginnings of rounds, with the clock, the step count and the number of
    /// choices then.
    pub seen: Vec<(u64, u64, u32, usize)>,
    /// What is different in each round, once there have been many.
    pub drift: Option<Drift>,
}

/// What a loop that sleeps changes in each round: a counter, a log that it reads again.
#[derive(Clone)]
pub(crate) struct Drift {
    /// The variables at the beginning of the round before it was looked for.
    pub variables: Rc<BTreeMap<Rc<str>, Variable>>,
    /// The files then.
    pub files: Rc<Written>,
    /// The variables that have changed since.
    pub changed: BTreeSet<Rc<str>>,
}

impl Loop {
    /// Counts rounds in which a choice was made; `choices` is how many there are by now.
    pub(crate) fn asked_rounds(&mut self, choices: usize) -> u32 {
        if self.rounds > 1 && choices > self.choices {
            self.asked += 1;
        }
        self.choices = choices;
        self.asked
    }
}

/// Rounds of a counting loop in which something was asked that nobody knows, and nothing was started that goes on
/// running.
#[derive(Clone, Copy, Default, Hash)]
pub(crate) struct Asked {
    begun: u32,
    rounds: u32,
    choices: usize,
    processes: usize,
}

impl Asked {
    /// Counts the round that has ended, if one has; `begun` is how many there were.
    pub(crate) fn count(&mut self, begun: u32, choices: usize, processes: usize) -> u32 {
        if begun > 0 && begun == self.begun {
            // The same step, with the answer to what it asked.
            return self.rounds;
        }
        let waited = begun > 0 && choices > self.choices && processes == self.processes;
        let rounds = if waited { self.rounds + 1 } else { 0 };
        *self = Asked {
            begun,
            rounds,
            choices,
            processes,
        };
        rounds
    }

    /// The number of rounds that were counted.
    pub(crate) fn rounds(self) -> u32 {
        self.rounds
    }
}

/// What a function's return restores.
#[derive(Clone, Default)]
pub(crate) struct Saved {
    /// Positional parameters.
    pub positional: Vec<Field>,
    /// `local` variables with their former values.
    pub locals: Vec<(Rc<str>, Option<Variable>)>,
    /// Names that stand for others.
    pub references: Rc<BTreeMap<Rc<str>, Rc<str>>>,
}

/// Foreground processes that are waited for.
#[derive(Clone)]
pub(crate) struct Foreground {
    /// Their pids.
    pub pids: Vec<Pid>,
    /// Statuses of those that have ended.
    pub ended: Vec<Option<Status>>,
    /// Whether a later stage's failure counts (`pipefail`).
    pub pipefail: bool,
}

/// The state of a `wait`.
#[derive(Clone)]
pub(crate) struct Waiting {
    /// Whom for.
    pub pids: Vec<Pid>,
    /// Whether the first to end is enough.
    pub any: bool,
    /// Whether operands were given (then the status is the last one's).
    pub named: bool,
    /// Whether that is because of `-n`.
    pub next: bool,
    /// The variable that tells which of them has ended (`-p`).
    pub variable: Option<Rc<str>>,
}
