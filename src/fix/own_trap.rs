//! A trap that signals its own shell, which then runs it inside itself until it dies.
//!
//! In: a finding at the `kill` of such a trap. Out: `kill 0` becomes `trap - TERM; kill 0`, and `; wait` behind it where
//! the trap does not wait yet: measured clean in dash, busybox and bash as PID 1, whose signals to itself the kernel
//! drops from then on.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::knowledge::Signal;
use crate::rules::Finding;

/// Drafts for the `kill` at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    // What is put around it has no letter that quotes or JSON change.
    if !span.text().starts_with("kill ") || span.text().contains('\n') {
        return Vec::new();
    }
    let signal = target.container.stop_signal.value.value();
    let signal = signal.copied().unwrap_or(Signal::TERM).short_name();
    let draft = |rest: &str| Draft {
        kind: "trap-reset",
        title: "reset the trap before it signals the shell itself".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit::replace(
            span.clone(),
            format!("trap - {signal}; {}{rest}", span.text()),
        )],
        goal: Goal::Deliver,
    };
    vec![draft(""), draft("; wait")]
}
