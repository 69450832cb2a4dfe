//! Words that are only shown: what they hold makes no difference to what follows.
//!
//! `echo "listening on $PORT"` looks at `$PORT`, but no way goes on differently for it. Ways that differ in nothing
//! else meet behind it.

use super::step::Turn;
use crate::boot::world::Output;
use crate::shell::{Operator, Part, Redirect, RedirectOperator, RedirectTarget, Simple, Word};

impl Turn<'_, '_> {
    /// Whether a command shows its words to people and does nothing else with them.
    pub(super) fn is_only_shown(&self, simple: &Simple) -> bool {
        let process = self.world.process(self.pid);
        let Some(name) = simple.words.first().and_then(|word| word.constant(false)) else {
            return false;
        };
        process.is_some_and(|process| process.output == Output::Elsewhere)
            && matches!(&*name, "echo" | "printf")
            && !self.shell.functions.contains(&name)
            && !self.shell.aliases.contains_key(&*name)
            && !self.shell.options.nounset
            && simple.assignments.is_empty()
            && simple.redirects.iter().all(stays_shown)
            && simple.words[1..].iter().all(only_looks)
            // `printf -v x` assigns.
            && simple.words.get(1).and_then(|word| word.constant(false)).as_deref() != Some("-v")
    }
}

/// Whether output still goes to people: `>&2`, `> /dev/stderr`, `> /dev/null`.
fn stays_shown(redirect: &Redirect) -> bool {
    let RedirectTarget::Word(target) = &redirect.target else {
        return false;
    };
    let target = target.constant(false);
    match redirect.operator {
        RedirectOperator::DuplicateOutput => matches!(target.as_deref(), Some("1" | "2")),
        RedirectOperator::Write | RedirectOperator::Append => {
            matches!(
                target.as_deref(),
                Some("/dev/stderr" | "/dev/stdout" | "/dev/null")
            )
        }
        _ => false,
    }
}

/// Whether the expansion of a word changes nothing and starts nothing.
fn only_looks(word: &Word) -> bool {
    word.parts.iter().all(|part| match part {
        Part::Literal(_) | Part::Quoted(_) | Part::DollarQuoted { .. } => true,
        Part::Parameter { parameter, .. } => {
            let operand = match &parameter.operator {
                None => None,
                Some(Operator::Default { word, .. } | Operator::Alternative { word, .. }) => {
                    Some(word)
                }
                Some(_) => return false,
            };
            parameter.index.is_none()
                && operand.is_none_or(|word| {
                    let plain = |part: &Part| matches!(part, Part::Literal(_) | Part::Quoted(_));
                    word.parts.iter().all(plain)
                })
        }
        _ => false,
    })
}
