//! What signals do to a program, in the words of the tables.

use std::collections::BTreeMap;

use crate::knowledge::{Effect, ProgramReaction, Signal};

/// The reactions that are known; `otherwise` is none of them.
pub(super) fn reactions(on: &BTreeMap<String, String>) -> Vec<(Signal, ProgramReaction)> {
    on.iter()
        .filter_map(|(name, text)| Some((Signal::parse(name)?, reaction(text)?)))
        .collect()
}

/// Reads `graceful` or `ignores/dies`: as PID 1, and elsewhere. `unknown` takes a reaction back.
pub(super) fn reaction(text: &str) -> Option<ProgramReaction> {
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
