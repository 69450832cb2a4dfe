//! Entries of `grammars/programs/`: from a command line to lifetime and reactions.
//!
//! In: words. Out: [`Program`]. Does not look into any file: a program's source or configuration is
//! somebody else's business.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::arguments::Grammar;
use super::launchers::duration;
use super::service;
use super::stop_setting::StopSettingEntry;
use super::verify::Try;
use super::{
    ConfigSwitch, Effect, Foreground, Lifetime, Program, ProgramReaction, Runtime, Signal,
    StopCommand,
};

/// A program's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Names as in argv, without directories.
    pub(super) names: Vec<String>,
    /// An interpreter's first operand with this file name means this program (`manage.py`).
    #[serde(default)]
    script: bool,
    /// It describes busybox's applet.
    #[serde(default)]
    busybox: bool,
    /// It is not this program if one of these words is given: it does not have them.
    #[serde(default)]
    except: Vec<String>,
    /// What a stop does to it, a sentence.
    pub(super) about: String,
    /// Measured or read where.
    pub(super) evidence: String,
    lifetime: LifetimeName,
    /// Signal name or `otherwise` → effect, or `as PID 1/elsewhere`.
    #[serde(default)]
    on: BTreeMap<String, String>,
    graceful: Option<String>,
    runtime: Option<RuntimeEntry>,
    /// How an interpreter's own options are told from its script.
    arguments: Option<Grammar>,
    /// A word that is not known may decide the lifetime.
    #[serde(default)]
    uncertain: bool,
    config: Option<ConfigEntry>,
    stop_setting: Option<StopSettingEntry>,
    /// By word of the command that starts it: the word of the command that stops it and waits.
    #[serde(default)]
    stop_words: BTreeMap<String, String>,
    /// By service: the signal with which its script stops the server, if it is not SIGTERM.
    #[serde(default)]
    service_signals: BTreeMap<String, String>,
    /// Whether it is a server for development.
    #[serde(default)]
    development: bool,
    /// Options whose value is the longest time that stopping takes, in seconds.
    #[serde(default)]
    stop_time: Vec<String>,
    /// Other commands that stop it.
    #[serde(default)]
    stop_commands: Vec<StopCommand>,
    /// How it stays in the foreground.
    #[serde(default)]
    foreground: Foreground,
    /// What changes it; later ones win.
    #[serde(default)]
    when: Vec<When>,
    /// Lines that a test runs.
    #[serde(rename = "try", default)]
    pub(super) tries: Vec<Try>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum LifetimeName {
    Short,
    Long,
    Idle,
    /// Idle for as long as its operands say.
    Sleep,
    Filter,
    Daemonises,
    OneShot,
    Unknown,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuntimeEntry {
    language: String,
    how_to_handle: String,
    /// What happens without a handler: as in `on`.
    unhandled: BTreeMap<String, String>,
    /// Options that are followed by code: no script then.
    #[serde(default)]
    code: Vec<String>,
    /// Options that are followed by a program of that name (`-m gunicorn`).
    #[serde(default)]
    module: Vec<String>,
    /// Options that load a module before the program (`node -r`).
    #[serde(default)]
    loads: Vec<String>,
    /// Words between the runtime and the script (`run` of deno).
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ConfigEntry {
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    options: Vec<String>,
    /// Its first operand is the file.
    #[serde(default)]
    operand: bool,
    /// With one of these words the file does not decide.
    #[serde(default)]
    unless: Vec<String>,
    line: String,
    lifetime: LifetimeName,
}

/// A change: all given conditions must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct When {
    /// A word is one of these.
    any: Vec<String>,
    /// A word starts with one of these.
    starts: Vec<String>,
    /// A word contains one of these.
    contains: Vec<String>,
    /// These words stand in a row.
    sequence: Vec<String>,
    /// The first operand is one of these.
    first: Vec<String>,
    /// The second operand is one of these.
    second: Vec<String>,
    /// No word is one of these.
    without: Vec<String>,
    /// Whether there are words that are no options.
    operands: Option<bool>,
    /// Whether there are any words.
    words: Option<bool>,
    lifetime: Option<LifetimeName>,
    on: BTreeMap<String, String>,
    graceful: Option<String>,
    about: Option<String>,
    development: Option<bool>,
}

/// What is known of a command line.
pub(super) fn program(words: &[Option<&str>], busybox: bool) -> Option<Program> {
    let mut words = words;
    let mut busybox = busybox;
    // An interpreter leads to its script, a module to its program: a few steps at most.
    for _ in 0..6 {
        let path = words.first().copied().flatten()?;
        // Every script of that directory is a service.
        let is_service = ["/etc/init.d/", "/etc/rc.d/init.d/"]
            .iter()
            .any(|directory| path.starts_with(directory));
        let name = match is_service {
            true => "/etc/init.d",
            false => path.rsplit('/').next().unwrap_or(path),
        };
        if name == "busybox" {
            busybox = true;
            words = words.get(1..)?;
            continue;
        }
        let entry = find_at(path, name, words, busybox)?;
        match entry.leads_to(words) {
            Some(next) => words = &words[next..],
            None => {
                let mut program = entry.program(words);
                service::add_server(words, &entry.service_signals, &mut program);
                return Some(program);
            }
        }
    }
    None
}

/// The entry of a path as a user's own entries may give it, else that of its name.
fn find_at(
    path: &str,
    name: &str,
    words: &[Option<&str>],
    busybox: bool,
) -> Option<&'static Entry> {
    let found = |busybox| {
        let by_path = path.contains('/').then(|| find(path, busybox)).flatten();
        by_path.or_else(|| find(name, busybox))
    };
    let is_other = |entry: &&Entry| {
        let mut words = words.iter().skip(1).flatten();
        words.any(|word| entry.except.iter().any(|known| known == word))
    };
    match found(busybox) {
        Some(entry) if is_other(&entry) => found(false),
        entry => entry,
    }
}

