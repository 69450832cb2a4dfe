//! Which findings are reported: what settings and comments say.
//!
//! In: all findings of a run. Out: those that remain, with comments that silenced nothing added.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::settings::Settings;
use crate::config::{Layer, Level, Suppressions, similar};
use crate::report::Run;
use crate::rules::{self, Finding, Severity};
use crate::source::{Source, Span};

/// Applies severities, `select` and `ignore`, then the comments in the files. The answer also counts what comments
/// silence.
pub(super) fn silence(
    run: &Run,
    findings: Vec<Finding>,
    settings: &Settings,
) -> (Vec<Finding>, usize) {
    let mut layers = Layers {
        settings,
        known: HashMap::new(),
    };
    let mut wanted = Vec::new();
    for mut finding in findings {
        if layers.weigh(&mut finding) {
            wanted.push(finding);
        }
    }
    let hadolint = settings.common.hadolint_ignores.unwrap_or_default();
    let comments = sources(run, &wanted).into_iter();
    let comments = comments.map(|(path, source)| (path, Suppressions::read(&source, hadolint)));
    let comments: BTreeMap<String, Suppressions> = comments
        .filter(|(_, found)| !found.all().is_empty())
        .collect();
    let before = wanted.len();
    let mut used: HashSet<(&str, usize, usize)> = HashSet::new();
    wanted.retain(|finding| {
        let span = &finding.primary.span;
        let Some((path, found)) = comments.get_key_value(span.source.path()) else {
            return true;
        };
        let silent = found.of(finding.rule.id, span.line_column().0);
        used.extend(silent.map(|(comment, name)| (path.as_str(), comment, name)));
        silent.is_none()
    });
    let silenced = before - wanted.len();
    for (path, found) in &comments {
        for (index, comment) in found.all().iter().enumerate().filter(|(_, c)| !c.foreign) {
            if let Some(mistake) = &comment.mistake {
                let title = format!("this comment silences nothing: {mistake}");
                wanted.extend(layers.unused(title, comment.span.clone(), None));
            }
            for (name, ignored) in comment.ignored.iter().enumerate() {
                if used.contains(&(path.as_str(), index, name)) {
                    continue;
                }
                let rule = &ignored.rule;
                let (title, help) = if rules::named(rule).is_none() {
                    let known = rules::ALL.iter().map(|rule| rule.id);
                    let meant = similar(rule, known).map(|rule| format!("did you mean `{rule}`?"));
                    (format!("there is no rule `{rule}`"), meant)
                } else if layers.looks_at(Path::new(path), rule) {
                    let help = "remove it, or the next finding here will be silent too";
                    (
                        format!("`{rule}` has nothing to say here"),
                        Some(help.to_owned()),
                    )
                } else {
                    continue;
                };
                wanted.extend(layers.unused(title, ignored.span.clone(), help));
            }
        }
    }
    (wanted, silenced)
}

/// Settings by file, each computed once.
struct Layers<'a> {
    settings: &'a Settings,
    known: HashMap<String, Layer>,
}

impl Layers<'_> {
    fn of(&mut self, path: &str) -> &Layer {
        let settings = self.settings;
        self.known
            .entry(path.to_owned())
            .or_insert_with(|| settings.of(Path::new(path)))
    }

    /// Gives a finding the severity that the user wants; the answer is whether it is wanted at all.
    fn weigh(&mut self, finding: &mut Finding) -> bool {
        let path = finding.primary.span.source.path().to_owned();
        let rule = finding.rule.id;
        if !self.looks_at(Path::new(&path), rule) {
            return false;
        }
        match self.of(&path).severity.get(rule) {
            None | Some(Level::Off) => {}
            Some(Level::Note) => finding.severity = Severity::Note,
            Some(Level::Warning) => finding.severity = Severity::Warning,
            Some(Level::Error) => finding.severity = Severity::Error,
        }
        true
    }

    fn looks_at(&mut self, path: &Path, rule: &str) -> bool {
        let layer = self.of(&path.to_string_lossy());
        let selected = layer.select.as_ref();
        selected.is_none_or(|list| list.iter().any(|name| name == rule))
            && !layer.ignore.iter().any(|name| name == rule)
            && layer.severity.get(rule) != Some(&Level::Off)
    }

    fn unused(&mut self, title: String, span: Span, help: Option<String>) -> Option<Finding> {
        let mut finding = rules::unused_ignore(title, span, help);
        self.weigh(&mut finding).then_some(finding)
    }
}

/// Whether one finding is asked for and no comment silences it: what a fix may be made for.
pub(super) fn keeps(settings: &Settings, finding: &Finding) -> bool {
    let mut layers = Layers {
        settings,
        known: HashMap::new(),
    };
    let span = &finding.primary.span;
    let hadolint = settings.common.hadolint_ignores.unwrap_or_default();
    let comments = Suppressions::read(&span.source, hadolint);
    let is_silent = comments.of(finding.rule.id, span.line_column().0).is_some();
    layers.looks_at(Path::new(span.source.path()), finding.rule.id) && !is_silent
}

/// Every text that a run has seen and that can hold comments, by path.
fn sources(run: &Run, findings: &[Finding]) -> BTreeMap<String, Arc<Source>> {
    let dockerfiles = run.analyses.iter().map(|analysis| &analysis.source);
    let scripts = run.analyses.iter().flat_map(|analysis| {
        let paths = analysis.targets.iter().flat_map(|target| &target.paths);
        paths.flat_map(spans).map(|span| &span.source)
    });
    let found = findings.iter().map(|finding| &finding.primary.span.source);
    let all = dockerfiles.chain(scripts).chain(found);
    let mut sources = BTreeMap::new();
    for source in all {
        if !sources.contains_key(source.path()) {
            sources.insert(source.path().to_owned(), Arc::clone(source));
        }
    }
    sources
}

/// The places that a way through a start-up passes.
pub(super) fn spans(path: &crate::stop::Path) -> impl Iterator<Item = &Span> {
    let facts = path.facts.iter().filter_map(|fact| fact.span.as_ref());
    let route = path.route.iter().filter_map(|step| step.span.as_ref());
    let when = path
        .when
        .iter()
        .filter_map(|condition| condition.span.as_ref());
    let missing = path
        .missing
        .iter()
        .filter_map(|missing| missing.span.as_ref());
    facts.chain(route).chain(when).chain(missing)
}
