//! GitHub workflow commands: a runner turns these lines into annotations.

use super::place::utf16;
use super::words::{by_severity, message, worst_first};
use crate::rules::Finding;

/// One command a finding, the worst first, because GitHub shows ten of a kind.
pub fn github(findings: &[Finding]) -> String {
    worst_first(findings).into_iter().map(command).collect()
}

fn command(finding: &Finding) -> String {
    let span = &finding.primary.span;
    let (line, _) = span.line_column();
    let (end_line, _) = span.source.line_column(span.end);
    let mut place = format!("line={line},endLine={end_line}");
    // Columns are only read when a finding stays on one line.
    if line == end_line {
        let column = utf16(&span.source, span.start);
        let end = utf16(&span.source, span.end);
        place.push_str(&format!(",col={column},endColumn={end}"));
    }
    let file = span.source.path();
    let file = file.strip_prefix("./").unwrap_or(file);
    format!(
        "::{} file={},{place},title={}::{}\n",
        by_severity(finding.severity, ["error", "warning", "notice"]),
        property(file),
        property(finding.rule.id),
        data(&message(finding)),
    )
}

/// As `escapeData` of actions/toolkit: text from a file cannot begin a command of its own.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// As `escapeProperty` of actions/toolkit.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::rules::{self, Severity};

    #[test]
    fn the_worst_comes_first_and_text_cannot_forge_a_command() {
        let run = sample::run();
        let first = rules::check(&run.analyses[0].targets[0]).remove(0);
        let mut second = first.clone();
        second.severity = Severity::Error;
        second.title = "100% bad\n::error::forged".to_owned();
        second.notes.clear();
        second.help = None;
        let text = github(&[first, second]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "::error file=svc/start.sh,line=3,endLine=3,col=1,endColumn=20,\
             title=script-without-exec::100%25 bad\\n::error::forged"
        );
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("::warning file=svc/start.sh,"));
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }
}
