//! The project's own real-shell suite.
//!
//! Start-ups run as PID 1 of a real PID namespace under dash, bash and busybox with a stub application, are stopped
//! by a signal, and what happened is set against what pidone says about the same start-up written as a Dockerfile.

mod compare;
#[path = "../generator/mod.rs"]
mod generator;
mod random;
mod sandbox;
mod startup;

use sandbox::Sandbox;

/// The sandbox, or None after saying why there is none. With `CI=true` that is a failure.
fn sandbox_or_skip() -> Option<&'static Sandbox> {
    match Sandbox::shared() {
        Ok(sandbox) => Some(sandbox),
        Err(why) => {
            skipped(&format!("start-ups cannot run here: {why}"));
            None
        }
    }
}

fn skipped(why: &str) {
    println!("skipped: {why}");
    assert!(std::env::var("CI").is_err_and(|_| true) || std::env::var("CI").as_deref() == Ok("false"), "in CI nothing may be skipped: {why}");
}

#[test]
fn every_verdict_is_among_the_random_scripts() {
    let Some(sandbox) = sandbox_or_skip() else { return };
    let sample = random::sample(sandbox);
    let (counts, text) = random::histogram(sample);
    println!("{text}");
    for (word, count) in counts {
        assert!(count * 100 >= sample.measured.len() * 2, "too few {word}");
    }
}
