//! Makes a disagreement small by deleting lines while it stays the same kind of disagreement.
//! In: a start-up with measurement and answer. Out: the smallest one found. Deletes whole lines only, so what remains
//! is text that somebody could have written.

use std::path::Path;

use crate::compare::{Answer, ask};
use crate::sandbox::{Measured, Sandbox};
use crate::startup::Startup;

/// A start-up on which pidone and the shell differ.
#[derive(Clone)]
pub(crate) struct Disagreement {
    pub(crate) startup: Startup,
    pub(crate) measured: Measured,
    pub(crate) answer: Answer,
}

/// How often all candidates of a size are tried; each round deletes something or ends a size.
const ROUNDS: usize = 16;

/// Deletes lines, larger blocks first.
pub(crate) fn shrink(
    sandbox: &Sandbox,
    disagreement: &Disagreement,
    directory: &Path,
) -> Disagreement {
    let mut best = disagreement.clone();
    let mut size = longest(&best.startup).div_ceil(2).max(1);
    for _ in 0..ROUNDS {
        let candidates = without_blocks(&best.startup, size);
        let measured = sandbox.measure_all(&candidates, 2);
        let (candidates, measured): (Vec<Startup>, Vec<Measured>) = candidates
            .into_iter()
            .zip(measured)
            .filter_map(|(startup, result)| Some((startup, result?)))
            .unzip();
        let answers = ask(&candidates, &measured, directory);
        let smaller =
            candidates
                .into_iter()
                .zip(measured)
                .zip(answers)
                .find(|((_, measured), answer)| {
                    answer.kind == best.answer.kind && measured.verdict == best.measured.verdict
                });
        match smaller {
            Some(((startup, measured), answer)) => {
                best = Disagreement {
                    startup,
                    measured,
                    answer,
                }
            }
            None if size == 1 => break,
            None => size /= 2,
        }
        size = size.min(longest(&best.startup).max(1));
    }
    best
}

fn longest(startup: &Startup) -> usize {
    startup
        .files
        .values()
        .chain([&startup.script])
        .map(|text| text.lines().count())
        .max()
        .unwrap_or(0)
}

/// The start-up without each block of `size` lines of its script and of its files.
fn without_blocks(startup: &Startup, size: usize) -> Vec<Startup> {
    let mut candidates = Vec::new();
    for text in blocks_deleted(&startup.script, size) {
        candidates.push(Startup {
            script: text,
            ..startup.clone()
        });
    }
    for (name, content) in &startup.files {
        for text in blocks_deleted(content, size) {
            let mut candidate = startup.clone();
            candidate.files.insert(name.clone(), text);
            candidates.push(candidate);
        }
    }
    candidates
}

fn blocks_deleted(text: &str, size: usize) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts = (0..lines.len()).step_by(size).filter(|_| lines.len() > 1);
    starts
        .map(|start| {
            [&lines[..start], &lines[(start + size).min(lines.len())..]]
                .concat()
                .concat()
        })
        .collect()
}
