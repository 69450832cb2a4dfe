//! A server that puts itself into the background is started in the foreground, and in place of the shell.
//!
//! In: a finding about such a server, or about what keeps the container up beside it. Out: drafts, all unsafe: the
//! server's output goes elsewhere, and what only kept the container up is gone.

use super::command_line::{CommandLine, inside_json, json_string, shell_word};
use super::place::written;
use super::tail::{Parents, Tail, tail};
use super::{Applicability, Draft, Edit, Goal, keep_alive};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::knowledge::{self, Foreground};
use crate::rules::Finding;
use crate::shell::{Kind, Node, NodeId, Script};
use crate::source::Span;

/// Drafts for the servers of the target that go into the background, the one of the finding first.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let mut servers: Vec<(&str, &Span)> = Vec::new();
    for fact in target.paths.iter().flat_map(|path| &path.facts) {
        if let (FactKind::Daemonised { program, .. }, Some(span), false) =
            (&fact.kind, &fact.span, fact.while_stopping)
            && !servers.contains(&(program, span))
        {
            servers.push((program, span));
        }
    }
    // The last one is what the container is for.
    servers.reverse();
    let primary = &finding.primary.span;
    servers.sort_by_key(|(_, span)| (span.start, span.end) != (primary.start, primary.end));
    let servers = servers.into_iter().take(3);
    let drafts = servers.filter_map(|(program, span)| {
        let line = CommandLine::at(target, span)?;
        Some(drafts(program, &line))
    });
    drafts.flatten().collect()
}

/// Drafts for a start script of the target's that stays before its server: the server itself, with the same words.
pub(super) fn plan_direct(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some(line) = CommandLine::at(target, &finding.primary.span) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for index in 0..line.words.len() {
        let words: Vec<Option<&str>> = line.words[index..].iter().map(Option::as_deref).collect();
        let (Some(known), Some(Some(word))) = (knowledge::program(&words), words.first()) else {
            continue;
        };
        let name = word.rsplit('/').next().unwrap_or(word);
        // `dash-debian13` is a dash.
        let sh = target.container.image.sh.value().and_then(Option::as_deref);
        let sh = sh.and_then(|id| id.split('-').next());
        let whole = &known.foreground.direct_for;
        if let Some(command) = whole.get(name).or_else(|| whole.get(sh?)) {
            let said =
                |word: &Option<&str>| word.is_some_and(|word| is_said(&known.foreground, word));
            let is_alone = matches!(&line.words[..index], [])
                || matches!(&line.words[..index], [Some(exec)] if exec == "exec");
            if is_alone && words[1..].iter().all(said) {
                found.extend(replaced(&line, command).into_iter().map(|edits| Draft {
                    kind: "server-itself",
                    title: format!("start the server itself in place of `{name}`"),
                    applicability: Applicability::Unsafe,
                    edits,
                    goal: Goal::Deliver,
                }));
            }
            continue;
        }
        // Under which name the server goes depends on the distribution.
        if !whole.is_empty() && sh.is_none() {
            continue;
        }
        // What the script does by itself, the server has to be told.
        let added = known.foreground.add_for.get(name).into_iter().flatten();
        let is_given = |word: &str| {
            let option = word.split('=').next().unwrap_or(word);
            words
                .iter()
                .flatten()
                .any(|given| given.starts_with(option))
        };
        let added: Vec<&str> = added
            .map(String::as_str)
            .filter(|word| !is_given(word))
            .collect();
        let more = line.insert_after(index, &added);
        let more = more.map_or_else(String::new, |edit| edit.replacement);
        // The server may lie in another directory than the script.
        for server in &known.foreground.direct {
            let Some(edit) = line.replace(index, server) else {
                continue;
            };
            let edit = Edit::replace(edit.span, format!("{}{more}", edit.replacement));
            let mut edits = vec![edit];
            let is_last = line.command().is_some_and(|command| {
                let script = &command.text.script;
                tail(script, &Parents::of(script), command.node) == Tail::Last
            });
            let starts = line.words.first() == Some(&Some((*word).to_owned()));
            if is_last
                && starts
                && let Some(exec) = line.exec()
            {
                // One edit: `exec` goes where the word is replaced.
                edits = vec![Edit::replace(
                    edits[0].span.clone(),
                    format!("{}{}", exec.replacement, edits[0].replacement),
                )];
            }
            found.push(Draft {
                kind: "server-itself",
                title: format!("start `{server}` itself"),
                applicability: Applicability::Unsafe,
                edits,
                goal: Goal::Deliver,
            });
        }
    }
    found
}

fn is_said(foreground: &Foreground, word: &str) -> bool {
    foreground.said.iter().any(|said| said == word)
}

