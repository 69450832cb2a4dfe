//! When a shell replaces itself by its last command although nobody wrote `exec`.
//!
//! The rules are those measured per dialect (`grammars/shells/`). A frame's `tail` says that nothing
//! follows as far as the frames above it can tell; the functions here say whether that is passed on.

use super::step::Turn;
use super::{Code, Shell};
use crate::knowledge::{ImplicitExec, ShellFamily, TrapName};
use crate::shell::{Item, Kind, NodeId, RedirectTarget, Script, Separator};

/// Whether the root of a `-c` string begins in tail position.
pub(in crate::boot) fn root_tail(shell: &Shell, script: &Script) -> bool {
    let Kind::List(items) = &script.node(script.root).kind else {
        return false;
    };
    let Some(last) = items.last() else {
        return false;
    };
    let after = script
        .text
        .text()
        .get(script.node(last.node).range.end..)
        .unwrap_or("");
    match shell.facts.implicit_exec {
        ImplicitExec::Never => false,
        // They know that the string has ended only when no newline follows.
        ImplicitExec::Tail => !after.contains('\n'),
        ImplicitExec::Bash => bash_may_end(behind_documents(script, last.node)),
    }
}

/// What follows a command and the here-documents whose text stands behind it.
fn behind_documents(script: &Script, last: NodeId) -> &str {
    let text = script.text.text();
    let end = script.node(last).range.end;
    let bodies = script.nodes.iter().flat_map(|node| {
        let redirects = match &node.kind {
            Kind::Simple(simple) => simple.redirects.as_slice(),
            Kind::Compound(_, redirects) => redirects,
            _ => &[],
        };
        redirects
            .iter()
            .filter_map(|redirect| match &redirect.target {
                RedirectTarget::Body(body) => Some(body.range.end),
                RedirectTarget::Word(_) => None,
            })
    });
    match bodies.filter(|body| *body > end).max() {
        // The line with the end mark belongs to the document.
        Some(body) => {
            let rest = text.get(body..).unwrap_or("");
            rest.split_once('\n').map_or("", |(_, rest)| rest)
        }
        None => text.get(end..).unwrap_or(""),
    }
}

/// One trailing newline or comment is fine for bash; two newlines, or a newline and anything else, are not.
fn bash_may_end(after: &str) -> bool {
    let rest = after.trim_start_matches([' ', '\t', ';']);
    let rest = match rest.strip_prefix('#') {
        Some(comment) => comment.find('\n').map_or("", |end| &comment[end..]),
        None => rest,
    };
    rest.is_empty() || rest == "\n"
}

impl Turn<'_, '_> {
    /// Whether traps leave the shell free to replace itself.
    pub(super) fn shell_tail_is_open(&self) -> bool {
        let facts = self.shell.facts;
        if facts.family == ShellFamily::Ash && self.shell.ever_trapped {
            return false;
        }
        if !facts.trap_prevents_exec {
            return true;
        }
        !self.shell.traps.iter().any(|(name, trap)| {
            let ignores = trap.action.is_certainly_empty();
            // bash looks at its traps of signals, EXIT and ERR only.
            (!ignores || facts.ignoring_trap_prevents_exec) && *name != TrapName::Other
        })
    }

    fn rule(&self) -> ImplicitExec {
        let facts = self.shell.facts;
        if self.shell.is_subshell {
            facts.subshell_exec
        } else {
            facts.implicit_exec
        }
    }

    /// Whether a compound command (group, `if`, `case`) passes its tail position on.
    pub(super) fn passes_tail(&self) -> bool {
        self.rule() == ImplicitExec::Tail
    }

    /// Whether `( … )` in tail position runs in the same process.
    pub(super) fn subshell_is_tail(&self) -> bool {
        self.rule() == ImplicitExec::Tail
    }

    /// Whether the item of a list is in tail position.
    pub(super) fn list_tail(&mut self, code: &Code, items: &[Item], index: usize) -> bool {
        if !self.top().tail || index + 1 != items.len() {
            return false;
        }
        match self.rule() {
            ImplicitExec::Never => false,
            ImplicitExec::Tail => true,
            ImplicitExec::Bash => {
                // bash reads a line at a time: `a; b` is one command, `a` newline `b` are two.
                let text = code.script.text.text();
                let ends_line = |at: &usize| {
                    let end = code.script.node(items[*at].node).range.end;
                    let next = code.script.node(items[at + 1].node).range.start;
                    text.get(end..next)
                        .is_some_and(|between| between.contains('\n'))
                };
                let line_start = (0..index)
                    .rev()
                    .find(ends_line)
                    .map_or(0, |position| position + 1);
                let line = &items[line_start..index];
                let kind = &code.script.node(items[index].node).kind;
                if line.is_empty() {
                    return matches!(kind, Kind::Simple(_) | Kind::AndOr { .. });
                }
                // In a subshell of bash the whole body has been read before it runs.
                matches!(kind, Kind::Simple(_))
                    && self.shell.facts.exec_after_semicolon
                    && line
                        .last()
                        .is_some_and(|item| item.end == Separator::Semicolon)
            }
        }
    }

    /// Whether the last part of an and-or list is in tail position.
    pub(super) fn and_or_tail(&mut self, code: &Code, part: NodeId) -> bool {
        if !self.top().tail {
            return false;
        }
        match self.rule() {
            ImplicitExec::Never => false,
            ImplicitExec::Tail => true,
            ImplicitExec::Bash => matches!(&code.script.node(part).kind, Kind::Simple(_)),
        }
    }

    /// Whether a simple command in tail position replaces the shell.
    pub(super) fn replaces_itself(&mut self, has_redirects: bool) -> bool {
        let frame = self.top();
        if matches!(frame.state, super::State::Start) && frame.forced {
            return true;
        }
        if !frame.tail || !self.shell_tail_is_open() {
            return false;
        }
        match self.rule() {
            ImplicitExec::Never => false,
            ImplicitExec::Tail => true,
            ImplicitExec::Bash => !has_redirects,
        }
    }
}
