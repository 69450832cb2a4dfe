//! The pattern that is measured clean: the application in the background, a trap that passes the signal on,
//! `wait`, and `wait` again.
//!
//! In: a finding at a command that the shell waits for, at a `wait` without a trap, or at what only keeps the
//! container up. Out: drafts, all unsafe: the application's standard input becomes `/dev/null`, and the shell stays.

use super::keep_alive::{is_keep_alive, keep_alives, stop_signal};
use super::layout::Layout;
use super::place::{self, Command};
use super::second_wait::repeated;
use super::tail::{action_for, has_trap_for};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::{Item, Kind, RedirectOperator, Script, Separator, Simple};
use crate::source::Span;

/// Drafts for the command at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    at(target, &finding.primary.span).into_iter().collect()
}

/// Drafts for what only keeps the container up, while the application runs in the background.
pub(super) fn plan_keep_alive(target: &Target, finding: &Finding) -> Vec<Draft> {
    let places = keep_alives(target, finding);
    let drafts = places.into_iter().filter_map(|span| at(target, span));
    drafts.take(2).collect()
}

fn at(target: &Target, span: &Span) -> Option<Draft> {
    let command = place::command(target, span)?;
    if !command.text.is_string && !place::is_literal(target, span) {
        return None;
    }
    let signal = stop_signal(target);
    let layout = Layout::of(target, &command)?;
    let script = &command.text.script;
    let Kind::Simple(simple) = &script.node(command.node).kind else {
        return None;
    };
    let name = simple.words.first()?.constant(false).unwrap_or_default();
    let edits = match &*name {
        "wait" => before_wait(&command, simple, &layout, &signal),
        name if is_keep_alive(name) => {
            in_place_of_keep_alive(&command, name, simple, &layout, &signal)
        }
        name => around(&command, name, simple, &layout, &signal),
    };
    Some(Draft {
        kind: "trap-and-wait",
        title: format!("pass SIG{signal} on with a trap, and wait until the application has ended"),
        applicability: Applicability::Unsafe,
        edits: edits?,
        goal: Goal::Deliver,
    })
}

/// A foreground command, into the background and waited for.
fn around(
    command: &Command,
    name: &str,
    simple: &Simple,
    layout: &Layout,
    signal: &str,
) -> Option<Vec<Edit>> {
    let script = &command.text.script;
    // A here-document stands behind the line: what is put there would end up in it.
    let has_document = simple
        .redirects
        .iter()
        .any(|redirect| redirect.operator == RedirectOperator::HereDocument);
    if has_document || super::exec_form::is_builtin(name) || super::tail::defines(script, name) {
        return None;
    }
    let mut steps = vec![format!("{} &", command.written())];
    steps.extend(passed_on(script, signal, None)?);
    Some(layout.replaced(&steps, false))
}

/// The signal goes to the job that was started last, which is waited for; a log is shown meanwhile.
fn passed_on(script: &Script, signal: &str, follow: Option<String>) -> Option<Vec<String>> {
    let variable = free_variable(script.text.text())?;
    let mut steps = vec![format!("{variable}=$!")];
    steps.extend(follow);
    steps.extend(trap_for(script, signal, variable)?);
    steps.push(format!("wait \"${variable}\" || wait \"${variable}\""));
    Some(steps)
}

/// The trap that tells the application. What a trap of the script did before, it does after the application.
fn trap_for(script: &Script, signal: &str, variable: &str) -> Option<Option<String>> {
    let kill = format!("kill -{signal} \"${variable}\"");
    if !has_trap_for(script, signal) {
        return Some(Some(format!("trap '{kill}' {signal}")));
    }
    let action = action_for(script, signal)?;
    if action.contains('\'') || action.contains('\n') {
        return None;
    }
    match action.contains("kill") {
        // It passes the signal on by itself.
        true => Some(None),
        false => Some(Some(format!(
            "trap '{kill}; wait \"${variable}\"; {action}' {signal}"
        ))),
    }
}

/// A name that the script does not use.
fn free_variable(text: &str) -> Option<&'static str> {
    ["app_pid", "application_pid"]
        .into_iter()
        .find(|name| !text.contains(name))
}

/// What keeps the container up becomes a `wait` for the application that was started before.
fn in_place_of_keep_alive(
    command: &Command,
    name: &str,
    simple: &Simple,
    layout: &Layout,
    signal: &str,
) -> Option<Vec<Edit>> {
    let script = &command.text.script;
    let shows = simple.words.iter().skip(1).any(|word| {
        let word = word.constant(false);
        word.is_none_or(|word| !word.starts_with('-') && word != "/dev/null")
    });
    // A log goes on being shown.
    let follow = (name.ends_with("tail") && shows).then(|| format!("{} &", command.written()));
    let steps = match background_jobs(script) {
        0 => return None,
        1 => passed_on(script, signal, follow)?,
        _ if has_trap_for(script, signal) => return None,
        _ => {
            let mut steps: Vec<String> = follow.into_iter().collect();
            steps.extend([group_trap(signal), "wait || wait".to_owned()]);
            steps
        }
    };
    Some(layout.replaced(&steps, true))
}

/// The whole group is told, while the shell itself looks away.
fn group_trap(signal: &str) -> String {
    format!("trap \"trap '' {signal}; kill -{signal} 0; wait\" {signal}")
}

/// A `wait` that no signal ends: a trap before it, and the `wait` again.
fn before_wait(
    command: &Command,
    simple: &Simple,
    layout: &Layout,
    signal: &str,
) -> Option<Vec<Edit>> {
    let script = &command.text.script;
    let whole = script.text.text();
    if has_trap_for(script, signal) {
        return None;
    }
    let text = command.written();
    let words: Vec<&str> = simple.words[1..]
        .iter()
        .map(|word| &whole[word.range.clone()])
        .collect();
    let steps = match (words.as_slice(), background_jobs(script)) {
        // The first of several that ends: the trap waits for the others.
        (["-n"], _) => vec![group_trap(signal), text.to_owned()],
        ([], 1) => vec![
            format!("trap 'kill -{signal} \"$!\"' {signal}"),
            repeated(text),
        ],
        ([], _) => vec![group_trap(signal), repeated(text)],
        (pids, _) => {
            if pids
                .iter()
                .any(|pid| pid.contains('\'') || pid.starts_with('-'))
            {
                return None;
            }
            vec![
                format!("trap 'kill -{signal} {}' {signal}", pids.join(" ")),
                repeated(text),
            ]
        }
    };
    Some(layout.replaced(&steps, false))
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
