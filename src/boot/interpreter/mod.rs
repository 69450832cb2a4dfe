//! A shell as a machine of frames: one small step at a time, over abstract values.
//!
//! In: a [`Shell`] inside a [`super::world::World`]. Out: the world after one step, or a question
//! that the values at hand do not answer. No recursion: where a real shell would call itself, a
//! frame is pushed.

mod aliases;
mod assign;
mod associative;
mod builtins;
mod compound;
mod conditions;
mod dialect;
mod errors;
mod expand;
mod functions;
mod jobs;
mod loops;
mod pattern;
mod redirect;
mod shown;
mod simple;
mod step;
mod tail;
mod traps;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::table::ProcessTable;
use super::value::{Field, Value};
use super::world::{Body, Input, Output, Pid, Status};
use crate::knowledge::{ShellFacts, Signal, TrapName};
use crate::shell::{Compound, Kind, NodeId, Script};
use crate::source::Span;

pub(in crate::boot) use conditions::absolute;
pub(in crate::boot) use dialect::{Construct, constructs};
pub(in crate::boot) use jobs::is_read;
pub(crate) use simple::display_words;
pub(in crate::boot) use step::{Progress, step};
pub(in crate::boot) use tail::root_tail;
pub(in crate::boot) use traps::locate;

/// A place in a parsed script.
#[derive(Clone)]
pub(crate) struct Code {
    /// The script.
    pub script: Rc<Script>,
    /// The node.
    pub node: NodeId,
}

impl Code {
    /// The root of a script.
    pub(crate) fn root(script: &Rc<Script>) -> Code {
        Code {
            script: Rc::clone(script),
            node: script.root,
        }
    }

    /// Another node of the same script.
    pub(crate) fn at(&self, node: NodeId) -> Code {
        Code {
            script: Rc::clone(&self.script),
            node,
        }
    }

    /// The span of the node.
    pub(crate) fn span(&self) -> Span {
        self.script.span(self.script.node(self.node).range.clone())
    }

    /// The node's text.
    pub(crate) fn text(&self) -> &str {
        self.script
            .text
            .text()
            .get(self.script.node(self.node).range.clone())
            .unwrap_or("")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.script, &other.script) && self.node == other.node
    }
}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.script).hash(state);
        self.node.hash(state);
    }
}

/// Whether the command is `trap ACTION … SIGNAL …` as it stands there.
fn sets_trap(simple: &crate::shell::Simple, signal: Signal, facts: &ShellFacts) -> bool {
    let words: Vec<Option<Cow<str>>> = simple
        .words
        .iter()
        .map(|word| word.constant(false))
        .collect();
    matches!(words.as_slice(), [Some(command), _, names @ ..] if command == "trap"
        && names.iter().flatten().any(|name| facts.trap_signal(name) == Some(TrapName::Signal(signal))))
}

/// Whether a subshell, or a part of a pipeline, ends in an `exec` that replaces only that.
fn execs_in_a_process_of_its_own(code: &Code) -> bool {
    let script = &code.script;
    match &script.node(code.node).kind {
        Kind::Pipeline { parts, .. } if parts.len() > 1 => {
            parts.iter().any(|part| ends_in_exec(script, *part))
        }
        Kind::Compound(Compound::Subshell(body), _) => ends_in_exec(script, *body),
        // A command substitution is the list in it.
        Kind::List(_) => ends_in_exec(script, code.node),
        _ => false,
    }
}

/// Whether the last command of a node is `exec` with a command.
fn ends_in_exec(script: &Script, mut node: NodeId) -> bool {
    loop {
        node = match &script.node(node).kind {
            Kind::List(items) => match items.last() {
                Some(last) => last.node,
                None => return false,
            },
            Kind::AndOr { first, rest } => rest.last().map_or(*first, |(_, last)| *last),
            Kind::Compound(Compound::Subshell(body) | Compound::Group(body), _) => *body,
            Kind::Simple(simple) => {
                let word = simple.words.first().and_then(|word| word.constant(false));
                return simple.words.len() > 1 && word.as_deref() == Some("exec");
            }
            _ => return false,
        };
    }
}

