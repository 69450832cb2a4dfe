//! The content of a file: read on demand, then edited as the instructions edit it.
//!
//! In: where a content comes from, and edits. Out: [`Content`], mapped to its bytes. Runs no command.

use std::sync::Arc;

use super::Content;
use super::change::{Body, Edit};
use crate::source::{Mapped, Run, Why};

impl Body {
    /// The content.
    pub(super) fn read(&self) -> Content {
        match self {
            Body::Text(text) => Content::Text(text.clone()),
            Body::Context(context, path) => context.content(path),
            Body::Binary => Content::Binary,
            Body::Unknown(why) => Content::Unknown(why.clone()),
        }
    }
}

/// The content after edits, in order.
pub(super) fn edited(mut content: Content, edits: &[Edit]) -> Content {
    for edit in edits {
        content = match (content, edit) {
            (Content::Text(text), Edit::StripCarriageReturns) => {
                Content::Text(without_returns(&text))
            }
            (Content::Text(text), Edit::Append(more)) => match append(&text, more) {
                Some(both) => Content::Text(both),
                None => Content::Unknown(Why::at(
                    "text of two files was put together",
                    more.full_span(),
                )),
            },
            (Content::Binary, Edit::StripCarriageReturns | Edit::Unknown(_)) => Content::Binary,
            (Content::Text(_), Edit::Unknown(why)) => Content::Unknown(why.clone()),
            (content, _) => content,
        };
    }
    content
}

/// Two texts of one source, one after the other.
fn append(first: &Mapped, second: &Mapped) -> Option<Mapped> {
    if first.text().is_empty() {
        return Some(second.clone());
    }
    if !Arc::ptr_eq(first.source(), second.source()) {
        return None;
    }
    let offset = first.text().len();
    let mut runs = first.runs().to_vec();
    runs.extend(second.runs().iter().map(|run| Run {
        derived: run.derived + offset,
        ..run.clone()
    }));
    let text = format!("{}{}", first.text(), second.text());
    Some(Mapped::new(first.source(), text, runs))
}

/// The text with `\r\n` turned into `\n`.
pub(super) fn without_returns(text: &Mapped) -> Mapped {
    let mut kept = String::new();
    let mut runs: Vec<Run> = Vec::new();
    let mut start = 0;
    let ends = text
        .text()
        .match_indices("\r\n")
        .map(|(at, _)| (at, at + 1));
    for (end, next) in ends.chain([(text.text().len(), 0)]) {
        let part = text.slice(start..end);
        runs.extend(
            part.runs()
                .iter()
                .filter(|run| run.derived_len > 0)
                .map(|run| Run {
                    derived: run.derived + kept.len(),
                    ..run.clone()
                }),
        );
        kept.push_str(part.text());
        start = next;
    }
    Mapped::new(text.source(), kept, runs)
}
