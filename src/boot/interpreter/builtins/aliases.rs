//! `alias` and `unalias`. Where an alias is seen is told in `interpreter/aliases`.

use std::rc::Rc;

use super::quoting::in_quotes;
use crate::boot::interpreter::Alias;
use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::value::{Field, Value};
use crate::boot::world::Status;
use crate::knowledge::ShellFamily;

impl Turn<'_, '_> {
    /// `alias`: defines, or asks.
    pub(super) fn alias_builtin(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        let mut outcome = Status::SUCCESS;
        let mut text = Value::default();
        if words.len() == 1 && !self.shell.aliases.is_empty() {
            text = Value::unknown("$(alias)");
        }
        for word in words[1..].iter().filter_map(Field::known) {
            if let Some((name, text)) = word.split_once('=') {
                let alias = Alias::new(text, &self.shell.frames);
                Rc::make_mut(&mut self.shell.aliases).insert(name.into(), alias);
            } else if let Some(alias) = self.shell.aliases.get(word.as_str()) {
                let prefix = match self.shell.facts.is_plain_bash() {
                    true => "alias ",
                    false => "",
                };
                let value = in_quotes(&Value::text(&alias.text), "'\\''");
                text.push_text(&format!("{prefix}{word}="));
                text.append(&value);
                text.push_text("\n");
            } else if !is_bash || !matches!(word.as_str(), "-p" | "--") {
                outcome = Status::Known(1);
            }
        }
        self.world.write(&streams.output, &text);
        self.finish(outcome)
    }

    /// `unalias NAME…`, or all with `-a`.
    pub(super) fn unalias(&mut self, words: &[Field]) -> Attempt<()> {
        let aliases = Rc::make_mut(&mut self.shell.aliases);
        for word in words[1..].iter().filter_map(Field::known) {
            match word.as_str() {
                "-a" => aliases.clear(),
                name => drop(aliases.remove(name)),
            }
        }
        self.finish(Status::SUCCESS)
    }
}
