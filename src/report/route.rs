//! The way of the stop signal that a finding is about, as places in order.

use super::Run;
use crate::rules::Finding;
use crate::source::Span;
use crate::stop::{Path, ProcessTree};

/// Places of a way: more are not shown by any viewer.
const LONGEST: usize = 100;

/// The steps of the worst way through a start-up that passes the finding's primary place: its conditions,
/// the processes down to the application, then what the signal does. Empty when no way passes there.
pub(super) fn route(run: &Run, finding: &Finding) -> Vec<(String, Span)> {
    let place = &finding.primary.span;
    let targets = run.analyses.iter().flat_map(|analysis| &analysis.targets);
    let paths = targets.flat_map(|target| &target.paths);
    let passing = paths.filter(|path| passes(path, place));
    // The first of the worst ways, so that the answer does not depend on how many there are.
    let worst = passing.reduce(|best, path| match path.verdict > best.verdict {
        true => path,
        false => best,
    });
    worst.map(steps).unwrap_or_default()
}

fn passes(path: &Path, place: &Span) -> bool {
    let touches = |span: Option<&Span>| {
        span.is_some_and(|span| {
            span.source.path() == place.source.path()
                && span.start < place.end
                && place.start < span.end
        })
    };
    path.route.iter().any(|step| touches(step.span.as_ref()))
        || path.facts.iter().any(|fact| touches(fact.span.as_ref()))
        || processes(path).any(|process| touches(process.span.as_ref()))
}

fn steps(path: &Path) -> Vec<(String, Span)> {
    let conditions = path.when.iter();
    let conditions = conditions.map(|condition| (condition.text.clone(), condition.span.clone()));
    let processes = processes(path).map(|process| {
        let words = process.argv.iter();
        let words: Vec<&str> = words.map(|word| word.as_deref().unwrap_or("…")).collect();
        (
            format!("starts `{}`", words.join(" ")),
            process.span.clone(),
        )
    });
    let route = path.route.iter();
    let route = route.map(|step| (step.text.clone(), step.span.clone()));
    let all = conditions.chain(processes).chain(route);
    all.filter_map(|(text, span)| Some((text, span?)))
        .take(LONGEST)
        .collect()
}

/// The processes of a way, parents before children, without recursion: a tree may be deep.
fn processes(path: &Path) -> impl Iterator<Item = &ProcessTree> {
    let mut open: Vec<&ProcessTree> = path.processes.iter().collect();
    std::iter::from_fn(move || {
        let next = open.pop()?;
        open.extend(next.children.iter().rev());
        Some(next)
    })
}
