//! Which kinds of change may mend which finding.
//!
//! In: a finding and its target. Out: drafts, the best first. Proves nothing: the workspace does.

use super::{
    Draft, exec_form, insert_exec, quote_arguments, second_wait, signal_names, tee, trap_pattern,
};
use crate::analyze::Target;
use crate::rules::Finding;

/// A kind of change: what it would do about a finding, if it applies.
type Planner = fn(&Target, &Finding) -> Vec<Draft>;

/// The planners by rule, the best first. Rules know nothing of fixes.
const PLANNERS: &[(&str, &[Planner])] = &[
    ("exec-in-subshell", &[tee::plan]),
    ("fragile-implicit-exec", &[insert_exec::plan]),
    ("init-not-first", IN_FRONT),
    ("init-signals-only-the-shell", IN_FRONT),
    ("path-without-exec", IN_FRONT),
    ("restart-loop-swallows-stop", &[trap_pattern::plan]),
    ("script-without-exec", IN_FRONT),
    (
        "shell-holds-pid1",
        &[
            exec_form::plan,
            insert_exec::plan,
            tee::plan,
            insert_exec::plan_dropping,
        ],
    ),
    (
        "single-wait-truncates",
        &[second_wait::plan, trap_pattern::plan],
    ),
    ("trap-signal-spelling", &[signal_names::plan]),
    (
        "trap-waits-for-foreground-child",
        &[trap_pattern::plan, insert_exec::plan_dropping],
    ),
    ("unquoted-arguments", &[quote_arguments::plan]),
    ("wait-without-trap", &[trap_pattern::plan]),
];

/// For an application behind a shell that waits for it.
const IN_FRONT: &[Planner] = &[
    insert_exec::plan,
    tee::plan,
    trap_pattern::plan,
    insert_exec::plan_dropping,
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
