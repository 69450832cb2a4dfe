//! How long a program runs, in the words of the tables.

use serde::Deserialize;

use crate::knowledge::Lifetime;
use crate::knowledge::launchers::duration;

/// A lifetime as an entry names it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LifetimeName {
    Short,
    Long,
    Idle,
    /// Idle for as long as its operands say.
    Sleep,
    Filter,
    Writer,
    Daemonises,
    OneShot,
    Unknown,
}

/// The lifetime of a command line.
pub(super) fn lifetime(name: LifetimeName, words: &[Option<&str>]) -> Lifetime {
    match name {
        LifetimeName::Short => Lifetime::Short,
        LifetimeName::Long => Lifetime::Long,
        LifetimeName::Idle => Lifetime::Idle(None),
        LifetimeName::Sleep => sleep(&words[1.min(words.len())..]),
        LifetimeName::Filter => Lifetime::Filter,
        LifetimeName::Writer => Lifetime::Writer,
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

impl Lifetime {
    /// In the words of the tables.
    pub fn name(&self) -> String {
        match self {
            Lifetime::Short => "short".to_owned(),
            Lifetime::Long => "long".to_owned(),
            Lifetime::Idle(None) => "idle".to_owned(),
            Lifetime::Idle(Some(seconds)) => format!("idle {seconds}"),
            Lifetime::Filter => "filter".to_owned(),
            Lifetime::Writer => "writer".to_owned(),
            Lifetime::Daemonises => "daemonises".to_owned(),
            Lifetime::OneShot => "one-shot".to_owned(),
            Lifetime::Unknown => "unknown".to_owned(),
        }
    }
}
