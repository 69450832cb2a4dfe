//! The tables, checked against themselves.
//!
//! In: every entry with its `try` lines. Out: what is wrong, as sentences. Changes nothing; the
//! tests of the project run it, and a user's own tables can be held against it.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    BaseImage, How, Launch, Position, Signal, Wrapped, images, launch, program_at, tables,
};

/// A line that a test runs: the words (split at blanks, `'…'` keeps them together, `?` is a word
/// that is not known), what must come out, and where it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Try {
    /// As PID 1.
    Line([String; 2]),
    /// Elsewhere: `child` (of an init), `inner` (no group leader), `busybox`.
    At([String; 3]),
}

impl Try {
    fn parts(&self) -> (&str, &str, Position) {
        let (line, expected, place) = match self {
            Try::Line([line, expected]) => (line, expected, ""),
            Try::At([line, expected, place]) => (line, expected, place.as_str()),
        };
        let position = Position {
            pid1: matches!(place, "" | "busybox"),
            group_leader: place != "inner",
            busybox: place == "busybox",
        };
        (line, expected, position)
    }
}

/// What is wrong with the tables; empty when all is well.
pub fn verify() -> Vec<String> {
    let mut found = Vec::new();
    verify_launchers(&mut found);
    verify_programs(&mut found);
    verify_images(&mut found);
    let packages = tables::packages();
    found.extend(packages.problems());
    for entry in packages.all() {
        if entry.evidence.is_empty() {
            found.push(format!("{}: no evidence", entry.names[0]));
        }
    }
    for name in packages.names() {
        if packages.named(name).count() > 1 {
            found.push(format!("{name}: two packages"));
        }
    }
    found
}

fn verify_launchers(found: &mut Vec<String>) {
    let table = tables::launchers();
    found.extend(table.problems());
    for name in table.names() {
        let mut keys = BTreeSet::new();
        for entry in table.named(name) {
            if !keys.insert(entry.key()) {
                found.push(format!("{name}: two launchers for the same words"));
            }
        }
    }
    for entry in table.all() {
        let name = &entry.names[0];
        found.extend(
            entry
                .problems()
                .into_iter()
                .map(|why| format!("{name}: {why}")),
        );
        few(found, name, &entry.evidence, entry.tries.len());
        for attempt in &entry.tries {
            let (line, expected, position) = attempt.parts();
            let words = split(line);
            let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
            let Some(launch) = launch(&words, position) else {
                if expected != "nobody" {
                    found.push(format!("{line}: no launcher, expected {expected}"));
                }
                continue;
            };
            check(found, line, expected, |key| {
                render_launch(&launch, &words, key)
            });
        }
    }
}

fn verify_programs(found: &mut Vec<String>) {
    let table = tables::programs();
    found.extend(table.problems());
    for name in table.names() {
        let mut keys = BTreeSet::new();
        for entry in table.named(name) {
            if !keys.insert(entry.key()) {
                found.push(format!("{name}: two programs"));
            }
        }
    }
    for entry in table.all() {
        let name = &entry.names[0];
        found.extend(
            entry
                .problems()
                .into_iter()
                .map(|why| format!("{name}: {why}")),
        );
        few(found, name, &entry.evidence, entry.tries.len());
        for attempt in &entry.tries {
            let (line, expected, position) = attempt.parts();
            let words = split(line);
            let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
            let Some(program) = program_at(&words, position.busybox) else {
                found.push(format!("{line}: no program, expected {expected}"));
                continue;
            };
            check(found, line, expected, |key| match key {
                "lifetime" => program.lifetime.name(),
                "graceful" => program.graceful_signal.unwrap_or(Signal::TERM).short_name(),
                "script" => program
                    .runtime
                    .as_ref()
                    .and_then(|runtime| runtime.script)
                    .and_then(|at| words[at])
                    .unwrap_or("-")
                    .to_owned(),
                "name" => program.name.clone(),
                "development" => program.development.to_string(),
                "stop-time" => program.stop_time.unwrap_or_default().to_string(),
                signal => match Signal::parse(signal) {
                    Some(signal) => program
                        .reaction(signal, position.pid1)
                        .map_or("unknown", super::Effect::name)
                        .to_owned(),
                    None => format!("no `{key}` here"),
                },
            });
        }
    }
}

fn verify_images(found: &mut Vec<String>) {
    let table = tables::images();
    found.extend(table.problems());
    for name in table.names() {
        if table.named(name).count() > 1 {
            found.push(format!("{name}: two images"));
        }
    }
    for entry in table.all() {
        let name = &entry.names[0];
        found.extend(
            entry
                .problems()
                .into_iter()
                .map(|why| format!("{name}: {why}")),
        );
        few(found, name, &entry.evidence, entry.tries.len());
        for attempt in &entry.tries {
            let (line, expected, _) = attempt.parts();
            match images::base_image(line) {
                Some(image) => check(found, line, expected, |key| render_image(&image, key)),
                None if expected == "nobody" => {}
                None => found.push(format!("{line}: no image, expected {expected}")),
            }
        }
    }
}

fn few(found: &mut Vec<String>, name: &str, evidence: &str, tries: usize) {
    if evidence.is_empty() {
        found.push(format!("{name}: no evidence"));
    }
    if tries < 2 {
        found.push(format!("{name}: fewer than two try lines"));
    }
}

