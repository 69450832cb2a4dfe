//! All ways through a start-up: worlds fork at questions, and meet again where they are the same.
//!
//! In: a world. Out: the ways that came to rest, told one by one. Ways are followed depth first. When
//! all that can follow from a fork has been seen, it is known what was looked at from there on; a later
//! way that comes to the same place with the same answers to just that goes on as the earlier one did,
//! and is not followed again. Where that is not enough, ways that come to the same place go on as one.

mod differing;
mod held;
mod join;
mod known;
mod progress;
mod rest;
mod together;

use std::rc::Rc;

use foldhash::HashMap;

use super::machine::{Machine, Rest};
use super::question::may_be_given;
use super::reads::Reads;
use super::state;
use super::value::Piece;
use super::world::{Choice, Millis, Question, World};
use known::{Places, meet, remember};

pub(super) use rest::newest_application;

/// Why a way is unknown when not all ways could be followed one by one.
pub(crate) const TOO_MANY_WAYS: &str = "there are too many ways through the start-up";

/// A way that came to rest.
pub(crate) struct Way {
    /// The world.
    pub(crate) world: World,
    /// How it rests: never [`Rest::Ask`] or [`Rest::Halted`].
    pub(crate) rest: Rest,
    /// The forks that it passed, so that a way that met it can be told what became of it.
    pub(crate) passed: Vec<u32>,
}

/// What the exploration found, besides its ways.
#[derive(Default)]
pub(crate) struct Explored {
    /// Ways that met another one at a fork: their choices, and that fork.
    pub(crate) met: Vec<(Vec<Rc<Choice>>, u32)>,
    /// Whether there were too many ways.
    pub(crate) too_many: bool,
}

/// A fork of which not all has been seen.
struct Fork {
    number: u32,
    /// What has to be equal as a whole for two worlds to be at the same place.
    place: u64,
    /// All that the world holds by name.
    identity: u64,
    world: World,
    question: Rc<Question>,
    /// The answer that has not been tried yet.
    remaining: Option<bool>,
    /// What was looked at from here on.
    reads: Reads,
    /// The lowest open fork that a way from here has come back to.
    comes_back_to: usize,
    /// Forks below, seen as a whole but for what follows from an open one that they come back to.
    within: Vec<Seen>,
}

/// A fork of which all has been seen.
struct Seen {
    number: u32,
    place: u64,
    world: World,
    reads: Reads,
}

/// Follows a world along all its ways and tells each to `tell`. `forks` numbers the forks of the whole
/// analysis. Afterwards the notes of what was looked at hold all that was, by `tell` too.
pub(crate) fn explore(
    machine: &Machine,
    start: World,
    deadline: Option<Millis>,
    forks: &mut u32,
    tell: &mut dyn FnMut(&mut u32, Way),
) -> Explored {
    let mut all = machine.looked_at.take();
    let mut found = Explored::default();
    let mut told = 0;
    let mut known = Places::default();
    // Forks seen as a whole, but for what follows from an open one: only the very same state meets them.
    let mut unfinished: HashMap<(u64, u64, bool), u32> = HashMap::default();
    let mut open: Vec<Fork> = Vec::new();
    let mut current = Some(start);
    loop {
        let Some(mut world) = current.take() else {
            let Some(fork) = open.last_mut() else {
                break;
            };
            if let Some(answer) = fork.remaining.take() {
                let mut world = fork.world.clone();
                world.take(fork.number, &fork.question, answer);
                current = Some(world);
            } else if let Some(fork) = open.pop() {
                let key = (fork.place, fork.identity, fork.world.is_overridden);
                let number = fork.number;
                if !close(fork, &mut open, &mut all, &mut known) {
                    unfinished.insert(key, number);
                }
            }
            continue;
        };
        if told + open.len() >= machine.limits.ways || machine.is_exhausted() {
            found.too_many = true;
            break;
        }
        if deadline.is_none() && machine.joins_ways() {
            note(&mut open, &mut all, &machine.looked_at.take());
            let waiting = together::waiting(&mut open, world);
            together::follow(machine, waiting, known, forks, tell, &mut found);
            break;
        }
        let rest = rest::run(machine, &mut world, deadline);
        let question = match rest {
            Rest::Ask(question, _) => question,
            rest => {
                told += 1;
                note(&mut open, &mut all, &machine.looked_at.take());
                let way = Way {
                    world,
                    rest,
                    passed: open.iter().map(|fork| fork.number).collect(),
                };
                let reads = tell_rest(machine, way, &mut known, forks, tell, &mut found);
                note(&mut open, &mut all, &reads);
                continue;
            }
        };
        // One variable set at run time is looked at on a way; that several are would multiply.
        if let Some(default) = default_only(&world, &question) {
            world.take(*forks, &question, default);
            *forks += 1;
            current = Some(world);
            continue;
        }
        note(&mut open, &mut all, &machine.looked_at.take());
        let place = state::place(&world, &question.yes);
        if let Some(known) = meet(&known, place, &world) {
            found.met.push((world.trail, known.number));
            let reads = Rc::clone(&known.reads);
            note(&mut open, &mut all, &reads);
            continue;
        }
        let identity = state::identity(&world);
        // A loop in which time passes is followed until it is seen to go round for ever.
        let same = |fork: &Fork| {
            fork.place == place && fork.identity == identity && fork.world.clock == world.clock
        };
        if let Some(index) = open.iter().position(same) {
            found.met.push((world.trail, open[index].number));
            if let Some(last) = open.last_mut() {
                last.comes_back_to = last.comes_back_to.min(index);
            }
            continue;
        }
        if let Some(number) = unfinished.get(&(place, identity, world.is_overridden)) {
            found.met.push((world.trail, *number));
            let lowest = open.iter().map(|fork| fork.comes_back_to).min();
            if let (Some(last), Some(lowest)) = (open.last_mut(), lowest) {
                last.comes_back_to = if lowest == usize::MAX { 0 } else { lowest };
            }
            continue;
        }
        // What happens by itself is looked at first, so that a way on which somebody sets a variable
        // can meet it.
        let first = question.by_default.unwrap_or(true);
        let number = *forks;
        *forks += 1;
        let kept = world.clone();
        world.take(number, &question, first);
        open.push(Fork {
            number,
            place,
            identity,
            world: kept,
            question,
            remaining: Some(!first),
            reads: Reads::default(),
            comes_back_to: usize::MAX,
            within: Vec::new(),
        });
        current = Some(world);
    }
    for fork in &open {
        all.add(&fork.reads);
    }
    machine.looked_at.add(&all);
    found
}

