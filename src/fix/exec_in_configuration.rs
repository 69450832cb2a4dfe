//! `exec` in a command that a launcher's configuration holds: a script of package.json, a program of supervisord,
//! a line of a Procfile.
//!
//! In: a finding about a launcher, or a shell under it. Out: drafts that put the word before the application there,
//! or that start the application without the launcher. Unsafe: who runs such a file by other means gets it, too.

use super::command_line::{CommandLine, json_string, start_instruction};
use super::exec_form::{is_builtin, plain_words};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::dockerfile::Form;
use crate::rules::Finding;
use crate::shell::{Kind, parse};
use crate::source::{Mapped, Span};
use crate::stop::ProcessTree;

/// Drafts for the applications whose command stands in a configuration.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let mut places: Vec<&Span> = Vec::new();
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    for process in trees.flat_map(ProcessTree::processes) {
        if let Some(span) = &process.span
            && is_configuration(span)
            && !places.contains(&span)
        {
            places.push(span);
        }
    }
    let mut found: Vec<Draft> = Vec::new();
    for place in places.iter().take(4) {
        if let Some(edit) = exec(place) {
            found.push(Draft {
                kind: "exec-in-configuration",
                title: "write `exec` before the application, so that no shell stays before it"
                    .to_owned(),
                applicability: Applicability::Unsafe,
                edits: vec![edit],
                goal: Goal::Deliver,
            });
        }
    }
    found.extend(
        places
            .iter()
            .filter_map(|place| direct(target, finding, place)),
    );
    found
}

/// Whether a place is in a file that no shell reads as a whole.
fn is_configuration(span: &Span) -> bool {
    let path = span.source.path();
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".json")
        || name.ends_with(".conf")
        || name.ends_with(".ini")
        || name.starts_with("Procfile")
}

/// `exec` before the command word at a place.
fn exec(place: &Span) -> Option<Edit> {
    if !is_run_by_shell(place) {
        return None;
    }
    // An escape would be one character to the shell and two here.
    if place.text().contains('\\') {
        return None;
    }
    let script = parse(Mapped::verbatim(&place.source, place.start..place.end));
    let Kind::List(items) = &script.node(script.root).kind else {
        return None;
    };
    let Kind::Simple(simple) = &script.node(items.last()?.node).kind else {
        return None;
    };
    let word = simple.words.first()?;
    let name = word.constant(false)?;
    if is_builtin(&name) || name == "exec" {
        return None;
    }
    Some(Edit::insert(&script.span(word.range.clone()), "exec "))
}

/// Whether a shell reads the command at a place. supervisord starts programs itself, so that only a command within
/// quotes is one, that of `sh -c "…"`.
fn is_run_by_shell(place: &Span) -> bool {
    let path = place.source.path();
    if !path.ends_with(".conf") && !path.ends_with(".ini") {
        return true;
    }
    let text = &place.source.text()[..place.start];
    let line = text.rfind('\n').map_or(text, |newline| &text[newline..]);
    line.contains(['"', '\''])
}

/// The application's words in place of those of the launcher, where both are plain.
fn direct(target: &Target, finding: &Finding, place: &Span) -> Option<Draft> {
    let (file, index) = start_instruction(target, &finding.primary.span)?;
    let Form::Exec(_) = file.instructions[index].form else {
        return None;
    };
    let line = CommandLine::of_instruction(target, &finding.primary.span)?;
    let launcher = line.words.first()?.clone()?;
    if !matches!(launcher.as_str(), "npm" | "yarn" | "pnpm") || place.text().contains('\\') {
        return None;
    }
    let words = plain_words(&Mapped::verbatim(&place.source, place.start..place.end))?;
    // Other programs are found only in the directory that the launcher puts into PATH.
    if words.first()?.0 != "node" {
        return None;
    }
    let words: Vec<String> = words.iter().map(|(word, _)| json_string(word)).collect();
    Some(Draft {
        kind: "launcher-left-out",
        title: format!("start the application without `{launcher}`"),
        applicability: Applicability::Unsafe,
        edits: vec![line.replace_all(format!("[{}]", words.join(", ")))?],
        goal: Goal::Deliver,
    })
}
