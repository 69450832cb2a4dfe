use super::rule::declare_rule;
use super::{Finding, Findings, Place};
use crate::analyze::Target;
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Reports a comment `# pidone: ignore[rule]` that silences nothing, names no rule, or cannot be
    /// understood.
    ///
    /// ## Why is this bad
    /// The next real finding at that place would be silent too, and a misspelt comment gives the
    /// impression that something was looked at and accepted.
    ///
    /// ## Example
    /// A comment above a start command that is right:
    ///
    /// ```text
    /// # pidone: ignore[script-without-exec] the script runs one command
    /// CMD ["/demo/app"]
    /// ```
    ///
    /// ## Use instead
    /// No comment.
    ///
    /// ## Fix safety
    /// There is no fix: remove the comment, or the name from its brackets.
    ///
    /// ## When it stays silent
    /// For rules that this run does not look at (`--select`, `--ignore`), and for hadolint's comments.
    pub(super) static UNUSED_IGNORE = {
        id: "unused-ignore",
        summary: "a comment that silences a rule has nothing to silence",
        severity: Note,
        since: "0.1.0",
        check: no_target,
    }
}

/// Comments are weighed against all findings of a run; [`unused_ignore`] makes the finding.
fn no_target(_target: &Target, _findings: &mut Findings) {}

/// The finding for a comment, with the words of whoever weighed it.
pub fn unused_ignore(title: String, span: Span, help: Option<String>) -> Finding {
    Finding {
        rule: &UNUSED_IGNORE,
        severity: UNUSED_IGNORE.severity,
        title,
        primary: Place {
            span,
            label: String::new(),
        },
        related: Vec::new(),
        notes: Vec::new(),
        help,
    }
}
