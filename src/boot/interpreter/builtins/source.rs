//! `eval` and `.`: text and files that go on in the same shell.

use std::rc::Rc;

use crate::boot::fact::FactKind;
use crate::boot::interpreter::conditions::absolute;
use crate::boot::interpreter::expand::is_glob;
use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Code, State};
use crate::boot::standing::Standing;
use crate::boot::value::{Field, Value};
use crate::boot::world::{Input, ON_DISK, Status};
use crate::image::{Content, Found};
use crate::knowledge::ShellFamily;
use crate::source::Mapped;

impl Turn<'_, '_> {
    /// `eval`: its operands joined, parsed and run in this shell.
    pub(super) fn eval(
        &mut self,
        words: &[Field],
        streams: &Streams,
        span: &crate::source::Span,
    ) -> Attempt<()> {
        let mut text = Value::default();
        for (index, word) in words[1..].iter().enumerate() {
            if index > 0 {
                text.push_text(" ");
            }
            text.append(&word.value);
        }
        let process = self.world.process_mut(self.pid);
        let saved = (
            std::mem::replace(&mut process.input, streams.input.clone()),
            std::mem::replace(&mut process.output, streams.output.clone()),
        );
        self.top().state = State::Restore(Box::new(saved));
        self.top().results.clear();
        self.shell.status = Status::SUCCESS;
        if let Some(script) = self.parse_value(&text, Some(span)) {
            self.push_state(Code::root(&script), false, State::Eval);
            self.push(Code::root(&script), false);
        }
        Ok(())
    }

    /// `.` and `source`.
    pub(super) fn source(
        &mut self,
        code: &Code,
        words: &[Field],
        streams: &Streams,
    ) -> Attempt<()> {
        let span = code.span();
        let mut operands = &words[1..];
        if operands.first().and_then(Field::known).as_deref() == Some("--") {
            operands = &operands[1..];
        }
        let Some(word) = operands.first() else {
            return self.finish(Status::SUCCESS);
        };
        let Some(name) = word.known() else {
            let shown = word.value.display();
            // In the loop of a pipeline it changes nothing for the shell that waits for it.
            let is_subshell = self.shell.dollar != self.pid;
            if is_hook(&shown) {
                self.assume_settings(&shown, &span);
            } else if !(is_subshell && self.shell.is_in_loop()) {
                let text = format!("the file `{shown}`, which is read, is not known");
                self.world.miss("script", text, Some(span));
            }
            return self.finish(Status::SUCCESS);
        };
        let directory = Rc::clone(&self.world.process_mut(self.pid).directory);
        let mut path = absolute(&directory, &name);
        if path == "/dev/null" {
            return self.finish(Status::SUCCESS);
        }
        let is_missing = self.machine.standing(self.world, &path) == Standing::Missing;
        if is_glob(&name) && !is_missing {
            // A pattern that nothing matched: bash fails to read it, the others end.
            if self.special_errors_end() {
                let text =
                    format!("whether anything matches `{name}`, which is read, is not known");
                self.world.miss("script", text, Some(span));
            }
            return self.finish(Status::Known(1));
        }
        if !name.contains('/') {
            // A bare name is looked up on PATH; only bash outside POSIX mode then tries the directory.
            let here = path.clone();
            match self.find(&name) {
                Found::File(file) => path = file.path,
                _ if self.shell.facts.is_plain_bash() => path = here,
                Found::Absent => return self.source_missing(&name, &span),
                _ if self.is_at_hand(&here) => return self.source_missing(&name, &span),
                _ => {}
            }
        }
        let read = self.read_through(&path, streams)?;
        let written = self.world.written(&path, &self.machine.looked_at).cloned();
        let written = read.or(written);
        let text = match written {
            Some(value) => match value.known() {
                Some(text) => Some(crate::boot::interpreter::traps::locate(&text, &span)),
                None => {
                    let why =
                        crate::source::Why::new("what the start-up writes there is not known");
                    self.unseen_source(&path, why, &span)
                }
            },
            None => match self.image_file(&path) {
                Found::File(file) => match file.content {
                    Content::Text(text) => Some(text),
                    Content::Binary => None,
                    Content::Unknown(why) => self.unseen_source(&path, why, &span),
                },
                _ if is_missing => return self.source_missing(&path, &span),
                Found::Absent | Found::Directory => return self.source_missing(&path, &span),
                Found::Unknown(why) if !name.starts_with('/') && !self.was_tested(&path, &name) => {
                    // Nothing says that it is there, and most shells end without it.
                    let text = format!("whether `{path}` is there is not known: {}", why.text);
                    self.world.miss("script", text, Some(span.clone()));
                    None
                }
                Found::Unknown(_) if self.was_tested(&path, &name) && !is_start(&path) => {
                    // Who asks first does without it: it is mounted for settings, and the start-up goes on.
                    self.assume_settings(&path, &span);
                    None
                }
                Found::Unknown(why) => self.unseen_source(&path, why, &span),
            },
        };
        let Some(text) = text else {
            return self.finish(Status::SUCCESS);
        };
        let script = self.machine.parse(&text);
        let own = operands.len() > 1 && self.shell.facts.family != ShellFamily::Dash;
        let saved =
            own.then(|| std::mem::replace(&mut self.shell.positional, operands[1..].to_vec()));
        self.top().state = State::Source(saved);
        self.top().results.clear();
        self.shell.status = Status::SUCCESS;
        self.push(Code::root(&script), false);
        Ok(())
    }

