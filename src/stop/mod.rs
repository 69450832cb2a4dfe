//! What the stop signal does.
//!
//! In: the steady states that `boot` found. Out: for every way through the start-up a [`Path`] with
//! its verdict and route. The machine of `boot` goes on running here, with the signal delivered.

mod assumed;
mod facts;
mod forks;
mod judge;
mod merge;
mod refused;
mod route;
mod stopping;
mod tree;
mod way;

pub use crate::boot::{
    Assumption, Condition, ExecFailure, ExecProblem, Fact, FactKind, Missing, OwnCode,
};
use crate::knowledge::Signal;
use crate::source::Span;

pub use judge::judge;
pub use refused::refused;

/// How a way through the start-up ends (DESIGN §2). The order is from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The start-up ends as its author wrote it.
    Exits,
    /// The application hears the signal, acts on it and PID 1 lasts until it has finished.
    Graceful,
    /// The files at hand do not say.
    Unknown,
    /// The application finishes, but PID 1 stays until SIGKILL.
    Lingers,
    /// The application begins to stop and is cut off.
    Truncated,
    /// The application ends at once, its work unfinished.
    Abrupt,
    /// Nobody stops; SIGKILL after the grace period.
    Stuck,
    /// The start-up breaks.
    Fails,
}

impl Verdict {
    /// The word of the JSON contract.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Exits => "exits",
            Verdict::Graceful => "graceful",
            Verdict::Unknown => "unknown",
            Verdict::Lingers => "lingers",
            Verdict::Truncated => "truncated",
            Verdict::Abrupt => "abrupt",
            Verdict::Stuck => "stuck",
            Verdict::Fails => "fails",
        }
    }
}

/// What the application does with the signal once it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reaction {
    /// It finishes its work and ends.
    Handles,
    /// Nothing.
    Ignores,
    /// It ends by the signal's default action.
    Dies,
    /// It ends, and drops what is in flight.
    Drops,
    /// Not known, or the signal never arrives.
    Unknown,
}

impl Reaction {
    /// The word of the JSON contract.
    pub fn word(self) -> &'static str {
        match self {
            Reaction::Handles => "handles",
            Reaction::Ignores => "ignores",
            Reaction::Dies => "dies",
            Reaction::Drops => "drops",
            Reaction::Unknown => "unknown",
        }
    }
}

/// One way through the start-up, judged.
#[derive(Clone, Debug)]
pub struct Path {
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether the signal reaches the application's process; `None` when that is not known.
    pub delivered: Option<bool>,
    /// What the application does with it.
    pub reaction: Reaction,
    /// What must hold for this way to be taken.
    pub when: Vec<Condition>,
    /// What was assumed.
    pub assumptions: Vec<Assumption>,
    /// What would have to be known (for `unknown`).
    pub missing: Vec<Missing>,
    /// PID 1 and its descendants in the steady state; `None` when nothing runs.
    pub processes: Option<ProcessTree>,
    /// What happens, step by step.
    pub route: Vec<Step>,
    /// What rules may read.
    pub facts: Vec<Fact>,
}

/// A process and its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessTree {
    /// PID in the namespace as the simulation counts them.
    pub pid: u32,
    /// The words; `None` for a word that is not known.
    pub argv: Vec<Option<String>>,
    /// What runs: a shell's id, a launcher's or a program's name.
    pub program: String,
    /// Whether it is what the verdict is about.
    pub is_application: bool,
    /// Whether the stop signal reaches it (and in which form), for drawings.
    pub receives: Option<Signal>,
    /// The place that started it.
    pub span: Option<Span>,
    /// What its own code does about signals, if that is at hand.
    pub code: Option<Box<OwnCode>>,
    /// Its children.
    pub children: Vec<ProcessTree>,
}

impl ProcessTree {
    /// This process and its descendants, parents before children.
    pub fn processes(&self) -> Vec<&ProcessTree> {
        let mut found = vec![self];
        let mut next = 0;
        while next < found.len() {
            found.extend(found[next].children.iter());
            next += 1;
        }
        found
    }
}

/// A step of the route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub text: String,
    /// The place that causes it.
    pub span: Option<Span>,
}
