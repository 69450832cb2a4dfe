//! Signal names that every shell knows: `trap … SIGTERM` becomes `trap … TERM`.
//!
//! In: a finding at a `trap` or `kill` that the shell refuses. Out: a draft without the prefix.

use super::place;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::{Kind, Script, Simple};

/// A draft for the command at, or around, the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    for text in place::texts(target, span) {
        let script = &text.script;
        let holds = |simple: &Simple| {
            let name = simple.words.first().and_then(|word| word.constant(false));
            matches!(name.as_deref(), Some("trap" | "kill"))
        };
        let commands = script.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Simple(simple) if holds(simple) => {
                let own = script.span(node.range.clone());
                (own.start <= span.start && span.end <= own.end).then_some(simple)
            }
            _ => None,
        });
        let edits: Vec<Edit> = commands
            .flat_map(|simple| shortened(script, simple))
            .collect();
        if !edits.is_empty() {
            return vec![Draft {
                kind: "signal-name",
                title: "write signal names without `SIG`, which every shell knows".to_owned(),
                applicability: Applicability::Safe,
                edits,
                goal: Goal::Deliver,
            }];
        }
    }
    Vec::new()
}

/// Edits that cut `SIG` from the words of a `trap` or `kill` that name signals.
fn shortened(script: &Script, simple: &Simple) -> Vec<Edit> {
    let words = simple.words.iter().skip(1);
    let edits = words.filter_map(|word| {
        let name = word.constant(true)?;
        let dashes = name.len() - name.trim_start_matches('-').len();
        let rest = name.get(dashes..)?;
        let is_signal = rest.get(..3)?.eq_ignore_ascii_case("SIG")
            && crate::knowledge::Signal::parse(&rest.to_ascii_uppercase()).is_some();
        let written = place::written(&script.text, word.range.clone())?;
        if !is_signal || dashes > 1 || written.text() != name {
            return None;
        }
        let new = format!("{}{}", &name[..dashes], rest[3..].to_ascii_uppercase());
        Some(Edit::replace(written, new))
    });
    edits.collect()
}
