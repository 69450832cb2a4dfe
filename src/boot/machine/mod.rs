//! The machine: runs a world until it asks, rests or ends; delivers signals; ends processes.

mod deliver;
mod ending;
mod helper;
mod relay;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use foldhash::HashMap;

use crate::boot::fact::{Fact, FactKind};
use crate::boot::interpreter::{self, Construct, Progress, Shell, Variable};
use crate::boot::own_code::Sources;
use crate::boot::reads::LookedAt;
use crate::boot::value::Value;
use crate::boot::world::{Body, Child, Input, Kill, Millis, Pid, Question, Status, World};
use crate::container::Container;
use crate::image::Found;
use crate::knowledge::{Fork, ShellFacts, Signal, shell_facts};
use crate::shell::{Compound, Kind, Script, parse};
use crate::source::{Mapped, Span};

pub(in crate::boot) use deliver::signal_group;
pub(crate) use deliver::signal_process;
pub(in crate::boot) use ending::{end_process, start_jobs};

/// The status of coreutils' `timeout` when the time is up.
const TIME_IS_UP: i32 = 124;

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
            total_steps: 20_000,
            steps_in_vain: 4_000,
            steps_apart: 2_000,
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
    /// The environment that was made last, and the variables that it was made of.
    environment: RefCell<(Weak<Variables>, Rc<Environment>)>,
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
    /// The way forks.
    Ask(Rc<Question>),
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
            asked_for_sh: Cell::new(false),
            looked_at: LookedAt::default(),
            texts: RefCell::default(),
            spent: Cell::new(0),
            is_in_vain: Cell::new(false),
            scripts: RefCell::default(),
            constructs: RefCell::default(),
            programs: RefCell::default(),
            sources: RefCell::default(),
            environment: RefCell::default(),
        }
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

    /// Parses a text once.
    pub(crate) fn parse(&self, text: &Mapped) -> Rc<Script> {
        let key = (
            std::sync::Arc::as_ptr(text.source()).addr(),
            text.full_span().start,
            text.text().to_owned(),
        );
        let found = self.scripts.borrow().get(&key).cloned();
        found.unwrap_or_else(|| {
            let script = Rc::new(parse(text.clone()));
            self.scripts.borrow_mut().insert(key, Rc::clone(&script));
            script
        })
    }

    /// Whether any script that has been read seems to use its arguments. The text is searched, and not
    /// what ran, so that ways not taken and functions count too.
    pub(crate) fn reads_arguments(&self) -> bool {
        let scripts = self.scripts.borrow();
        scripts.values().any(|script| {
            let mentions = |text: &str| {
                let words = ["$@", "$*", "$#", "${@", "${*", "${#", "${!", "BASH_ARG"];
                words.iter().any(|word| text.contains(word))
                    || ["shift", "getopts"].iter().any(|word| text.contains(word))
                    || text.split('$').skip(1).any(|rest| {
                        let rest = rest.strip_prefix('{').unwrap_or(rest);
                        rest.starts_with(|digit: char| digit.is_ascii_digit())
                    })
            };
            let loops = |node: &crate::shell::Node| {
                matches!(
                    &node.kind,
                    Kind::Compound(Compound::For { words: None, .. }, _)
                )
            };
            mentions(script.text.text()) || script.nodes.iter().any(loops)
        })
    }

    /// The constructs of a script that not every shell has.
    pub(in crate::boot) fn constructs(&self, script: &Rc<Script>) -> Rc<Vec<Construct>> {
        let key = Rc::as_ptr(script).addr();
        let found = self.constructs.borrow().get(&key).cloned();
        found.unwrap_or_else(|| {
            let constructs = Rc::new(interpreter::constructs(script));
            self.constructs
                .borrow_mut()
                .insert(key, Rc::clone(&constructs));
            constructs
        })
    }

    /// The dialect behind `/bin/sh`.
    pub(crate) fn sh(&self) -> Option<&'static ShellFacts> {
        self.asked_for_sh.set(true);
        match self.container.image.sh.value() {
            Some(Some(id)) => shell_facts(id),
            Some(None) => None,
            None => self.assumed_sh,
        }
    }

    /// Whether the image's basic tools are busybox's.
    pub(crate) fn tools_are_busybox(&self) -> bool {
        matches!(self.container.image.sh.value(), Some(Some(id)) if id == "ash")
    }

    /// Whether a name stands for one of busybox's applets: what an instruction has brought is a program of its own
    /// (`apk add coreutils`).
    pub(crate) fn is_applet(&self, name: &str, process: &super::world::Process) -> bool {
        if !self.tools_are_busybox() {
            return false;
        }
        self.looked_at.variable("PATH");
        let path = process.environment.get("PATH").and_then(Value::known);
        let found = self.find_program(name, &path.unwrap_or_default(), &process.directory);
        !matches!(found, Found::File(file) if file.origin.is_some())
    }

    /// Looks a program up as execvp does.
    pub(crate) fn find_program(&self, name: &str, path: &str, directory: &str) -> Found {
        let mut programs = self.programs.borrow_mut();
        let known = programs.get(name).into_iter().flatten();
        let mut known = known.filter(|known| known.path == path && known.directory == directory);
        if let Some(known) = known.next() {
            return known.found.clone();
        }
        let files = &self.container.image.files;
        let found = files.find_program(name, path, directory);
        programs.entry(name.to_owned()).or_default().push(LookedUp {
            path: path.to_owned(),
            directory: directory.to_owned(),
            found: found.clone(),
        });
        found
    }

    /// The environment of what a shell starts. Most commands of a script get the same one as the command before;
    /// the variables are held weakly, so that changing them copies nothing.
    pub(in crate::boot) fn environment(&self, shell: &Shell) -> Rc<Environment> {
        let mut last = self.environment.borrow_mut();
        if !last
            .0
            .upgrade()
            .is_some_and(|known| Rc::ptr_eq(&known, &shell.variables))
        {
            *last = (
                Rc::downgrade(&shell.variables),
                Rc::new(shell.environment()),
            );
        }
        Rc::clone(&last.1)
    }

    /// Keeps the map of a text that a launcher found in a file.
    pub(in crate::boot) fn remember(&self, text: &Mapped) {
        let mut texts = self.texts.borrow_mut();
        if !texts
            .iter()
            .any(|known| same_place(known, text.text(), &text.full_span()))
        {
            texts.push(text.clone());
        }
    }

    /// Text given at run time, mapped to where it stands.
    pub(crate) fn locate(&self, text: &str, span: Option<&Span>) -> Mapped {
        let words = self.container.argv.value().into_iter().flatten().flatten();
        for word in words {
            if word.text() == text {
                return word.clone();
            }
        }
        if let Some(span) = span {
            let texts = self.texts.borrow();
            if let Some(known) = texts.iter().find(|known| same_place(known, text, span)) {
                return known.clone();
            }
        }
        match span {
            Some(span) => interpreter::locate(text, span),
            None => Mapped::whole(&crate::source::Source::new("", text)),
        }
    }

    /// Runs a world until it rests. `deadline` is the end of the grace period.
    pub(crate) fn run(&self, world: &mut World, deadline: Option<Millis>) -> Rest {
        loop {
            if world.ending.is_some() {
                return Rest::Ended;
            }
            if world.restarts {
                return Rest::Steady;
            }
            if self.is_exhausted()
                || world.steps >= self.limits.steps
                || world.processes.len() > self.limits.processes
            {
                return Rest::Limit;
            }
            self.spent.set(self.spent.get() + 1);
            let mut progressed = false;
            let mut rank = 0;
            // A process that is blocked leaves the table as it is.
            while let Some(process) = world.processes.at(rank) {
                rank += 1;
                if is_idle(process, world) {
                    continue;
                }
                let pid = process.pid;
                match self.step(world, pid) {
                    Progress::Ran => {
                        progressed = true;
                        break;
                    }
                    Progress::Blocked => {}
                    Progress::Ask(question) => return Rest::Ask(question),
                }
            }
            if progressed {
                world.steps += 1;
                continue;
            }
            if world.stopped_at.is_some() {
                if self.pass_helper(world) {
                    continue;
                }
            } else if self.pass_candidate(world) {
                continue;
            } else if world.steady_loop().is_some() {
                return Rest::Steady;
            }
            match (next_timer(world), deadline) {
                (None, None) => return Rest::Steady,
                (None, Some(_)) => return Rest::Deadline,
                (Some(at), Some(deadline)) if at > deadline => return Rest::Deadline,
                (Some(at), _) => {
                    world.clock = world.clock.max(at);
                    world.steps += 1;
                    self.fire(world);
                }
            }
        }
    }

    fn step(&self, world: &mut World, pid: Pid) -> Progress {
        let Some(process) = world.process(pid) else {
            return Progress::Blocked;
        };
        match &process.body {
            Body::Shell(_) => interpreter::step(self, world, pid),
            Body::Filter => {
                let open =
                    matches!(&process.input, Input::Pipe(stream) if world.stream_is_open(*stream));
                if open {
                    return Progress::Blocked;
                }
                let (name, span) = (process.program.to_string(), process.span.clone());
                if name == "xargs" {
                    super::launch::read_words(self, world, pid);
                    return Progress::Ran;
                }
                super::tools::filter_output(self, world, pid);
                let status = super::tools::status(self, world, pid, &name, span);
                end_process(self, world, pid, status, None);
                Progress::Ran
            }
            Body::Launcher(_) => self.watch(world, pid),
            Body::Idle(None) => match super::tools::followed(process) {
                Some(followed) if !world.alive(followed) => {
                    end_process(self, world, pid, Status::SUCCESS, None);
                    Progress::Ran
                }
                _ => Progress::Blocked,
            },
            Body::Application(_) | Body::Idle(_) | Body::Ended(_) => Progress::Blocked,
        }
    }

    /// What a launcher does when something has become of its children.
    fn watch(&self, world: &mut World, pid: Pid) -> Progress {
        let Some(Body::Launcher(launcher)) = world.process(pid).map(|process| &process.body) else {
            return Progress::Blocked;
        };
        if let Some((when, fork)) = launcher.alternatives.last().cloned() {
            return self.choose(world, pid, when, fork);
        }
        let is_over = |child: &Child| !world.alive(child.pid);
        let told_are_over = launcher
            .children
            .iter()
            .filter(|child| child.told)
            .all(is_over);
        if let (Some((at, _)), true) = (launcher.stops_next, told_are_over)
            && at == Millis::MAX
        {
            let pause = launcher.one_by_one.unwrap_or_default();
            let at = world.clock + pause;
            if let Body::Launcher(launcher) = &mut world.process_mut(pid).body {
                launcher.stops_next = launcher.stops_next.map(|(_, signal)| (at, signal));
            }
            return Progress::Ran;
        }
        let Some(last) = launcher.children.last() else {
            return Progress::Blocked;
        };
        let over = launcher
            .children
            .iter()
            .filter(|child| is_over(child))
            .count();
        // Of commands that are started at once each goes on running, not the last one alone.
        let at_once = launcher.supervises || launcher.children.len() > 1;
        if at_once && over > 0 && world.stopped_at.is_none() && world.candidate.is_some() {
            world.restarts = true;
            return Progress::Ran;
        }
        if launcher.supervises {
            return Progress::Blocked;
        }
        let waits = launcher.stays
            || launcher.leaves_at.is_some()
            || launcher.stops_next.is_some()
            || over < launcher.children.len()
            || (launcher.waits_for_tree && !world.descendants(pid).is_empty());
        if waits {
            return Progress::Blocked;
        }
        let status = match world.process(last.pid).map(|process| &process.body) {
            Some(Body::Ended(status)) => status.clone(),
            _ => Status::SUCCESS,
        };
        if launcher.next.is_empty() {
            end_process(self, world, pid, status, None);
            return Progress::Ran;
        }
        let succeeded = match &status {
            Status::Known(number) => *number == 0,
            Status::Unknown(question) => match world.answer_to(question, &self.looked_at) {
                Some(answer) => answer,
                None => return Progress::Ask(Rc::clone(question)),
            },
        };
        if !succeeded {
            end_process(self, world, pid, status, None);
            return Progress::Ran;
        }
        super::launch::follow(self, world, pid);
        Progress::Ran
    }

    /// Whether a launcher is of another kind than the usual one, which its words do not tell.
    fn choose(&self, world: &mut World, pid: Pid, when: String, fork: Rc<Fork>) -> Progress {
        let process = world.process_mut(pid);
        let program = process.program.to_string();
        let question = Question {
            key: Some(format!("{program} is {when}").into()),
            ..Question::new(
                format!("`{program}` is {when}"),
                format!("`{program}` is not {when}"),
                process.span.clone(),
            )
        };
        let Some(answer) = world.answer_to(&question, &self.looked_at) else {
            return Progress::Ask(question.into());
        };
        if let Body::Launcher(launcher) = &mut world.process_mut(pid).body {
            launcher.alternatives.pop();
            if answer {
                launcher.fork = fork;
                launcher.alternatives.clear();
            }
        }
        Progress::Ran
    }

    /// Lets everything happen that is due.
    fn fire(&self, world: &mut World) {
        let now = world.clock;
        let due: Vec<Pid> = world.processes.pids().collect();
        for pid in due {
            let Some(process) = world.processes.get_mut(&pid) else {
                continue;
            };
            match &mut process.body {
                Body::Idle(Some(at)) if *at <= now => {
                    let status = match process.ends_by == Some(*at) {
                        true => Status::Known(TIME_IS_UP),
                        false => Status::SUCCESS,
                    };
                    end_process(self, world, pid, status, None);
                }
                Body::Application(application)
                    if application.finishing.is_some_and(|at| at <= now) =>
                {
                    let program = process.program.to_string();
                    process.history.finished = Some(now);
                    note(world, FactKind::Finished { pid, program }, None);
                    end_process(self, world, pid, Status::SUCCESS, None);
                }
                Body::Launcher(launcher) => {
                    let (due, later): (Vec<Kill>, Vec<Kill>) =
                        launcher.kills.drain(..).partition(|kill| kill.at <= now);
                    launcher.kills = later;
                    if let Some((_, signal)) = launcher.stops_next.filter(|(at, _)| *at <= now) {
                        relay::stop_next(self, world, pid, signal);
                        continue;
                    }
                    if !due.is_empty() {
                        for kill in due {
                            for target in relay::recipients(world, pid, kill.child, kill.to) {
                                signal_process(self, world, pid, target, Signal::KILL);
                            }
                        }
                        continue;
                    }
                    if launcher.leaves_at.is_some_and(|at| at <= now) {
                        end_process(self, world, pid, Status::Known(143), None);
                    }
                }
                _ => {}
            }
            if world.ending.is_some() {
                return;
            }
        }
    }
}

