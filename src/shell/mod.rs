//! Shell language: text in, our own typed syntax out ([`parse`]), plus pure functions on it
//! ([`pattern`], [`arithmetic`]). Knows nothing of containers; runs nothing.

pub mod arithmetic;
mod parse;
pub mod pattern;
mod syntax;

pub use parse::{DEEPEST_NESTING, LARGEST_SCRIPT, parse};
pub use syntax::*;
