//! How often each rule and each verdict occurred in a run.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Run;
use super::style::{BOLD, Paint};
use super::summary::Summary;
use super::words::printable;
use crate::rules::Finding;

/// A table of rules, a table of verdicts, the reasons for `unknown`, and the summary.
pub fn statistics(run: &Run, findings: &[Finding], summary: &Summary) -> String {
    let mut out = String::new();
    let rules = findings.iter().map(|finding| finding.rule.id);
    table(&mut out, "findings", count(rules));
    let targets = run.analyses.iter().flat_map(|analysis| &analysis.targets);
    table(
        &mut out,
        "verdicts",
        count(targets.map(|target| target.verdict.word())),
    );
    let reasons = summary.reasons.iter();
    let reasons = reasons.map(|(reason, count)| (reason.as_str(), *count));
    table(&mut out, "not judged", reasons.collect());
    let _ = writeln!(out, "{}", summary.line());
    out
}

/// How often each word occurs, the commonest first, then by name.
fn count<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn table(out: &mut String, heading: &str, rows: Vec<(&str, usize)>) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", heading.paint(BOLD));
    for (name, count) in rows {
        let _ = writeln!(out, "{count:>7}  {}", printable(name));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_comes_first() {
        let counted = count(["b", "a", "c", "b"].into_iter());
        assert_eq!(counted, [("b", 2), ("a", 1), ("c", 1)]);
    }
}
