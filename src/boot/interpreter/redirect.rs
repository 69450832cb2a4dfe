//! Redirections, as far as they matter: who reads what, and which text goes into which file.

use std::rc::Rc;

use super::Code;
use super::conditions::absolute;
use super::step::{Attempt, Progress, Turn};
use super::waits::AwaitedInput;
use crate::boot::standing::Standing;
use crate::boot::value::Value;
use crate::boot::world::{Input, Output, Status};
use crate::image::{Content, Found};
use crate::knowledge::ShellFamily;
use crate::shell::{Descriptor, Redirect, RedirectOperator, RedirectTarget};

/// Where a command reads and writes after its redirections.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    pub(super) input: Input,
    pub(super) output: Output,
    /// Further descriptors that are opened for reading.
    pub(super) opened: Vec<(u32, Input)>,
    /// Streams that further descriptors write to.
    pub(super) written: Vec<(u32, usize)>,
    /// Descriptors that write to something else than before, or are closed.
    pub(super) redirected: Vec<u32>,
    /// A redirection failed: the file is not there.
    pub(super) failed: bool,
    /// A file that is read, and nothing says whether it is there.
    pub(super) doubtful: Option<String>,
}

/// Who runs a command that is redirected: whether an expansion that fails there ends more than the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redirected {
    /// A program, for which the shell forks.
    Program,
    /// A special builtin of POSIX, or `exec`.
    Special,
    /// The shell itself: a function, another builtin, a compound command.
    Shell,
    /// A copy that has begun.
    Copy,
}

impl Turn<'_, '_> {
    /// The streams of a command with these redirections.
    pub(super) fn streams(
        &mut self,
        code: &Code,
        redirects: &[Redirect],
        redirected: Redirected,
    ) -> Attempt<Streams> {
        let process = self.world.process_mut(self.pid);
        let mut streams = Streams {
            input: process.input.clone(),
            output: process.output.clone(),
            opened: Vec::new(),
            written: Vec::new(),
            redirected: Vec::new(),
            failed: false,
            doubtful: None,
        };
        let directory = Rc::clone(&process.directory);
        for redirect in redirects {
            let (RedirectTarget::Word(word) | RedirectTarget::Body(word)) = &redirect.target;
            // bash expands in the child where it forks; the others take a here-document that fails for a file that
            // is not there (measured: dash 0.5.12, busybox 1.35, bash 5.2, also as sh).
            let is_spared = match (redirected, self.shell.facts.family) {
                (Redirected::Copy, _) | (Redirected::Program, ShellFamily::Bash) => true,
                (Redirected::Special, _) | (_, ShellFamily::Bash) => false,
                _ => redirect.operator == RedirectOperator::HereDocument,
            };
            self.spared = is_spared.then_some(false);
            let value = self.expand_single(code, word);
            if self.spared.take() == Some(true) {
                streams.failed = true;
                break;
            }
            let value = value?;
            self.apply(redirect, &value, &directory, &mut streams);
            if let Output::Stream(stream) = streams.output
                && self.only_reads_itself(stream)
            {
                return Err(Progress::Blocked);
            }
        }
        Ok(streams)
    }

    /// Whether a trap writes to a named pipe from which nobody reads but the command that it has interrupted: it waits
    /// for a reader for ever (measured: dash, bash, busybox).
    fn only_reads_itself(&self, stream: usize) -> bool {
        let is_interrupted = |input: AwaitedInput| input.stream == stream;
        self.shell.awaited_input.is_some_and(is_interrupted)
            && self.world.fifos.has(stream)
            && !self
                .world
                .processes
                .values()
                .any(|process| process.pid != self.pid && process.input == Input::Pipe(stream))
    }

