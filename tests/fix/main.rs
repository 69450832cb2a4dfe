//! Fixes, run before and after.
//!
//! Each kind of fix is applied to a start-up, and the container before and after runs as PID 1 of a real PID
//! namespace under the real shell with a stub application: not graceful before, graceful after. Then the same command
//! runs with a script that prints what it gets: argv, working directory, environment and exit status are equal.
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
