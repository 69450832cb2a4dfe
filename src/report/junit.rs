//! JUnit XML and Checkstyle XML, for tools that know nothing newer.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use super::Run;
use super::place::short;
use super::words::{by_severity, message, xml};
use crate::rules::{Finding, Severity};

/// A test suite: one case a finding, one for each target without any. Notes do not fail.
pub fn junit(run: &Run, findings: &[Finding]) -> String {
    let mut cases = String::new();
    let mut tests = 0;
    let mut failures = 0;
    for finding in findings {
        let place = short(&finding.primary.span);
        let text = xml(&message(finding));
        let _ = write!(
            cases,
            "    <testcase classname=\"{}\" name=\"{}\">",
            finding.rule.id,
            xml(&place)
        );
        let _ = match finding.severity {
            Severity::Note => write!(cases, "<system-out>{text}</system-out>"),
            severity => {
                failures += 1;
                let word = severity.word();
                let title = xml(&finding.title);
                write!(
                    cases,
                    "<failure type=\"{word}\" message=\"{title}\">{text}</failure>"
                )
            }
        };
        cases.push_str("</testcase>\n");
        tests += 1;
    }
    let places = findings.iter().flat_map(|finding| {
        let places = std::iter::once(&finding.primary).chain(&finding.related);
        places.map(|place| place.span.source.path())
    });
    let named: HashSet<&str> = places.collect();
    for target in run.analyses.iter().flat_map(|analysis| &analysis.targets) {
        if named.contains(target.file.as_str()) {
            continue;
        }
        let _ = writeln!(
            cases,
            "    <testcase classname=\"{}\" name=\"{}\"/>",
            target.verdict.word(),
            xml(&target.title())
        );
        tests += 1;
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
         <testsuite name=\"pidone\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n\
         {cases}  </testsuite>\n</testsuites>\n"
    )
}

/// Checkstyle's format: findings by file.
pub fn checkstyle(findings: &[Finding]) -> String {
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let path = finding.primary.span.source.path();
        files.entry(path).or_default().push(finding);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<checkstyle version=\"8.0\">\n");
    for (path, findings) in files {
        let _ = writeln!(out, "  <file name=\"{}\">", xml(path));
        for finding in findings {
            let (line, column) = finding.primary.span.line_column();
            let _ = writeln!(
                out,
                "    <error line=\"{line}\" column=\"{column}\" severity=\"{}\" \
                 message=\"{}\" source=\"pidone.{}\"/>",
                by_severity(finding.severity, ["error", "warning", "info"]),
                xml(&message(finding)),
                finding.rule.id
            );
        }
        out.push_str("  </file>\n");
    }
    out.push_str("</checkstyle>\n");
    out
}