/// Whether a process does nothing before something has become of another one, or of the time. Nearly all are idle in
/// nearly every step.
fn is_idle(process: &super::world::Process, world: &World) -> bool {
    match &process.body {
        Body::Shell(shell) => shell.goes_on_waiting(world),
        Body::Idle(None) | Body::Filter | Body::Launcher(_) => false,
        Body::Application(_) | Body::Idle(Some(_)) | Body::Ended(_) => true,
    }
}

fn same_place(known: &Mapped, text: &str, span: &Span) -> bool {
    known.text() == text && known.full_span() == *span
}

fn next_timer(world: &World) -> Option<Millis> {
    let timers = world
        .processes
        .values()
        .flat_map(|process| match &process.body {
            Body::Idle(at) => [*at, None, None],
            Body::Application(application) => [application.finishing, None, None],
            Body::Launcher(launcher) => [
                launcher.leaves_at,
                launcher.kills.iter().map(|kill| kill.at).min(),
                launcher
                    .stops_next
                    .map(|(at, _)| at)
                    .filter(|at| *at != Millis::MAX),
            ],
            _ => [None, None, None],
        });
    timers.flatten().min()
}

fn note(world: &mut World, kind: FactKind, span: Option<Span>) {
    let while_stopping = world.stopped_at.is_some();
    world.note(Fact {
        kind,
        span,
        while_stopping,
    });
}
