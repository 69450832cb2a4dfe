//! Scripts and other texts that a start-up reads: parsed once, and with the place where each stands.

use std::rc::Rc;

use super::Machine;
use crate::boot::interpreter::{self, Construct};
use crate::shell::{Compound, Kind, Script, parse};
use crate::source::{Mapped, Span};

impl Machine<'_> {
    /// Parses a text once.
    pub(crate) fn parse(&self, text: &Mapped) -> Rc<Script> {
        let key = (
            std::sync::Arc::as_ptr(text.source()).addr(),
            text.full_span().start,
            text.text().to_owned(),
        );
        let found = self.scripts.borrow().get(&key).cloned();
        found.unwrap_or_else(|| {
            let script = Rc::new(parse(text.clone()));
            self.scripts.borrow_mut().insert(key, Rc::clone(&script));
            script
        })
    }

    /// Whether any script that has been read seems to use its arguments. The text is searched, and not
    /// what ran, so that ways not taken and functions count too.
    pub(crate) fn reads_arguments(&self) -> bool {
        let scripts = self.scripts.borrow();
        scripts.values().any(|script| {
            let mentions = |text: &str| {
                let words = ["$@", "$*", "$#", "${@", "${*", "${#", "${!", "BASH_ARG"];
                words.iter().any(|word| text.contains(word))
                    || ["shift", "getopts"].iter().any(|word| text.contains(word))
                    || text.split('$').skip(1).any(|rest| {
                        let rest = rest.strip_prefix('{').unwrap_or(rest);
                        rest.starts_with(|digit: char| digit.is_ascii_digit())
                    })
            };
            let loops = |node: &crate::shell::Node| {
                matches!(
                    &node.kind,
                    Kind::Compound(Compound::For { words: None, .. }, _)
                )
            };
            mentions(script.text.text()) || script.nodes.iter().any(loops)
        })
    }

    /// The constructs of a script that not every shell has.
    pub(in crate::boot) fn constructs(&self, script: &Rc<Script>) -> Rc<Vec<Construct>> {
        let key = Rc::as_ptr(script).addr();
        let found = self.constructs.borrow().get(&key).cloned();
        found.unwrap_or_else(|| {
            let constructs = Rc::new(interpreter::constructs(script));
            self.constructs
                .borrow_mut()
                .insert(key, Rc::clone(&constructs));
            constructs
        })
    }

    /// Keeps the map of a text that a launcher found in a file.
    pub(in crate::boot) fn remember(&self, text: &Mapped) {
        let mut texts = self.texts.borrow_mut();
        if !texts
            .iter()
            .any(|known| same_place(known, text.text(), &text.full_span()))
        {
            texts.push(text.clone());
        }
    }

    /// Text given at run time, mapped to where it stands.
    pub(crate) fn locate(&self, text: &str, span: Option<&Span>) -> Mapped {
        let words = self.container.argv.value().into_iter().flatten().flatten();
        for word in words {
            if word.text() == text {
                return word.clone();
            }
        }
        if let Some(span) = span {
            let texts = self.texts.borrow();
            if let Some(known) = texts.iter().find(|known| same_place(known, text, span)) {
                return known.clone();
            }
        }
        match span {
            Some(span) => interpreter::locate(text, span),
            None => Mapped::whole(&crate::source::Source::new("", text)),
        }
    }
}

fn same_place(known: &Mapped, text: &str, span: &Span) -> bool {
    known.text() == text && known.full_span() == *span
}
