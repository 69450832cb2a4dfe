//! A finding and its places.

use super::{Rule, Severity};
use crate::source::Span;

/// Something to report, in words apart from the logic that found it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The rule's severity, or less where a condition is not decided.
    pub severity: Severity,
    /// What is wrong; lower case, no full stop.
    pub title: String,
    /// The bytes that must change.
    pub primary: Place,
    /// Other places that matter: the instruction that leads here, other targets that share it.
    pub related: Vec<Place>,
    /// What will happen on stop.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

/// A span and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// What this place does; lower case, no full stop; may be empty.
    pub label: String,
}

impl Finding {
    /// Adds a related place.
    pub fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Finding {
        let place = Place {
            span,
            label: label.into(),
        };
        let same = |known: &Place| is_same_place(&known.span, &place.span);
        if !self.related.iter().any(same) && !same(&self.primary) {
            self.related.push(place);
        }
        self
    }

    /// Adds what will happen on stop.
    pub fn note(&mut self, text: impl Into<String>) -> &mut Finding {
        let text = text.into();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
        self
    }

    /// Says what to do.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Finding {
        self.help = Some(text.into());
        self
    }

    /// Lowers the severity to at most that one.
    pub fn at_most(&mut self, severity: Severity) -> &mut Finding {
        self.severity = self.severity.min(severity);
        self
    }

    /// Takes over what the same finding of another target or path adds.
    pub(super) fn absorb(&mut self, other: Finding) {
        self.severity = self.severity.max(other.severity);
        for place in other.related {
            self.related(place.span, place.label);
        }
    }
}

fn is_same_place(one: &Span, other: &Span) -> bool {
    (one.source.path(), one.start, one.end) == (other.source.path(), other.start, other.end)
}

/// Where rules put what they find.
#[derive(Debug, Default)]
pub struct Findings {
    rule: Option<&'static Rule>,
    list: Vec<Finding>,
}

impl Findings {
    /// The rule that speaks from now on.
    pub(super) fn begin(&mut self, rule: &'static Rule) {
        self.rule = Some(rule);
    }

    /// Adds a finding of the rule that speaks.
    pub fn add(
        &mut self,
        title: impl Into<String>,
        primary: Span,
        label: impl Into<String>,
    ) -> &mut Finding {
        let rule = self.rule.expect("a rule is named before it is run");
        self.list.push(Finding {
            rule,
            severity: rule.severity,
            title: title.into(),
            primary: Place {
                span: primary,
                label: label.into(),
            },
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
        });
        self.list.last_mut().expect("it was just added")
    }

    pub(super) fn into_list(self) -> Vec<Finding> {
        self.list
    }
}
