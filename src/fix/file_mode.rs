//! `--chmod=755` for a script or program that is copied without permission to be run.
//!
//! In: a finding at the COPY or ADD. Out: a draft. Unsafe: only BuildKit knows the flag, and every file that the
//! instruction copies gets the mode.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::dockerfile::{self, Keyword};
use crate::rules::Finding;

/// A draft for the COPY or ADD around the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let span = &finding.primary.span;
    if span.source.path() != target.file {
        return Vec::new();
    }
    let file = dockerfile::parse(&span.source);
    let mut instructions = file.instructions.iter();
    let copy = instructions.find(|instruction| {
        matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
            && instruction.range.start <= span.start
            && span.end <= instruction.range.end
            && instruction.flag("chmod").is_none()
    });
    let draft = copy.map(|instruction| {
        let end = instruction.keyword_range.end;
        Draft {
            kind: "chmod",
            title: "copy it with `--chmod=755`".to_owned(),
            applicability: Applicability::Unsafe,
            edits: vec![Edit::replace(file.span(end..end), " --chmod=755")],
            goal: Goal::Deliver,
        }
    });
    draft.into_iter().collect()
}
