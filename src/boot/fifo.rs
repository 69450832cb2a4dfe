//! Named pipes that a start-up makes with `mkfifo`.
//!
//! In: paths, and who opens them. Out: the streams behind them, and whether a reader has to wait. Who reads an empty
//! pipe waits until somebody writes, and its end is there when the last writer has closed it (fifo(7)).

use std::collections::BTreeMap;

/// The named pipes of a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fifos {
    by_path: BTreeMap<String, Fifo>,
}

/// A named pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fifo {
    /// What is written to it.
    pub stream: usize,
    /// Whether a writer has come: until then who reads waits for one.
    is_written: bool,
    /// Whether a shell has it open for reading and for writing (`exec 3<> pipe`), so that its end never comes.
    is_kept: bool,
}

impl Fifos {
    /// Makes a named pipe in front of a stream; what stands there stays.
    pub(crate) fn make(&mut self, path: String, stream: usize) {
        let fifo = Fifo {
            stream,
            is_written: false,
            is_kept: false,
        };
        self.by_path.entry(path).or_insert(fifo);
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Where they stand.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// The stream behind a named pipe.
    pub(crate) fn stream(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).map(|fifo| fifo.stream)
    }

    /// Somebody opens it for writing.
    pub(crate) fn open_for_writing(&mut self, path: &str) {
        if let Some(fifo) = self.by_path.get_mut(path) {
            fifo.is_written = true;
        }
    }

    /// A shell opens it for both.
    pub(crate) fn open_for_both(&mut self, path: &str) {
        if let Some(fifo) = self.by_path.get_mut(path) {
            fifo.is_kept = true;
        }
    }

    /// The last writer has gone, and all was read: the next reader waits for another one.
    pub(crate) fn end(&mut self, stream: usize) {
        let mut fifos = self.by_path.values_mut();
        if let Some(fifo) = fifos.find(|fifo| fifo.stream == stream) {
            fifo.is_written = false;
        }
    }

    /// Whether there is a pipe in front of the stream.
    pub(crate) fn has(&self, stream: usize) -> bool {
        self.by_path.values().any(|fifo| fifo.stream == stream)
    }

    /// Whether a reader of the stream has to wait, whoever else has it open.
    pub(crate) fn waits_for_writer(&self, stream: usize) -> bool {
        let mut fifos = self.by_path.values();
        fifos.any(|fifo| fifo.stream == stream && (fifo.is_kept || !fifo.is_written))
    }

    /// The pipes by their paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Fifo)> {
        self.by_path.iter()
    }
}