/// Compares `key: value; key: value` with what is known under each key.
fn check(found: &mut Vec<String>, line: &str, expected: &str, known: impl Fn(&str) -> String) {
    for part in expected.split("; ") {
        let key_and_value = part.split_once(": ").filter(|(key, _)| !key.contains(' '));
        let (key, value) = key_and_value.unwrap_or(("does", part));
        let actual = known(key);
        if actual != value {
            found.push(format!("{line}: {key} is `{actual}`, expected `{value}`"));
        }
    }
}

/// Splits a try line into words.
fn split(line: &str) -> Vec<Option<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
        .into_iter()
        .map(|word| (word != "?").then_some(word))
        .collect()
}

fn join<'a>(words: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let words: Vec<&str> = words.into_iter().map(|word| word.unwrap_or("?")).collect();
    words.join(" ")
}

fn render_launch(launch: &Launch, words: &[Option<&str>], key: &str) -> String {
    match key {
        "does" => format!(
            "{} {}",
            render_how(&launch.how),
            render_command(launch, words)
        )
        .trim_end()
        .to_owned(),
        "eats" => join(launch.eats.iter().map(|&at| words[at])),
        "sets" => launch
            .environment
            .iter()
            .map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => format!("-{name}"),
            })
            .collect::<Vec<_>>()
            .join(" "),
        "clears" => launch.clears_environment.to_string(),
        "directory" => launch.directory.clone().unwrap_or_default(),
        "blocks" => render_signals(&launch.blocks),
        "ignores" => render_signals(&launch.ignores),
        "group" => match &launch.how {
            How::Fork(fork) => format!("{:?}", fork.group).to_lowercase(),
            _ => "none".to_owned(),
        },
        "alternatives" => launch.alternatives.len().to_string(),
        signal => match (&launch.how, Signal::parse(signal)) {
            (How::Fork(fork), Some(signal)) => fork.on(signal).describe(),
            _ => format!("no `{key}` here"),
        },
    }
}

fn render_signals(signals: &[Signal]) -> String {
    let names: Vec<String> = signals.iter().map(|signal| signal.short_name()).collect();
    names.join(" ")
}

fn render_how(how: &How) -> String {
    match how {
        How::Exec => "exec".to_owned(),
        How::Fork(_) => "fork".to_owned(),
        How::Leave => "leave".to_owned(),
        How::Never(None) => "never".to_owned(),
        How::Never(Some(status)) => format!("never {status}"),
    }
}

fn render_command(launch: &Launch, words: &[Option<&str>]) -> String {
    let own = |indices: &[usize]| join(indices.iter().map(|&at| words[at]));
    match &launch.command {
        Wrapped::Words(first) => join(words[*first..].iter().copied()),
        Wrapped::Made(made) => format!("[{}]", join(made.iter().map(Option::as_deref))),
        Wrapped::Shell {
            shell,
            text,
            arguments,
        } => format!(
            "{} -c '{}' {}",
            shell.as_deref().unwrap_or("sh"),
            words[*text].unwrap_or("?"),
            own(arguments)
        )
        .trim_end()
        .to_owned(),
        Wrapped::LoginShell(first) => format!(
            "shell {}",
            join(words[*first.min(&words.len())..].iter().copied())
        )
        .trim_end()
        .to_owned(),
        Wrapped::Script { name, arguments } => {
            let rest = &words[*arguments.min(&words.len())..];
            format!("script {name} {}", join(rest.iter().copied()))
                .trim_end()
                .to_owned()
        }
        Wrapped::Several(several) => several
            .iter()
            .map(|made| format!("[{}]", join(made.iter().map(Option::as_deref))))
            .collect::<Vec<_>>()
            .join(" "),
        Wrapped::Configured {
            format,
            path,
            default_paths,
            arguments,
        } => {
            let path = path.map_or(default_paths.first().map(String::as_str), |at| words[at]);
            format!("{format} {} {}", path.unwrap_or("-"), own(arguments))
                .trim_end()
                .to_owned()
        }
        Wrapped::Nothing => "nothing".to_owned(),
        Wrapped::Unknown => "unknown".to_owned(),
    }
}

fn render_image(image: &BaseImage, key: &str) -> String {
    let list = |words: &Option<Vec<String>>| match words {
        Some(words) => words.join(" "),
        None => "-".to_owned(),
    };
    match key {
        "sh" => image.sh.clone().unwrap_or_else(|| "none".to_owned()),
        "bash" => image.bash.clone().unwrap_or_else(|| "-".to_owned()),
        "entrypoint" => list(&image.entrypoint),
        "cmd" => list(&image.cmd),
        "stop" => image
            .stop_signal
            .map_or("-".to_owned(), |signal| signal.short_name()),
        "user" => image.user.clone().unwrap_or_else(|| "-".to_owned()),
        "windows" => image.windows.to_string(),
        "has" => image.programs.join(" "),
        "lacks" => image.absent.join(" "),
        "scripts" => {
            let paths: Vec<&str> = image
                .scripts
                .iter()
                .map(|(path, _)| path.as_str())
                .collect();
            paths.join(" ")
        }
        _ => format!("no `{key}` here"),
    }
}
