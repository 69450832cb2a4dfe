//! `$@` and `$*` in front of the application become `"$@"`.
//!
//! In: a finding at the word. Out: a draft. Unsafe: where CMD is one word that was meant to be split, it is
//! split no more.

use super::place;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::{Kind, Part, Script, Word};

/// A draft for the words at, or inside of, the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    if !place::is_literal(target, span) {
        return Vec::new();
    }
    for text in place::texts(target, span) {
        let script = &text.script;
        let simple = script.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Simple(simple) => Some(simple),
            _ => None,
        });
        let words = simple.flat_map(|simple| &simple.words);
        let words = words.filter(|word| {
            let own = script.span(word.range.clone());
            span.start <= own.start && own.end <= span.end
        });
        let edits: Vec<Edit> = words.filter_map(|word| quoted(script, word)).collect();
        if !edits.is_empty() && !text.is_string {
            return vec![Draft {
                kind: "quote-arguments",
                title: "write `\"$@\"`, which keeps each argument whole".to_owned(),
                applicability: Applicability::Unsafe,
                edits,
                goal: Goal::Keep,
            }];
        }
    }
    Vec::new()
}

fn quoted(script: &Script, word: &Word) -> Option<Edit> {
    let [
        Part::Parameter {
            parameter,
            quoted: false,
        },
    ] = word.parts.as_slice()
    else {
        return None;
    };
    let span = place::written(&script.text, word.range.clone())?;
    let bare = matches!(span.text(), "$@" | "$*" | "${@}" | "${*}");
    (bare && matches!(parameter.name.as_str(), "@" | "*")).then(|| Edit::replace(span, "\"$@\""))
}
