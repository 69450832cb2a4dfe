//! What a maintainer would write where nothing can be proven: shown with a finding, never applied.
//!
//! In: a finding and its target. Out: the finding, whose help spells out the very commands of this file. It knows
//! neither whether there is a proven fix nor whether an unknown daemon stops as its words promise.

use super::exec_form::is_builtin;
use super::foreground;
use super::keep_alive::is_keep_alive;
use super::layout::behind_one_another;
use super::place::{self, Command};
use super::tail::defines;
use super::trap_pattern;
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::knowledge::{self, Signal};
use crate::rules::Finding;
use crate::shell::{Kind, Simple};

/// The finding with help that is about this very file, where there is some.
pub fn advised(target: &Target, mut finding: Finding) -> Finding {
    let help = match finding.rule.id {
        "daemonised-server" => {
            let command = foreground::shown(target, &finding.primary.span);
            command.map(|command| format!("write `{command}` as the last command"))
        }
        "keepalive-as-pid1" => beside_keep_alive(target, &finding),
        "path-without-exec" | "script-without-exec" | "shell-holds-pid1" => {
            with_work_after(target, &finding)
        }
        _ => None,
    };
    if let Some(help) = help {
        finding.help(help);
    }
    finding
}

/// The trap pattern for a command that something follows.
fn with_work_after(target: &Target, finding: &Finding) -> Option<String> {
    let span = &finding.primary.span;
    let mut facts = target.paths.iter().flat_map(|path| &path.facts);
    let is_followed = facts.any(|fact| {
        let here = fact.span.as_ref().is_some_and(|at| at == span);
        let followed = matches!(
            fact.kind,
            FactKind::Foreground {
                last: false,
                in_pipeline: false,
                exec_in_subshell: false,
                ..
            }
        );
        here && followed
    });
    if !is_followed || runs_another(target, finding) {
        return None;
    }
    let drafts = trap_pattern::plan(target, finding);
    let [edit] = drafts.first()?.edits.as_slice() else {
        return None;
    };
    let commands = behind_one_another(edit.replacement.lines().map(str::trim));
    Some(format!(
        "write `{commands}`; or `exec` it if what follows can go"
    ))
}

/// Whether the command is a shell or the like in front of the application: it would end, and not tell it.
fn runs_another(target: &Target, finding: &Finding) -> bool {
    let Some(command) = place::command(target, &finding.primary.span) else {
        return true;
    };
    let Kind::Simple(simple) = &command.text.script.node(command.node).kind else {
        return true;
    };
    let name = simple.words.first().and_then(|word| word.constant(false));
    let name = name.unwrap_or_default();
    let base = name.rsplit('/').next().unwrap_or(&name);
    base.ends_with("sh")
        || matches!(
            base,
            "" | "su" | "sudo" | "runuser" | "npm" | "yarn" | "pnpm"
        )
}

/// What to write in place of a keep-alive for a daemon of which the tables know nothing.
fn beside_keep_alive(target: &Target, finding: &Finding) -> Option<String> {
    let command = place::command(target, &finding.primary.span)?;
    let script = &command.text.script;
    let whole = script.text.text();
    let own = script.node(command.node).range.clone();
    let waits = &whole[own.clone()];
    if waits.contains('\n') {
        return None;
    }
    let before = script.nodes.iter().filter_map(|node| match &node.kind {
        Kind::Simple(simple) if node.range.end <= own.start => Some((node, simple)),
        _ => None,
    });
    let mut before: Vec<_> = before.collect();
    before.sort_by_key(|(node, _)| std::cmp::Reverse(node.range.start));
    for (node, simple) in &before {
        if let Some(stop) = stop_command(whole, simple)
            && !stop.contains(['\'', '\n'])
        {
            let signal = target.container.stop_signal.value.value();
            let signal = signal.copied().unwrap_or(Signal::TERM).short_name();
            let start = &whole[node.range.clone()];
            return Some(format!(
                "if `{start}` can stay in the foreground, write that with `exec`; else write `trap '{stop}' {signal}; {waits} & wait`"
            ));
        }
    }
    let (node, _) = before
        .iter()
        .find(|(_, simple)| may_be_daemon(&command, simple))?;
    let start = &whole[node.range.clone()];
    (!start.contains('\n')).then(|| {
        format!(
            "let `{start}` stay in the foreground, and write `exec` before it in place of `{waits}`"
        )
    })
}

/// The command that ends what this one starts: by custom the word `stop` stands where `start` does.
fn stop_command(whole: &str, simple: &Simple) -> Option<String> {
    let index = simple.words.iter().position(|word| {
        let word = word.constant(false);
        word.is_some_and(|word| matches!(&*word, "start" | "restart"))
    })?;
    let mut words = Vec::new();
    for (at, word) in simple.words.iter().enumerate() {
        words.push(match at == index {
            true => "stop",
            false => &whole[word.range.clone()],
        });
    }
    (index > 0).then(|| words.join(" "))
}

/// Whether a command is called as daemons are, and nothing says that it is done when it returns.
fn may_be_daemon(command: &Command, simple: &Simple) -> bool {
    let words: Vec<Option<_>> = simple.words.iter().map(|w| w.constant(false)).collect();
    let Some(Some(name)) = words.first() else {
        return false;
    };
    let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
    let base = name.rsplit('/').next().unwrap_or(name);
    let is_called_so = base.ends_with('d')
        || ["server", "daemon", "start"]
            .iter()
            .any(|part| base.contains(part));
    is_called_so
        && !is_builtin(name)
        && !is_keep_alive(name)
        && !defines(&command.text.script, name)
        && knowledge::program(&words).is_none()
}
