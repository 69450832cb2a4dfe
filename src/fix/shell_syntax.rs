//! Exec form that holds a command line.
//!
//! In: a finding about `["node server.js"]` or `["migrate", "&&", "app"]`. Out: drafts with one word each, or in
//! shell form with `exec`. Unsafe: the container starts something else than before.

use super::exec_form::plain_words;
use super::malformed_exec_form::json;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::image::{Command, Origin};
use crate::rules::Finding;
use crate::source::{Mapped, Source, Span};

/// A draft for the instruction around the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let image = &target.container.image;
    let settings = [(&image.entrypoint, "ENTRYPOINT"), (&image.cmd, "CMD")];
    let primary = &finding.primary.span;
    let drafts = settings.into_iter().filter_map(|(setting, keyword)| {
        let (Some(Some(Command::Exec(words))), Origin::Instruction(_)) =
            (setting.value.value(), &setting.origin)
        else {
            return None;
        };
        let [word] = words.as_slice() else {
            return None;
        };
        let inner = word.full_span();
        if (inner.start, inner.end) != (primary.start, primary.end) {
            return None;
        }
        // The brackets around the only word.
        let text = inner.source.text();
        let start = text[..inner.start].rfind('[')?;
        let end = inner.end + text[inner.end..].find(']')? + 1;
        let array = Span::new(&inner.source, start..end);
        let line = Mapped::whole(&Source::new("", word.text()));
        let words: Vec<String> = plain_words(&line)?
            .into_iter()
            .map(|(word, _)| word)
            .collect();
        Some(Draft {
            kind: "argv-split",
            title: format!("write each word of {keyword} for itself"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit::replace(array, json(&words))],
            goal: Goal::Deliver,
        })
    });
    drafts.collect()
}
