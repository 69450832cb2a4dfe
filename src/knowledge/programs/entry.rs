//! The TOML of a program, and what may be wrong with it beyond its form.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lifetime::LifetimeName;
use super::reactions::reaction;
use super::when::When;
use crate::knowledge::arguments::Grammar;
use crate::knowledge::stop_setting::StopSettingEntry;
use crate::knowledge::verify::Try;
use crate::knowledge::{Foreground, Signal, StopCommand};

/// A program's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Names as in argv, without directories.
    pub(in crate::knowledge) names: Vec<String>,
    /// An interpreter's first operand with this file name means this program (`manage.py`).
    #[serde(default)]
    pub(super) script: bool,
    /// It describes busybox's applet.
    #[serde(default)]
    pub(super) busybox: bool,
    /// It is not this program if one of these words is given: it does not have them.
    #[serde(default)]
    pub(super) except: Vec<String>,
    /// What a stop does to it, a sentence.
    pub(in crate::knowledge) about: String,
    /// Measured or read where.
    pub(in crate::knowledge) evidence: String,
    pub(super) lifetime: LifetimeName,
    /// Signal name or `otherwise` → effect, or `as PID 1/elsewhere`.
    #[serde(default)]
    pub(super) on: BTreeMap<String, String>,
    pub(super) graceful: Option<String>,
    pub(super) runtime: Option<RuntimeEntry>,
    /// How an interpreter's own options are told from its script.
    pub(super) arguments: Option<Grammar>,
    /// A word that is not known may decide the lifetime.
    #[serde(default)]
    pub(super) uncertain: bool,
    pub(super) config: Option<ConfigEntry>,
    pub(super) stop_setting: Option<StopSettingEntry>,
    /// By word of the command that starts it: the word of the command that stops it and waits.
    #[serde(default)]
    pub(super) stop_words: BTreeMap<String, String>,
    /// By service: the signal with which its script stops the server, if it is not SIGTERM.
    #[serde(default)]
    pub(super) service_signals: BTreeMap<String, String>,
    /// Whether it is a server for development.
    #[serde(default)]
    pub(super) development: bool,
    /// Options whose value is the longest time that stopping takes, in seconds.
    #[serde(default)]
    pub(super) stop_time: Vec<String>,
    /// Other commands that stop it.
    #[serde(default)]
    pub(super) stop_commands: Vec<StopCommand>,
    /// How it stays in the foreground.
    #[serde(default)]
    pub(super) foreground: Foreground,
    /// What changes it; later ones win.
    #[serde(default)]
    pub(super) when: Vec<When>,
    /// Lines that a test runs.
    #[serde(rename = "try", default)]
    pub(in crate::knowledge) tries: Vec<Try>,
}

/// An interpreter, whose programs are their authors'.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RuntimeEntry {
    pub language: String,
    pub how_to_handle: String,
    /// What happens without a handler: as in `on`.
    pub unhandled: BTreeMap<String, String>,
    /// Options that are followed by code: no script then.
    #[serde(default)]
    pub code: Vec<String>,
    /// Options that are followed by a program of that name (`-m gunicorn`).
    #[serde(default)]
    pub module: Vec<String>,
    /// Options that load a module before the program (`node -r`).
    #[serde(default)]
    pub loads: Vec<String>,
    /// Words between the runtime and the script (`run` of deno).
    #[serde(default)]
    pub verbs: Vec<String>,
}

/// A line of a file that decides the lifetime.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ConfigEntry {
    #[serde(default)]
    pub paths: Vec<String>,
    #[serde(default)]
    pub options: Vec<String>,
    /// Its first operand is the file.
    #[serde(default)]
    pub operand: bool,
    /// With one of these words the file does not decide.
    #[serde(default)]
    pub unless: Vec<String>,
    pub line: String,
    pub lifetime: LifetimeName,
}

impl Entry {
    /// The key that must be unique among the entries of a name.
    pub(in crate::knowledge) fn key(&self) -> String {
        self.busybox.to_string()
    }

    /// Whether it is busybox's applet.
    pub(in crate::knowledge) fn is_applet(&self) -> bool {
        self.busybox
    }

    /// What is wrong with the entry beyond its TOML.
    pub(in crate::knowledge) fn problems(&self) -> Vec<String> {
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
