//! A setting of a program's configuration with which a signal lets it finish its work.
//!
//! In: what a program's entry says, and the name under which it was called. Out: [`StopSetting`]. Reads no
//! configuration.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Signal;

/// A setting of a program's configuration without which no signal lets it finish its work.
#[derive(Clone, Debug, PartialEq)]
pub struct StopSetting {
    /// The setting's name (`process_control_timeout`).
    pub name: String,
    /// A value for it (`10s`). One that begins with `0` is as good as none.
    pub value: String,
    /// The section that it stands in (`global`).
    pub section: String,
    /// The signal that lets it finish then.
    pub signal: Signal,
    /// Its configuration without an option: the first of these files that is there.
    pub paths: Vec<String>,
    /// What these files include as they come with the packages, by the family of the image's `/bin/sh`, which tells
    /// distributions apart: patterns with `*` in their last part.
    pub included: BTreeMap<String, String>,
    /// The options that name another file.
    pub options: Vec<String>,
}

/// A program's entry of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct StopSettingEntry {
    name: String,
    value: String,
    section: String,
    signal: String,
    /// `{version}` is what stands behind the bare name (`8.2` of `php-fpm8.2`).
    paths: Vec<String>,
    #[serde(default)]
    included: BTreeMap<String, String>,
    #[serde(default)]
    options: Vec<String>,
}

impl StopSettingEntry {
    /// What is wrong with it beyond its TOML.
    pub(super) fn problem(&self) -> Option<String> {
        let signal = Signal::parse(&self.signal);
        signal
            .is_none()
            .then(|| format!("no signal `{}`", self.signal))
    }

    /// The setting of a program that was called by that name.
    pub(super) fn of(&self, name: &str) -> Option<StopSetting> {
        let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let version = &name[bare.len()..];
        let named = |path: &String| path.replace("{version}", version);
        let included = self.included.iter();
        Some(StopSetting {
            name: self.name.clone(),
            value: self.value.clone(),
            section: self.section.clone(),
            signal: Signal::parse(&self.signal)?,
            paths: self.paths.iter().map(named).collect(),
            included: included
                .map(|(shell, path)| (shell.clone(), named(path)))
                .collect(),
            options: self.options.clone(),
        })
    }
}
