//! The state of a container: its processes, its clock, and what its scripts have written.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::fact::Fact;
use super::fifo::Fifos;
use super::outcome::{Assumption, Missing};
pub(crate) use super::process::{
    Application, Body, Child, History, Input, Kill, Launcher, Next, Output, Process, Stop,
};
pub(super) use super::question::names_in;
pub(crate) use super::question::{Choice, ON_DISK, Question, Status};
use super::reads::LookedAt;
use super::remade::Remade;
use super::table::ProcessTable;
use super::tools;
use super::value::{Field, Piece, Value};
use super::written::Written;
use crate::knowledge::{ChildGroup, Signal};
use crate::source::Span;

/// A process number of the namespace.
pub(crate) type Pid = u32;

/// Milliseconds since the stop signal (negative time does not occur: the clock starts at 0 at boot).
pub(crate) type Millis = u64;

/// The seconds since 1970 in which the stop signal comes.
pub(crate) const STOP_DATE: i64 = 2_000_000_000;

/// How long an application is taken to need to stop, in the first run of the simulation.
pub(crate) const STOP_WORK: Millis = 300;

/// Everything that can differ between two ways through a start-up.
#[derive(Clone)]
pub(crate) struct World {
    /// All processes that have not been reaped, by pid.
    pub processes: ProcessTable,
    /// The clock.
    pub clock: Millis,
    /// The last pid given.
    pub last_pid: Pid,
    /// Open pipes and captures: what was written to them.
    pub streams: Vec<Value>,
    /// Files that scripts have written.
    pub files: Rc<Written>,
    /// Named pipes that the start-up has made.
    pub fifos: Rc<Fifos>,
    /// Where commands may have put files, or changed modes.
    pub remade: Rc<Remade>,
    /// Conditions decided on this way.
    pub trail: Vec<Rc<Choice>>,
    /// Whether one of them is that somebody sets a variable at run time.
    pub is_overridden: bool,
    /// Settings that were set on one of the ways that this one stands for, so that it is asked whether they are.
    pub unsettled: Rc<BTreeSet<Rc<str>>>,
    /// Tests decided on this way, by their text, so that the same test is not decided twice.
    pub decided: Rc<BTreeMap<Rc<str>, bool>>,
    /// Whether some of that may hold for one round of a loop only: begins of rounds need not look for it else.
    pub passes: bool,
    /// Values that a decision has fixed.
    pub fixed: Rc<BTreeMap<Piece, Value>>,
    /// Those tests and unknown values about which a loop that goes round any number of times has decided: in its next
    /// round the values are others.
    pub passing: Rc<BTreeSet<Rc<str>>>,
    /// Whether PID 1 ends its script on purpose because something has failed (`set -e`, `exit 1`).
    pub gives_up: bool,
    /// Whether PID 1 ends its script by an `exit` with a status of its own, not its last command's.
    pub leaves: bool,
    /// Whether the command that is taken for the application had others after it: it may as well be a
    /// preparation.
    pub is_followed: bool,
    /// The place of the last `kill`.
    pub sends_at: Option<Span>,
    /// Facts for rules and routes.
    pub facts: Rc<Vec<Fact>>,
    /// Assumptions made.
    pub assumptions: Rc<Vec<Assumption>>,
    /// What is missing; any entry makes the way unknown.
    pub missing: Vec<Missing>,
    /// How the container ended, if it did.
    pub ending: Option<Ending>,
    /// When the stop signal was sent.
    pub stopped_at: Option<Millis>,
    /// What was running when the stop signal was sent.
    pub running: Rc<Running>,
    /// How long an application needs to stop in this run.
    pub stop_work: Millis,
    /// The last command that may be the application, and the world in which it goes on running.
    pub candidate: Option<Rc<World>>,
    /// The candidates of ways that have been joined here, where they differ.
    pub set_aside: Vec<Rc<World>>,
    /// The loop that has come back to where it was, if one has.
    pub steady_loop: Option<SteadyLoop>,
    /// Whether a supervisor's program has ended that may be the application: it would start it again.
    pub restarts: bool,
    /// The answer to the question that the last step asked.
    pub answer: Option<bool>,
    /// Why the start-up broke, should PID 1 end now.
    pub broken: Option<(String, Option<Span>)>,
    /// Steps taken, for the limit.
    pub steps: u32,
    /// Whether other ways have been joined with this one: it may do what none of them does.
    pub widened: bool,
}

