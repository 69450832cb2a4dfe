use super::rule::declare_rule;
use super::{Finding, Findings, Place};
use crate::analyze::{Target, Unreadable};
use crate::source::{Source, Span};

declare_rule! {
    /// ## What it does
    /// Reports a Dockerfile that was found by searching a directory and that cannot be read: no
    /// permission, a link that leads nowhere, a binary file, larger than 8 MiB.
    ///
    /// ## Why is this bad
    /// Nothing is known about the images that are built from it, and a check that skips files
    /// without a word gives false safety.
    ///
    /// ## Example
    /// A `Dockerfile` saved as UTF-16, or a link to a file that is gone.
    ///
    /// ## Use instead
    /// A Dockerfile in UTF-8; or tell the search not to look at it (`.gitignore`, `.ignore`).
    ///
    /// ## Fix safety
    /// There is no fix.
    ///
    /// ## When it stays silent
    /// When the path was named on the command line: then the run itself fails with status 2.
    pub(super) static UNREADABLE_FILE = {
        id: "unreadable-file",
        summary: "a Dockerfile cannot be read",
        severity: Error,
        since: "0.1.0",
        check: no_target,
    }
}

/// A file that cannot be read has no target; [`unreadable`] makes the finding.
fn no_target(_target: &Target, _findings: &mut Findings) {}

/// The finding for a file that could not be read.
pub fn unreadable(file: &Unreadable) -> Finding {
    let source = Source::new(file.file.as_str(), "");
    Finding {
        rule: &UNREADABLE_FILE,
        severity: UNREADABLE_FILE.severity,
        title: format!("this file cannot be judged: {}", file.message),
        primary: Place {
            span: Span::new(&source, 0..0),
            label: String::new(),
        },
        related: Vec::new(),
        notes: vec!["nothing is known about the images that are built from it".to_owned()],
        help: Some("make it a readable text, or list it in `.ignore`".to_owned()),
    }
}
