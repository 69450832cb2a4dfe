//! The processes that a launcher makes.
//!
//! In: a launcher and the commands that it runs. Out: the process as the command, or as the parent
//! of its children, or gone with its children in the background.

use std::rc::Rc;

use super::plan::{Job, Run};
use crate::boot::fact::{Fact, FactKind};
use crate::boot::interpreter::{absolute, display_words};
use crate::boot::machine::{Machine, end_process};
use crate::boot::outcome::Missing;
use crate::boot::services::write_pid;
use crate::boot::start::{Caller, Failure, Start, start};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Body, Child, Launcher, Millis, Pid, Status, World};
use crate::knowledge::{self, How, Launch};

/// Starts the next command of a launcher that runs several one after another.
pub(in crate::boot) fn follow(machine: &Machine, world: &mut World, pid: Pid) {
    let Body::Launcher(launcher) = &mut world.process_mut(pid).body else {
        return;
    };
    let group = launcher.fork.group;
    let next = launcher.next.remove(0);
    let child = world.fork(pid, group);
    if next.span.is_some() {
        world.process_mut(child).span = next.span;
    }
    if let Err(failure) = start(machine, world, child, next.words, Caller::Library) {
        let status = Status::Known(failure.status);
        end_process(machine, world, child, status, None);
    }
    if let Body::Launcher(launcher) = &mut world.process_mut(pid).body {
        launcher.children = vec![Child {
            pid: child,
            stop: None,
            told: false,
        }];
    }
}

impl Start<'_, '_> {
    /// Becomes the command.
    pub(super) fn replace(
        &mut self,
        argv: Vec<Field>,
        launch: &Launch,
        run: Run,
    ) -> Result<(), Failure> {
        if run.jobs.len() != 1 {
            let text = format!("`{}` runs several commands", launch.name);
            let span = self.process().span.clone();
            let kind = "program";
            self.application(argv, None, Some(Missing { kind, text, span }));
            return Ok(());
        }
        let path = run.path.clone();
        let Some(job) = run.jobs.into_iter().next() else {
            return Ok(());
        };
        self.prepare(self.pid, &argv, launch, path.as_deref(), &job);
        if launch.name == "setsid" {
            let pid = self.pid;
            let process = self.process();
            (process.group, process.session) = (pid, pid);
        }
        let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
        write_pid(self.world, self.pid, &words, self.pid);
        let caller = self.caller_of(&job);
        self.run(job.words, caller)
    }

    /// How a launcher's command is exec'd: in a chain of execline the chain goes on.
    fn caller_of(&self, job: &Job) -> Caller {
        match self.in_chain {
            true => Caller::Execline,
            false => job.caller,
        }
    }

    /// Starts its children and stays.
    pub(super) fn stay(
        &mut self,
        argv: Vec<Field>,
        launch: &Launch,
        run: Run,
        fork: knowledge::Fork,
    ) {
        let alone = run.jobs.len() == 1 && !run.supervises;
        // What it runs may look at how it was called.
        self.process().argv.clone_from(&argv);
        let mut children = Vec::new();
        let mut failed = None;
        for job in run.jobs {
            let child = self.world.fork(self.pid, fork.group);
            let stop = job.stop.clone();
            self.prepare(child, &argv, launch, run.path.as_deref(), &job);
            let words = job.words.clone();
            let outcome = self.start_child(child, job);
            children.push(Child {
                pid: child,
                stop,
                told: false,
            });
            if let Err(failure) = outcome {
                if !alone {
                    self.cannot_start(child, &words, &failure);
                    continue;
                }
                failed = Some((child, failure));
            }
        }
        if let Some(pause) = run.one_by_one {
            let stops = children.iter().filter_map(|child| child.stop.as_ref());
            let longest = stops.map(|stop| stop.kill_after).max();
            let span = self.process().span.clone();
            self.world.note(Fact {
                kind: FactKind::StopsOneByOne {
                    launcher: launch.name.clone(),
                    least: pause * children.len() as Millis,
                    longest: longest.unwrap_or_default(),
                },
                span,
                while_stopping: false,
            });
        }
        let alternatives = launch
            .alternatives
            .iter()
            .filter_map(|other| match &other.how {
                How::Fork(fork) => Some((other.when.clone(), Rc::new(fork.clone()))),
                _ => None,
            });
        let process = self.process();
        process.argv = argv;
        process.program = launch.name.as_str().into();
        process.body = Body::Launcher(Box::new(Launcher {
            fork: Rc::new(fork),
            children,
            next: run.next,
            alternatives: alternatives.collect(),
            supervises: run.supervises,
            others: run.others,
            one_by_one: run.one_by_one,
            stops_next: None,
            leaves_at: None,
            kills: Vec::new(),
            waits_for_tree: false,
            stays: false,
            relays: false,
        }));
        if let Some((child, failure)) = failed {
            let span = self
                .world
                .process(child)
                .and_then(|process| process.span.clone());
            if self.world.stopped_at.is_none() && self.world.broken.is_none() {
                self.world.broken = Some((failure.why, span));
            }
            let status = Status::Known(failure.status);
            end_process(self.machine, self.world, child, status, None);
        }
    }

