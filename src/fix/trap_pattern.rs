//! The pattern that is measured clean: the application in the background, a trap that passes the signal on,
//! `wait`, and `wait` again.
//!
//! In: a finding at a command that the shell waits for, at a `wait` without a trap, or at what only keeps the
//! container up. Out: drafts, all unsafe: the application's standard input becomes `/dev/null`, and the shell stays.

use super::command_line::{inside_json, is_in_json, shell_word};
use super::insert_exec::is_keep_alive;
use super::place::{self, Command};
use super::second_wait::repeated;
use super::tail::{action_for, has_trap_for};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::knowledge::{self, Signal};
use crate::rules::Finding;
use crate::shell::{Item, Kind, RedirectOperator, Script, Separator, Simple};
use crate::source::Span;
use crate::stop::ProcessTree;

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

/// Drafts for the same place, while several servers run in the background that commands have started: only one of
/// them could take the place of PID 1.
pub(super) fn plan_several(target: &Target, finding: &Finding) -> Vec<Draft> {
    let several = stop_commands(target).filter(|commands| commands.len() > 1);
    let drafts = several.map(|commands| with_stop_commands(target, finding, &commands));
    drafts.unwrap_or_default()
}

/// Drafts for the same place, while servers run in the background that commands have started: the commands that
/// stop them.
pub(super) fn plan_stop_commands(target: &Target, finding: &Finding) -> Vec<Draft> {
    let drafts = stop_commands(target);
    let drafts = drafts.map(|commands| with_stop_commands(target, finding, &commands));
    drafts.unwrap_or_default()
}

fn with_stop_commands(target: &Target, finding: &Finding, commands: &[String]) -> Vec<Draft> {
    let stops = commands.join("; ");
    let places = keep_alives(target, finding);
    let drafts = places.into_iter().filter_map(|span| {
        let command = place::command(target, span)?;
        if !command.text.is_string && !place::is_literal(target, span) {
            return None;
        }
        let script = &command.text.script;
        let signal = stop_signal(target);
        if has_trap_for(script, &signal) {
            return None;
        }
        let layout = Layout::of(target, &command)?;
        let waits = &script.text.text()[script.node(command.node).range.clone()];
        let steps = [
            format!("trap '{stops}; exit 0' {signal}"),
            format!("{waits} &"),
            "wait".to_owned(),
        ];
        Some(Draft {
            kind: "stop-command",
            title: format!("stop the servers with a trap for SIG{signal}"),
            applicability: Applicability::Unsafe,
            edits: layout.replaced(&steps, true),
            goal: Goal::Finish,
        })
    });
    drafts.take(2).collect()
}

/// The commands that stop every server which runs in the background, the last one first; `None` where one is
/// missing.
fn stop_commands(target: &Target) -> Option<Vec<String>> {
    let mut commands: Vec<String> = Vec::new();
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let processes = trees.flat_map(ProcessTree::processes);
    for process in processes.filter(|process| process.is_application) {
        let words: Vec<Option<&str>> = process.argv.iter().map(Option::as_deref).collect();
        let program = knowledge::program(&words)?;
        let stop = program.stopped_by(&process.argv)?;
        let command = stop_command(target, process, &stop)?;
        if command.contains('\'') {
            return None;
        }
        if !commands.contains(&command) {
            commands.insert(0, command);
        }
    }
    (!commands.is_empty()).then_some(commands)
}

/// The command that stops a process: as its own is written, where the words are as many, so that variables stay.
fn stop_command(target: &Target, process: &ProcessTree, stop: &[Option<String>]) -> Option<String> {
    let command = place::command(target, process.span.as_ref()?)?;
    let Kind::Simple(simple) = &command.text.script.node(command.node).kind else {
        return None;
    };
    let whole = command.text.script.text.text();
    let written = simple.words.iter().map(|word| &whole[word.range.clone()]);
    let words = if simple.words.len() == stop.len() && process.argv.len() == stop.len() {
        let words = written.zip(process.argv.iter().zip(stop));
        let words = words.map(|(written, (old, new))| match (old == new, new) {
            (true, _) => Some(written.to_owned()),
            (false, new) => new.as_deref().map(shell_word),
        });
        words.collect::<Option<Vec<String>>>()?
    } else {
        let words = stop.iter().map(|word| word.as_deref().map(shell_word));
        words.collect::<Option<Vec<String>>>()?
    };
    Some(words.join(" "))
}

