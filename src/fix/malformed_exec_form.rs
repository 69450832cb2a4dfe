//! Exec form that is no JSON, where it is certain what was meant.
//!
//! In: a finding about such a CMD or ENTRYPOINT. Out: a draft with the words as JSON: single or typographic quotes,
//! a comma too many, no brackets, a comment behind. Unsafe: the container starts something else than before.

use super::command_line::shell_word;
use super::exec_form::plain_words;
use super::literal_variable::expanded;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::image::{Command, Origin};
use crate::rules::Finding;
use crate::source::{Mapped, Source};

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
        let words = words(list(text.text())?, keyword == "ENTRYPOINT");
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

/// The argv: with a shell in front where a variable has to be expanded.
fn words(list: Vec<(String, bool)>, is_entrypoint: bool) -> Vec<String> {
    if !list.iter().any(|(_, expands)| *expands) {
        return list.into_iter().map(|(word, _)| word).collect();
    }
    let words = list.iter().map(|(word, expands)| match expands {
        true => expanded(word),
        false => shell_word(word),
    });
    let command = format!("exec {}", words.collect::<Vec<_>>().join(" "));
    let mut argv = vec!["/bin/sh".to_owned(), "-c".to_owned()];
    match is_entrypoint {
        true => argv.extend([format!("{command} \"$@\""), "sh".to_owned()]),
        false => argv.push(command),
    }
    argv
}

/// The words of a list, and whether each is a variable without quotes; `None` when it is not certain what was
/// meant.
fn list(text: &str) -> Option<Vec<(String, bool)>> {
    let text = text.trim();
    let text = match text.rfind(']') {
        // What stands behind the bracket was meant as a comment.
        Some(end) if text[end + 1..].trim_start().starts_with('#') => &text[..=end],
        _ => text,
    };
    let inner = match (text.strip_prefix('['), text.strip_suffix(']')) {
        (Some(_), Some(_)) => &text[1..text.len() - 1],
        // The last quote closes the last word: only the bracket is missing.
        (Some(inner), None) if inner.ends_with(['"', '\'']) => inner,
        (None, None) => text,
        _ => return None,
    };
    if text.starts_with('[') && !inner.contains(',') && !inner.trim_start().starts_with(['"', '\''])
    {
        // A command line in brackets.
        let words = plain_words(&Mapped::whole(&Source::new("", inner.trim())))?;
        return Some(words.into_iter().map(|(word, _)| (word, false)).collect());
    }
    let mut words: Vec<(String, bool)> = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let first = rest.chars().next()?;
        let Some((_, closing)) = QUOTES.iter().find(|(open, _)| *open == first) else {
            let end = rest.find(',').unwrap_or(rest.len());
            words.push(bare(rest[..end].trim_end())?);
            rest = rest[end..].trim_start_matches(',').trim_start();
            continue;
        };
        let after = &rest[first.len_utf8()..];
        let end = after.find(|c| closing.contains(c))?;
        let word = &after[..end];
        // What would have been expanded, or escaped, leaves room for doubt; a shell's own string does not.
        let is_string = words.last().is_some_and(|(before, _)| before == "-c");
        if word.contains(['\\', '`', '"', '\''])
            || word.contains('$') && !is_string
            || word.trim() != word
            || word.is_empty()
        {
            return None;
        }
        words.push((word.to_owned(), false));
        let close = after[end..].chars().next()?;
        let next = &after[end + close.len_utf8()..];
        rest = next.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            // A comma was forgotten between two words in quotes.
            None if rest.is_empty() || next.len() > rest.len() && rest.starts_with(first) => rest,
            None => return None,
        };
    }
    (!words.is_empty()).then_some(words)
}

/// A word without quotes: plain, or one variable.
fn bare(word: &str) -> Option<(String, bool)> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=".contains(c);
    let name = word.strip_prefix('$').map(|name| {
        let braced = name
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        braced.unwrap_or(name)
    });
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match name {
        Some(name) => is_name(name).then(|| (word.to_owned(), true)),
        None => (!word.is_empty() && word.chars().all(is_plain)).then(|| (word.to_owned(), false)),
    }
}

#[cfg(test)]
mod tests {
    use super::{list, words};

    #[test]
    fn what_was_meant() {
        for (text, expected) in [
            ("['npm', 'start']", vec!["npm", "start"]),
            ("[“npm”, “start”]", vec!["npm", "start"]),
            ("\"npm\", \"start\"", vec!["npm", "start"]),
            ("[\"npm\", \"start\",]", vec!["npm", "start"]),
            ("[\"a\"] # why", vec!["a"]),
            ("[\"a\" \"b\"]", vec!["a", "b"]),
            ("[\"a\", \"b\"", vec!["a", "b"]),
            ("[/app, start]", vec!["/app", "start"]),
            ("[bash -c \"x && y\"]", vec!["bash", "-c", "x && y"]),
            ("['sh', '-c', 'exec $X']", vec!["sh", "-c", "exec $X"]),
            (
                "[\"daphne\", \"-p\", $PORT]",
                vec!["/bin/sh", "-c", "exec daphne -p \"$PORT\""],
            ),
        ] {
            let list = list(text).unwrap_or_default();
            assert_eq!(words(list, false), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_certain() {
        for text in [
            "[\"a\", `b`]",
            "[\"a\", $PORT/x y]",
            "[\"a\"b\", \"c\"]",
            "['a', 'it\\'s']",
            "[\"$X\",]",
            "[app $X]",
            "[\"a\", b",
            "[]",
            "",
        ] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
