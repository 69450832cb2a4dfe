//! What keeps the kernel from reading a script: carriage returns, a byte order mark, no `#!` line.
//!
//! In: a finding at the script. Out: a draft for a script of the context. Safe: the script could not start.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::rules::Finding;
use crate::source::Span;

/// A draft for the script at the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let source = &finding.primary.span.source;
    if source.path() == target.file {
        return Vec::new();
    }
    let text = source.text();
    let at = |range: std::ops::Range<usize>| Span::new(source, range);
    let (kind, title, edits) = match finding.rule.id {
        "script-with-crlf" => {
            let ends = text.match_indices("\r\n");
            let edits: Vec<Edit> = ends
                .map(|(position, _)| Edit::replace(at(position..position + 1), ""))
                .collect();
            ("line-ends", "end lines in LF", edits)
        }
        "script-with-bom" if text.starts_with('\u{feff}') => {
            let mark = '\u{feff}'.len_utf8();
            let edits = vec![Edit::replace(at(0..mark), "")];
            ("byte-order-mark", "remove the byte order mark", edits)
        }
        "script-without-shebang" if !text.starts_with("#!") => {
            let bash = ["[[ ", "function ", "source ", "declare ", "<(", "${BASH"];
            let line = match bash.iter().any(|sign| text.contains(sign)) {
                true => "#!/bin/bash\n",
                false => "#!/bin/sh\n",
            };
            let edits = vec![Edit::replace(at(0..0), line)];
            (
                "interpreter-line",
                "begin the script with a `#!` line",
                edits,
            )
        }
        _ => return Vec::new(),
    };
    vec![Draft {
        kind,
        title: title.to_owned(),
        applicability: Applicability::Safe,
        edits,
        goal: Goal::Deliver,
    }]
}