    /// What is read to its end from `/dev/stdin`, or from the path of `<(…)`, if that is known.
    fn read_through(&mut self, path: &str, streams: &Streams) -> Attempt<Option<Value>> {
        let input = match path {
            "/dev/stdin" | "/proc/self/fd/0" => streams.input.clone(),
            _ => match path.strip_prefix("/dev/fd/").map(str::parse) {
                Some(Ok(stream)) if stream < self.world.streams.len() => Input::Pipe(stream),
                _ => return Ok(None),
            },
        };
        Ok(match input {
            Input::Text(text) => Some(text),
            Input::Null => Some(Value::default()),
            Input::Pipe(stream) => {
                self.wait_for_input(stream)?;
                Some(self.world.streams[stream].clone())
            }
            _ => None,
        })
    }

    /// What stands at a path, after what commands of the start-up have put there.
    pub(in crate::boot::interpreter) fn image_file(&self, path: &str) -> Found {
        self.machine.look_up(self.world, path)
    }

    /// Whether a file stands at the path for sure: who reads it by its bare name means that one.
    pub(super) fn is_at_hand(&self, path: &str) -> bool {
        matches!(
            self.machine.container.image.files.look_up(path),
            Found::File(_)
        )
    }

    /// Whether a test on this way has found the file there.
    pub(in crate::boot::interpreter) fn was_tested(&self, path: &str, name: &str) -> bool {
        self.shell.is_subshell
            || ["exists", "is readable", "is not empty", "is executable"]
                .iter()
                .any(|state| {
                    let asked = |shown: &str| {
                        let key = format!("{ON_DISK}`{shown}` {state}");
                        self.machine.looked_at.test(&key);
                        self.world.decided.get(key.as_str()) == Some(&true)
                    };
                    let bare = name.strip_prefix("./").unwrap_or(name);
                    asked(path) || asked(name) || asked(bare)
                })
    }

    /// A file that is read but not at hand. Settings (`/etc/profile`, `*.env`, `activate`) are taken to set variables
    /// only; anything else may do anything.
    pub(super) fn unseen_source(
        &mut self,
        path: &str,
        why: crate::source::Why,
        span: &crate::source::Span,
    ) -> Option<Mapped> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let only_settings = path.starts_with("/etc/")
            || path.starts_with("/proc/")
            || name.contains("env")
            || name.contains("profile")
            || name.contains("bashrc")
            || name.contains("conf")
            || matches!(
                name,
                "activate"
                    | "nvm.sh"
                    | "setup.bash"
                    | "setup.sh"
                    | "vars"
                    | "sdkman-init.sh"
                    | "conda.sh"
            );
        if only_settings || self.shell.is_subshell {
            // What is read in a subshell cannot change the shell that goes on.
            self.assume_settings(path, span);
        } else {
            self.world.miss(
                "script",
                format!("`{path}` is not at hand: {}", why.text),
                Some(span.clone()),
            );
        }
        None
    }

    fn assume_settings(&mut self, path: &str, span: &crate::source::Span) {
        self.world.assume(crate::boot::Assumption {
            kind: "only-settings",
            subject: path.to_owned(),
            text: format!("`{path}` is not at hand and is taken to set variables only"),
            span: Some(span.clone()),
            limit: None,
        });
    }

    /// `.` of a file that is not there: POSIX shells end, bash goes on with status 1.
    pub(super) fn source_missing(&mut self, path: &str, span: &crate::source::Span) -> Attempt<()> {
        self.note(
            FactKind::StartFailed {
                command: path.to_owned(),
                why: "the file is not there".into(),
            },
            Some(span.clone()),
        );
        if self.special_errors_end() {
            self.start_up_breaks(format!("`{path}` is not there"), Some(span.clone()));
            self.exit(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
            return Ok(());
        }
        self.finish(Status::Known(1))
    }

    pub(in crate::boot::interpreter) fn end_source(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        if let State::Source(Some(positional)) = state {
            self.shell.positional = positional;
        }
        self.end_call()
    }
}

/// Whether a file is one that starts something, by its name.
fn is_start(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let starts = [
        "start",
        "run",
        "entrypoint",
        "launch",
        "boot",
        "main",
        "serve",
        "cmd",
    ];
    starts.iter().any(|word| name.contains(word))
}

/// Whether a pattern stands for the files of a directory of hooks (`/docker-entrypoint-initdb.d/*.sh`), into which those
/// who run an image mount scripts of their own. The image has to stop without them.
fn is_hook(pattern: &str) -> bool {
    let directory = pattern.rsplit_once('/').map(|(directory, _)| directory);
    let is_of_hooks = |directory: &str| {
        let name = directory.rsplit('/').next().unwrap_or(directory);
        directory.starts_with('/') && (name.ends_with(".d") || name.contains("hook"))
    };
    is_glob(pattern)
        && directory.is_some_and(|directory| !is_glob(directory) && is_of_hooks(directory))
}
