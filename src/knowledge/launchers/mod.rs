//! Entries of `grammars/launchers/`: from a command line to what the launcher will do.
//!
//! In: words and where the launcher stands. Out: [`Launch`]. Has no name of a launcher in it: what
//! differs between them stands in the tables.

mod behaviour;
mod effects;
mod wrapped;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use self::behaviour::{Behaviour, HowName, Other, When};
use self::effects::Effect;
use self::wrapped::{Command, Kind};
use super::arguments::{Given, Grammar, Parsed};
use super::launch::Alternative;
use super::verify::Try;
use super::{How, Launch, Position, Signal, WorksFor, Wrapped};

pub(super) use self::behaviour::duration;

/// A launcher's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Names as in argv, without directories.
    pub(in crate::knowledge) names: Vec<String>,
    /// The first operand must be one of these (`run` in `poetry run`).
    #[serde(default)]
    subcommand: Vec<String>,
    /// It is not this launcher's business if the first word of the command is one of these.
    #[serde(default)]
    except: Vec<String>,
    /// Nor if that word is a file name: it has a `/` or a `.`.
    #[serde(default)]
    except_files: bool,
    /// It is a launcher only with one of these options (`node --run`).
    #[serde(default)]
    requires: Vec<String>,
    /// It describes busybox's applet.
    #[serde(default)]
    busybox: bool,
    /// Only without directories or with exactly one of these paths (`/init`).
    #[serde(default)]
    paths: Vec<String>,
    /// Whether its first operand is the time that the command may run; 0 is without a limit.
    #[serde(default)]
    limits: bool,
    /// Whether it is a tool for development.
    #[serde(default)]
    development: bool,
    /// The directory in which its command starts, if that is another one.
    #[serde(default)]
    directory: Option<String>,
    /// Whether anybody else than root gets an error, and no command.
    #[serde(default)]
    root_only: Option<RootOnly>,
    /// What it does, a sentence.
    pub(in crate::knowledge) about: String,
    /// Measured or read where.
    pub(in crate::knowledge) evidence: String,
    /// Its argument grammar.
    #[serde(default)]
    arguments: Grammar,
    /// Options that set something for the command: option name → what.
    #[serde(default)]
    effects: BTreeMap<String, Effect>,
    /// How the command is found.
    #[serde(default)]
    command: Command,
    /// The behaviour without special options.
    #[serde(flatten)]
    behaviour: Behaviour,
    /// What changes it; later ones win.
    #[serde(default)]
    when: Vec<When>,
    /// Other behaviours that the words do not exclude.
    #[serde(default)]
    alternative: Vec<Other>,
    /// Lines that a test runs.
    #[serde(rename = "try", default)]
    pub(in crate::knowledge) tries: Vec<Try>,
}

/// When a launcher works for root only.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RootOnly {
    /// With one of these options; in any case without the list.
    #[serde(default)]
    with: Vec<String>,
    /// Whether it is enough that its file belongs to root and has the bit by which it runs as its owner.
    #[serde(default)]
    bit_is_enough: bool,
}

/// The launch that a command line means, if one of the entries of its name applies.
pub(in crate::knowledge) fn launch(
    entries: &[&Entry],
    words: &[Option<&str>],
    position: Position,
) -> Option<Launch> {
    let has_applet = position.busybox && entries.iter().any(|entry| entry.busybox);
    // An entry for certain words goes before one for all.
    let fits = |special: bool| {
        entries
            .iter()
            .filter(move |entry| entry.busybox == has_applet && entry.is_special() == special)
            .find_map(|entry| entry.launch(words, position))
    };
    fits(true).or_else(|| fits(false))
}

impl Entry {
    fn is_special(&self) -> bool {
        !self.subcommand.is_empty() || !self.requires.is_empty()
    }

