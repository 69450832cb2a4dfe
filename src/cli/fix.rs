//! `check --fix` and `check --diff`: apply what is proven, or show it.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::arguments::Fixing;
use super::discover::{Candidate, discover};
use super::output::Output;
use super::settings::Settings;
use super::silence::keeps;
use super::{COULD_NOT_RUN, FINDINGS, FINE, STACK, write};
use crate::analyze;
use crate::fix::{Applicability, Fixed, Fixes, Input, Workspace, fix_all, unified_diff};
use crate::report::Run;
use crate::rules::{self, Finding};
use crate::source::{Disk, LARGEST_FILE, RealDisk};

/// How standard input is called.
const STANDARD_INPUT: &str = "<stdin>";

/// Fixes the files, or prints the difference. `Ok` with the status so far when the findings that remain are
/// to be reported; `Err` with the exit status when all has been said.
pub(super) fn fix(
    paths: &[PathBuf],
    fixing: &Fixing,
    settings: &Settings,
    output: &mut Output,
) -> Result<u8, u8> {
    let exclusions = settings.exclusions().map_err(|message| {
        output.error(&message);
        COULD_NOT_RUN
    })?;
    let discovery = discover(paths, &exclusions);
    let inputs = discovery.files.iter().map(|file| input(file, settings));
    let inputs: Vec<Input> = inputs.collect::<Result<_, _>>().map_err(|message| {
        output.error(&message);
        COULD_NOT_RUN
    })?;
    let most = match fixing.unsafe_fixes {
        true => Applicability::Unsafe,
        false => Applicability::Safe,
    };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let wanted = |finding: &Finding| keeps(settings, finding);
    // An editor that pipes a buffer through wants that one text: nothing else may change under it.
    let is_piped = inputs.iter().any(|input| input.place.is_err()) && !fixing.diff;
    let may_change = |path: &str| !is_piped || path == STANDARD_INPUT;
    let mut fixed = fix_all(&disk, &inputs, most, &may_change, &wanted, &each);
    if fixing.diff {
        for (file, message) in &discovery.unusable {
            output.error(&format!("{file}: {message}"));
        }
        return Err(
            show(&fixed, output).max(match discovery.unusable.is_empty() {
                true => FINE,
                false => COULD_NOT_RUN,
            }),
        );
    }
    let status = store(&mut fixed, output);
    let text = inputs.iter().find_map(|input| input.place.as_ref().err());
    if let Some(text) = text {
        let new = fixed.files.get(STANDARD_INPUT).map(|(_, new)| new);
        output.result(new.unwrap_or(text));
        news(&fixed, status != FINE, output);
        return Err(status);
    }
    news(&fixed, status != FINE, output);
    Ok(status)
}

/// The fixes of findings, proven and not applied.
pub(super) fn proposed(run: &Run, findings: &[Finding], settings: &Settings) -> Fixes {
    let mut proposed = Fixes::default();
    if findings.is_empty() {
        return proposed;
    }
    let key = |finding: &Finding| {
        let span = &finding.primary.span;
        let path = span.source.path().to_owned();
        (finding.rule.id, path, span.start, span.end)
    };
    let reported: HashSet<_> = findings.iter().map(key).collect();
    let wanted = |finding: &Finding| reported.contains(&key(finding));
    let mut inputs = Vec::new();
    let mut involved = Vec::new();
    for analysis in &run.analyses {
        let path = PathBuf::from(&analysis.file);
        let Ok(options) = settings.options(&path) else {
            continue;
        };
        let mut found = analysis.targets.iter().flat_map(rules::check);
        if found.any(|finding| wanted(&finding)) {
            involved.push(inputs.len());
        }
        let input = Input {
            shown: analysis.file.clone(),
            place: match analysis.file == STANDARD_INPUT {
                true => Err(analysis.source.text().to_owned()),
                false => Ok(path),
            },
            options,
        };
        inputs.push((input, Arc::clone(analysis)));
    }
    let workspace = Workspace::looked_at(Arc::new(RealDisk), inputs);
    for fixes in each(&involved, &|index| workspace.plan(index, &wanted)) {
        proposed.absorb(fixes);
    }
    proposed
}

fn input(file: &Candidate, settings: &Settings) -> Result<Input, String> {
    let options = settings.options(&file.path)?;
    if file.shown != "-" {
        return Ok(Input {
            shown: file.shown.clone(),
            place: Ok(file.path.clone()),
            options,
        });
    }
    let mut bytes = Vec::new();
    let mut stdin = std::io::stdin().lock().take(LARGEST_FILE + 1);
    let because = |message: String| format!("{STANDARD_INPUT}: {message}");
    stdin
        .read_to_end(&mut bytes)
        .map_err(|error| because(error.to_string()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(because("too large to read".to_owned()));
    }
    let source = analyze::decode(STANDARD_INPUT, bytes).map_err(because)?;
    if !source.is_exact() {
        return Err(because("not valid UTF-8".to_owned()));
    }
    Ok(Input {
        shown: STANDARD_INPUT.to_owned(),
        place: Err(source.text().to_owned()),
        options,
    })
}

/// Plans for many files on all cores. A defect of pidone costs one file's fixes, never the run.
fn each(indexes: &[usize], plan: &(dyn Fn(usize) -> Fixes + Sync)) -> Vec<Fixes> {
    let one = |index: &usize| catch_unwind(AssertUnwindSafe(|| plan(*index))).unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK);
    match (indexes.len() > 1).then(|| pool.build()) {
        Some(Ok(pool)) => pool.install(|| indexes.par_iter().map(one).collect()),
        _ => indexes.iter().map(one).collect(),
    }
}

fn show(fixed: &Fixed, output: &mut Output) -> u8 {
    let mut diff = String::new();
    for (path, (source, new)) in &fixed.files {
        diff.push_str(&unified_diff(path, source.text(), new));
    }
    output.result(&diff);
    news(fixed, false, output);
    if diff.is_empty() { FINE } else { FINDINGS }
}

/// Writes what was changed. What cannot be written is said and counts as not fixed, and the rest goes on.
fn store(fixed: &mut Fixed, output: &mut Output) -> u8 {
    let mut status = FINE;
    let Fixed { files, applied, .. } = fixed;
    files.retain(|path, (source, new)| {
        if path == STANDARD_INPUT {
            return true;
        }
        let written = write::replace(Path::new(path), source.text().as_bytes(), new.as_bytes());
        if let Err(message) = &written {
            output.error(&format!("{path}: not fixed: {message}"));
            applied.retain(|fix| !fix.changes(path));
            status = COULD_NOT_RUN;
        }
        written.is_ok()
    });
    status
}

/// What was done, by kind.
fn news(fixed: &Fixed, fails_to_store: bool, output: &mut Output) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for fix in &fixed.applied {
        *kinds.entry(&fix.kind).or_default() += 1;
    }
    if !kinds.is_empty() {
        let kinds: Vec<String> = kinds
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let files = match fixed.files.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        output.news(&format!("fixes in {files}: {}", kinds.join(", ")));
    }
    if fixed.withheld > 0 {
        output.news(&format!("{} more with --unsafe-fixes", fixed.withheld));
    }
    if fixed.elsewhere > 0 {
        let count = fixed.elsewhere;
        output.news(&format!(
            "{count} more in other files, which stay as they are when standard input is fixed"
        ));
    }
    if fixed.applied.is_empty() && fixed.withheld + fixed.elsewhere == 0 && !fails_to_store {
        output.news("no finding has a proven fix");
    }
}