/// The places of what only keeps the container up.
fn keep_alives<'t>(target: &'t Target, finding: &'t Finding) -> Vec<&'t Span> {
    let mut places: Vec<&Span> = vec![&finding.primary.span];
    for fact in target.paths.iter().flat_map(|path| &path.facts) {
        if let (FactKind::Foreground { .. } | FactKind::KeepAlive { .. }, Some(span)) =
            (&fact.kind, &fact.span)
            && !places.contains(&span)
        {
            places.push(span);
        }
    }
    places.retain(|span| {
        place::command(target, span).is_some_and(|command| {
            let Kind::Simple(simple) = &command.text.script.node(command.node).kind else {
                return false;
            };
            let name = simple.words.first().and_then(|word| word.constant(false));
            name.is_some_and(|name| is_keep_alive(&name))
        })
    });
    places
}

/// The short name of the signal that PID 1 gets.
fn stop_signal(target: &Target) -> String {
    let signal = target.container.stop_signal.value.value();
    signal.copied().unwrap_or(Signal::TERM).short_name()
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
    let edits = match name.as_str() {
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

/// How commands are put where one stands now.
struct Layout {
    /// The blanks before the command, if each may have a line of its own.
    indent: Option<String>,
    /// Whether the place is inside of a string of exec form.
    in_json: bool,
    span: Span,
}

impl Layout {
    fn of(target: &Target, command: &Command) -> Option<Layout> {
        let script = &command.text.script;
        let range = script.node(command.node).range.clone();
        let span = place::written(&script.text, range.clone())?;
        let (indent, alone) = line(script.text.text(), range);
        Some(Layout {
            indent: (alone && !command.text.is_string).then(|| indent.to_owned()),
            in_json: command.text.is_string && is_in_json(target, &span),
            span,
        })
    }

    /// One replacement by commands; the first may end in `&`.
    fn replaced(&self, commands: &[String], is_last: bool) -> Vec<Edit> {
        let text = match &self.indent {
            Some(indent) => commands.join(&format!("\n{indent}")),
            None => {
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
                match is_last {
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
    let whole = script.text.text();
    let text = &whole[script.node(command.node).range.clone()];
    let variable = free_variable(whole)?;
    let mut steps = vec![format!("{text} &"), format!("{variable}=$!")];
    steps.extend(trap_for(script, signal, variable)?);
    steps.push(format!("wait \"${variable}\" || wait \"${variable}\""));
    Some(layout.replaced(&steps, false))
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
    let whole = script.text.text();
    let text = &whole[script.node(command.node).range.clone()];
    let shows = simple.words.iter().skip(1).any(|word| {
        let word = word.constant(false);
        word.is_none_or(|word| !word.starts_with('-') && word != "/dev/null")
    });
    // A log goes on being shown.
    let follow = (name.ends_with("tail") && shows).then(|| format!("{text} &"));
    let mut steps = Vec::new();
    match background_jobs(script) {
        0 => return None,
        1 => {
            let variable = free_variable(whole)?;
            steps.push(format!("{variable}=$!"));
            steps.extend(follow);
            steps.extend(trap_for(script, signal, variable)?);
            steps.push(format!("wait \"${variable}\" || wait \"${variable}\""));
        }
        _ if has_trap_for(script, signal) => return None,
        _ => {
            steps.extend(follow);
            steps.push(group_trap(signal));
            steps.push("wait || wait".to_owned());
        }
    }
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
    let text = &whole[script.node(command.node).range.clone()];
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
