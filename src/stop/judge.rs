//! From a container to judged paths.

use std::rc::Rc;

use crate::boot::{
    Assumption, Choice, Machine, Missing, Rest, STOP_WORK, TOO_MANY_WAYS, Way, World, explore,
    initial_world,
};
use crate::container::Container;
use crate::knowledge::{ShellFacts, Signal, shell_facts};
use crate::source::Known;

use super::facts::unread_arguments;
use super::merge::{Leaf, merge};
use super::stopping::stop;
use super::way::{bare_path, judge_rested, judge_stopped, unknown_path};
use super::{Path, Verdict};

/// The dialects that are tried when it is not known which shell `/bin/sh` is.
const COMMON_SHELLS: [&str; 3] = ["dash-debian", "ash", "bash-posix"];

/// The stop signals that are tried when the base image's is not known.
const COMMON_SIGNALS: [Signal; 3] = [Signal::TERM, Signal::QUIT, Signal::INT];

/// Judges a container: boots it, sends the stop signal, tells what happens on every path.
///
/// The paths are in a stable order; there is always at least one.
pub fn judge(container: &Container) -> Vec<Path> {
    if let Some(span) = &container.image.windows {
        return vec![unknown_path(
            "windows",
            "Windows container",
            Some(span.clone()),
        )];
    }
    let argv = match &container.argv {
        Known::Unknown(why) => {
            return vec![unknown_path("base-image", &why.text, why.span.clone())];
        }
        Known::Known(argv) => argv,
    };
    if argv.as_ref().is_none_or(Vec::is_empty) {
        return vec![bare_path(Verdict::Exits)];
    }
    let why = match &container.stop_signal.value {
        Known::Known(signal) => return judge_any_shell(container, &[*signal]).remove(0),
        Known::Unknown(why) => why,
    };
    // What holds for every signal that base images set holds.
    let mut judged = judge_any_shell(container, &COMMON_SIGNALS).into_iter();
    let paths = judged.next().unwrap_or_default();
    let expected = outcomes(&paths);
    if tell_nothing(&expected) || judged.all(|others| outcomes(&others) == expected) {
        return paths;
    }
    let text = format!(
        "the outcome depends on the stop signal, which is not known: {}",
        why.text
    );
    let mut path = unknown_path("base-image", &text, why.span.clone());
    path.processes = paths.first().and_then(|path| path.processes.clone());
    vec![path]
}

/// The verdicts of paths, for a comparison.
fn outcomes(paths: &[Path]) -> Vec<(Verdict, Option<bool>)> {
    let mut outcomes: Vec<(Verdict, Option<bool>)> = paths
        .iter()
        .map(|path| (path.verdict, path.delivered))
        .collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    outcomes
}

/// Whether no path is known: another shell or signal cannot add to that.
fn tell_nothing(outcomes: &[(Verdict, Option<bool>)]) -> bool {
    outcomes
        .iter()
        .all(|outcome| *outcome == (Verdict::Unknown, None))
}

/// Judges under the image's shell, or under every common one when that is not known: the paths for each
/// of the stop signals.
fn judge_any_shell(container: &Container, signals: &[Signal]) -> Vec<Vec<Path>> {
    let first = shell_facts(COMMON_SHELLS[0]);
    let (judged, depends) = judge_with(container, first, signals);
    let is_told = |paths: &Vec<Path>| !tell_nothing(&outcomes(paths));
    if !depends || !judged.iter().any(is_told) {
        return judged;
    }
    let others = COMMON_SHELLS[1..].iter();
    let others: Vec<_> = others
        .map(|id| judge_with(container, shell_facts(id), signals).0)
        .collect();
    let under_any = |(index, paths): (usize, Vec<Path>)| {
        let others = others.iter().filter_map(|judged| judged.get(index));
        any_shell(container, paths, others)
    };
    judged.into_iter().enumerate().map(under_any).collect()
}

/// What holds under every common shell, given the paths under one of them and those under the `others`.
fn any_shell<'p>(
    container: &Container,
    mut paths: Vec<Path>,
    mut others: impl Iterator<Item = &'p Vec<Path>>,
) -> Vec<Path> {
    let expected = outcomes(&paths);
    if tell_nothing(&expected) {
        return paths;
    }
    if others.any(|others| outcomes(others) != expected) {
        let why = container.image.sh.why();
        let text = match why {
            Some(why) => format!("which shell `/bin/sh` is, is not known: {}", why.text),
            None => "which shell `/bin/sh` is, is not known".to_owned(),
        };
        let mut path = unknown_path("base-image", &text, why.and_then(|why| why.span.clone()));
        path.processes = paths.first().and_then(|path| path.processes.clone());
        return vec![path];
    }
    for path in &mut paths {
        path.assumptions.push(Assumption {
            kind: "any-shell",
            subject: "/bin/sh".into(),
            text: "`/bin/sh` is dash, busybox or bash: the outcome is the same under each".into(),
            span: None,
            limit: None,
        });
    }
    paths
}

