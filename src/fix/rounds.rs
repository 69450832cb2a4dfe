//! Fixing everything: rounds of fixes until nothing is left to do.
//!
//! In: inputs on a disk. Out: the new content of files, and what was done. Writes nothing. In one round no
//! two fixes touch a file that the same input reads, so that what is applied is what was proven.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Applicability, Fix, Fixes, Input, Workspace};
use crate::rules::Finding;
use crate::source::{Disk, Overlay, Source};

/// Each round ends at least one finding of each input that still changes; no real file needs more.
const MOST_ROUNDS: usize = 25;

/// What fixing gives.
#[derive(Debug, Default)]
pub struct Fixed {
    /// The changed files: by their path as shown, the text before and after.
    pub files: BTreeMap<String, (Arc<Source>, String)>,
    /// What was applied, in order.
    pub applied: Vec<Fix>,
    /// Fixes that are left because they are unsafe and were not asked for.
    pub withheld: usize,
    /// Fixes that are left because they change files that must stay as they are.
    pub elsewhere: usize,
}

/// Plans for many inputs, perhaps on several cores: the answers in the order of the indexes.
pub type Each = dyn Fn(&[usize], &(dyn Fn(usize) -> Fixes + Sync)) -> Vec<Fixes>;

/// Applies every fix up to that applicability whose files, by their path as shown, may all be changed. `each`
/// runs a function for many inputs, perhaps on several cores.
pub fn fix_all(
    disk: &Arc<dyn Disk>,
    inputs: &[Input],
    most: Applicability,
    may_change: &dyn Fn(&str) -> bool,
    wanted: &(dyn Fn(&Finding) -> bool + Sync),
    each: &Each,
) -> Fixed {
    let mut fixed = Fixed::default();
    let mut inputs = inputs.to_vec();
    let mut overlay = Overlay::new(Arc::clone(disk));
    let mut dirty: Vec<usize> = (0..inputs.len()).collect();
    let mut withheld: BTreeMap<usize, usize> = BTreeMap::new();
    let mut elsewhere: BTreeMap<usize, usize> = BTreeMap::new();
    let mut workspace = Workspace::new(Arc::clone(disk), inputs.clone());
    for _ in 0..MOST_ROUNDS {
        // Proofs ask for many inputs in the same order: several that begin at once would wait for one another at
        // each that is not looked at yet.
        each(&dirty, &|index| {
            workspace.judged(index);
            Fixes::default()
        });
        let planned = each(&dirty, &|index| workspace.plan(index, wanted));
        // What this round has changed, and what was read for the proofs of that.
        let mut changed: BTreeSet<PathBuf> = BTreeSet::new();
        let mut relied_on: BTreeSet<PathBuf> = BTreeSet::new();
        let mut next: BTreeSet<usize> = BTreeSet::new();
        // Changed files that are no Dockerfiles of this run: others may read them.
        let mut scripts: BTreeSet<PathBuf> = BTreeSet::new();
        for (index, fixes) in dirty.iter().copied().zip(planned) {
            let Some(reads) = workspace.judged(index).map(|judged| judged.reads.clone()) else {
                continue;
            };
            let mut taken = false;
            let mut kept_back = 0;
            let mut left_alone = 0;
            for fix in fixes.into_list() {
                if fix.applicability > most {
                    kept_back += usize::from(fix.applicability == Applicability::Unsafe);
                    continue;
                }
                let Some(texts) = fix.new_texts() else {
                    continue;
                };
                if !texts.iter().all(|(source, _)| may_change(source.path())) {
                    left_alone += 1;
                    continue;
                }
                let paths = texts.iter().map(|(source, _)| source.path());
                let own: BTreeSet<PathBuf> = paths
                    .filter_map(|path| disk.canonical(Path::new(path)))
                    .collect();
                let clashes = !reads.is_disjoint(&changed) || !own.is_disjoint(&relied_on);
                if taken || clashes {
                    next.insert(index);
                    continue;
                }
                taken = true;
                next.insert(index);
                for (source, text) in texts {
                    let path = Path::new(source.path());
                    overlay.replace(path, text.as_bytes());
                    if source.path() != inputs[index].shown {
                        scripts.extend(disk.canonical(path));
                    }
                    for input in &mut inputs {
                        if let (Err(own), true) = (&mut input.place, input.shown == source.path()) {
                            own.clone_from(&text);
                        }
                    }
                    let first = fixed.files.entry(source.path().to_owned());
                    first.or_insert_with(|| (source, String::new())).1 = text;
                }
                fixed.applied.push(fix);
                relied_on.extend(reads.iter().cloned());
                if own.len() > 1 || !scripts.is_disjoint(&own) {
                    let others = (0..inputs.len()).filter_map(|other| workspace.judged(other));
                    let others = others.filter(|other| !other.reads.is_disjoint(&own));
                    relied_on.extend(others.flat_map(|other| other.reads.iter().cloned()));
                }
                changed.extend(own);
            }
            withheld.insert(index, kept_back);
            elsewhere.insert(index, left_alone);
        }
        // Whoever reads a changed file has to be looked at again.
        if next.is_empty() {
            break;
        }
        if !scripts.is_empty() {
            for index in 0..inputs.len() {
                let reads = workspace.judged(index).map(|judged| &judged.reads);
                if reads.is_some_and(|reads| !reads.is_disjoint(&scripts)) {
                    next.insert(index);
                }
            }
        }
        dirty = next.into_iter().collect();
        let now: Arc<dyn Disk> = Arc::new(overlay.clone());
        workspace = workspace.after(now, inputs.clone(), &changed);
    }
    fixed.withheld = withheld.values().sum();
    fixed.elsewhere = elsewhere.values().sum();
    fixed
        .files
        .retain(|_, (source, text)| source.text() != text.as_str());
    fixed
}
