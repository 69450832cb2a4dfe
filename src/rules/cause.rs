//! Why a path ends badly: one cause, so that one mistake is reported by one rule.
//!
//! In: a [`Path`] with its facts. Out: a [`Cause`]. The order of the questions is the precedence
//! of the rules.

use super::words::bad_paths;
use crate::analyze::Target;
use crate::boot::{Fact, FactKind};
use crate::knowledge::{Signal, shell_facts};
use crate::source::Span;
use crate::stop::{Path, ProcessTree, Reaction, Verdict};

/// The one thing to change first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// PID 1 came to its end although an application runs in the background.
    NothingWaits,
    /// The application was started with the signal ignored, or the shell ignores it.
    Ignored,
    /// `exec` reset the trap, and the application itself does nothing on the signal.
    TrapLost,
    /// An init told only a shell, which died of it.
    InitTellsShell,
    /// The trap signals the application, and PID 1 does not wait for its end.
    WaitsOnce,
    /// The application is told and ends, and PID 1 waits for something else.
    WaitsForOthers,
    /// The application is told, ends, and is started again.
    RestartLoop,
    /// Something that only waits keeps PID 1.
    KeepAlive,
    /// A trap is set, and waits for the command in the foreground.
    TrapWaits,
    /// `trap` or `kill` refused the name of the signal.
    Spelling,
    /// `kill` reached nobody, or somebody else.
    WrongPid,
    /// A trap ran and signalled nobody.
    NoForward,
    /// The trap stands behind the command that is waited for.
    TrapTooLate,
    /// Only an EXIT trap is set, which a signal does not start.
    ExitTrap,
    /// An init stands behind a shell that is PID 1.
    InitNotFirst,
    /// Other paths of the same script replace the shell.
    PathWithoutExec,
    /// A shell without a trap waits in the foreground.
    Foreground,
    /// A shell without a trap is in `wait`.
    WaitWithoutTrap,
}

/// The paths that end badly for that reason.
pub(super) fn paths(target: &Target, cause: Cause) -> impl Iterator<Item = &Path> {
    let paths = target.paths.iter();
    paths.filter(move |path| of(target, path) == Some(cause))
}

/// Why the path ends badly, if it does and the facts say why.
pub(super) fn of(target: &Target, path: &Path) -> Option<Cause> {
    let has = |wanted: fn(&FactKind) -> bool| path.facts.iter().any(|fact| wanted(&fact.kind));
    if path.verdict == Verdict::Fails {
        let cut_off = has(|kind| matches!(kind, FactKind::KilledWithPid1 { on_stop: false, .. }));
        return cut_off.then_some(Cause::NothingWaits);
    }
    if !bad_paths(target).any(|bad| std::ptr::eq(bad, path)) {
        return None;
    }
    // A base image that is not known may set another; the verdict holds for each that images set.
    let signal = target.container.stop_signal.value.value();
    let signal = signal.copied().unwrap_or(Signal::TERM);
    let first_told = hearer(path)?;
    if ignoring(path, signal).is_some() {
        return Some(Cause::Ignored);
    }
    let shell = is_shell(first_told).then_some(first_told.pid);
    let told = path.delivered == Some(true);
    let in_loop = has(|kind| matches!(kind, FactKind::InLoop { .. }));
    let waits = keep_alive(path).map(|(pid, _, _)| pid);
    let keeps = waits.is_some();
    let trap_ran = has(|kind| matches!(kind, FactKind::TrapRan { .. }));
    let Some(shell) = shell else {
        let lost = lost_trap(path, signal).is_some() && path.reaction != Reaction::Handles;
        return match () {
            () if lost => Some(Cause::TrapLost),
            // What waits beside a server that is told is another service of the same supervisor.
            () if keeps && (!told || waits == Some(first_told.pid)) => Some(Cause::KeepAlive),
            () => None,
        };
    };
    let died = |fact: &Fact| matches!(&fact.kind, FactKind::Died { pid, .. } if *pid == shell);
    let shell_died = path.facts.iter().any(died);
    let init_first = init(path).is_some_and(|(pid, _, _)| pid == 1);
    if shell_died && init_first && !trap_ran {
        return Some(Cause::InitTellsShell);
    }
    if told {
        return match path.verdict {
            Verdict::Truncated => Some(Cause::WaitsOnce),
            Verdict::Lingers if keeps => Some(Cause::KeepAlive),
            Verdict::Lingers if in_loop => Some(Cause::RestartLoop),
            Verdict::Lingers if other_child(path).is_some() => Some(Cause::WaitsForOthers),
            _ => None,
        };
    }
    if has(|kind| matches!(kind, FactKind::TrapDeferred { .. })) {
        return Some(Cause::TrapWaits);
    }
    if trap_ran || signalled_others(path) {
        return Some(match () {
            () if refused(path, signal).is_some() => Cause::Spelling,
            () if missed(path).is_some() => Cause::WrongPid,
            () => Cause::NoForward,
        });
    }
    let foreground =
        has(|kind| matches!(kind, FactKind::Foreground { pid, .. } if *pid == 1)) && shell == 1;
    let behind = has(|kind| matches!(kind, FactKind::TrapBehind { .. }));
    Some(match () {
        () if refused(path, signal).is_some() => Cause::Spelling,
        // What stands in the foreground before a trap is likely to be a preparation after all.
        () if behind && foreground => return None,
        () if behind => Cause::TrapTooLate,
        () if keeps => Cause::KeepAlive,
        () if in_loop => Cause::RestartLoop,
        () if foreground && init(path).is_some() => Cause::InitNotFirst,
        () if foreground && another_execs(target, path) => Cause::PathWithoutExec,
        () if foreground => Cause::Foreground,
        () if has(|kind| matches!(kind, FactKind::ExitTrapNotRun { .. })) => Cause::ExitTrap,
        () if has(|kind| matches!(kind, FactKind::Waiting { .. })) => Cause::WaitWithoutTrap,
        () => return None,
    })
}

