//! Steps of a chain that run a block: before the rest, or beside it.

use std::rc::Rc;

use super::words::{block, options};
use crate::boot::start::{Caller, Start, texts};
use crate::boot::value::Field;
use crate::boot::world::{Body, Child, Launcher, Pid, Status};
use crate::knowledge::{self, ChildGroup, Fork, Lifetime, OnSignal};

/// What is left to do after a block.
pub(super) enum Next {
    /// These words.
    Rest(Vec<Field>),
    /// Nothing: the process stays where it is, or has ended.
    Settled,
}

impl Start<'_, '_> {
    /// A block that runs beside the rest: `background`, and the other end of `pipeline`.
    pub(super) fn beside(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let (_, at) = options(words, "drw");
        let (inner, rest) = block(words, at)?;
        let child = self.fork_chain(inner);
        if let Some(process) = self.world.processes.get_mut(&child) {
            process.in_background = true;
        }
        Some(rest)
    }

    /// A block that runs first. A program that is known to run for long keeps the rest from starting.
    pub(super) fn first_block(&mut self, words: &[Field], name: &str) -> Option<Next> {
        let (_, at) = options(words, "Xntx:");
        let (inner, rest) = block(words, at)?;
        let child = self.fork_chain(inner);
        let body = self
            .world
            .process(child)
            .map(|process| process.body.clone());
        let is_long = match &body {
            Some(Body::Application(application)) => application.known.as_ref().map_or_else(
                || is_short(&rest),
                |program| program.lifetime == Lifetime::Long,
            ),
            Some(Body::Idle(None) | Body::Launcher(_)) => true,
            _ => false,
        };
        if is_long {
            let process = self.process();
            process.argv = words.to_vec();
            process.program = name.into();
            process.body = Body::Launcher(Box::new(parent_of(child)));
            return Some(Next::Settled);
        }
        self.world.processes.remove(&child);
        match (name, body) {
            ("if", Some(Body::Ended(Status::Known(status)))) if status != 0 => {
                self.process().argv = words.to_vec();
                self.end(Status::Known(1));
                Some(Next::Settled)
            }
            _ => Some(Next::Rest(rest)),
        }
    }

    fn fork_chain(&mut self, words: Vec<Field>) -> Pid {
        let child = self.world.fork(self.pid, ChildGroup::Same);
        let mut inner = Start {
            machine: self.machine,
            world: self.world,
            pid: child,
            depth: self.depth,
            problem: None,
            in_chain: true,
        };
        if let Err(failure) = inner.run(words, Caller::Execline) {
            inner.end(Status::Known(failure.status));
        }
        child
    }
}

/// Whether words start a command that soon ends: then the program before it is what the chain is for.
fn is_short(words: &[Field]) -> bool {
    let program = knowledge::program(&texts(words).each());
    program.is_some_and(|program| program.lifetime == Lifetime::Short)
}

/// A parent that waits for one child and does nothing about signals.
fn parent_of(child: Pid) -> Launcher {
    Launcher {
        fork: Rc::new(Fork {
            on_signal: Vec::new(),
            otherwise: OnSignal::Default,
            group: ChildGroup::Same,
            reaps: false,
        }),
        children: vec![Child {
            pid: child,
            stop: None,
            told: false,
        }],
        next: Vec::new(),
        alternatives: Vec::new(),
        supervises: false,
        others: None,
        one_by_one: None,
        stops_next: None,
        leaves_at: None,
        kills: Vec::new(),
        waits_for_tree: false,
        stays: false,
        relays: false,
    }
}
