//! All ways through a start-up: worlds fork at questions, and meet again where they are the same.
//!
//! In: a world. Out: the ways that came to rest, told one by one. Ways are followed depth first. When
//! all that can follow from a fork has been seen, it is known what was looked at from there on; a later
//! way that comes to the same place with the same answers to just that goes on as the earlier one did,
//! and is not followed again.

use std::rc::Rc;

use foldhash::HashMap;

use super::interpreter::display_words;
use super::machine::{Machine, Rest};
use super::outcome::Assumption;
use super::reads::Reads;
use super::state;
use super::value::Piece;
use super::world::{Body, Choice, Millis, Question, World};

/// A way that came to rest.
pub(crate) struct Way {
    /// The world.
    pub(crate) world: World,
    /// How it rests: never [`Rest::Ask`].
    pub(crate) rest: Rest,
    /// The forks that it passed, so that a way that met it can be told what became of it.
    pub(crate) passed: Vec<u32>,
}

/// What the exploration found, besides its ways.
#[derive(Default)]
pub(crate) struct Explored {
    /// Ways that met another one at a fork: their choices, and that fork.
    pub(crate) met: Vec<(Vec<Choice>, u32)>,
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

/// A fork to be met.
struct Known {
    number: u32,
    reads: Rc<Reads>,
    projection: u64,
    /// It lies on a way that is taken only when somebody sets a variable at run time.
    overridden: bool,
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
    let mut known: HashMap<u64, Vec<Known>> = HashMap::default();
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
                let key = (fork.place, fork.identity, is_overridden(&fork.world));
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
        let mut rest = machine.run(&mut world, deadline);
        if matches!(rest, Rest::Ended | Rest::Steady)
            && deadline.is_none()
            && goes_back(machine, &world, &rest)
            && let Some(candidate) = world.candidate.take()
        {
            // Nothing else goes on running, so the last command in the foreground is the application.
            let mut resumed = Rc::unwrap_or_clone(candidate);
            resumed.assume(taken_for_application(&resumed));
            resumed.is_followed = is_followed(&resumed, &world);
            let restarts = world.restarts;
            world = resumed;
            if restarts {
                // A supervisor may have more such commands, beside this one.
                current = Some(world);
                continue;
            }
            rest = machine.run(&mut world, deadline);
        }
        let question = match rest {
            Rest::Ask(question) => question,
            rest => {
                told += 1;
                note(&mut open, &mut all, &machine.looked_at.take());
                let place = state::place(&world, "");
                let is_steady = matches!(rest, Rest::Steady) && deadline.is_none();
                if is_steady && let Some(known) = meet(&known, place, &world) {
                    let reads = Rc::clone(&known.reads);
                    found.met.push((world.trail, known.number));
                    note(&mut open, &mut all, &reads);
                    continue;
                }
                let number = *forks;
                *forks += 1;
                let passed = open.iter().map(|fork| fork.number).chain([number]);
                let way = Way {
                    world: world.clone(),
                    rest,
                    passed: passed.collect(),
                };
                tell(forks, way);
                let reads = machine.looked_at.take();
                note(&mut open, &mut all, &reads);
                if is_steady {
                    // Another way that comes to the same state is stopped alike.
                    let seen = Seen {
                        number,
                        place,
                        world,
                        reads,
                    };
                    remember(&mut known, seen);
                }
                continue;
            }
        };
        // One variable set at run time is looked at on a way; that several are would multiply.
        let overridden = is_overridden(&world);
        if let (true, Some(default)) = (overridden || is_of_scripts(&question), question.by_default)
        {
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
        if let Some(number) = unfinished.get(&(place, identity, overridden)) {
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

/// Whether the question is about a variable whose name has no capital letter: such names are used
/// within scripts, and nobody sets them at run time (POSIX leaves them to applications, XBD 8.1).
fn is_of_scripts(question: &Question) -> bool {
    let about = question.fixes.iter().chain(&question.fixes_if_no);
    about.into_iter().any(|(piece, _)| {
        matches!(piece, Piece::Setting(name) if !name.chars().any(|c| c.is_ascii_uppercase()))
    })
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
fn close(
    mut fork: Fork,
    open: &mut [Fork],
    all: &mut Reads,
    known: &mut HashMap<u64, Vec<Known>>,
) -> bool {
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
        remember(known, one);
    }
    true
}

/// Makes known what has been seen as a whole.
fn remember(known: &mut HashMap<u64, Vec<Known>>, seen: Seen) {
    let projection = state::projection(&seen.world, &seen.reads);
    known.entry(seen.place).or_default().push(Known {
        number: seen.number,
        projection,
        reads: Rc::new(seen.reads),
        overridden: is_overridden(&seen.world),
    });
}

/// What has been seen as a whole and goes on as this world does.
fn meet<'k>(known: &'k HashMap<u64, Vec<Known>>, place: u64, world: &World) -> Option<&'k Known> {
    let overridden = is_overridden(world);
    let earlier = known.get(&place).into_iter().flatten();
    earlier
        .filter(|known| overridden || !known.overridden)
        .find(|known| state::projection(world, &known.reads) == known.projection)
}

/// Whether the way is taken only when somebody sets a variable at run time.
fn is_overridden(world: &World) -> bool {
    world.trail.iter().any(|choice| choice.overridden)
}

/// Whether the way leads back to the last command that may be the application.
fn goes_back(machine: &Machine, world: &World, rest: &Rest) -> bool {
    machine.looked_at.candidate();
    let Some(candidate) = &world.candidate else {
        return false;
    };
    match rest {
        Rest::Ended => true,
        _ if world.restarts => true,
        // In a loop that goes round for ever, only a command of the loop itself.
        _ if world.steady_loop().is_some() => world
            .steady_loop()
            .is_some_and(|round| candidate.steps >= round.steps),
        // What goes on running now would have gone on running when it was first started.
        _ => {
            let applications = |world: &World| {
                let processes = world.processes.values();
                let running = processes
                    .filter(|process| matches!(process.body, Body::Application(_)))
                    .map(|process| process.argv.clone());
                running.collect::<Vec<_>>()
            };
            let first = applications(candidate).pop();
            first.is_some_and(|first| applications(world).contains(&first))
        }
    }
}

/// Whether something ran after the command that is taken for the application: another process, what
/// PID 1 has replaced itself by, or a command of the shell that failed.
fn is_followed(resumed: &World, end: &World) -> bool {
    let argv = |world: &World| world.process(1).map(|process| process.argv.clone());
    let ending = end.ending.as_ref().and_then(|ending| ending.status);
    end.leaves
        || end.last_pid > resumed.last_pid
        || matches!(ending, Some(1..))
        || argv(end) != argv(resumed)
}

fn taken_for_application(world: &World) -> Assumption {
    let newest = world
        .processes
        .values()
        .rev()
        .find(|process| matches!(&process.body, Body::Application(_)));
    let (subject, span) = match newest {
        Some(process) => (display_words(&process.argv), process.span.clone()),
        None => (String::new(), None),
    };
    Assumption {
        kind: "is-application",
        text: format!(
            "`{subject}` is taken for the application: it is the last command that may go on running"
        ),
        subject,
        span,
        limit: None,
    }
}
