//! One more RUN at the end of what a stage builds.
//!
//! In: a target and a command of `/bin/sh`. Out: the edit that puts the instruction in, if root would run it. Does not
//! look at what the command does.

use super::Edit;
use crate::analyze::Target;
use crate::dockerfile::{self, Dockerfile, Form, Instruction, Keyword};
use crate::image::Origin;
use crate::source::{Source, Span};

/// Commands that only root runs in a build.
const OF_ROOT: [&str; 8] = [
    "apk", "apt", "apt-get", "dnf", "microdnf", "pacman", "yum", "zypper",
];

/// RUN behind the last instruction of the target's stage that changes files.
pub(super) fn run(target: &Target, command: &str) -> Option<Edit> {
    let source = dockerfile_of(target)?;
    let file = dockerfile::parse(&source);
    let own = stage(&file, target.stage)?;
    let changes =
        |it: &&Instruction| matches!(it.keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
    let last = own.iter().rposition(|it| changes(&it)).unwrap_or(0);
    if !is_root(target, &own[..=last]) {
        return None;
    }
    Some(behind(
        &file,
        own[last].range.end,
        &format!("RUN {command}"),
    ))
}

/// An instruction on the line behind a place.
pub(super) fn behind(file: &Dockerfile, end: usize, instruction: &str) -> Edit {
    let text = file.source.text();
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    match text[end..].find('\n') {
        Some(newline) => {
            let at = end + newline + 1;
            Edit::replace(file.span(at..at), format!("{instruction}{line_end}"))
        }
        None => Edit::replace(
            file.span(text.len()..text.len()),
            format!("{line_end}{instruction}{line_end}"),
        ),
    }
}

/// The Dockerfile, as the target's own settings show it.
pub(super) fn dockerfile_of(target: &Target) -> Option<std::sync::Arc<Source>> {
    let image = &target.container.image;
    let origins = [
        &image.entrypoint.origin,
        &image.cmd.origin,
        &image.user.origin,
    ];
    let mut spans = origins.into_iter().filter_map(|origin| match origin {
        Origin::Instruction(span) | Origin::Base(_, span) => Some(span),
        _ => None,
    });
    let span: &Span = spans.find(|span| span.source.path() == target.file)?;
    Some(std::sync::Arc::clone(&span.source))
}

/// The instructions of a stage, its FROM first.
fn stage(file: &Dockerfile, number: usize) -> Option<&[Instruction]> {
    let is_from = |it: &Instruction| it.keyword == Keyword::From;
    let all = &file.instructions;
    let mut starts = (0..all.len()).filter(|index| is_from(&all[*index]));
    let start = starts.nth(number)?;
    let end = starts.next().unwrap_or(all.len());
    Some(&all[start..end])
}

/// Whether root runs what follows those instructions.
fn is_root(target: &Target, before: &[Instruction]) -> bool {
    let is_user = |it: &Instruction| it.keyword == Keyword::User;
    if let Some(user) = before.iter().rfind(|it| is_user(it)) {
        let name = user.arguments.text().trim();
        return matches!(name.split(':').next(), Some("root" | "0"));
    }
    let user = &target.container.image.user;
    match (&user.origin, user.value.value()) {
        (Origin::Base(..) | Origin::Default, Some(name)) => {
            matches!(name.as_str(), "" | "root" | "0")
        }
        // A later USER, or a base image that is not known: what was done before tells.
        _ => before.iter().any(|it| {
            it.keyword == Keyword::Run
                && it.form == Form::Shell
                && it
                    .arguments
                    .text()
                    .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|'))
                    .any(|word| OF_ROOT.contains(&word))
        }),
    }
}
