//! Rounds of a loop that are alike: the loop goes on for ever.
//!
//! In: the world at the beginning of a round. Out: whether it was so in an earlier one. What a keep-alive loop counts is
//! no difference once it has gone round often; whether it is asked for is seen then.

use std::rc::Rc;

use super::frame::Drift;
use super::step::{Attempt, Turn};
use super::{Code, Loop, Stored};
use crate::boot::start::is_soon;
use crate::boot::value::Value;
use crate::boot::world::{Millis, SteadyLoop};

/// Rounds of a loop that sleeps after which what it counts is taken for any number: more than the 60 tries of most loops
/// that wait for something.
const COUNTED_FOR_SURE: u32 = 65;

impl Turn<'_, '_> {
    /// Whether the world at the beginning of this round has been seen before in this loop. Then the
    /// loop goes on for ever; without time passing, it spins.
    pub(super) fn round_repeats(&mut self, state: &mut Loop) -> bool {
        self.level(state);
        let hash = self
            .world
            .loop_hash(self.pid, &self.shell, &self.machine.looked_at);
        let choices = self.world.trail.len();
        let now = (hash, self.world.clock, self.world.steps, choices);
        if let Some((_, clock, steps, choices)) = state
            .seen
            .iter()
            .find(|(known, ..)| *known == hash)
            .copied()
        {
            if self.end_by_time().is_some() {
                return true;
            }
            self.goes_round(steps, choices);
            // Time passes in each round: one more round is run, in which the world is steady.
            return clock == self.world.clock;
        }
        state.seen.push(now);
        false
    }

    /// When the `timeout` that the shell runs under ends it, if that is soon.
    pub(super) fn end_by_time(&self) -> Option<Millis> {
        let process = self.world.process(self.pid)?;
        let clock = self.world.clock;
        process.ends_by.filter(|end| is_soon(*end, clock))
    }

    /// Notes that the innermost frame is a loop that will not change any more.
    pub(super) fn goes_round(&mut self, steps: u32, choices: usize) {
        self.world.steady_loop = Some(SteadyLoop {
            shell: self.pid,
            frame: self.shell.frames.len().saturating_sub(1),
            steps,
            choices,
        });
    }

    /// Puts anything for what a loop changes in each of its rounds, when time has passed in many of them.
    fn level(&mut self, state: &mut Loop) {
        let begun = state.seen.first().map(|(_, clock, ..)| *clock);
        if state.rounds < COUNTED_FOR_SURE || begun.is_none_or(|clock| clock == self.world.clock) {
            return;
        }
        let Some(drift) = &mut state.drift else {
            state.drift = Some(Drift {
                variables: Rc::clone(&self.shell.variables),
                files: Rc::clone(&self.world.files),
                changed: Default::default(),
            });
            return;
        };
        let is_pid = |value: &Option<Stored>| {
            let Some(Stored::Text(value)) = value else {
                return false;
            };
            let pid = value.known().and_then(|text| text.parse().ok());
            pid.is_some() && pid == self.shell.last_background
        };
        for (name, variable) in self.shell.variables.iter() {
            let same = drift.variables.get(name) == Some(variable);
            if !same && !variable.read_only && !is_pid(&variable.value) {
                drift.changed.insert(Rc::clone(name));
            }
        }
        for name in &drift.changed {
            let any = Value::unknown(format!("${name}#{COUNTED_FOR_SURE}"));
            self.shell.set(name, Stored::Text(any));
        }
        for path in drift.files.differing(&self.world.files) {
            if self.world.files.text(&path).is_some() {
                let is_there = self.world.files.is_there(&path);
                let any = Value::unknown(format!("$(cat {path})#{COUNTED_FOR_SURE}"));
                Rc::make_mut(&mut self.world.files).blur(&path, any, is_there);
            }
        }
    }

    /// The loop is left, and nobody can say when that is.
    pub(super) fn too_many_rounds(&mut self, code: &Code) -> Attempt<()> {
        let span = code.span();
        self.world
            .miss("limit", "a loop runs too often to be followed", Some(span));
        self.pop()
    }
}
