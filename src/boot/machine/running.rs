//! Running a world: one step of one process after the other, and the clock where all of them wait.

use std::rc::Rc;

use super::{Halt, Machine, Rest, end_process, note, relay, signal_process};
use crate::boot::fact::FactKind;
use crate::boot::interpreter::{self, Progress};
use crate::boot::world::{Body, Child, Input, Kill, Millis, Pid, Process, Question, Status, World};
use crate::boot::{launch, tools};
use crate::knowledge::{Fork, Signal};

/// The status of coreutils' `timeout` when the time is up.
const TIME_IS_UP: i32 = 124;

impl Machine<'_> {
    /// Runs a world until it rests. `deadline` is the end of the grace period.
    pub(crate) fn run(&self, world: &mut World, deadline: Option<Millis>) -> Rest {
        self.run_until(world, deadline, None)
    }

    /// The same, until it has come to a place where it is to be looked at again, too.
    pub(in crate::boot) fn run_until(
        &self,
        world: &mut World,
        deadline: Option<Millis>,
        halt: Option<&Halt>,
    ) -> Rest {
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
                    Progress::Ask(question) => return Rest::Ask(question, pid),
                }
            }
            if progressed {
                world.steps += 1;
                if halt.is_some_and(|halt| halt.is_reached(world)) {
                    return Rest::Halted;
                }
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

    /// One step of one process.
    pub(super) fn step(&self, world: &mut World, pid: Pid) -> Progress {
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
                let (name, span) = (String::from(&*process.program), process.span.clone());
                if name == "xargs" {
                    launch::read_words(self, world, pid);
                    return Progress::Ran;
                }
                tools::filter_output(self, world, pid);
                let status = tools::status(self, world, pid, &name, span);
                end_process(self, world, pid, status, None);
                Progress::Ran
            }
            Body::Launcher(_) => self.watch(world, pid),
            Body::Idle(None) => match tools::followed(process) {
                // A child of its own that has ended stays in the table, for it does not wait for it.
                Some(followed)
                    if !world.alive(followed)
                        && world.process(followed).is_none_or(|it| it.parent != pid) =>
                {
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
        launch::follow(self, world, pid);
        Progress::Ran
    }

    /// Whether a launcher is of another kind than the usual one, which its words do not tell.
    fn choose(&self, world: &mut World, pid: Pid, when: String, fork: Rc<Fork>) -> Progress {
        let process = world.process_mut(pid);
        let program = String::from(&*process.program);
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
                    let program = String::from(&*process.program);
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
fn is_idle(process: &Process, world: &World) -> bool {
    match &process.body {
        Body::Shell(shell) => shell.goes_on_waiting(world),
        Body::Idle(None) | Body::Filter | Body::Launcher(_) => false,
        Body::Application(_) | Body::Idle(Some(_)) | Body::Ended(_) => true,
    }
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
