//! Which kinds of change may mend which finding.
//!
//! In: a finding and its target. Out: drafts, the best first. Proves nothing: the workspace does.

use super::{Draft, exec_form, insert_exec};
use crate::analyze::Target;
use crate::rules::Finding;

/// A kind of change: what it would do about a finding, if it applies.
type Planner = fn(&Target, &Finding) -> Vec<Draft>;

/// The planners by rule. Rules know nothing of fixes.
const PLANNERS: &[(&str, &[Planner])] = &[
    ("shell-holds-pid1", &[exec_form::plan, insert_exec::plan]),
    ("script-without-exec", &[insert_exec::plan]),
    ("fragile-implicit-exec", &[insert_exec::plan]),
];

/// The drafts for a finding.
pub(super) fn candidates(target: &Target, finding: &Finding) -> Vec<Draft> {
    let mut planners = PLANNERS.iter().filter(|(rule, _)| *rule == finding.rule.id);
    let planners = planners.next().map_or(&[][..], |(_, planners)| planners);
    planners
        .iter()
        .flat_map(|plan| plan(target, finding))
        .collect()
}
