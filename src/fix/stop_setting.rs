//! A setting of a program's configuration with which a signal lets it finish its work, and that signal.
//!
//! In: a finding about a program that finishes on no signal as it is configured. Out: a draft for the configuration, or
//! for the build, which then adds a file of the program's own. Unsafe: a stop then takes as long as the requests do.

use super::{Applicability, Draft, Edit, Goal, build_step, command_line, place, stop_signal};
use crate::analyze::Target;
use crate::boot::{self, SettingPlace};
use crate::knowledge::{self, StopSetting};
use crate::rules::Finding;
use crate::source::{Mapped, Span};
use crate::stop::ProcessTree;

/// The file that a build adds.
const OWN_FILE: &str = "zz-stop.conf";

/// Drafts for the programs of the target that a finding's place starts.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let processes = trees.flat_map(ProcessTree::processes);
    let mut applications = processes.filter(|process| process.is_application);
    let span = &finding.primary.span;
    let here = |process: &&ProcessTree| process.pid == 1 || process.span.as_ref() == Some(span);
    let Some(process) = applications.find(here) else {
        return Vec::new();
    };
    draft(target, process, span).into_iter().collect()
}

fn draft(target: &Target, process: &ProcessTree, span: &Span) -> Option<Draft> {
    let image = &target.container.image;
    let words: Vec<Option<&str>> = process.argv.iter().map(Option::as_deref).collect();
    let setting = knowledge::program(&words)?.stop_setting?;
    let directory = image.working_directory.value.value();
    let directory = directory.map_or("/", String::as_str);
    let place = boot::stop_setting(&image.files, directory, &words, &setting)?;
    if place.is_set != Some(false) {
        return None;
    }
    let mut edits = vec![set(target, &setting, &place)?];
    if process.receives != Some(setting.signal) {
        edits.push(stop_signal::of_process(target, span, setting.signal)?);
    }
    Some(Draft {
        kind: "stop-setting",
        title: format!(
            "set `{}`, and let the program be stopped with {}",
            setting.name, setting.signal
        ),
        applicability: Applicability::Unsafe,
        edits: joined(edits),
        goal: Goal::Deliver,
    })
}

/// The setting in the file at hand, or in one that the build adds.
fn set(target: &Target, setting: &StopSetting, place: &SettingPlace) -> Option<Edit> {
    let line = setting.line();
    if let Some(text) = &place.text
        && !is_of_base(target, text)
    {
        return in_text(target, text, setting, &line);
    }
    let image = &target.container.image;
    let (redirection, file) = if place.is_there {
        (">>", place.file.clone())
    } else {
        let shell = image.sh.value()?.as_deref()?;
        let family = shell.split('-').next()?;
        let pattern = setting.included.get(family)?;
        let (directory, _) = pattern.rsplit_once('/')?;
        (">", format!("{directory}/{OWN_FILE}"))
    };
    let file = command_line::shell_word(&file);
    let command = match &setting.section {
        Some(section) => format!("printf '\\n[{section}]\\n{line}\\n' {redirection} {file}"),
        None => format!("echo '{line}' {redirection} {file}"),
    };
    build_step::run(target, &command)
}

/// Whether a text comes with the base image.
fn is_of_base(target: &Target, text: &Mapped) -> bool {
    let span = text.full_span();
    let base = target.container.image.files.base_reference();
    base.is_some_and(|base| {
        let rest = span.source.path().strip_prefix(base);
        rest.is_some_and(|rest| rest.starts_with(":/"))
    })
}

/// The line in a section of a file: in place of one that is commented out or says nothing, or behind the section's head.
fn in_text(target: &Target, text: &Mapped, setting: &StopSetting, line: &str) -> Option<Edit> {
    let whole = text.text();
    let line_end = if whole.contains("\r\n") { "\r\n" } else { "\n" };
    let head = setting
        .section
        .as_ref()
        .map(|section| format!("[{section}]"));
    let mut position = 0;
    let mut in_section = head.is_none();
    let mut behind_head = None;
    let mut old = None;
    for own in whole.split_inclusive('\n') {
        let bare = own.trim();
        if let Some(head) = &head
            && bare.starts_with('[')
        {
            in_section = bare.starts_with(head);
            if in_section {
                behind_head = Some((position + own.len(), own.ends_with('\n')));
            }
        }
        let uncommented = bare.trim_start_matches([';', '#', ' ']);
        let name = setting.parts(uncommented).map(|(name, _)| name);
        if in_section && name == Some(setting.name.as_str()) {
            let start = position + (own.len() - own.trim_start().len());
            old = Some(start..start + bare.len());
        }
        position += own.len();
    }
    let (range, new) = match (old, behind_head) {
        (Some(range), _) => (range, line.to_owned()),
        (None, Some((at, true))) => (at..at, format!("{line}{line_end}")),
        (None, Some((at, false))) => (at..at, format!("{line_end}{line}{line_end}")),
        (None, None) => {
            let head = head.map(|head| format!("{head}{line_end}"));
            let rest = if head.is_some() { line_end } else { "" };
            let head = head.unwrap_or_default();
            (0..0, format!("{head}{line}{line_end}{rest}"))
        }
    };
    let span = match range.is_empty() {
        false => place::written(text, range)?,
        // The byte before has to stand in the file as it is.
        true if range.start > 0 => {
            let before = place::exact(text, range.start - 1)?;
            Span::new(&before.source, before.end..before.end)
        }
        true => {
            let first = place::exact(text, 0)?;
            Span::new(&first.source, first.start..first.start)
        }
    };
    place::is_literal(target, &span).then(|| Edit::replace(span, new))
}

/// Insertions at the same place as one.
fn joined(edits: Vec<Edit>) -> Vec<Edit> {
    let mut found: Vec<Edit> = Vec::new();
    for edit in edits {
        match found.iter_mut().find(|known| known.span == edit.span) {
            Some(known) => known.replacement.push_str(&edit.replacement),
            None => found.push(edit),
        }
    }
    found
}
