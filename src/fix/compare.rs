//! Whether changed files are better.
//!
//! In: a target judged before and after. Out: what became of it. Knows verdicts only, no files.

use crate::analyze::Target;
use crate::stop::{FactKind, Path, ProcessTree, Verdict};

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// A path left `graceful`, lost delivery, or became `unknown`, `exits` or `fails`.
    Worse,
    /// Neither.
    Same,
    /// On a path the signal arrives where it did not, or the verdict became `graceful`; nothing is worse.
    Better,
}

/// Compares a target with itself after a change.
pub(super) fn compare(before: &Target, after: &Target) -> Change {
    if after.paths.is_empty() != before.paths.is_empty() {
        return Change::Worse;
    }
    let mut better = false;
    for path in &after.paths {
        let counterparts = counterparts(&before.paths, path);
        if counterparts.is_empty() {
            return Change::Worse;
        }
        if counterparts.iter().all(|old| breaks_more(old, path)) {
            return Change::Worse;
        }
        let improved = counterparts.iter().any(|old| improves(old, path));
        if !improved && counterparts.iter().all(|old| is_worse(old, path)) {
            return Change::Worse;
        }
        // A way that was fine must be fine whichever of the merged ways it was.
        if !improved
            && path.verdict != Verdict::Graceful
            && counterparts
                .iter()
                .any(|old| old.verdict == Verdict::Graceful && same_conditions(old, path))
        {
            return Change::Worse;
        }
        better |= improved;
    }
    // Every way that was fine is still there: as itself, or inside of a way that is fine.
    for old in before
        .paths
        .iter()
        .filter(|path| path.verdict == Verdict::Graceful)
    {
        if !after
            .paths
            .iter()
            .any(|path| path.verdict == Verdict::Graceful && fits(old, path))
        {
            return Change::Worse;
        }
    }
    if better { Change::Better } else { Change::Same }
}

/// Whether a program cannot be started that could, or was not.
fn breaks_more(old: &Path, new: &Path) -> bool {
    let failures = |path: &Path| {
        let failed = |kind: &FactKind| matches!(kind, FactKind::ExecFailed(_));
        path.facts.iter().filter(|fact| failed(&fact.kind)).count()
    };
    failures(new) > failures(old)
}

/// The ways of before that a way of after may be: those whose conditions are among its own, or the other
/// way round; the ones with equal conditions if there are any.
fn counterparts<'a>(before: &'a [Path], path: &Path) -> Vec<&'a Path> {
    let same: Vec<&Path> = before
        .iter()
        .filter(|old| same_conditions(old, path))
        .collect();
    if !same.is_empty() {
        return same;
    }
    let fitting: Vec<&Path> = before.iter().filter(|old| fits(old, path)).collect();
    if !fitting.is_empty() {
        return fitting;
    }
    before.iter().collect()
}

fn conditions(path: &Path) -> Vec<&str> {
    let mut texts: Vec<&str> = path
        .when
        .iter()
        .map(|condition| condition.text.as_str())
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn same_conditions(one: &Path, other: &Path) -> bool {
    conditions(one) == conditions(other)
}

fn fits(one: &Path, other: &Path) -> bool {
    let (one, other) = (conditions(one), conditions(other));
    one.iter().all(|text| other.contains(text)) || other.iter().all(|text| one.contains(text))
}

/// Whether the signal did not arrive, and now goes to every application, of which it is only not known what they do
/// with it.
fn is_heard(old: &Path, new: &Path) -> bool {
    let tree = new.processes.iter().flat_map(ProcessTree::processes);
    let mut applications = tree.filter(|process| process.is_application).peekable();
    old.delivered == Some(false)
        && new.delivered.is_none()
        && new.verdict == Verdict::Unknown
        && applications.peek().is_some()
        && applications.all(|application| application.receives.is_some())
}

/// Whether a way became better: it is graceful and was not, or the signal arrives and did not.
fn improves(old: &Path, new: &Path) -> bool {
    let was_bad = !matches!(
        old.verdict,
        Verdict::Graceful | Verdict::Exits | Verdict::Unknown
    );
    let became_graceful = new.verdict == Verdict::Graceful;
    let became_delivered = new.delivered == Some(true)
        && old.delivered != Some(true)
        && !matches!(new.verdict, Verdict::Exits | Verdict::Fails);
    was_bad && (became_graceful || became_delivered || is_heard(old, new))
}

fn is_worse(old: &Path, new: &Path) -> bool {
    let lost = old.delivered == Some(true) && new.delivered != Some(true);
    let left = old.verdict == Verdict::Graceful && new.verdict != Verdict::Graceful;
    let became = matches!(
        new.verdict,
        Verdict::Unknown | Verdict::Exits | Verdict::Fails
    ) && new.verdict != old.verdict;
    // A bad verdict may become another bad one, but none may become bad.
    let spoiled = matches!(old.verdict, Verdict::Exits | Verdict::Unknown)
        && !matches!(new.verdict, Verdict::Graceful)
        && new.verdict != old.verdict;
    lost || left || became || spoiled
}
