//! Entries of `grammars/launchers/`: from a command line to what the launcher will do.
//!
//! In: words and where the launcher stands. Out: [`Launch`]. Has no name of a launcher in it: what
//! differs between them stands in the tables.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::arguments::{Given, Grammar, Parsed};
use super::launch::Alternative;
use super::verify::Try;
use super::{
    ChildGroup, Fork, Forward, How, Launch, OnSignal, Position, Recipient, Signal, Then, Wrapped,
};

/// A launcher's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Names as in argv, without directories.
    pub(super) names: Vec<String>,
    /// The first operand must be one of these (`run` in `poetry run`).
    #[serde(default)]
    subcommand: Vec<String>,
    /// It is a launcher only with one of these options (`node --run`).
    #[serde(default)]
    requires: Vec<String>,
    /// It describes busybox's applet.
    #[serde(default)]
    busybox: bool,
    /// Only without directories or with exactly one of these paths (`/init`).
    #[serde(default)]
    paths: Vec<String>,
    /// What it does, a sentence.
    pub(super) about: String,
    /// Measured or read where.
    pub(super) evidence: String,
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
    #[serde(rename = "try")]
    pub(super) tries: Vec<Try>,
}

/// What an option sets.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Effect {
    /// The working directory.
    Directory,
    /// A variable to remove.
    Unset,
    /// An empty environment.
    Clear,
    /// A string that is split into the first words of the command (`env -S`).
    Split,
    /// A string for a shell.
    Text,
    /// The shell for it.
    Shell,
    /// `15:3`: pass 15 on as 3; `15:0`: drop it.
    Rewrite,
    /// SIGKILL after that time.
    KillAfter,
    /// Signals to block.
    Block,
    /// Signals to ignore.
    Ignore,
    /// The program to run (`start-stop-daemon --exec`).
    Program,
    /// `NAME=VALUE`.
    Set,
    /// The name of a script to run (`node --run start`).
    Script,
    /// The file that says what to run.
    Path,
}

/// How the wrapped command is found.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Command {
    kind: Kind,
    /// A first word of the command that makes the next one a string for a shell (`flock F -c`).
    string_word: Option<String>,
    /// Words in front of the command's own (`/bin/bash` for `capsh --`).
    prefix: Vec<String>,
    /// For `after`: the word after which the command stands (`-exec`).
    after: Vec<String>,
    /// For `after`: the words that end it.
    until: Vec<String>,
    /// For `script`: the name that an alias stands for (`t` → `test`).
    name: BTreeMap<String, String>,
    /// For `configured`: the format of the file.
    format: String,
    /// For `configured`: where the file is without an option.
    default_paths: Vec<String>,
    /// What it means that no command follows.
    empty: Empty,
    /// The shell of script texts.
    script_shell: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// The words after the options and operands.
    #[default]
    Words,
    /// `[USER [ARGS]]` and a string in an option: su.
    User,
    /// The program in an option, its arguments after `--`: start-stop-daemon.
    Program,
    /// The string in an option: `script -c`.
    Text,
    /// The words, joined by blanks, as one string for a shell: `npx -c`, `cross-env-shell`.
    Joined,
    /// Every word is a command for a shell of its own: concurrently.
    Each,
    /// A word followed by the command, up to another: `find -exec`.
    After,
    /// A script by name: `npm run NAME`.
    Script,
    /// A script whose name is the subcommand: `npm start`.
    Subcommand,
    /// What to run stands in a file.
    Configured,
    /// The words, run by the program itself in another process: `node --watch app.js`.
    Itself,
    /// Nothing is run.
    Nothing,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Empty {
    /// It prints something and ends.
    #[default]
    Nothing,
    /// It starts a login or interactive shell.
    Shell,
    /// It is not this launcher's business.
    NotHere,
}

