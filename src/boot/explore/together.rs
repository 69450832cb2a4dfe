//! Start-ups with very many ways: ways that come to the same place go on as one.
//!
//! In: what is left to be followed when it has turned out that there are too many ways to follow each by itself.
//! Out: the ways that came to rest, in worlds that know less than the ways themselves. The way that is
//! farthest behind is followed first, so that most that come to a place have come before it is left.
//!
//! Ways that have parted at a question often are the same again as soon as the command is over in which it was asked.
//! There they go on as one if that loses nothing; at the next question they do even if it does.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;

use super::join::{Joined, hold_the_same, join};
use super::known::{Places, meet};
use super::progress::progress;
use super::{Explored, Fork, Way, rest, tell_rest};
use crate::boot::machine::{Halt, Machine, Rest};
use crate::boot::reads::Reads;
use crate::boot::state;
use crate::boot::world::{Choice, Question, World};

/// A world that is to be followed.
pub(super) struct Waiting {
    world: World,
    /// The forks that it has passed.
    passed: Vec<u32>,
    /// Where it is to be looked at before it asks the next question.
    halt: Option<Halt>,
}

/// How often worlds are joined at one place; then they are followed one by one again.
const JOINS: u32 = 100;

/// How many worlds are kept apart between two commands; more go on by themselves.
const APART: usize = 4;

/// A place that ways come to.
struct Joint {
    fork: u32,
    world: World,
    passed: Vec<u32>,
    joins: u32,
    /// For a place between two commands: that place. Else a question is asked there.
    halt: Option<Halt>,
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
            waiting.push(Waiting {
                world,
                passed: passed.clone(),
                halt: None,
            });
        }
    }
    waiting.push(Waiting {
        world: current,
        passed,
        halt: None,
    });
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
        between: HashMap::default(),
        queue: BTreeSet::new(),
        all: machine.looked_at.take(),
    };
    let mut told = 0;
    loop {
        if told + together.joints.len() >= machine.limits.ways || machine.is_exhausted() {
            found.too_many = true;
            break;
        }
        let Some(Waiting {
            mut world,
            passed,
            halt,
        }) = together.waiting.pop()
        else {
            let Some((_, index)) = together.queue.pop_first() else {
                break;
            };
            together.leave(index);
            continue;
        };
        let rest = rest::run_until(machine, &mut world, None, halt.as_ref());
        together.all.add(&machine.looked_at.take());
        match (rest, halt) {
            (Rest::Ask(question, _), halt) => match world.default_of(&question) {
                Some(default) => {
                    world.take(*forks, &question, default);
                    *forks += 1;
                    together.waiting.push(Waiting {
                        world,
                        passed,
                        halt,
                    });
                }
                None => together.arrive(&question, world, passed, forks, found),
            },
            (Rest::Halted, Some(halt)) => together.halt(halt, world, passed, forks, found),
            (rest, _) => {
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
    /// The joints at each place between two commands, likewise.
    between: HashMap<(u64, bool), Vec<usize>>,
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
            if self.joins_at(index, &world, &passed, |_| true) {
                found.met.push((world.trail, self.joints[index].fork));
                return;
            }
        } else {
            self.places.insert(key, self.joints.len());
        }
        self.add(world, passed, None, forks);
    }

    /// A world has come to a place between two commands.
    fn halt(
        &mut self,
        halt: Halt,
        mut world: World,
        passed: Vec<u32>,
        forks: &mut u32,
        found: &mut Explored,
    ) {
        halt.settle(&mut world);
        let key = (state::between(&world), world.is_overridden);
        let here = self.between.get(&key).cloned().unwrap_or_default();
        for index in &here {
            let is_lossless = |joined: &Joined| !joined.loses;
            if hold_the_same(&world, &self.joints[*index].world)
                && self.joins_at(*index, &world, &passed, is_lossless)
            {
                found.met.push((world.trail, self.joints[*index].fork));
                return;
            }
        }
        if here.len() >= APART {
            let halt = Some(halt.next(&world));
            self.waiting.push(Waiting {
                world,
                passed,
                halt,
            });
            return;
        }
        self.between.entry(key).or_default().push(self.joints.len());
        self.add(world, passed, Some(halt), forks);
    }

    /// Lets a world go on as one with the one at a joint, if they can be joined and the outcome is good.
    fn joins_at(
        &mut self,
        index: usize,
        world: &World,
        passed: &[u32],
        is_good: fn(&Joined) -> bool,
    ) -> bool {
        let joint = &mut self.joints[index];
        // A loop in which time passes is followed until it is seen to go round for ever.
        let is_round = joint.world.clock != world.clock && passed.contains(&joint.fork);
        if is_round || joint.joins >= JOINS {
            return false;
        }
        let Some(joined) = join(world, &joint.world).filter(is_good) else {
            return false;
        };
        if joined.is_other {
            joint.joins += 1;
            joint.world = joined.world;
            self.queue.insert((progress(&joint.world), index));
        }
        true
    }

    fn add(&mut self, world: World, passed: Vec<u32>, halt: Option<Halt>, forks: &mut u32) {
        self.queue.insert((progress(&world), self.joints.len()));
        self.joints.push(Joint {
            fork: *forks,
            world,
            passed,
            joins: 0,
            halt,
        });
        *forks += 1;
    }

    /// Follows what goes on from a joint: both answers to its question. What was joined may have become another question,
    /// or none.
    fn leave(&mut self, index: usize) {
        let joint = &self.joints[index];
        let mut world = joint.world.clone();
        let mut passed = joint.passed.clone();
        passed.push(joint.fork);
        let fork = joint.fork;
        if let Some(halt) = &joint.halt {
            let halt = Some(halt.next(&world));
            // What ends as the ways behind this place do finds it in the trail.
            world.trail.push(Rc::new(Choice::of_place(fork)));
            self.waiting.push(Waiting {
                world,
                passed,
                halt,
            });
            return;
        }
        match rest::run(self.machine, &mut world, None) {
            Rest::Ask(question, pid) => {
                // What happens by itself is looked at first.
                let first = question.by_default.unwrap_or(true);
                for answer in [!first, first] {
                    let mut world = world.clone();
                    world.take(fork, &question, answer);
                    let halt = Some(Halt::after_command(&world, pid));
                    self.waiting.push(Waiting {
                        world,
                        passed: passed.clone(),
                        halt,
                    });
                }
            }
            // It goes on without a question; what it comes to is told when it has come there again.
            _ => self.waiting.push(Waiting {
                world,
                passed,
                halt: None,
            }),
        }
        self.all.add(&self.machine.looked_at.take());
    }
}