/// What was running when the stop signal was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running {
    /// The command lines of applications.
    pub applications: Vec<Vec<Field>>,
    /// The highest pid: what has a higher one was started since.
    pub last_pid: Pid,
}

/// A loop at whose beginning the world is what it was in an earlier round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SteadyLoop {
    /// The shell.
    pub shell: Pid,
    /// The index of the loop among the shell's frames.
    pub frame: usize,
    /// The step count in the earlier round.
    pub steps: u32,
    /// How many choices had been made by then: later ones are made again in each round.
    pub choices: usize,
}

/// Environment variables for one command.
pub(crate) type Environment = Vec<(String, Value)>;

/// How PID 1 ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ending {
    /// Its status; `None` is unknown.
    pub status: Option<i32>,
    /// Whether the start-up broke (exec of something missing, syntax …), with the reason.
    pub broken: Option<(String, Option<Span>)>,
}

/// See [`World::awaited`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Awaited {
    /// Applications.
    pub applications: Vec<Pid>,
    /// `sleep`, `tail -f`.
    pub idle: Vec<Pid>,
}

impl World {
    /// A world before anything runs.
    pub(crate) fn new() -> World {
        World {
            processes: ProcessTable::default(),
            clock: 0,
            last_pid: 0,
            streams: Vec::new(),
            files: Rc::default(),
            fifos: Rc::default(),
            remade: Rc::default(),
            trail: Vec::new(),
            is_overridden: false,
            unsettled: Rc::default(),
            decided: Rc::default(),
            passes: false,
            fixed: Rc::default(),
            passing: Rc::default(),
            gives_up: false,
            leaves: false,
            is_followed: false,
            sends_at: None,
            facts: Rc::default(),
            assumptions: Rc::default(),
            missing: Vec::new(),
            ending: None,
            stopped_at: None,
            running: Rc::default(),
            stop_work: STOP_WORK,
            candidate: None,
            set_aside: Vec::new(),
            steady_loop: None,
            restarts: false,
            answer: None,
            broken: None,
            steps: 0,
            widened: false,
        }
    }

    /// The next pid.
    pub(crate) fn next_pid(&mut self) -> Pid {
        self.last_pid += 1;
        self.last_pid
    }

    /// A copy of a process as its child, that has yet to become something: what fork(2) makes.
    pub(crate) fn fork(&mut self, parent: Pid, group: ChildGroup) -> Pid {
        let pid = self.next_pid();
        if group == ChildGroup::Led {
            self.process_mut(parent).group = parent;
        }
        let mut process = self.process_mut(parent).clone();
        process.pid = pid;
        process.parent = parent;
        process.history = History::default();
        process.scripts = Rc::default();
        match group {
            ChildGroup::Same | ChildGroup::Led => {}
            ChildGroup::Own => process.group = pid,
            ChildGroup::OwnSession => {
                process.group = pid;
                process.session = pid;
            }
        }
        process.body = Body::Filter;
        self.processes.insert(process);
        pid
    }

    /// The process, if it has not been reaped.
    pub(crate) fn process(&self, pid: Pid) -> Option<&Process> {
        self.processes.get(&pid)
    }

    /// The process that a step is about; it exists while its step runs.
    pub(crate) fn process_mut(&mut self, pid: Pid) -> &mut Process {
        self.processes
            .get_mut(&pid)
            .expect("a process stays in the table while it is stepped")
    }

    /// Whether the process runs (is there and has not ended).
    pub(crate) fn alive(&self, pid: Pid) -> bool {
        self.process(pid)
            .is_some_and(|process| !matches!(process.body, Body::Ended(_)))
    }

    /// Pids of running processes whose parent is this one.
    pub(crate) fn children(&self, pid: Pid) -> Vec<Pid> {
        self.processes
            .values()
            .filter(|process| process.parent == pid && !matches!(process.body, Body::Ended(_)))
            .map(|process| process.pid)
            .collect()
    }

