//! Which stages an image needs.
//!
//! In: the stages of a file and a target. Out: the numbers of those that it starts from or copies from.

use std::collections::BTreeSet;

use super::super::{copy, run};
use crate::stage::{Base, Stages};

/// Stages that are built for one image.
const MOST_STAGES: usize = 512;

/// The stages that a stage needs, itself included, in order. Empty when there are too many.
pub(super) fn needed_stages(stages: &Stages<'_>, target: usize) -> BTreeSet<usize> {
    let mut needed = BTreeSet::new();
    let mut open = vec![target];
    while let Some(index) = open.pop() {
        if index >= stages.stages.len() || !needed.insert(index) {
            continue;
        }
        if needed.len() > MOST_STAGES {
            return BTreeSet::new();
        }
        if let Base::Stage(parent) = stages.stages[index].base {
            open.push(parent);
        }
        for step in stages.steps(index) {
            open.extend(copy::source_stage(stages, index, step.instruction));
            open.extend(run::mounted_stages(stages, index, step.instruction));
        }
    }
    needed
}

/// The first stage of the chain that a stage starts from.
pub(super) fn root_stage(stages: &Stages<'_>, target: usize) -> usize {
    let mut index = target;
    // A stage starts from an earlier one only, so this ends.
    while let Some(Base::Stage(parent)) = stages.stages.get(index).map(|stage| &stage.base) {
        index = *parent;
    }
    index
}
