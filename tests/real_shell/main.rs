//! The project's own real-shell suite.
//!
//! Start-ups run as PID 1 of a real PID namespace under dash, bash and busybox with a stub application, are stopped
//! by a signal, and what happened is set against what pidone says about the same start-up written as a Dockerfile.
//!
//! - `PIDONE_MEASURE=1 cargo test --test real_shell -- cases_measure` measures every case and writes the verdicts.
//! - `PIDONE_RANDOM=20000 PIDONE_SEED=1 cargo test --test real_shell -- random` compares that many random scripts;
//!   `PIDONE_EXPORT=FILE` writes them as lines of JSON with their verdicts, `PIDONE_CASES=FILE` reads such lines instead.
//! - `PIDONE_ONE_SCRIPT=entry.sh PIDONE_ONE_SHELL=ash cargo test --test real_shell -- --nocapture one` tells what happens to
//!   one script (a file, or the text itself).
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "these tests write trees and run programs"
)]

mod cases;
mod compare;
#[path = "../generator/mod.rs"]
mod generator;
mod random;
mod sandbox;
mod shrink;
mod startup;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use cases::CaseFile;
use compare::{Answer, Kind, ask};
use sandbox::{Measured, Sandbox, Word};
use shrink::{Disagreement, shrink};
use startup::{Mode, Shell, Startup};

/// Disagreements that are known, each with its reason.
#[derive(Deserialize)]
struct KnownFile {
    #[serde(default)]
    known: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    case: String,
    says: String,
    why: String,
}

/// The share of random scripts, in percent, that must be answered exactly.
const RANDOM_EXACT: usize = 90;

const NO_URGENCY: &str =
    "real-time priority is not permitted: truncated and abrupt cannot be told apart";

/// How many random disagreements are made small and printed.
const SHOWN: usize = 3;

/// The sandbox, or None after saying why there is none. With `CI=true` that is a failure.
fn sandbox_or_skip() -> Option<&'static Sandbox> {
    Sandbox::shared()
        .map_err(|why| skip(&format!("start-ups cannot run here: {why}")))
        .ok()
}

fn skip(why: &str) {
    println!("skipped: {why}");
    assert_ne!(
        std::env::var("CI").as_deref(),
        Ok("true"),
        "in CI nothing may be skipped: {why}"
    );
}

/// A directory of this process for Dockerfiles.
fn directory(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("real-shell-{name}-{}", std::process::id()))
}

fn summary(answers: &[Answer]) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.kind).or_default() += 1;
    }
    let exact: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.kind == Kind::Exact)
        .collect();
    let right = exact.iter().filter(|answer| answer.is_pid1_right).count();
    let kinds: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    format!(
        "{} start-ups: {}; pid 1 right in {right} of {} exact",
        answers.len(),
        kinds.join(", "),
        exact.len()
    )
}

/// The text of a start-up as somebody would look at it.
fn shown(startup: &Startup) -> String {
    let mut text = format!("{:?} signal {}", startup.words(), startup.signal());
    for (name, value) in &startup.env {
        text.push_str(&format!(" {name}={value}"));
    }
    for (name, content) in startup.all_files() {
        text.push_str(&format!("\n--- {name}\n{content}"));
    }
    text
}

#[test]
fn the_sandbox_tells_the_verdicts_apart() {
    let Some(sandbox) = sandbox_or_skip() else {
        return;
    };
    let expected = [
        ("exec app", Some(Word::Graceful)),
        ("app", Some(Word::Stuck)),
        ("trap 'exit 0' TERM; app & wait", Some(Word::Abrupt)),
        ("trap 'kill $!' TERM; app & wait", Some(Word::Truncated)),
        (
            "trap 'kill $!' TERM; app & wait; wait",
            Some(Word::Graceful),
        ),
        (
            "trap 'kill $!' TERM; app & wait; wait; sleep 9",
            Some(Word::Lingers),
        ),
        ("exec no-such-program", Some(Word::Fails)),
        ("app &", Some(Word::Fails)),
        // The kernel drops the signal for PID 1 without a handler, and ends any other process by it.
        ("exec app-default", Some(Word::Stuck)),
        (
            "trap 'kill $!; wait' TERM; app-default & wait",
            Some(Word::Abrupt),
        ),
        ("sleep 9", None),
    ];
    for (script, verdict) in expected {
        let startup = Startup {
            id: script.to_owned(),
            mode: Mode::C,
            script: script.to_owned(),
            ..Startup::default()
        };
        if let Some(why) = sandbox.misses(&startup) {
            skip(&why);
            continue;
        }
        let run = sandbox
            .run(&startup)
            .expect("the sandbox works on this machine");
        let is_race = matches!(verdict, Some(Word::Truncated | Word::Abrupt))
            && !sandbox.is_urgency_permitted;
        if is_race {
            skip(NO_URGENCY);
            continue;
        }
        assert_eq!(
            run.measured.map(|measured| measured.verdict),
            verdict,
            "{script}\n{}",
            run.story
        );
    }
}

