//! Launchers: what a process becomes that runs another one.
//!
//! In: an argv and what the tables say of its launcher. Out: the processes that it makes. What
//! stands in files (scripts of package.json, services of a supervisor) is read next door.

use std::rc::Rc;

use super::fact::{Fact, FactKind};
use super::interpreter::{absolute, display_words};
use super::machine::{Machine, end_process};
use super::outcome::Missing;
use super::start::{Caller, Failure, Start, start};
use super::value::{Field, Value};
use super::world::{Body, Child, Launcher, Millis, Next, Pid, Status, Stop, World};
use crate::image::{Content, Found};
use crate::knowledge::{self, Alternative, How, Launch, Wrapped};
use crate::source::{Mapped, Span};

/// A command that a launcher runs at once.
pub(super) struct Job {
    /// Its words.
    pub(super) words: Vec<Field>,
    /// How it is exec'd.
    pub(super) caller: Caller,
    /// The place that starts it, if that is another than the launcher's.
    pub(super) span: Option<Span>,
    /// How a supervisor stops it.
    pub(super) stop: Option<Stop>,
    /// Its working directory, if it is another.
    pub(super) directory: Option<String>,
}

impl Job {
    /// A command without peculiarities.
    pub(super) fn new(words: Vec<Field>) -> Job {
        Job {
            words,
            caller: Caller::Library,
            span: None,
            stop: None,
            directory: None,
        }
    }

    /// The same, started from that place.
    pub(super) fn at(mut self, span: Span) -> Job {
        self.span = Some(span);
        self
    }
}

/// What a launcher runs, with all that files say of it.
pub(super) enum Plan {
    /// These commands.
    Run(Run),
    /// Nothing: it prints or prepares something, and ends.
    Nothing,
    /// It ends with that status because of what it finds.
    Fails(i32, String),
    /// That cannot be told.
    Unknown(Missing),
}

/// The commands of a launcher.
#[derive(Default)]
pub(super) struct Run {
    /// All at once.
    pub(super) jobs: Vec<Job>,
    /// One after another, after the jobs.
    pub(super) next: Vec<Next>,
    /// Whether it starts them again when they end.
    pub(super) supervises: bool,
    /// The pause between two that it stops one after another.
    pub(super) one_by_one: Option<Millis>,
    /// How it runs them, if a file decides that.
    pub(super) how: Option<How>,
    /// The directory in which it looks for programs first.
    pub(super) path: Option<String>,
}

impl From<Vec<Job>> for Plan {
    fn from(jobs: Vec<Job>) -> Plan {
        Plan::Run(Run {
            jobs,
            ..Run::default()
        })
    }
}

