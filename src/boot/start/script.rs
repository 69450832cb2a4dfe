//! Files that are exec'd: whether the user may run them, and what their `#!` line says.
//!
//! In: a file of the image and the argv that names it. Out: the interpreter with its words, or why
//! the exec fails. Who the interpreter is, is asked next door.

use std::rc::Rc;

use super::names::is_script_name;
use super::{Caller, Failure, Start};
use crate::boot::fact::ExecProblem;
use crate::boot::interpreter::absolute;
use crate::boot::outcome::Missing;
use crate::boot::tools::is_root;
use crate::boot::value::Field;
use crate::image::{Content, File, Found};
use crate::source::Mapped;

impl Start<'_, '_> {
    /// A file that the start-up has written: what it wrote is what runs, once it has been made executable.
    pub(super) fn written(
        &mut self,
        name: &str,
        argv: &[Field],
        caller: Caller,
    ) -> Option<Result<(), Failure>> {
        let directory = Rc::clone(&self.process().directory);
        let path = name.contains('/').then(|| absolute(&directory, name))?;
        let real = self.world.real_path(&path, &self.machine.looked_at);
        let path = real.unwrap_or(path);
        let value = self.world.written(&path, &self.machine.looked_at)?.clone();
        let was = match self.machine.container.image.files.look_up(&path) {
            Found::File(file) => file.mode.map(|mode| mode & 0o111 != 0),
            _ => Some(false),
        };
        self.machine.looked_at.remade(&path);
        let made = self.world.remade.at(&path);
        if was == Some(false) && !made.may_be_executable() {
            // What a redirection makes is not executable.
            let why = format!("`{name}` is not executable");
            let reason = ExecProblem::NotExecutable { mode: 0o644 };
            return Some(self.fail(126, name, reason, why));
        }
        let Some(text) = value.known() else {
            let span = self.process().span.clone();
            let text = format!("what the start-up writes into `{name}` is not known");
            let unsure = Missing {
                kind: "script",
                text,
                span,
            };
            self.application(argv.to_vec(), None, Some(unsure));
            return Some(Ok(()));
        };
        let mapped = self
            .machine
            .locate(&text, self.process().span.clone().as_ref());
        Some(self.script(name.to_owned(), argv.to_vec(), &path, mapped, caller))
    }

    pub(super) fn file(
        &mut self,
        name: String,
        argv: Vec<Field>,
        file: File,
        caller: Caller,
    ) -> Result<(), Failure> {
        let is_copied = matches!(caller, Caller::Compiled);
        if let Some(mode) = file.mode.filter(|mode| mode & 0o111 == 0 && !is_copied) {
            let why = format!("`{name}` is not executable");
            let outcome = self.fail(126, &name, ExecProblem::NotExecutable { mode }, why);
            self.blame(None, file.origin);
            return outcome;
        }
        if let Some(directory) = self
            .machine
            .container
            .image
            .files
            .closed_directory(&file.path)
            && let Some(user) = self.other_user()
        {
            let why = format!("only root may enter `{directory}`, and the user is `{user}`");
            let directory = directory.to_owned();
            let outcome = self.fail(126, &name, ExecProblem::ShutAway { user, directory }, why);
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
                // The tables name scripts of base images without their texts.
                let is_listed_script = origin.is_none() && is_script_name(&name);
                let unsure = is_listed_script
                    .then(|| self.doubt(&name, None, None))
                    .flatten();
                self.application(argv, None, unsure);
                Ok(())
            }
            Content::Unknown(why) => {
                if self.is_known(&argv) {
                    return self.by_name(name, argv);
                }
                let unsure = match file.was_script {
                    true => Some(Missing {
                        kind: "script",
                        text: format!("the script `{name}` may be another one: {}", why.text),
                        span: why.span,
                    }),
                    false => self.doubt(&name, why.span.clone(), file.origin.as_ref()),
                };
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
        let user = self.other_user()?;
        let name = user.split(':').next()?;
        let (mode, owner) = (file.mode?, file.owner.as_deref()?);
        let owner = owner.split([':', '.']).next()?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        // A name and a number may mean the same user.
        let is_other = is_root(owner) || (owner != name && is_number(owner) == is_number(name));
        let is_script = matches!(file.content, Content::Text(_));
        let runs = mode & 0o011 != 0;
        let reads = !is_script || mode & 0o044 != 0;
        (is_other && !(runs && reads)).then(|| (user.clone(), mode))
    }

    /// The process's user, if it certainly is not the superuser.
    pub(in crate::boot) fn other_user(&mut self) -> Option<String> {
        let user = Rc::clone(&self.process().user);
        let name = user.split(':').next()?;
        (!is_root(name) && !user.contains(['?', '$'])).then(|| user.to_string())
    }

    /// The path under which a script was found on `PATH`, which is its `$0`: a link there, and not what it leads to.
    fn place_on_path(&mut self, name: &str, path: &str) -> String {
        let directory = Rc::clone(&self.process().directory);
        let searched = self.process().environment.get("PATH");
        let searched = searched.and_then(|value| value.known()).unwrap_or_default();
        let mut places = searched
            .split(':')
            .map(|place| absolute(&absolute(&directory, place), name));
        let is_it = |place: &String| matches!(self.machine.look_up(self.world, place), Found::File(file) if file.path == path);
        places.find(is_it).unwrap_or_else(|| path.to_owned())
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
                Caller::Kernel | Caller::Compiled if first.starts_with('\u{feff}') => {
                    let why = format!("a byte order mark hides the `#!` line of `{name}`");
                    self.fail(126, &name, ExecProblem::ByteOrderMark, why)
                }
                Caller::Kernel | Caller::Compiled => {
                    let why = format!("`{name}` has no `#!` line (exec format error)");
                    self.fail(126, &name, ExecProblem::NoInterpreterLine, why)
                }
                Caller::Shell(facts) => {
                    self.shell_script(facts, argv, name, &[], text);
                    Ok(())
                }
                Caller::Library | Caller::Execline => {
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
        words.push(Field::text(match name.contains('/') {
            true => name.clone(),
            false => self.place_on_path(&name, path),
        }));
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
                ExecProblem::NotFound
                    | ExecProblem::InterpreterMissing { .. }
                    | ExecProblem::NotAProgram
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
}
