//! The machine: runs a world until it asks, rests or ends; delivers signals; ends processes.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::fact::{Fact, FactKind};
use super::interpreter::{self, Construct, Progress};
use super::value::Piece;
use super::world::{
    Body, Child, Ending, Input, Kill, Launcher, Millis, Pid, Question, Status, Stop, World,
};
use crate::container::Container;
use crate::image::Found;
use crate::knowledge::{
    Effect, Fork, OnSignal, Recipient, ShellFacts, ShellFamily, Signal, Then, TrapName, shell_facts,
};
use crate::shell::{Compound, Kind, Script, parse};
use crate::source::{Mapped, Span};

/// Bounds that keep every input finite. Reaching one makes the way unknown, with the reason.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames of one shell.
    pub frames: usize,
    /// Rounds of one loop.
    pub rounds: u32,
    /// Steps of one way.
    pub steps: u32,
    /// Steps of all ways together, those of stopping included.
    pub total_steps: u64,
    /// Ways.
    pub ways: usize,
    /// Processes of one world.
    pub processes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frames: 400,
            rounds: 300,
            steps: 40_000,
            total_steps: 30_000,
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
    /// Whether anything depended on which shell `/bin/sh` is.
    pub(crate) asked_for_sh: Cell<bool>,
    /// What any way has looked at so far.
    pub(crate) looked_at: LookedAt,
    /// Texts that files give to a shell, with their places: `locate` finds them by text and span.
    texts: RefCell<Vec<Mapped>>,
    /// Steps of all ways until now.
    spent: Cell<u64>,
    scripts: RefCell<HashMap<(usize, usize, String), Rc<Script>>>,
    constructs: RefCell<HashMap<usize, Rc<Vec<Construct>>>>,
}

/// What any way has looked at. Ways are followed depth first: when a second one comes to a place, all
/// that can follow from there has been seen, so that what nobody looked at makes no difference.
#[derive(Default)]
pub(crate) struct LookedAt {
    /// Variables that were read.
    pub(crate) variables: RefCell<HashSet<Rc<str>>>,
    /// Tests that were asked more than once.
    pub(crate) tests: RefCell<HashSet<Rc<str>>>,
    /// Values that a decision had fixed and that were read afterwards.
    pub(crate) fixed: RefCell<HashSet<Piece>>,
    /// Whether the last foreground command was taken for the application.
    pub(crate) candidate: Cell<bool>,
}

