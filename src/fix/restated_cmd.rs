//! What the base image starts, written as CMD behind the ENTRYPOINT that dropped it.
//!
//! In: a finding about a dropped CMD. Out: a draft. Unsafe: the container starts something else than before.

use super::malformed_exec_form::json;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::dockerfile;
use crate::image::{Command, Origin};
use crate::rules::Finding;

/// A draft for the ENTRYPOINT of the target.
pub(super) fn plan(target: &Target, _: &Finding) -> Vec<Draft> {
    let image = &target.container.image;
    let (Some(dropped), Origin::Instruction(entrypoint)) =
        (&image.dropped_cmd, &image.entrypoint.origin)
    else {
        return Vec::new();
    };
    if entrypoint.source.path() != target.file || target.container.image.windows.is_some() {
        return Vec::new();
    }
    let words: Vec<String> = match (&dropped.started, &dropped.command) {
        (Some(words), _) | (None, Command::Exec(words)) => {
            words.iter().map(|word| word.text().to_owned()).collect()
        }
        (None, Command::Shell(shell, text)) => {
            let shell = shell.iter().map(|word| word.text().to_owned());
            shell.chain([text.text().to_owned()]).collect()
        }
    };
    let file = dockerfile::parse(&entrypoint.source);
    let text = file.source.text();
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    // JSON escapes line ends, so that the instruction is one line.
    let command = json(&words);
    let edit = match text[entrypoint.end..].find('\n') {
        Some(newline) => {
            let at = entrypoint.end + newline + 1;
            Edit::replace(file.span(at..at), format!("CMD {command}{line_end}"))
        }
        None => Edit::replace(
            file.span(text.len()..text.len()),
            format!("{line_end}CMD {command}"),
        ),
    };
    vec![Draft {
        kind: "cmd-restated",
        title: "write as CMD what the base image starts: ENTRYPOINT drops it".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![edit],
        goal: Goal::Keep,
    }]
}
