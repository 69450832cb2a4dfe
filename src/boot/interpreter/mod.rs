//! A shell as a machine of frames: one small step at a time, over abstract values.
//!
//! In: a [`Shell`] inside a [`super::world::World`]. Out: the world after one step, or a question
//! that the values at hand do not answer. No recursion: where a real shell would call itself, a
//! frame is pushed.

mod aliases;
mod assign;
mod associative;
mod branches;
mod builtins;
mod code;
mod compound;
mod conditions;
mod dialect;
mod errors;
mod exit;
mod expand;
mod extended;
mod foreground;
mod fork;
mod frame;
mod functions;
mod jobs;
mod listed_traps;
mod lists;
mod loops;
mod pattern;
mod pipelines;
mod programs;
mod redirect;
mod references;
mod rounds;
mod shown;
mod simple;
mod step;
mod tail;
mod traps;
mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::value::{Field, Value};
use super::world::{Input, Output, Pid, Status};
use crate::knowledge::{ShellFacts, ShellFamily, Signal, TrapName};
use crate::source::Span;

pub(crate) use code::Code;
pub(in crate::boot) use conditions::absolute;
pub(in crate::boot) use dialect::{Construct, constructs};
pub(crate) use frame::{Asked, Foreground, Frame, Interrupted, Loop, Saved, State, Waiting};
use functions::Functions;
pub(in crate::boot) use loops::unmatched;
pub(crate) use simple::display_words;
pub(in crate::boot) use step::{Progress, step};
pub(in crate::boot) use tail::root_tail;
pub(in crate::boot) use traps::locate;
use waits::AwaitedInput;

/// A shell process.
#[derive(Clone)]
pub(crate) struct Shell {
    /// Its dialect.
    pub facts: &'static ShellFacts,
    /// Whether it runs a `-c` string (else a file or its standard input).
    pub dash_c: bool,
    /// Variables.
    pub variables: Rc<BTreeMap<Rc<str>, Variable>>,
    /// Names that stand for others, with those.
    pub references: Rc<BTreeMap<Rc<str>, Rc<str>>>,
    /// `$1 $2 …`
    pub positional: Vec<Field>,
    /// `$0`
    pub zero: Value,
    /// Functions.
    pub functions: Rc<Functions>,
    /// Aliases.
    pub aliases: Rc<BTreeMap<Rc<str>, Alias>>,
    /// `set` and `shopt` options.
    pub options: Options,
    /// Traps.
    pub traps: BTreeMap<TrapName, Trap>,
    /// Trapped signals that arrived and whose action has not run yet.
    pub pending: Vec<Signal>,
    /// Background jobs.
    pub jobs: Vec<Job>,
    /// Jobs that were waited for and whose status can still be asked for.
    pub kept: Vec<(Pid, Status)>,
    /// Processes of `<( )` and `>( )`.
    pub substitutions: Vec<Pid>,
    /// How far `getopts` has come: the word and the letter in it.
    pub options_read: (usize, usize),
    /// `$!`
    pub last_background: Option<Pid>,
    /// `$?`
    pub status: Status,
    /// Whether the status is that of a command that `set -e` looks at.
    pub check_failure: bool,
    /// What a builtin waits for: its command is not looked at again before something has come of it. Says nothing that
    /// the frames do not, so that shells are compared without it.
    pub awaited_input: Option<AwaitedInput>,
    /// `$$`
    pub dollar: Pid,
    /// What it does, innermost last.
    pub frames: Vec<Frame>,
    /// Whether it is a forked copy of a shell.
    pub is_subshell: bool,
    /// Whether it is a copy that was made in a condition, so that nothing that fails in it ends it.
    pub in_condition: bool,
    /// Whether it was forked where `local` and `return` have their place: in a function, or for `return` in a file
    /// that was read.
    pub forked_in: (bool, bool),
    /// Whether its EXIT trap has been started.
    pub exiting: bool,
    /// SIGINT arrived while bash waited for a foreground command.
    pub interrupted: bool,
    /// A signal is ending it, after its EXIT trap.
    pub dying: Option<Signal>,
    /// Whether an EXIT trap was ever set: bash then stays mortal.
    pub exit_trapped: bool,
    /// Signals that had a trap when the first EXIT trap was set: bash takes over the others only, so that these are
    /// mortal no more once they are reset (measured: 5.2; SIGINT it takes back).
    pub trapped_before: BTreeSet<Signal>,
    /// Whether a trap with an action was ever set (busybox does not forget it).
    pub ever_trapped: bool,
    /// Streams that it holds open besides its output, by their descriptors (`exec > >(tee)`).
    pub held: Vec<(u32, usize)>,
    /// Descriptors beside the standard input that it has opened for reading (`exec 3< file`).
    pub inputs: BTreeMap<u32, Input>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variable {
    /// Its value; `None` after `unset` or a mere declaration.
    pub value: Option<Stored>,
    /// Whether it is exported.
    pub exported: bool,
    /// Whether the script has made it read-only.
    pub read_only: bool,
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stored {
    /// A string.
    Text(Value),
    /// An array; the fields may be open.
    Array(Vec<Field>),
}

impl Stored {
    /// Whether all of it is known.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Stored::Text(value) => value.known().is_some(),
            Stored::Array(fields) => fields.iter().all(|field| field.known().is_some()),
        }
    }
}