/// Starts the next command of a launcher that runs several one after another.
pub(super) fn follow(machine: &Machine, world: &mut World, pid: Pid) {
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
    /// A launcher.
    pub(super) fn launch(&mut self, argv: Vec<Field>, mut launch: Launch) -> Result<(), Failure> {
        let pid = self.pid;
        let span = self.process().span.clone();
        self.note_eaten(&argv, &launch);
        let process = self.process();
        process.program = launch.name.as_str().into();
        if let How::Never(status) = launch.how {
            process.argv = argv;
            match status {
                Some(status) => {
                    let why = format!("`{}` does not start the command", launch.name);
                    self.never(status, why);
                }
                None => self.process().body = Body::Idle(None),
            }
            return Ok(());
        }
        self.decide(&argv, &mut launch);
        let run = match self.plan(&argv, &launch) {
            Plan::Run(run) => run,
            Plan::Nothing => {
                self.process().argv = argv;
                end_process(self.machine, self.world, pid, Status::SUCCESS, None);
                return Ok(());
            }
            Plan::Fails(status, why) => {
                self.process().argv = argv;
                self.never(status, why);
                return Ok(());
            }
            Plan::Unknown(mut missing) => {
                missing.span = missing.span.or(span);
                self.application(argv, None, Some(missing));
                return Ok(());
            }
        };
        if let Some(how) = &run.how {
            launch.how = how.clone();
            launch.alternatives.clear();
        }
        match launch.how.clone() {
            How::Exec | How::Never(_) => self.replace(argv, &launch, run),
            How::Fork(fork) => {
                self.stay(argv, &launch, run, fork);
                Ok(())
            }
            How::Leave => {
                self.leave(argv, &launch, run);
                Ok(())
            }
        }
    }

    /// Options of the command that the launcher takes for its own.
    fn note_eaten(&mut self, argv: &[Field], launch: &Launch) {
        if launch.eats.is_empty() {
            return;
        }
        let eaten = launch.eats.iter().filter_map(|at| argv.get(*at));
        let eaten: Vec<String> = eaten.map(|word| word.value.display()).collect();
        let span = self.process().span.clone();
        let while_stopping = self.world.stopped_at.is_some();
        self.world.note(Fact {
            kind: FactKind::OptionsEaten {
                launcher: launch.name.clone(),
                words: eaten.join(" "),
                command: display_words(argv),
            },
            span,
            while_stopping,
        });
    }

    fn never(&mut self, status: i32, why: String) {
        let span = self.process().span.clone();
        if self.world.broken.is_none() && self.world.stopped_at.is_none() {
            self.world.broken = Some((why, span));
        }
        end_process(
            self.machine,
            self.world,
            self.pid,
            Status::Known(status),
            None,
        );
    }

    /// Of the ways in which a launcher may behave, the one that the image and its files tell.
    fn decide(&mut self, argv: &[Field], launch: &mut Launch) {
        for alternative in std::mem::take(&mut launch.alternatives) {
            match self.is_it(argv, launch, &alternative) {
                Some(false) => {}
                Some(true) => {
                    launch.how = alternative.how;
                    if alternative.script_shell.is_some() {
                        launch.script_shell = alternative.script_shell;
                    }
                    launch.alternatives.clear();
                    return;
                }
                None => launch.alternatives.push(alternative),
            }
        }
    }

    fn is_it(
        &mut self,
        argv: &[Field],
        launch: &Launch,
        alternative: &Alternative,
    ) -> Option<bool> {
        if let Some(package_manager) = &alternative.package_manager {
            return self.is_package_manager(launch, package_manager, &alternative.files);
        }
        // A program that an instruction has put there is of a version of its own.
        let name = argv.first().and_then(Field::known)?;
        if let Found::File(file) = self.find(&name)
            && file
                .origin
                .is_some_and(|origin| origin.text().contains(&*launch.name))
        {
            return None;
        }
        let image = self.machine.container.image.files.base_reference()?;
        let is_of = |list: &[String]| {
            list.iter()
                .any(|glob| knowledge::image_matches(image, glob))
        };
        match (is_of(&alternative.images), is_of(&alternative.other_images)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    /// Becomes the command.
    fn replace(&mut self, argv: Vec<Field>, launch: &Launch, run: Run) -> Result<(), Failure> {
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
        self.run(job.words, job.caller)
    }

    /// Starts its children and stays.
    fn stay(&mut self, argv: Vec<Field>, launch: &Launch, run: Run, fork: knowledge::Fork) {
        let alone = run.jobs.len() == 1 && !run.supervises;
        let mut children = Vec::new();
        let mut failed = None;
        for job in run.jobs {
            let child = self.world.fork(self.pid, fork.group);
            self.prepare(child, &argv, launch, run.path.as_deref(), &job);
            let mut inner = Start {
                machine: self.machine,
                world: self.world,
                pid: child,
                depth: self.depth,
                problem: None,
            };
            let outcome = inner.run(job.words, job.caller);
            inner.note_problem();
            children.push(Child {
                pid: child,
                stop: job.stop,
                told: false,
            });
            if let Err(failure) = outcome {
                failed = Some((child, failure));
            }
            if let (Some((child, failure)), false) = (&failed, alone) {
                self.cannot_start(*child, failure);
                failed = None;
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
        process.body = Body::Launcher(Launcher {
            fork: Rc::new(fork),
            children,
            next: run.next,
            alternatives: alternatives.collect(),
            supervises: run.supervises,
            one_by_one: run.one_by_one,
            stops_next: None,
            leaves_at: None,
            kills: Vec::new(),
            waits_for_tree: false,
            stays: false,
        });
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

    fn cannot_start(&mut self, child: Pid, failure: &Failure) {
        let process = self.world.process_mut(child);
        let fact = Fact {
            kind: FactKind::StartFailed {
                command: display_words(&process.argv),
                why: failure.why.clone(),
            },
            span: process.span.clone(),
            while_stopping: false,
        };
        self.world.note(fact);
        let status = Status::Known(failure.status);
        end_process(self.machine, self.world, child, status, None);
    }

    /// Starts its children in the background and ends.
    fn leave(&mut self, argv: Vec<Field>, launch: &Launch, run: Run) {
        for job in run.jobs {
            let child = self.world.fork(self.pid, knowledge::ChildGroup::OwnSession);
            self.prepare(child, &argv, launch, run.path.as_deref(), &job);
            let mut inner = Start {
                machine: self.machine,
                world: self.world,
                pid: child,
                depth: self.depth,
                problem: None,
            };
            let outcome = inner.run(job.words, job.caller);
            inner.note_problem();
            if outcome.is_err() {
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
        let process = self.world.process_mut(pid);
        if launch.clears_environment {
            process.environment = Rc::default();
        }
        if let Some(path) = path {
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
        if let Some(user) = super::tools::switched_user(&launch.name, argv) {
            process.user = user.into();
        }
        for directory in [&launch.directory, &job.directory].into_iter().flatten() {
            process.directory = absolute(&process.directory, directory).into();
        }
        if job.span.is_some() {
            process.span = job.span.clone();
        }
    }

    /// What a launcher runs.
    fn plan(&mut self, argv: &[Field], launch: &Launch) -> Plan {
        let not_known = |kind: &'static str| {
            Plan::Unknown(Missing {
                kind,
                text: format!("what `{}` runs is not known", launch.name),
                span: None,
            })
        };
        match &launch.command {
            Wrapped::Words(index) => match argv.get(*index..).filter(|words| !words.is_empty()) {
                Some(words) => {
                    let mut job = Job::new(words.to_vec());
                    job.caller = caller(&launch.name);
                    vec![job].into()
                }
                None => not_known("value"),
            },
            Wrapped::Made(words) if words.is_empty() => not_known("value"),
            Wrapped::Made(words) => vec![Job::new(made(words))].into(),
            Wrapped::Shell {
                shell,
                text,
                arguments,
            } => {
                let Some(text) = argv.get(*text) else {
                    return not_known("value");
                };
                let shell = Field::text(shell.as_deref().unwrap_or("/bin/sh"));
                let mut words = vec![shell, Field::text("-c"), text.clone()];
                words.extend(
                    arguments
                        .iter()
                        .filter_map(|index| argv.get(*index).cloned()),
                );
                vec![Job::new(words)].into()
            }
            Wrapped::LoginShell(index) => {
                let mut words = vec![Field::text("/bin/sh")];
                words.extend(argv.get(*index..).unwrap_or_default().iter().cloned());
                vec![Job::new(words)].into()
            }
            Wrapped::Several(commands) => {
                let jobs = commands.iter().filter(|words| !words.is_empty());
                let jobs: Vec<Job> = jobs.map(|words| Job::new(made(words))).collect();
                if jobs.is_empty() {
                    return not_known("value");
                }
                jobs.into()
            }
            Wrapped::Script { name, arguments } => {
                let further = argv.get(*arguments..).unwrap_or_default().to_vec();
                self.package_script(argv, launch, name, &further)
            }
            Wrapped::Configured {
                format,
                path,
                default_paths,
                arguments,
            } => {
                let further: Vec<Field> = arguments
                    .iter()
                    .filter_map(|index| argv.get(*index).cloned())
                    .collect();
                let given = path.and_then(|index| argv.get(index));
                self.read_configuration(launch, format, given, default_paths, &further)
            }
            Wrapped::Nothing => Plan::Nothing,
            Wrapped::Unknown => not_known("value"),
        }
    }

    /// The text of a file of the image, as far as it is known: `Ok(None)` when nothing is there.
    pub(super) fn text_of(&mut self, path: &str) -> Result<Option<Mapped>, Missing> {
        let unknown = |why: &str, span| Missing {
            kind: "config",
            text: format!("`{path}` is not at hand: {why}"),
            span,
        };
        if let Some(written) = self.world.files.get(path) {
            return match written.certain() {
                Some(text) => {
                    let span = self.process().span.clone();
                    Ok(Some(self.machine.locate(&text, span.as_ref())))
                }
                None => Err(unknown("the start-up writes it", None)),
            };
        }
        match self.machine.container.image.files.look_up(path) {
            Found::File(file) => match file.content {
                Content::Text(text) => Ok(Some(text)),
                Content::Binary => Err(unknown("it is no text", file.origin)),
                Content::Unknown(why) => Err(unknown(&why.text, why.span)),
            },
            Found::Absent | Found::Directory => Ok(None),
            Found::Unknown(why) => Err(unknown(&why.text, why.span)),
        }
    }
}

/// How a launcher calls exec: gosu and su-exec use plain execve, which runs no script without a `#!`
/// line.
fn caller(launcher: &str) -> Caller {
    match launcher {
        "gosu" => Caller::Kernel,
        _ => Caller::Library,
    }
}

/// Words that a launcher has made.
fn made(words: &[Option<String>]) -> Vec<Field> {
    let fields = words.iter().map(|word| match word {
        Some(text) => Field::text(text),
        None => Field {
            value: Value::unknown("a word"),
            open: false,
        },
    });
    fields.collect()
}
