//! Shell language: text in, our own typed syntax out ([`parse`]), plus pure functions on it
//! (patterns, arithmetic). Knows nothing of containers; runs nothing.

mod parse;
mod syntax;

pub use parse::{DEEPEST_NESTING, LARGEST_SCRIPT, parse};
pub use syntax::*;
