//! Shells: what a process becomes that runs one.
//!
//! In: a shell's argv. Out: a process whose body is that shell, ready to run its string, file or
//! input. Interprets nothing: that is the interpreter's work.

use std::rc::Rc;

use super::fact::ExecProblem;
use super::interpreter::{Code, Frame, Shell, State, Stored, Variable, root_tail};
use super::machine::end_process;
use super::outcome::Missing;
use super::start::{Failure, Start};
use super::value::{Field, Value};
use super::world::{Body, Input, Status};
use crate::image::{Content, File, Found};
use crate::knowledge::{self, ShellFacts, shell_facts};
use crate::shell::Kind;
use crate::source::{Mapped, Why};

/// How often a process may run the same file as a shell. Twice or three times is usual (a script that
/// comes back as another user); more of them are a circle.
const MOST_TIMES: usize = 6;

impl Start<'_, '_> {
    /// The dialect behind a shell's name. `Some(None)` is a shell whose dialect is not known.
    pub(super) fn shell_named(&mut self, base: &str) -> Option<Option<&'static ShellFacts>> {
        let sh = self.machine.container.image.sh.value().cloned().flatten();
        let own = self.machine.container.image.bash.as_deref();
        let is_old = sh.as_deref() == Some("bash-posix-4") || own == Some("bash-4");
        let is_debian = sh.as_deref().is_none_or(|id| id.starts_with("dash"));
        Some(match base {
            "sh" => self.machine.sh(),
            "bash" | "rbash" => shell_facts(if is_old { "bash-4" } else { "bash" }),
            "dash" if !is_debian => shell_facts("dash"),
            "dash" => shell_facts(
                sh.as_deref()
                    .filter(|id| id.starts_with("dash"))
                    .unwrap_or("dash-debian"),
            ),
            "ash" | "hush" => shell_facts("ash"),
            "zsh" | "ksh" | "ksh93" | "mksh" | "fish" | "csh" | "tcsh" | "yash" | "posh"
            | "elvish" | "nu" | "pwsh" => None,
            _ => return None,
        })
    }

    /// A shell with its arguments.
    pub(super) fn shell(
        &mut self,
        facts: &'static ShellFacts,
        argv: Vec<Field>,
    ) -> Result<(), Failure> {
        let pid = self.pid;
        let mut shell = self.new_shell(facts);
        let mut index = 1;
        let mut command = false;
        let mut reads_input = false;
        while let Some(word) = argv.get(index) {
            let Some(text) = word.known() else { break };
            let is_option = (text.starts_with('-') || text.starts_with('+')) && text.len() > 1;
            if !is_option {
                break;
            }
            index += 1;
            if text == "--" {
                break;
            }
            if text.starts_with("--") {
                if matches!(text.as_str(), "--version" | "--help") {
                    self.process().argv = argv;
                    end_process(self.machine, self.world, pid, Status::SUCCESS, None);
                    return Ok(());
                }
                if matches!(text.as_str(), "--rcfile" | "--init-file") {
                    index += 1;
                }
                continue;
            }
            let on = text.starts_with('-');
            for letter in text[1..].chars() {
                match letter {
                    'c' => command = true,
                    's' => reads_input = true,
                    'e' => shell.options.errexit = on,
                    'u' => shell.options.nounset = on,
                    'a' => shell.options.allexport = on,
                    'i' => shell.options.interactive = on,
                    'm' => {
                        shell.options.monitor = on && facts.family == knowledge::ShellFamily::Bash
                    }
                    'o' | 'O' => {
                        if let Some(name) = argv.get(index).and_then(Field::known) {
                            index += 1;
                            if letter == 'o' && !set_option(&mut shell, &name, on) {
                                return Err(Failure {
                                    status: 2,
                                    why: format!("`-o {name}` is not known to {}", facts.title),
                                    certain: true,
                                });
                            }
                            if letter == 'O' {
                                shell.options.lastpipe |= name == "lastpipe" && on;
                                shell.options.execfail |= name == "execfail" && on;
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        let rest = &argv[index.min(argv.len())..];
        let mut rest: Vec<Field> = rest.to_vec();
        if command {
            let Some(text) = (!rest.is_empty()).then(|| rest.remove(0)) else {
                return Err(Failure {
                    status: 2,
                    why: "`-c` without a command".into(),
                    certain: true,
                });
            };
            shell.dash_c = true;
            shell.zero = if rest.is_empty() {
                argv[0].value.clone()
            } else {
                rest.remove(0).value
            };
            shell.positional = rest;
            let Some(known) = text.known() else {
                let span = self.process().span.clone();
                let unsure = Missing {
                    kind: "value",
                    text: format!("the commands `{}` are not known", text.value.display()),
                    span,
                };
                self.application(argv, None, Some(unsure));
                return Ok(());
            };
            let mapped = self.machine.locate(&known, self.process().span.as_ref());
            let script = self.machine.parse(&mapped);
            let tail = root_tail(&shell, &script);
            shell.frames.push(Frame {
                code: Code::root(&script),
                tail,
                forced: false,
                results: Vec::new(),
                state: State::Start,
            });
            self.install(shell, argv);
            return Ok(());
        }
        if rest.is_empty() || reads_input {
            shell.zero = argv[0].value.clone();
            shell.positional = rest;
            return self.shell_on_input(shell, argv);
        }
        let file = rest.remove(0);
        shell.zero = file.value.clone();
        shell.positional = rest;
        if matches!(
            file.known().as_deref(),
            Some("/dev/stdin" | "/proc/self/fd/0")
        ) {
            return self.shell_on_input(shell, argv);
        }
        let Some(name) = file.known() else {
            let span = self.process().span.clone();
            let unsure = Missing {
                kind: "script",
                text: format!("the script `{}` is not known", file.value.display()),
                span,
            };
            self.application(argv, None, Some(unsure));
            return Ok(());
        };
        self.shell_on_file(shell, argv, name)
    }

    /// A shell without a script: it runs what it reads, and ends at the end of its input.
    fn shell_on_input(&mut self, mut shell: Shell, argv: Vec<Field>) -> Result<(), Failure> {
        let pid = self.pid;
        if self.process().input == Input::Null {
            self.process().argv = argv;
            self.process().program = shell.facts.id.as_str().into();
            end_process(self.machine, self.world, pid, Status::SUCCESS, None);
            return Ok(());
        }
        let empty = self.machine.parse(
            &self
                .machine
                .locate("", self.process().span.clone().as_ref()),
        );
        shell.frames.push(Frame {
            code: Code::root(&empty),
            tail: false,
            forced: false,
            results: Vec::new(),
            state: State::ReadInput,
        });
        self.install(shell, argv);
        Ok(())
    }

    fn shell_on_file(
        &mut self,
        shell: Shell,
        argv: Vec<Field>,
        name: String,
    ) -> Result<(), Failure> {
        let directory = Rc::clone(&self.process().directory);
        let path = super::interpreter::absolute(&directory, &name);
        let process = self.world.process_mut(self.pid);
        let times = process.scripts.iter().filter(|known| **known == path);
        if times.count() >= MOST_TIMES {
            process.body = Body::Idle(None);
            let span = process.span.clone();
            let text = format!("`{name}` replaces itself again and again");
            self.world.candidate = None;
            self.world.set_aside.clear();
            self.world.miss("limit", text, span);
            return Ok(());
        }
        Rc::make_mut(&mut process.scripts).push(path.clone());
        let facts = shell.facts;
        let written = self.world.written(&path, &self.machine.looked_at);
        let is_written = written.is_some();
        if let Some(text) = written.and_then(Value::known) {
            let mapped = self.machine.locate(&text, self.process().span.as_ref());
            self.install_script(shell, argv, mapped);
            return Ok(());
        }
        // Shells look for the file in the current directory first, then on PATH.
        let found = match self.machine.look_up(self.world, &path) {
            _ if is_written => {
                Found::Unknown(Why::new("what the start-up writes there is not known"))
            }
            Found::Absent if !name.contains('/') => self.find(&name),
            found => found,
        };
        match found {
            Found::File(File {
                content: Content::Text(text),
                ..
            }) => {
                self.install_script(shell, argv, text);
                Ok(())
            }
            Found::File(File {
                content: Content::Binary,
                ..
            })
            | Found::Directory => {
                let why = format!("`{name}` is not a script that {} can run", facts.title);
                self.fail(126, &name, ExecProblem::Other, why)
            }
            Found::Absent => {
                let reason = match name.ends_with('\r') {
                    true => ExecProblem::CarriageReturn,
                    false => ExecProblem::NotFound,
                };
                let why = format!("the script `{}` is not there", name.escape_default());
                self.fail(127, &name, reason, why)
            }
            Found::File(File {
                content: Content::Unknown(why),
                ..
            })
            | Found::Unknown(why) => {
                let text = format!("the script `{name}` is not at hand: {}", why.text);
                self.application(
                    argv,
                    None,
                    Some(Missing {
                        kind: "script",
                        text,
                        span: why.span,
                    }),
                );
                Ok(())
            }
        }
    }

    pub(super) fn shell_script(
        &mut self,
        facts: &'static ShellFacts,
        argv: Vec<Field>,
        name: String,
        _options: &[String],
        text: Mapped,
    ) {
        let mut shell = self.new_shell(facts);
        shell.zero = Value::text(name);
        shell.positional = argv[1..].to_vec();
        self.install_script(shell, argv, text);
    }

    fn install_script(&mut self, mut shell: Shell, argv: Vec<Field>, text: Mapped) {
        let script = self.machine.parse(&text);
        shell.frames.push(Frame {
            code: Code::root(&script),
            tail: false,
            forced: false,
            results: Vec::new(),
            state: State::Start,
        });
        self.install(shell, argv);
    }

    fn new_shell(&mut self, facts: &'static ShellFacts) -> Shell {
        let mut shell = Shell::new(facts, self.pid);
        let variables = self.process().environment.iter().map(|(name, value)| {
            (
                Rc::clone(name),
                Variable {
                    value: Some(Stored::Text(value.clone())),
                    exported: true,
                    read_only: false,
                },
            )
        });
        shell.variables = Rc::new(variables.collect());
        if facts.family == knowledge::ShellFamily::Bash {
            self.read_functions(&mut shell);
        }
        shell
    }

    /// Functions that another bash has exported.
    fn read_functions(&mut self, shell: &mut Shell) {
        let exported = shell
            .variables
            .range(Rc::from("BASH_FUNC_")..Rc::from("BASH_FUNC`"));
        let exported = exported.filter_map(|(variable, stored)| {
            let name = variable.strip_prefix("BASH_FUNC_")?.strip_suffix("%%")?;
            match &stored.value {
                Some(Stored::Text(text)) => Some(format!("{name} {}", text.certain()?)),
                _ => None,
            }
        });
        let texts: Vec<String> = exported.collect();
        for text in texts {
            let mapped = self.machine.locate(&text, self.process().span.as_ref());
            let script = self.machine.parse(&mapped);
            if let Some(only) = script.only_item()
                && let Kind::Function { name, body, .. } = &script.node(only.node).kind
            {
                let code = Code::root(&script).at(*body);
                Rc::make_mut(&mut shell.functions).define(name, code);
            }
        }
    }

    fn install(&mut self, shell: Shell, argv: Vec<Field>) {
        let process = self.process();
        process.program = shell.facts.id.as_str().into();
        process.argv = argv;
        process.body = Body::Shell(Box::new(shell));
    }
}

/// Sets an option given on a shell's command line.
fn set_option(shell: &mut Shell, name: &str, on: bool) -> bool {
    let has_pipefail = shell.facts.has(knowledge::Feature::Pipefail);
    let options = &mut shell.options;
    match name {
        "errexit" => options.errexit = on,
        "nounset" => options.nounset = on,
        "allexport" => options.allexport = on,
        "pipefail" if has_pipefail => options.pipefail = on,
        "pipefail" => return false,
        _ => {}
    }
    true
}