/// The paths for each of the stop signals, and whether an assumption about `/bin/sh` was needed.
type Judged = (Vec<Vec<Path>>, bool);

/// Settings that a start-up demands one after the other.
const MOST_DEMANDED: usize = 8;

/// What becomes of a start-up that is stopped with one of the signals.
#[derive(Default)]
struct Ends {
    leaves: Vec<Leaf>,
    /// See [`merge`].
    met: Vec<(Vec<Rc<Choice>>, u32)>,
    too_many: bool,
}

/// Judges under an assumption about `/bin/sh`: the paths for each of the stop signals, and whether the
/// assumption was needed.
fn judge_with(
    container: &Container,
    sh: Option<&'static ShellFacts>,
    signals: &[Signal],
) -> Judged {
    let machine = Machine::new(container, sh);
    let (usual, demanded) = judge_on(&machine, signals);
    let goes_on = |path: &Path| path.verdict != Verdict::Exits;
    let is_told = |path: &Path| goes_on(path) && path.verdict != Verdict::Unknown;
    if let Some(given) = with_what_is_demanded(container, sh, signals, demanded)
        && given.0.iter().all(|paths| paths.iter().any(is_told))
    {
        return given;
    }
    if !machine.defaults.were_met() || usual.0.iter().flatten().any(goes_on) {
        return usual;
    }
    // A start-up that does nothing but end may want a setting that `${X:-}` asks for.
    let (given, _) = judge_on(&Machine::new(container, sh).asking_for_defaults(), signals);
    match given.0.iter().all(|paths| paths.iter().any(is_told)) {
        true => given,
        false => usual,
    }
}

/// Judges with variables given at run time, where a start-up gives up without them, one after the other: nobody runs
/// an image without the settings that it demands. `None` where it demands none, or goes on demanding.
fn with_what_is_demanded(
    container: &Container,
    sh: Option<&'static ShellFacts>,
    signals: &[Signal],
    mut demanded: Option<Rc<str>>,
) -> Option<Judged> {
    let mut given: Vec<Rc<str>> = Vec::new();
    let mut judged = None;
    while let Some(name) = demanded {
        if given.len() >= MOST_DEMANDED || given.contains(&name) {
            return None;
        }
        given.push(name);
        let machine = Machine::new(container, sh).giving(&given);
        let (paths, next) = judge_on(&machine, signals);
        judged = Some(paths);
        demanded = next;
    }
    judged
}

/// Judges on a machine. The container is booted once for all signals.
fn judge_on(machine: &Machine, signals: &[Signal]) -> (Judged, Option<Rc<str>>) {
    let container = machine.container;
    let Some(world) = initial_world(machine, container) else {
        let exits = || vec![bare_path(Verdict::Exits)];
        return ((signals.iter().map(|_| exits()).collect(), false), None);
    };
    let first = world.clone();
    let mut forks = 0;
    let mut ends: Vec<Ends> = signals.iter().map(|_| Ends::default()).collect();
    // Each way is stopped as soon as it is found, so that what its traps look at counts as looked at.
    let booted = explore(machine, world, None, &mut forks, &mut |forks, way| {
        for (signal, ends) in signals.iter().zip(&mut ends) {
            machine.stop_signal.set(*signal);
            ends.add(machine, &way, forks);
            if ends.is_in_vain() {
                machine.found_unknown();
            }
        }
        machine.stop_signal.set(signals[0]);
    });
    let unread = unread_arguments(machine, container, &first);
    let demanded = ends.first().and_then(Ends::demanded);
    let judged = ends.into_iter().map(|mut ends| {
        ends.too_many |= booted.too_many;
        ends.met.extend(booted.met.iter().cloned());
        let mut paths = ends.paths();
        if let Some(fact) = &unread {
            for path in &mut paths {
                path.facts.push(fact.clone());
            }
        }
        paths
    });
    let judged = judged.collect();
    let depends = machine.asked_for_sh.get() && container.image.sh.value().is_none();
    ((judged, depends), demanded)
}

impl Ends {
    /// The last variable that nobody sets at run time on a way, where all ways give up.
    fn demanded(&self) -> Option<Rc<str>> {
        if self.too_many || !self.leaves.iter().all(Leaf::ends_by_giving_up) {
            return None;
        }
        let is_usual = |leaf: &&Leaf| !leaf.trail.iter().any(|choice| choice.overridden);
        let mut usual = self.leaves.iter().filter(is_usual);
        usual.find_map(|leaf| {
            let mut choices = leaf.trail.iter().rev();
            choices.find_map(|choice| choice.not_given.clone())
        })
    }

