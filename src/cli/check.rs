//! `check`: look, apply the rules, report, and say by the exit status whether all is well.

use super::arguments::{CheckArguments, CheckFormat, FailOn};
use super::fix::fix;
use super::look::{Look, look};
use super::output::Output;
use super::{FINDINGS, FINE};
use crate::report::{self, Summary};
use crate::rules::{self, Finding, Severity};

/// Runs the command; the answer is the exit status.
pub(super) fn check(arguments: &CheckArguments, output: &mut Output) -> u8 {
    let fixing = &arguments.fixing;
    let written = match fixing.fix || fixing.diff {
        true => match fix(arguments, output) {
            Ok(status) => status,
            Err(status) => return status,
        },
        false => FINE,
    };
    let look = match look(&arguments.inputs, output) {
        Ok(look) => look,
        Err(status) => return status,
    };
    let Look {
        run,
        searched_unreadable,
        status,
    } = look;
    let unreadable = searched_unreadable.iter().map(rules::unreadable);
    let targets = run.analyses.iter().flat_map(|analysis| &analysis.targets);
    let findings = targets.flat_map(rules::check).chain(unreadable);
    let findings = findings.filter(|finding| arguments.wants(finding.rule.id));
    let findings = rules::merge(findings.collect());
    let summary = Summary::of(&run, &findings);
    output.result(&match arguments.format {
        CheckFormat::Text => report::check_text(&findings, &summary),
        CheckFormat::Concise => report::check_concise(&findings, &summary),
        CheckFormat::Json => report::check_json(&run, &findings, &summary),
    });
    let failed = fails(arguments.fail_on, &findings, &summary);
    status
        .max(written)
        .max(if failed { FINDINGS } else { FINE })
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