/// Tells a way that has come to rest, unless it met one that was in the same steady state, which is stopped alike.
/// Gives what is looked at from there on.
fn tell_rest(
    machine: &Machine,
    mut way: Way,
    known: &mut Places,
    forks: &mut u32,
    tell: &mut dyn FnMut(&mut u32, Way),
    found: &mut Explored,
) -> Rc<Reads> {
    let place = state::place(&way.world, "");
    let is_steady = matches!(way.rest, Rest::Steady) && way.world.stopped_at.is_none();
    if is_steady && let Some(known) = meet(known, place, &way.world) {
        found.met.push((way.world.trail, known.number));
        return Rc::clone(&known.reads);
    }
    let number = *forks;
    *forks += 1;
    way.passed.push(number);
    let world = is_steady.then(|| way.world.clone());
    tell(forks, way);
    let reads = Rc::new(machine.looked_at.take());
    if let Some(world) = world {
        remember(known, number, place, &world, Rc::clone(&reads));
    }
    reads
}

/// The answer to a question about a setting of which only the default is followed.
fn default_only(world: &World, question: &Question) -> Option<bool> {
    let is_followed = world.is_overridden || is_of_scripts(question);
    question.by_default.filter(|_| is_followed)
}

/// Whether the question is about a variable that nobody sets at run time.
fn is_of_scripts(question: &Question) -> bool {
    let about = question.fixes.iter().chain(&question.fixes_if_no);
    about
        .into_iter()
        .any(|(piece, _)| matches!(piece, Piece::Setting(name) if !may_be_given(name)))
}

/// Adds to what was looked at since the innermost fork.
fn note(open: &mut [Fork], all: &mut Reads, reads: &Reads) {
    match open.last_mut() {
        Some(fork) => fork.reads.add(reads),
        None => all.add(reads),
    }
}

/// Makes a fork known of which all has been seen; `false` when something follows from it that is still
/// open.
fn close(mut fork: Fork, open: &mut [Fork], all: &mut Reads, known: &mut Places) -> bool {
    note(open, all, &fork.reads);
    let index = open.len();
    let mut seen = std::mem::take(&mut fork.within);
    let reads = fork.reads;
    seen.push(Seen {
        number: fork.number,
        place: fork.place,
        world: fork.world,
        reads: reads.clone(),
    });
    if fork.comes_back_to < index
        && let Some(outer) = open.last_mut()
    {
        // What follows from the open fork belongs to what follows from here.
        outer.comes_back_to = outer.comes_back_to.min(fork.comes_back_to);
        outer.within.append(&mut seen);
        return false;
    }
    let several = seen.len() > 1;
    for mut one in seen {
        if several {
            one.reads.add(&reads);
        }
        remember(known, one.number, one.place, &one.world, Rc::new(one.reads));
    }
    true
}