/// What it does with the command and with signals.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Behaviour {
    /// What happens to the command.
    how: Option<HowName>,
    /// The status of `never`.
    status: Option<i32>,
    /// Signal name or `otherwise` → what it does (see [`on_signal`]).
    signals: BTreeMap<String, String>,
    /// The child's process group.
    group: Option<Group>,
    /// Whether it reaps what is not its own.
    reaps: Option<bool>,
    /// Signals that the command starts with ignored.
    ignores: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum HowName {
    Exec,
    Fork,
    Leave,
    Never,
    Nothing,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Group {
    Same,
    Own,
    Session,
}

/// A change of behaviour.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct When {
    /// One of these options was given.
    #[serde(default)]
    option: Vec<String>,
    /// All of these were given.
    #[serde(default)]
    all: Vec<String>,
    /// None of these was given.
    #[serde(default)]
    without: Vec<String>,
    /// It is PID 1 (or is not).
    pid1: Option<bool>,
    /// It leads its process group (or does not).
    leader: Option<bool>,
    /// What runs the command's words cannot be told (`sudo -s`: the user's shell does).
    #[serde(default)]
    obscure: bool,
    #[serde(flatten)]
    change: Behaviour,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Other {
    when: String,
    #[serde(flatten)]
    behaviour: Behaviour,
}

/// The launch that a command line means, if one of the entries of its name applies.
pub(super) fn launch(
    entries: &[&Entry],
    words: &[Option<&str>],
    position: Position,
) -> Option<Launch> {
    let has_applet = position.busybox && entries.iter().any(|entry| entry.busybox);
    entries
        .iter()
        .filter(|entry| entry.busybox == has_applet)
        .find_map(|entry| entry.launch(words, position))
}

impl Entry {
    fn launch(&self, words: &[Option<&str>], position: Position) -> Option<Launch> {
        let program = words.first().copied().flatten()?;
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
        let mut launch = Launch {
            name: self.names.first()?.clone(),
            how: How::Exec,
            command: Wrapped::Unknown,
            environment: Vec::new(),
            clears_environment: false,
            ignores: Vec::new(),
            blocks: Vec::new(),
            directory: None,
            eats: parsed.eaten.clone(),
            alternatives: Vec::new(),
            script_shell: self.command.script_shell.clone(),
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
                }
            })
            .collect();
        Some(launch)
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

    /// What the launcher runs; `None` if the line is not this launcher's business.
    fn wrapped(&self, words: &[Option<&str>], parsed: &Parsed<'_>) -> Option<Wrapped> {
        let own = |index: &usize| words[*index].map(str::to_owned);
        let command = &parsed.command;
        let empty = || match self.command.empty {
            Empty::Nothing => Some(Wrapped::Nothing),
            Empty::Shell => Some(Wrapped::LoginShell(words.len())),
            Empty::NotHere => None,
        };
        Some(match self.command.kind {
            Kind::Nothing => Wrapped::Nothing,
            Kind::Words => {
                if let Some(given) = self.given(parsed, Effect::Split) {
                    return Some(self.split(words, parsed, given));
                }
                let Some(&first) = command.first() else {
                    return empty();
                };
                let string = self.command.string_word.as_deref();
                if string.is_some() && words[first] == string {
                    return Some(match command.get(1) {
                        Some(&text) => Wrapped::Shell {
                            shell: None,
                            text,
                            arguments: command[2..].to_vec(),
                        },
                        None => Wrapped::Unknown,
                    });
                }
                self.words(command, words.len(), own)
            }
            Kind::User => self.user(words, parsed),
            Kind::Program => match self.given(parsed, Effect::Program) {
                Some(given) => {
                    let program = given.value.and_then(|value| value.text);
                    let mut made = vec![program.map(str::to_owned)];
                    made.extend(command.iter().map(own));
                    Wrapped::Made(made)
                }
                None => return empty(),
            },
            Kind::Text => match self.given(parsed, Effect::Text) {
                Some(given) => shell_text(given, None, Vec::new()),
                None => return empty(),
            },
            Kind::Joined => {
                if let Some(given) = self.given(parsed, Effect::Text) {
                    return Some(shell_text(given, None, Vec::new()));
                }
                if command.is_empty() {
                    return empty();
                }
                let text: Option<Vec<&str>> = command.iter().map(|&at| words[at]).collect();
                made_shell(text.map(|words| words.join(" ")))
            }
            Kind::Each => {
                if command.is_empty() {
                    return empty();
                }
                let shells = command
                    .iter()
                    .map(|at| vec![Some("/bin/sh".to_owned()), Some("-c".to_owned()), own(at)]);
                Wrapped::Several(shells.collect())
            }
            Kind::After => {
                let start = words.iter().position(|word| {
                    word.is_some_and(|word| self.command.after.iter().any(|a| a == word))
                });
                let Some(start) = start else {
                    return empty();
                };
                if self.command.until.is_empty() && start + 1 < words.len() {
                    return Some(Wrapped::Words(start + 1));
                }
                let made = words[start + 1..]
                    .iter()
                    .take_while(|word| {
                        !word.is_some_and(|word| self.command.until.iter().any(|u| u == word))
                    })
                    .map(|word| word.map(str::to_owned));
                Wrapped::Made(made.collect())
            }
            Kind::Script => {
                if let Some(given) = self.given(parsed, Effect::Script) {
                    return Some(match given.value.and_then(|value| value.text) {
                        Some(name) => Wrapped::Script {
                            name: name.to_owned(),
                            arguments: command.first().copied().unwrap_or(words.len()),
                        },
                        None => Wrapped::Unknown,
                    });
                }
                let Some(&first) = command.first() else {
                    return empty();
                };
                match words[first] {
                    Some(name) => Wrapped::Script {
                        name: name.to_owned(),
                        arguments: first
                            + 1
                            + usize::from(words.get(first + 1) == Some(&Some("--"))),
                    },
                    None => Wrapped::Unknown,
                }
            }
            Kind::Subcommand => {
                let at = (1..words.len()).find(|&at| {
                    words[at].is_some_and(|word| self.subcommand.iter().any(|known| known == word))
                })?;
                let word = words[at]?;
                let name = self.command.name.get(word).map_or(word, String::as_str);
                Wrapped::Script {
                    name: name.to_owned(),
                    arguments: at + 1 + usize::from(words.get(at + 1) == Some(&Some("--"))),
                }
            }
            Kind::Configured => {
                let given = self.given(parsed, Effect::Path);
                let word = given
                    .and_then(|given| given.value)
                    .and_then(|value| value.word);
                // A value that is attached (`-c/etc/s.conf`) is told as a path of its own.
                let attached = given
                    .and_then(|given| given.value)
                    .filter(|value| value.word.is_none())
                    .and_then(|value| value.text);
                let operand = parsed.operands.first().copied();
                Wrapped::Configured {
                    format: self.command.format.clone(),
                    path: word.or(operand),
                    default_paths: match attached {
                        Some(path) => vec![path.to_owned()],
                        None => self.command.default_paths.clone(),
                    },
                    arguments: command.clone(),
                }
            }
            Kind::Itself => {
                let taken: Vec<usize> = parsed
                    .options
                    .iter()
                    .filter(|given| self.requires.contains(&given.name))
                    .map(|given| given.index)
                    .collect();
                let made = (0..words.len()).filter(|at| !taken.contains(at));
                Wrapped::Made(made.map(|at| own(&at)).collect())
            }
        })
    }

    /// The words of the command: as they stand if nothing was taken out of them.
    fn words(
        &self,
        command: &[usize],
        end: usize,
        own: impl Fn(&usize) -> Option<String>,
    ) -> Wrapped {
        let first = command[0];
        let whole = first + command.len() == end;
        if whole && self.command.prefix.is_empty() {
            return Wrapped::Words(first);
        }
        let prefix = self.command.prefix.iter().cloned().map(Some);
        Wrapped::Made(prefix.chain(command.iter().map(own)).collect())
    }

    fn user(&self, words: &[Option<&str>], parsed: &Parsed<'_>) -> Wrapped {
        let shell = self
            .given(parsed, Effect::Shell)
            .and_then(|given| given.value)
            .map(|value| value.text.map(str::to_owned));
        if shell == Some(None) {
            return Wrapped::Unknown;
        }
        let arguments = parsed.command.clone();
        match self.given(parsed, Effect::Text) {
            Some(given) => shell_text(given, shell.flatten(), arguments),
            None => Wrapped::LoginShell(arguments.first().copied().unwrap_or(words.len())),
        }
    }

    /// `env -S 'a b' c`: the words of the string, then the rest of the line.
    fn split(&self, words: &[Option<&str>], parsed: &Parsed<'_>, given: &Given<'_>) -> Wrapped {
        let text = given.value.and_then(|value| value.text);
        let Some(pieces) = text.and_then(split_string) else {
            return Wrapped::Unknown;
        };
        let rest = parsed.command.iter().map(|&at| words[at]);
        let line: Vec<Option<&str>> = std::iter::once(words[0])
            .chain(pieces.iter().map(|piece| Some(piece.as_str())))
            .chain(rest)
            .collect();
        // The string may hold options and assignments of its own.
        let Some(inner) = self.arguments.parse(&line, &[]) else {
            return Wrapped::Unknown;
        };
        if inner.usage_error.is_some() || inner.unclear || inner.command.is_empty() {
            return Wrapped::Unknown;
        }
        let own = inner.command.iter().map(|&at| line[at].map(str::to_owned));
        Wrapped::Made(own.collect())
    }

    fn apply_effects(&self, words: &[Option<&str>], parsed: &Parsed<'_>, launch: &mut Launch) {
        let set = |launch: &mut Launch, text: &str| {
            if let Some((name, value)) = text.split_once('=') {
                let pair = (name.to_owned(), Some(value.to_owned()));
                launch.environment.push(pair);
            }
        };
        for given in &parsed.options {
            let value = given.value.and_then(|value| value.text);
            match (self.effect(given), value) {
                (Some(Effect::Directory), value) => launch.directory = value.map(str::to_owned),
                (Some(Effect::Unset), Some(name)) => {
                    launch.environment.push((name.to_owned(), None));
                }
                (Some(Effect::Clear), _) => launch.clears_environment = true,
                (Some(Effect::Set), Some(text)) => set(launch, text),
                (Some(Effect::Split), Some(text)) => {
                    for piece in split_string(text).unwrap_or_default() {
                        if !piece.contains('=') {
                            break;
                        }
                        set(launch, &piece);
                    }
                }
                (Some(Effect::Block), value) => launch.blocks.extend(signals(value)),
                (Some(Effect::Ignore), value) => launch.ignores.extend(signals(value)),
                _ => {}
            }
        }
        for &at in &parsed.assignments {
            set(launch, words[at].unwrap_or_default());
        }
    }

    /// Options that change how signals are passed on, with a value.
    fn adjust(&self, given: &Given<'_>, how: &mut How) {
        let How::Fork(fork) = how else {
            return;
        };
        let value = given.value.and_then(|value| value.text);
        match (self.effect(given), value) {
            (Some(Effect::Rewrite), Some(text)) => {
                let Some((from, to)) = text.split_once(':') else {
                    return;
                };
                let Some(from) = Signal::parse(from) else {
                    return;
                };
                let mut rewritten = fork.on(from).clone();
                if to == "0" {
                    rewritten = OnSignal::Ignore;
                } else if let OnSignal::Forward(forward) = &mut rewritten {
                    forward.send = Signal::parse(to);
                }
                fork.on_signal.retain(|(signal, _)| *signal != from);
                fork.on_signal.push((from, rewritten));
            }
            (Some(Effect::KillAfter), Some(text)) => {
                let limit = duration(text);
                for (_, on) in &mut fork.on_signal {
                    if let OnSignal::Forward(forward) = on {
                        forward.kill_after = limit;
                    }
                }
            }
            _ => {}
        }
    }
}

