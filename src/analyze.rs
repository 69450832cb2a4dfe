//! The order of the rooms: one Dockerfile in, its judged targets out.
//!
//! In: a file on a [`Disk`] and [`Options`]. Out: an [`Analysis`]. Decides nothing by itself; every
//! decision is a room's.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::container::{Container, DEFAULT_GRACE, Overrides};
use crate::dockerfile::{self, Dockerfile};
use crate::image::{self, BaseSettings, Choice, Context};
use crate::source::{Disk, Mapped, ReadError, Recorder, Source, Span, Why};
use crate::stage::{self, BuildOptions, Stages};
use crate::stop::{self, Path, Verdict};

/// What the user asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which stages to judge.
    pub targets: Targets,
    /// `--build-arg NAME=VALUE`, in order; without a value it comes from the builder's environment.
    pub build_args: Vec<(String, Option<String>)>,
    /// The build context; else the Dockerfile's folder or a parent that has its COPY sources.
    pub context: Option<PathBuf>,
    /// `--platform`.
    pub platform: Option<String>,
    /// Time from the stop signal to SIGKILL.
    pub grace: Duration,
    /// Whether the runtime puts an init before PID 1 (`docker run --init`).
    pub init: bool,
    /// What the platform gives in place of CMD (`docker run IMAGE ARG…`).
    pub args: Option<Vec<String>>,
    /// The base image's configuration, in place of what the tables know of it.
    pub base_config: Option<Arc<BaseSettings>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            targets: Targets::Last,
            build_args: Vec::new(),
            context: None,
            platform: None,
            grace: DEFAULT_GRACE,
            init: false,
            args: None,
            base_config: None,
        }
    }
}

/// Which stages of a Dockerfile to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// The last one, as `docker build` does.
    Last,
    /// Every stage.
    All,
    /// The stage of that name or number.
    Named(String),
}

/// A Dockerfile, looked at.
#[derive(Debug)]
pub struct Analysis {
    /// Its path to show.
    pub file: String,
    /// Its text.
    pub source: Arc<Source>,
    /// What BuildKit would refuse, and what else stood in the way.
    pub problems: Vec<Problem>,
    /// The directory of the build context, and how it was chosen; `None` without one.
    pub context: Option<(String, Choice)>,
    /// The stages asked for, in order.
    pub targets: Vec<Target>,
    /// The files that were read for it, in no order: whoever changes another one changes nothing here.
    pub reads: Vec<PathBuf>,
}

/// Something about a file that a user has to know, and that is no finding of a rule.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
}

/// A stage, judged.
#[derive(Debug)]
pub struct Target {
    /// The Dockerfile's path to show.
    pub file: String,
    /// The stage's number, from 0.
    pub stage: usize,
    /// Its name (`AS name`).
    pub name: Option<String>,
    /// What its own FROM names: an image with variables expanded, or an earlier stage.
    pub base: Option<String>,
    /// What the runtime starts.
    pub container: Container,
    /// The worst verdict of the paths.
    pub verdict: Verdict,
    /// The ways through the start-up.
    pub paths: Vec<Path>,
}

impl Target {
    /// How people name it: the file, and the stage when it has a name.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} (stage `{name}`)", self.file),
            None => self.file.clone(),
        }
    }

    /// What happens when the platform says stop on a path with that verdict, as a clause.
    pub fn consequence(&self, verdict: Verdict) -> String {
        let grace = seconds(self.container.grace);
        let signal = match self.container.stop_signal.value.value() {
            Some(signal) => signal.to_string(),
            None => "the stop signal".to_owned(),
        };
        match verdict {
            Verdict::Exits => "the start-up ends by itself, there is nothing to stop".to_owned(),
            Verdict::Graceful => format!("the application hears {signal} and gets to finish"),
            Verdict::Unknown => "the files at hand do not say".to_owned(),
            Verdict::Lingers => {
                format!("the application finishes, but PID 1 stays; SIGKILL after {grace}")
            }
            Verdict::Truncated => {
                "the application begins to stop and is cut off by SIGKILL".to_owned()
            }
            Verdict::Abrupt => "the application ends at once, its work unfinished".to_owned(),
            Verdict::Stuck => format!("nobody stops on {signal}; SIGKILL after {grace}"),
            Verdict::Fails => "the start-up breaks".to_owned(),
        }
    }
}

/// A duration in seconds for people: `10 s`, `0.5 s`.
pub fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Why a file could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file's path to show.
    pub file: String,
    /// What is wrong; lower case, no full stop.
    pub message: String,
}

/// Reads a Dockerfile and judges the stages asked for. `shown` is the path for reports.
pub fn analyze(
    disk: &Arc<dyn Disk>,
    path: &FilePath,
    shown: &str,
    options: &Options,
) -> Result<Analysis, Unreadable> {
    let unreadable = |message: String| Unreadable {
        file: shown.to_owned(),
        message,
    };
    let bytes = disk
        .read(path)
        .map_err(|error: ReadError| unreadable(error.to_string()))?;
    let source = decode(shown, bytes).map_err(unreadable)?;
    let mut analysis = analyze_source(disk, &source, Some(path), options);
    analysis.reads.push(path.to_owned());
    Ok(analysis)
}

