//! pidone proves, from a Dockerfile and the scripts that it starts, whether the application hears
//! the stop signal and gets to finish.
//!
//! The modules are the pipeline, in this order; each may use those before it, never those after.

pub mod analyze;
pub mod boot;
pub mod cli;
pub mod config;
pub mod container;
pub mod dockerfile;
pub mod fix;
pub mod image;
pub mod knowledge;
pub mod report;
pub mod rules;
pub mod shell;
pub mod source;
pub mod stage;
pub mod stop;
