//! Findings that are known, and findings that a branch has nothing to do with: both are left out.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;
use super::silence::spans;
use crate::analyze::Analysis;
use crate::report::{self, Run};
use crate::rules::Finding;
use crate::source::{Disk, RealDisk};

const SCHEMA: &str = "pidone/baseline/1";

/// The file of a baseline.
#[derive(Serialize, Deserialize)]
struct Baseline {
    schema: String,
    findings: Vec<Known>,
}

/// A finding that is known. Only the fingerprint is compared; the rest is for people.
#[derive(Serialize, Deserialize)]
struct Known {
    rule: String,
    file: String,
    title: String,
    fingerprint: String,
}

/// Writes the findings to a file.
pub(super) fn write(path: &Path, findings: &[Finding]) -> Result<(), String> {
    let name = names_from(path);
    let prints = report::fingerprints_of(findings, &name);
    let known = findings
        .iter()
        .zip(prints)
        .map(|(finding, fingerprint)| Known {
            rule: finding.rule.id.to_owned(),
            file: name(finding.primary.span.source.path()),
            title: finding.title.clone(),
            fingerprint,
        });
    let baseline = Baseline {
        schema: SCHEMA.to_owned(),
        findings: known.collect(),
    };
    let text = serde_json::to_string_pretty(&baseline).expect("plain structs serialise");
    files::write(path, &(text + "\n"))
}

/// Names files by their way from the baseline's directory, so that it does not matter where pidone was
/// started. What exists nowhere, such as standard input, keeps its name.
fn names_from(baseline: &Path) -> impl Fn(&str) -> String {
    let directory = baseline
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = RealDisk.canonical(directory.unwrap_or(Path::new(".")));
    move |path| {
        let real = RealDisk.canonical(Path::new(path));
        match (&directory, real) {
            (Some(directory), Some(real)) => files::shown(&way(directory, &real)),
            _ => path.to_owned(),
        }
    }
}

/// The way from a directory to a file, both without links.
fn way(directory: &Path, file: &Path) -> PathBuf {
    let same = directory.components().zip(file.components());
    let same = same.take_while(|(one, other)| one == other).count();
    let up = directory
        .components()
        .skip(same)
        .map(|_| Component::ParentDir);
    up.chain(file.components().skip(same)).collect()
}

/// Leaves out the findings that the file lists. The answer also counts those left out, and the entries that
/// nothing answered to.
pub(super) fn apply(
    path: &Path,
    findings: Vec<Finding>,
) -> Result<(Vec<Finding>, usize, usize), String> {
    let because = |message: String| format!("{}: {message}", files::shown(path));
    let text = files::text(path)?;
    let baseline: Baseline =
        serde_json::from_str(&text).map_err(|error| because(error.to_string()))?;
    if baseline.schema != SCHEMA {
        let message = format!("expected the schema {SCHEMA}, found `{}`", baseline.schema);
        return Err(because(message));
    }
    let known: HashSet<&str> = baseline
        .findings
        .iter()
        .map(|known| known.fingerprint.as_str())
        .collect();
    let prints = report::fingerprints_of(&findings, &names_from(path));
    let count = findings.len();
    let rest = findings.into_iter().zip(&prints);
    let rest: Vec<Finding> = rest
        .filter(|(_, print)| !known.contains(print.as_str()))
        .map(|(finding, _)| finding)
        .collect();
    let left_out = count - rest.len();
    let gone = known.len() - left_out;
    Ok((rest, left_out, gone))
}

/// Keeps the Dockerfiles that changed since a revision, or that run a script that did.
pub(super) fn keep_changed(run: &mut Run, revision: &str, directory: &Path) -> Result<(), String> {
    let changed = files::changed_since(revision, directory)
        .map_err(|why| format!("--changed-since {revision}: {why}"))?;
    let changed: HashSet<PathBuf> = changed.into_iter().collect();
    let has_changed = |path: &str| {
        let path = RealDisk.canonical(Path::new(path));
        path.is_some_and(|path| changed.contains(&path))
    };
    let touched = |analysis: &Analysis| {
        let paths = analysis.targets.iter().flat_map(|target| &target.paths);
        let scripts = paths.flat_map(spans).map(|span| span.source.path());
        let scripts: HashSet<&str> = scripts.collect();
        has_changed(&analysis.file) || scripts.into_iter().any(has_changed)
    };
    run.analyses.retain(|analysis| touched(analysis));
    run.unreadable.retain(|file| has_changed(&file.file));
    Ok(())
}
