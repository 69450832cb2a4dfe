//! `exec` before the command that the shell waits for.
//!
//! In: a finding whose place is a command in a script or command string. Out: a draft that inserts the
//! word. The shell stays, and with it expansion, word splitting, redirections and `cd`.

use super::exec_form::is_builtin;
use super::keep_alive::is_keep_alive;
use super::place::{self, Command, exact};
use super::tail::{Parents, Tail, defines, tail};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::shell::Kind;

/// A draft for the command at the finding's place, if nothing follows it.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    drafts(target, finding, Applicability::Safe)
}

/// The same where something follows the command, which would no longer run.
pub(super) fn plan_dropping(target: &Target, finding: &Finding) -> Vec<Draft> {
    drafts(target, finding, Applicability::Unsafe)
}

fn drafts(target: &Target, finding: &Finding, wanted: Applicability) -> Vec<Draft> {
    let Some(command) = place::command(target, &finding.primary.span) else {
        return Vec::new();
    };
    let Some(edit) = insertion(&command) else {
        return Vec::new();
    };
    let script = &command.text.script;
    let follows = tail(script, &Parents::of(script), command.node);
    let applicability = match follows {
        Tail::Last if command.text.is_main => Applicability::Safe,
        Tail::Elsewhere => return Vec::new(),
        _ => Applicability::Unsafe,
    };
    if applicability != wanted {
        return Vec::new();
    }
    let goal = match finding.rule.id {
        "fragile-implicit-exec" => Goal::Keep,
        _ => Goal::Deliver,
    };
    vec![Draft {
        kind: if command.text.is_string {
            "exec-in-string"
        } else {
            "exec-in-script"
        },
        title: "write `exec` before the application, so that it replaces the shell".to_owned(),
        applicability,
        edits: vec![edit],
        goal,
    }]
}

/// The insertion of `exec ` before the command word: after assignments, which `exec` itself would take
/// for the program.
pub(super) fn insertion(command: &Command) -> Option<Edit> {
    let script = &command.text.script;
    let Kind::Simple(simple) = &script.node(command.node).kind else {
        return None;
    };
    let word = simple.words.first()?;
    if let Some(name) = word.constant(false)
        && (is_builtin(&name) || is_keep_alive(&name) || defines(script, &name))
    {
        return None;
    }
    // The array of `arr=( … )` is set for good: there is no command to replace the shell by.
    let place = exact(&script.text, word.range.start)?;
    Some(Edit::insert(&place, "exec "))
}