/// An alias.
#[derive(Clone, PartialEq, Hash)]
pub(crate) struct Alias {
    /// Its text.
    pub text: String,
    /// The commands that were read as a whole, and ran when it was defined: one of each script that was being read.
    pub defined_in: Vec<Code>,
}

/// Options of `set` and `shopt`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Options {
    /// `-e`
    pub errexit: bool,
    /// `-u`
    pub nounset: bool,
    /// `-m`
    pub monitor: bool,
    /// `-a`
    pub allexport: bool,
    /// `-o pipefail`
    pub pipefail: bool,
    /// `shopt -s execfail`
    pub execfail: bool,
    /// `shopt -s nullglob`
    pub nullglob: bool,
    /// `shopt -s nocasematch`
    pub nocasematch: bool,
    /// `shopt -s extglob`
    pub extglob: bool,
    /// `-f`
    pub noglob: bool,
    /// `shopt -s inherit_errexit`
    pub inherit_errexit: bool,
    /// `shopt -s lastpipe`
    pub lastpipe: bool,
    /// `-i`
    pub interactive: bool,
    /// `shopt -s expand_aliases`
    pub expand_aliases: bool,
    /// `-n`
    pub noexec: bool,
    /// `-E`
    pub errtrace: bool,
}

/// A trap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Trap {
    /// Its action; empty means ignore.
    pub action: Value,
    /// The `trap` command.
    pub span: Option<Span>,
}

/// A background job.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    /// Its processes; the last is `$!`.
    pub pids: Vec<Pid>,
    /// Its number.
    pub number: u32,
    /// Whether the shell has taken notice of its end.
    pub noticed: bool,
}

impl Shell {
    /// A shell that has not begun.
    pub(crate) fn new(facts: &'static ShellFacts, pid: Pid) -> Shell {
        Shell {
            facts,
            dash_c: false,
            variables: Rc::default(),
            references: Rc::default(),
            positional: Vec::new(),
            zero: Value::default(),
            functions: Rc::default(),
            aliases: Rc::default(),
            options: Options::default(),
            traps: BTreeMap::new(),
            pending: Vec::new(),
            jobs: Vec::new(),
            kept: Vec::new(),
            substitutions: Vec::new(),
            options_read: (0, 0),
            last_background: None,
            status: Status::SUCCESS,
            check_failure: false,
            awaited_input: None,
            dollar: pid,
            frames: Vec::new(),
            is_subshell: false,
            in_condition: false,
            forked_in: (false, false),
            exiting: false,
            interrupted: false,
            dying: None,
            exit_trapped: false,
            trapped_before: BTreeSet::new(),
            ever_trapped: false,
            held: Vec::new(),
            inputs: BTreeMap::new(),
        }
    }

    /// Whether it keeps the stream open.
    pub(crate) fn holds_stream(&self, stream: usize) -> bool {
        self.held.iter().any(|(_, held)| *held == stream)
            || self.frames.iter().any(|frame| match &frame.state {
                State::Restore(saved) => saved.1 == Output::Stream(stream),
                _ => false,
            })
    }

    /// A variable's value, if it is set.
    pub(crate) fn variable(&self, name: &str) -> Option<&Stored> {
        self.variables
            .get(name)
            .and_then(|variable| variable.value.as_ref())
    }

    /// Whether the script has unset or declared the name without a value.
    pub(crate) fn is_unset_here(&self, name: &str) -> bool {
        self.variables
            .get(name)
            .is_some_and(|variable| variable.value.is_none())
    }