/// Drafts for a program of the finding's place that finishes its work on SIGTERM only with certain options.
pub(super) fn plan_stops(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some(line) = CommandLine::at(target, &finding.primary.span) else {
        return Vec::new();
    };
    let drafts = (0..line.words.len()).filter_map(|index| {
        let words: Vec<Option<&str>> = line.words[index..].iter().map(Option::as_deref).collect();
        let stops = knowledge::program(&words)?.foreground.stops;
        let missing = stops.iter().map(String::as_str);
        let missing: Vec<&str> = missing
            .filter(|word| !words.contains(&Some(*word)))
            .collect();
        if missing.is_empty() {
            return None;
        }
        Some(Draft {
            kind: "stop-option",
            title: "let the program finish its work on SIGTERM".to_owned(),
            applicability: Applicability::Unsafe,
            edits: vec![line.insert_after(index, &missing)?],
            goal: Goal::Deliver,
        })
    });
    drafts.take(2).collect()
}

fn drafts(program: &str, line: &CommandLine) -> Vec<Draft> {
    // A service's script may be called itself.
    let is_script = |word: &Option<String>| {
        let word = word.as_deref().unwrap_or_default();
        word.starts_with("/etc/init.d/")
    };
    let index = line
        .position(program)
        .or_else(|| line.words.iter().position(is_script));
    let Some(index) = index else {
        return Vec::new();
    };
    let words: Vec<Option<&str>> = line.words[index..].iter().map(Option::as_deref).collect();
    let Some(known) = knowledge::program(&words) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for edits in changes(line, index, &words, &known.foreground) {
        for more in in_place_of_shell(line) {
            let mut edits = edits.clone();
            edits.extend(more);
            found.push(draft(program, edits));
        }
    }
    if let Some(service) = service(&words)
        && let Some(command) = known.foreground.services.get(service)
    {
        let edits = replaced(line, command).into_iter();
        found.extend(edits.map(|edits| draft(service, edits)));
    }
    found
}

fn draft(program: &str, edits: Vec<Edit>) -> Draft {
    Draft {
        kind: "foreground",
        title: format!("start `{program}` in the foreground, as the process that gets the signal"),
        applicability: Applicability::Unsafe,
        edits,
        goal: Goal::Deliver,
    }
}

/// The service that a command starts.
fn service<'w>(words: &[Option<&'w str>]) -> Option<&'w str> {
    let first = words.first().copied().flatten()?;
    match first.strip_prefix("/etc/init.d/") {
        Some(service) => Some(service),
        None => words.get(1).copied().flatten(),
    }
}

/// The ways to change the words, the likeliest first.
fn changes(
    line: &CommandLine,
    index: usize,
    words: &[Option<&str>],
    foreground: &Foreground,
) -> Vec<Vec<Edit>> {
    let mut found = Vec::new();
    let mut edits = Vec::new();
    for (offset, word) in words.iter().enumerate() {
        let Some(word) = word else {
            continue;
        };
        let (directory, base) = match (offset, word.rfind('/')) {
            (0, Some(slash)) => word.split_at(slash + 1),
            _ => ("", *word),
        };
        if offset > 0 && foreground.drop.iter().any(|drop| drop == word) {
            edits.extend(line.remove(index + offset));
        } else if let Some(other) = foreground.replace.get(base) {
            edits.extend(line.replace(index + offset, &format!("{directory}{other}")));
        }
    }
    let name = words.first().copied().flatten().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or(name);
    let added: Vec<&str> = foreground.added(name).iter().map(String::as_str).collect();
    let is_given = added
        .first()
        .is_some_and(|word| words.contains(&Some(word)));
    let with_words = line.insert_after(index, &added);
    if !edits.is_empty() {
        let mut both = edits.clone();
        if foreground.add_for.contains_key(name) {
            both.extend(with_words.clone());
        }
        found.push(both);
    }
    if let (false, false, Some(edit)) = (added.is_empty(), is_given, with_words) {
        found.push(vec![edit]);
    }
    found
}

/// The ways to let a command of a shell replace it, with the least loss first: no edit at all in exec form.
fn in_place_of_shell(line: &CommandLine) -> Vec<Vec<Edit>> {
    let Some(command) = line.command() else {
        return vec![Vec::new()];
    };
    let script = &command.text.script;
    let exec: Vec<Edit> = line.exec().into_iter().collect();
    if tail(script, &Parents::of(script), command.node) == Tail::Last {
        return vec![exec];
    }
    // What else follows is work that would no longer be done.
    let rest = without_keep_alive(line);
    rest.map(|edit| [exec, vec![edit]].concat())
        .into_iter()
        .collect()
}

