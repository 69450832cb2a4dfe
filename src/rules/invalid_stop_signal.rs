use super::Findings;
use super::rule::declare_rule;
use crate::analyze::Target;
use crate::image::{Origin, StopSignalProblem};

declare_rule! {
    /// ## What it does
    /// Reports a `STOPSIGNAL` that names no signal.
    ///
    /// ## Why is this bad
    /// The builder refuses it (`invalid signal`) and makes no image.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// STOPSIGNAL SIGTREM
    /// CMD ["/demo/app"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// STOPSIGNAL SIGTERM
    /// CMD ["/demo/app"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which signal was meant is the author's to say.
    ///
    /// ## When it stays silent
    /// When the signal comes from a variable whose value is not known.
    pub(super) static INVALID_STOP_SIGNAL = {
        id: "invalid-stop-signal",
        summary: "STOPSIGNAL names no signal",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let image = &target.container.image;
    let (Origin::Instruction(span), Some(StopSignalProblem::Invalid(text))) =
        (&image.stop_signal.origin, &image.stop_signal_problem)
    else {
        return;
    };
    findings
        .add(
            format!("`{text}` is not a signal"),
            span.clone(),
            "the build refuses this",
        )
        .note("at the build: it ends with an error, and there is no image")
        .help("name a signal that the application handles, such as SIGTERM, SIGINT or SIGQUIT");
}
