//! What people and machines get to read.
//!
//! In: analyses and findings. Out: text. Decides nothing: every word about a signal or a verdict
//! comes from the rooms before. Prints nothing itself.

mod place;
mod style;
mod trace_json;
mod trace_text;

pub use trace_json::trace_json;
pub use trace_text::trace_text;

use crate::analyze::{Analysis, Unreadable};

/// Everything that a run looked at, in order.
#[derive(Debug, Default)]
pub struct Run {
    /// The files that could be read.
    pub analyses: Vec<Analysis>,
    /// Those that could not.
    pub unreadable: Vec<Unreadable>,
}
