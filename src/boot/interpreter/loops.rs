//! Loops: `while`, `until`, `for`.
//!
//! In: a loop whose round begins or ends. Out: another round, its end, or a world that goes round for ever.

use super::expand::is_glob;
use super::step::{Attempt, Progress, Turn};
use super::{Code, State, Stored};
use crate::boot::fact::FactKind;
use crate::boot::value::{Field, Piece};
use crate::boot::world::{Body, Question, Status};
use crate::shell::{Compound, Kind};

/// Rounds of a loop whose condition is not decided that are looked at: none, one, and two.
const UNDECIDED_ROUNDS: u32 = 1;

/// Rounds of a loop that sleeps and asks something outside in each: what it waits for happens some day.
const ASKED_ROUNDS: u32 = 5;

/// Rounds that stand for all but the last one of a loop that counts while it waits: it sleeps, and asks something
/// outside in each.
const COUNTED_ROUNDS: u32 = 2;

/// Whether a command in the code is `sleep`.
fn sleeps(code: &Code) -> bool {
    let around = &code.script.node(code.node).range;
    code.script.nodes.iter().any(|node| {
        around.contains(&node.range.start)
            && matches!(&node.kind, Kind::Simple(simple) if simple.words.first()
                .and_then(|word| word.constant(false)).is_some_and(|word| word == "sleep"))
    })
}

