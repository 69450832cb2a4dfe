//! Aliases: words that stand for a text.

use std::rc::Rc;

use super::Code;
use super::step::Turn;
use crate::boot::value::Value;
use crate::shell::{Part, Simple};

impl Turn<'_, '_> {
    /// Replaces a command word by its alias, where this dialect does, and runs the text instead.
    pub(super) fn expand_alias(&mut self, code: &Code, simple: &Simple) -> bool {
        if !(self.shell.facts.expands_aliases || self.shell.options.expand_aliases) {
            return false;
        }
        let Some(word) = simple.words.first() else {
            return false;
        };
        let [Part::Literal(name)] = word.parts.as_slice() else {
            return false;
        };
        let Some(alias) = self.shell.aliases.get(&**name).filter(|alias| alias.active) else {
            return false;
        };
        let rest = code
            .script
            .text
            .text()
            .get(word.range.end..code.script.node(code.node).range.end)
            .unwrap_or("");
        let text = format!("{}{rest}", alias.text);
        if alias.text.split_whitespace().next() == Some(&**name) {
            return false;
        }
        let span = code.span();
        let Some(script) = self.parse_value(&Value::text(text), Some(&span)) else {
            return false;
        };
        let tail = self.top().tail;
        self.shell.frames.pop();
        self.push(Code::root(&script), tail);
        true
    }

    /// Aliases are seen from the line after their definition on.
    pub(super) fn activate_aliases(&mut self) {
        if self.shell.aliases.values().any(|alias| !alias.active) {
            for alias in Rc::make_mut(&mut self.shell.aliases).values_mut() {
                alias.active = true;
            }
        }
    }
}
