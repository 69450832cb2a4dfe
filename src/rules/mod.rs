//! What pidone reports: one file a rule.
//!
//! In: a judged [`Target`]. Out: [`Finding`]s. Rules read what earlier rooms derived; they parse
//! nothing, follow nothing and read no file. If two rules would derive the same thing, it belongs
//! further left.

mod finding;
mod foreground;
mod rule;
mod words;

mod exec_in_subshell;
mod fragile_implicit_exec;
mod invalid_stop_signal;
mod literal_variable_in_exec_form;
mod malformed_exec_form;
mod relative_entrypoint;
mod script_without_exec;
mod several_entrypoints;
mod shell_holds_pid1;
mod shell_syntax_in_exec_form;
mod unreadable_file;
mod unstoppable_stop_signal;
mod unused_ignore;

pub use finding::{Finding, Findings, Place};
pub use rule::{HEADINGS, Rule, Severity};
pub use unreadable_file::unreadable;
pub use unused_ignore::unused_ignore;

use std::collections::HashMap;

use crate::analyze::Target;

/// Every rule, by name.
pub static ALL: &[&Rule] = &[
    &exec_in_subshell::EXEC_IN_SUBSHELL,
    &fragile_implicit_exec::FRAGILE_IMPLICIT_EXEC,
    &invalid_stop_signal::INVALID_STOP_SIGNAL,
    &literal_variable_in_exec_form::LITERAL_VARIABLE_IN_EXEC_FORM,
    &malformed_exec_form::MALFORMED_EXEC_FORM,
    &relative_entrypoint::RELATIVE_ENTRYPOINT,
    &script_without_exec::SCRIPT_WITHOUT_EXEC,
    &several_entrypoints::SEVERAL_ENTRYPOINTS,
    &shell_holds_pid1::SHELL_HOLDS_PID1,
    &shell_syntax_in_exec_form::SHELL_SYNTAX_IN_EXEC_FORM,
    &unreadable_file::UNREADABLE_FILE,
    &unstoppable_stop_signal::UNSTOPPABLE_STOP_SIGNAL,
    &unused_ignore::UNUSED_IGNORE,
];

/// The rule of that name.
pub fn named(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

/// What every rule says about a target, by place.
pub fn check(target: &Target) -> Vec<Finding> {
    let mut findings = Findings::default();
    for rule in ALL {
        findings.begin(rule);
        (rule.check)(target, &mut findings);
    }
    let mut findings = merge(findings.into_list());
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.primary.span.start, finding.primary.span.end);
        let paths = [one, other].map(|finding| finding.primary.span.source.path());
        paths[0].cmp(paths[1]).then(key(one).cmp(&key(other)))
    });
    findings
}

/// One finding for each rule and primary place: what other targets say about the same place becomes
/// a related place. Keeps the order of first appearance.
pub fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    let mut seen: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        // By path and not by `Source`: two targets that share a script have each read it.
        let span = &finding.primary.span;
        let key = (
            finding.rule.id,
            span.source.path().to_owned(),
            span.start,
            span.end,
        );
        match seen.get(&key) {
            Some(index) => merged[*index].absorb(finding),
            None => {
                seen.insert(key, merged.len());
                merged.push(finding);
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Span};

    fn found(script: &str, dockerfile: &str) -> Finding {
        let span = |path: &str| Span::new(&Source::new(path, "/demo/app\n"), 0..9);
        let mut findings = Findings::default();
        findings.begin(&script_without_exec::SCRIPT_WITHOUT_EXEC);
        findings
            .add(
                "`/demo/app` is started without `exec`",
                span(script),
                "here",
            )
            .related(span(dockerfile), "this CMD makes `dash` PID 1");
        findings.into_list().remove(0)
    }

    #[test]
    fn targets_that_share_a_script_share_a_finding() {
        let findings = vec![
            found("start.sh", "a/Dockerfile"),
            found("start.sh", "b/Dockerfile"),
            found("other.sh", "b/Dockerfile"),
        ];
        let merged = merge(findings);
        assert_eq!(merged.len(), 2);
        let related = merged[0].related.iter();
        let related: Vec<&str> = related.map(|place| place.span.source.path()).collect();
        assert_eq!(related, ["a/Dockerfile", "b/Dockerfile"]);
    }
}
