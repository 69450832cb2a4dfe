use super::Findings;
use super::rule::declare_rule;
use crate::analyze::Target;
use crate::image::Origin;

declare_rule! {
    /// ## What it does
    /// Reports a `STOPSIGNAL` that names no signal.
    ///
    /// ## Why is this bad
    /// The builder refuses it (`invalid signal`), or, where it does not, the container cannot be
    /// stopped in order: the runtime has no signal to send.
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
    let setting = &target.container.stop_signal;
    let (Origin::Instruction(span), Some(why)) = (&setting.origin, setting.value.why()) else {
        return;
    };
    // A text with a variable may be a signal once its value is known.
    if span.text().contains('$') {
        return;
    }
    findings
        .add(
            "this STOPSIGNAL is not a signal",
            span.clone(),
            why.text.clone(),
        )
        .note("the builder refuses it, or the runtime has no signal to send")
        .help("name a signal that the application handles, such as SIGTERM, SIGINT or SIGQUIT");
}
