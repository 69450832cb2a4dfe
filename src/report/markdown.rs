//! Findings as Markdown: for a pull request's comment and a workflow's summary page.

use std::fmt::Write;

use super::place::short;
use super::summary::Summary;
use super::words::worst_first;
use crate::fix::{Applicability, Fix, Fixes, unified_diff};
use crate::rules::{Finding, Severity};

/// GitHub takes no summary page of more than 1 MiB: bytes of the table, and of the whole page.
const LONGEST_TABLE: usize = 300_000;
const LONGEST_PAGE: usize = 900_000;
/// The same for one difference, which nobody reads to its end.
const LONGEST_DIFF: usize = 50_000;

/// The summary, a table of findings, the worst first, and folded below it what each means and what would fix it.
pub fn markdown(findings: &[Finding], fixes: &Fixes, summary: &Summary) -> String {
    let mut out = String::from("## pidone\n\n");
    let line = anstream::adapter::strip_str(&summary.line()).to_string();
    let _ = writeln!(out, "{}", cell(&line));
    if findings.is_empty() {
        return out;
    }
    out.push_str("\n| | where | rule | what |\n| --- | --- | --- | --- |\n");
    let sorted = worst_first(findings);
    for (index, finding) in sorted.iter().enumerate() {
        if out.len() > LONGEST_TABLE {
            let _ = writeln!(out, "| | | | and {} more |", sorted.len() - index);
            break;
        }
        let mark = match finding.severity {
            Severity::Error => "❌ error",
            Severity::Warning => "⚠️ warning",
            Severity::Note => "ℹ️ note",
        };
        let place = short(&finding.primary.span).replace('`', "'");
        let _ = writeln!(
            out,
            "| {mark} | `{}` | `{}` | {} |",
            place.replace('|', r"\|"),
            finding.rule.id,
            cell(&finding.title)
        );
    }
    out.push_str("\n<details><summary>What will happen, and what to do</summary>\n");
    for (index, finding) in sorted.iter().enumerate() {
        if out.len() > LONGEST_PAGE {
            let _ = writeln!(out, "\nand {} more", sorted.len() - index);
            break;
        }
        let place = short(&finding.primary.span).replace('`', "'");
        let _ = writeln!(out, "\n**`{place}`** {}\n", cell(&finding.title));
        for note in &finding.notes {
            let _ = writeln!(out, "- {}", cell(note));
        }
        for related in finding
            .related
            .iter()
            .filter(|place| !place.label.is_empty())
        {
            let place = short(&related.span).replace('`', "'");
            let _ = writeln!(out, "- `{place}`: {}", cell(&related.label));
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "- **{}**", cell(help));
        }
        if let Some(fix) = fixes.of(finding) {
            write_fix(&mut out, fix);
        }
    }
    out.push_str("\n</details>\n");
    out
}

fn write_fix(out: &mut String, fix: &Fix) {
    let texts = fix.new_texts().unwrap_or_default();
    let diffs = texts
        .iter()
        .map(|(source, new)| unified_diff(source.path(), source.text(), new));
    let diff: String = diffs.collect();
    // A fence longer than any in the text.
    let longest = diff.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let unsafe_part = match fix.applicability {
        Applicability::Safe => "",
        _ => " (this may change more than the way of the stop signal)",
    };
    let title = cell(&fix.title);
    let _ = match diff.len() > LONGEST_DIFF {
        true => writeln!(out, "- fix: {title}{unsafe_part}"),
        false => writeln!(
            out,
            "- fix: {title}{unsafe_part}\n\n{fence}diff\n{diff}{fence}"
        ),
    };
}

/// Text for a cell: one line, no HTML, no column of its own; code in backquotes is left alone.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '`' => {
                in_code = !in_code;
                out.push(c);
            }
            '|' => out.push_str(r"\|"),
            '<' if !in_code => out.push_str("&lt;"),
            '*' | '_' if !in_code => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    // A lone backquote would turn the rest of the page into code.
    if in_code {
        out = out.replace('`', r"\`");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::rules;

    #[test]
    fn a_page_stays_below_what_github_takes() {
        let run = sample::run();
        let finding = rules::check(&run.analyses[0].targets[0]).remove(0);
        let findings = vec![finding; 20_000];
        let summary = Summary::of(&run, &findings, 0);
        let text = markdown(&findings, &Fixes::default(), &summary);
        assert!(text.len() < 1 << 20, "{}", text.len());
        assert_eq!(text.matches(" more").count(), 2);
        assert!(text.ends_with("</details>\n"));
    }

    #[test]
    fn a_table_stays_a_table() {
        let run = sample::run();
        let mut findings = rules::check(&run.analyses[0].targets[0]);
        findings[0].title = "`a | b` <script>\nc".to_owned();
        let text = markdown(
            &findings,
            &Fixes::default(),
            &Summary::of(&run, &findings, 0),
        );
        let row = text.lines().find(|line| line.starts_with("| ⚠️"));
        assert_eq!(
            row,
            Some(
                "| ⚠️ warning | `svc/start.sh:3:1` | `script-without-exec` \
                 | `a \\| b` &lt;script> c |"
            )
        );
        assert!(
            text.starts_with("## pidone\n\n1 warning; 1 judged\n"),
            "{text}"
        );
        assert_eq!(cell("a ` b"), r"a \` b");
    }
}
