//! Start-ups with very many ways: ways that come to the same place go on as one.
//!
//! In: what is left to be followed when it has turned out that there are too many ways to follow each by itself.
//! Out: the ways that came to rest, in worlds that know less than the ways themselves. The way that is
//! farthest behind is followed first, so that most that come to a place have come before it is left.

use std::collections::BTreeSet;

use foldhash::HashMap;

use super::join::join;
use super::known::{Places, meet};
use super::progress::progress;
use super::{Explored, Fork, Way, rest, tell_rest};
use crate::boot::machine::{Machine, Rest};
use crate::boot::reads::Reads;
use crate::boot::state;
use crate::boot::world::{Question, World};

/// A world that is to be followed, and the forks that it has passed.
type Waiting = (World, Vec<u32>);

/// How often worlds are joined at one place; then they are followed one by one again.
const JOINS: u32 = 100;

/// A place that ways come to.
struct Joint {
    fork: u32,
    world: World,
    passed: Vec<u32>,
    joins: u32,
}

/// What is left to be followed: the other answers of open forks, and the current world.
pub(super) fn waiting(open: &mut [Fork], current: World) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    let mut passed = Vec::new();
    for fork in open {
        passed.push(fork.number);
        if let Some(answer) = fork.remaining.take() {
            let mut world = fork.world.clone();
            world.take(fork.number, &fork.question, answer);
            waiting.push((world, passed.clone()));
        }
    }
    waiting.push((current, passed));
    waiting
}

/// Follows all that waits.
pub(super) fn follow(
    machine: &Machine,
    waiting: Vec<Waiting>,
    known: Places,
    forks: &mut u32,
    tell: &mut dyn FnMut(&mut u32, Way),
    found: &mut Explored,
) {
    let mut together = Together {
        machine,
        waiting,
        known,
        joints: Vec::new(),
        places: HashMap::default(),
        queue: BTreeSet::new(),
        all: machine.looked_at.take(),
    };
    let mut told = 0;
    loop {
        if told + together.joints.len() >= machine.limits.ways || machine.is_exhausted() {
            found.too_many = true;
            break;
        }
        let Some((mut world, passed)) = together.waiting.pop() else {
            let Some((_, index)) = together.queue.pop_first() else {
                break;
            };
            together.leave(index);
            continue;
        };
        let rest = rest::run(machine, &mut world, None);
        together.all.add(&machine.looked_at.take());
        match rest {
            Rest::Ask(question) => match world.default_of(&question) {
                Some(default) => {
                    world.take(*forks, &question, default);
                    *forks += 1;
                    together.waiting.push((world, passed));
                }
                None => together.arrive(&question, world, passed, forks, found),
            },
            rest => {
                told += 1;
                let way = Way {
                    world,
                    rest,
                    passed,
                };
                let reads = tell_rest(machine, way, &mut together.known, forks, tell, found);
                together.all.add(&reads);
            }
        }
    }
    machine.looked_at.add(&together.all);
}

struct Together<'m, 'c> {
    machine: &'m Machine<'c>,
    waiting: Vec<Waiting>,
    known: Places,
    joints: Vec<Joint>,
    /// The joint at each crossing, by whether somebody has set something at run time.
    places: HashMap<(u64, bool), usize>,
    /// Joints that are to be left, by how far their worlds are.
    queue: BTreeSet<(Vec<u32>, usize)>,
    all: Reads,
}

impl Together<'_, '_> {
    /// A world asks a question.
    fn arrive(
        &mut self,
        question: &Question,
        world: World,
        passed: Vec<u32>,
        forks: &mut u32,
        found: &mut Explored,
    ) {
        let place = state::place(&world, &question.yes);
        if let Some(known) = meet(&self.known, place, &world) {
            found.met.push((world.trail, known.number));
            return;
        }
        let key = (state::crossing(&world, question), world.is_overridden);
        if let Some(index) = self.places.get(&key).copied() {
            let joint = &mut self.joints[index];
            // A loop in which time passes is followed until it is seen to go round for ever.
            let is_round = joint.world.clock != world.clock && passed.contains(&joint.fork);
            let joined = join(&world, &joint.world).filter(|_| !is_round && joint.joins < JOINS);
            if let Some(joined) = joined {
                if joined.is_other {
                    joint.joins += 1;
                    joint.world = joined.world;
                    self.queue.insert((progress(&joint.world), index));
                }
                found.met.push((world.trail, joint.fork));
                return;
            }
        } else {
            self.places.insert(key, self.joints.len());
        }
        self.queue.insert((progress(&world), self.joints.len()));
        self.joints.push(Joint {
            fork: *forks,
            world,
            passed,
            joins: 0,
        });
        *forks += 1;
    }

    /// Follows both answers at a joint. What was joined may have become another question, or none.
    fn leave(&mut self, index: usize) {
        let joint = &self.joints[index];
        let mut world = joint.world.clone();
        let mut passed = joint.passed.clone();
        passed.push(joint.fork);
        let fork = joint.fork;
        match rest::run(self.machine, &mut world, None) {
            Rest::Ask(question) => {
                // What happens by itself is looked at first.
                let first = question.by_default.unwrap_or(true);
                for answer in [!first, first] {
                    let mut world = world.clone();
                    world.take(fork, &question, answer);
                    self.waiting.push((world, passed.clone()));
                }
            }
            // It goes on without a question; what it comes to is told when it has come there again.
            _ => self.waiting.push((world, passed)),
        }
        self.all.add(&self.machine.looked_at.take());
    }
}
