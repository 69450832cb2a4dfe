//! What a way through a start-up depends on: conditions, assumptions, and what is missing.

use std::time::Duration;

use crate::source::Span;

/// A condition that was not decided by the files at hand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// For people: "`$MODE` is `worker`", "`/etc/app.conf` exists".
    pub text: String,
    /// The test.
    pub span: Option<Span>,
}

/// An assumption, said aloud.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assumption {
    /// `program-handles`, `handler-finishes`, `finishes-within`, `succeeds`, `is-application`, `stays-in-foreground`, …
    pub kind: &'static str,
    /// What it is about: a program, a command.
    pub subject: String,
    /// For people.
    pub text: String,
    /// The place.
    pub span: Option<Span>,
    /// For `finishes-within`: the time.
    pub limit: Option<Duration>,
}

/// What is missing for a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Missing {
    /// `script`, `base-image`, `program`, `syntax`, `limit`, `value`, `input` (a file that must be there), …
    pub kind: &'static str,
    /// For people, as a phrase that can follow "because".
    pub text: String,
    /// The place.
    pub span: Option<Span>,
}
