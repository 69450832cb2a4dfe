//! exec: what a process becomes when it runs an argv.

use std::rc::Rc;

use super::fact::{ExecFailure, ExecProblem, Fact, FactKind};
use super::machine::{Machine, end_process};
use super::outcome::Missing;
use super::value::Field;
use super::world::{Application, Body, Pid, Process, Status, World};
use crate::image::{Content, File, Found};
use crate::knowledge::{self, Lifetime, Position, ShellFacts, shell_facts};
use crate::source::{Mapped, Span};

/// Who calls exec.
#[derive(Clone, Copy)]
pub(super) enum Caller {
    /// The runtime, or a program that uses execve(2) or Go's exec: a script needs its `#!` line.
    Kernel,
    /// A shell, which runs a script without a `#!` line itself.
    Shell(&'static ShellFacts),
    /// A program that uses execvp(3), which runs such a script through `/bin/sh`.
    Library,
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
        let found = self.find(&name);
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
            Found::Unknown(_) if is_no_program(&name) && !self.may_have_builtins(&name) => {
                self.no_program(&name)
            }
            Found::Unknown(why) if self.is_far(&name) => {
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

    /// Whether a path leads to a place that nothing names.
    fn is_far(&mut self, name: &str) -> bool {
        let directory = Rc::clone(&self.process().directory);
        let path = super::interpreter::absolute(&directory, name);
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
        let path = match self.process().environment.get("PATH") {
            Some(value) => value.known().unwrap_or_default(),
            None => String::new(),
        };
        let directory = Rc::clone(&self.process().directory);
        self.machine.find_program(name, &path, &directory)
    }

    fn file(
        &mut self,
        name: String,
        argv: Vec<Field>,
        file: File,
        caller: Caller,
    ) -> Result<(), Failure> {
        if let Some(mode) = file.mode.filter(|mode| mode & 0o111 == 0) {
            let why = format!("`{name}` is not executable");
            let outcome = self.fail(126, &name, ExecProblem::NotExecutable { mode }, why);
            self.blame(None, file.origin);
            return outcome;
        }
        if let Some((user, mode)) = self.shut_out(&file) {
            let why =
                format!("`{name}` has the mode {mode:o}, and the user `{user}` may not run it");
            let outcome = self.fail(126, &name, ExecProblem::NotRunnableBy { user, mode }, why);
            self.blame(None, file.origin);
            return outcome;
        }
        let origin = file.origin.clone();
        match file.content {
            Content::Binary => {
                if self.is_known(&argv) {
                    return self.by_name(name, argv);
                }
                self.application(argv, None, None);
                Ok(())
            }
            Content::Unknown(why) => {
                if self.is_known(&argv) {
                    return self.by_name(name, argv);
                }
                let unsure = self.doubt(&name, why.span.clone(), file.origin.as_ref());
                self.application(argv, None, unsure);
                Ok(())
            }
            Content::Text(text) => {
                let end = text.text().find('\n').unwrap_or(text.text().len());
                let first = text.span(0..end);
                let outcome = self.script(name, argv, &file.path, text, caller);
                if outcome.is_err() {
                    self.blame(Some(first), origin);
                }
                outcome
            }
        }
    }

    /// The process's user and the mode of a file, if that user certainly may not execute it. Which groups a
    /// user is in is not known, so a bit for the group counts for everybody.
    fn shut_out(&mut self, file: &File) -> Option<(String, u32)> {
        let user = Rc::clone(&self.process().user);
        let name = user.split(':').next().filter(|name| !is_root(name))?;
        if user.contains(['?', '$']) {
            return None;
        }
        let (mode, owner) = (file.mode?, file.owner.as_deref()?);
        let owner = owner.split([':', '.']).next()?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        // A name and a number may mean the same user.
        let is_other = is_root(owner) || (owner != name && is_number(owner) == is_number(name));
        let is_script = matches!(file.content, Content::Text(_));
        let runs = mode & 0o011 != 0;
        let reads = !is_script || mode & 0o044 != 0;
        (is_other && !(runs && reads)).then(|| (user.to_string(), mode))
    }

    /// A text file: its `#!` line decides.
    fn script(
        &mut self,
        name: String,
        argv: Vec<Field>,
        path: &str,
        text: Mapped,
        caller: Caller,
    ) -> Result<(), Failure> {
        // `lines` would hide a carriage return.
        let first = text.text().split('\n').next().unwrap_or("");
        // The kernel looks at the first two bytes, so a byte order mark hides the line.
        let Some(line) = text.text().starts_with("#!").then(|| first[2..].to_owned()) else {
            return match caller {
                Caller::Kernel if first.starts_with('\u{feff}') => {
                    let why = format!("a byte order mark hides the `#!` line of `{name}`");
                    self.fail(126, &name, ExecProblem::ByteOrderMark, why)
                }
                Caller::Kernel => {
                    let why = format!("`{name}` has no `#!` line (exec format error)");
                    self.fail(126, &name, ExecProblem::NoInterpreterLine, why)
                }
                Caller::Shell(facts) => {
                    self.shell_script(facts, argv, name, &[], text);
                    Ok(())
                }
                Caller::Library => {
                    let Some(facts) = self.machine.sh() else {
                        return self.unknown_shell(argv);
                    };
                    self.shell_script(facts, argv, name, &[], text);
                    Ok(())
                }
            };
        };
        // Linux passes everything after the interpreter as one argument, trailing white space cut;
        // a carriage return stays and spoils the name.
        let line = line.trim_matches([' ', '\t']);
        let (interpreter, argument) = match line.split_once([' ', '\t']) {
            Some((interpreter, argument)) => (
                interpreter.to_owned(),
                Some(argument.trim_matches([' ', '\t']).to_owned()),
            ),
            None => (line.to_owned(), None),
        };
        if interpreter.ends_with('\r')
            || argument
                .as_deref()
                .is_some_and(|argument| argument.ends_with('\r'))
        {
            let why = format!("the `#!` line of `{name}` ends in a carriage return");
            return self.fail(127, &name, ExecProblem::CarriageReturn, why);
        }
        let mut words = vec![Field::text(&interpreter)];
        words.extend(argument.map(Field::text));
        words.push(Field::text(if name.contains('/') { &name } else { path }));
        words.extend(argv.into_iter().skip(1));
        let known = self.is_known(&words) || !matches!(self.find(&interpreter), Found::Unknown(_));
        if !known {
            let span = self.process().span.clone();
            let text = format!("nothing is known of the interpreter `{interpreter}` of `{name}`");
            self.application(
                words,
                None,
                Some(Missing {
                    kind: "program",
                    text,
                    span,
                }),
            );
            return Ok(());
        }
        let failure = match self.run(words, Caller::Kernel) {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        if let Some(problem) = &mut self.problem
            && matches!(
                problem.reason,
                ExecProblem::NotFound | ExecProblem::InterpreterMissing { .. }
            )
        {
            let interpreter = std::mem::replace(&mut problem.program, name.clone());
            problem.reason = ExecProblem::InterpreterMissing { interpreter };
        }
        Err(Failure {
            why: format!(
                "the interpreter of `{name}` cannot be started: {}",
                failure.why
            ),
            ..failure
        })
    }

    /// Whether the tables or this module know the program.
    fn is_known(&mut self, argv: &[Field]) -> bool {
        let name = argv[0].known().unwrap_or_default();
        let base = name.rsplit('/').next().unwrap_or(&name);
        let busybox = self.machine.tools_are_busybox();
        self.shell_named(base).is_some()
            || base == "busybox"
            || knowledge::launch(&texts(argv).each(), self.position()).is_some()
            || knowledge::program_at(&texts(argv).each(), busybox).is_some()
    }

    pub(super) fn position(&mut self) -> Position {
        let busybox = self.machine.tools_are_busybox();
        let process = self.process();
        Position {
            pid1: process.pid == 1,
            group_leader: process.group == process.pid,
            busybox,
        }
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
        let position = self.position();
        if let Some(launch) = knowledge::launch(&texts.each(), position) {
            return self.launch(argv, launch);
        }
        // The applets of busybox lie in the directories of the system.
        let is_applet = !name.contains('/')
            || ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"]
                .iter()
                .any(|directory| name.starts_with(directory));
        if let Some(program) = knowledge::program_at(&texts.each(), position.busybox && is_applet) {
            let program = self.configured(&argv, program);
            return self.program(argv, program);
        }
        let span = self.process().span.clone();
        let unsure = self.doubt(&name, span, None);
        self.application(argv, None, unsure);
        Ok(())
    }

    /// What is missing to take a file that is not at hand for a program of its own. What a build stage
    /// hands over is one, and so is anything in an image without a shell; the rest may as well be a script.
    fn doubt(&self, name: &str, span: Option<Span>, origin: Option<&Span>) -> Option<Missing> {
        if is_script_name(name) {
            let text = format!("the script `{name}` is not at hand");
            return Some(Missing {
                kind: "script",
                text,
                span,
            });
        }
        if is_code_name(name) {
            let text = format!("what `{name}` does on the stop signal is decided by its code");
            return Some(Missing {
                kind: "program",
                text,
                span,
            });
        }
        let without_shell = matches!(self.machine.container.image.sh.value(), Some(None));
        if without_shell || origin.is_some_and(|origin| origin.text().contains("--from=")) {
            return None;
        }
        let text = if name.contains('/') {
            format!("whether `{name}` is a program or a script is not known")
        } else {
            format!("nothing is known of the program `{name}`")
        };
        Some(Missing {
            kind: "program",
            text,
            span,
        })
    }

    fn unknown_program(&mut self, argv: Vec<Field>) -> Result<(), Failure> {
        let span = self.process().span.clone();
        let shown = argv[0].value.display();
        let unsure = Missing {
            kind: "value",
            text: format!("the program `{shown}` is not known"),
            span,
        };
        self.application(argv, None, Some(unsure));
        Ok(())
    }

    pub(super) fn unknown_shell(&mut self, argv: Vec<Field>) -> Result<(), Failure> {
        if let Some(None) = self.machine.container.image.sh.value() {
            let interpreter = "/bin/sh".to_owned();
            let reason = ExecProblem::InterpreterMissing { interpreter };
            return self.fail(127, "/bin/sh", reason, "the image has no shell".into());
        }
        let span = self.process().span.clone();
        let text = "which shell `/bin/sh` is, is not known".to_owned();
        self.application(
            argv,
            None,
            Some(Missing {
                kind: "base-image",
                text,
                span,
            }),
        );
        Ok(())
    }

    pub(super) fn application(
        &mut self,
        argv: Vec<Field>,
        known: Option<knowledge::Program>,
        unsure: Option<Missing>,
    ) {
        let name = match &known {
            Some(program) => program.name.clone(),
            None => {
                let shown = argv[0].value.display();
                shown.rsplit('/').next().unwrap_or(&shown).to_owned()
            }
        };
        let known = known.map(Rc::new);
        let process = self.process();
        process.program = name.as_str().into();
        process.argv = argv;
        process.ran_as_application = true;
        process.body = Body::Application(Application {
            known,
            unsure,
            finishing: None,
            undecided: true,
        });
    }

    fn program(&mut self, argv: Vec<Field>, program: knowledge::Program) -> Result<(), Failure> {
        let pid = self.pid;
        let clock = self.world.clock;
        let process = self.process();
        process.program = program.name.as_str().into();
        // A server that is asked for its options prints them and ends (`mysqld --verbose --help`).
        let only_prints = argv
            .iter()
            .skip(1)
            .any(|word| matches!(word.known().as_deref(), Some("--help" | "--version")));
        let lifetime = match only_prints {
            true => &Lifetime::Short,
            false => &program.lifetime,
        };
        match lifetime {
            Lifetime::Short | Lifetime::OneShot => {
                process.argv = argv;
                let status = self.short_status(&program);
                self.tool(pid);
                end_process(self.machine, self.world, pid, status, None);
            }
            Lifetime::Filter => {
                process.argv = argv;
                process.body = Body::Filter;
            }
            Lifetime::Idle(seconds) => {
                process.argv = argv;
                process.body = Body::Idle(seconds.map(|seconds| clock + (seconds * 1000.0) as u64));
            }
            Lifetime::Daemonises => {
                self.daemon(argv.clone(), program);
                self.process().argv = argv;
                end_process(self.machine, self.world, pid, Status::SUCCESS, None);
            }
            Lifetime::Long => {
                self.application(argv, Some(program), None);
                // What is captured is asked something (`mysqld --verbose --help`), and ends.
                let captured = self.process().captured;
                if let Body::Application(application) = &mut self.process().body {
                    application.undecided = captured;
                }
            }
            Lifetime::Unknown => {
                self.application(argv, Some(program), None);
            }
        }
        Ok(())
    }

    /// What a short command prints and does to files, where that is known.
    fn tool(&mut self, pid: Pid) {
        super::tools::run(self.machine, self.world, pid);
    }

    fn short_status(&mut self, program: &knowledge::Program) -> Status {
        let span = self.process().span.clone();
        super::tools::status(self.world, self.pid, &program.name, span)
    }

    /// A server that puts itself into the background, as a child of nobody.
    fn daemon(&mut self, argv: Vec<Field>, program: knowledge::Program) {
        let fact = Fact {
            kind: FactKind::Daemonised {
                program: program.name.clone(),
                how: program.evidence.clone(),
            },
            span: self.process().span.clone(),
            while_stopping: self.world.stopped_at.is_some(),
        };
        self.world.note(fact);
        let pid = self.world.next_pid();
        let mut process = self.process().clone();
        process.pid = pid;
        process.parent = 1;
        process.group = pid;
        process.session = pid;
        process.argv = argv;
        process.in_background = true;
        process.ran_as_application = true;
        process.output = super::world::Output::Elsewhere;
        process.program = program.name.as_str().into();
        process.body = Body::Application(Application {
            known: Some(Rc::new(program)),
            unsure: None,
            finishing: None,
            undecided: false,
        });
        self.world.processes.insert(pid, process);
    }
}

/// Words that no program is called: builtins and reserved words of shells, options, assignments,
/// several words in one.
fn is_no_program(name: &str) -> bool {
    const WORDS: [&str; 40] = [
        "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "complete", "continue",
        "coproc", "declare", "dirs", "disown", "do", "done", "esac", "eval", "exec", "exit",
        "export", "fc", "fg", "fi", "function", "getopts", "jobs", "let", "local", "mapfile",
        "popd", "pushd", "read", "readonly", "return", "shopt", "source", "typeset", "unset",
        "trap",
    ];
    WORDS.contains(&name)
        || matches!(
            name,
            ":" | "."
                | "[["
                | "(("
                | "!"
                | "{"
                | "}"
                | "set"
                | "shift"
                | "wait"
                | "ulimit"
                | "umask"
        )
        || name.starts_with(['-', '+', '(', '“', '‘'])
        // `[bash`, `npm,`: an array that is no JSON array, read by a shell.
        || (name.len() > 2 && name.starts_with('['))
        || name.ends_with(',')
        || (!name.contains('/')
            && name.contains([
                '=', ' ', '\t', '\n', '"', '\'', '$', '|', '&', ';', '<', '>', '`',
            ]))
}

/// Whether a user is the superuser.
fn is_root(user: &str) -> bool {
    matches!(user, "" | "0" | "root")
}

/// Names that are scripts by their ending.
fn is_script_name(name: &str) -> bool {
    [".sh", ".bash", ".ash", ".ksh", ".zsh", ".command"]
        .iter()
        .any(|ending| name.ends_with(ending))
        || name.ends_with("entrypoint")
}

/// Names of programs in a language with a runtime, by their ending.
fn is_code_name(name: &str) -> bool {
    [
        ".py", ".rb", ".js", ".mjs", ".cjs", ".ts", ".pl", ".php", ".R", ".lua", ".tcl",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

/// The words of an argv as text, unknown ones as `None`.
pub(super) struct Texts(Vec<Option<String>>);

impl Texts {
    /// Borrowed, as the tables want them.
    pub(super) fn each(&self) -> Vec<Option<&str>> {
        self.0.iter().map(Option::as_deref).collect()
    }
}

/// The words of an argv as text.
pub(super) fn texts(argv: &[Field]) -> Texts {
    Texts(argv.iter().map(Field::known).collect())
}
