//! Exec form that is no JSON, where it is certain what was meant.
//!
//! In: a finding about such a CMD or ENTRYPOINT. Out: a draft with the words as JSON: single or typographic quotes,
//! a comma too many, no brackets, a comment behind. Unsafe: the container starts something else than before.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::image::{Command, Origin};
use crate::rules::Finding;
use crate::source::Mapped;

/// Opening quotes with those that close them.
const QUOTES: [(char, &str); 4] = [('"', "\""), ('\'', "'"), ('“', "”\"“"), ('‘', "’'‘")];

/// A draft for the instruction at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let image = &target.container.image;
    let settings = [(&image.entrypoint, "ENTRYPOINT"), (&image.cmd, "CMD")];
    let drafts = settings.into_iter().filter_map(|(setting, keyword)| {
        let (Some(Some(Command::Shell(_, text))), Origin::Instruction(_)) =
            (setting.value.value(), &setting.origin)
        else {
            return None;
        };
        let span = text.full_span();
        let primary = &finding.primary.span;
        let same = (span.start, span.end) == (primary.start, primary.end);
        let words = list(text.text())?;
        (same && is_one_piece(text)).then(|| Draft {
            kind: "exec-form-repaired",
            title: format!("write the words of {keyword} as a JSON array"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit::replace(span, json(&words))],
            goal: Goal::Deliver,
        })
    });
    drafts.collect()
}

/// An instruction's exec form.
pub(super) fn json(words: &[String]) -> String {
    let words = words
        .iter()
        .map(|word| serde_json::to_string(word).expect("a string serialises"));
    format!("[{}]", words.collect::<Vec<_>>().join(", "))
}

/// Whether a text stands in its file as it is, without continuations and comments in it.
pub(super) fn is_one_piece(text: &Mapped) -> bool {
    text.full_span().text() == text.text()
}

/// The words of a list of quoted words; `None` when anything but quotes, commas and brackets is wrong.
fn list(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let text = match text.rfind(']') {
        // What stands behind the bracket was meant as a comment.
        Some(end) if text[end + 1..].trim_start().starts_with('#') => &text[..=end],
        _ => text,
    };
    let inner = match (text.strip_prefix('['), text.strip_suffix(']')) {
        (Some(_), Some(_)) => &text[1..text.len() - 1],
        (None, None) => text,
        _ => return None,
    };
    let mut words = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let quote = rest.chars().next()?;
        let (_, closing) = QUOTES.iter().find(|(open, _)| *open == quote)?;
        let after = &rest[quote.len_utf8()..];
        let end = after.find(|c| closing.contains(c))?;
        let word = &after[..end];
        // What would have been expanded, or escaped, leaves room for doubt.
        if word.contains(['\\', '$', '`', '"', '\'']) || word.trim() != word || word.is_empty() {
            return None;
        }
        words.push(word.to_owned());
        let close = after[end..].chars().next()?;
        rest = after[end + close.len_utf8()..].trim_start();
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn what_was_meant() {
        for (text, words) in [
            ("['npm', 'start']", vec!["npm", "start"]),
            ("[“npm”, “start”]", vec!["npm", "start"]),
            ("\"npm\", \"start\"", vec!["npm", "start"]),
            ("[\"npm\", \"start\",]", vec!["npm", "start"]),
            ("[\"a\"] # why", vec!["a"]),
        ] {
            assert_eq!(list(text).unwrap_or_default(), words, "{text}");
        }
    }

    #[test]
    fn what_is_not_certain() {
        for text in [
            "[bash -c \"x\"]",
            "[\"daphne\", \"-p\", $PORT]",
            "[\"a\" \"b\"]",
            "[\"a\", \"b\"",
            "['a', 'it\\'s']",
            "[\"$X\",]",
            "[]",
            "",
        ] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