impl Turn<'_, '_> {
    pub(super) fn while_loop(&mut self, code: Code) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::Compound(
            Compound::While {
                until,
                condition,
                body,
            },
            _,
        ) = &script.node(code.node).kind
        else {
            return self.pop();
        };
        let State::While(mut state) = self.top().state.clone() else {
            return self.pop();
        };
        if state.in_body || state.rounds == 0 {
            if state.rounds > 0 && self.round_repeats(&mut state) {
                if let Some(end) = self.end_by_time() {
                    self.world.process_mut(self.pid).body = Body::Idle(Some(end));
                    self.gone = true;
                    return Ok(());
                }
                self.top().state = State::While(state);
                return Err(Progress::Blocked);
            }
            if state.rounds > 0 {
                self.world.may_come_back();
                self.world.begin_round();
            }
            state.in_body = false;
            state.rounds += 1;
            if state.rounds > self.machine.limits.rounds {
                return self.too_many_rounds(&code);
            }
            self.top().state = State::While(state);
            self.push(code.at(*condition), false);
            return Ok(());
        }
        let was_open = self.shell.status.success().is_none();
        if was_open {
            self.note_wait_loop(&code, *condition);
        }
        let asked = state.asked_rounds(self.world.trail.len());
        if was_open && state.drift.is_some() {
            // It ends some day by what it counts, and nobody can say whether that is past.
            return self.too_many_rounds(&code);
        }
        if (was_open && state.undecided >= UNDECIDED_ROUNDS)
            || (asked > ASKED_ROUNDS && sleeps(&code))
        {
            // A wait loop ends some day: the steady state lies behind it.
            self.shell.status = Status::SUCCESS;
            return self.pop();
        }
        let yes = self.decide_status()?;
        self.shell.check_failure = false;
        if was_open {
            state.undecided += 1;
        }
        if yes == *until {
            self.shell.status = Status::SUCCESS;
            return self.pop();
        }
        state.in_body = true;
        self.top().state = State::While(state);
        self.push(code.at(*body), false);
        Ok(())
    }

    /// Notes a loop that sleeps until something outside has happened, while PID 1 is deaf.
    fn note_wait_loop(&mut self, code: &Code, condition: crate::shell::NodeId) {
        let signal = self.machine.stop_signal.get();
        let deaf = match self.pid {
            // The shell that takes a step is not in the table.
            1 => !self.shell.catches(signal),
            _ => self.world.is_deaf_to(signal),
        };
        if deaf && sleeps(code) {
            let command = code.at(condition).text().to_owned();
            self.note(FactKind::Preparation { command }, Some(code.span()));
        }
    }

    pub(super) fn for_loop(&mut self, code: Code) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::Compound(Compound::For { name, body, .. }, _) = &script.node(code.node).kind
        else {
            return self.pop();
        };
        let (choices, processes) = (self.world.trail.len(), self.world.processes.len());
        let State::For(words, next, asked) = &mut self.top().state else {
            return self.pop();
        };
        let asked = asked.count(*next as u32, choices, processes);
        if asked >= COUNTED_ROUNDS && sleeps(&code) && words.iter().all(is_number) {
            *next = (*next).max(words.len().saturating_sub(1));
        }
        let Some(mut word) = words.get(*next).cloned() else {
            return self.pop();
        };
        *next += 1;
        if *next > self.machine.limits.words {
            let span = code.span();
            self.world
                .miss("limit", "a loop runs too often to be followed", Some(span));
            return self.pop();
        }
        if word.open {
            // Unknown words: the body may run or not; once is taken to stand for all.
            let question = Question::new(
                format!("`{}` has something in it", word.value.display()),
                format!("`{}` is empty", word.value.display()),
                Some(code.span()),
            );
            if let State::For(_, next, _) = &mut self.top().state {
                *next -= 1;
            }
            let yes = self.decide(&Status::Unknown(question.into()))?;
            if let State::For(_, next, _) = &mut self.top().state {
                *next += 1;
            }
            if !yes {
                // A pattern that nothing matches stays as it is.
                let Some(pattern) = unmatched(&word).filter(|_| !self.shell.options.nullglob)
                else {
                    return Ok(());
                };
                word = Field::text(pattern);
            }
        }
        if self.shell.is_read_only(name) {
            // bash in POSIX mode ends like dash and busybox; bash does not begin the loop (measured).
            return self.special_builtin_error(format!("`{name}` is read-only"), Some(code.span()));
        }
        self.shell.set(name, Stored::Text(word.value));
        self.world.begin_round();
        if sleeps(&code) {
            self.world.may_come_back();
        }
        self.push(code.at(*body), false);
        Ok(())
    }

    pub(super) fn for_arithmetic(&mut self, code: Code) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::Compound(Compound::ForArithmetic { parts, body }, _) =
            &script.node(code.node).kind
        else {
            return self.pop();
        };
        let (choices, processes) = (self.world.trail.len(), self.world.processes.len());
        let State::ForArithmetic(rounds, asked) = &mut self.top().state else {
            return self.pop();
        };
        let rounds = *rounds;
        let asked = asked.count(rounds, choices, processes);
        if rounds == 0 {
            self.expand(&code, |expansion| expansion.arithmetic(&parts[0]))?;
        } else {
            self.expand(&code, |expansion| expansion.arithmetic(&parts[2]))?;
        }
        let endless = parts[1].parts.is_empty();
        let value = self
            .expand(&code, |expansion| expansion.arithmetic(&parts[1]))?
            .known();
        let goes_on = endless || value.as_deref() != Some("0");
        if !goes_on || (value.is_none() && rounds >= 2) {
            return self.pop();
        }
        if rounds > self.machine.limits.rounds || (endless && rounds > 3) {
            self.goes_round(0, self.world.trail.len());
            if rounds > self.machine.limits.rounds {
                let span = code.span();
                self.world
                    .miss("limit", "a loop runs too often to be followed", Some(span));
                return self.pop();
            }
        }
        if let State::ForArithmetic(rounds, _) = &mut self.top().state {
            *rounds += 1;
        }
        self.world.begin_round();
        let sleeps = sleeps(&code);
        if sleeps {
            self.world.may_come_back();
        }
        if asked < COUNTED_ROUNDS || !sleeps {
            self.push(code.at(*body), false);
        }
        Ok(())
    }
}

/// The pattern of which it is not known what it matches.
pub(in crate::boot) fn unmatched(word: &Field) -> Option<&str> {
    match word.value.pieces() {
        [Piece::Unknown(name)] if is_glob(name) && !name.contains(['$', '`', ' ']) => Some(name),
        _ => None,
    }
}

fn is_number(word: &Field) -> bool {
    word.known().is_some_and(|text| text.parse::<i64>().is_ok())
}