impl When {
    fn holds(&self, parsed: &Parsed<'_>, position: Position) -> bool {
        (self.option.is_empty() || parsed.has(&self.option))
            && self
                .all
                .iter()
                .all(|name| parsed.has(std::slice::from_ref(name)))
            && (self.without.is_empty() || !parsed.has(&self.without))
            && self.pid1.is_none_or(|pid1| pid1 == position.pid1)
            && self
                .leader
                .is_none_or(|leader| leader == position.group_leader)
    }
}

impl Behaviour {
    fn change(&mut self, other: &Behaviour) {
        self.how = other.how.or(self.how);
        self.status = other.status.or(self.status);
        self.group = other.group.or(self.group);
        self.reaps = other.reaps.or(self.reaps);
        if other.signals.contains_key("otherwise") {
            self.signals.clear();
        }
        self.signals.extend(other.signals.clone());
        self.ignores.extend(other.ignores.clone());
    }

    fn how(&self) -> How {
        match self.how {
            Some(HowName::Fork) => How::Fork(self.fork()),
            Some(HowName::Leave) => How::Leave,
            Some(HowName::Never) => How::Never(self.status),
            _ => How::Exec,
        }
    }

    fn fork(&self) -> Fork {
        let otherwise = self
            .signals
            .get("otherwise")
            .and_then(|text| on_signal(text));
        Fork {
            on_signal: self
                .signals
                .iter()
                .filter_map(|(name, text)| Some((Signal::parse(name)?, on_signal(text)?)))
                .collect(),
            otherwise: otherwise.unwrap_or(OnSignal::Default),
            group: match self.group {
                Some(Group::Own) => ChildGroup::Own,
                Some(Group::Session) => ChildGroup::OwnSession,
                Some(Group::Same) | None => ChildGroup::Same,
            },
            reaps: self.reaps.unwrap_or(false),
        }
    }

