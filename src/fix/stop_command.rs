//! A trap with the commands that stop what others have started: `service x stop` for `service x start`.
//!
//! In: a finding about servers in the background, or about what keeps the container up beside them. Out: drafts, all
//! unsafe: the shell stays, and ends with status 0 when it is told to stop.

use super::command_line::shell_word;
use super::keep_alive::{keep_alives, stop_signal};
use super::layout::Layout;
use super::place;
use super::tail::has_trap_for;
use super::{Applicability, Draft, Goal};
use crate::analyze::Target;
use crate::knowledge;
use crate::rules::Finding;
use crate::shell::Kind;
use crate::stop::ProcessTree;

/// Drafts for what keeps the container up while several servers run in the background that commands have started:
/// only one of them could take the place of PID 1.
pub(super) fn plan_several(target: &Target, finding: &Finding) -> Vec<Draft> {
    let several = stop_commands(target).filter(|commands| commands.len() > 1);
    let drafts = several.map(|commands| with_stop_commands(target, finding, &commands));
    drafts.unwrap_or_default()
}

/// Drafts for what keeps the container up while servers run in the background that commands have started.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
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
        let waits = command.written();
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
