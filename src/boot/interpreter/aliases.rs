//! Aliases: words that stand for a text.

use std::rc::Rc;

use super::step::Turn;
use super::{Alias, Code, Frame, State};
use crate::boot::value::Value;
use crate::shell::{Item, Kind, Part, Separator, Simple};

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
        let alias = self.shell.aliases.get(&**name);
        let Some(alias) = alias.filter(|alias| alias.is_seen_at(code)) else {
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
}

impl Alias {
    /// An alias that is defined by the command on top of these frames.
    pub(super) fn new(text: &str, frames: &[Frame]) -> Alias {
        let roots = frames
            .iter()
            .filter(|frame| frame.code.node == frame.code.script.root);
        let lines = roots.filter_map(|frame| match (&frame.state, frame.code.root_items()) {
            (State::List(next), Some(items)) => {
                let item = items.get(next.checked_sub(1)?)?;
                Some(frame.code.at(item.node))
            }
            _ => None,
        });
        Alias {
            text: text.to_owned(),
            defined_in: lines.collect(),
        }
    }

    /// Whether a command is read after the alias has been defined. Shells read a script line by line, and a command
    /// of several lines, such as a function, as a whole; texts that are read later (`eval`, `.`, traps) see it.
    fn is_seen_at(&self, code: &Code) -> bool {
        let same_script = |line: &&Code| Rc::ptr_eq(&line.script, &code.script);
        let Some(line) = self.defined_in.iter().find(same_script) else {
            return true;
        };
        let start = |node| code.script.node(node).range.start;
        let (defined, used) = (start(line.node), start(code.node));
        let items = code.root_items().unwrap_or_default().iter();
        let mut between = items.filter(|item| {
            let range = &code.script.node(item.node).range;
            range.start >= defined && range.end <= used
        });
        between.any(|item| item.end == Separator::Newline)
    }
}

impl Code {
    /// The commands of the whole script.
    fn root_items(&self) -> Option<&[Item]> {
        match &self.script.node(self.script.root).kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }
}
