//! `check`: look, apply the rules, report, and say by the exit status whether all is well.

use std::path::{Path, PathBuf};

use super::arguments::CheckArguments;
use super::fix::{fix, proposed};
use super::formats::CheckFormat;
use super::look::{Look, look, paths};
use super::output::Output;
use super::{COULD_NOT_RUN, FINDINGS, FINE, baseline, files, settings, silence};
use crate::config::FailOn;
use crate::fix::{Fixes, advised, may_fix};
use crate::report::{self, Run, Summary};
use crate::rules::{self, Finding, Severity};

/// Runs the command; the answer is the exit status.
pub(super) fn check(arguments: &CheckArguments, output: &mut Output) -> u8 {
    match run(arguments, output) {
        Ok(status) | Err(status) => status,
    }
}

fn run(arguments: &CheckArguments, output: &mut Output) -> Result<u8, u8> {
    let settings = settings(&arguments.inputs, arguments.layer(), output)?;
    if let Some(path) = written_twice(&arguments.outputs) {
        output.error(&format!("{}: one file for two outputs", files::shown(path)));
        return Err(COULD_NOT_RUN);
    }
    let paths = paths(&arguments.inputs, output)?;
    let fixing = &arguments.fixing;
    let written = match fixing.fix || fixing.diff {
        true => fix(&paths, fixing, &settings, output)?,
        false => FINE,
    };
    let Look {
        mut run,
        mut searched_unreadable,
        status,
    } = look(&paths, &settings, output)?;
    let could_not = |message: String, output: &mut Output| {
        output.error(&message);
        COULD_NOT_RUN
    };
    if let Some(revision) = &arguments.changed_since {
        baseline::keep_changed(&mut run, revision, &arguments.inputs.start())
            .map_err(|message| could_not(message, output))?;
        searched_unreadable.retain(|file| run.unreadable.contains(file));
    }
    let unreadable = searched_unreadable.iter().map(rules::unreadable);
    let targets = run.analyses.iter().flat_map(|analysis| &analysis.targets);
    let found = targets.flat_map(|target| {
        let found = rules::check(target).into_iter();
        found.map(move |finding| advised(target, finding))
    });
    let findings = found.chain(unreadable);
    let findings = rules::merge(findings.collect());
    let (mut findings, silenced) = silence::silence(&run, findings, &settings);
    if let Some(path) = &arguments.write_baseline {
        baseline::write(path, &findings).map_err(|message| could_not(message, output))?;
        let count = report::plural(findings.len(), "finding");
        output.news(&format!("{}: {count}", files::shown(path)));
        return Ok(status);
    }
    if let Some(path) = &settings.common.baseline {
        let applied = baseline::apply(path, findings);
        let (rest, left_out, gone) = applied.map_err(|message| could_not(message, output))?;
        findings = rest;
        if left_out + gone > 0 {
            let known = report::plural(left_out, "known finding");
            let shown = files::shown(path);
            output.news(&match gone {
                0 => format!("{shown}: {known} left out"),
                _ => format!("{shown}: {known} left out, {gone} more not found in this run"),
            });
        }
    }
    let summary = Summary::of(&run, &findings, silenced);
    let page = summary_page(arguments);
    let formats = arguments.outputs.iter().map(|(format, _)| *format);
    let mut formats = formats.chain([arguments.format]);
    let fixes = match page.is_some() || formats.any(CheckFormat::has_fixes) {
        true => proposed(&run, &findings, &settings),
        false => Fixes::default(),
    };
    let fail_on = settings.common.fail_on.unwrap_or_default();
    let found = Found {
        needs_all_judged: fail_on == FailOn::Unknown,
        run: &run,
        findings: &findings,
        fixes: &fixes,
        summary: &summary,
    };
    report(arguments, &found, page.as_deref(), output)
        .map_err(|message| could_not(message, output))?;
    let is_open = !fixing.fix && arguments.format == CheckFormat::Text && !arguments.statistics;
    if is_open && findings.iter().any(|finding| may_fix(finding.rule.id)) {
        output.news("`pidone check --diff` shows which of these have a proven fix");
    }
    let failed = fails(fail_on, &findings, &summary);
    Ok(status
        .max(written)
        .max(if failed { FINDINGS } else { FINE }))
}

/// What a run has found.
struct Found<'a> {
    run: &'a Run,
    findings: &'a [Finding],
    fixes: &'a Fixes,
    summary: &'a Summary,
    /// Whether a target that is not judged fails the run.
    needs_all_judged: bool,
}

fn report(
    arguments: &CheckArguments,
    found: &Found,
    page: Option<&Path>,
    output: &mut Output,
) -> Result<(), String> {
    let Found {
        run,
        findings,
        fixes,
        summary,
        ..
    } = found;
    // The summary is news, unless it is what fails the run.
    let is_short = output.is_quiet() && !(found.needs_all_judged && summary.not_judged > 0);
    output.result(&match (arguments.statistics, arguments.format) {
        (true, _) => report::statistics(run, findings, summary),
        (_, CheckFormat::Text) if is_short => report::check_text(findings, None),
        (_, CheckFormat::Concise) if is_short => report::check_concise(findings, None),
        (_, format) => format.write(run, findings, fixes, summary),
    });
    for (format, path) in &arguments.outputs {
        let text = format.write(run, findings, fixes, summary);
        files::write(path, &anstream::adapter::strip_str(&text).to_string())?;
    }
    match page {
        Some(page) => files::append(page, &report::markdown(findings, fixes, summary)),
        None => Ok(()),
    }
}

/// The summary page of a GitHub step, when its format is wanted and the runner has one.
fn summary_page(arguments: &CheckArguments) -> Option<PathBuf> {
    let formats = arguments.outputs.iter().map(|(format, _)| *format);
    let mut formats = formats.chain([arguments.format]);
    if !formats.any(|format| format == CheckFormat::Github) {
        return None;
    }
    let page = files::variable("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
    page.map(PathBuf::from)
}

fn fails(fail_on: FailOn, findings: &[Finding], summary: &Summary) -> bool {
    let at_least = |severity| findings.iter().any(|finding| finding.severity >= severity);
    match fail_on {
        FailOn::Never => false,
        FailOn::Error => at_least(Severity::Error),
        FailOn::Warning => at_least(Severity::Warning),
        FailOn::Note => at_least(Severity::Note),
        FailOn::Unknown => at_least(Severity::Note) || summary.not_judged > 0,
    }
}

/// A file that two outputs would go to: the second would take the place of the first.
fn written_twice(outputs: &[(CheckFormat, PathBuf)]) -> Option<&Path> {
    let mut outputs = outputs.iter().map(|(_, path)| path).enumerate();
    let all: Vec<&PathBuf> = outputs.clone().map(|(_, path)| path).collect();
    let twice = outputs.find(|(at, path)| all[..*at].contains(path));
    twice.map(|(_, path)| path.as_path())
}