#[test]
fn one() {
    let Some(sandbox) = sandbox_or_skip() else {
        return;
    };
    let given = std::env::var("PIDONE_ONE_SCRIPT").ok();
    let script = given.as_ref().map_or("app & wait $!\n".to_owned(), |text| {
        fs::read_to_string(text).unwrap_or(text.clone())
    });
    let name = std::env::var("PIDONE_ONE_SHELL").unwrap_or("dash".to_owned());
    let shell = Shell::ALL.into_iter().find(|shell| shell.name() == name);
    let shell = shell
        .unwrap_or_else(|| panic!("PIDONE_ONE_SHELL is dash, bash, bash-as-sh or ash, not {name}"));
    let startup = Startup {
        id: "one".to_owned(),
        shell: Some(shell),
        script,
        ..Startup::default()
    };
    if let Some(why) = sandbox.misses(&startup) {
        return skip(&why);
    }
    let run = sandbox
        .run(&startup)
        .expect("the sandbox works on this machine");
    println!("{}\n{:?}\n{}", shown(&startup), run.measured, run.story);
    if given.is_none() {
        assert_eq!(
            run.measured,
            Some(Measured {
                verdict: Word::Stuck,
                app_is_pid1: false
            })
        );
    }
}

/// Every case with what its file says was measured.
fn measured_cases(files: &[CaseFile]) -> (Vec<Startup>, Vec<Measured>) {
    let mut startups = Vec::new();
    let mut measured = Vec::new();
    for case in files.iter().flat_map(|file| &file.cases) {
        for startup in case.startups() {
            let known = case.measured(startup.shell());
            measured.push(known.unwrap_or_else(|| {
                panic!("{} is not measured: see the head of main.rs", startup.id)
            }));
            startups.push(startup);
        }
    }
    (startups, measured)
}

