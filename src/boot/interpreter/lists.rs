//! Lists: `a; b`, `a & b`, `a && b || c`.

use std::rc::Rc;

use super::step::{Attempt, Turn};
use super::{Code, State};
use crate::knowledge::ShellFamily;
use crate::shell::{AndOr, Kind, Redirect, RedirectOperator, Separator};

impl Turn<'_, '_> {
    /// The next item of a list.
    pub(super) fn list(&mut self, code: Code, next: usize) -> Attempt<()> {
        let script = Rc::clone(&code.script);
        let Kind::List(items) = &script.node(code.node).kind else {
            return self.pop();
        };
        let Some(item) = items.get(next) else {
            return self.pop();
        };
        self.top().state = State::List(next + 1);
        let inner = code.at(item.node);
        if item.end == Separator::Background || self.redirects_both_in_background(&inner) {
            self.background(&inner);
            return Ok(());
        }
        let tail = self.list_tail(&code, items, next);
        self.push(inner, tail);
        Ok(())
    }

    /// Whether a command ends in `&>file`, and the shell reads that as `&` and `>file`.
    fn redirects_both_in_background(&self, code: &Code) -> bool {
        // busybox has `&>file`, and not `&>>file`.
        let unknown: &[RedirectOperator] = match self.shell.facts.family {
            ShellFamily::Bash => return false,
            ShellFamily::Ash => &[RedirectOperator::AppendBoth],
            ShellFamily::Dash => &[RedirectOperator::WriteBoth, RedirectOperator::AppendBoth],
        };
        let script = &code.script;
        let mut node = code.node;
        loop {
            let redirects = match &script.node(node).kind {
                Kind::AndOr { first, rest } => {
                    node = rest.last().map_or(*first, |(_, last)| *last);
                    continue;
                }
                Kind::Pipeline { parts, .. } => match parts.last() {
                    Some(last) => {
                        node = *last;
                        continue;
                    }
                    None => return false,
                },
                Kind::Simple(simple) => &simple.redirects,
                Kind::Compound(_, redirects) => redirects,
                _ => return false,
            };
            let text = script.text.text();
            let begins_with_and = |redirect: &Redirect| {
                let at = redirect.range.start;
                text.get(at..).is_some_and(|rest| rest.starts_with("&>"))
            };
            return redirects
                .iter()
                .any(|redirect| unknown.contains(&redirect.operator) && begins_with_and(redirect));
        }
    }

    /// The next part of an and-or list.
    pub(super) fn and_or(&mut self, code: Code, begun: usize) -> Attempt<()> {
        let script = Rc::clone(&code.script);
        let Kind::AndOr { first, rest } = &script.node(code.node).kind else {
            return self.pop();
        };
        if begun == 0 {
            self.top().state = State::AndOr(1);
            self.push(code.at(*first), false);
            return Ok(());
        }
        let mut index = begun - 1;
        // Parts whose operator does not want them are skipped.
        while let Some((operator, _)) = rest.get(index) {
            let yes = self.decide_status()?;
            if yes == (*operator == AndOr::And) {
                break;
            }
            index += 1;
        }
        let Some((_, part)) = rest.get(index) else {
            self.shell.check_failure = false;
            return self.pop();
        };
        let is_last = index + 1 == rest.len();
        let tail = is_last && self.and_or_tail(&code, *part);
        self.shell.check_failure = false;
        // The last part's failure counts for `set -e`: it is begun one beyond the rest.
        self.top().state = State::AndOr(if is_last { rest.len() + 1 } else { index + 2 });
        self.push(code.at(*part), tail);
        if is_last {
            // Nothing remains to be decided after it.
            let last = self.shell.frames.len() - 2;
            self.shell.frames[last].state = State::AndOr(usize::MAX);
        }
        Ok(())
    }
}
