//! Pipes, captures and named pipes: who writes to them, who reads, and whether more may come.

use std::rc::Rc;

use super::value::{Piece, Value};
use super::world::{Body, Output, World};

impl World {
    /// A pipe or capture that nothing has been written to.
    pub(crate) fn new_stream(&mut self) -> usize {
        self.streams.push(Value::default());
        self.streams.len() - 1
    }

    /// Makes a named pipe.
    pub(crate) fn make_fifo(&mut self, path: String) {
        let stream = self.new_stream();
        Rc::make_mut(&mut self.fifos).make(path, stream);
    }

    /// The stream behind a named pipe that is opened for writing.
    pub(crate) fn fifo_to_write(&mut self, path: &str) -> Option<usize> {
        let stream = self.fifos.stream(path)?;
        Rc::make_mut(&mut self.fifos).open_for_writing(path);
        Some(stream)
    }

    /// The next line of a named pipe that somebody still has open, if a whole one was written.
    pub(crate) fn has_line(&self, stream: usize) -> bool {
        self.fifos.has(stream)
            && matches!(self.streams[stream].pieces(), [Piece::Text(text)] if text.contains('\n'))
    }

    /// Takes that line.
    pub(crate) fn take_line(&mut self, stream: usize) -> Value {
        let text = self.streams[stream].known().unwrap_or_default();
        let (line, rest) = text.split_once('\n').unwrap_or((&text, ""));
        self.streams[stream] = Value::text(rest);
        Value::text(format!("{line}\n"))
    }

    /// What was written to a stream that nobody writes to any more. A named pipe is then as it was before somebody
    /// opened it.
    pub(crate) fn drain(&mut self, stream: usize) -> Value {
        if self.fifos.has(stream) {
            Rc::make_mut(&mut self.fifos).end(stream);
        }
        std::mem::take(&mut self.streams[stream])
    }

    /// Whether some running process still writes to the stream, or somebody has yet to open it.
    pub(crate) fn stream_is_open(&self, stream: usize) -> bool {
        self.fifos.waits_for_writer(stream) || self.processes.values().any(|process| {
            !matches!(process.body, Body::Ended(_))
                && (process.output == Output::Stream(stream)
                    || matches!(&process.body, Body::Shell(shell) if shell.holds_stream(stream)))
        })
    }

    /// Writes to wherever the process's output goes.
    pub(crate) fn write(&mut self, output: &Output, text: &Value) {
        match output {
            Output::Elsewhere => {}
            Output::Stream(stream) => self.streams[*stream].append(text),
            Output::File(path) => {
                Rc::make_mut(&mut self.files).append(path, text);
            }
        }
    }
}
