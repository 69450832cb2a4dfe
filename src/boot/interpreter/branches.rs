//! `if` and `case`.

use std::rc::Rc;

use super::conditions;
use super::expand::Expansion;
use super::step::{Attempt, Turn};
use super::{Code, State};
use crate::boot::world::Status;
use crate::shell::{ArmEnd, Compound, Kind};

impl Turn<'_, '_> {
    /// `if`, after a condition or a body of it has run.
    pub(super) fn conditional(&mut self, code: Code, arm: usize, in_body: bool) -> Attempt<()> {
        let script = Rc::clone(&code.script);
        let Kind::Compound(Compound::If { arms, otherwise }, _) = &script.node(code.node).kind
        else {
            return self.pop();
        };
        if in_body {
            self.shell.check_failure = false;
            return self.pop();
        }
        let tail = self.top().tail && self.passes_tail();
        // An arm number beyond the condition that was just run means that it has been run.
        let yes = self.decide_status()?;
        self.shell.check_failure = false;
        if yes {
            self.top().state = State::If(arm, true);
            self.push(code.at(arms[arm].1), tail);
        } else if let Some((condition, _)) = arms.get(arm + 1) {
            self.top().state = State::If(arm + 1, false);
            self.push(code.at(*condition), false);
        } else if let Some(otherwise) = otherwise {
            self.top().state = State::If(arm, true);
            self.push(code.at(*otherwise), tail);
        } else {
            self.shell.status = Status::SUCCESS;
            return self.pop();
        }
        Ok(())
    }

    /// `case`: the next pattern, or the end of an arm.
    pub(super) fn case(&mut self, code: Code) -> Attempt<()> {
        let script = Rc::clone(&code.script);
        let Kind::Compound(
            Compound::Case {
                word: written,
                arms,
            },
            _,
        ) = &script.node(code.node).kind
        else {
            return self.pop();
        };
        let State::Case(word, arm, pattern) = self.top().state.clone() else {
            return self.pop();
        };
        let Some(current) = arms.get(arm) else {
            self.shell.status = Status::SUCCESS;
            return self.pop();
        };
        if pattern == usize::MAX {
            // The body has run.
            return match current.end {
                ArmEnd::Leave => self.pop(),
                ArmEnd::FallThrough => {
                    let Some(next) = arms.get(arm + 1) else {
                        return self.pop();
                    };
                    self.top().state = State::Case(word, arm + 1, usize::MAX);
                    self.push(code.at(next.body), false);
                    Ok(())
                }
                ArmEnd::TryNext => {
                    self.top().state = State::Case(word, arm + 1, 0);
                    Ok(())
                }
            };
        }
        let Some(tried) = current.patterns.get(pattern) else {
            self.top().state = State::Case(word, arm + 1, 0);
            return Ok(());
        };
        let (pieces, shown) = self.expand(&code, |expansion: &mut Expansion| {
            Ok((expansion.pattern(tried)?, expansion.source_text(tried)))
        })?;
        let written = code.script.span(written.range.clone());
        let answer = {
            let context = self.condition_context(Some(written));
            conditions::matches(&context, &word, pieces.as_deref(), &shown)
        };
        self.top().results.clear();
        if self.decide(&answer.status())? {
            let tail = self.top().tail && self.passes_tail();
            self.top().state = State::Case(word, arm, usize::MAX);
            self.shell.status = Status::SUCCESS;
            self.push(code.at(current.body), tail);
        } else {
            self.top().state = State::Case(word, arm, pattern + 1);
        }
        Ok(())
    }
}
