//! Random start-ups, measured once for all tests of this process.
//! In: `PIDONE_RANDOM` (how many), `PIDONE_SEED` (the first seed), `PIDONE_EXPORT` (a file that gets them as lines of
//! JSON with their verdicts), `PIDONE_CASES` (a file of such lines to read instead). Out: the start-ups that gave the same answer in every run. Judges nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::OnceLock;

use serde::Serialize;

use crate::generator::generate;
use crate::sandbox::{Measured, Sandbox, Word};
use crate::startup::Startup;

/// A line of an export.
#[derive(Serialize)]
struct Line<'a> {
    group: &'static str,
    idiom: String,
    #[serde(flatten)]
    startup: &'a Startup,
    verdict: Word,
    app_is_pid1: bool,
}

/// The start-ups of this run with what was measured.
pub(crate) struct Sample {
    pub(crate) startups: Vec<Startup>,
    pub(crate) measured: Vec<Measured>,
}

/// How often a random start-up is run before its verdict counts.
const RUNS: usize = 2;

/// Measures the sample of this process, once.
pub(crate) fn sample(sandbox: &Sandbox) -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let (count, first) = (number("PIDONE_RANDOM", 150), number("PIDONE_SEED", 1));
        let drawn: Vec<Startup> = match std::env::var("PIDONE_CASES") {
            Ok(file) => read(&file),
            Err(_) => (first..first + count).map(generate).collect(),
        };
        let asked = drawn.len();
        let drawn: Vec<Startup> = drawn
            .into_iter()
            .filter(|startup| sandbox.misses(startup).is_none())
            .collect();
        let results = sandbox.measure_all(&drawn, RUNS);
        let mut sample = Sample {
            startups: Vec::new(),
            measured: Vec::new(),
        };
        for (startup, result) in drawn.into_iter().zip(results) {
            if let Some(measured) = result {
                sample.startups.push(startup);
                sample.measured.push(measured);
            }
        }
        println!(
            "{asked} start-ups (seeds from {first} on), {} of them steady",
            sample.startups.len()
        );
        if let Ok(file) = std::env::var("PIDONE_EXPORT") {
            fs::write(&file, export(&sample))
                .expect("PIDONE_EXPORT names a file that can be written");
        }
        sample
    })
}

/// How many of each verdict, and the lines to print.
pub(crate) fn histogram(sample: &Sample) -> (BTreeMap<Word, usize>, String) {
    let mut counts: BTreeMap<Word, usize> = Word::ALL.into_iter().map(|word| (word, 0)).collect();
    for measured in &sample.measured {
        *counts.entry(measured.verdict).or_default() += 1;
    }
    let mut text = String::new();
    for (word, count) in &counts {
        let percent = 100.0 * *count as f64 / sample.measured.len().max(1) as f64;
        writeln!(text, "  {word:10} {count:6}  {percent:5.1} %").expect("a string takes all");
    }
    (counts, text)
}

fn export(sample: &Sample) -> String {
    let mut text = String::new();
    for (startup, measured) in sample.startups.iter().zip(&sample.measured) {
        let line = Line {
            group: "r",
            idiom: startup.id.clone(),
            startup,
            verdict: measured.verdict,
            app_is_pid1: measured.app_is_pid1,
        };
        text.push_str(&serde_json::to_string(&line).expect("strings are JSON"));
        text.push('\n');
    }
    text
}

/// Reads start-ups from lines of JSON; verdicts in them are not looked at.
fn read(file: &str) -> Vec<Startup> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}: {error}")))
        .collect()
}

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number")),
        Err(_) => default,
    }
}