    /// Every running descendant.
    pub(crate) fn descendants(&self, pid: Pid) -> Vec<Pid> {
        let mut found = self.children(pid);
        let mut next = 0;
        while next < found.len() {
            let more = self.children(found[next]);
            found.extend(more);
            next += 1;
        }
        found
    }

    /// Whether scripts have made something at the path or below it, as far as that is followed.
    pub(crate) fn made(&self, path: &str, looked_at: &LookedAt) -> bool {
        looked_at.every_file();
        looked_at.remade(path);
        self.remade.at(path).is_directory()
            || self.files.paths().any(|file| {
                file.strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
    }

    /// The loop that has come back to where it was, while it goes on.
    pub(crate) fn steady_loop(&self) -> Option<SteadyLoop> {
        let steady = self.steady_loop?;
        match self.process(steady.shell).map(|process| &process.body) {
            Some(Body::Shell(shell)) if shell.is_loop_at(steady.frame) => Some(steady),
            _ => None,
        }
    }

    /// What scripts have written to a file, if they have written to it.
    pub(crate) fn written(&self, path: &str, looked_at: &LookedAt) -> Option<&Value> {
        let real = self.real_path(path, looked_at);
        let path = real.as_deref().unwrap_or(path);
        looked_at.file(path);
        self.files.text(path)
    }

    /// Where a path leads through links of the start-up, if it is another one.
    pub(crate) fn real_path(&self, path: &str, looked_at: &LookedAt) -> Option<String> {
        looked_at.remade(path);
        self.remade.changed.real_path(path)
    }

    /// The seconds of a clock that began long before the stop signal, which comes at its number `at_stop`; what it
    /// shows before that is not known. Seconds end when it suits nobody: the first one with the signal.
    pub(crate) fn seconds(&self, at_stop: i64) -> Option<i64> {
        let passed = self.clock.saturating_sub(self.stopped_at?);
        Some(at_stop.saturating_add(i64::try_from(passed.div_ceil(1000)).ok()?))
    }

    /// Whether PID 1 is a shell that would do nothing on the signal now.
    pub(crate) fn is_deaf_to(&self, signal: Signal) -> bool {
        matches!(self.process(1).map(|process| &process.body),
            Some(Body::Shell(shell)) if !shell.catches(signal))
    }

    /// The processes that PID 1 is, runs or waits for in the end: applications, else what idles there.
    pub(crate) fn awaited(&self) -> Awaited {
        let mut found = Awaited::default();
        let mut todo = vec![1];
        let mut looked_at = BTreeSet::new();
        while let Some(pid) = todo.pop() {
            if !looked_at.insert(pid) {
                continue;
            }
            match self.process(pid).map(|process| &process.body) {
                Some(Body::Application(_)) => found.applications.push(pid),
                Some(Body::Launcher(launcher)) => {
                    todo.extend(launcher.children.iter().map(|child| child.pid));
                }
                Some(Body::Shell(shell)) => todo.extend(shell.awaited_pids()),
                Some(Body::Idle(_)) => match self.process(pid).and_then(tools::followed) {
                    Some(followed) => todo.push(followed),
                    None => found.idle.push(pid),
                },
                _ => {}
            }
        }
        found.applications.sort_unstable();
        found
    }

    /// Applications that run although nobody waits for them: jobs and daemons.
    pub(crate) fn jobs(&self) -> Vec<Pid> {
        let jobs = self
            .processes
            .values()
            .filter(|process| matches!(process.body, Body::Application(_)));
        jobs.map(|process| process.pid).collect()
    }

    /// Notes what would have to be known; the way becomes unknown.
    pub(crate) fn miss(&mut self, kind: &'static str, text: impl Into<String>, span: Option<Span>) {
        let missing = Missing {
            kind,
            text: text.into(),
            span,
        };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }

    /// Notes an assumption.
    pub(crate) fn assume(&mut self, assumption: Assumption) {
        if !self.assumptions.contains(&assumption) {
            Rc::make_mut(&mut self.assumptions).push(assumption);
        }
    }

    /// Notes a fact.
    pub(crate) fn note(&mut self, fact: Fact) {
        if !self.facts.contains(&fact) {
            Rc::make_mut(&mut self.facts).push(fact);
        }
    }
}
