//! The machine: runs a world until it asks, rests or ends; delivers signals; ends processes.

mod deliver;
mod ending;
mod files;
mod halt;
mod helper;
mod look_up;
mod relay;
mod running;
mod texts;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use foldhash::HashMap;

use crate::boot::fact::{Fact, FactKind};
use crate::boot::interpreter::{Construct, Variable};
use crate::boot::own_code::Sources;
use crate::boot::reads::LookedAt;
use crate::boot::value::Value;
use crate::boot::world::{Pid, Question, World};
use crate::container::Container;
use crate::image::{Found, Image};
use crate::knowledge::{ShellFacts, Signal};
use crate::shell::Script;
use crate::source::{Mapped, Span};

pub(in crate::boot) use deliver::signal_group;
pub(crate) use deliver::signal_process;
pub(in crate::boot) use ending::{end_process, start_jobs};
pub(in crate::boot) use halt::Halt;

/// Bounds that keep every input finite. Reaching one makes the way unknown, with the reason.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames of one shell.
    pub frames: usize,
    /// Rounds of one loop whose end nobody has written down.
    pub rounds: u32,
    /// Words that one loop goes through.
    pub words: usize,
    /// Steps of one way.
    pub steps: u32,
    /// Steps of all ways together, those of stopping included.
    pub total_steps: u64,
    /// The same once a way is unknown, so that no more than that can be proven of the whole.
    pub steps_in_vain: u64,
    /// Steps of all ways together after which ways that come to the same place are joined.
    pub steps_apart: u64,
    /// Ways.
    pub ways: usize,
    /// Processes of one world.
    pub processes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frames: 400,
            rounds: 200,
            words: 1_000,
            steps: 40_000,
            total_steps: 30_000,
            steps_in_vain: 4_000,
            steps_apart: 500,
            ways: 2_000,
            processes: 300,
        }
    }
}

/// What does not change while a container runs.
pub(crate) struct Machine<'c> {
    /// The container.
    pub(crate) container: &'c Container,
    /// The bounds.
    pub(crate) limits: Limits,
    /// The dialect behind `/bin/sh`, if this run assumes one.
    pub(crate) assumed_sh: Option<&'static ShellFacts>,
    /// The stop signal that this run assumes; the image's own where that is known.
    pub(crate) stop_signal: Cell<Signal>,
    /// What `${X:-}` is.
    pub(crate) defaults: Defaults,
    /// Variables that are given at run time.
    pub(in crate::boot) given: Vec<Rc<str>>,
    /// Whether anything depended on which shell `/bin/sh` is.
    pub(crate) asked_for_sh: Cell<bool>,
    /// Notes of what is looked at.
    pub(crate) looked_at: LookedAt,
    /// Texts that files give to a shell, with their places: `locate` finds them by text and span.
    texts: RefCell<Vec<Mapped>>,
    /// Steps of all ways until now.
    spent: Cell<u64>,
    /// Whether a way has turned out to be unknown.
    is_in_vain: Cell<bool>,
    scripts: RefCell<HashMap<(usize, usize, String), Rc<Script>>>,
    constructs: RefCell<HashMap<usize, Rc<Vec<Construct>>>>,
    /// Programs that were looked up, by name.
    programs: RefCell<HashMap<String, Vec<LookedUp>>>,
    /// Source files of applications that were read.
    pub(in crate::boot) sources: RefCell<Sources>,
    /// A copy of the image in which commands of the start-up change files.
    scratch: RefCell<Option<Image>>,
    /// The environment that was made last, and the variables that it was made of.
    environment: RefCell<(Weak<Variables>, Rc<Environment>)>,
}

/// What `${X:-}` is where nothing sets X: empty, or `$X` that `set -u` does not complain about, so that it may be
/// given at run time. Scripts are full of them, and hardly one decides how a start-up ends: that way is gone only
/// where the start-up ends without one.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    ask: bool,
    met: Cell<bool>,
}

impl Defaults {
    /// Whether it may be given; notes that there was one.
    pub(crate) fn are_asked_for(&self) -> bool {
        self.met.set(true);
        self.ask
    }

    /// Whether there was one.
    pub(crate) fn were_met(&self) -> bool {
        self.met.get()
    }
}

/// The variables of a shell.
type Variables = BTreeMap<Rc<str>, Variable>;

/// What a process finds in its environment.
type Environment = BTreeMap<Rc<str>, Value>;

/// A program that was looked up in a search path and a directory.
struct LookedUp {
    path: String,
    directory: String,
    found: Found,
}

/// How a run of a world ended.
#[derive(Clone, Debug)]
pub(crate) enum Rest {
    /// The way forks: what that process asks.
    Ask(Rc<Question>, Pid),
    /// It has come to where it was to be looked at again.
    Halted,
    /// Nothing will change any more (or a loop goes round for ever).
    Steady,
    /// PID 1 has ended.
    Ended,
    /// The time is over.
    Deadline,
    /// A bound was reached.
    Limit,
}

impl<'c> Machine<'c> {
    /// A machine for a container.
    pub(crate) fn new(
        container: &'c Container,
        assumed_sh: Option<&'static ShellFacts>,
    ) -> Machine<'c> {
        Machine {
            container,
            limits: Limits::default(),
            assumed_sh,
            stop_signal: Cell::new(
                container
                    .stop_signal
                    .value
                    .value()
                    .copied()
                    .unwrap_or(Signal::TERM),
            ),
            defaults: Defaults::default(),
            given: Vec::new(),
            asked_for_sh: Cell::new(false),
            looked_at: LookedAt::default(),
            texts: RefCell::default(),
            spent: Cell::new(0),
            is_in_vain: Cell::new(false),
            scripts: RefCell::default(),
            constructs: RefCell::default(),
            programs: RefCell::default(),
            sources: RefCell::default(),
            scratch: RefCell::default(),
            environment: RefCell::default(),
        }
    }

    /// The machine, to which every `${X:-}` may be given at run time.
    pub(crate) fn asking_for_defaults(mut self) -> Machine<'c> {
        self.defaults.ask = true;
        self
    }

    /// The machine, to which these variables are given at run time, whatever is in them.
    pub(crate) fn giving(mut self, names: &[Rc<str>]) -> Machine<'c> {
        self.given = names.to_vec();
        self
    }

    /// Whether all ways together have taken as many steps as they may.
    pub(crate) fn is_exhausted(&self) -> bool {
        let most = match self.is_in_vain.get() {
            true => self.limits.steps_in_vain,
            false => self.limits.total_steps,
        };
        self.spent.get() >= most
    }

    /// A way has turned out to be unknown, whatever becomes of the others.
    pub(crate) fn found_unknown(&self) {
        self.is_in_vain.set(true);
    }

    /// Whether there are so many ways that they are joined.
    pub(crate) fn joins_ways(&self) -> bool {
        self.spent.get() >= self.limits.steps_apart
    }
}

fn note(world: &mut World, kind: FactKind, span: Option<Span>) {
    let while_stopping = world.stopped_at.is_some();
    world.note(Fact {
        kind,
        span,
        while_stopping,
    });
}
