//! The files of a run, and the proof of fixes: what is changed is judged again.
//!
//! In: Dockerfiles on a disk. Out: for each finding a [`Fix`] that is proven, or none. Writes nothing.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::compare::{Change, compare};
use super::{Applicability, Draft, Edit, Fix, Goal, candidates, edit, structure};
use crate::analyze::{self, Analysis, Options, Target};
use crate::rules::{self, Finding};
use crate::source::{Disk, Overlay, Source, Span};
use crate::stop::Verdict;

/// A fix may take so many steps: exec form, then `exec` in the script that it starts, and one more.
const STEPS: usize = 3;
/// Drafts tried for one finding.
const MOST_DRAFTS: usize = 16;

/// A Dockerfile of the run.
#[derive(Clone, Debug)]
pub struct Input {
    /// The path to show.
    pub shown: String,
    /// Where it lies, or its text (standard input).
    pub place: Result<PathBuf, String>,
    /// How it is judged.
    pub options: Options,
}

/// The files that are asked to be fixed.
pub struct Workspace {
    disk: Arc<dyn Disk>,
    inputs: Vec<Input>,
    judged: Vec<OnceLock<Option<Arc<Judged>>>>,
}

/// An input, looked at.
pub(super) struct Judged {
    pub(super) analysis: Arc<Analysis>,
    /// The canonical paths of the files that were read for it.
    pub(super) reads: BTreeSet<PathBuf>,
}

