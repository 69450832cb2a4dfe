//! What pidone reports: one file a rule.
//!
//! In: a judged [`Target`]. Out: [`Finding`]s. Rules read what earlier rooms derived; they parse
//! nothing, follow nothing and read no file. If two rules would derive the same thing, it belongs
//! further left.

mod cause;
mod finding;
mod foreground;
mod programs;
mod rule;
mod words;

mod background_killed_with_pid1;
mod background_without_wait;
mod children_not_reaped;
mod cmd_args_not_used;
mod cmd_dropped_by_entrypoint;
mod cmd_ignored_by_shell_form_entrypoint;
mod daemonised_server;
mod deaf_while_starting;
mod dev_server;
mod entrypoint_not_executable;
mod entrypoint_not_found;
mod entrypoint_not_runnable_by_user;
mod exec_in_subshell;
mod exit_trap_not_run_on_signal;
mod fragile_implicit_exec;
mod heredoc_expands_script;
mod ignored_signal_inherited;
mod inherited_stop_signal_mismatch;
mod init_eats_options;
mod init_not_first;
mod init_signals_only_the_shell;
mod interpreter_missing;
mod invalid_stop_signal;
mod keepalive_as_pid1;
mod launcher_cuts_short;
mod launcher_drops_signals;
mod literal_variable_in_exec_form;
mod malformed_exec_form;
mod path_without_exec;
mod program_without_graceful_stop;
mod program_without_handler;
mod relative_entrypoint;
mod restart_loop_swallows_stop;
mod runtime_ignores_stop_signal;
mod script_with_bom;
mod script_with_crlf;
mod script_without_exec;
mod script_without_shebang;
mod several_entrypoints;
mod shell_form_cmd_as_arguments;
mod shell_holds_pid1;
mod shell_syntax_in_exec_form;
mod single_wait_truncates;
mod start_up_breaks;
mod stop_time_exceeds_grace;
mod trap_lost_by_exec;
mod trap_set_too_late;
mod trap_signal_spelling;
mod trap_waits_for_foreground_child;
mod trap_without_forward;
mod ungraceful_stop_signal;
mod unquoted_arguments;
mod unreadable_file;
mod unstoppable_stop_signal;
mod unused_ignore;
mod wait_outlasts_application;
mod wait_without_trap;
mod wrong_pid_signalled;

pub use finding::{Finding, Findings, Place};
pub use rule::{HEADINGS, Rule, Severity};
pub use unreadable_file::unreadable;
pub use unused_ignore::unused_ignore;

use std::collections::HashMap;

use crate::analyze::Target;

/// Every rule, by name.
pub static ALL: &[&Rule] = &[
    &background_killed_with_pid1::BACKGROUND_KILLED_WITH_PID1,
    &background_without_wait::BACKGROUND_WITHOUT_WAIT,
    &children_not_reaped::CHILDREN_NOT_REAPED,
    &cmd_args_not_used::CMD_ARGS_NOT_USED,
    &cmd_dropped_by_entrypoint::CMD_DROPPED_BY_ENTRYPOINT,
    &cmd_ignored_by_shell_form_entrypoint::CMD_IGNORED_BY_SHELL_FORM_ENTRYPOINT,
    &daemonised_server::DAEMONISED_SERVER,
    &deaf_while_starting::DEAF_WHILE_STARTING,
    &dev_server::DEV_SERVER,
    &entrypoint_not_executable::ENTRYPOINT_NOT_EXECUTABLE,
    &entrypoint_not_found::ENTRYPOINT_NOT_FOUND,
    &entrypoint_not_runnable_by_user::ENTRYPOINT_NOT_RUNNABLE_BY_USER,
    &exec_in_subshell::EXEC_IN_SUBSHELL,
    &exit_trap_not_run_on_signal::EXIT_TRAP_NOT_RUN_ON_SIGNAL,
    &fragile_implicit_exec::FRAGILE_IMPLICIT_EXEC,
    &heredoc_expands_script::HEREDOC_EXPANDS_SCRIPT,
    &ignored_signal_inherited::IGNORED_SIGNAL_INHERITED,
    &inherited_stop_signal_mismatch::INHERITED_STOP_SIGNAL_MISMATCH,
    &init_eats_options::INIT_EATS_OPTIONS,
    &init_not_first::INIT_NOT_FIRST,
    &init_signals_only_the_shell::INIT_SIGNALS_ONLY_THE_SHELL,
    &interpreter_missing::INTERPRETER_MISSING,
    &invalid_stop_signal::INVALID_STOP_SIGNAL,
    &keepalive_as_pid1::KEEPALIVE_AS_PID1,
    &launcher_cuts_short::LAUNCHER_CUTS_SHORT,
    &launcher_drops_signals::LAUNCHER_DROPS_SIGNALS,
    &literal_variable_in_exec_form::LITERAL_VARIABLE_IN_EXEC_FORM,
    &malformed_exec_form::MALFORMED_EXEC_FORM,
    &path_without_exec::PATH_WITHOUT_EXEC,
    &program_without_graceful_stop::PROGRAM_WITHOUT_GRACEFUL_STOP,
    &program_without_handler::PROGRAM_WITHOUT_HANDLER,
    &relative_entrypoint::RELATIVE_ENTRYPOINT,
    &restart_loop_swallows_stop::RESTART_LOOP_SWALLOWS_STOP,
    &runtime_ignores_stop_signal::RUNTIME_IGNORES_STOP_SIGNAL,
    &script_with_bom::SCRIPT_WITH_BOM,
    &script_with_crlf::SCRIPT_WITH_CRLF,
    &script_without_exec::SCRIPT_WITHOUT_EXEC,
    &script_without_shebang::SCRIPT_WITHOUT_SHEBANG,
    &several_entrypoints::SEVERAL_ENTRYPOINTS,
    &shell_form_cmd_as_arguments::SHELL_FORM_CMD_AS_ARGUMENTS,
    &shell_holds_pid1::SHELL_HOLDS_PID1,
    &shell_syntax_in_exec_form::SHELL_SYNTAX_IN_EXEC_FORM,
    &single_wait_truncates::SINGLE_WAIT_TRUNCATES,
    &start_up_breaks::START_UP_BREAKS,
    &stop_time_exceeds_grace::STOP_TIME_EXCEEDS_GRACE,
    &trap_lost_by_exec::TRAP_LOST_BY_EXEC,
    &trap_set_too_late::TRAP_SET_TOO_LATE,
    &trap_signal_spelling::TRAP_SIGNAL_SPELLING,
    &trap_waits_for_foreground_child::TRAP_WAITS_FOR_FOREGROUND_CHILD,
    &trap_without_forward::TRAP_WITHOUT_FORWARD,
    &ungraceful_stop_signal::UNGRACEFUL_STOP_SIGNAL,
    &unquoted_arguments::UNQUOTED_ARGUMENTS,
    &unreadable_file::UNREADABLE_FILE,
    &unstoppable_stop_signal::UNSTOPPABLE_STOP_SIGNAL,
    &unused_ignore::UNUSED_IGNORE,
    &wait_outlasts_application::WAIT_OUTLASTS_APPLICATION,
    &wait_without_trap::WAIT_WITHOUT_TRAP,
    &wrong_pid_signalled::WRONG_PID_SIGNALLED,
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
