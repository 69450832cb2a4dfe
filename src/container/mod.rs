//! What the runtime starts: the argv of PID 1 and all that surrounds it.
//!
//! In: an [`Image`] and [`Overrides`]. Out: a [`Container`]. A Dockerfile alone is the case with no
//! overrides. Does not look at what the argv names.

use std::sync::Arc;
use std::time::Duration;

use crate::image::{Image, Setting};
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
