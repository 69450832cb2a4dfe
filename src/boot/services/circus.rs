//! The watchers of a circus configuration.
//!
//! In: its sections. Out: the commands with the ways in which they are stopped. Without `copy_env` a
//! watcher starts with an empty environment, so that only programs of `/bin` and `/usr/bin` are found by
//! name (measured: circus 0.19.0).

use super::{split_words, supervised, unknown};
use crate::boot::launch::{Job, Plan};
use crate::boot::settings::{self, Section};
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::boot::world::Stop;
use crate::knowledge::{Recipient, Signal};

/// What circusd waits after its signal before it kills (circus/watcher.py `graceful_timeout`).
const GRACEFUL_TIMEOUT: f64 = 30.0;

impl Start<'_, '_> {
    pub(super) fn circus(&mut self, paths: &[String]) -> Plan {
        let sections = match self.first_text(paths) {
            Ok((_, text)) => settings::ini(&text),
            Err(missing) => return Plan::Unknown(missing),
        };
        let mut jobs = Vec::new();
        for section in &sections {
            let Some(name) = section.name.strip_prefix("watcher:") else {
                continue;
            };
            let Some(command) = section.settings.get("cmd") else {
                continue;
            };
            if section.is_on("autostart") == Some(false) {
                continue;
            }
            let arguments = section.get("args").unwrap_or_default();
            let line = format!("{} {arguments}", command.text());
            let line = line
                .replace("$(circus.wid)", "1")
                .replace("((circus.wid))", "1");
            let words = split_words(&line).filter(|_| !line.contains("$(") && !line.contains("(("));
            let Some(words) = words.filter(|words| !words.is_empty()) else {
                return unknown(format!("what `{}` runs", command.text()));
            };
            let words: Vec<String> = match section.is_on("shell") {
                // It quotes every word, so that a shell has nothing to do but to run the first.
                Some(true) => {
                    let quoted = words
                        .iter()
                        .map(|word| format!("'{}'", word.replace('\'', "'\\''")));
                    let text = quoted.collect::<Vec<_>>().join(" ");
                    vec!["/bin/sh".to_owned(), "-c".to_owned(), text]
                }
                _ => words,
            };
            let mut job = Job::new(words.iter().map(Field::text).collect()).at(command.full_span());
            job.directory = section.get("working_dir").map(str::to_owned);
            if section.is_on("copy_env") != Some(true) {
                let path = environment(&sections, name, "path");
                job.only_path = Some(path.unwrap_or("/bin:/usr/bin").to_owned());
            }
            let number = section.get("graceful_timeout").map(str::parse::<f64>);
            let seconds = number.and_then(Result::ok).unwrap_or(GRACEFUL_TIMEOUT);
            let to = match section.is_on("stop_children") {
                Some(true) => Recipient::Tree,
                _ => Recipient::Child,
            };
            let signal = section.get("stop_signal").and_then(Signal::parse);
            job.stop = Some(Stop {
                signal: signal.unwrap_or(Signal::TERM),
                to,
                kill_after: (seconds * 1_000.0) as u64,
                kill: to,
            });
            jobs.push(job);
        }
        supervised(jobs, "circusd")
    }
}

/// A variable that an `[env]` or `[env:NAME]` section sets for a watcher.
fn environment<'s>(sections: &'s [Section], watcher: &str, variable: &str) -> Option<&'s str> {
    let applies = |section: &&Section| match section.name.strip_prefix("env:") {
        Some(names) => names
            .split(',')
            .any(|name| name.trim() == watcher || name.trim() == "*"),
        None => section.name == "env",
    };
    sections
        .iter()
        .filter(applies)
        .filter_map(|section| section.get(variable))
        .next_back()
}
