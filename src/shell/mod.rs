//! Shell language: text in, our own typed syntax out ([`parse`]), plus pure functions on it
//! (patterns, arithmetic). Knows nothing of containers; runs nothing.

mod syntax;

pub use syntax::*;
