//! Who is running: facts first; the machine is to come.

mod fact;

pub use fact::{Fact, FactKind};
