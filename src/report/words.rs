//! A finding in words, for the formats that have one field for all of it.

use crate::rules::{Finding, Rule, Severity};

/// Title, notes and help, a line each.
pub(super) fn message(finding: &Finding) -> String {
    let mut text = printable(&finding.title);
    for note in &finding.notes {
        text.push('\n');
        text.push_str(&printable(note));
    }
    if let Some(help) = &finding.help {
        text.push_str("\nhelp: ");
        text.push_str(&printable(help));
    }
    text
}

/// The text with control characters shown as escapes: what a file holds must not steer a terminal or begin a
/// line of its own.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// Where a rule is described.
pub(super) fn address(_rule: &Rule) -> String {
    concat!(env!("CARGO_PKG_REPOSITORY"), "#rules").to_owned()
}

/// Findings with the worst first, else in their order: viewers cut the list.
pub(super) fn worst_first(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    sorted
}

/// One of three words by severity: for an error, a warning, a note.
pub(super) fn by_severity<T>(severity: Severity, words: [T; 3]) -> T {
    let [error, warning, note] = words;
    match severity {
        Severity::Error => error,
        Severity::Warning => warning,
        Severity::Note => note,
    }
}

/// Text for XML, in element content and in attributes. Characters that XML 1.0 has no way to write
/// become U+FFFD.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_an_attribute() {
        assert_eq!(
            xml("a\" b='c' <&>\n\u{1b}[31m"),
            "a&quot; b='c' &lt;&amp;&gt;&#10;\u{fffd}[31m"
        );
    }
}
