//! A second `wait`: the first one ends as soon as the trap has run, while the application still finishes.
//!
//! In: a finding at the `wait` that is interrupted. Out: `wait "$pid"` becomes `wait "$pid" || wait "$pid"`, which
//! is measured clean in every shell and keeps the status (but for bash as `sh`), also under `set -e`.

use super::place::{self, Command};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::Kind;

/// A draft for the `wait` at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some(command) = place::command(target, &finding.primary.span) else {
        return Vec::new();
    };
    let edit = again(&command);
    let draft = edit.map(|edit| Draft {
        kind: "second-wait",
        title: "wait again: the trap ends the first `wait`, not the application".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![edit],
        goal: Goal::Deliver,
    });
    draft.into_iter().collect()
}

/// A `wait` that is done again when a signal has ended it.
pub(super) fn repeated(wait: &str) -> String {
    format!("{wait} || {wait}")
}

/// The same for a `wait` that stands in its file as it is.
fn again(command: &Command) -> Option<Edit> {
    let script = &command.text.script;
    let node = script.node(command.node);
    let Kind::Simple(simple) = &node.kind else {
        return None;
    };
    let name = simple.words.first()?.constant(false)?;
    let options = simple.words.get(1).and_then(|word| word.constant(false));
    let has_option = options.is_some_and(|word| word.starts_with('-'));
    if name != "wait" || has_option || !simple.assignments.is_empty() {
        return None;
    }
    let text = &script.text.text()[node.range.clone()];
    let span = place::written(&script.text, node.range.clone())?;
    Some(Edit::replace(span, repeated(text)))
}
