//! What pidone knows of shells, launchers, programs and base images: the tables of `grammars/`.
//!
//! In: a name and the words of a command line, or an image reference. Out: facts with their
//! evidence. Knows nothing of scripts, Dockerfiles or processes; guesses nothing: no entry, no
//! answer.

mod signal;

pub use signal::Signal;