    fn apply(
        &mut self,
        redirect: &Redirect,
        value: &Value,
        directory: &str,
        streams: &mut Streams,
    ) {
        let descriptor = match &redirect.descriptor {
            Some(Descriptor::Number(number)) => Some(*number),
            Some(Descriptor::Variable(_)) => return,
            None => None,
        };
        let path = value.known().map(|text| absolute(directory, &text));
        let path = path.map(|path| {
            let real = self.world.real_path(&path, &self.machine.looked_at);
            real.unwrap_or(path)
        });
        match redirect.operator {
            RedirectOperator::Read | RedirectOperator::ReadWrite => {
                let input = self.read_file(path.as_deref(), value);
                if let (RedirectOperator::ReadWrite, Some(path)) = (&redirect.operator, &path)
                    && self.world.fifos.stream(path).is_some()
                {
                    Rc::make_mut(&mut self.world.fifos).open_for_both(path);
                }
                if input.is_none() && redirect.operator == RedirectOperator::Read {
                    streams.failed = true;
                }
                if let (Some(Input::Unknown), Some(path)) = (&input, &path)
                    && self.is_doubtful(path)
                {
                    streams.doubtful = Some(path.clone());
                }
                let input = input.unwrap_or(Input::Unknown);
                match descriptor.unwrap_or(0) {
                    0 => streams.input = input,
                    other => streams.opened.push((other, input)),
                }
            }
            RedirectOperator::HereDocument | RedirectOperator::HereString => {
                let mut text = value.clone();
                if redirect.operator == RedirectOperator::HereString {
                    text.push_text("\n");
                }
                match descriptor.unwrap_or(0) {
                    0 => streams.input = Input::Text(text),
                    other => streams.opened.push((other, Input::Text(text))),
                }
            }
            RedirectOperator::DuplicateInput => {
                let input = match value.known().as_deref() {
                    Some("0") => streams.input.clone(),
                    Some("-") => Input::Null,
                    Some(text) => self.opened(text, &streams.opened),
                    None => Input::Unknown,
                };
                match descriptor.unwrap_or(0) {
                    0 => streams.input = input,
                    other => streams.opened.push((other, input)),
                }
            }
            RedirectOperator::DuplicateOutput => {
                streams.redirected.push(descriptor.unwrap_or(1));
                if descriptor.unwrap_or(1) == 1 {
                    let target = value.known().unwrap_or_default();
                    // What is open for reading and writing is a named pipe.
                    streams.output = match self.opened(&target, &streams.opened) {
                        Input::Pipe(stream) if self.world.fifos.has(stream) => {
                            Output::Stream(stream)
                        }
                        _ => Output::Elsewhere,
                    };
                }
            }
            RedirectOperator::Write
            | RedirectOperator::Append
            | RedirectOperator::WriteBoth
            | RedirectOperator::AppendBoth => {
                streams.redirected.push(descriptor.unwrap_or(1));
                if descriptor.unwrap_or(1) != 1 {
                    let stream = path.as_deref().and_then(|path| self.stream_at(path));
                    streams.written.extend(descriptor.zip(stream));
                    let is_device = |path: &str| path.starts_with("/dev/");
                    let path = path.filter(|path| !is_device(path));
                    streams.failed |= value.certain().is_some()
                        && path.is_some_and(|path| self.cannot_write(&path));
                    return;
                }
                let fifo = path
                    .as_ref()
                    .and_then(|path| self.world.fifo_to_write(path));
                if let Some(stream) = fifo {
                    streams.output = Output::Stream(stream);
                    return;
                }
                streams.output = match path {
                    Some(path) if path.starts_with("/dev/fd/") => match self.stream_at(&path) {
                        Some(stream) => Output::Stream(stream),
                        None => Output::Elsewhere,
                    },
                    Some(path) if path.starts_with("/dev/") || path.starts_with("/proc/") => {
                        Output::Elsewhere
                    }
                    Some(path) if value.certain().is_some() && self.cannot_write(&path) => {
                        streams.failed = true;
                        Output::Elsewhere
                    }
                    Some(path) => {
                        let truncates = matches!(
                            redirect.operator,
                            RedirectOperator::Write | RedirectOperator::WriteBoth
                        );
                        let before = match truncates {
                            true => Value::default(),
                            false => self.text_before(&path),
                        };
                        Rc::make_mut(&mut self.world.files).put(path.clone(), before);
                        Output::File(path.into())
                    }
                    None => Output::Elsewhere,
                };
            }
        }
    }