/// The process that has to act on the signal: PID 1, or whom launchers from there pass it on to.
pub(super) fn hearer(path: &Path) -> Option<&ProcessTree> {
    let tree = path.processes.as_ref()?;
    let all = tree.processes();
    let mut at = tree;
    for _ in 0..all.len() {
        if is_shell(at) {
            break;
        }
        let told = path.facts.iter().filter_map(|fact| match fact.kind {
            FactKind::Sent { from, to, .. } if from == at.pid => Some(to),
            _ => None,
        });
        let told = told.filter_map(|pid| all.iter().copied().find(|process| process.pid == pid));
        // Of several, the one that leads to the application, best to one that hears nothing.
        let rank = |process: &&ProcessTree| match application_of(process) {
            Some(application) if application.receives.is_none() => 0,
            Some(_) => 1,
            None => 2,
        };
        match told.min_by_key(rank) {
            Some(process) => at = process,
            None => break,
        }
    }
    Some(at)
}

/// The application among a process and its descendants, best one that hears nothing.
pub(super) fn application_of(process: &ProcessTree) -> Option<&ProcessTree> {
    let all = process.processes();
    let applications = all.into_iter().filter(|process| process.is_application);
    applications.min_by_key(|process| process.receives.is_some())
}

/// Whether a process is a shell.
pub(super) fn is_shell(process: &ProcessTree) -> bool {
    shell_facts(&process.program).is_some()
}

/// Where a `trap` makes ignored what an application or the shell in charge then ignores.
pub(super) fn ignoring(path: &Path, signal: Signal) -> Option<&Span> {
    let tree = path.processes.as_ref()?;
    let all = tree.processes();
    let ignored = |pid: u32| {
        path.facts.iter().any(|fact| {
            fact.while_stopping
                && matches!(&fact.kind, FactKind::Ignored { pid: ignorer, signal: of, .. }
                    if *ignorer == pid && *of == signal)
        })
    };
    let started_so = |process: &ProcessTree| {
        path.facts.iter().any(|fact| {
            matches!(&fact.kind, FactKind::StartedIgnoring { signal: of, .. } if *of == signal)
                && fact.span == process.span
        })
    };
    let is_cause = all.iter().any(|process| {
        let in_charge = hearer(path).is_some_and(|hearer| hearer.pid == process.pid);
        ignored(process.pid)
            && ((process.is_application && started_so(process)) || (in_charge && is_shell(process)))
    });
    let set =
        path.facts.iter().rev().find(
            |fact| matches!(&fact.kind, FactKind::IgnoredByTrap { signal: of } if *of == signal),
        );
    set.filter(|_| is_cause)?.span.as_ref()
}