    /// Whether the frame of that index is a loop's.
    pub(crate) fn is_loop_at(&self, index: usize) -> bool {
        self.frames.get(index).is_some_and(Frame::is_endless_loop)
    }

    /// Whether it runs a loop that may go round any number of times.
    pub(crate) fn is_in_loop(&self) -> bool {
        self.frames.iter().any(Frame::is_endless_loop)
    }

    /// Former values that functions will restore.
    pub(crate) fn saved_locals(&self) -> impl Iterator<Item = &(Rc<str>, Option<Variable>)> {
        let functions = self.frames.iter().filter_map(|frame| match &frame.state {
            State::Function(saved) => Some(&saved.locals),
            _ => None,
        });
        functions.flatten()
    }

    /// Sets a variable, keeping its export flag.
    pub(crate) fn set(&mut self, name: &str, value: Stored) {
        let allexport = self.options.allexport;
        let name = Rc::from(self.target(name));
        let variables = Rc::make_mut(&mut self.variables);
        let variable = variables.entry(name).or_insert(Variable {
            value: None,
            exported: false,
            read_only: false,
        });
        variable.value = Some(value);
        variable.exported |= allexport;
    }

    /// `unset NAME`
    fn unset(&mut self, name: &str) {
        self.forget_elements(name);
        let unset = Variable {
            value: None,
            exported: false,
            read_only: false,
        };
        Rc::make_mut(&mut self.variables).insert(name.into(), unset);
    }

    /// Whether one of its frames is of that kind.
    fn is_in(&self, is_wanted: impl Fn(&State) -> bool) -> bool {
        self.frames.iter().any(|frame| is_wanted(&frame.state))
    }

    /// Whether it runs the condition of a `while` or `until`, in the innermost one.
    fn is_in_condition_of_loop(&self) -> bool {
        let mut frames = self.frames.iter().rev();
        let found = frames.find_map(|frame| match &frame.state {
            State::While(state) => Some(!state.in_body),
            State::Function(_) | State::Source(_) => Some(false),
            _ => None,
        });
        found == Some(true)
    }

    /// Whether it runs the action of a trap.
    pub(crate) fn is_in_trap(&self) -> bool {
        self.is_in(|state| matches!(state, State::Trap(_) | State::ExitTrap(_)))
    }

    /// What a forked copy starts with: traps with an action are reset, jobs are not its own.
    pub(crate) fn forked(&mut self) -> Shell {
        let of_functions = self.is_in(|state| matches!(state, State::Function(_)));
        let of_files = self.is_in(|state| matches!(state, State::Source(_)));
        // The copy does something else, and what this one does is much.
        let frames = std::mem::take(&mut self.frames);
        let mut copy = self.clone();
        self.frames = frames;
        copy.traps
            .retain(|_, trap| trap.action.is_certainly_empty());
        copy.pending.clear();
        copy.is_subshell = true;
        copy.kept.clear();
        copy.substitutions.clear();
        copy.forked_in = (
            of_functions || copy.forked_in.0,
            of_files || copy.forked_in.1,
        );
        copy.ever_trapped = false;
        copy.exit_trapped = false;
        copy.trapped_before.clear();
        copy.exiting = false;
        copy.interrupted = false;
        copy.check_failure = false;
        copy.awaited_input = None;
        copy.options.monitor = false;
        // busybox forgets them in a copy of a copy (measured: 1.35).
        let is_second = self.is_subshell && self.facts.family == ShellFamily::Ash;
        if !copy.facts.jobs_in_substitution || is_second {
            copy.jobs.clear();
        }
        copy
    }

    /// The exported variables.
    pub(crate) fn environment(&self) -> BTreeMap<Rc<str>, Value> {
        let exported = self
            .variables
            .iter()
            .filter(|(_, variable)| variable.exported);
        exported
            .filter_map(|(name, variable)| match &variable.value {
                Some(Stored::Text(value)) => Some((Rc::clone(name), value.clone())),
                _ => None,
            })
            .collect()
    }

    /// Signals that the shell ignores by an empty trap.
    pub(crate) fn ignored(&self) -> BTreeSet<Signal> {
        let empty = self
            .traps
            .iter()
            .filter(|(_, trap)| trap.action.is_certainly_empty());
        empty
            .filter_map(|(name, _)| match name {
                TrapName::Signal(signal) => Some(*signal),
                _ => None,
            })
            .collect()
    }
}
