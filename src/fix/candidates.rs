//! Which kinds of change may mend which finding.
//!
//! In: a finding and its target. Out: drafts, the best first. Proves nothing: the workspace does.

use super::{
    Draft, exec_form, exec_in_configuration, file_mode, foreground, init_options, insert_exec,
    literal_variable, malformed_exec_form, nested_string, own_trap, quote_arguments, restated_cmd,
    script_head, second_wait, shell_syntax, signal_names, stop_command, stop_setting, stop_signal,
    supervisor_settings, tee, trap_pattern,
};
use crate::analyze::Target;
use crate::rules::Finding;

/// A kind of change: what it would do about a finding, if it applies.
type Planner = fn(&Target, &Finding) -> Vec<Draft>;

/// For an application behind a shell that waits for it.
const IN_FRONT: &[Planner] = &[
    insert_exec::plan,
    tee::plan,
    trap_pattern::plan,
    exec_in_configuration::plan,
    init_options::plan_group,
    insert_exec::plan_dropping,
];

/// The same for a shell of the Dockerfile itself.
const IN_STRING: &[Planner] = &[
    exec_form::plan,
    insert_exec::plan,
    nested_string::plan,
    tee::plan,
    trap_pattern::plan,
    insert_exec::plan_dropping,
];

/// Whether there may be a fix for a rule's findings; whether there is one, only a proof can say.
pub fn may_fix(rule: &str) -> bool {
    !planners(rule).is_empty()
}

/// The kinds of change for a rule's findings, the best first. Rules know nothing of fixes.
fn planners(rule: &str) -> &'static [Planner] {
    match rule {
        "background-without-wait" => &[foreground::plan],
        "daemonised-server" => &[stop_command::plan_several, foreground::plan],
        "entrypoint-not-executable" => &[file_mode::plan],
        "exec-in-subshell" => &[tee::plan],
        "fragile-implicit-exec" => &[insert_exec::plan],
        "cmd-dropped-by-entrypoint" => &[restated_cmd::plan],
        "init-eats-options" => &[init_options::plan_end],
        "init-not-first"
        | "init-signals-only-the-shell"
        | "path-without-exec"
        | "script-without-exec" => IN_FRONT,
        "inherited-stop-signal-mismatch" | "ungraceful-stop-signal" => &[
            stop_signal::plan_for_program,
            stop_signal::plan_for_service,
            foreground::plan_stops,
            stop_setting::plan,
        ],
        "launcher-cuts-short" => &[
            exec_in_configuration::plan,
            nested_string::plan,
            supervisor_settings::plan_time,
        ],
        "launcher-drops-signals" => &[exec_in_configuration::plan, foreground::plan_direct],
        "unstoppable-stop-signal" => &[stop_signal::plan],
        "keepalive-as-pid1" => &[
            stop_command::plan_several,
            foreground::plan,
            trap_pattern::plan_keep_alive,
            stop_command::plan,
        ],
        "malformed-exec-form" => &[malformed_exec_form::plan],
        "script-with-bom" | "script-with-crlf" | "script-without-shebang" => &[script_head::plan],
        "shell-holds-pid1" => IN_STRING,
        "shell-syntax-in-exec-form" => &[shell_syntax::plan],
        "single-wait-truncates" => &[own_trap::plan, second_wait::plan, trap_pattern::plan],
        "trap-signal-spelling" => &[signal_names::plan],
        "literal-variable-in-exec-form" => &[literal_variable::plan],
        "trap-waits-for-foreground-child" => &[
            trap_pattern::plan,
            init_options::plan_group,
            insert_exec::plan_dropping,
        ],
        "restart-loop-swallows-stop" | "wait-without-trap" => &[trap_pattern::plan],
        "unquoted-arguments" => &[quote_arguments::plan],
        _ => &[],
    }
}

/// The drafts for a finding.
pub(super) fn candidates(target: &Target, finding: &Finding) -> Vec<Draft> {
    let planners = planners(finding.rule.id).iter();
    planners.flat_map(|plan| plan(target, finding)).collect()
}