/// A shell process.
#[derive(Clone)]
pub(crate) struct Shell {
    /// Its dialect.
    pub facts: &'static ShellFacts,
    /// Whether it runs a `-c` string (else a file or its standard input).
    pub dash_c: bool,
    /// Variables.
    pub variables: Rc<BTreeMap<Rc<str>, Variable>>,
    /// `$1 $2 …`
    pub positional: Vec<Field>,
    /// `$0`
    pub zero: Value,
    /// Functions.
    pub functions: Rc<BTreeMap<Rc<str>, Code>>,
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
    /// How far `getopts` has come: the word and the letter in it.
    pub options_read: (usize, usize),
    /// `$!`
    pub last_background: Option<Pid>,
    /// `$?`
    pub status: Status,
    /// Whether the status is that of a command that `set -e` looks at.
    pub check_failure: bool,
    /// `$$`
    pub dollar: Pid,
    /// What it does, innermost last.
    pub frames: Vec<Frame>,
    /// Whether it is a forked copy of a shell.
    pub is_subshell: bool,
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
    /// Whether a trap with an action was ever set (busybox does not forget it).
    pub ever_trapped: bool,
    /// Streams that it holds open besides its output (`exec > >(tee)`).
    pub held: Vec<usize>,
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

/// An alias and whether a line has ended since it was defined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Alias {
    /// Its text.
    pub text: String,
    /// Whether it is seen by now.
    pub active: bool,
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
    /// `-f`
    pub noglob: bool,
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
}

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
    fn is_endless_loop(&self) -> bool {
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
    /// The action of a trap: the status to restore and whether `set -e` looks at it.
    Trap(Box<(Status, bool)>),
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
}

/// See [`Shell::waits`].
#[derive(Clone, Debug)]
pub(crate) struct WaitsFor {
    /// In the foreground; else in the `wait` builtin.
    pub foreground: bool,
    /// The command.
    pub span: Span,
    /// Nothing follows it.
    pub last: bool,
    /// Its text begins with `exec`, in a process of its own.
    pub exec_in_subshell: bool,
    /// It is a pipeline.
    pub in_pipeline: bool,
}

impl Shell {
    /// A shell that has not begun.
    pub(crate) fn new(facts: &'static ShellFacts, pid: Pid) -> Shell {
        Shell {
            facts,
            dash_c: false,
            variables: Rc::default(),
            positional: Vec::new(),
            zero: Value::default(),
            functions: Rc::default(),
            aliases: Rc::default(),
            options: Options::default(),
            traps: BTreeMap::new(),
            pending: Vec::new(),
            jobs: Vec::new(),
            kept: Vec::new(),
            options_read: (0, 0),
            last_background: None,
            status: Status::SUCCESS,
            check_failure: false,
            dollar: pid,
            frames: Vec::new(),
            is_subshell: false,
            forked_in: (false, false),
            exiting: false,
            interrupted: false,
            dying: None,
            exit_trapped: false,
            ever_trapped: false,
            held: Vec::new(),
            inputs: BTreeMap::new(),
        }
    }

    /// Whether it keeps the stream open.
    pub(crate) fn holds_stream(&self, stream: usize) -> bool {
        self.held.contains(&stream)
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
        let variables = Rc::make_mut(&mut self.variables);
        let variable = variables.entry(name.into()).or_insert(Variable {
            value: None,
            exported: false,
            read_only: false,
        });
        variable.value = Some(value);
        variable.exported |= allexport;
    }

    /// Whether nothing has happened that it waits for: then a step of it does nothing.
    fn goes_on_waiting(&self, processes: &ProcessTable) -> bool {
        if self.dying.is_some() || self.check_failure {
            return false;
        }
        let runs = |pid: &Pid| {
            let process = processes.get(pid);
            process.is_some_and(|process| !matches!(process.body, Body::Ended(_)))
        };
        match self.frames.last().map(|frame| &frame.state) {
            Some(State::Foreground(waited)) => {
                let open = waited.pids.iter().zip(&waited.ended);
                let mut open = open.filter(|(_, ended)| ended.is_none()).peekable();
                open.peek().is_some() && open.all(|(pid, _)| runs(pid))
            }
            Some(State::Capture(pid, _)) => runs(pid),
            Some(State::Wait(waiting)) if self.pending.is_empty() => {
                let running = waiting.pids.iter().filter(|pid| runs(pid)).count();
                match waiting.any {
                    true => running > 0 && running == waiting.pids.len(),
                    false => running > 0,
                }
            }
            _ => false,
        }
    }

