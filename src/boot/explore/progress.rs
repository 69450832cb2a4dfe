//! How far a way has come, in the order of the scripts' text.
//!
//! In: a world. Out: a list of numbers; a way with the smaller list may still come to where the other one is. Ways are
//! joined best when those that are behind go on first.

use crate::boot::interpreter::{Shell, State};
use crate::boot::world::{Body, World};

/// How far the shells of a world are, PID 1's first, and how many steps it has taken.
pub(super) fn progress(world: &World) -> Vec<u32> {
    let mut found = Vec::new();
    for process in world.processes.values() {
        if let Body::Shell(shell) = &process.body {
            found.push(process.scripts.len() as u32);
            add_shell(shell, &mut found);
        }
    }
    found.push(world.steps);
    found
}

fn add_shell(shell: &Shell, found: &mut Vec<u32>) {
    for frame in &shell.frames {
        match &frame.state {
            State::Start => found.push(0),
            State::List(next) | State::AndOr(next) | State::For(_, next, _) => {
                found.push(*next as u32);
            }
            State::If(arm, in_body) => found.push(2 * *arm as u32 + u32::from(*in_body)),
            State::While(round) => found.push(2 * round.rounds + u32::from(round.in_body)),
            State::ForArithmetic(rounds, _) => found.push(*rounds),
            State::Case(_, arm, pattern) => found.extend([*arm as u32, *pattern as u32]),
            _ => found.push(1),
        }
        found.push(frame.results.len() as u32);
    }
}
