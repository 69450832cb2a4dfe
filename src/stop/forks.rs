//! Where ways part, and how the ways on either side end.
//!
//! In: judged ways, and ways that met another one at a fork. Out: for every fork and answer, the ends
//! that can be reached, through meetings too.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;

use crate::boot::Choice;

use super::Verdict;
use super::merge::Leaf;

/// A set of leaves by their indices.
#[derive(Clone, Debug, Default, PartialEq)]
struct Ends(Vec<u64>);

impl Ends {
    fn insert(&mut self, index: usize) {
        if self.0.len() <= index / 64 {
            self.0.resize(index / 64 + 1, 0);
        }
        self.0[index / 64] |= 1 << (index % 64);
    }

    /// Adds all of another; whether that made a difference.
    fn add(&mut self, other: &Ends) -> bool {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut grew = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            grew |= *theirs & !*mine != 0;
            *mine |= theirs;
        }
        grew
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            (0..64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| word * 64 + bit)
        })
    }
}

/// The forks of all ways.
pub(super) struct Forks {
    sides: HashMap<u32, [Ends; 2]>,
}

impl Forks {
    /// Collects the forks. `met` are ways that met another one at a fork that it had passed: they end
    /// as that way did from there on.
    pub(super) fn new(leaves: &[Leaf], met: &[(Vec<Rc<Choice>>, u32)]) -> Forks {
        let mut sides: HashMap<u32, [Ends; 2]> = HashMap::default();
        let mut behind: HashMap<u32, Ends> = HashMap::default();
        // What was behind the fork of a meeting when it was looked at last.
        let mut seen: Vec<Option<Ends>> = vec![None; met.len()];
        for (index, leaf) in leaves.iter().enumerate() {
            for choice in &leaf.trail {
                sides.entry(choice.fork).or_default()[choice.branch as usize].insert(index);
            }
            for fork in &leaf.passed {
                behind.entry(*fork).or_default().insert(index);
            }
        }
        // A way that was met may itself have met another one.
        loop {
            let mut grew = false;
            for ((trail, fork), seen) in met.iter().zip(&mut seen) {
                let Some(ends) = behind.get(fork).cloned() else {
                    continue;
                };
                if seen.as_ref() == Some(&ends) {
                    continue;
                }
                for choice in trail {
                    let side = &mut sides.entry(choice.fork).or_default()[choice.branch as usize];
                    grew |= side.add(&ends);
                    grew |= behind.entry(choice.fork).or_default().add(&ends);
                }
                *seen = Some(ends);
            }
            if !grew {
                break;
            }
        }
        Forks { sides }
    }

    /// The outcomes on either side of every fork.
    pub(super) fn outcomes<'a>(
        &self,
        outcomes: &'a [String],
    ) -> HashMap<u32, [BTreeSet<&'a str>; 2]> {
        let named = |ends: &Ends| ends.iter().map(|index| outcomes[index].as_str()).collect();
        self.sides
            .iter()
            .map(|(fork, [yes, no])| (*fork, [named(yes), named(no)]))
            .collect()
    }

    /// Whether a way stays in a loop only as long as something outside has not happened, and then goes
    /// on to run something: it waits, and is no steady state. A loop that the container ends with is
    /// one: it watches what runs.
    pub(super) fn is_left_some_day(&self, leaf: &Leaf, leaves: &[Leaf]) -> bool {
        let Some(since) = leaf.goes_round_since else {
            return false;
        };
        let inside = leaf.trail.iter().skip(since);
        let others = inside.filter_map(|choice| {
            let sides = self.sides.get(&choice.fork)?;
            Some(&sides[1 - choice.branch as usize])
        });
        others.flat_map(Ends::iter).any(|index| {
            let other = &leaves[index];
            other.goes_round_since.is_none()
                && !matches!(other.path.verdict, Verdict::Exits | Verdict::Fails)
        })
    }
}
