//! What the runtime starts: the argv of PID 1 and all that surrounds it.
//!
//! In: an [`Image`] and [`Overrides`]. Out: a [`Container`]. A Dockerfile alone is the case with no
//! overrides. Does not look at what the argv names.

use std::sync::Arc;
use std::time::Duration;

use crate::image::{Command, Image, Origin, Setting};
use crate::knowledge::Signal;
use crate::source::{Known, Mapped};

/// What a user or a platform sets over the image.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Another ENTRYPOINT (drops the image's CMD).
    pub entrypoint: Option<Vec<Mapped>>,
    /// Another CMD.
    pub cmd: Option<Vec<Mapped>>,
    /// More environment.
    pub environment: Vec<(String, String)>,
    /// `docker run --init`: tini is PID 1.
    pub init: bool,
    /// Another stop signal.
    pub stop_signal: Option<Signal>,
    /// Time from the stop signal to SIGKILL; 10 s by default, as in docker.
    pub grace: Option<Duration>,
}

/// A container about to start.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its image, the environment of the overrides merged in.
    pub image: Arc<Image>,
    /// ENTRYPOINT ++ CMD; `Known(None)` when there is neither.
    pub argv: Known<Option<Vec<Mapped>>>,
    /// Of those words, how many come from ENTRYPOINT (the shell's prefix included).
    pub entrypoint_words: usize,
    /// Whether an init of the runtime stands before argv.
    pub init: bool,
    /// The stop signal.
    pub stop_signal: Setting<Signal>,
    /// Time from the stop signal to SIGKILL.
    pub grace: Duration,
}

/// Time from the stop signal to SIGKILL that docker gives.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(10);

impl Container {
    /// The container that an image and overrides give.
    ///
    /// Docker's rules: argv is ENTRYPOINT ++ CMD, always. Shell form means SHELL ++ `[text]`; so a shell-form
    /// CMD reaches an exec-form ENTRYPOINT as arguments, and the words of CMD are `$0 $1 …` of a shell-form
    /// ENTRYPOINT. Another ENTRYPOINT drops the image's CMD (`docker run --entrypoint`).
    pub fn new(image: Arc<Image>, overrides: &Overrides) -> Container {
        let exec = |words: &Vec<Mapped>| Known::Known(Some(Command::Exec(words.clone())));
        let entrypoint = match &overrides.entrypoint {
            Some(words) => exec(words),
            None => image.entrypoint.value.clone(),
        };
        let cmd = match (&overrides.cmd, &overrides.entrypoint) {
            (Some(words), _) => exec(words),
            (None, Some(_)) => Known::Known(None),
            (None, None) => image.cmd.value.clone(),
        };
        let (argv, entrypoint_words) = match (entrypoint, cmd) {
            (Known::Unknown(why), _) => (Known::Unknown(why), 0),
            (Known::Known(first), Known::Unknown(why)) => (Known::Unknown(why), words(first).len()),
            (Known::Known(first), Known::Known(second)) => {
                let mut argv = words(first);
                let entrypoint_words = argv.len();
                argv.extend(words(second));
                let argv = (!argv.is_empty()).then_some(argv);
                (Known::Known(argv), entrypoint_words)
            }
        };
        let stop_signal = match overrides.stop_signal {
            Some(signal) => Setting {
                value: Known::Known(signal),
                origin: Origin::Override,
            },
            None => image.stop_signal.clone(),
        };
        Container {
            image: with_environment(image, &overrides.environment),
            argv,
            entrypoint_words,
            init: overrides.init,
            stop_signal,
            grace: overrides.grace.unwrap_or(DEFAULT_GRACE),
        }
    }
}

fn words(command: Option<Command>) -> Vec<Mapped> {
    match command {
        None => Vec::new(),
        Some(Command::Exec(words)) => words,
        Some(Command::Shell(mut shell, text)) => {
            shell.push(text);
            shell
        }
    }
}

fn with_environment(image: Arc<Image>, environment: &[(String, String)]) -> Arc<Image> {
    if environment.is_empty() {
        return image;
    }
    let mut image = Image::clone(&image);
    for (name, value) in environment {
        let value = Known::Known(value.clone());
        let origin = Origin::Override;
        image
            .environment
            .insert(name.clone(), Setting { value, origin });
    }
    Arc::new(image)
}

#[cfg(test)]
mod tests;