    /// Stops a way that has come to rest, and judges what becomes of it.
    fn add(&mut self, machine: &Machine, way: &Way, forks: &mut u32) {
        if !matches!(way.rest, Rest::Steady) {
            let path = judge_rested(&way.world, &way.rest);
            self.leaves.push(Leaf {
                is_mixture: is_mixture(&way.world, &path),
                path,
                gives_up: way.world.gives_up,
                trail: way.world.trail.clone(),
                passed: way.passed.clone(),
                goes_round_since: None,
            });
            return;
        }
        let goes_round_since = way.world.steady_loop().map(|round| round.choices);
        let stopped = stop(machine, way.world.clone(), STOP_WORK, forks);
        self.too_many |= stopped.explored.too_many;
        self.met.extend(stopped.explored.met);
        for end in stopped.ways {
            let mut passed = way.passed.clone();
            passed.extend(end.passed);
            let path = judge_stopped(machine, &stopped.steady, &end.world, &end.rest);
            self.leaves.push(Leaf {
                is_mixture: is_mixture(&end.world, &path),
                path,
                gives_up: false,
                trail: end.world.trail,
                passed,
                goes_round_since,
            });
        }
    }

    /// Whether the newest way has made the whole unknown, whatever becomes of the others.
    fn is_in_vain(&self) -> bool {
        let is_told = |leaf: &&Leaf| !leaf.trail.iter().any(|choice| choice.overridden);
        let newest = self.leaves.last().filter(is_told);
        let mut told = self.leaves.iter().filter(is_told);
        newest.is_some_and(|leaf| leaf.path.verdict == Verdict::Unknown)
            || newest.is_some() && told.any(|leaf| leaf.is_mixture) && !self.end_alike()
    }

    /// Whether all ways that do not give up end the same. Every way that a start-up can take is among them, or is part
    /// of a mixture, so that it ends like that.
    fn end_alike(&self) -> bool {
        let ends = self.leaves.iter().map(|leaf| &leaf.path);
        let mut ends = ends.filter(|path| path.verdict != Verdict::Exits);
        let outcome = |path: &Path| (path.verdict, path.delivered);
        let first = ends.next().map(outcome);
        ends.all(|path| Some(outcome(path)) == first)
    }

    /// The paths, in a stable order; at least one.
    fn paths(mut self) -> Vec<Path> {
        if self.too_many || !self.end_alike() {
            for leaf in self.leaves.iter_mut().filter(|leaf| leaf.is_mixture) {
                leaf.path = too_many_ways();
            }
        }
        if self.too_many {
            // What would end a loop some day may be among what was not followed.
            for leaf in &mut self.leaves {
                let decides = |since: usize| {
                    let mut inside = leaf.trail.iter().skip(since);
                    inside.any(|choice| choice.condition.is_some())
                };
                if leaf.goes_round_since.is_some_and(decides) {
                    leaf.path = too_many_ways();
                }
            }
        }
        drop_ends_of_applications(&mut self.leaves);
        // What holds comes before what does not, whichever was looked at first.
        self.leaves.sort_by(|one, other| {
            let branches = |leaf: &Leaf| {
                leaf.trail
                    .iter()
                    .map(|choice| choice.branch)
                    .collect::<Vec<_>>()
            };
            branches(one).cmp(&branches(other))
        });
        let mut paths = merge(self.leaves, &self.met);
        let is_limit = |missing: &Missing| missing.text == TOO_MANY_WAYS;
        let is_told = paths.iter().any(|path| path.missing.iter().any(is_limit));
        // What may be a mixture is told once: its conditions are perhaps those of no way.
        let is_limit_only =
            |path: &Path| !path.missing.is_empty() && path.missing.iter().all(is_limit);
        let all = paths.len();
        paths.retain(|path| !is_limit_only(path));
        if paths.len() < all || self.too_many && !is_told {
            paths.push(too_many_ways());
        }
        if paths.is_empty() {
            paths.push(bare_path(Verdict::Exits));
        }
        paths
    }
}

/// Leaves out ways on which the start-up gives up after a command that another way takes for the application: what the
/// script does with its status when it has ended is not the start-up any more.
fn drop_ends_of_applications(leaves: &mut Vec<Leaf>) {
    let forks = |leaf: &Leaf| -> Vec<(u32, u32)> {
        let choices = leaf.trail.iter();
        choices.map(|choice| (choice.fork, choice.branch)).collect()
    };
    let is_taken = |leaf: &&Leaf| {
        let mut assumptions = leaf.path.assumptions.iter();
        assumptions.any(|assumption| assumption.kind == "is-application")
    };
    let taken: Vec<Vec<(u32, u32)>> = leaves.iter().filter(is_taken).map(forks).collect();
    if !taken.is_empty() {
        leaves.retain(|leaf| {
            let ends = leaf.ends_by_giving_up();
            let own = if ends { forks(leaf) } else { Vec::new() };
            !ends || !taken.iter().any(|taken| own.starts_with(taken))
        });
    }
}

/// Whether a path may be one that no start-up takes: where ways have been joined, what is good on all of them is
/// good, and what is bad may come from a mixture of two.
fn is_mixture(world: &World, path: &Path) -> bool {
    let is_good = matches!(
        path.verdict,
        Verdict::Graceful | Verdict::Exits | Verdict::Unknown
    );
    world.widened && !is_good
}

fn too_many_ways() -> Path {
    unknown_path("limit", TOO_MANY_WAYS, None)
}
