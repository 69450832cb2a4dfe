use super::Findings;
use super::rule::declare_rule;
use super::words::{argv, start_instruction};
use crate::analyze::Target;
use crate::image::{Found, Origin};

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
    /// An absolute path starts the same program wherever the container is told to work.
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
    let Some(first) = argv(target).first() else {
        return;
    };
    let program = first.text();
    if program.starts_with('/') || !program.contains('/') {
        return;
    }
    let image = &target.container.image;
    let setting = &image.working_directory;
    let (Some(directory), false) = (
        setting.value.value(),
        matches!(setting.origin, Origin::Instruction(_)),
    ) else {
        return;
    };
    let relative = program.strip_prefix("./").unwrap_or(program);
    let path = format!("{}/{relative}", directory.trim_end_matches('/'));
    if !matches!(image.files.look_up(&path), Found::Absent) {
        return;
    }
    let finding = findings.add(
        format!("there is no `{program}` in the working directory `{directory}`"),
        first.full_span(),
        format!("looked up as `{path}`"),
    );
    finding
        .note("at the start: the runtime finds no such program and gives up")
        .help("write the absolute path, or set WORKDIR in this stage");
    if let Some((span, _)) = start_instruction(target) {
        finding.related(span, "");
    }
}
