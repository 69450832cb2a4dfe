//! `exec`: with a command the shell becomes it, without one its redirections stay.

use std::rc::Rc;

use crate::boot::fact::FactKind;
use crate::boot::interpreter::Code;
use crate::boot::interpreter::conditions::absolute;
use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::value::Field;
use crate::boot::world::{Environment, Output, Status};
use crate::image::Found;
use crate::knowledge::ShellFamily;
use crate::shell::{Redirect, RedirectOperator};

impl Turn<'_, '_> {
    /// `exec`: the shell becomes the command, or keeps the redirections.
    pub(super) fn exec(
        &mut self,
        code: &Code,
        words: Vec<Field>,
        streams: Streams,
        prefix: Environment,
    ) -> Attempt<()> {
        let facts = self.shell.facts;
        let mut rest = &words[1..];
        let mut argv0 = None;
        while let Some(option) = rest.first().and_then(Field::known) {
            match option.as_str() {
                "--" if facts.exec_options.contains('-') => {
                    rest = &rest[1..];
                    break;
                }
                // busybox looks for the program under the other name, unless it has a path.
                "-a" if facts.family == ShellFamily::Ash && names_path(rest.get(2)) => {
                    argv0 = rest.get(1).cloned();
                    rest = rest.get(2..).unwrap_or_default();
                }
                letters => {
                    let letters = letters.strip_prefix('-').unwrap_or_default();
                    let (letters, name) = match letters.split_once('a') {
                        Some((before, name)) if !name.is_empty() => (before, Some(name)),
                        _ => (letters, None),
                    };
                    let known = |letter: char| facts.exec_options.contains(letter);
                    let takes_name = name.is_some() && known('a');
                    if letters.is_empty() && !takes_name || !letters.chars().all(known) {
                        break;
                    }
                    rest = &rest[1..];
                    if let Some(name) = name {
                        argv0 = Some(Field::text(name));
                    } else if letters.ends_with('a') {
                        argv0 = rest.first().cloned();
                        rest = rest.get(1..).unwrap_or_default();
                    }
                }
            }
        }
        if rest.is_empty() {
            if words.len() > 1 || code.text().contains('@') || code.text().contains('$') {
                self.note(FactKind::ExecWithoutCommand, Some(code.span()));
            }
            if self.special_errors_end() && self.log_cannot_be_opened(code) {
                self.exit(Status::Known(2));
                return Ok(());
            }
            let held = &mut self.shell.held;
            held.retain(|(descriptor, _)| !streams.redirected.contains(descriptor));
            if let Output::Stream(stream) = streams.output {
                held.push((1, stream));
            }
            held.extend(streams.written);
            self.shell.inputs.extend(streams.opened);
            let process = self.world.process_mut(self.pid);
            process.input = streams.input;
            process.output = streams.output;
            return self.finish(Status::SUCCESS);
        }
        let span = code.span();
        if self.log_cannot_be_opened(code) {
            self.exit(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
            return Ok(());
        }
        let command = crate::boot::interpreter::simple::display_words(rest);
        self.note(FactKind::Exec { command }, Some(span.clone()));
        self.replace(rest.to_vec(), prefix, streams, span, argv0)
    }

    /// `exec app >> DIRECTORY/log` fails without the directory: it must be known to be there.
    pub(super) fn log_cannot_be_opened(&mut self, code: &Code) -> bool {
        let crate::shell::Kind::Simple(simple) = &code.script.node(code.node).kind else {
            return false;
        };
        let writes = |redirect: &&Redirect| {
            matches!(
                redirect.operator,
                RedirectOperator::Write
                    | RedirectOperator::Append
                    | RedirectOperator::WriteBoth
                    | RedirectOperator::AppendBoth
            )
        };
        for redirect in simple.redirects.iter().filter(writes) {
            let crate::shell::RedirectTarget::Word(word) = &redirect.target else {
                continue;
            };
            let Some(name) = word.constant(true).filter(|name| name.contains('/')) else {
                continue;
            };
            let here = Rc::clone(&self.world.process_mut(self.pid).directory);
            let path = absolute(&here, &name);
            let Some((directory, _)) = path.rsplit_once('/') else {
                continue;
            };
            let is_usual = matches!(
                directory,
                "" | "/dev"
                    | "/tmp"
                    | "/run"
                    | "/var/run"
                    | "/var/log"
                    | "/var/tmp"
                    | "/var/lib"
                    | "/etc"
                    | "/opt"
                    | "/srv"
                    | "/root"
            ) || directory.starts_with("/dev/")
                || directory.starts_with("/proc/");
            // The redirection itself has made an entry for the file by now.
            self.machine.looked_at.every_file();
            let is_below = |known: &str| {
                let rest = known.strip_prefix(directory);
                known != path && rest.is_some_and(|rest| rest.starts_with('/'))
            };
            self.machine.looked_at.remade(directory);
            let was_made = self.world.remade.at(directory).is_directory()
                || self.world.files.paths().any(is_below);
            if is_usual || was_made {
                continue;
            }
            let span = code.script.span(redirect.range.clone());
            match self.image_file(directory) {
                Found::Absent => {
                    let why = format!("the directory `{directory}` is not there");
                    self.start_up_breaks(why, Some(span));
                    return true;
                }
                Found::Unknown(why) => {
                    let text = format!(
                        "whether the directory `{directory}` is there is not known: {}",
                        why.text
                    );
                    self.world.miss("value", text, Some(span));
                }
                _ => {}
            }
        }
        false
    }
}

/// Whether a command is named by a path.
fn names_path(command: Option<&Field>) -> bool {
    let name = command.and_then(Field::known);
    name.is_some_and(|name| name.contains('/'))
}