/// The trap that `exec` lost on its way to the application, with the place of that `exec`.
pub(super) fn lost_trap(path: &Path, signal: Signal) -> Option<(&Span, &Span)> {
    path.facts.iter().rev().find_map(|fact| match &fact.kind {
        FactKind::TrapLostByExec {
            signal: of,
            set_at: Some(set_at),
        } if *of == signal => Some((set_at, fact.span.as_ref()?)),
        _ => None,
    })
}

/// The init among the processes: its pid, name and place.
pub(super) fn init(path: &Path) -> Option<(u32, &str, Option<&Span>)> {
    path.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::Init { pid, name } => Some((*pid, name.as_str(), fact.span.as_ref())),
        _ => None,
    })
}

/// What only waits, and keeps PID 1: its pid, command and place.
pub(super) fn keep_alive(path: &Path) -> Option<(u32, &str, &Span)> {
    path.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::KeepAlive { pid, command } => Some((*pid, command.as_str(), fact.span.as_ref()?)),
        _ => None,
    })
}

/// A `trap` for the stop signal, or a `kill` after it, whose spelling the shell refused: the shell,
/// the word and the place.
pub(super) fn refused(path: &Path, signal: Signal) -> Option<(&str, &str, &Span)> {
    let name = signal.to_string();
    let short = name.trim_start_matches("SIG").to_owned();
    path.facts.iter().find_map(|fact| {
        let span = fact.span.as_ref()?;
        match &fact.kind {
            FactKind::TrapRejected { shell, word } => {
                let names_it = span.text().to_ascii_uppercase().contains(&short);
                names_it.then_some((shell.as_str(), word.as_str(), span))
            }
            FactKind::KillRejected { shell, word } if fact.while_stopping => {
                Some((shell.as_str(), word.as_str(), span))
            }
            _ => None,
        }
    })
}

/// Where the shell in charge is in `wait`, and a child of it that is not the application and does not hear the signal.
pub(super) fn other_child(path: &Path) -> Option<(&Span, &ProcessTree)> {
    let shell = hearer(path)?;
    let wait = path.facts.iter().find_map(|fact| match fact.kind {
        FactKind::Waiting { pid, .. } if pid == shell.pid => fact.span.as_ref(),
        _ => None,
    })?;
    let is_other = |child: &&ProcessTree| {
        child.receives.is_none()
            && !child
                .processes()
                .iter()
                .any(|process| process.is_application)
    };
    Some((wait, shell.children.iter().find(is_other)?))
}

/// Where a trap signals its own shell, which dies of that, and the trap.
pub(super) fn own_trap(path: &Path) -> Option<(&Span, &Span)> {
    let mut facts = path.facts.iter();
    let trap = facts.find(|fact| matches!(fact.kind, FactKind::TrapCallsItself { .. }))?;
    let hearer = hearer(path)?.pid;
    let kill = path.facts.iter().find_map(|fact| match fact.kind {
        FactKind::Sent { from, .. } if from == hearer => fact.span.as_ref(),
        _ => None,
    });
    Some((kill?, trap.span.as_ref()?))
}

/// A `kill` that reached nobody, or whom it should not have been for: the command's place, and
/// whom it reached.
pub(super) fn missed(path: &Path) -> Option<(&Span, Option<u32>)> {
    let hearer = hearer(path)?.pid;
    path.facts
        .iter()
        .filter(|fact| fact.while_stopping)
        .find_map(|fact| match &fact.kind {
            FactKind::KillMissed { .. } => Some((fact.span.as_ref()?, None)),
            FactKind::Sent { from, to, .. } if *from == hearer && *to != hearer => {
                Some((fact.span.as_ref()?, Some(*to)))
            }
            _ => None,
        })
}

fn signalled_others(path: &Path) -> bool {
    let Some(hearer) = hearer(path) else {
        return false;
    };
    path.facts.iter().any(|fact| {
        matches!(fact.kind, FactKind::Sent { from, to, .. } if from == hearer.pid && to != from)
    })
}

/// Whether the application is PID 1 on another path because a shell was replaced there.
fn another_execs(target: &Target, path: &Path) -> bool {
    target
        .paths
        .iter()
        .filter(|other| !std::ptr::eq(*other, path))
        .any(|other| {
            let is_pid1 = other
                .processes
                .as_ref()
                .is_some_and(|tree| tree.is_application);
            let execs =
                |fact: &Fact| !fact.while_stopping && matches!(fact.kind, FactKind::Exec { .. });
            other.verdict == Verdict::Graceful && is_pid1 && other.facts.iter().any(execs)
        })
}
