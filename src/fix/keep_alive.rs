//! What only keeps a container up, while the application runs elsewhere: `tail -f`, `sleep infinity`.
//!
//! In: a finding and its target. Out: the places of such commands. Changes nothing.

use super::place;
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::knowledge::Signal;
use crate::rules::Finding;
use crate::shell::Kind;
use crate::source::Span;

/// The places of what only keeps the container up.
pub(super) fn keep_alives<'t>(target: &'t Target, finding: &'t Finding) -> Vec<&'t Span> {
    let mut places: Vec<&Span> = vec![&finding.primary.span];
    for fact in target.paths.iter().flat_map(|path| &path.facts) {
        if let (FactKind::Foreground { .. } | FactKind::KeepAlive { .. }, Some(span)) =
            (&fact.kind, &fact.span)
            && !places.contains(&span)
        {
            places.push(span);
        }
    }
    places.retain(|span| {
        place::command(target, span).is_some_and(|command| {
            let Kind::Simple(simple) = &command.text.script.node(command.node).kind else {
                return false;
            };
            let mut words = simple.words.iter().map(|word| word.constant(false));
            let first = words.next().flatten();
            let name = match first.as_deref() {
                Some("exec") => words.next().flatten(),
                _ => first,
            };
            name.is_some_and(|name| is_keep_alive(&name))
        })
    });
    places
}

/// The short name of the signal that PID 1 gets.
pub(super) fn stop_signal(target: &Target) -> String {
    let signal = target.container.stop_signal.value.value();
    signal.copied().unwrap_or(Signal::TERM).short_name()
}

/// Programs that only keep a container up: that one of them is PID 1 helps nobody.
pub(super) fn is_keep_alive(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    matches!(base, "sleep" | "tail" | "cat")
}