#[test]
fn cases_measure_as_their_files_say() {
    let Some(sandbox) = sandbox_or_skip() else {
        return;
    };
    let mut files = cases::load();
    if std::env::var("PIDONE_MEASURE").is_ok() {
        for file in &mut files {
            measure_file(sandbox, file);
        }
        return;
    }
    let (startups, measured) = measured_cases(&files);
    let mut drawn = Vec::new();
    for (index, startup) in startups.iter().enumerate() {
        match sandbox.misses(startup) {
            Some(why) => skip(&format!("{}: {why}", startup.id)),
            None => drawn.push(index),
        }
    }
    let chosen: Vec<Startup> = drawn.iter().map(|&index| startups[index].clone()).collect();
    let mut differing = Vec::new();
    for (index, result) in drawn.into_iter().zip(sandbox.measure_all(&chosen, 1)) {
        // A busy machine may spoil a run: what counts is whether the kept verdict comes back.
        let mut tries = std::iter::once(result)
            .chain((0..3).map(|_| sandbox.run(&startups[index]).ok()?.measured));
        if !tries.any(|result| result == Some(measured[index]) || result.is_none()) {
            differing.push(format!(
                "{}: kept {:?}, now {result:?}",
                startups[index].id, measured[index]
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

fn measure_file(sandbox: &Sandbox, file: &mut CaseFile) {
    let startups: Vec<Startup> = file.cases.iter().flat_map(|case| case.startups()).collect();
    for startup in &startups {
        let why = sandbox.misses(startup);
        assert!(
            why.is_none(),
            "{} cannot be measured here: {why:?}",
            startup.id
        );
    }
    let mut results = startups.iter().zip(sandbox.measure_all(&startups, 3));
    for case in &mut file.cases {
        let mut steady = BTreeMap::new();
        for (startup, result) in results.by_ref().take(case.startups().len()) {
            match result {
                Some(measured) => drop(steady.insert(startup.shell(), measured)),
                None => println!("dropped, not steady: {}", startup.id),
            }
        }
        case.set_measured(&steady);
    }
    cases::save(file);
}

#[test]
fn cases_agree_with_pidone() {
    let (startups, measured) = measured_cases(&cases::load());
    let answers = ask(&startups, &measured, &directory("cases"));
    let known: KnownFile = toml::from_str(include_str!("known_disagreements.toml"))
        .expect("known_disagreements.toml is TOML");
    let mut known: BTreeMap<String, Known> = known
        .known
        .into_iter()
        .map(|known| (known.case.clone(), known))
        .collect();
    println!("{}", summary(&answers));
    let mut wrong = Vec::new();
    for ((startup, measured), answer) in startups.iter().zip(&measured).zip(&answers) {
        let listed = known.remove(&startup.id);
        let is_listed =
            listed.is_some_and(|known| known.says == answer.predicted && !known.why.is_empty());
        let is_right = match answer.kind {
            Kind::Exact => answer.is_pid1_right || is_listed,
            Kind::FalseOk => false,
            Kind::Unknown | Kind::Several | Kind::Alarm | Kind::Other => is_listed,
        };
        if !is_right {
            let (kind, predicted) = (answer.kind, &answer.predicted);
            wrong.push(format!(
                "{kind} {}: measured {} (application is PID 1: {}), pidone says {predicted}\n{}",
                startup.id,
                measured.verdict,
                measured.app_is_pid1,
                shown(startup)
            ));
        }
    }
    wrong.extend(
        known
            .keys()
            .map(|case| format!("known_disagreements.toml names {case}, which is no case")),
    );
    assert!(
        wrong.is_empty(),
        "{}\n\n{}",
        summary(&answers),
        wrong.join("\n\n")
    );
}

#[test]
fn random_scripts_reach_every_verdict() {
    let Some(sandbox) = sandbox_or_skip() else {
        return;
    };
    let sample = random::sample(sandbox);
    let (counts, text) = random::histogram(sample);
    println!("{text}");
    // The weights aim above 5 %; a small sample strays.
    let percent = if sample.measured.len() < 1000 { 2 } else { 5 };
    for (word, count) in counts {
        if matches!(word, Word::Truncated | Word::Abrupt) && !sandbox.is_urgency_permitted {
            skip(NO_URGENCY);
            continue;
        }
        assert!(
            count * 100 >= sample.measured.len() * percent,
            "too few {word}\n{text}"
        );
    }
}

/// Whether every graceful path is right under an assumption that it states and that the stubs do not keep: that the
/// application is `worker`, or that an earlier run of it ends by itself (the stub never does).
fn rests_on_what_it_says(sandbox: &Sandbox, disagreement: &Disagreement) -> bool {
    let is_graceful = || {
        let run = sandbox.run(&disagreement.startup);
        let workers = run.map(|run| run.workers).unwrap_or_default();
        workers
            .iter()
            .any(|worker| worker.verdict == Word::Graceful)
    };
    disagreement.answer.kind == Kind::FalseOk
        && disagreement.answer.claims.iter().all(|claim| {
            let is_worker = claim.application.as_deref() == Some("worker");
            claim.ends_before || is_worker && is_graceful()
        })
}

#[test]
fn random_scripts_agree_with_pidone() {
    let Some(sandbox) = sandbox_or_skip() else {
        return;
    };
    let sample = random::sample(sandbox);
    let answers = ask(&sample.startups, &sample.measured, &directory("random"));
    println!("{}", summary(&answers));
    let mut differing: Vec<Disagreement> = Vec::new();
    for ((startup, measured), answer) in sample.startups.iter().zip(&sample.measured).zip(answers) {
        if answer.kind != Kind::Exact {
            differing.push(Disagreement {
                startup: startup.clone(),
                measured: *measured,
                answer,
            });
        }
    }
    // Once more before it counts: a busy machine may have spoiled both runs.
    let again: Vec<Startup> = differing
        .iter()
        .map(|disagreement| disagreement.startup.clone())
        .collect();
    let mut again = sandbox.measure_all(&again, 2).into_iter();
    differing.retain(|disagreement| again.next() == Some(Some(disagreement.measured)));
    let all = differing.len();
    differing.retain(|disagreement| !rests_on_what_it_says(sandbox, disagreement));
    println!(
        "{} more are graceful for `worker`, or if a command ends first, as their assumptions say",
        all - differing.len()
    );
    differing.sort_by_key(|disagreement| disagreement.answer.kind);
    for disagreement in differing.iter().take(SHOWN) {
        let small = shrink(sandbox, disagreement, &directory("shrink"));
        let (kind, predicted) = (small.answer.kind, &small.answer.predicted);
        println!(
            "\n{kind} {}: measured {}, pidone says {predicted}\n{}",
            small.startup.id,
            small.measured.verdict,
            shown(&small.startup)
        );
    }
    for disagreement in differing.iter().skip(SHOWN) {
        let (kind, predicted) = (disagreement.answer.kind, &disagreement.answer.predicted);
        let (id, verdict) = (&disagreement.startup.id, disagreement.measured.verdict);
        println!("{kind} {id}: measured {verdict}, pidone says {predicted}");
    }
    let false_ok = differing
        .iter()
        .filter(|disagreement| disagreement.answer.kind == Kind::FalseOk)
        .count();
    assert_eq!(false_ok, 0, "pidone calls start-ups graceful that are not");
    let exact = sample.startups.len() - all;
    assert!(
        exact * 100 >= sample.startups.len() * RANDOM_EXACT,
        "only {exact} of {} are exact",
        sample.startups.len()
    );
}