    /// Whether the innermost frame is one in which a trap has to wait.
    pub(crate) fn is_waiting_in_foreground(&self) -> bool {
        matches!(
            self.frames.last().map(|frame| &frame.state),
            Some(State::Foreground(_) | State::Capture(..))
        )
    }

    /// Whether one of its frames is of that kind.
    fn is_in(&self, is_wanted: impl Fn(&State) -> bool) -> bool {
        self.frames.iter().any(|frame| is_wanted(&frame.state))
    }

    /// Whether it runs the action of a trap.
    pub(crate) fn is_in_trap(&self) -> bool {
        let mut states = self.frames.iter().map(|frame| &frame.state);
        states.any(|state| matches!(state, State::Trap(_) | State::ExitTrap(_)))
    }

    /// The processes that it waits for in the foreground.
    pub(crate) fn foreground_pids(&self) -> Vec<Pid> {
        match self.frames.last().map(|frame| &frame.state) {
            Some(State::Foreground(waited)) => waited.pids.clone(),
            Some(State::Capture(pid, _)) => vec![*pid],
            _ => Vec::new(),
        }
    }

    /// The processes that it waits for, in the foreground or by `wait`.
    pub(crate) fn awaited_pids(&self) -> Vec<Pid> {
        match self.frames.last().map(|frame| &frame.state) {
            Some(State::Wait(waiting)) => waiting.pids.clone(),
            _ => self.foreground_pids(),
        }
    }

    /// Whether it is in the `wait` builtin.
    pub(crate) fn is_in_wait(&self) -> bool {
        matches!(
            self.frames.last().map(|frame| &frame.state),
            Some(State::Wait(_))
        )
    }

    /// What it waits for, for people: whether in the foreground, where, whether something follows, and
    /// whether the text begins with `exec` or is a pipeline.
    pub(crate) fn waits(&self) -> Option<WaitsFor> {
        let (top, below) = self.frames.split_last()?;
        let foreground = match &top.state {
            State::Foreground(_) | State::Capture(..) => true,
            State::Wait(_) => false,
            _ => return None,
        };
        let in_pipeline = matches!(&top.code.script.node(top.code.node).kind, Kind::Pipeline { parts, .. } if parts.len() > 1);
        let last = below.iter().all(|frame| {
            match (&frame.state, &frame.code.script.node(frame.code.node).kind) {
                (State::List(next), Kind::List(items)) => *next >= items.len(),
                (State::While(_) | State::For(..) | State::ForArithmetic(..), _) => false,
                _ => true,
            }
        });
        Some(WaitsFor {
            foreground,
            span: top.code.span(),
            last,
            exec_in_subshell: execs_in_a_process_of_its_own(&top.code),
            in_pipeline,
        })
    }

    /// The innermost loop that it is in and that goes round again.
    pub(crate) fn enclosing_loop(&self) -> Option<Span> {
        let is_loop =
            |frame: &&Frame| matches!(frame.state, State::While(_) | State::ForArithmetic(..));
        self.frames
            .iter()
            .rev()
            .find(is_loop)
            .map(|frame| frame.code.span())
    }

    /// The first `trap` for that signal among the commands that follow what it does now.
    pub(crate) fn trap_behind(&self, signal: Signal) -> Option<Span> {
        self.frames.iter().rev().find_map(|frame| {
            let script = &frame.code.script;
            let (State::List(next), Kind::List(items)) =
                (&frame.state, &script.node(frame.code.node).kind)
            else {
                return None;
            };
            let behind = items.get(*next..).unwrap_or_default();
            let trap = behind.iter().find(|item| {
                matches!(&script.node(item.node).kind, Kind::Simple(simple)
                    if sets_trap(simple, signal, self.facts))
            });
            trap.map(|item| frame.code.at(item.node).span())
        })
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
        copy.forked_in = (
            of_functions || copy.forked_in.0,
            of_files || copy.forked_in.1,
        );
        copy.ever_trapped = false;
        copy.exit_trapped = false;
        copy.exiting = false;
        copy.interrupted = false;
        copy.check_failure = false;
        copy.options.monitor = false;
        if !copy.facts.jobs_in_substitution {
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