/// The fixes of an input, by the finding's rule and place.
#[derive(Debug, Default)]
pub struct Fixes(HashMap<(&'static str, String, usize, usize), Fix>);

impl Fixes {
    /// The fix of a finding.
    pub fn of(&self, finding: &Finding) -> Option<&Fix> {
        self.0.get(&key(finding))
    }

    /// Takes over the fixes of another input, where there is none yet.
    pub fn absorb(&mut self, other: Fixes) {
        for (key, fix) in other.0 {
            self.0.entry(key).or_insert(fix);
        }
    }

    pub(super) fn into_list(self) -> Vec<Fix> {
        let mut list: Vec<_> = self.0.into_iter().collect();
        list.sort_by(|(one, _), (other, _)| {
            (&one.1, one.2, one.3, one.0).cmp(&(&other.1, other.2, other.3, other.0))
        });
        list.into_iter().map(|(_, fix)| fix).collect()
    }
}

fn key(finding: &Finding) -> (&'static str, String, usize, usize) {
    let span = &finding.primary.span;
    (
        finding.rule.id,
        span.source.path().to_owned(),
        span.start,
        span.end,
    )
}

impl Workspace {
    /// The inputs on a disk, nothing looked at yet.
    pub fn new(disk: Arc<dyn Disk>, inputs: Vec<Input>) -> Workspace {
        let judged = inputs.iter().map(|_| OnceLock::new()).collect();
        Workspace {
            disk,
            inputs,
            judged,
        }
    }

    /// The inputs on a disk, with what looking at them has given.
    pub fn looked_at(disk: Arc<dyn Disk>, inputs: Vec<(Input, Arc<Analysis>)>) -> Workspace {
        let (inputs, looks): (Vec<_>, Vec<_>) = inputs.into_iter().unzip();
        let judged = looks.into_iter().map(|analysis| {
            let judged = Judged::new(&disk, analysis);
            OnceLock::from(Some(Arc::new(judged)))
        });
        Workspace {
            judged: judged.collect(),
            disk,
            inputs,
        }
    }

    /// The inputs after the files of those canonical paths have changed: who has read none of them is as
    /// before.
    pub(super) fn after(
        self,
        disk: Arc<dyn Disk>,
        inputs: Vec<Input>,
        changed: &BTreeSet<PathBuf>,
    ) -> Workspace {
        let is_as_before = |old: &Input, new: &Input, judged: &Judged| {
            old.place == new.place && judged.reads.is_disjoint(changed)
        };
        let judged = self.judged.into_iter().zip(&self.inputs).zip(&inputs);
        let judged = judged.map(|((judged, old), new)| match judged.get() {
            Some(Some(judged)) if !is_as_before(old, new, judged) => OnceLock::new(),
            _ => judged,
        });
        Workspace {
            judged: judged.collect(),
            disk,
            inputs,
        }
    }

    /// The inputs.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The proven fixes of one input's findings; `wanted` says which findings are asked for.
    pub fn plan(&self, index: usize, wanted: &dyn Fn(&Finding) -> bool) -> Fixes {
        let mut fixes = Fixes::default();
        let Some(judged) = self.judged(index) else {
            return fixes;
        };
        for target in &judged.analysis.targets {
            for finding in rules::check(target) {
                if !wanted(&finding) || fixes.of(&finding).is_some() {
                    continue;
                }
                if let Some(fix) = self.fix(index, target, &finding) {
                    fixes.0.insert(key(&finding), fix);
                }
            }
        }
        fixes
    }

    /// An input, looked at; `None` when it cannot be read.
    pub(super) fn judged(&self, index: usize) -> Option<&Arc<Judged>> {
        let judged = self.judged[index].get_or_init(|| {
            let analysis = judge(&self.disk, &self.inputs[index])?;
            Some(Arc::new(Judged::new(&self.disk, Arc::new(analysis))))
        });
        judged.as_ref()
    }

    /// The fix of a finding, if one can be proven: the first draft that holds, or the first safe one.
    fn fix(&self, index: usize, target: &Target, finding: &Finding) -> Option<Fix> {
        let mut tried = 0;
        self.search(index, target, target, finding, &[], 1, &mut tried)
    }

    /// Tries the drafts for a finding of `now`, which is `before` with the steps so far applied.
    #[allow(clippy::too_many_arguments, reason = "the state of a search")]
    fn search(
        &self,
        index: usize,
        before: &Target,
        now: &Target,
        finding: &Finding,
        steps: &[Draft],
        depth: usize,
        tried: &mut usize,
    ) -> Option<Fix> {
        let mut found: Option<Fix> = None;
        let mut open = Vec::new();
        for draft in candidates::candidates(now, finding) {
            *tried += 1;
            if *tried > MOST_DRAFTS {
                break;
            }
            let mut steps = steps.to_vec();
            steps.push(draft);
            let Some((fix, change, after)) = self.prove(index, before, finding, &steps) else {
                continue;
            };
            // To be told and not to stop on it is no gain for which behaviour may change.
            let is_idle = fix.applicability != Applicability::Safe
                && before.verdict == Verdict::Stuck
                && after.verdict == Verdict::Stuck;
            let is_unfinished = steps.iter().any(|step| step.goal == Goal::Finish)
                && after.verdict != Verdict::Graceful;
            match change {
                _ if is_unfinished => {}
                Change::Better if is_idle => open.push((steps, after)),
                Change::Better | Change::Same if change == Change::Better || keeps(&steps) => {
                    if found
                        .as_ref()
                        .is_none_or(|found| fix.applicability < found.applicability)
                    {
                        found = Some(fix);
                    }
                    if found
                        .as_ref()
                        .is_some_and(|found| found.applicability == Applicability::Safe)
                    {
                        return found;
                    }
                }
                _ => open.push((steps, after)),
            }
        }
        if found.is_some() || depth >= STEPS {
            return found;
        }
        // Not there yet, and nothing got worse: what is in the way now may have a fix, too.
        for (steps, after) in open {
            let next = rules::check(&after);
            let next = next
                .iter()
                .filter(|next| next.severity >= rules::Severity::Warning);
            for next in next {
                let fix = self.search(index, before, &after, next, &steps, depth + 1, tried);
                if fix.is_some() {
                    return fix;
                }
            }
        }
        None
    }

    /// The fix of some steps, what became of the target, and the target after them. `None` when they do
    /// not fit together, something else got worse, or a Dockerfile changed in more than they say.
    fn prove(
        &self,
        index: usize,
        before: &Target,
        finding: &Finding,
        steps: &[Draft],
    ) -> Option<(Fix, Change, Target)> {
        let (edits, texts) = compose(steps)?;
        let mut overlay = Overlay::new(Arc::clone(&self.disk));
        let mut changed_inputs: HashMap<&str, &str> = HashMap::new();
        for (source, text) in &texts {
            overlay.replace(Path::new(source.path()), text.as_bytes());
            if !source.is_exact() {
                return None;
            }
            changed_inputs.insert(source.path(), text);
            let is_dockerfile = self.inputs.iter().any(|input| input.shown == source.path());
            let after = Source::new(source.path(), text.as_str());
            if is_dockerfile && !structure::is_kept(source, &after, &edits) {
                return None;
            }
        }
        let changed: BTreeSet<PathBuf> = overlay
            .replaced()
            .map(|(path, _)| path.to_owned())
            .collect();
        let disk: Arc<dyn Disk> = Arc::new(overlay);
        let mut own = None;
        // Nobody else reads a Dockerfile.
        let shared = texts
            .iter()
            .any(|(source, _)| source.path() != self.inputs[index].shown);
        for (other, input) in self.inputs.iter().enumerate() {
            if other != index && !(shared && self.may_read(other, &changed)) {
                continue;
            }
            let old = self.judged(other)?;
            let mut input = input.clone();
            if let (Err(text), Some(new)) =
                (&mut input.place, changed_inputs.get(input.shown.as_str()))
            {
                *text = (*new).to_owned();
            }
            let new = judge(&disk, &input)?;
            if new.targets.len() != old.analysis.targets.len() {
                return None;
            }
            for (old, new) in old.analysis.targets.iter().zip(new.targets) {
                let change = compare(old, &new);
                if change == Change::Worse {
                    return None;
                }
                if other == index && old.stage == before.stage {
                    own = Some((change, new));
                }
            }
        }
        let (change, after) = own?;
        let same = |target: &Target| {
            let findings = rules::check(target);
            findings
                .iter()
                .filter(|other| other.rule.id == finding.rule.id)
                .count()
        };
        // The finding has to be gone, unless more steps are to come; a note about time may take its place.
        let is_graceful = after.verdict == Verdict::Graceful;
        if steps.len() == 1
            && same(&after) >= same(before)
            && change != Change::Same
            && !is_graceful
        {
            return None;
        }
        if keeps(steps) && same(&after) >= same(before) {
            return None;
        }
        let fix = Fix {
            kind: joined(steps.iter().map(|step| step.kind), "+"),
            title: joined(steps.iter().map(|step| step.title.as_str()), "; "),
            applicability: steps.iter().map(|step| step.applicability).max()?,
            instructions: self.instructions(&edits),
            edits: edit::joined(edits),
        };
        Some((fix, change, after))
    }

    /// Whether an input may have read one of the files: it is one of them, or they lie in its context.
    fn may_read(&self, index: usize, changed: &BTreeSet<PathBuf>) -> bool {
        let Some(judged) = self.judged(index) else {
            return false;
        };
        !judged.reads.is_disjoint(changed)
    }

    /// The instructions that the edits touch.
    fn instructions(&self, edits: &[Edit]) -> Vec<Span> {
        let mut found: Vec<Span> = Vec::new();
        for edit in edits {
            let source = &edit.span.source;
            if !self.inputs.iter().any(|input| input.shown == source.path()) {
                continue;
            }
            let file = crate::dockerfile::parse(source);
            for instruction in &file.instructions {
                let span = file.span(instruction.range.clone());
                if structure::is_changed(edit, &instruction.range) && !found.contains(&span) {
                    found.push(span);
                }
            }
        }
        found
    }
}

/// Whether the steps are for something else than the signal.
fn keeps(steps: &[Draft]) -> bool {
    steps.iter().all(|step| step.goal == Goal::Keep)
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        if !seen.contains(&part) {
            seen.push(part);
        }
    }
    seen.join(separator)
}

/// A changed file: as it was, and its new text.
type Changed = (Arc<Source>, String);

/// The edits of all steps against the files as they are, and the new texts.
fn compose(steps: &[Draft]) -> Option<(Vec<Edit>, Vec<Changed>)> {
    let mut texts: Vec<Changed> = Vec::new();
    let mut edits: Vec<Edit> = Vec::new();
    for step in steps {
        let mut sources: Vec<&Arc<Source>> = Vec::new();
        for edit in &step.edits {
            if !sources
                .iter()
                .any(|source| source.path() == edit.span.source.path())
            {
                sources.push(&edit.span.source);
            }
        }
        for source in sources {
            let new = edit::apply(source, &step.edits)?;
            match texts
                .iter_mut()
                .find(|(known, _)| known.path() == source.path())
            {
                None => {
                    let own = step
                        .edits
                        .iter()
                        .filter(|edit| edit.span.source.path() == source.path());
                    edits.extend(own.cloned());
                    texts.push((Arc::clone(source), new));
                }
                Some((original, text)) => {
                    if *text != source.text() {
                        return None;
                    }
                    edits.retain(|edit| edit.span.source.path() != source.path());
                    edits.extend(edit::between(original, &new));
                    *text = new;
                }
            }
        }
    }
    let unchanged = texts.iter().all(|(source, text)| source.text() == text);
    (!unchanged).then_some((edits, texts))
}

impl Judged {
    fn new(disk: &Arc<dyn Disk>, analysis: Arc<Analysis>) -> Judged {
        let reads = analysis.reads.iter();
        Judged {
            reads: reads.filter_map(|path| disk.canonical(path)).collect(),
            analysis,
        }
    }
}

fn judge(disk: &Arc<dyn Disk>, input: &Input) -> Option<Analysis> {
    match &input.place {
        Ok(path) => analyze::analyze(disk, path, &input.shown, &input.options).ok(),
        Err(text) => {
            let source = Source::new(&*input.shown, text.as_str());
            Some(analyze::analyze_source(disk, &source, None, &input.options))
        }
    }
}
