//! The pattern that is measured clean: the application in the background, a trap that passes the signal on,
//! `wait`, and `wait` again.
//!
//! In: a finding at a command that the shell waits for, or at a `wait` without a trap. Out: drafts, all unsafe:
//! the application's standard input becomes `/dev/null`, and the shell stays.

use super::place::{self, Command};
use super::second_wait::repeated;
use super::tail::has_trap_for;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::{Item, Kind, Script, Separator};

/// Drafts for the command at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some(command) = place::command(target, &finding.primary.span) else {
        return Vec::new();
    };
    if command.text.is_string || !place::is_literal(target, &finding.primary.span) {
        return Vec::new();
    }
    let Some(signal) = target.container.stop_signal.value.value() else {
        return Vec::new();
    };
    let signal = signal.short_name();
    let edits = match is_wait(&command) {
        true => before_wait(&command, &signal),
        false => around(&command, &signal).map(|edit| vec![edit]),
    };
    let draft = edits.map(|edits| Draft {
        kind: "trap-and-wait",
        title: format!("pass SIG{signal} on with a trap, and wait until the application has ended"),
        applicability: Applicability::Unsafe,
        edits,
        goal: Goal::Deliver,
    });
    draft.into_iter().collect()
}

fn is_wait(command: &Command) -> bool {
    let Kind::Simple(simple) = &command.text.script.node(command.node).kind else {
        return false;
    };
    let name = simple.words.first().and_then(|word| word.constant(false));
    name.as_deref() == Some("wait")
}

/// A foreground command, into the background and waited for.
fn around(command: &Command, signal: &str) -> Option<Edit> {
    let script = &command.text.script;
    let node = script.node(command.node);
    let Kind::Simple(simple) = &node.kind else {
        return None;
    };
    let name = simple.words.first()?.constant(false).unwrap_or_default();
    // A here-document stands behind the line: what is put there would end up in it.
    let has_document = simple
        .redirects
        .iter()
        .any(|redirect| redirect.operator == crate::shell::RedirectOperator::HereDocument);
    let keeps_up = super::insert_exec::is_keep_alive(&name);
    if has_document
        || keeps_up
        || super::exec_form::is_builtin(&name)
        || super::tail::defines(script, &name)
    {
        return None;
    }
    let whole = script.text.text();
    let text = &whole[node.range.clone()];
    let variable = ["app_pid", "application_pid"]
        .into_iter()
        .find(|name| !whole.contains(name))?;
    let trap = match has_trap_for(script, signal) {
        true => None,
        false => Some(format!("trap 'kill -{signal} \"${variable}\"' {signal}")),
    };
    let wait = format!("wait \"${variable}\" || wait \"${variable}\"");
    let steps = [Some(format!("{variable}=$!")), trap, Some(wait)];
    let steps: Vec<String> = steps.into_iter().flatten().collect();
    let span = place::written(&script.text, node.range.clone())?;
    let (indent, alone) = line(whole, node.range.clone());
    let replacement = match alone {
        true => {
            let end = format!("\n{indent}");
            format!("{text} &{end}{}", steps.join(&end))
        }
        false => format!("{{ {text} & {}; }}", steps.join("; ")),
    };
    Some(Edit::replace(span, replacement))
}

/// A `wait` that no signal ends: a trap before it, and the `wait` again.
fn before_wait(command: &Command, signal: &str) -> Option<Vec<Edit>> {
    let script = &command.text.script;
    let node = script.node(command.node);
    let Kind::Simple(simple) = &node.kind else {
        return None;
    };
    let whole = script.text.text();
    let (indent, alone) = line(whole, node.range.clone());
    if !alone || has_trap_for(script, signal) {
        return None;
    }
    let words = &simple.words[1..];
    let trap = match (words, background_jobs(script)) {
        ([], 1) => format!("trap 'kill -{signal} \"$!\"' {signal}"),
        // Several: the whole group, while the shell itself looks away.
        ([], _) => format!("trap \"trap '' {signal}; kill -{signal} 0; wait\" {signal}"),
        (words, _) => {
            let pids: Vec<&str> = words
                .iter()
                .map(|word| &whole[word.range.clone()])
                .collect();
            if pids
                .iter()
                .any(|pid| pid.contains('\'') || pid.starts_with('-'))
            {
                return None;
            }
            format!("trap 'kill -{signal} {}' {signal}", pids.join(" "))
        }
    };
    let mut repeated = repeated(command)?;
    repeated
        .replacement
        .insert_str(0, &format!("{trap}\n{indent}"));
    Some(vec![repeated])
}

/// How many commands of the script are put into the background.
fn background_jobs(script: &Script) -> usize {
    let lists = script.nodes.iter().filter_map(|node| match &node.kind {
        Kind::List(items) => Some(items),
        _ => None,
    });
    let in_background = |item: &&Item| item.end == Separator::Background;
    lists
        .map(|items| items.iter().filter(in_background).count())
        .sum()
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
