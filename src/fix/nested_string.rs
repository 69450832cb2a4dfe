//! `exec` in a command string that a script gives to another shell: `su app -c "…"`, `bash -c '…'`.
//!
//! In: a finding about the launcher in front, or at the command in the string. Out: drafts that insert the word there.
//! Nothing else is changed inside of quotes: other words might need quotes of their own.

use std::ops::Range;

use super::insert_exec::insertion;
use super::place::{self, Command, Text};
use super::tail::{Parents, Tail, tail};
use super::{Applicability, Draft, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::{Kind, NodeId, parse};
use crate::source::{Mapped, Span};
use crate::stop::ProcessTree;

/// Drafts for the string of the command at the finding's place, or the string that this place is in.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let primary = &finding.primary.span;
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let mut places: Vec<(&Span, &Span)> = Vec::new();
    for process in trees.flat_map(ProcessTree::processes) {
        let Some(span) = &process.span else {
            continue;
        };
        // What the launcher at the finding's place starts, and what starts the command at that place.
        let pair = match contains(span, primary) {
            true => (span, primary),
            false => (primary, span),
        };
        if !places.contains(&pair) {
            places.push(pair);
        }
    }
    let mut found: Vec<Draft> = Vec::new();
    for (outer, inner) in places {
        let Some(command) = command(target, outer, inner) else {
            continue;
        };
        let Some(draft) = draft(&command) else {
            continue;
        };
        if found.iter().all(|known| known.edits != draft.edits) {
            found.push(draft);
        }
    }
    found
}

fn draft(command: &Command) -> Option<Draft> {
    let script = &command.text.script;
    let applicability = match tail(script, &Parents::of(script), command.node) {
        // Other words than those of today might be no program.
        Tail::Last if !is_expansion(&script.text) => Applicability::Safe,
        // What follows would no longer run.
        Tail::Last | Tail::Followed => Applicability::Unsafe,
        Tail::Elsewhere => return None,
    };
    Some(Draft {
        kind: "exec-in-string",
        title: "write `exec` before the application in the command string".to_owned(),
        applicability,
        edits: vec![insertion(command)?],
        goal: Goal::Deliver,
    })
}

fn contains(outer: &Span, inner: &Span) -> bool {
    outer.source.path() == inner.source.path()
        && outer.start <= inner.start
        && inner.end <= outer.end
        && outer != inner
}

/// The command at `inner` in a string of the command at `outer`; for one that is all expansion the string's own.
fn command(target: &Target, outer: &Span, inner: &Span) -> Option<Command> {
    let command = place::command(target, outer)?;
    let script = &command.text.script;
    let Kind::Simple(simple) = &script.node(command.node).kind else {
        return None;
    };
    let pairs = simple.words.windows(2);
    let strings = pairs.filter(|pair| {
        let option = pair[0].constant(false).unwrap_or_default();
        option.starts_with('-') && option.ends_with('c') && !option.starts_with("--")
    });
    for pair in strings {
        let Some(range) = within_quotes(script.text.text(), pair[1].range.clone()) else {
            continue;
        };
        let nested = parse(script.text.slice(range));
        let mut nodes = nested.nodes.iter().enumerate();
        let at_inner = |range: &Range<usize>| {
            let own = nested.span(range.clone());
            own.source.path() == inner.source.path()
                && (own.start, own.end) == (inner.start, inner.end)
        };
        let is_simple = |kind: &Kind| matches!(kind, Kind::Simple(_));
        let mut found = nodes.find(|(_, node)| is_simple(&node.kind) && at_inner(&node.range));
        if found.is_none() && is_expansion(&nested.text) {
            found = nested
                .nodes
                .iter()
                .enumerate()
                .find(|(_, node)| is_simple(&node.kind));
        }
        let node = found.map(|(node, _)| node as NodeId);
        if let Some(node) = node {
            let text = Text {
                script: nested,
                is_string: true,
                is_main: true,
            };
            return Some(Command { text, node });
        }
    }
    None
}

/// The text between the quotes of a word that is nothing else, if the shell reads it as it is written but for
/// variables.
fn within_quotes(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let inner = word.start + 1..word.end.checked_sub(1)?;
    let content = text.get(inner.clone())?;
    let is_plain = match text.as_bytes()[word.start] {
        quote @ b'\'' => text.as_bytes()[inner.end] == quote && !content.contains('\''),
        quote @ b'"' => text.as_bytes()[inner.end] == quote && !content.contains(['"', '\\', '`']),
        _ => false,
    };
    is_plain.then_some(inner)
}

/// Whether a string is nothing but variables: `$@`, `$CMD`.
fn is_expansion(text: &Mapped) -> bool {
    let is_variable = |word: &str| {
        let name = word.strip_prefix('$').unwrap_or_default();
        let name = name.strip_prefix('{').unwrap_or(name);
        let name = name.strip_suffix('}').unwrap_or(name);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '*');
        !name.is_empty() && name.chars().all(plain)
    };
    let mut words = text.text().split(' ').peekable();
    words.peek().is_some() && words.all(is_variable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn strings_that_are_read_as_they_are_written() {
        let inner =
            |word: &str| within_quotes(word, 0..word.len()).map(|range| word[range].to_owned());
        for (word, expected) in [
            ("'app \"$X\" \\n'", Some("app \"$X\" \\n")),
            ("\"app $X\"", Some("app $X")),
            ("\"$@\"", Some("$@")),
            ("\"app \\\"a\\\"\"", None),
            ("\"a\"'b'", None),
            ("'a'b'c'", None),
            ("app", None),
            ("'", None),
        ] {
            assert_eq!(inner(word).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn strings_of_variables_only() {
        for (text, expected) in [
            ("$@", true),
            ("$*", true),
            ("${CMD} $ARGS", true),
            ("$CMD --x", false),
            ("${X:-app}", false),
            ("app", false),
            ("", false),
        ] {
            let text_of = Mapped::whole(&Source::new("f", text));
            assert_eq!(is_expansion(&text_of), expected, "{text}");
        }
    }
}
