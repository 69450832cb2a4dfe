//! exec: what a process becomes when it runs an argv.
//!
//! In: a process and an argv. Out: the process as a shell, a launcher, an application or what else
//! its program is, or why the exec fails.

mod names;
mod program;
mod script;

use std::borrow::Cow;
use std::rc::Rc;

use crate::boot::fact::{ExecFailure, ExecProblem, Fact, FactKind};
use crate::boot::interpreter::absolute;
use crate::boot::machine::Machine;
use crate::boot::outcome::Missing;
use crate::boot::value::Field;
use crate::boot::world::{Pid, Process, World};
use crate::image::{DEFAULT_PATH, Found};
use crate::knowledge::{self, Position, ShellFacts, Wrapped, shell_facts};
use crate::source::{Span, Why};

pub(super) use names::{is_no_program, is_title};
pub(super) use program::{FAR, is_soon};

/// Who calls exec.
#[derive(Clone, Copy)]
pub(super) enum Caller {
    /// The runtime, or a program that uses execve(2) or Go's exec: a script needs its `#!` line.
    Kernel,
    /// A shell, which runs a script without a `#!` line itself.
    Shell(&'static ShellFacts),
    /// A program that uses execvp(3), which runs such a script through `/bin/sh`.
    Library,
    /// s6-rc, which makes a copy of a script that may be executed whatever the mode of the file is.
    Compiled,
    /// A chain of execline, which finds words such as `cd` and `exec` as programs.
    Execline,
}

/// Why an exec failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// 127 or 126, as shells say.
    pub status: i32,
    /// For people.
    pub why: String,
    /// Whether it is certain.
    pub certain: bool,
}

/// How deep `#!` lines and launchers may nest.
const DEPTH: u32 = 16;

/// Lets a process become what its argv says. On failure the process is unchanged but for its argv.
pub(super) fn start(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    argv: Vec<Field>,
    caller: Caller,
) -> Result<(), Failure> {
    let mut start = Start {
        machine,
        world,
        pid,
        depth: 0,
        problem: None,
        in_chain: false,
    };
    let outcome = start.run(argv, caller);
    start.note_problem();
    outcome
}

/// One exec: in which world, and which process calls it.
pub(super) struct Start<'a, 'm> {
    pub(super) machine: &'a Machine<'m>,
    pub(super) world: &'a mut World,
    pub(super) pid: Pid,
    pub(super) depth: u32,
    /// What went wrong, in the words of rules.
    pub(super) problem: Option<ExecFailure>,
    /// Whether launchers go on with a chain of execline.
    pub(super) in_chain: bool,
}

impl Start<'_, '_> {
    pub(super) fn process(&mut self) -> &mut Process {
        self.world.process_mut(self.pid)
    }

    /// A failure that is certain.
    pub(super) fn fail(
        &mut self,
        status: i32,
        program: &str,
        reason: ExecProblem,
        why: String,
    ) -> Result<(), Failure> {
        self.problem = Some(ExecFailure {
            pid: self.pid,
            program: program.to_owned(),
            reason,
            place: None,
            origin: None,
        });
        Err(Failure {
            status,
            why,
            certain: true,
        })
    }

    /// Says where the file to blame is.
    pub(super) fn blame(&mut self, place: Option<Span>, origin: Option<Span>) {
        if let Some(problem) = &mut self.problem {
            problem.place = problem.place.take().or(place);
            problem.origin = problem.origin.take().or(origin);
        }
    }

    pub(super) fn note_problem(&mut self) {
        let Some(problem) = self.problem.take() else {
            return;
        };
        let span = self
            .world
            .process(self.pid)
            .and_then(|process| process.span.clone());
        let while_stopping = self.world.stopped_at.is_some();
        self.world.note(Fact {
            kind: FactKind::ExecFailed(problem),
            span,
            while_stopping,
        });
    }

