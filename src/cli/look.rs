//! Looking at every file, on all cores, in a fixed order.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use super::arguments::Inputs;
use super::discover::{Candidate, discover};
use super::output::Output;
use super::{COULD_NOT_RUN, FINE};
use crate::analyze::{self, Analysis, Options, Unreadable};
use crate::report::Run;
use crate::source::{RealDisk, Source};

/// Stack of a worker: syntax trees of hostile files are deeper than those of people.
const STACK: usize = 16 * 1024 * 1024;

/// Looks at everything that the inputs stand for; the status is that of the looking alone.
pub(super) fn look(inputs: &Inputs, output: &mut Output) -> (Run, u8) {
    let mut status = FINE;
    let discovery = discover(&inputs.paths);
    let mut run = Run::default();
    for (file, message) in discovery.unusable {
        output.error(&format!("{file}: {message}"));
        status = COULD_NOT_RUN;
        run.unreadable.push(Unreadable { file, message });
    }
    for directory in discovery.empty {
        output.news(&format!("no Dockerfile found in `{directory}`"));
    }
    let options = inputs.options();
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let files = &discovery.files;
    let results: Vec<Result<Analysis, Unreadable>> = match pool {
        Ok(pool) => pool.install(|| files.par_iter().map(|file| one(file, &options)).collect()),
        Err(_) => files.iter().map(|file| one(file, &options)).collect(),
    };
    for (file, result) in files.iter().zip(results) {
        match result {
            Ok(analysis) => run.analyses.push(analysis),
            Err(unreadable) => {
                output.error(&format!("{}: {}", unreadable.file, unreadable.message));
                if file.named {
                    status = COULD_NOT_RUN;
                }
                run.unreadable.push(unreadable);
            }
        }
    }
    (run, status)
}

/// Looks at one file. A defect of pidone costs this file, never the run.
fn one(file: &Candidate, options: &Options) -> Result<Analysis, Unreadable> {
    catch_unwind(AssertUnwindSafe(|| {
        if file.shown == "-" {
            return standard_input(options);
        }
        analyze::analyze(&RealDisk, &file.path, &file.shown, options)
    }))
    .unwrap_or_else(|_| {
        Err(Unreadable {
            file: file.shown.clone(),
            message: "pidone failed on this file; that is a defect, please report it".to_owned(),
        })
    })
}

fn standard_input(options: &Options) -> Result<Analysis, Unreadable> {
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
    Ok(analyze::analyze_source(&RealDisk, &source, None, options))
}
