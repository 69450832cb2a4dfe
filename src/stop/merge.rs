//! Paths that end alike become one: conditions that make no difference are dropped.

use std::rc::Rc;

use crate::boot::{Choice, Condition};

use super::forks::Forks;
use super::way::unknown_path;
use super::{Path, Verdict};

/// A judged way with its choices.
pub(super) struct Leaf {
    /// The choices that led here.
    pub(super) trail: Vec<Rc<Choice>>,
    /// The forks that it passed.
    pub(super) passed: Vec<u32>,
    /// The number of choices before the round that a loop repeats for ever, if it stays in one.
    pub(super) goes_round_since: Option<usize>,
    /// Whether the start-up gave up by itself: a setting is missing, a check has failed.
    pub(super) gives_up: bool,
    /// Whether it ends badly, and stands for several ways, so that it may be a mixture that no start-up takes.
    pub(super) is_mixture: bool,
    /// How it ends.
    pub(super) path: Path,
}

impl Leaf {
    /// Whether the start-up gave up by itself and PID 1 has ended of it.
    pub(super) fn ends_by_giving_up(&self) -> bool {
        self.gives_up && self.path.verdict == Verdict::Exits
    }
}

/// What two paths must share to be told as one.
fn outcome(path: &Path) -> String {
    let tree = path
        .processes
        .as_ref()
        .map(|tree| format!("{:?}", shape(tree)));
    let missing: Vec<&str> = path
        .missing
        .iter()
        .map(|missing| missing.text.as_str())
        .collect();
    format!(
        "{:?} {:?} {:?} {tree:?} {missing:?}",
        path.verdict, path.delivered, path.reaction
    )
}

fn shape(tree: &super::ProcessTree) -> Vec<(u32, String, usize)> {
    let mut out = Vec::new();
    let mut todo = vec![(0, tree)];
    while let Some((depth, tree)) = todo.pop() {
        out.push((depth, tree.program.clone(), tree.argv.len()));
        todo.extend(tree.children.iter().map(|child| (depth + 1, child)));
    }
    out
}

/// Where a start-up gives up by default, and with each setting that is given at run time, too: it demands several
/// of them, and what it does with all is not known.
fn demands_more(leaves: &[Leaf]) -> Option<Path> {
    if !leaves.iter().all(Leaf::ends_by_giving_up) {
        return None;
    }
    let mut trails = leaves.iter().map(|leaf| &leaf.trail);
    let given = trails.find_map(|trail| trail.iter().find(|choice| choice.overridden))?;
    let condition = given.condition.as_ref()?;
    let text = format!(
        "settings that the start-up demands are not given: it ends even where {}",
        condition.text
    );
    Some(unknown_path("value", &text, condition.span.clone()))
}

/// The leaves without those that only wait for something outside.
fn without_waiting(leaves: Vec<Leaf>, met: &[(Vec<Rc<Choice>>, u32)]) -> Vec<Leaf> {
    let forks = Forks::new(&leaves, met);
    let waits: Vec<bool> = leaves
        .iter()
        .map(|leaf| forks.is_left_some_day(leaf, &leaves))
        .collect();
    let kept = leaves.into_iter().zip(waits).filter(|(_, waits)| !waits);
    kept.map(|(leaf, _)| leaf).collect()
}

/// Turns leaves into paths. `met` are ways that met another one at a fork that it had passed: they
/// end as that way did from there on.
pub(super) fn merge(leaves: Vec<Leaf>, met: &[(Vec<Rc<Choice>>, u32)]) -> Vec<Path> {
    // A way on which a command fails that the start-up expects to succeed, and which then ends, is
    // the author's error handling: it is told only when there is nothing else.
    let is_error = |leaf: &Leaf| {
        leaf.path.verdict == Verdict::Exits && leaf.trail.iter().any(|choice| choice.failure)
    };
    let others = leaves.iter().any(|leaf| !is_error(leaf));
    let leaves: Vec<Leaf> = leaves
        .into_iter()
        .filter(|leaf| !others || !is_error(leaf))
        .collect();

    if let Some(path) = demands_more(&leaves) {
        return vec![path];
    }

    // What happens only when somebody sets a variable at run time is told when it is bad.
    let is_harmless_override = |leaf: &Leaf| {
        matches!(
            leaf.path.verdict,
            Verdict::Graceful | Verdict::Exits | Verdict::Unknown
        ) && leaf.trail.iter().any(|choice| choice.overridden)
    };
    // Nobody runs an image without the setting that it demands.
    let others = leaves
        .iter()
        .any(|leaf| !leaf.gives_up && !leaf.trail.iter().any(|choice| choice.overridden));
    let leaves: Vec<Leaf> = leaves
        .into_iter()
        .filter(|leaf| !others || !is_harmless_override(leaf))
        .collect();

    let leaves = match leaves.iter().any(|leaf| leaf.goes_round_since.is_some()) {
        true => without_waiting(leaves, met),
        false => leaves,
    };
    let outcomes: Vec<String> = leaves.iter().map(|leaf| outcome(&leaf.path)).collect();
    if let Some((first, others)) = outcomes.split_first()
        && others.iter().all(|other| other == first)
    {
        return leaves.into_iter().take(1).map(|leaf| leaf.path).collect();
    }
    let sides = Forks::new(&leaves, met).outcomes(&outcomes);
    let matters = |choice: &Choice| {
        sides
            .get(&choice.fork)
            .is_none_or(|[yes, no]| yes != no && !yes.is_empty() && !no.is_empty())
    };
    let mut paths: Vec<Path> = Vec::new();
    let mut seen: Vec<(String, usize)> = Vec::new();
    for (leaf, outcome) in leaves.iter().zip(&outcomes) {
        let mut path = leaf.path.clone();
        let conditions = leaf
            .trail
            .iter()
            .filter(|choice| matters(choice))
            .filter_map(|choice| choice.condition.clone());
        let mut when: Vec<Condition> = Vec::new();
        for condition in conditions {
            if !when.contains(&condition) {
                when.push(condition);
            }
        }
        path.when = when;
        match seen.iter().find(|(known, _)| known == outcome) {
            // Of several ways to the same outcome the one with the fewest conditions is told.
            Some((_, index)) => {
                let known = &mut paths[*index];
                if path.when.len() < known.when.len() {
                    *known = path;
                }
            }
            None => {
                seen.push((outcome.clone(), paths.len()));
                paths.push(path);
            }
        }
    }
    paths
}
