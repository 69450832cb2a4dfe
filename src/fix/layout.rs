//! Commands in place of one, in the layout of the place.
//!
//! In: a command of a script or of a command string. Out: the edit that puts others there: on lines of their own where
//! it has one, else behind one another. Does not know what they do.

use super::Edit;
use super::command_line::{inside_json, is_in_json};
use super::place::{self, Command};
use super::tail::Parents;
use crate::analyze::Target;
use crate::shell::Kind;
use crate::source::Span;

/// How commands are put where one stands now.
pub(super) struct Layout {
    /// The blanks before the command, if each may have a line of its own.
    indent: Option<String>,
    /// Whether the place is inside of a string of exec form.
    in_json: bool,
    /// Whether it is a part of `a && b`, which the others have to stay.
    in_chain: bool,
    span: Span,
}

/// Commands as one line. Behind `&` no `;` may stand.
pub(super) fn behind_one_another<'c>(commands: impl Iterator<Item = &'c str>) -> String {
    let mut text = String::new();
    for command in commands {
        let separator = match text.ends_with('&') {
            _ if text.is_empty() => "",
            true => " ",
            false => "; ",
        };
        text.push_str(separator);
        text.push_str(command);
    }
    text
}

impl Layout {
    pub(super) fn of(target: &Target, command: &Command) -> Option<Layout> {
        let script = &command.text.script;
        let range = script.node(command.node).range.clone();
        let span = place::written(&script.text, range.clone())?;
        let (indent, alone) = line(script.text.text(), range);
        Some(Layout {
            indent: (alone && !command.text.is_string).then(|| indent.to_owned()),
            in_chain: is_in_chain(command),
            in_json: command.text.is_string && is_in_json(target, &span),
            span,
        })
    }

    /// One replacement by commands; the first may end in `&`.
    pub(super) fn replaced(&self, commands: &[String], is_last: bool) -> Vec<Edit> {
        let text = match &self.indent {
            Some(indent) if !self.in_chain => commands.join(&format!("\n{indent}")),
            _ => {
                let text = behind_one_another(commands.iter().map(String::as_str));
                match is_last && !self.in_chain {
                    true => text,
                    false => format!("{{ {text}; }}"),
                }
            }
        };
        let text = if self.in_json {
            inside_json(&text)
        } else {
            text
        };
        vec![Edit::replace(self.span.clone(), text)]
    }
}

/// The blanks before a command, and whether it has its line, or its last line, for itself.
fn line(text: &str, range: std::ops::Range<usize>) -> (&str, bool) {
    let start = text[..range.start]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let before = &text[start..range.start];
    let rest = &text[range.end..];
    let after = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let alone = before.trim().is_empty() && after.trim().is_empty();
    (if before.trim().is_empty() { before } else { "" }, alone)
}

/// Whether a command is a part of `a && b` or `a || b`.
fn is_in_chain(command: &Command) -> bool {
    let script = &command.text.script;
    let parent = Parents::of(script).get(command.node);
    parent.is_some_and(|parent| matches!(script.node(parent).kind, Kind::AndOr { .. }))
}