/// Judges a Dockerfile whose text is at hand. `path` is where it lies; `None` for standard input, which
/// has no context unless one is given.
pub fn analyze_source(
    disk: &Arc<dyn Disk>,
    source: &Arc<Source>,
    path: Option<&FilePath>,
    options: &Options,
) -> Analysis {
    let (disk, reads) = Recorder::on(disk);
    let dockerfile = dockerfile::parse(source);
    let build = BuildOptions {
        target: match &options.targets {
            Targets::Named(name) => Some(name.clone()),
            Targets::Last | Targets::All => None,
        },
        build_args: options.build_args.clone(),
        platform: options.platform.clone(),
    };
    let stages = stage::resolve(&dockerfile, &build);
    let mut problems = problems(&dockerfile);
    let wanted: Vec<usize> = match (&options.targets, stages.target) {
        (Targets::All, _) => (0..stages.stages.len()).collect(),
        (_, Some(stage)) => vec![stage],
        (Targets::Named(name), None) => {
            problems.push(problem(format!("there is no stage `{name}`")));
            Vec::new()
        }
        (Targets::Last, None) => {
            problems.push(problem("there is no FROM, so nothing is built".to_owned()));
            Vec::new()
        }
    };
    let none = FilePath::new("");
    let context = match (&options.context, path) {
        (Some(given), path) => Context::open(disk, given, path.unwrap_or(none)),
        (None, Some(path)) => Context::find(disk, path, &stages, None),
        (None, None) => Context::none(Why::new(
            "the Dockerfile comes from standard input, without a context",
        )),
    };
    let targets = wanted
        .into_iter()
        .map(|stage| target(&stages, stage, &context, options))
        .collect();
    Analysis {
        file: source.path().to_owned(),
        source: Arc::clone(source),
        problems,
        context: context
            .directory()
            .map(|(directory, choice)| (directory.to_owned(), choice)),
        targets,
        reads: reads.so_far(),
    }
}

fn target(stages: &Stages, index: usize, context: &Context, options: &Options) -> Target {
    let stage = &stages.stages[index];
    let image = image::build(stages, index, context, options.base_config.as_deref());
    let overrides = Overrides {
        init: options.init,
        cmd: options.args.as_deref().map(given),
        grace: Some(options.grace),
        ..Overrides::default()
    };
    let container = Container::new(Arc::new(image), &overrides);
    let paths = match stop::refused(&container) {
        Some(path) => vec![path],
        None => stop::judge(&container),
    };
    let worst = paths.iter().map(|path| path.verdict).max();
    Target {
        file: stages.dockerfile.source.path().to_owned(),
        stage: index,
        name: stage.name.clone(),
        base: match &stage.base {
            stage::Base::Image(reference) => reference.value().cloned(),
            stage::Base::Scratch => Some("scratch".to_owned()),
            stage::Base::Stage(_) => Some(stage.base_as_written.clone()),
        },
        container,
        verdict: worst.unwrap_or(Verdict::Unknown),
        paths,
    }
}

/// Words that stand in no file of the image.
fn given(words: &[String]) -> Vec<Mapped> {
    let words = words.iter().map(|word| {
        let source = Source::new("args", word.as_str());
        Mapped::verbatim(&source, 0..word.len())
    });
    words.collect()
}

/// What BuildKit would refuse, in the file's order.
fn problems(dockerfile: &Dockerfile) -> Vec<Problem> {
    let instructions = dockerfile.instructions.iter();
    let problems = instructions.flat_map(|instruction| &instruction.problems);
    problems
        .map(|problem| Problem {
            message: problem.message.clone(),
            span: Some(dockerfile.span(problem.range.clone())),
        })
        .collect()
}

fn problem(message: String) -> Problem {
    Problem {
        message,
        span: None,
    }
}

/// The text of a Dockerfile's bytes, or why it is none.
pub fn decode(shown: &str, bytes: Vec<u8>) -> Result<Arc<Source>, String> {
    match bytes.contains(&0) {
        true => Err("a binary file, not a Dockerfile".to_owned()),
        false => Ok(Source::from_bytes(shown, bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_another_encoding_keep_their_places_and_binary_files_are_refused() {
        let source = decode("a", b"FROM a\n# caf\xe9\n".to_vec()).expect("it is text");
        assert_eq!(source.text(), "FROM a\n# caf\u{1a}\n");
        assert!(!source.is_exact());
        let source = decode("a", "FROM a\n# café\n".into()).expect("it is text");
        assert!(source.is_exact());
        assert_eq!(
            decode("a", b"\x7fELF\x02\x00\xff".to_vec()).err(),
            Some("a binary file, not a Dockerfile".to_owned())
        );
    }
}