/// The entry of a name, with or without a version at its end (`python3.12`, `php-fpm8.2`).
pub(super) fn find(name: &str, busybox: bool) -> Option<&'static Entry> {
    let by_name = |name: &str| {
        let table = super::tables::programs();
        let applet = table.named(name).find(|entry| entry.busybox && busybox);
        applet.or_else(|| table.named(name).find(|entry| !entry.busybox))
    };
    by_name(name).or_else(|| {
        let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let bare = bare.trim_end_matches('-');
        (bare.len() < name.len() && !bare.is_empty())
            .then(|| by_name(bare))
            .flatten()
    })
}

impl Entry {
    /// The index of the word that names the program that really runs.
    fn leads_to(&self, words: &[Option<&str>]) -> Option<usize> {
        let runtime = self.runtime.as_ref()?;
        let parsed = self.arguments.as_ref()?.parse(words, &[])?;
        for given in &parsed.options {
            if runtime.code.contains(&given.name) {
                return None;
            }
            if runtime.module.contains(&given.name) {
                let at = given.value?.word?;
                let module = words[at]?;
                return find(module, false).filter(|entry| entry.script).map(|_| at);
            }
        }
        let at = self.script(words)?;
        let path = words[at]?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let entry = find_at(path, name, words, false)?;
        let is_named = |known: &String| known == name || known == path;
        (entry.script && entry.names.iter().any(is_named)).then_some(at)
    }

    /// What a command line makes a runtime run.
    fn runtime(&self, runtime: &RuntimeEntry, words: &[Option<&str>]) -> Runtime {
        let parsed = self
            .arguments
            .as_ref()
            .and_then(|grammar| grammar.parse(words, &[]));
        let given = parsed.map(|parsed| parsed.options).unwrap_or_default();
        let values = |names: &[String]| {
            let options = given.iter().filter(|given| names.contains(&given.name));
            options.filter_map(|given| given.value).collect::<Vec<_>>()
        };
        let module = values(&runtime.module).first().and_then(|value| value.text);
        Runtime {
            language: runtime.language.clone(),
            how_to_handle: runtime.how_to_handle.clone(),
            unhandled: reactions(&runtime.unhandled),
            script: self.script(words),
            module: module.map(str::to_owned),
            code: values(&runtime.code).first().and_then(|value| value.word),
            loads: values(&runtime.loads)
                .into_iter()
                .map(|value| value.text.map(str::to_owned))
                .collect(),
        }
    }

    /// The index of the script of an interpreter.
    fn script(&self, words: &[Option<&str>]) -> Option<usize> {
        let runtime = self.runtime.as_ref()?;
        let parsed = self.arguments.as_ref()?.parse(words, &[])?;
        let without_script = runtime.code.iter().chain(&runtime.module);
        if without_script
            .into_iter()
            .any(|name| parsed.has(std::slice::from_ref(name)))
        {
            return None;
        }
        parsed.command.iter().copied().find(|&at| {
            !words[at].is_some_and(|word| runtime.verbs.iter().any(|verb| verb == word))
        })
    }

