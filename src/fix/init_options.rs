//! Options of an init: `--` before the command, `-g` for the whole process group.
//!
//! In: a finding about an init that reads the command's options, or that signals a shell only. Out: drafts in the
//! instruction or command that starts the init, all unsafe: other words reach the application, or others are told.

use super::command_line::CommandLine;
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::image::Origin;
use crate::rules::Finding;

/// Inits that know `-g`: the signal for the child's process group.
const WITH_GROUP: [&str; 3] = ["tini", "docker-init", "catatonit"];

/// Drafts that end the init's own options.
pub(super) fn plan_end(target: &Target, finding: &Finding) -> Vec<Draft> {
    let mut facts = target.paths.iter().flat_map(|path| &path.facts);
    let launcher = facts.find_map(|fact| match &fact.kind {
        FactKind::OptionsEaten { launcher, .. } => Some(launcher.as_str()),
        _ => None,
    });
    let line = CommandLine::at(target, &finding.primary.span);
    let (Some(launcher), Some(line)) = (launcher, line) else {
        return Vec::new();
    };
    let Some(init) = line.position(launcher) else {
        return Vec::new();
    };
    let is_option =
        |index: &usize| matches!(line.words.get(*index), Some(Some(word)) if word.starts_with('-'));
    // Behind its own options; those with a value take one word more.
    let last = (init + 1..line.words.len()).take_while(is_option).last();
    let first = last.unwrap_or(init);
    let edits = (first..(first + 3).min(line.words.len()))
        .filter_map(|index| line.insert_after(index, &["--"]));
    let drafts = edits.map(|edit| {
        draft(
            "end-of-options",
            format!("write `--` before the command that `{launcher}` starts"),
            edit,
            Goal::Keep,
        )
    });
    drafts.collect()
}

/// Drafts that let the init signal the application, too.
pub(super) fn plan_group(target: &Target, _: &Finding) -> Vec<Draft> {
    let image = &target.container.image;
    for setting in [&image.entrypoint, &image.cmd] {
        let Origin::Instruction(span) = &setting.origin else {
            continue;
        };
        let Some(line) = CommandLine::of_instruction(target, span) else {
            continue;
        };
        let found = WITH_GROUP
            .iter()
            .find_map(|name| Some((*name, line.position(name)?)));
        if let Some((name, index)) = found
            && let Some(edit) = line.insert_after(index, &["-g"])
        {
            let title = format!("let `{name}` signal the whole process group with `-g`");
            return vec![draft("init-group", title, edit, Goal::Finish)];
        }
    }
    Vec::new()
}

fn draft(kind: &'static str, title: String, edit: Edit, goal: Goal) -> Draft {
    Draft {
        kind,
        title,
        applicability: Applicability::Unsafe,
        edits: vec![edit],
        goal,
    }
}