/// The range from the end of a command to that of what keeps the container up right behind it, if that is all that
/// follows.
fn without_keep_alive(line: &CommandLine) -> Option<Edit> {
    let command = line.command()?;
    let script = &command.text.script;
    let end = script.node(command.node).range.end;
    let (next, node) = script
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.range.start >= end)
        .min_by_key(|(_, node)| (node.range.start, usize::MAX - node.range.end))?;
    let between = &script.text.text()[end..node.range.start];
    let is_separator = |c: char| c.is_whitespace() || matches!(c, ';' | '&');
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let only_separators = between
        .lines()
        .all(|line| line.chars().all(is_separator) || is_comment(line));
    let is_all = tail(script, &Parents::of(script), next as NodeId) == Tail::Last;
    if !only_separators || !is_all || !is_idle(script, &node.range) {
        return None;
    }
    // Comments stay.
    let start = match between.lines().any(is_comment) {
        true => node.range.start,
        false => end,
    };
    let span = written(&script.text, start..node.range.end)?;
    Some(Edit::replace(span, ""))
}

/// Whether every command of a range only waits: `tail -f`, a shell without input, `sleep` in a loop.
fn is_idle(script: &Script, range: &std::ops::Range<usize>) -> bool {
    let inside = |node: &&Node| range.start <= node.range.start && node.range.end <= range.end;
    let mut simple = script.nodes.iter().filter(inside).filter_map(|node| {
        let Kind::Simple(simple) = &node.kind else {
            return None;
        };
        Some(simple)
    });
    simple.all(|simple| {
        let name = simple.words.first().and_then(|word| word.constant(false));
        let name = name.unwrap_or_default();
        let base = name.rsplit('/').next().unwrap_or(&name);
        keep_alive::is_keep_alive(&name)
            || matches!(base, ":" | "true")
            || matches!(base, "bash" | "sh") && simple.words.len() == 1
    })
}

/// The command that would start the server of a place in the foreground, in place of the shell: to be shown.
pub(super) fn shown(target: &Target, span: &Span) -> Option<String> {
    let line = CommandLine::at(target, span)?;
    let index = (0..line.words.len()).find(|index| {
        let words: Vec<Option<&str>> = line.words[*index..].iter().map(Option::as_deref).collect();
        knowledge::program(&words).is_some_and(|known| known.foreground != Foreground::default())
    })?;
    let words: Vec<Option<&str>> = line.words[index..].iter().map(Option::as_deref).collect();
    let known = knowledge::program(&words)?.foreground;
    if let Some(command) = service(&words).and_then(|service| known.services.get(service)) {
        return Some(with_exec(command));
    }
    let words: Vec<&str> = words.into_iter().collect::<Option<_>>()?;
    let (name, rest) = words.split_first()?;
    let (directory, base) = name.rsplit_once('/').unwrap_or(("", name));
    let slash = if directory.is_empty() { "" } else { "/" };
    let other = |word: &str| {
        known
            .replace
            .get(word)
            .map_or(word, String::as_str)
            .to_owned()
    };
    let mut shown = vec![format!("{directory}{slash}{}", other(base))];
    let added = known
        .added(base)
        .iter()
        .filter(|word| !rest.contains(&word.as_str()));
    shown.extend(added.cloned());
    let kept = rest
        .iter()
        .filter(|word| !known.drop.iter().any(|drop| drop == *word));
    shown.extend(kept.map(|word| other(word)));
    // `exec service x start` goes into the background as well.
    if shown == words {
        return None;
    }
    let before = line.words[..index].iter().map(Option::as_deref);
    let before: Vec<&str> = before.collect::<Option<_>>()?;
    let shown = before.into_iter().chain(shown.iter().map(String::as_str));
    let shown: Vec<String> = shown.map(shell_word).collect();
    Some(format!("exec {}", shown.join(" ")))
}

/// A command of a shell, the last part of which replaces it.
fn with_exec(command: &str) -> String {
    match command.rsplit_once("&& ") {
        Some((before, last)) => format!("{before}&& exec {last}"),
        None => format!("exec {command}"),
    }
}

/// Another command in place of the line.
fn replaced(line: &CommandLine, command: &str) -> Vec<Vec<Edit>> {
    let with_exec = with_exec(command);
    let Some(own) = line.command() else {
        let shell = format!("[\"/bin/sh\", \"-c\", {}]", json_string(&with_exec));
        return line
            .replace_all(shell)
            .into_iter()
            .map(|edit| vec![edit])
            .collect();
    };
    let script = &own.text.script;
    let range = script.node(own.node).range.clone();
    let text = match line.is_in_json() {
        true => inside_json(&with_exec),
        false => with_exec,
    };
    let Some(span) = written(&script.text, range) else {
        return Vec::new();
    };
    let edit = Edit::replace(span, text);
    if tail(script, &Parents::of(script), own.node) == Tail::Last {
        return vec![vec![edit]];
    }
    let rest = without_keep_alive(line);
    rest.map(|more| vec![edit, more]).into_iter().collect()
}