    /// The name under which it was called, or that of the entry (`python3.12`: `python`).
    fn name_in(&self, words: &[Option<&str>]) -> String {
        let path = words.first().copied().flatten().unwrap_or_default();
        let base = path.rsplit('/').next().unwrap_or_default();
        let listed = |wanted: &str| {
            let mut names = self.names.iter();
            names.find(|name| *name == wanted || *name == path)
        };
        // `influxdb3` is listed as `influxdb`.
        let bare = base.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
        let known = listed(base).or_else(|| listed(bare));
        known.unwrap_or(&self.names[0]).clone()
    }

    fn program(&self, words: &[Option<&str>]) -> Program {
        let mut lifetime = lifetime(self.lifetime, words);
        let mut decided = false;
        let mut on = self.on.clone();
        let mut graceful = self.graceful.clone();
        let mut about = self.about.clone();
        let mut development = self.development;
        for when in self.when.iter().filter(|when| when.holds(words)) {
            if let Some(name) = when.lifetime {
                lifetime = self::lifetime(name, words);
                decided = true;
            }
            if when.on.contains_key("otherwise") {
                on.clear();
            }
            on.extend(when.on.clone());
            graceful = when.graceful.clone().or(graceful);
            about = when.about.clone().unwrap_or(about);
            development = when.development.unwrap_or(development);
        }
        if words.len() == 2 && matches!(words[1], Some("--version" | "--help")) {
            lifetime = Lifetime::OneShot;
        } else if self.uncertain && !decided && words.contains(&None) {
            lifetime = Lifetime::Unknown;
        }
        Program {
            name: self.name_in(words),
            lifetime,
            reactions: reactions(&on),
            otherwise: on.get("otherwise").and_then(|text| reaction(text)),
            graceful_signal: graceful
                .and_then(|name| Signal::parse(&name))
                .filter(|signal| *signal != Signal::TERM),
            runtime: self
                .runtime
                .as_ref()
                .map(|runtime| self.runtime(runtime, words)),
            config: self.config.as_ref().map(|config| ConfigSwitch {
                paths: config.paths.clone(),
                options: config.options.clone(),
                operand: config.operand,
                unless: config.unless.clone(),
                line: config.line.clone(),
                lifetime: self::lifetime(config.lifetime, words),
            }),
            stop_setting: self
                .stop_setting
                .as_ref()
                .and_then(|setting| setting.of(&self.name_in(words))),
            stop_words: self.stop_words.clone(),
            stop_command_signal: None,
            development,
            stop_time: self.stop_time(words),
            stop_commands: self.stop_commands.clone(),
            foreground: self.foreground.clone(),
            evidence: about,
            source: self.evidence.clone(),
        }
    }

    fn stop_time(&self, words: &[Option<&str>]) -> Option<f64> {
        let value = |(at, word): (usize, &Option<&str>)| {
            let word = (*word)?;
            self.stop_time.iter().find_map(|option| {
                let rest = word.strip_prefix(option.as_str())?;
                match rest.strip_prefix('=') {
                    Some(value) => value.parse().ok(),
                    None if rest.is_empty() => words.get(at + 1).copied().flatten()?.parse().ok(),
                    None => None,
                }
            })
        };
        words.iter().enumerate().filter_map(value).next_back()
    }

    /// The key that must be unique among the entries of a name.
    pub(super) fn key(&self) -> String {
        self.busybox.to_string()
    }

    /// Whether it is busybox's applet.
    pub(super) fn is_applet(&self) -> bool {
        self.busybox
    }

    /// What is wrong with the entry beyond its TOML.
    pub(super) fn problems(&self) -> Vec<String> {
        let maps = self.when.iter().map(|when| &when.on);
        let maps = maps.chain([&self.on]);
        let maps = maps.chain(self.runtime.iter().map(|runtime| &runtime.unhandled));
        let mut found = Vec::new();
        for (name, text) in maps.flatten() {
            if name != "otherwise" && Signal::parse(name).is_none() {
                found.push(format!("no signal `{name}`"));
            }
            if reaction(text).is_none() && text != "unknown" {
                found.push(format!(
                    "`{text}` is no reaction; there are graceful, drops, dies, ignores and user-code"
                ));
            }
        }
        found.extend(
            self.stop_setting
                .as_ref()
                .and_then(StopSettingEntry::problem),
        );
        if self.runtime.is_some() != self.arguments.is_some() {
            found.push("a runtime needs its argument grammar, and nothing else does".to_owned());
        }
        found
    }
}

