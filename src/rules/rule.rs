//! A rule's description, and the macro that makes one from its documentation.

use super::Findings;
use crate::analyze::Target;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is broken.
    Note,
    /// Proven or likely harm.
    Warning,
    /// Proven broken.
    Error,
}

impl Severity {
    /// The word that people and machines read.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A rule.
pub struct Rule {
    /// Its name: kebab-case, for the pattern it reports, as its file.
    pub id: &'static str,
    /// One line; lower case, no full stop.
    pub summary: &'static str,
    /// How bad it is when it is proven.
    pub severity: Severity,
    /// The first version that has it.
    pub since: &'static str,
    /// Its documentation, as Markdown with the headings of [`HEADINGS`].
    pub documentation: &'static str,
    /// Looks at a target.
    pub check: fn(&Target, &mut Findings),
}

/// The headings that every rule's documentation has, in this order.
pub const HEADINGS: [&str; 6] = [
    "What it does",
    "Why is this bad",
    "Example",
    "Use instead",
    "Fix safety",
    "When it stays silent",
];

impl Rule {
    /// The documentation without the blank that `///` leaves before each line.
    pub fn manual(&self) -> String {
        let lines = self.documentation.lines();
        let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
        lines.collect::<Vec<_>>().join("\n").trim().to_owned() + "\n"
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.id)
    }
}

/// Declares a rule: its doc comment is the user's documentation.
macro_rules! declare_rule {
    (
        $(#[doc = $documentation:literal])+
        $visibility:vis static $name:ident = {
            id: $id:literal,
            summary: $summary:literal,
            severity: $severity:ident,
            since: $since:literal,
            check: $check:path,
        }
    ) => {
        $(#[doc = $documentation])+
        $visibility static $name: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            summary: $summary,
            severity: $crate::rules::Severity::$severity,
            since: $since,
            documentation: concat!($($documentation, "\n"),+),
            check: $check,
        };
    };
}

pub(super) use declare_rule;