    fn launch(&self, words: &[Option<&str>], position: Position) -> Option<Launch> {
        let program = words.first().copied().flatten()?;
        let base = program.rsplit('/').next().unwrap_or_default();
        if !self.paths.is_empty()
            && program.contains('/')
            && !self.paths.iter().any(|path| path == program)
        {
            return None;
        }
        let parsed = self.arguments.parse(words, &self.subcommand)?;
        if !self.requires.is_empty() && !parsed.has(&self.requires) {
            return None;
        }
        let first = parsed.command.first().and_then(|&at| words[at]);
        let is_file = |word: &str| self.except_files && word.contains(['/', '.']);
        if first.is_some_and(|word| self.except.iter().any(|known| known == word) || is_file(word))
        {
            return None;
        }
        let mut launch = Launch {
            name: self
                .names
                .iter()
                .find(|name| *name == base)
                .or(self.names.first())?
                .clone(),
            how: How::Exec,
            command: Wrapped::Unknown,
            environment: Vec::new(),
            clears_environment: false,
            ignores: Vec::new(),
            blocks: Vec::new(),
            directory: self.directory.clone(),
            limit: self.limit(words, &parsed),
            eats: match self.command.kind {
                Kind::Words => parsed.eaten.clone(),
                // Runners of scripts by name document that options may follow the name.
                _ => Vec::new(),
            },
            alternatives: Vec::new(),
            script_shell: self.command.script_shell.clone(),
            development: self.development,
            works_for: self.works_for(&parsed),
            about: self.about.clone(),
            evidence: self.evidence.clone(),
        };
        if parsed.usage_error.is_some() {
            if let Some(status) = self.arguments.usage_status {
                launch.how = How::Never(Some(status));
                launch.command = Wrapped::Nothing;
            }
            return Some(launch);
        }
        let mut behaviour = self.behaviour.clone();
        let mut obscure = false;
        for when in self
            .when
            .iter()
            .filter(|when| when.holds(&parsed, position))
        {
            behaviour.change(&when.change);
            obscure |= when.obscure;
        }
        launch.ignores = behaviour
            .ignores
            .iter()
            .filter_map(|name| Signal::parse(name))
            .collect();
        launch.command = if parsed.unclear {
            Wrapped::Unknown
        } else {
            self.wrapped(words, &parsed)?
        };
        if obscure && !matches!(launch.command, Wrapped::LoginShell(_)) {
            launch.command = Wrapped::Unknown;
        }
        self.apply_effects(words, &parsed, &mut launch);
        match behaviour.how {
            Some(HowName::Nothing) => launch.command = Wrapped::Nothing,
            _ => launch.how = behaviour.how(),
        }
        if launch.command == Wrapped::Nothing && !matches!(launch.how, How::Never(_)) {
            launch.how = How::Exec;
        }
        for given in &parsed.options {
            self.adjust(given, &mut launch.how);
        }
        launch.alternatives = self
            .alternative
            .iter()
            .map(|other| {
                let mut behaviour = self.behaviour.clone();
                behaviour.change(&other.behaviour);
                Alternative {
                    when: other.when.clone(),
                    how: behaviour.how(),
                    images: other.images.clone(),
                    other_images: other.other_images.clone(),
                    package_manager: other.package_manager.clone(),
                    files: other.files.clone(),
                    script_shell: other.script_shell.clone(),
                }
            })
            .collect();
        Some(launch)
    }

    /// How long the command may run.
    fn limit(&self, words: &[Option<&str>], parsed: &Parsed<'_>) -> Option<Duration> {
        let word = parsed.operands.first().filter(|_| self.limits)?;
        duration(words[*word]?).filter(|limit| !limit.is_zero())
    }

    fn effect(&self, given: &Given<'_>) -> Option<Effect> {
        self.effects.get(&given.name).copied()
    }

    fn given<'p, 'w>(&self, parsed: &'p Parsed<'w>, effect: Effect) -> Option<&'p Given<'w>> {
        parsed
            .options
            .iter()
            .rev()
            .find(|given| self.effect(given) == Some(effect))
    }

    /// The key that must be unique among the entries of a name.
    pub(in crate::knowledge) fn key(&self) -> String {
        format!(
            "{:?} {:?} {:?} {}",
            self.subcommand, self.requires, self.paths, self.busybox
        )
    }

    /// What is wrong with the entry beyond its TOML.
    pub(in crate::knowledge) fn problems(&self) -> Vec<String> {
        let mut found = self.behaviour.problems();
        found.extend(self.when.iter().flat_map(|when| when.change.problems()));
        found.extend(
            self.alternative
                .iter()
                .flat_map(|other| other.behaviour.problems()),
        );
        for option in self.effects.keys().filter(|option| option.len() > 1) {
            let known = self
                .arguments
                .long
                .iter()
                .any(|long| long.trim_end_matches(['=', '?']) == option);
            if !known {
                found.push(format!("`{option}` has an effect, but is no option"));
            }
        }
        found
    }

    /// Whether it is busybox's applet.
    pub(in crate::knowledge) fn is_applet(&self) -> bool {
        self.busybox
    }

    fn works_for(&self, parsed: &Parsed<'_>) -> WorksFor {
        match &self.root_only {
            Some(only) if only.with.is_empty() || parsed.has(&only.with) => {
                match only.bit_is_enough {
                    true => WorksFor::RootOrWithBit,
                    false => WorksFor::Root,
                }
            }
            _ => WorksFor::All,
        }
    }

    /// For whom it works, if not for everybody, as a sentence.
    pub(in crate::knowledge) fn restriction(&self) -> Option<String> {
        let option = |name: &String| match name.len() {
            1 => format!("-{name}"),
            _ => format!("--{name}"),
        };
        let with = &self.root_only.as_ref()?.with;
        let options: Vec<String> = with.iter().map(option).collect();
        Some(match options.as_slice() {
            [] => "It works for root only.".to_owned(),
            options => format!("With {} it works for root only.", options.join(", ")),
        })
    }

    /// What it does with its command and with signals unless options say otherwise, in sentences.
    pub(in crate::knowledge) fn behaviours(&self) -> Vec<String> {
        let fork = match self.behaviour.how() {
            How::Exec if self.command.kind == Kind::Unknown => return Vec::new(),
            How::Exec => return vec!["It becomes the command.".to_owned()],
            How::Leave => {
                return vec!["It starts the command in the background and ends.".to_owned()];
            }
            How::Never(_) => return vec!["It does not get to start the command.".to_owned()],
            How::Fork(fork) => fork,
        };
        let mut found = vec!["It stays as the parent of the command.".to_owned()];
        found.extend(
            fork.on_signal
                .iter()
                .map(|(signal, on)| format!("{signal}: {}.", on.sentence())),
        );
        let others = match found.len() {
            1 => "Every signal",
            _ => "Other signals",
        };
        found.push(format!("{others}: {}.", fork.otherwise.sentence()));
        found
    }

    /// The subcommands that make it a launcher.
    pub(in crate::knowledge) fn subcommands(&self) -> &[String] {
        &self.subcommand
    }
}
