//! What a graceful path rests on: that programs handle the signal, and that they are quick enough.

use std::time::Duration;

use crate::boot::{
    Assumption, Body, Choice, FactKind, Machine, Millis, Pid, Rest, STOP_WORK, World, display_words,
};

use super::stopping::stop;
use super::way::judge_application;
use super::{Path, Verdict};

/// Says aloud that programs of which nothing is known are taken to handle the signal.
pub(super) fn assume_handling(path: &mut Path, steady: &World, applications: &[Pid], end: &World) {
    for pid in applications {
        let (Some(process), Some(after)) = (steady.process(*pid), end.process(*pid)) else {
            continue;
        };
        let Body::Application(application) = &process.body else {
            continue;
        };
        let Some((_, signal)) = after.history.told else {
            continue;
        };
        if let Some(handler) = application
            .code
            .as_ref()
            .and_then(|code| code.handler(signal))
        {
            let subject = display_words(&process.argv);
            path.assumptions.push(Assumption {
                kind: "handler-finishes",
                text: format!(
                    "the handler of `{subject}` for {signal} ends it when its work is done"
                ),
                subject,
                span: Some(handler.clone()),
                limit: None,
            });
        }
        if application.known.is_some() {
            continue;
        }
        let subject = process
            .argv
            .first()
            .map_or_else(String::new, |word| word.value.display());
        path.assumptions.push(Assumption {
            kind: "program-handles",
            text: format!("`{subject}` handles {signal}"),
            subject,
            span: process.span.clone(),
            limit: None,
        });
    }
}

/// Says aloud that an earlier run of the application's own program is taken to end by itself: `app migrate`
/// before `app serve`.
pub(super) fn assume_preparations(path: &mut Path, steady: &World, applications: &[Pid]) {
    fn name(command: &str) -> &str {
        let program = command.split(' ').next().unwrap_or_default();
        program.rsplit('/').next().unwrap_or_default()
    }
    let applications: Vec<String> = applications
        .iter()
        .filter_map(|pid| Some(display_words(&steady.process(*pid)?.argv)))
        .collect();
    for fact in &path.facts {
        let FactKind::EndsByItself { command } = &fact.kind else {
            continue;
        };
        let is_own = applications.iter().any(|own| name(own) == name(command));
        if is_own {
            path.assumptions.push(Assumption {
                kind: "ends-before",
                text: format!("`{command}` is a preparation and ends by itself"),
                subject: command.clone(),
                span: fact.span.clone(),
                limit: None,
            });
        }
    }
}

/// When something on the way is limited in time, an application that needs nearly the whole grace
/// period is cut off: then the verdict stands with an assumption.
pub(super) fn assume_time(
    machine: &Machine,
    steady: &World,
    end: &World,
    applications: &[Pid],
    path: &mut Path,
) {
    let grace = machine.container.grace.as_millis() as Millis;
    let slow = grace.saturating_sub(grace / 10);
    if slow <= STOP_WORK {
        return;
    }
    let mut forks = u32::MAX / 2;
    let stopped = stop(machine, steady.clone(), slow, &mut forks);
    for way in stopped.ways {
        if is_other_way(&way.world, end, steady.trail.len()) {
            continue;
        }
        let start = steady.clock;
        let ended = matches!(way.rest, Rest::Ended);
        for pid in applications {
            let (verdict, ..) = judge_application(steady, &way.world, *pid, ended);
            if verdict <= Verdict::Unknown {
                continue;
            }
            let Some(process) = way.world.process(*pid) else {
                continue;
            };
            let limit = process
                .history
                .killed
                .map_or(way.world.clock, |(at, _)| at)
                .saturating_sub(start);
            let subject = display_words(&process.argv);
            let seconds = (limit as f64 / 1000.0 * 10.0).round() / 10.0;
            let assumption = Assumption {
                kind: "finishes-within",
                text: format!("`{subject}` finishes within {seconds} s"),
                subject,
                span: process.span.clone(),
                limit: Some(Duration::from_secs_f64(seconds)),
            };
            if !path.assumptions.contains(&assumption) {
                path.assumptions.push(assumption);
            }
        }
    }
}

/// Whether a stop has taken another way than that one: the first question on which they part is the same one, answered
/// otherwise. Where they part on two questions, it is for the time that the application takes.
fn is_other_way(world: &World, other: &World, from: usize) -> bool {
    let own = world.trail.get(from..).unwrap_or_default();
    let others = other.trail.get(from..).unwrap_or_default();
    let place = |choice: &Choice| {
        choice
            .condition
            .as_ref()
            .map(|condition| condition.span.clone())
    };
    let mut pairs = own.iter().zip(others);
    pairs
        .find(|(one, other)| one.branch != other.branch || place(one) != place(other))
        .is_some_and(|(one, other)| place(one) == place(other))
}
