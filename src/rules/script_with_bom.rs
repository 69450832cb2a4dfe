use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts};
use crate::analyze::Target;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a script with a byte order mark before its `#!` line that is started by something that needs that
    /// line.
    ///
    /// ## Why is this bad
    /// The kernel looks at the first two bytes. It finds no `#!` there and answers `exec format error`. Editors do not
    /// show the mark.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// ﻿#!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: removing the mark changes nothing else, shells take it for part of the first word.
    ///
    /// ## When it stays silent
    /// When a shell reads the script (`sh start.sh`): it complains about the first line and goes on.
    pub(super) static SCRIPT_WITH_BOM = {
        id: "script-with-bom",
        summary: "a byte order mark hides the `#!` line",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for broken in broken_starts(target) {
        let Some(place) = broken.failure.place.clone() else {
            continue;
        };
        if broken.failure.reason != ExecProblem::ByteOrderMark {
            continue;
        }
        let program = &broken.failure.program;
        let finding = findings.add(
            format!("`{program}` begins with a byte order mark"),
            place,
            "three bytes before `#!` that no editor shows",
        );
        if let Some(word) = broken.word(target) {
            finding.related(word, "started here");
        }
        at_the_start(
            finding,
            broken.path,
            "exec format error, and the container ends",
        );
        finding.help("save the file as UTF-8 without a byte order mark");
    }
}
