//! `check`: look, apply the rules, report, and say by the exit status whether all is well.

use std::path::Path;

use super::arguments::CheckArguments;
use super::fix::fix;
use super::formats::CheckFormat;
use super::look::{Look, look};
use super::output::Output;
use super::{COULD_NOT_RUN, FINDINGS, FINE, baseline, files, settings, silence};
use crate::config::FailOn;
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
    let fixing = &arguments.fixing;
    let written = match fixing.fix || fixing.diff {
        true => fix(arguments, &settings, output)?,
        false => FINE,
    };
    let Look {
        mut run,
        mut searched_unreadable,
        status,
    } = look(&arguments.inputs, &settings, output)?;
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
    let findings = targets.flat_map(rules::check).chain(unreadable);
    let findings = rules::merge(findings.collect());
    let mut findings = silence::silence(&run, findings, &settings);
    if let Some(path) = &arguments.write_baseline {
        baseline::write(path, &findings).map_err(|message| could_not(message, output))?;
        let count = findings.len();
        output.news(&format!("{}: {count} findings", files::shown(path)));
        return Ok(status);
    }
    if let Some(path) = &settings.common.baseline {
        let applied = baseline::apply(path, findings);
        let (rest, left_out, gone) = applied.map_err(|message| could_not(message, output))?;
        findings = rest;
        if left_out + gone > 0 {
            let shown = files::shown(path);
            output.news(&format!(
                "{shown}: {left_out} known, {gone} no longer found"
            ));
        }
    }
    let summary = Summary::of(&run, &findings);
    report(arguments, &run, &findings, &summary, output)
        .map_err(|message| could_not(message, output))?;
    let failed = fails(
        settings.common.fail_on.unwrap_or_default(),
        &findings,
        &summary,
    );
    Ok(status
        .max(written)
        .max(if failed { FINDINGS } else { FINE }))
}

fn report(
    arguments: &CheckArguments,
    run: &Run,
    findings: &[Finding],
    summary: &Summary,
    output: &mut Output,
) -> Result<(), String> {
    output.result(&match arguments.statistics {
        true => report::statistics(run, findings, summary),
        false => arguments.format.write(run, findings, summary),
    });
    for (format, path) in &arguments.outputs {
        let text = format.write(run, findings, summary);
        files::write(path, &anstream::adapter::strip_str(&text).to_string())?;
    }
    let outputs = arguments.outputs.iter().map(|(format, _)| *format);
    let is_github = |format| format == CheckFormat::Github;
    if is_github(arguments.format) || outputs.into_iter().any(is_github) {
        let page = files::variable("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        if let Some(page) = page {
            files::append(Path::new(&page), &report::markdown(findings, summary))?;
        }
    }
    Ok(())
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
