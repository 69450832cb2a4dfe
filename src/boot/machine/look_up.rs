//! What a start-up finds in the image: the shell behind `/bin/sh`, programs, and the environment of what it starts.

use std::rc::Rc;

use super::{Environment, LookedUp, Machine};
use crate::boot::interpreter::Shell;
use crate::boot::value::Value;
use crate::boot::world::Process;
use crate::image::Found;
use crate::knowledge::{ShellFacts, shell_facts};

impl Machine<'_> {
    /// The dialect behind `/bin/sh`.
    pub(crate) fn sh(&self) -> Option<&'static ShellFacts> {
        self.asked_for_sh.set(true);
        match self.container.image.sh.value() {
            Some(Some(id)) => shell_facts(id),
            Some(None) => None,
            None => self.assumed_sh,
        }
    }

    /// Whether the image's basic tools are busybox's.
    pub(crate) fn tools_are_busybox(&self) -> bool {
        matches!(self.container.image.sh.value(), Some(Some(id)) if id == "ash")
    }

    /// Whether a name stands for one of busybox's applets: what an instruction has brought is a program of its own
    /// (`apk add coreutils`).
    pub(crate) fn is_applet(&self, name: &str, process: &Process) -> bool {
        if !self.tools_are_busybox() {
            return false;
        }
        self.looked_at.variable("PATH");
        let path = process.environment.get("PATH").and_then(Value::known);
        let found = self.find_program(name, &path.unwrap_or_default(), &process.directory);
        !matches!(found, Found::File(file) if file.origin.is_some())
    }

    /// Looks a program up as execvp does.
    pub(crate) fn find_program(&self, name: &str, path: &str, directory: &str) -> Found {
        let mut programs = self.programs.borrow_mut();
        let known = programs.get(name).into_iter().flatten();
        let mut known = known.filter(|known| known.path == path && known.directory == directory);
        if let Some(known) = known.next() {
            return known.found.clone();
        }
        let files = &self.container.image.files;
        let found = files.find_program(name, path, directory);
        programs.entry(name.to_owned()).or_default().push(LookedUp {
            path: path.to_owned(),
            directory: directory.to_owned(),
            found: found.clone(),
        });
        found
    }

    /// The environment of what a shell starts. Most commands of a script get the same one as the command before;
    /// the variables are held weakly, so that changing them copies nothing.
    pub(in crate::boot) fn environment(&self, shell: &Shell) -> Rc<Environment> {
        let mut last = self.environment.borrow_mut();
        if !last
            .0
            .upgrade()
            .is_some_and(|known| Rc::ptr_eq(&known, &shell.variables))
        {
            *last = (
                Rc::downgrade(&shell.variables),
                Rc::new(shell.environment()),
            );
        }
        Rc::clone(&last.1)
    }
}
