//! Looking at every file, on all cores, in a fixed order.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use super::arguments::Inputs;
use super::discover::{Candidate, discover};
use super::output::Output;
use super::{COULD_NOT_RUN, FINE};
use crate::analyze::{self, Analysis, Options, Unreadable};
use crate::report::Run;
use crate::source::{Disk, RealDisk, Source};

/// Stack of a worker: syntax trees of hostile files are deeper than those of people.
const STACK: usize = 16 * 1024 * 1024;

/// What looking gave.
pub(super) struct Look {
    /// All that was looked at.
    pub(super) run: Run,
    /// Of the unreadable files, those that a search found: nobody named them.
    pub(super) searched_unreadable: Vec<Unreadable>,
    /// The exit status of the looking alone.
    pub(super) status: u8,
}

/// Looks at everything that the inputs stand for; or the exit status when that is not possible at all.
pub(super) fn look(inputs: &Inputs, output: &mut Output) -> Result<Look, u8> {
    let mut status = FINE;
    let options = match inputs.options() {
        Ok(options) => options,
        Err(message) => {
            output.error(&message);
            return Err(COULD_NOT_RUN);
        }
    };
    let discovery = discover(&inputs.paths);
    let mut run = Run::default();
    let mut searched_unreadable = Vec::new();
    for (file, message) in discovery.unusable {
        output.error(&format!("{file}: {message}"));
        status = COULD_NOT_RUN;
        run.unreadable.push(Unreadable { file, message });
    }
    for directory in discovery.empty {
        output.news(&format!("no Dockerfile found in `{directory}`"));
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let files = &discovery.files;
    let results: Vec<Result<Analysis, Unreadable>> = match pool {
        Ok(pool) => pool.install(|| {
            files
                .par_iter()
                .map(|file| one(&disk, file, &options))
                .collect()
        }),
        Err(_) => files
            .iter()
            .map(|file| one(&disk, file, &options))
            .collect(),
    };
    for (file, result) in files.iter().zip(results) {
        match result {
            Ok(analysis) => {
                if let Some(text) = describe(&analysis) {
                    output.news(&text);
                }
                run.analyses.push(analysis);
            }
            Err(unreadable) => {
                if file.named {
                    output.error(&format!("{}: {}", unreadable.file, unreadable.message));
                    status = COULD_NOT_RUN;
                } else {
                    searched_unreadable.push(unreadable.clone());
                }
                run.unreadable.push(unreadable);
            }
        }
    }
    Ok(Look {
        run,
        searched_unreadable,
        status,
    })
}

/// The problems of a file in one line: the first, and how many more. A template that is no Dockerfile
/// has one in every other line.
fn describe(analysis: &Analysis) -> Option<String> {
    let (first, more) = analysis.problems.split_first()?;
    let place = match &first.span {
        Some(span) => {
            let (line, column) = span.line_column();
            format!("{}:{line}:{column}", span.source.path())
        }
        None => analysis.file.clone(),
    };
    Some(match more.len() {
        0 => format!("{place}: {}", first.message),
        count => format!("{place}: {} (and {count} more)", first.message),
    })
}

/// Looks at one file. A defect of pidone costs this file, never the run.
fn one(disk: &Arc<dyn Disk>, file: &Candidate, options: &Options) -> Result<Analysis, Unreadable> {
    catch_unwind(AssertUnwindSafe(|| {
        if file.shown == "-" {
            return standard_input(disk, options);
        }
        analyze::analyze(disk, &file.path, &file.shown, options)
    }))
    .unwrap_or_else(|_| {
        Err(Unreadable {
            file: file.shown.clone(),
            message: "pidone failed on this file; that is a defect, please report it".to_owned(),
        })
    })
}

fn standard_input(disk: &Arc<dyn Disk>, options: &Options) -> Result<Analysis, Unreadable> {
    let unreadable = |message: String| Unreadable {
        file: "<stdin>".to_owned(),
        message,
    };
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(crate::source::LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > crate::source::LARGEST_FILE {
        return Err(unreadable("too large to read".to_owned()));
    }
    let text = analyze::decode(bytes).map_err(unreadable)?;
    let source = Source::new("<stdin>", text);
    Ok(analyze::analyze_source(disk, &source, None, options))
}
