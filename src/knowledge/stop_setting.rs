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
    /// A value for it (`10s`). One that begins with `0` is as good as none, unless there is a limit.
    pub value: String,
    /// The section of an INI file that it stands in (`global`); `None` for a file of lines `NAME VALUE`.
    pub section: Option<String>,
    /// The value in seconds above which it does not finish in time.
    pub at_most: Option<u64>,
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

impl StopSetting {
    /// The line that sets it.
    pub fn line(&self) -> String {
        let separator = if self.section.is_some() { " = " } else { " " };
        format!("{}{separator}{}", self.name, self.value)
    }

    /// The name and the value of a line of its file.
    pub fn parts<'l>(&self, line: &'l str) -> Option<(&'l str, &'l str)> {
        let (name, value) = match self.section {
            Some(_) => line.split_once('=')?,
            None => line.trim_start().split_once(char::is_whitespace)?,
        };
        Some((name.trim(), value.trim()))
    }

    /// Whether a value lets it finish.
    pub fn is_enough(&self, value: &str) -> bool {
        let number = value.split(|c: char| !c.is_ascii_digit()).next();
        let number: Option<u64> = number.and_then(|digits| digits.parse().ok());
        match (number, self.at_most) {
            (Some(number), Some(most)) => {
                let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
                number <= most && matches!(unit.trim(), "" | "s" | "second" | "seconds")
            }
            (Some(number), None) => number > 0,
            (None, _) => false,
        }
    }
}

/// A program's entry of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct StopSettingEntry {
    name: String,
    value: String,
    section: Option<String>,
    at_most: Option<u64>,
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
            at_most: self.at_most,
            signal: Signal::parse(&self.signal)?,
            paths: self.paths.iter().map(named).collect(),
            included: included
                .map(|(shell, path)| (shell.clone(), named(path)))
                .collect(),
            options: self.options.clone(),
        })
    }
}
