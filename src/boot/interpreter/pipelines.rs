//! Pipelines in the foreground, and commands with `!` or `time` before them.

use std::rc::Rc;

use super::redirect::Redirected;
use super::simple::drop_empty_settings;
use super::step::{Attempt, Turn};
use super::{Code, Foreground, Frame, State};
use crate::boot::value::Field;
use crate::boot::world::{Environment, Input, Status};
use crate::knowledge::Feature;
use crate::shell::{Kind, NodeId};

impl Turn<'_, '_> {
    /// Begins a pipeline, or a command with `!` or `time` before it.
    pub(super) fn pipeline(
        &mut self,
        code: &Code,
        negated: bool,
        timed: bool,
        parts: &[NodeId],
    ) -> Attempt<()> {
        if timed && !self.shell.facts.has(Feature::Time) {
            return self.external_time(code, parts);
        }
        if let [only] = parts {
            let inner = code.at(*only);
            if negated {
                self.top().state = State::Negate;
            } else {
                self.pop()?;
            }
            self.push(inner, false);
            return Ok(());
        }
        if negated {
            // Its parts are copies that are made in a condition.
            self.top().state = State::Negate;
        }
        let last_here = self.shell.options.lastpipe && !self.shell.options.monitor;
        let mut pids = Vec::new();
        let mut input: Option<usize> = None;
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            if is_last && last_here {
                break;
            }
            let output = (!is_last).then(|| self.world.new_stream());
            let pid = self.fork_part(&code.at(*part), input, output);
            pids.push(pid);
            input = output;
        }
        let ended = vec![None; pids.len()];
        let pipefail = self.shell.options.pipefail;
        if last_here {
            let process = self.world.process_mut(self.pid);
            let read = input.map_or(process.input.clone(), Input::Pipe);
            let saved = (
                std::mem::replace(&mut process.input, read),
                process.output.clone(),
            );
            if negated {
                self.push_state(code.clone(), false, State::Restore(Box::new(saved)));
            } else {
                self.top().state = State::Restore(Box::new(saved));
            }
            self.push(code.at(parts[parts.len() - 1]), false);
            return Ok(());
        }
        let waiting = State::Foreground(Box::new(Foreground {
            pids,
            ended,
            pipefail,
        }));
        if negated {
            self.push_state(code.clone(), false, waiting);
        } else {
            self.top().state = waiting;
        }
        Ok(())
    }

    /// `time command` where `time` is no reserved word: the program of that name.
    fn external_time(&mut self, code: &Code, parts: &[NodeId]) -> Attempt<()> {
        let [only] = parts else {
            let span = Some(code.span());
            self.world.miss("syntax", "`time` before a pipeline", span);
            return self.finish(Status::SUCCESS);
        };
        let inner = code.at(*only);
        let script = Rc::clone(&inner.script);
        let Kind::Simple(simple) = &script.node(inner.node).kind else {
            self.start_up_breaks(
                "`time` is no reserved word of this shell".into(),
                Some(code.span()),
            );
            self.exit(Status::Known(2));
            return Ok(());
        };
        let mut words = self.words(&inner, &simple.words)?;
        drop_empty_settings(&mut words);
        let streams = self.streams(&inner, &simple.redirects, Redirected::Program)?;
        words.insert(0, Field::text("time"));
        self.external(code, words, Environment::new(), streams)
    }

    /// After a command with `!` before it.
    pub(super) fn negate(&mut self) -> Attempt<()> {
        if self.shell.status.success().is_none()
            && self.shell.frames.iter().all(|frame| !is_condition(frame))
        {
            // Nobody looks at the status of `! command` here.
            return self.pop();
        }
        let yes = self.decide_status()?;
        self.shell.status = Status::Known(i32::from(yes));
        self.shell.check_failure = false;
        self.pop()
    }
}

/// Whether somebody may look at the status of what runs in the frame.
fn is_condition(frame: &Frame) -> bool {
    matches!(
        frame.state,
        State::If(..) | State::While(_) | State::AndOr(_) | State::Function(_)
    )
}
