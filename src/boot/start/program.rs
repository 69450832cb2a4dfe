//! What a process is that runs a program: an application, a daemon, a command that soon ends.
//!
//! In: an argv and what the tables say of its program. Out: the process's body. What nobody knows
//! becomes an application with what is missing to judge it.

use std::rc::Rc;

use super::names::{is_code_name, is_script_name};
use super::{Failure, Start};
use crate::boot::fact::{ExecProblem, Fact, FactKind};
use crate::boot::interpreter::display_words;
use crate::boot::machine::end_process;
use crate::boot::outcome::{Assumption, Missing};
use crate::boot::tools;
use crate::boot::value::{Field, Value};
use crate::boot::world::{Application, Body, Input, Millis, Output, Pid, Status};
use crate::knowledge::{self, Lifetime};
use crate::source::Span;

/// A time that is longer than any start-up takes, ten minutes: what ends later does not end before the stop.
pub(in crate::boot) const FAR: Millis = 600_000;

/// Whether a time comes before any start-up is long over.
pub(in crate::boot) fn is_soon(time: Millis, clock: Millis) -> bool {
    time < clock + FAR
}

/// The service that `service NAME start` and `/etc/init.d/NAME start` start.
fn service_name(argv: &[Field]) -> Option<String> {
    let first = argv.first()?.known()?;
    let directories = ["/etc/init.d/", "/etc/rc.d/init.d/"];
    let mut scripts = directories.iter();
    if let Some(name) = scripts.find_map(|directory| first.strip_prefix(directory)) {
        return Some(name.to_owned());
    }
    match first.rsplit('/').next() {
        Some("service" | "invoke-rc.d" | "rc-service") => argv.get(1)?.known(),
        _ => None,
    }
}

/// Whether a program of which nothing is known is only asked for its help or its version.
fn asks_for_help(argv: &[Field]) -> bool {
    let [program, word] = argv else { return false };
    let asks = |word: &str| {
        matches!(
            word,
            "--help" | "-h" | "help" | "--version" | "-V" | "version"
        )
    };
    program.known().is_some() && word.known().as_deref().is_some_and(asks)
}

impl Start<'_, '_> {
    pub(super) fn program(
        &mut self,
        argv: Vec<Field>,
        program: knowledge::Program,
    ) -> Result<(), Failure> {
        let pid = self.pid;
        let clock = self.world.clock;
        let process = self.process();
        process.program = program.name.as_str().into();
        // A server that is asked for its options prints them and ends (`mysqld --verbose --help`).
        let only_prints = argv
            .iter()
            .skip(1)
            .any(|word| matches!(word.known().as_deref(), Some("--help" | "--version")));
        let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
        let lifetime = match &program.lifetime {
            _ if only_prints => &Lifetime::Short,
            Lifetime::Short if tools::has_no_file(&program.name, &words) => &Lifetime::Filter,
            lifetime => lifetime,
        };
        match lifetime {
            Lifetime::Short | Lifetime::OneShot => {
                process.argv = argv;
                if let Some(stream) = tools::named_pipe(self.world, pid, &program.name) {
                    let process = self.process();
                    process.input = Input::Pipe(stream);
                    process.body = Body::Filter;
                    return Ok(());
                }
                let status = self.short_status(&program);
                self.tool(pid);
                if let Body::Idle(Some(_)) = self.process().body {
                    // It waits for something before it ends.
                    return Ok(());
                }
                end_process(self.machine, self.world, pid, status, None);
            }
            Lifetime::Filter => {
                process.argv = argv;
                process.body = Body::Filter;
            }
            Lifetime::Writer => {
                process.argv = argv;
                let output = process.output.clone();
                if !matches!(output, Output::Stream(_)) {
                    process.body = Body::Idle(None);
                    return Ok(());
                }
                // It ends by SIGPIPE when its reader has read what it wants.
                let shown = display_words(&process.argv);
                let text = self.world.unknown_output(&shown);
                self.world.write(&output, &text);
                end_process(self.machine, self.world, pid, Status::Known(141), None);
            }
            Lifetime::Idle(seconds) => {
                process.argv = argv;
                if let Some(option) = tools::refused(self.machine, self.world, pid, &program.name) {
                    let text = format!("busybox's `{}` does not know `{option}`", program.name);
                    let span = self.process().span.clone();
                    self.world.miss("program", text, span);
                }
                let process = self.process();
                // Who sleeps for hours stays until he is stopped.
                let ends = seconds.map(|seconds| clock + (seconds * 1000.0) as Millis);
                let ends = ends.filter(|ends| is_soon(*ends, clock));
                let by = process.ends_by.filter(|by| is_soon(*by, clock));
                process.body = Body::Idle(ends.into_iter().chain(by).min());
                let output = process.output.clone();
                if program.name == "tail" && output.is_read() {
                    let shown = display_words(&self.process().argv);
                    let value = Value::unknown(format!("$({shown})"));
                    self.world.write(&output, &value);
                }
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
                // Its configuration, which nobody has seen, may send it to the background.
                if program.config.is_some() {
                    let span = self.process().span.clone();
                    self.world.assume(Assumption {
                        kind: "stays-in-foreground",
                        text: format!("`{}` stays in the foreground", display_words(&argv)),
                        subject: program.name.clone(),
                        span,
                        limit: None,
                    });
                }
                self.application(argv, Some(program), None);
            }
        }
        Ok(())
    }