    /// What is wrong with the words for signals.
    fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, text) in &self.signals {
            if name != "otherwise" && Signal::parse(name).is_none() {
                found.push(format!("no signal `{name}`"));
            }
            if on_signal(text).is_none() {
                found.push(format!("cannot read `{text}`"));
            }
        }
        found
    }
}

impl Entry {
    /// The key that must be unique among the entries of a name.
    pub(super) fn key(&self) -> String {
        format!(
            "{:?} {:?} {:?} {}",
            self.subcommand, self.requires, self.paths, self.busybox
        )
    }

    /// What is wrong with the entry beyond its TOML.
    pub(super) fn problems(&self) -> Vec<String> {
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
    pub(super) fn is_applet(&self) -> bool {
        self.busybox
    }

    /// The subcommands that make it a launcher.
    pub(super) fn subcommands(&self) -> &[String] {
        &self.subcommand
    }
}

/// A shell with the string of an option: as indices if it is a word of its own.
fn shell_text(given: &Given<'_>, shell: Option<String>, arguments: Vec<usize>) -> Wrapped {
    match given.value {
        Some(value) => match (value.word, value.text) {
            (Some(text), _) => Wrapped::Shell {
                shell,
                text,
                arguments,
            },
            (None, text) => made_shell(text.map(str::to_owned)),
        },
        None => Wrapped::Unknown,
    }
}

fn made_shell(text: Option<String>) -> Wrapped {
    Wrapped::Made(vec![
        Some("/bin/sh".to_owned()),
        Some("-c".to_owned()),
        text,
    ])
}

/// The signals of `--block-signal=TERM,INT`; without a value all that end a process.
fn signals(value: Option<&str>) -> Vec<Signal> {
    match value {
        Some(list) => list.split(',').filter_map(Signal::parse).collect(),
        None => (1..32)
            .map(Signal)
            .filter(|signal| signal.ends_by_default() && *signal != Signal::KILL)
            .collect(),
    }
}

/// `5`, `1.5`, `2s`, `3m`, `1h`, `1d` (coreutils `timeout`).
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3_600.0),
        (at, 'd') => (&text[..at], 86_400.0),
        _ => (text, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

/// The words of an `env -S` string: blanks, quotes and backslashes; with variables, comments or
/// other escapes it cannot be told.
fn split_string(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('$' | '#', None | Some('"')) => return None,
            ('\\', None | Some('"')) => match letters.next()? {
                '_' if quote.is_none() => words.extend(word.take()),
                escaped @ ('\\' | '"' | '\'' | '$' | '#' | ' ') => {
                    word.get_or_insert_default().push(escaped);
                }
                _ => return None,
            },
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            (_, None) if letter.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Reads what is done with a signal: `default`, `ignore`, `exit 143`, or a recipient (`child`,
/// `group`, `child+group`, `tree`) with `as SIGNAL`, `kill SECONDS` and one of `wait` (which is
/// meant without a word), `wait-tree`, `leave`, `stay`, `after SECONDS`.
fn on_signal(text: &str) -> Option<OnSignal> {
    let mut words = text.split_whitespace();
    let to = match words.next()? {
        "default" => return words.next().is_none().then_some(OnSignal::Default),
        "ignore" => return words.next().is_none().then_some(OnSignal::Ignore),
        "exit" => return Some(OnSignal::Exit(words.next()?.parse().ok()?)),
        "child" => Recipient::Child,
        "group" => Recipient::Group,
        "child+group" => Recipient::ChildAndGroup,
        "tree" => Recipient::Tree,
        _ => return None,
    };
    let mut forward = Forward {
        send: None,
        to,
        kill_after: None,
        then: Then::Wait,
    };
    while let Some(word) = words.next() {
        match word {
            "as" => forward.send = Some(Signal::parse(words.next()?)?),
            "kill" => forward.kill_after = Some(duration(words.next()?)?),
            "wait" => forward.then = Then::Wait,
            "wait-tree" => forward.then = Then::WaitTree,
            "leave" => forward.then = Then::Leave,
            "stay" => forward.then = Then::Stay,
            "after" => forward.then = Then::After(duration(words.next()?)?),
            _ => return None,
        }
    }
    Some(OnSignal::Forward(forward))
}

impl Fork {
    /// What it does with that signal.
    pub fn on(&self, signal: Signal) -> &OnSignal {
        let listed = self.on_signal.iter().find(|(known, _)| *known == signal);
        match listed {
            Some((_, on)) => on,
            None if signal.ends_by_default() || self.otherwise != OnSignal::Default => {
                &self.otherwise
            }
            None => &OnSignal::Ignore,
        }
    }
}

impl OnSignal {
    /// In the words of the tables: `child as TERM kill 2 after 2`.
    pub fn describe(&self) -> String {
        let forward = match self {
            OnSignal::Default => return "default".to_owned(),
            OnSignal::Ignore => return "ignore".to_owned(),
            OnSignal::Exit(status) => return format!("exit {status}"),
            OnSignal::Forward(forward) => forward,
        };
        let mut text = match forward.to {
            Recipient::Child => "child",
            Recipient::Group => "group",
            Recipient::ChildAndGroup => "child+group",
            Recipient::Tree => "tree",
        }
        .to_owned();
        if let Some(signal) = forward.send {
            text += &format!(" as {}", signal.short_name());
        }
        if let Some(limit) = forward.kill_after {
            text += &format!(" kill {}", limit.as_secs_f64());
        }
        match forward.then {
            Then::Wait => {}
            Then::WaitTree => text += " wait-tree",
            Then::Leave => text += " leave",
            Then::Stay => text += " stay",
            Then::After(limit) => text += &format!(" after {}", limit.as_secs_f64()),
        }
        text
    }
}
