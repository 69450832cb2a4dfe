//! Children that are waited for: foreground commands, pipelines, and command substitutions.

use super::step::{Attempt, Progress, Turn};
use super::{Foreground, Frame, State};
use crate::boot::world::{Body, Pid, Status};
use crate::knowledge::Signal;

impl Turn<'_, '_> {
    /// One step of a shell that waits for a foreground command.
    pub(super) fn foreground(&mut self) -> Attempt<()> {
        let Some(Frame {
            state: State::Foreground(waited),
            ..
        }) = self.shell.frames.last().cloned()
        else {
            return Ok(());
        };
        let mut waited = *waited;
        let mut still_running = false;
        for index in 0..waited.pids.len() {
            if waited.ended[index].is_none() {
                match self.reap(waited.pids[index]) {
                    Some(status) => waited.ended[index] = Some(status),
                    None => still_running = true,
                }
            }
        }
        if still_running {
            let changed = matches!(&self.top().state, State::Foreground(before) if before.ended != waited.ended);
            self.top().state = State::Foreground(Box::new(waited));
            return if changed {
                Ok(())
            } else {
                Err(Progress::Blocked)
            };
        }
        self.shell.notice_ends(self.world);
        let status = pipeline_status(&waited);
        if self.shell.interrupted {
            self.shell.interrupted = false;
            let interrupt = Status::of_signal(Signal::INT);
            if self.shell.facts.interrupt_ends_wait {
                self.exit(interrupt);
                return Ok(());
            }
            if status == interrupt && self.pid != 1 {
                self.exit(status);
                return Ok(());
            }
        }
        // What ends after the stop signal is still asked about.
        if self.world.stopped_at.is_none() {
            for pid in &waited.pids {
                self.world.processes.remove(pid);
            }
        }
        self.finish(status)
    }

    /// One step of a shell that waits for a command substitution.
    pub(super) fn capture(&mut self, pid: Pid, stream: usize) -> Attempt<()> {
        let Some(status) = self.reap(pid) else {
            return Err(Progress::Blocked);
        };
        if self.world.stream_is_open(stream) {
            // Something in the background still holds the pipe: the substitution goes on waiting.
            self.world.process_mut(pid).body = Body::Ended(status);
            return Err(Progress::Blocked);
        }
        self.shell.notice_ends(self.world);
        let value = self.world.streams[stream].without_trailing_newlines();
        self.shell.status = status;
        let node = self.top().code.node;
        self.shell.frames.pop();
        self.world.processes.remove(&pid);
        // The newest stream is the last; nobody else holds it any more.
        if stream + 1 == self.world.streams.len() {
            self.world.streams.pop();
        }
        self.top().results.push((node, value));
        Ok(())
    }

    /// The status of an ended child, which is then removed; `None` while it runs.
    pub(super) fn reap(&mut self, pid: Pid) -> Option<Status> {
        match self.world.process(pid).map(|process| &process.body) {
            None => Some(Status::SUCCESS),
            Some(Body::Ended(status)) => Some(status.clone()),
            Some(_) => None,
        }
    }
}

fn pipeline_status(waited: &Foreground) -> Status {
    let last = waited
        .ended
        .last()
        .cloned()
        .flatten()
        .unwrap_or(Status::SUCCESS);
    if waited.pipefail {
        let failed = waited
            .ended
            .iter()
            .rev()
            .flatten()
            .find(|status| matches!(status, Status::Known(1..)));
        if let Some(status) = failed {
            return status.clone();
        }
        if let Some(status) = waited
            .ended
            .iter()
            .flatten()
            .find(|status| status.success().is_none())
        {
            return status.clone();
        }
    }
    last
}
