//! The two streams. The only place that prints.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};

use super::arguments::Color;
use super::{COULD_NOT_RUN, FINE};
use crate::source::system_says;

/// Standard output for results and standard error for news, coloured where that is wanted.
pub(super) struct Output {
    color: ColorChoice,
    quiet: bool,
    status: u8,
}

impl Output {
    pub(super) fn new(color: Color, quiet: bool) -> Output {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Output {
            color,
            quiet,
            status: FINE,
        }
    }

    /// Writes a result. A reader that has gone away is not an error.
    pub(super) fn result(&mut self, text: &str) {
        let stdout = io::stdout();
        let mut stream = AutoStream::new(stdout.lock(), self.color);
        let written = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.error(&format!(
                    "writing to standard output: {}",
                    system_says(&error)
                ));
                self.status = COULD_NOT_RUN;
            }
            _ => {}
        }
    }

    /// Whether news of the run are not wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says something about the run.
    pub(super) fn news(&mut self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Says what could not be done.
    pub(super) fn error(&mut self, text: &str) {
        let style = clap::builder::styling::AnsiColor::Red.on_default().bold();
        self.line(&format!("{style}error{style:#}: {text}"));
    }

    /// The status that writing alone calls for.
    pub(super) fn finish(self) -> u8 {
        self.status
    }

    fn line(&mut self, text: &str) {
        let stderr = io::stderr();
        let mut stream = AutoStream::new(stderr.lock(), self.color);
        // When standard error is gone there is nobody left to tell.
        let _ = writeln!(stream, "{text}");
    }
}

/// How many files are done, on a terminal and when it takes long.
pub(super) struct Progress {
    total: usize,
    done: AtomicUsize,
    start: Instant,
    is_wanted: bool,
}

/// Until then nothing is shown.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    pub(super) fn new(total: usize, output: &Output) -> Progress {
        Progress {
            total,
            done: AtomicUsize::new(0),
            start: Instant::now(),
            is_wanted: !output.quiet && io::stderr().is_terminal(),
        }
    }

    /// Counts a file.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.is_wanted && self.start.elapsed() > PATIENCE {
            // Nobody is harmed when it cannot be shown.
            let _ = write!(io::stderr(), "\r{done} of {} files", self.total);
        }
    }

    /// Takes the line away again.
    pub(super) fn finish(&self) {
        if self.is_wanted && self.start.elapsed() > PATIENCE {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