    /// The stream behind the path of `<( )` or `>( )`.
    fn stream_at(&self, path: &str) -> Option<usize> {
        let stream = path.strip_prefix("/dev/fd/")?.parse().ok()?;
        (stream < self.world.streams.len()).then_some(stream)
    }

    /// What a descriptor other than the standard input reads from.
    pub(super) fn opened(&self, descriptor: &str, opened: &[(u32, Input)]) -> Input {
        let Ok(number) = descriptor.parse::<u32>() else {
            return Input::Unknown;
        };
        let now = opened.iter().rev().find(|(known, _)| *known == number);
        let input = now.map(|(_, input)| input);
        let input = input.or_else(|| self.shell.inputs.get(&number));
        input.cloned().unwrap_or(Input::Unknown)
    }

    /// The text of a file to which something is about to be added.
    fn text_before(&self, path: &str) -> Value {
        if let Some(text) = self.world.written(path, &self.machine.looked_at) {
            return text.clone();
        }
        match self.image_file(path) {
            Found::File(file) => match file.content {
                Content::Text(text) => Value::text(text.text()),
                _ => Value::unknown(format!("$(cat {path})")),
            },
            // What only some command may have put there is taken to be new.
            _ => Value::default(),
        }
    }

    /// What reading a file gives; `None` when it provably is not there.
    fn read_file(&mut self, path: Option<&str>, value: &Value) -> Option<Input> {
        let Some(path) = path else {
            return Some(Input::Unknown);
        };
        if path
            .strip_prefix("/dev/fd/")
            .is_some_and(|number| number.parse::<usize>().is_ok())
        {
            return Some(match self.stream_at(path) {
                Some(stream) => Input::Pipe(stream),
                None => Input::Unknown,
            });
        }
        if let Some(stream) = self.world.fifos.stream(path) {
            return Some(Input::Pipe(stream));
        }
        if path == "/dev/null" {
            return Some(Input::Null);
        }
        if path.starts_with("/dev/") || path.starts_with("/proc/") {
            return Some(Input::Unknown);
        }
        if let Some(text) = self.world.written(path, &self.machine.looked_at) {
            return Some(Input::Text(text.clone()));
        }
        match self.image_file(path) {
            Found::File(file) => Some(match file.content {
                Content::Text(text) => Input::Text(Value::text(text.text())),
                _ => Input::Unknown,
            }),
            _ if value.certain().is_some()
                && self.machine.standing(self.world, path) == Standing::Missing =>
            {
                None
            }
            _ => Some(Input::Unknown),
        }
    }

    /// Whether a path is a directory, or in one that is not there.
    fn cannot_write(&self, path: &str) -> bool {
        let parent = path.rsplit_once('/').map_or("/", |(parent, _)| parent);
        self.machine.standing(self.world, path) == Standing::Directory
            || matches!(
                self.machine.standing(self.world, parent),
                Standing::Missing | Standing::File
            )
    }

    /// Whether nothing says that the file is there: not the image, nor a test on this way.
    fn is_doubtful(&self, path: &str) -> bool {
        let is_device =
            path.starts_with("/dev/") || path.starts_with("/proc/") || path.starts_with("/sys/");
        !is_device
            && matches!(self.image_file(path), Found::Unknown(_))
            && !self.was_tested(path, path)
            && !self.world.made(path, &self.machine.looked_at)
    }

    /// Ends a command whose redirections fail (measured: dash 0.5.12, busybox 1.35, bash 5.2).
    pub(super) fn redirection_failed(&mut self) -> Attempt<()> {
        self.finish(Status::Known(match self.shell.facts.family {
            ShellFamily::Dash => 2,
            _ => 1,
        }))
    }

    /// Redirections around a compound command: applied to the shell, the former streams returned.
    pub(super) fn redirect_compound(
        &mut self,
        code: &Code,
        redirects: &[Redirect],
    ) -> Attempt<Option<(Input, Output)>> {
        let streams = self.streams(code, redirects, Redirected::Shell)?;
        if streams.failed {
            return Ok(None);
        }
        let process = self.world.process_mut(self.pid);
        let saved = (
            std::mem::replace(&mut process.input, streams.input),
            std::mem::replace(&mut process.output, streams.output),
        );
        Ok(Some(saved))
    }
}
