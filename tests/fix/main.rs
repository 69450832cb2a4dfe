//! Fixes, run before and after.
//!
//! Each kind of fix is applied to a start-up, and the container before and after runs as PID 1 of a real PID
//! namespace under the real shell with a stub application: not graceful before, graceful after. A property
//! test compares the argv that the real shell passes with that of the exec form.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "these tests write trees and run programs"
)]

#[path = "../real_shell/sandbox.rs"]
#[allow(dead_code, reason = "the module serves another test, too")]
mod sandbox;
#[path = "../real_shell/startup.rs"]
#[allow(dead_code, reason = "the module serves another test, too")]
mod startup;

mod arguments;
mod peers;
mod runs;
mod tree;