impl When {
    fn holds(&self, words: &[Option<&str>]) -> bool {
        let rest = &words[1.min(words.len())..];
        let known = || rest.iter().flatten().copied();
        let mut operands = rest
            .iter()
            .filter(|word| !word.is_some_and(|word| word.starts_with('-')));
        let is_in = |list: &[String], word: &str| list.iter().any(|listed| listed == word);
        (self.any.is_empty() || known().any(|word| is_in(&self.any, word)))
            && (self.starts.is_empty()
                || known().any(|word| self.starts.iter().any(|start| word.starts_with(start))))
            && (self.contains.is_empty()
                || known().any(|word| self.contains.iter().any(|part| word.contains(part))))
            && (self.sequence.is_empty()
                || rest.windows(self.sequence.len()).any(|window| {
                    window
                        .iter()
                        .zip(&self.sequence)
                        .all(|(word, listed)| *word == Some(listed.as_str()))
                }))
            && !known().any(|word| is_in(&self.without, word))
            && self
                .operands
                .is_none_or(|wanted| wanted == operands.clone().next().is_some())
            && self.words.is_none_or(|wanted| wanted != rest.is_empty())
            && match operands.next() {
                _ if self.first.is_empty() => true,
                Some(Some(word)) => is_in(&self.first, word),
                _ => false,
            }
            && match (self.first.is_empty(), operands.next()) {
                _ if self.second.is_empty() => true,
                (_, Some(Some(word))) => is_in(&self.second, word),
                _ => false,
            }
    }
}

fn lifetime(name: LifetimeName, words: &[Option<&str>]) -> Lifetime {
    match name {
        LifetimeName::Short => Lifetime::Short,
        LifetimeName::Long => Lifetime::Long,
        LifetimeName::Idle => Lifetime::Idle(None),
        LifetimeName::Sleep => sleep(&words[1.min(words.len())..]),
        LifetimeName::Filter => Lifetime::Filter,
        LifetimeName::Daemonises => Lifetime::Daemonises,
        LifetimeName::OneShot => Lifetime::OneShot,
        LifetimeName::Unknown => Lifetime::Unknown,
    }
}

/// The sum of `sleep`'s operands (coreutils); without a number it fails at once.
fn sleep(operands: &[Option<&str>]) -> Lifetime {
    let mut total = 0.0;
    for operand in operands.iter().filter(|word| **word != Some("--")) {
        match operand {
            Some(text)
                if matches!(
                    text.trim_end_matches(['s', 'm', 'h', 'd']),
                    "inf" | "infinity"
                ) =>
            {
                return Lifetime::Idle(None);
            }
            Some(text) => match duration(text) {
                Some(duration) => total += duration.as_secs_f64(),
                None => return Lifetime::Short,
            },
            None => return Lifetime::Unknown,
        }
    }
    if operands.is_empty() {
        return Lifetime::Short;
    }
    Lifetime::Idle(Some(total))
}

fn reactions(on: &BTreeMap<String, String>) -> Vec<(Signal, ProgramReaction)> {
    on.iter()
        .filter_map(|(name, text)| Some((Signal::parse(name)?, reaction(text)?)))
        .collect()
}

/// Reads `graceful` or `ignores/dies`: as PID 1, and elsewhere. `unknown` takes a reaction back.
fn reaction(text: &str) -> Option<ProgramReaction> {
    let (first, second) = text.split_once('/').unwrap_or((text, text));
    Some(ProgramReaction {
        as_pid1: effect(first)?,
        as_child: effect(second)?,
    })
}

fn effect(text: &str) -> Option<Effect> {
    Some(match text {
        "graceful" => Effect::Graceful,
        "drops" => Effect::Drops,
        "dies" => Effect::Dies,
        "ignores" => Effect::Ignores,
        "user-code" => Effect::UserCode,
        _ => return None,
    })
}

impl Effect {
    /// In the words of the tables.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Graceful => "graceful",
            Effect::Drops => "drops",
            Effect::Dies => "dies",
            Effect::Ignores => "ignores",
            Effect::UserCode => "user-code",
        }
    }
}

impl Lifetime {
    /// In the words of the tables.
    pub fn name(&self) -> String {
        match self {
            Lifetime::Short => "short".to_owned(),
            Lifetime::Long => "long".to_owned(),
            Lifetime::Idle(None) => "idle".to_owned(),
            Lifetime::Idle(Some(seconds)) => format!("idle {seconds}"),
            Lifetime::Filter => "filter".to_owned(),
            Lifetime::Daemonises => "daemonises".to_owned(),
            Lifetime::OneShot => "one-shot".to_owned(),
            Lifetime::Unknown => "unknown".to_owned(),
        }
    }
}
