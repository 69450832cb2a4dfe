//! Looking at every file, on all cores, in a fixed order.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::arguments::Inputs;
use super::discover::{Candidate, discover};
use super::files;
use super::output::{Output, Progress};
use super::settings::Settings;
use super::{COULD_NOT_RUN, FINE, STACK};
use crate::analyze::{self, Analysis, Options, Unreadable};
use crate::report::{Run, printable};
use crate::source::{Disk, RealDisk};

/// What looking gave.
pub(super) struct Look {
    /// All that was looked at.
    pub(super) run: Run,
    /// Of the unreadable files, those that a search found: nobody named them.
    pub(super) searched_unreadable: Vec<Unreadable>,
    /// The exit status of the looking alone.
    pub(super) status: u8,
}

/// Looks at everything that the paths stand for; or the exit status when that is not possible at all.
pub(super) fn look(
    paths: &[PathBuf],
    settings: &Settings,
    output: &mut Output,
) -> Result<Look, u8> {
    let mut status = FINE;
    let exclusions = settings.exclusions().map_err(|message| {
        output.error(&message);
        COULD_NOT_RUN
    })?;
    let discovery = discover(paths, &exclusions);
    let mut run = Run::default();
    let mut searched_unreadable = Vec::new();
    for (file, message) in discovery.unusable {
        output.error(&printable(&format!("{file}: {message}")));
        status = COULD_NOT_RUN;
        run.unreadable.push(Unreadable { file, message });
    }
    for directory in discovery.empty {
        output.news(&printable(&format!("no Dockerfile found in `{directory}`")));
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let files = &discovery.files;
    let progress = Progress::new(files.len(), output);
    let look = |file: &Candidate| {
        let result = one(&disk, file, settings);
        progress.step();
        result
    };
    // One file needs no second core, and starting threads takes longer than looking.
    let pool = (files.len() > 1).then(|| rayon::ThreadPoolBuilder::new().stack_size(STACK).build());
    let results: Vec<Result<Analysis, Unreadable>> = match pool {
        Some(Ok(pool)) => pool.install(|| files.par_iter().with_max_len(1).map(look).collect()),
        _ => files.iter().map(look).collect(),
    };
    progress.finish();
    for (file, result) in files.iter().zip(results) {
        match result {
            Ok(analysis) => {
                if let Some(text) = describe(&analysis) {
                    output.news(&printable(&text));
                }
                run.analyses.push(Arc::new(analysis));
            }
            Err(unreadable) => {
                if file.named {
                    let text = format!("{}: {}", unreadable.file, unreadable.message);
                    output.error(&printable(&text));
                    status = COULD_NOT_RUN;
                } else {
                    searched_unreadable.push(unreadable.clone());
                }
                run.unreadable.push(unreadable);
            }
        }
    }
    if let Some(message) = lacks_target(&run, settings) {
        output.error(&printable(&message));
        status = COULD_NOT_RUN;
    }
    Ok(Look {
        run,
        searched_unreadable,
        status,
    })
}

/// The paths of the command line and of `--files-from`; the current directory when there are none. It may read
/// standard input, and so is asked once a run.
pub(super) fn paths(inputs: &Inputs, output: &mut Output) -> Result<Vec<PathBuf>, u8> {
    let mut paths = inputs.paths.clone();
    let Some(list) = &inputs.files_from else {
        if paths.is_empty() {
            paths.push(PathBuf::from("."));
        }
        return Ok(paths);
    };
    let listed = listed(list, &paths).map_err(|message| {
        output.error(&message);
        COULD_NOT_RUN
    })?;
    paths.extend(listed);
    Ok(paths)
}

/// The paths that a file lists, or standard input as long as that is not one of the Dockerfiles.
fn listed(list: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let is_input = |path: &Path| path.as_os_str() == "-";
    let bytes = if !is_input(list) {
        files::bytes(list)?
    } else if paths.iter().any(|path| is_input(path)) {
        let message = "standard input cannot be both a Dockerfile and the list of --files-from";
        return Err(message.to_owned());
    } else {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| error.to_string())?;
        bytes
    };
    // `git ls-files -z` and `find -print0` end names by NUL, because a name may have lines.
    let end = match bytes.contains(&0) {
        true => 0,
        false => b'\n',
    };
    let names = bytes.split(|byte| *byte == end);
    let names = names.map(|name| match end {
        0 => name,
        _ => name.strip_suffix(b"\r").unwrap_or(name),
    });
    let names = names.filter(|name| !name.is_empty());
    Ok(names.map(files::path).collect())
}

/// Whether a stage was named that no file has: then nothing was judged, and a gate must not be green.
fn lacks_target(run: &Run, settings: &Settings) -> Option<String> {
    let name = settings.common.target.as_deref()?;
    let is_nowhere = run
        .analyses
        .iter()
        .all(|analysis| analysis.targets.is_empty());
    (name != "all" && is_nowhere && !run.analyses.is_empty())
        .then(|| format!("no Dockerfile has a stage `{name}`"))
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
fn one(
    disk: &Arc<dyn Disk>,
    file: &Candidate,
    settings: &Settings,
) -> Result<Analysis, Unreadable> {
    let unusable = |message: String| Unreadable {
        file: file.shown.clone(),
        message,
    };
    let options = &settings.options(&file.path).map_err(unusable)?;
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
    let source = analyze::decode("<stdin>", bytes).map_err(unreadable)?;
    Ok(analyze::analyze_source(disk, &source, None, options))
}