    pub(super) fn run(&mut self, argv: Vec<Field>, caller: Caller) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > DEPTH {
            let span = self.process().span.clone();
            let unsure = Missing {
                kind: "limit",
                text: "programs start each other in a circle".into(),
                span,
            };
            self.application(argv, None, Some(unsure));
            return Ok(());
        }
        if let Caller::Execline = caller {
            return self.chain(argv);
        }
        let Some(name) = argv[0].known() else {
            return self.unknown_program(argv);
        };
        if name.is_empty() && !argv[0].value.is_certainly_empty() {
            // A variable that is set when the container runs.
            return self.unknown_program(argv);
        }
        if name.is_empty() {
            let why = "the command is the empty string".into();
            return self.fail(127, "", ExecProblem::NotAProgram, why);
        }
        if let Some(outcome) = self.written(&name, &argv, caller) {
            return outcome;
        }
        let found = self.find(&name);
        if let Some(outcome) = self.as_what_it_stands_for(&name, &argv, &found, caller) {
            return outcome;
        }
        match found {
            Found::Directory => {
                let why = format!("`{name}` is a directory");
                self.fail(126, &name, ExecProblem::Directory, why)
            }
            Found::Absent if is_no_program(&name) && !name.contains('\r') => self.no_program(&name),
            Found::Absent => {
                let reason = match name.rsplit('/').next() {
                    Some(base) if name.ends_with('\r') || base.ends_with('\r') => {
                        ExecProblem::CarriageReturn
                    }
                    Some(base) if self.shell_named(base).is_some() => {
                        ExecProblem::InterpreterMissing {
                            interpreter: name.clone(),
                        }
                    }
                    _ => ExecProblem::NotFound,
                };
                let why = format!("`{}` is not there", name.escape_default());
                self.fail(127, &name, reason, why)
            }
            Found::File(file) => self.file(name, argv, file, caller),
            Found::Unknown(_) if name.ends_with('\r') => {
                let why = format!("the name `{}` ends in a carriage return", name.trim_end());
                self.fail(127, &name, ExecProblem::CarriageReturn, why)
            }
            Found::Unknown(_)
                if is_no_program(&name) && !is_title(&name) && !self.may_have_builtins(&name) =>
            {
                self.no_program(&name)
            }
            Found::Unknown(why) if self.is_far(&name) && !self.is_launcher(&argv) => {
                let text = format!("nothing says that `{name}` is there: {}", why.text);
                let unsure = Missing {
                    kind: "program",
                    text,
                    span: why.span,
                };
                self.application(argv, None, Some(unsure));
                Ok(())
            }
            Found::Unknown(_) => self.by_name(name, argv),
        }
    }

    /// A program that the tables do not know by its name, but by that of which it is a link or a copy.
    fn as_what_it_stands_for(
        &mut self,
        name: &str,
        argv: &[Field],
        found: &Found,
        caller: Caller,
    ) -> Option<Result<(), Failure>> {
        if matches!(found, Found::Absent | Found::Directory) || self.is_known(argv) {
            return None;
        }
        let directory = Rc::clone(&self.process().directory);
        let path = match self.process().environment.get("PATH") {
            Some(value) if !name.contains('/') => value.known()?,
            _ => String::new(),
        };
        let places = path.split(':').map(|place| match place {
            "" => absolute(&directory, name),
            place => absolute(&absolute(&directory, place), name),
        });
        let (changed, files) = (
            &self.world.remade.changed,
            &self.machine.container.image.files,
        );
        let mut known = places.filter_map(|place| changed.stands_for(files, &place));
        let known = known.next()?;
        // What these do is decided by the name that they are called by.
        let by_name = ["busybox", "toybox", "coreutils", "dropbearmulti"];
        let base = known.rsplit('/').next().unwrap_or(&known).to_owned();
        let process = self.world.process(self.pid)?;
        let span = process.span.clone();
        let is_applet = self.machine.is_applet(&base, process) && self.may_be_applet(&known);
        if by_name.contains(&base.as_str()) || is_applet {
            let own = name.rsplit('/').next().unwrap_or(name);
            let text = format!(
                "`{known}` is one program of many, and nothing says what it does as `{own}`"
            );
            let unsure = Missing {
                kind: "program",
                text,
                span,
            };
            self.application(argv.to_vec(), None, Some(unsure));
            return Some(Ok(()));
        }
        let mut words = argv.to_vec();
        words[0] = Field::text(&known);
        if !self.is_known(&words) {
            return None;
        }
        let outcome = match found {
            Found::File(file) => self.file(known.clone(), words, file.clone(), caller),
            Found::Unknown(_) => self.by_name(known.clone(), words),
            _ => return None,
        };
        let process = self.process();
        if let Some(first) = process.argv.first_mut()
            && first.known().as_deref() == Some(known.as_str())
        {
            *first = argv[0].clone();
        }
        Some(outcome)
    }

    /// Whether the tables know the path as a launcher. An image has its init (`/init` of s6-overlay) where
    /// its ENTRYPOINT says, however it got there.
    fn is_launcher(&mut self, argv: &[Field]) -> bool {
        let name = argv[0].known().unwrap_or_default();
        knowledge::launch(&texts(argv).each(), self.position(&name)).is_some()
    }

    /// Whether a path leads to a place that nothing names.
    fn is_far(&mut self, name: &str) -> bool {
        let directory = Rc::clone(&self.process().directory);
        let path = absolute(&directory, name);
        name.contains('/') && self.machine.container.image.files.is_far(&path)
    }

    fn no_program(&mut self, name: &str) -> Result<(), Failure> {
        let why = format!("there is no program `{name}`");
        self.fail(127, name, ExecProblem::NotAProgram, why)
    }

    /// Red Hat's bash brings the built-ins of POSIX as programs (`/usr/bin/cd`), and an unknown image
    /// may be of that family.
    fn may_have_builtins(&self, name: &str) -> bool {
        let is_of_posix = matches!(
            name,
            "alias"
                | "bg"
                | "cd"
                | "fc"
                | "fg"
                | "getopts"
                | "jobs"
                | "read"
                | "ulimit"
                | "umask"
                | "unalias"
                | "wait"
        );
        let sh = self.machine.container.image.sh.value();
        let sh = sh.map(|id| id.as_deref().unwrap_or("none"));
        is_of_posix && sh.is_none_or(|id| id.starts_with("bash-posix"))
    }

    pub(super) fn find(&mut self, name: &str) -> Found {
        self.machine.looked_at.variable("PATH");
        let directory = Rc::clone(&self.process().directory);
        let path = match self.process().environment.get("PATH") {
            Some(value) => value.known(),
            None => Some(String::new()),
        };
        match path {
            _ if name.contains('/') => self.machine.find_now(self.world, name, "", &directory),
            Some(path) => self.machine.find_now(self.world, name, &path, &directory),
            // Where programs are nearly always; what is not there may be somewhere else.
            None => match self.machine.find_program(name, DEFAULT_PATH, &directory) {
                Found::File(file) => Found::File(file),
                _ => Found::Unknown(Why::new("`PATH` is not known")),
            },
        }
    }

    /// Whether the tables or this module know the program.
    fn is_known(&mut self, argv: &[Field]) -> bool {
        let name = argv[0].known().unwrap_or_default();
        let base = name.rsplit('/').next().unwrap_or(&name);
        let position = self.position(&name);
        self.shell_named(base).is_some()
            || base == "busybox"
            || knowledge::launch(&texts(argv).each(), position).is_some()
            || knowledge::knows_program(&texts(argv).each(), position.busybox)
    }

    pub(super) fn position(&mut self, name: &str) -> Position {
        let machine = self.machine;
        let process = self.process();
        let busybox = machine.is_applet(name, process);
        Position {
            pid1: process.pid == 1,
            group_leader: process.group == process.pid,
            busybox,
        }
    }

    /// Whether busybox's applet may be what a name stands for: the applets lie in the directories of the
    /// system, and a directory that the image puts before these in PATH has its programs for a reason.
    fn may_be_applet(&mut self, name: &str) -> bool {
        const SYSTEM: [&str; 4] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];
        if let Some((directory, _)) = name.rsplit_once('/') {
            return SYSTEM.contains(&directory);
        }
        let path = match self.process().environment.get("PATH") {
            Some(value) => value.known().unwrap_or_default(),
            None => String::new(),
        };
        let files = &self.machine.container.image.files;
        path.split(':')
            .take_while(|directory| !SYSTEM.contains(directory))
            .filter(|directory| !matches!(*directory, "/usr/local/bin" | "/usr/local/sbin"))
            .all(|directory| matches!(files.look_up(&format!("{directory}/{name}")), Found::Absent))
    }

    /// A program that is known by its name only.
    fn by_name(&mut self, name: String, argv: Vec<Field>) -> Result<(), Failure> {
        let base = name.rsplit('/').next().unwrap_or(&name).to_owned();
        if base == "busybox"
            && argv.len() > 1
            && let Some(applet) = argv[1].known()
            && let Some(Some(facts)) = self
                .shell_named(&applet)
                .filter(|_| matches!(applet.as_str(), "sh" | "ash" | "hush"))
        {
            let facts = if facts.id == "ash" {
                facts
            } else {
                shell_facts("ash").unwrap_or(facts)
            };
            return self.shell(facts, argv[1..].to_vec());
        }
        match self.shell_named(&base) {
            Some(Some(facts)) => return self.shell(facts, argv),
            Some(None) if base == "sh" => return self.unknown_shell(argv),
            Some(None) => {
                let span = self.process().span.clone();
                let unsure = Missing {
                    kind: "program",
                    text: format!("what the shell `{base}` does is not modelled"),
                    span,
                };
                self.application(argv, None, Some(unsure));
                return Ok(());
            }
            None => {}
        }
        let texts = texts(&argv);
        let position = self.position(&name);
        let mut launch = knowledge::launch(&texts.each(), position);
        let is_refused = matches!(&launch, Some(launch) if launch.command == Wrapped::Unknown);
        if position.busybox && is_refused && self.machine.container.image.files.may_bring_tools() {
            // Who writes an option that the applet does not know has another program in its place.
            let position = Position {
                busybox: false,
                ..position
            };
            launch = knowledge::launch(&texts.each(), position);
        }
        if let Some(launch) = launch {
            return self.launch(argv, launch);
        }
        let is_applet = self.may_be_applet(&name);
        if let Some(program) = knowledge::program_at(&texts.each(), position.busybox && is_applet) {
            let program = self.configured(&argv, program);
            return self.program(argv, program);
        }
        let span = self.process().span.clone();
        let unsure = self.doubt(&name, span, None);
        self.application(argv, None, unsure);
        Ok(())
    }
}

/// The words of an argv as text, unknown ones as `None`.
pub(super) struct Texts<'a>(Vec<Option<Cow<'a, str>>>);

impl Texts<'_> {
    /// Borrowed, as the tables want them.
    pub(super) fn each(&self) -> Vec<Option<&str>> {
        self.0.iter().map(Option::as_deref).collect()
    }
}

/// The words of an argv as text.
pub(super) fn texts(argv: &[Field]) -> Texts<'_> {
    Texts(argv.iter().map(Field::known_text).collect())
}
