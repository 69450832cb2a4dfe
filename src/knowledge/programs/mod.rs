//! Entries of `grammars/programs/`: from a command line to lifetime and reactions.
//!
//! In: words. Out: [`Program`]. Does not look into any file: a program's source or configuration is
//! somebody else's business.

mod entry;
mod lifetime;
mod reactions;
mod when;

use super::service;
use super::{ConfigSwitch, Lifetime, Program, Runtime, Signal};
pub(crate) use entry::Entry;
use entry::RuntimeEntry;
use lifetime::lifetime;
use reactions::{reaction, reactions};

/// What is known of a command line.
pub(super) fn program(words: &[Option<&str>], busybox: bool) -> Option<Program> {
    let (entry, words) = what_runs(words, busybox)?;
    let mut program = entry.program(words);
    service::add_server(words, &entry.service_signals, &mut program);
    Some(program)
}

/// Whether anything is known of a command line: as [`program`], and cheaper.
pub(super) fn is_known(words: &[Option<&str>], busybox: bool) -> bool {
    what_runs(words, busybox).is_some()
}

/// The entry of the program that a command line runs in the end, and its own words.
fn what_runs<'w, 't>(
    words: &'w [Option<&'t str>],
    busybox: bool,
) -> Option<(&'static Entry, &'w [Option<&'t str>])> {
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
            None => return Some((entry, words)),
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
        } else if words.contains(&None) && !decided {
            // A word that is not known may be the command that makes it a server.
            let mut servers = self.when.iter().filter(|when| {
                let lifetime = when.lifetime.map(|name| self::lifetime(name, words));
                matches!(lifetime, Some(Lifetime::Long))
            });
            let is_open = lifetime == Lifetime::Short && servers.any(|when| when.may_hold(words));
            if self.uncertain || is_open {
                lifetime = Lifetime::Unknown;
            }
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
}