impl LookedAt {
    /// Notes that a variable was read.
    pub(crate) fn variable(&self, name: &str) {
        if !self.variables.borrow().contains(name) {
            self.variables.borrow_mut().insert(name.into());
        }
    }
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
            asked_for_sh: Cell::new(false),
            looked_at: LookedAt::default(),
            texts: RefCell::default(),
            spent: Cell::new(0),
            scripts: RefCell::default(),
            constructs: RefCell::default(),
        }
    }

    /// Whether all ways together have taken as many steps as they may.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.spent.get() >= self.limits.total_steps
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
    pub(super) fn constructs(&self, script: &Rc<Script>) -> Rc<Vec<Construct>> {
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

    /// The stop signal, as far as it is known.
    pub(crate) fn stop_signal(&self) -> Signal {
        let signal = self.container.stop_signal.value.value();
        signal.copied().unwrap_or(Signal::TERM)
    }

    /// Whether the image's basic tools are busybox's.
    pub(crate) fn tools_are_busybox(&self) -> bool {
        matches!(self.container.image.sh.value(), Some(Some(id)) if id == "ash")
    }

    /// Looks a program up as execvp does.
    pub(crate) fn find_program(&self, name: &str, path: &str, directory: &str) -> Found {
        self.container
            .image
            .files
            .find_program(name, path, directory)
    }

    /// Keeps the map of a text that a launcher found in a file.
    pub(super) fn remember(&self, text: &Mapped) {
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
            let pids: Vec<Pid> = world.processes.keys().copied().collect();
            let mut progressed = false;
            for pid in pids {
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
            } else if world.steady_loop {
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
                super::tools::filter_output(world, pid);
                let status = super::tools::status(world, pid, &name, span);
                end_process(self, world, pid, status, None);
                Progress::Ran
            }
            Body::Launcher(_) => self.watch(world, pid),
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
        let launcher = launcher.clone();
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
        if launcher.supervises {
            if over > 0 && world.stopped_at.is_none() && world.candidate.is_some() {
                world.restarts = true;
            }
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
            yes: format!("`{program}` is {when}"),
            no: format!("`{program}` is not {when}"),
            span: process.span.clone(),
            key: Some(format!("{program} is {when}").into()),
            fixes: None,
            fixes_if_no: None,
            expected: false,
            candidate: false,
            by_default: None,
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
        let due: Vec<Pid> = world.processes.keys().copied().collect();
        for pid in due {
            let Some(process) = world.processes.get_mut(&pid) else {
                continue;
            };
            match &mut process.body {
                Body::Idle(Some(at)) if *at <= now => {
                    end_process(self, world, pid, Status::SUCCESS, None)
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
                        stop_next(self, world, pid, signal);
                        continue;
                    }
                    if !due.is_empty() {
                        for kill in due {
                            for target in recipients(world, pid, kill.child, kill.to) {
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

    /// When everything waits for a foreground command that may or may not be the application: takes
    /// note of the world in which it is, and lets it end in this one. `false` when there is none.
    fn pass_candidate(&self, world: &mut World) -> bool {
        let Some(pid) = foreground_candidate(world) else {
            return false;
        };
        let mut kept = world.clone();
        kept.candidate = None;
        if let Body::Application(application) = &mut kept.process_mut(pid).body {
            application.undecided = false;
        }
        let process = world.process_mut(pid);
        let command = interpreter::display_words(&process.argv);
        let span = process.span.clone();
        let output = process.output.clone();
        if interpreter::is_read(&output) {
            world.write(
                &output,
                &super::value::Value::unknown(format!("output of `{command}`#{}", kept.steps)),
            );
        }
        world.candidate = Some(Rc::new(kept));
        let is_named = world.process(pid).is_some_and(|process| {
            process
                .argv
                .first()
                .is_some_and(|word| word.known().is_some())
        });
        if is_named && world.is_deaf_to(self.stop_signal()) {
            let command = command.clone();
            note(world, FactKind::Preparation { command }, span.clone());
        }
        let question = Question {
            yes: format!("`{command}` succeeds"),
            no: format!("`{command}` fails"),
            span,
            key: None,
            fixes: None,
            fixes_if_no: None,
            expected: true,
            candidate: true,
            by_default: None,
        };
        end_process(self, world, pid, Status::Unknown(question.into()), None);
        true
    }
}

impl Machine<'_> {
    /// A command of which nothing is known, started while stopping: it is taken to end soon. `false`
    /// when there is none.
    fn pass_helper(&self, world: &mut World) -> bool {
        let found = world.processes.values().find(|process| {
            // What is started again goes on running, and so does what replaces PID 1.
            let is_new = matches!(&process.body, Body::Application(application)
                if application.undecided && application.finishing.is_none());
            is_new
                && !process.in_background
                && process.pid != 1
                && !world.running.contains(&process.argv)
        });
        let Some(process) = found else { return false };
        let (pid, span) = (process.pid, process.span.clone());
        let command = interpreter::display_words(&process.argv);
        note(
            world,
            FactKind::HelperWhileStopping {
                command: command.clone(),
            },
            span.clone(),
        );
        let question = Question {
            yes: format!("`{command}` succeeds"),
            no: format!("`{command}` fails"),
            span,
            key: None,
            fixes: None,
            fixes_if_no: None,
            expected: true,
            candidate: false,
            by_default: None,
        };
        end_process(self, world, pid, Status::Unknown(question.into()), None);
        true
    }
}

/// The undecided application that the chain of foreground waits from PID 1 leads to.
fn foreground_candidate(world: &World) -> Option<Pid> {
    let mut at: Vec<Pid> = vec![1];
    let mut behind_shell = false;
    for _ in 0..64 {
        let mut next = Vec::new();
        for pid in at {
            match world.process(pid).map(|process| &process.body) {
                Some(Body::Application(application)) if application.undecided && behind_shell => {
                    return Some(pid);
                }
                Some(Body::Launcher(launcher)) => {
                    behind_shell |= !launcher.next.is_empty();
                    next.extend(launcher.children.iter().map(|child| child.pid));
                }
                Some(Body::Shell(shell)) => {
                    let pids = shell.foreground_pids();
                    behind_shell |= !pids.is_empty();
                    next.extend(pids);
                }
                _ => {}
            }
        }
        if next.is_empty() {
            return None;
        }
        at = next;
    }
    None
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

/// Ends a process. The end of PID 1 ends the container: the kernel kills all others.
pub(super) fn end_process(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    status: Status,
    signal: Option<Signal>,
) {
    let now = world.clock;
    let stopping = world.stopped_at.is_some();
    let Some(process) = world.processes.get_mut(&pid) else {
        return;
    };
    if matches!(process.body, Body::Ended(_)) {
        return;
    }
    let program = process.program.to_string();
    let span = process.span.clone();
    if let Some(signal) = signal {
        process.history.killed = Some((now, signal));
    }
    let number = match &status {
        Status::Known(number) => Some(*number),
        Status::Unknown(_) => None,
    };
    process.body = Body::Ended(status);
    if stopping {
        let kind = match signal {
            Some(signal) => FactKind::Died {
                pid,
                program,
                signal,
            },
            None => FactKind::Ended { pid, program },
        };
        note(world, kind, span);
    }
    if pid == 1 {
        if !stopping {
            start_jobs(machine, world);
        }
        for process in world.processes.values_mut() {
            if !matches!(process.body, Body::Ended(_)) {
                process.history.killed.get_or_insert((now, Signal::KILL));
            }
        }
        let broken = world.broken.take();
        world.ending = Some(Ending {
            status: number,
            broken,
        });
        return;
    }
    for process in world.processes.values_mut() {
        if process.parent == pid {
            process.parent = 1;
        }
    }
}

/// Lets background jobs become what they run: they are started although PID 1 ends before it is
/// their turn.
fn start_jobs(machine: &Machine, world: &mut World) {
    const STEPS: u32 = 100;
    let jobs: Vec<Pid> = world.processes.keys().copied().collect();
    for pid in jobs {
        for _ in 0..STEPS {
            let waits_for_its_turn = world.process(pid).is_some_and(|process| {
                process.in_background && matches!(process.body, Body::Shell(_))
            });
            if !waits_for_its_turn {
                break;
            }
            if !matches!(machine.step(world, pid), Progress::Ran) {
                break;
            }
        }
    }
}

/// Sends a signal to every process of a group, in the order of their pids.
pub(super) fn signal_group(
    machine: &Machine,
    world: &mut World,
    from: Pid,
    group: Pid,
    signal: Signal,
    except: Option<Pid>,
) {
    let members: Vec<Pid> = world
        .processes
        .values()
        .filter(|process| process.group == group && Some(process.pid) != except)
        .map(|process| process.pid)
        .collect();
    for pid in members {
        signal_process(machine, world, from, pid, signal);
    }
}

/// Delivers a signal. `from` 0 is the runtime.
pub(crate) fn signal_process(
    machine: &Machine,
    world: &mut World,
    from: Pid,
    to: Pid,
    signal: Signal,
) {
    if !world.alive(to) {
        return;
    }
    let span = match world.process(from).map(|process| &process.body) {
        // The shell that runs `kill` is being stepped, and not in the table.
        Some(Body::Shell(_) | Body::Filter) => world.sends_at.clone(),
        _ => world.process(from).and_then(|process| process.span.clone()),
    };
    note(world, FactKind::Sent { signal, from, to }, span);
    let process = world.process_mut(to);
    process.history.received.push(signal);
    if signal == Signal::KILL {
        if to != 1 || from == 0 {
            end_process(machine, world, to, Status::Known(137), Some(signal));
        }
        return;
    }
    if process.blocked.contains(&signal) {
        return;
    }
    let program = process.program.to_string();
    match &mut process.body {
        Body::Shell(_) => signal_shell(machine, world, to, signal, program),
        Body::Application(_) => signal_application(machine, world, to, signal, program),
        Body::Launcher(launcher) => {
            let launcher = launcher.clone();
            signal_launcher(machine, world, to, signal, &launcher);
        }
        Body::Idle(_) | Body::Filter => by_default(machine, world, to, signal),
        Body::Ended(_) => {}
    }
}

/// The default action: dropped for PID 1, the end of any other process that does not ignore it.
fn by_default(machine: &Machine, world: &mut World, pid: Pid, signal: Signal) {
    let process = world.process_mut(pid);
    let program = process.program.to_string();
    let span = process.span.clone();
    if !signal.ends_by_default() || process.ignored.contains(&signal) {
        note(
            world,
            FactKind::Ignored {
                pid,
                program,
                signal,
            },
            span,
        );
    } else if pid == 1 {
        note(world, FactKind::Dropped { signal }, span);
    } else {
        end_process(
            machine,
            world,
            pid,
            Status::Known(128 + i32::from(signal.0)),
            Some(signal),
        );
    }
}

fn signal_shell(machine: &Machine, world: &mut World, pid: Pid, signal: Signal, program: String) {
    let process = world.process_mut(pid);
    let span = process.span.clone();
    let ignored = process.ignored.contains(&signal);
    let Body::Shell(shell) = &mut process.body else {
        return;
    };
    if shell.catches(signal) {
        if !shell.pending.contains(&signal) {
            shell.pending.push(signal);
        }
        if shell.is_waiting_in_foreground() {
            let at = shell.frames.last().map(|frame| frame.code.span());
            note(world, FactKind::TrapDeferred { signal }, at);
        }
        return;
    }
    // Bash ignores SIGQUIT in all cases (bash(1), "Signals").
    let never_heard = signal == Signal::QUIT && shell.facts.family == ShellFamily::Bash;
    if ignored || shell.ignored().contains(&signal) || never_heard {
        note(
            world,
            FactKind::Ignored {
                pid,
                program,
                signal,
            },
            span,
        );
        return;
    }
    let was_trapped = shell.exit_trapped && shell.facts.exit_trap_on_signal;
    let has_exit_trap = was_trapped
        || shell
            .traps
            .get(&TrapName::Exit)
            .is_some_and(|trap| !trap.action.is_certainly_empty());
    if has_exit_trap && signal.ends_by_default() && !shell.exiting {
        if shell.facts.exit_trap_on_signal {
            shell.pending.clear();
            shell.dying = Some(signal);
            return;
        }
        let at = shell
            .traps
            .get(&TrapName::Exit)
            .and_then(|trap| trap.span.clone());
        let shell = shell.facts.id.clone();
        note(world, FactKind::ExitTrapNotRun { shell }, at);
        by_default(machine, world, pid, signal);
        return;
    }
    if signal == Signal::INT && shell.facts.interrupt_ends_wait && shell.is_in_wait() && pid == 1 {
        end_process(machine, world, pid, Status::Known(130), Some(signal));
        return;
    }
    if signal == Signal::INT {
        // dash and busybox catch SIGINT in scripts: at once in `wait`, else after the foreground
        // command. bash as a child dies with the command that SIGINT ended.
        let catches = shell.facts.interrupt_ends_wait;
        if shell.is_waiting_in_foreground()
            && (catches || (pid != 1 && shell.facts.family == ShellFamily::Bash))
        {
            shell.interrupted = true;
            return;
        }
        if catches {
            end_process(machine, world, pid, Status::Known(130), Some(signal));
            return;
        }
    }
    if shell.options.interactive && matches!(signal, Signal::TERM | Signal::QUIT) {
        note(
            world,
            FactKind::Ignored {
                pid,
                program,
                signal,
            },
            span,
        );
        return;
    }
    by_default(machine, world, pid, signal);
}

fn signal_application(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    signal: Signal,
    program: String,
) {
    let now = world.clock;
    let work = world.stop_work;
    let stop_signal = machine
        .container
        .stop_signal
        .value
        .value()
        .copied()
        .unwrap_or(Signal::TERM);
    let process = world.process_mut(pid);
    let span = process.span.clone();
    let ignored_at_start = process.ignored.contains(&signal);
    let Body::Application(application) = &mut process.body else {
        return;
    };
    let effect = match &application.known {
        None if matches!(signal, Signal::TERM | Signal::INT | Signal::QUIT)
            || signal == stop_signal =>
        {
            Some(Effect::Graceful)
        }
        None if !signal.ends_by_default() => Some(Effect::Ignores),
        None => None,
        Some(known) => known
            .reaction(signal, pid == 1)
            .or((!signal.ends_by_default()).then_some(Effect::Ignores)),
    };
    // A runtime that finds the signal ignored leaves it so.
    let effect = if ignored_at_start && effect == Some(Effect::Dies) {
        Some(Effect::Ignores)
    } else {
        effect
    };
    match effect {
        Some(Effect::Graceful | Effect::Drops | Effect::UserCode) => {
            application.finishing.get_or_insert(now + work);
            process.history.told.get_or_insert((now, signal));
            note(
                world,
                FactKind::Told {
                    pid,
                    program,
                    signal,
                },
                span,
            );
        }
        Some(Effect::Dies) => {
            if pid == 1 {
                process.history.killed = Some((now, signal));
            }
            end_process(
                machine,
                world,
                pid,
                Status::Known(128 + i32::from(signal.0)),
                Some(signal),
            );
        }
        Some(Effect::Ignores) => note(
            world,
            FactKind::Ignored {
                pid,
                program,
                signal,
            },
            span,
        ),
        None => {
            world.miss(
                "program",
                format!("what {signal} does to `{program}` is not known"),
                span,
            );
            let process = world.process_mut(pid);
            process.history.told.get_or_insert((now, signal));
        }
    }
}

fn signal_launcher(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    signal: Signal,
    launcher: &Launcher,
) {
    let listed = launcher
        .fork
        .on_signal
        .iter()
        .find(|(known, _)| *known == signal);
    let action = listed.map_or(&launcher.fork.otherwise, |(_, action)| action);
    match action {
        OnSignal::Default => by_default(machine, world, pid, signal),
        OnSignal::Ignore => {
            let program = world.process_mut(pid).program.to_string();
            let span = world.process_mut(pid).span.clone();
            note(
                world,
                FactKind::Ignored {
                    pid,
                    program,
                    signal,
                },
                span,
            );
        }
        OnSignal::Exit(status) => end_process(machine, world, pid, Status::Known(*status), None),
        OnSignal::Forward(forward) => {
            let sent = forward.send.unwrap_or(signal);
            let now = world.clock;
            let own_stop = launcher.children.iter().any(|child| child.stop.is_some());
            if let Body::Launcher(state) = &mut world.process_mut(pid).body {
                state.supervises = false;
                if let (Some(after), false) =
                    (forward.kill_after, own_stop || !state.kills.is_empty())
                {
                    let kills = launcher.children.iter().map(|child| Kill {
                        at: now + after.as_millis() as Millis,
                        child: child.pid,
                        to: forward.to,
                    });
                    state.kills = kills.collect();
                }
                match forward.then {
                    Then::Wait | Then::Leave => {}
                    Then::WaitTree => state.waits_for_tree = true,
                    Then::After(time) => {
                        state
                            .leaves_at
                            .get_or_insert(now + time.as_millis() as Millis);
                    }
                    Then::Stay => state.stays = true,
                }
            }
            if own_stop {
                stop_next(machine, world, pid, sent);
            } else {
                let mut targets = Vec::new();
                for child in &launcher.children {
                    for target in recipients(world, pid, child.pid, forward.to) {
                        if !targets.contains(&target) {
                            targets.push(target);
                        }
                    }
                }
                for target in targets {
                    signal_process(machine, world, pid, target, sent);
                }
            }
            if forward.then == Then::Leave {
                end_process(machine, world, pid, Status::Known(1), None);
            }
        }
    }
}

/// Tells a supervisor's programs to stop: all at once, or the last one that has not been told.
fn stop_next(machine: &Machine, world: &mut World, pid: Pid, sent: Signal) {
    let now = world.clock;
    let mut orders = Vec::new();
    if let Body::Launcher(state) = &mut world.process_mut(pid).body {
        state.stops_next = None;
        for child in state.children.iter_mut().rev().filter(|child| !child.told) {
            if !orders.is_empty() && state.one_by_one.is_some() {
                state.stops_next = Some((Millis::MAX, sent));
                break;
            }
            child.told = true;
            let stop = child.stop.clone().unwrap_or(Stop {
                signal: sent,
                to: Recipient::Child,
                kill_after: Millis::MAX / 2,
                kill: Recipient::Child,
            });
            state.kills.push(Kill {
                at: now + stop.kill_after,
                child: child.pid,
                to: stop.kill,
            });
            orders.push((child.pid, stop));
        }
    }
    for (child, stop) in orders {
        for target in recipients(world, pid, child, stop.to) {
            signal_process(machine, world, pid, target, stop.signal);
        }
    }
}

fn recipients(world: &World, launcher: Pid, child: Pid, to: Recipient) -> Vec<Pid> {
    let group = |also: bool| {
        let group = world.process(child).map(|process| process.group);
        let members = world
            .processes
            .values()
            .filter(|process| Some(process.group) == group && process.pid != launcher);
        let mut pids: Vec<Pid> = members.map(|process| process.pid).collect();
        if also && !pids.contains(&child) {
            pids.insert(0, child);
        }
        pids
    };
    match to {
        Recipient::Child => vec![child],
        Recipient::Group => group(false),
        Recipient::ChildAndGroup => group(true),
        Recipient::Tree => world.descendants(launcher),
    }
}
