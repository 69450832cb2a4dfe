//! `cd`, `pushd` and `popd`: where the shell is.
//!
//! In: their words, and what is known of the directories of the image. Out: the working directory, `PWD` and `OLDPWD`.

use std::rc::Rc;

use crate::boot::fact::FactKind;
use crate::boot::interpreter::Stored;
use crate::boot::interpreter::conditions::absolute;
use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::standing::Standing;
use crate::boot::value::{Field, Value};
use crate::boot::world::Status;
use crate::image::Found;
use crate::knowledge::ShellFamily;
use crate::source::Span;

/// Stands for a working directory that is not known.
const NOWHERE: &str = "/?";

impl Turn<'_, '_> {
    /// `cd`, with what is known of the directories of the image.
    pub(super) fn change_directory(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let operand = words[1..]
            .iter()
            .find(|word| !matches!(word.known().as_deref(), Some("-P" | "-L" | "--")));
        let span = self.top().code.span();
        let target = match operand {
            None => match self.read_variable("HOME") {
                Some(Stored::Text(value)) => value.known(),
                _ => Some("/root".to_owned()),
            },
            Some(word) => word.known(),
        };
        if target.as_deref() != Some("-") {
            return self.go_to(target, span);
        }
        match self.read_variable("OLDPWD") {
            Some(Stored::Text(former)) => {
                let former = former.known();
                let mut line = former
                    .as_deref()
                    .map_or(Value::unknown("$OLDPWD"), Value::text);
                line.push_text("\n");
                self.world.write(&streams.output, &line);
                self.go_to(former, span)
            }
            // There is none as long as the shell has stayed where it was: bash says so, the others stay there.
            _ if self.shell.facts.family == ShellFamily::Bash => self.finish(Status::Known(1)),
            _ => self.finish(Status::SUCCESS),
        }
    }

    /// Makes a directory the working directory; `None` for one that is not known.
    fn go_to(&mut self, target: Option<String>, span: Span) -> Attempt<()> {
        let former = Rc::clone(&self.world.process_mut(self.pid).directory);
        let former = match &*former {
            NOWHERE => Value::unknown("$OLDPWD"),
            path => Value::text(path),
        };
        let Some(target) = target else {
            self.world.process_mut(self.pid).directory = NOWHERE.into();
            self.shell.set("OLDPWD", Stored::Text(former));
            return self.finish(Status::SUCCESS);
        };
        let process = self.world.process_mut(self.pid);
        let path = absolute(&process.directory, &target);
        let found = self.image_file(&path);
        let is_far =
            matches!(found, Found::Unknown(_)) && self.machine.container.image.files.is_far(&path);
        let why = match found {
            Found::Unknown(_) if path.ends_with('\r') => Some("its name ends in a carriage return"),
            Found::File(_) => Some("it is a file"),
            Found::Absent if !self.world.made(&path, &self.machine.looked_at) => {
                Some("it is not there")
            }
            _ => match self.machine.standing(self.world, &path) {
                Standing::File => Some("it is a file"),
                Standing::Missing => Some("it is not there"),
                Standing::Directory | Standing::Something | Standing::Open => None,
            },
        };
        if is_far && why.is_none() && !self.world.made(&path, &self.machine.looked_at) {
            let text = format!("nothing says that the directory `{path}` is there");
            self.world.miss("value", text, Some(span.clone()));
        }
        if let Some(why) = why {
            let command = format!("cd {target}");
            self.note(
                FactKind::StartFailed {
                    command,
                    why: why.into(),
                },
                Some(span),
            );
            return self.finish(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
        }
        self.world.process_mut(self.pid).directory = path.as_str().into();
        self.shell.set("OLDPWD", Stored::Text(former));
        self.shell.set("PWD", Stored::Text(Value::text(&path)));
        self.finish(Status::SUCCESS)
    }

    /// `pushd DIR`, `popd`, `dirs`: the stack below the working directory is kept in `DIRSTACK`.
    pub(super) fn directory_stack(
        &mut self,
        name: &str,
        words: &[Field],
        streams: &Streams,
    ) -> Attempt<()> {
        let operand = words[1..].iter().find(|word| {
            let known = word.known();
            !known.is_some_and(|word| matches!(word.as_str(), "-n" | "-p" | "-v" | "-l" | "--"))
        });
        let own = Rc::clone(&self.world.process_mut(self.pid).directory);
        let mut stack = match self.shell.variable("DIRSTACK") {
            Some(Stored::Array(fields)) => fields.clone(),
            _ => Vec::new(),
        };
        let target = match (name, operand) {
            ("pushd", Some(word)) => {
                stack.insert(0, Field::text(&*own));
                word.known()
            }
            ("popd", None) if stack.is_empty() => return self.finish(Status::Known(1)),
            ("popd", None) => stack.remove(0).known(),
            ("pushd", None) if stack.is_empty() => return self.finish(Status::Known(1)),
            ("pushd", None) => std::mem::replace(&mut stack[0], Field::text(&*own)).known(),
            ("popd", Some(_)) => None,
            // `dirs`
            _ => return self.print(streams, Value::unknown("$(dirs)")),
        };
        let span = self.top().code.span();
        self.go_to(target, span)?;
        if self.shell.status == Status::SUCCESS {
            self.shell.set("DIRSTACK", Stored::Array(stack));
            self.world
                .write(&streams.output, &Value::unknown("$(dirs)"));
        }
        Ok(())
    }
}
