//! `app | tee log` to `exec app > >(tee log)`, in bash.
//!
//! In: a finding at a pipeline. Out: a draft that lets the application replace the shell while its output still
//! goes through the last part. Unsafe: the exit status was that of the last part. Only bash has `>( )`.

use super::insert_exec;
use super::place::{self, Command, Text};
use super::tail::{Parents, Tail, tail};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::rules::Finding;
use crate::shell::Kind;

/// A draft for the pipeline at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    let mut facts = target.paths.iter().flat_map(|path| &path.facts);
    let in_bash = facts.any(|fact| {
        let at = fact.span.as_ref().is_some_and(|at| (at.start, at.end) == (span.start, span.end));
        matches!(&fact.kind, FactKind::Foreground { shell, .. } if at && matches!(shell.as_str(), "bash" | "bash-4"))
    });
    if !in_bash {
        return Vec::new();
    }
    let draft = place::command(target, span).and_then(|command| edits(&command));
    let draft = draft.map(|edits| Draft {
        kind: "exec-through-tee",
        title: "let the application replace the shell, with its output through `>( )`".to_owned(),
        applicability: Applicability::Unsafe,
        edits,
        goal: Goal::Deliver,
    });
    draft.into_iter().collect()
}

fn edits(command: &Command) -> Option<Vec<Edit>> {
    let Text { script, .. } = &command.text;
    let Kind::Pipeline {
        negated: false,
        timed: false,
        parts,
        with_stderr,
    } = &script.node(command.node).kind
    else {
        return None;
    };
    let [first, last] = parts.as_slice() else {
        return None;
    };
    let (Kind::Simple(application), Kind::Simple(filter)) =
        (&script.node(*first).kind, &script.node(*last).kind)
    else {
        return None;
    };
    let filter_name = filter.words.first()?.constant(false)?;
    if filter_name != "tee" || tail(script, &Parents::of(script), command.node) == Tail::Elsewhere {
        return None;
    }
    let already = application.words.first()?.constant(false).as_deref() == Some("exec");
    let part = Command {
        text: Text {
            script: crate::shell::parse(script.text.clone()),
            ..command.text
        },
        node: *first,
    };
    let mut edits = Vec::new();
    if !already {
        edits.push(insert_exec::insertion(&part)?);
    }
    let text = script.text.text();
    let filter_text = &text[script.node(*last).range.clone()];
    let both = if with_stderr.first() == Some(&true) {
        " 2>&1"
    } else {
        ""
    };
    // Before the other redirections: `2>&1` means where standard output goes by then.
    let at = application
        .redirects
        .iter()
        .map(|redirect| redirect.range.start)
        .min();
    let first_end = script.node(*first).range.end;
    let output = format!("> >({filter_text}){both}");
    let whole = place::written(&script.text, script.node(command.node).range.clone())?;
    let rest = crate::source::Span::new(
        &whole.source,
        whole.end - (script.node(command.node).range.end - first_end)..whole.end,
    );
    match at {
        Some(at) => {
            edits.push(Edit::insert(
                &place::exact(&script.text, at)?,
                format!("{output} "),
            ));
            edits.push(Edit::replace(rest, ""));
        }
        None => edits.push(Edit::replace(rest, format!(" {output}"))),
    }
    Some(edits)
}