    /// Lets a prepared child start what it is for.
    fn start_child(&mut self, child: Pid, job: Job) -> Result<(), Failure> {
        let caller = self.caller_of(&job);
        let mut inner = Start {
            machine: self.machine,
            world: self.world,
            pid: child,
            depth: self.depth,
            problem: None,
            in_chain: self.in_chain,
        };
        let outcome = inner.run(job.words, caller);
        inner.note_problem();
        outcome
    }

    /// Starts its children in the background and ends.
    pub(super) fn leave(&mut self, argv: Vec<Field>, launch: &Launch, run: Run) {
        for job in run.jobs {
            let child = self.world.fork(self.pid, knowledge::ChildGroup::OwnSession);
            self.prepare(child, &argv, launch, run.path.as_deref(), &job);
            let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
            write_pid(self.world, self.pid, &words, child);
            if self.start_child(child, job).is_err() {
                self.world.processes.remove(&child);
            } else if let Some(process) = self.world.processes.get_mut(&child) {
                process.in_background = true;
                process.ran_as_application |= matches!(process.body, Body::Shell(_));
            }
        }
        let process = self.process();
        process.argv = argv;
        process.program = launch.name.as_str().into();
        let span = process.span.clone();
        let while_stopping = self.world.stopped_at.is_some();
        self.world.note(Fact {
            kind: FactKind::Daemonised {
                program: launch.name.clone(),
                called: launch.name.clone(),
                how: launch.about.clone(),
            },
            span,
            while_stopping,
        });
        end_process(self.machine, self.world, self.pid, Status::SUCCESS, None);
    }

    /// Applies what a launcher changes for its command.
    fn prepare(
        &mut self,
        pid: Pid,
        argv: &[Field],
        launch: &Launch,
        path: Option<&str>,
        job: &Job,
    ) {
        let clock = self.world.clock;
        let process = self.world.process_mut(pid);
        if let Some(limit) = launch.limit {
            let end = clock.saturating_add(limit.as_millis() as Millis);
            process.ends_by = Some(process.ends_by.map_or(end, |by| by.min(end)));
        }
        if launch.clears_environment {
            process.environment = Rc::default();
        }
        if let Some(path) = &job.only_path {
            process.environment = Rc::new([("PATH".into(), Value::text(path))].into());
        }
        if let Some(path) = path {
            self.machine.looked_at.variable("PATH");
            let environment = Rc::make_mut(&mut process.environment);
            let rest = environment.get("PATH").cloned().unwrap_or_default();
            let mut value = Value::text(format!("{path}:"));
            value.append(&rest);
            environment.insert("PATH".into(), value);
        }
        if !launch.environment.is_empty() {
            let environment = Rc::make_mut(&mut process.environment);
            for (name, value) in &launch.environment {
                match value {
                    Some(value) => environment.insert(name.as_str().into(), Value::text(value)),
                    None => environment.remove(name.as_str()),
                };
            }
        }
        process.ignored.extend(launch.ignores.iter().copied());
        process.blocked.extend(launch.blocks.iter().copied());
        if let Some(user) = crate::boot::tools::switched_user(&launch.name, argv) {
            process.user = user.into();
        }
        for directory in [&launch.directory, &job.directory].into_iter().flatten() {
            process.directory = absolute(&process.directory, directory).into();
        }
        if job.span.is_some() {
            process.span = job.span.clone();
        }
    }

    fn cannot_start(&mut self, child: Pid, words: &[Field], failure: &Failure) {
        let process = self.world.process_mut(child);
        let fact = Fact {
            kind: FactKind::StartFailed {
                command: display_words(words),
                why: failure.why.clone(),
            },
            span: process.span.clone(),
            while_stopping: false,
        };
        self.world.note(fact);
        let status = Status::Known(failure.status);
        end_process(self.machine, self.world, child, status, None);
    }
}
