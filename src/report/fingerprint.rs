//! What tells a finding from all others, and stays the same when lines above it move.
//!
//! In: the findings of a run. Out: one short text each. It knows neither lines nor wording: those change
//! without the finding being another one.

use std::collections::HashMap;

use crate::rules::Finding;

/// The fingerprints of findings, in their order. Each is made of the rule, the file, and the text under
/// the primary place with its white space folded; equal ones are numbered in the order of the file.
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    fingerprints_of(findings, &|path| path.to_owned())
}

/// The same with other names for the files.
pub fn fingerprints_of(findings: &[Finding], name: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut seen: HashMap<u64, usize> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let hash = hash(finding, &name(finding.primary.span.source.path()));
            let count = seen.entry(hash).or_default();
            *count += 1;
            format!("{hash:016x}:{count}")
        })
        .collect()
}

/// FNV-1a with 64 bits: the same on every machine and in every version, which the standard library's
/// hasher does not promise.
fn hash(finding: &Finding, file: &str) -> u64 {
    let span = &finding.primary.span;
    let words = span.text().split_whitespace();
    let parts = [finding.rule.id, shown(file)];
    let parts = parts.into_iter().chain(words);
    parts
        .flat_map(|part| part.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// `./svc/Dockerfile` and `svc/Dockerfile` are one file.
fn shown(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::source::{Source, Span};

    fn moved(finding: &Finding, before: &str) -> Finding {
        let old = &finding.primary.span;
        let source = Source::new(
            old.source.path(),
            format!("{before}{}", old.source.text().replace("--port", " --port")),
        );
        let mut moved = finding.clone();
        let start = old.start + before.len();
        moved.primary.span = Span::new(&source, start..old.end + before.len() + 1);
        moved
    }

    #[test]
    fn lines_above_and_white_space_change_nothing_and_twins_are_told_apart() {
        let run = sample::run();
        let finding = crate::rules::check(&run.analyses[0].targets[0]).remove(0);
        let other = moved(&finding, "# a comment\n\n");
        assert_eq!(
            fingerprints(std::slice::from_ref(&finding)),
            fingerprints(std::slice::from_ref(&other))
        );
        let twins = fingerprints(&[finding, other]);
        assert_eq!(twins[0].split_once(':').map(|(_, count)| count), Some("1"));
        assert_eq!(twins[1].split_once(':').map(|(_, count)| count), Some("2"));
    }
}
