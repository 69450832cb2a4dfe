use super::Findings;
use super::rule::declare_rule;
use super::words::{at_the_start, broken_starts, leads_nowhere_without_workdir, start_instruction};
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a program with a relative path (`./app`) in a stage that sets no WORKDIR, when it is not
    /// in the directory where the runtime then looks.
    ///
    /// ## Why is this bad
    /// The runtime looks a relative path up in WORKDIR, which is `/` when no instruction sets it. A
    /// later stage does not inherit the WORKDIR of the stage that it copies from.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM scratch
    /// COPY app /demo/app
    /// CMD ["./app"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM scratch
    /// COPY app /demo/app
    /// CMD ["/demo/app"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: an absolute path starts the same program wherever the container is told to work,
    /// but where it was meant to be is for the author to say.
    ///
    /// ## When it stays silent
    /// When the stage sets a WORKDIR, when the file is there, and when the files at hand do not say.
    pub(super) static RELATIVE_ENTRYPOINT = {
        id: "relative-entrypoint",
        summary: "a relative path leads nowhere in a stage without WORKDIR",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let image = &target.container.image;
    let directory = image.working_directory.value.value();
    for broken in broken_starts(target) {
        let (true, Some(directory), Some(span)) = (
            leads_nowhere_without_workdir(target, &broken),
            directory,
            broken.word(target),
        ) else {
            continue;
        };
        let program = &broken.failure.program;
        let relative = program.strip_prefix("./").unwrap_or(program);
        let finding = findings.add(
            format!("there is no `{program}` in the working directory `{directory}`"),
            span,
            format!(
                "looked up as `{}/{relative}`",
                directory.trim_end_matches('/')
            ),
        );
        at_the_start(
            finding,
            broken.path,
            "the runtime finds no such program and gives up",
        );
        finding.help("write the absolute path, or set WORKDIR in this stage");
        if let Some((span, _)) = start_instruction(target) {
            finding.related(span, "");
        }
    }
}
