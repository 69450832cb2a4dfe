use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts};
use crate::analyze::Target;
use crate::stop::ExecProblem;

declare_rule! {
    /// ## What it does
    /// Reports a script without a `#!` line that is started by something that needs one: the container runtime, or
    /// a program such as gosu that calls exec itself.
    ///
    /// ## Why is this bad
    /// The kernel does not know what to do with such a file: `exec format error`. That it works from a shell's prompt
    /// is because shells run such a file themselves.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
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
    /// The fix is safe: with a `#!/bin/sh` line the image's shell runs the script, as a shell would have
    /// done.
    ///
    /// ## When it stays silent
    /// When a shell, `env`, tini or another program that falls back to `/bin/sh` starts the script.
    pub(super) static SCRIPT_WITHOUT_SHEBANG = {
        id: "script-without-shebang",
        summary: "a script without a `#!` line is started by the runtime",
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
        if broken.failure.reason != ExecProblem::NoInterpreterLine {
            continue;
        }
        let program = &broken.failure.program;
        let finding = findings.add(
            format!("`{program}` has no `#!` line"),
            place,
            "a `#!` line has to come first",
        );
        if let Some(word) = broken.word(target) {
            finding.related(word, "started here, by something that needs one");
        }
        at_the_start(
            finding,
            broken.path,
            "exec format error, and the container ends",
        );
        finding.help("begin the file with `#!/bin/sh`, with nothing before it");
    }
}
