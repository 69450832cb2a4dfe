//! What a launcher does with its command and with signals, and what changes it.
//!
//! In: the words of the tables for it. Out: [`How`]. Knows no command lines beyond which options
//! were given.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::super::arguments::Parsed;
use super::super::{ChildGroup, Fork, Forward, How, OnSignal, Position, Recipient, Signal, Then};

/// What it does with the command and with signals.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Behaviour {
    /// What happens to the command.
    pub(super) how: Option<HowName>,
    /// The status of `never`.
    pub(super) status: Option<i32>,
    /// Signal name or `otherwise` → what it does (see [`on_signal`]).
    pub(super) signals: BTreeMap<String, String>,
    /// The child's process group.
    pub(super) group: Option<Group>,
    /// Whether it reaps what is not its own.
    pub(super) reaps: Option<bool>,
    /// Signals that the command starts with ignored.
    pub(super) ignores: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HowName {
    Exec,
    Fork,
    Leave,
    Never,
    Nothing,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Group {
    Same,
    Own,
    Session,
    Led,
}

/// A change of behaviour.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct When {
    /// One of these options was given.
    #[serde(default)]
    pub(super) option: Vec<String>,
    /// All of these were given.
    #[serde(default)]
    pub(super) all: Vec<String>,
    /// None of these was given.
    #[serde(default)]
    pub(super) without: Vec<String>,
    /// It is PID 1 (or is not).
    pub(super) pid1: Option<bool>,
    /// It leads its process group (or does not).
    pub(super) leader: Option<bool>,
    /// What runs the command's words cannot be told (`sudo -s`: the user's shell does).
    #[serde(default)]
    pub(super) obscure: bool,
    #[serde(flatten)]
    pub(super) change: Behaviour,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Other {
    pub(super) when: String,
    /// Images whose launcher is this one.
    #[serde(default)]
    pub(super) images: Vec<String>,
    /// Images whose launcher is not.
    #[serde(default)]
    pub(super) other_images: Vec<String>,
    /// `yarn@2`: what `packageManager` in package.json must name, in this version or a newer one.
    pub(super) package_manager: Option<String>,
    /// Files of the package that tell as much.
    #[serde(default)]
    pub(super) files: Vec<String>,
    /// The shell of script texts then.
    pub(super) script_shell: Option<String>,
    #[serde(flatten)]
    pub(super) behaviour: Behaviour,
}

impl When {
    pub(super) fn holds(&self, parsed: &Parsed<'_>, position: Position) -> bool {
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
    pub(super) fn change(&mut self, other: &Behaviour) {
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

    pub(super) fn how(&self) -> How {
        match self.how {
            Some(HowName::Fork) => How::Fork(self.fork()),
            Some(HowName::Leave) => How::Leave,
            Some(HowName::Never) => How::Never(self.status),
            _ => How::Exec,
        }
    }

    pub(super) fn fork(&self) -> Fork {
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
                Some(Group::Led) => ChildGroup::Led,
                Some(Group::Same) | None => ChildGroup::Same,
            },
            reaps: self.reaps.unwrap_or(false),
        }
    }

    /// What is wrong with the words for signals.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, text) in &self.signals {
            if name != "otherwise" && Signal::parse(name).is_none() {
                found.push(format!("no signal `{name}`"));
            }
            if on_signal(text).is_none() {
                found.push(format!("`{text}` says nothing of signals"));
            }
        }
        found
    }
}

/// `5`, `1.5`, `2s`, `3m`, `1h`, `1d` (coreutils `timeout`).
pub(in crate::knowledge) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3_600.0),
        (at, 'd') => (&text[..at], 86_400.0),
        _ => (text, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
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
    /// For people: `sent to the command as SIGINT, SIGKILL after 1.6 s`.
    pub fn sentence(&self) -> String {
        let forward = match self {
            OnSignal::Default => {
                return "not handled: lost as PID 1, the end of it elsewhere".to_owned();
            }
            OnSignal::Ignore => return "ignored".to_owned(),
            OnSignal::Exit(status) => {
                return format!("it ends at once with status {status} and tells nobody");
            }
            OnSignal::Forward(forward) => forward,
        };
        let mut text = match forward.to {
            Recipient::Child => "sent to the command".to_owned(),
            Recipient::Group => "sent to the command's process group".to_owned(),
            Recipient::ChildAndGroup => {
                "sent to the command, then to its whole process group".to_owned()
            }
            Recipient::Tree => "sent to all that it started".to_owned(),
        };
        if let Some(signal) = forward.send {
            text += &format!(" as {signal}");
        }
        if let Some(limit) = forward.kill_after {
            text += &format!(", SIGKILL after {} s", limit.as_secs_f64());
        }
        match forward.then {
            Then::Wait => {}
            Then::WaitTree => text += ", and it waits for all of them",
            Then::Leave => text += ", and it ends at once",
            Then::Stay => text += ", and it stays",
            Then::After(limit) => text += &format!(", and it ends after {} s", limit.as_secs_f64()),
        }
        text
    }

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
