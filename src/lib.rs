//! pidone proves, from a Dockerfile and the scripts that it starts, whether the application hears
//! the stop signal and gets to finish.
//!
//! ```
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use pidone::analyze::{Options, analyze};
//! use pidone::source::{Disk, MemoryDisk};
//! use pidone::stop::Verdict;
//!
//! let disk: Arc<dyn Disk> = Arc::new(
//!     MemoryDisk::new()
//!         .file("Dockerfile", "FROM debian:12-slim\nCOPY start.sh /\nCMD [\"/start.sh\"]\n")
//!         .script("start.sh", "#!/bin/sh\nexec /usr/bin/tail -f /dev/null\n"),
//! );
//! let analysis = analyze(&disk, Path::new("Dockerfile"), "Dockerfile", &Options::default())?;
//! let target = &analysis.targets[0];
//! assert_eq!(target.verdict, Verdict::Stuck);
//! assert_eq!(target.paths[0].delivered, Some(true));
//! # Ok::<(), pidone::analyze::Unreadable>(())
//! ```
//!
//! The modules are the pipeline, in this order; each may use those before it, never those after.

pub mod analyze;
pub mod boot;
pub mod cli;
pub mod code;
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
