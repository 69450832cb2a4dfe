use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts};
use crate::analyze::Target;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a script whose lines end in carriage return and line feed, where that spoils the name of the
    /// interpreter or of a program that it runs.
    ///
    /// ## Why is this bad
    /// The carriage return is part of the name: the kernel looks for `/bin/sh\r` and answers `no such file or
    /// directory`. Git on Windows checks files out like that, so the image works or not depending on who
    /// builds it.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// RUN printf '#!/bin/sh\r\nexec /demo/app\r\n' > /start.sh && chmod 755 /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// RUN printf '#!/bin/sh\nexec /demo/app\n' > /start.sh && chmod 755 /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    ///
    /// ## Fix safety
    /// Sometimes there is a fix, which is safe: in a file of the build context removing carriage returns at
    /// line ends changes nothing else. Text that a RUN writes is left to the author.
    ///
    /// ## When it stays silent
    /// When the build removes them (`dos2unix`, `sed -i 's/\r$//'`), and when no name is spoilt.
    pub(super) static SCRIPT_WITH_CRLF = {
        id: "script-with-crlf",
        summary: "carriage returns at line ends break a script",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for broken in broken_starts(target) {
        if broken.failure.reason != ExecProblem::CarriageReturn {
            continue;
        }
        let word = broken.word(target);
        let Some(place) = broken.failure.place.clone().or_else(|| word.clone()) else {
            continue;
        };
        let program = broken.failure.program.trim_end();
        let title = match &broken.failure.place {
            Some(_) => format!("the `#!` line of `{program}` ends in a carriage return"),
            None => format!("the name `{program}` ends in a carriage return"),
        };
        let finding = findings.add(title, place, "this line ends in CR LF");
        if let Some(word) = word {
            finding.related(word, "started here");
        }
        at_the_start(
            finding,
            broken.path,
            "no such file or directory, and the container ends",
        );
        finding
            .help("save the file with LF line ends, and add `*.sh text eol=lf` to .gitattributes");
    }
}