    pub(in crate::boot) fn application(
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
        if known.is_none() && asks_for_help(&argv) {
            let pid = self.pid;
            let process = self.process();
            process.program = name.as_str().into();
            process.argv = argv;
            end_process(self.machine, self.world, pid, Status::SUCCESS, None);
            return;
        }
        let mut known = known;
        let code = known
            .as_mut()
            .and_then(|program| self.read_code(&argv, program));
        let known = known.map(Rc::new);
        self.world.may_come_back();
        let process = self.process();
        process.program = name.as_str().into();
        process.argv = argv;
        process.ran_as_application = true;
        process.body = Body::Application(Application {
            known,
            unsure,
            finishing: None,
            undecided: true,
            code,
        });
    }

    pub(super) fn unknown_program(&mut self, argv: Vec<Field>) -> Result<(), Failure> {
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

    pub(in crate::boot) fn unknown_shell(&mut self, argv: Vec<Field>) -> Result<(), Failure> {
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

    /// What is missing to take a file that is not at hand for a program of its own. What a build stage
    /// hands over is one, and so is anything in an image without a shell; the rest may as well be a script.
    pub(super) fn doubt(
        &self,
        name: &str,
        span: Option<Span>,
        origin: Option<&Span>,
    ) -> Option<Missing> {
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

    /// What a short command prints and does to files, where that is known.
    fn tool(&mut self, pid: Pid) {
        tools::run(self.machine, self.world, pid);
    }

    fn short_status(&mut self, program: &knowledge::Program) -> Status {
        let span = self.process().span.clone();
        tools::status(self.machine, self.world, self.pid, &program.name, span)
    }

    /// A server that puts itself into the background, as a child of nobody.
    fn daemon(&mut self, argv: Vec<Field>, program: knowledge::Program) {
        let name = service_name(&argv).unwrap_or_else(|| program.name.clone());
        let fact = Fact {
            kind: FactKind::Daemonised {
                program: program.name.clone(),
                called: name.clone(),
                how: program.evidence.clone(),
            },
            span: self.process().span.clone(),
            while_stopping: self.world.stopped_at.is_some(),
        };
        self.world.note(fact);
        self.world.may_come_back();
        let pid = self.world.next_pid();
        let mut process = self.process().clone();
        process.pid = pid;
        process.parent = 1;
        process.group = pid;
        process.session = pid;
        process.argv = argv;
        process.in_background = true;
        process.ran_as_application = true;
        process.output = Output::Elsewhere;
        process.program = name.as_str().into();
        process.body = Body::Application(Application {
            known: Some(Rc::new(program)),
            unsure: None,
            finishing: None,
            undecided: false,
            code: None,
        });
        self.world.processes.insert(process);
    }
}
