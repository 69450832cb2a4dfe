//! How much was judged, and what was not and why.

use super::Run;
use super::style::{BAD, GOOD, Paint, UNSURE};
use super::words::printable;
use crate::rules::{Finding, Severity};
use crate::source::Known;
use crate::stop::Verdict;

/// Reasons named in the summary line; more are counted.
const REASONS: usize = 3;

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Targets with a verdict.
    pub judged: usize,
    /// Targets whose verdict is `unknown`.
    pub not_judged: usize,
    /// Why not, with how many targets each, the commonest first.
    pub reasons: Vec<(String, usize)>,
    /// Findings by severity: errors, warnings, notes.
    pub findings: [usize; 3],
    /// Findings that comments silence.
    pub silenced: usize,
}

impl Summary {
    /// Counts a run, what was found in it, and what comments silence of that.
    pub fn of(run: &Run, findings: &[Finding], silenced: usize) -> Summary {
        let mut summary = Summary {
            silenced,
            ..Summary::default()
        };
        for target in run.analyses.iter().flat_map(|analysis| &analysis.targets) {
            if target.verdict != Verdict::Unknown {
                summary.judged += 1;
                continue;
            }
            summary.not_judged += 1;
            let missing = target.paths.iter().flat_map(|path| &path.missing).next();
            let reason = match (missing, &target.container.argv) {
                (Some(missing), _) => missing.text.clone(),
                (None, Known::Unknown(why)) => why.text.clone(),
                (None, Known::Known(_)) => {
                    "what the program does with the signal is up to its own code".to_owned()
                }
            };
            match summary
                .reasons
                .iter_mut()
                .find(|(known, _)| *known == reason)
            {
                Some((_, count)) => *count += 1,
                None => summary.reasons.push((reason, 1)),
            }
        }
        summary
            .reasons
            .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for finding in findings {
            summary.findings[match finding.severity {
                Severity::Error => 0,
                Severity::Warning => 1,
                Severity::Note => 2,
            }] += 1;
        }
        summary
    }

    /// `2 errors, 1 note (4 silenced); 12 judged, 3 not: reasons`, with ANSI styles.
    pub fn line(&self) -> String {
        let [errors, warnings, notes] = self.findings;
        let counted = [
            (errors, "error", BAD),
            (warnings, "warning", UNSURE),
            (notes, "note", super::style::BOLD),
        ];
        let counted = counted.into_iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<String> = counted
            .map(|(count, word, style)| plural(count, word).paint(style))
            .collect();
        let found = match parts.is_empty() {
            true => "no findings".paint(GOOD),
            false => parts.join(", "),
        };
        let silenced = match self.silenced {
            0 => String::new(),
            count => format!(" ({count} silenced)"),
        };
        let mut line = format!("{found}{silenced}; {} judged", self.judged);
        if self.not_judged > 0 {
            line.push_str(&format!(", {} not: ", self.not_judged));
            let shown = self.reasons.iter().take(REASONS);
            let shown = shown.map(|(reason, count)| match count {
                1 => printable(reason),
                _ => format!("{} ({count} times)", printable(reason)),
            });
            line.push_str(&shown.collect::<Vec<_>>().join("; "));
            if self.reasons.len() > REASONS {
                line.push_str(&format!("; {} more", self.reasons.len() - REASONS));
            }
        }
        line
    }
}

/// A number with its word, which gets an `s` where it needs one.
pub fn plural(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_was_not_judged_and_why() {
        let summary = Summary {
            judged: 12,
            not_judged: 3,
            reasons: vec![
                ("the base image `x` is not known".to_owned(), 2),
                ("`/run.sh` is not in the context".to_owned(), 1),
            ],
            findings: [1, 0, 2],
            silenced: 4,
        };
        let plain = anstream::adapter::strip_str(&summary.line()).to_string();
        assert_eq!(
            plain,
            "1 error, 2 notes (4 silenced); 12 judged, 3 not: the base image `x` is not known (2 times); \
             `/run.sh` is not in the context"
        );
    }
}
