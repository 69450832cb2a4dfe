//! What a launcher is about to run.
//!
//! In: an argv and what the tables say of its launcher. Out: a plan, with the commands as words.
//! What stands in files (scripts of package.json, services of a supervisor) is read next door.

use crate::boot::outcome::Missing;
use crate::boot::start::{Caller, Start};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Millis, Next, Stop};
use crate::image::{Content, Found};
use crate::knowledge::{How, Launch, Wrapped};
use crate::source::{Mapped, Span};

/// A command that a launcher runs at once.
pub(in crate::boot) struct Job {
    /// Its words.
    pub(in crate::boot) words: Vec<Field>,
    /// How it is exec'd.
    pub(in crate::boot) caller: Caller,
    /// The place that starts it, if that is another than the launcher's.
    pub(in crate::boot) span: Option<Span>,
    /// How a supervisor stops it.
    pub(in crate::boot) stop: Option<Stop>,
    /// Its working directory, if it is another.
    pub(in crate::boot) directory: Option<String>,
    /// The search path that is all of its environment, if it does not get the launcher's.
    pub(in crate::boot) only_path: Option<String>,
}

impl Job {
    /// A command without peculiarities.
    pub(in crate::boot) fn new(words: Vec<Field>) -> Job {
        Job {
            words,
            caller: Caller::Library,
            span: None,
            stop: None,
            directory: None,
            only_path: None,
        }
    }

    /// The same, started from that place.
    pub(in crate::boot) fn at(mut self, span: Span) -> Job {
        self.span = Some(span);
        self
    }
}

/// What a launcher runs, with all that files say of it.
pub(in crate::boot) enum Plan {
    /// These commands.
    Run(Run),
    /// Nothing: it prints or prepares something, and ends.
    Nothing,
    /// It ends with that status because of what it finds.
    Fails(i32, String),
    /// That cannot be told.
    Unknown(Missing),
}

/// The commands of a launcher.
#[derive(Default)]
pub(in crate::boot) struct Run {
    /// All at once.
    pub(in crate::boot) jobs: Vec<Job>,
    /// One after another, after the jobs.
    pub(in crate::boot) next: Vec<Next>,
    /// Whether it starts them again when they end.
    pub(in crate::boot) supervises: bool,
    /// The pause between two that it stops one after another.
    pub(in crate::boot) one_by_one: Option<Millis>,
    /// How it runs them, if a file decides that.
    pub(in crate::boot) how: Option<How>,
    /// The directory in which it looks for programs first.
    pub(in crate::boot) path: Option<String>,
    /// What is not known of commands that it runs when it is told to.
    pub(in crate::boot) others: Option<Missing>,
}

impl From<Vec<Job>> for Plan {
    fn from(jobs: Vec<Job>) -> Plan {
        Plan::Run(Run {
            jobs,
            ..Run::default()
        })
    }
}

impl Start<'_, '_> {
    /// What a launcher runs.
    pub(super) fn plan(&mut self, argv: &[Field], launch: &Launch) -> Plan {
        let not_known = |kind: &'static str| {
            Plan::Unknown(Missing {
                kind,
                text: format!("what `{}` runs is not known", launch.name),
                span: None,
            })
        };
        match &launch.command {
            Wrapped::Words(index) => match argv.get(*index..).filter(|words| !words.is_empty()) {
                Some(words) => {
                    let mut job = Job::new(words.to_vec());
                    job.caller = caller(&launch.name);
                    vec![job].into()
                }
                None => not_known("value"),
            },
            Wrapped::Made(words) if words.is_empty() => not_known("value"),
            Wrapped::Made(words) => {
                let mut words = made(words);
                if launch.name.ends_with("find") {
                    words.iter_mut().for_each(put_found_file);
                }
                vec![Job::new(words)].into()
            }
            Wrapped::Shell {
                shell,
                text,
                arguments,
            } => {
                let Some(text) = argv.get(*text) else {
                    return not_known("value");
                };
                let shell = Field::text(shell.as_deref().unwrap_or("/bin/sh"));
                let mut words = vec![shell, Field::text("-c"), text.clone()];
                words.extend(
                    arguments
                        .iter()
                        .filter_map(|index| argv.get(*index).cloned()),
                );
                vec![Job::new(words)].into()
            }
            Wrapped::LoginShell(index) => {
                let mut words = vec![Field::text("/bin/sh")];
                words.extend(argv.get(*index..).unwrap_or_default().iter().cloned());
                vec![Job::new(words)].into()
            }
            Wrapped::Several(commands) => {
                let jobs = commands.iter().filter(|words| !words.is_empty());
                let jobs: Vec<Job> = jobs.map(|words| Job::new(made(words))).collect();
                if jobs.is_empty() {
                    return not_known("value");
                }
                jobs.into()
            }
            Wrapped::Script { name, arguments } => {
                let further = argv.get(*arguments..).unwrap_or_default().to_vec();
                self.package_script(argv, launch, name, &further)
            }
            Wrapped::Configured {
                format,
                path,
                default_paths,
                arguments,
            } => {
                let further: Vec<Field> = arguments
                    .iter()
                    .filter_map(|index| argv.get(*index).cloned())
                    .collect();
                let given = path.and_then(|index| argv.get(index));
                self.read_configuration(argv, launch, format, given, default_paths, &further)
            }
            Wrapped::Nothing => Plan::Nothing,
            Wrapped::Unknown => not_known("value"),
        }
    }

    /// The text of a file of the image, as far as it is known: `Ok(None)` when nothing is there.
    pub(in crate::boot) fn text_of(&mut self, path: &str) -> Result<Option<Mapped>, Missing> {
        let unknown = |why: &str, span| Missing {
            kind: "config",
            text: format!("`{path}` is not at hand: {why}"),
            span,
        };
        if let Some(written) = self.world.written(path, &self.machine.looked_at) {
            return match written.certain() {
                Some(text) => {
                    let span = self.process().span.clone();
                    Ok(Some(self.machine.locate(&text, span.as_ref())))
                }
                None => Err(unknown("the start-up writes it", None)),
            };
        }
        match self.machine.container.image.files.look_up(path) {
            Found::File(file) => match file.content {
                Content::Text(text) => Ok(Some(text)),
                Content::Binary => Err(unknown("it is no text", file.origin)),
                Content::Unknown(why) => Err(unknown(&why.text, why.span)),
            },
            Found::Absent | Found::Directory => Ok(None),
            Found::Unknown(why) => Err(unknown(&why.text, why.span)),
        }
    }
}

/// How a launcher calls exec: gosu and su-exec use plain execve, which runs no script without a `#!`
/// line.
fn caller(launcher: &str) -> Caller {
    match launcher {
        "gosu" => Caller::Kernel,
        _ => Caller::Library,
    }
}

/// What `find` puts in the place of `{}` is not known.
fn put_found_file(word: &mut Field) {
    if word.known().is_some_and(|text| text.contains("{}")) {
        word.value = Value::unknown("a file that `find` finds");
    }
}

/// Words that a launcher has made.
fn made(words: &[Option<String>]) -> Vec<Field> {
    let fields = words.iter().map(|word| match word {
        Some(text) => Field::text(text),
        None => Field {
            value: Value::unknown("a word"),
            open: false,
        },
    });
    fields.collect()
}
