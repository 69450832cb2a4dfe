use super::Findings;
use super::rule::declare_rule;
use crate::analyze::Target;
use crate::image::{Origin, StopSignalProblem};
use crate::knowledge::Signal;

declare_rule! {
    /// ## What it does
    /// Reports `STOPSIGNAL SIGKILL` and `STOPSIGNAL SIGSTOP`: signals that no program can handle.
    ///
    /// ## Why is this bad
    /// SIGKILL ends PID 1, and with it every other process of the container, without a chance to
    /// finish. SIGSTOP freezes it, and the platform waits out the grace period before it kills.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// STOPSIGNAL SIGKILL
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
    /// The fix is unsafe: removing the instruction gives the base image's signal, or SIGTERM, and somebody
    /// may have chosen SIGKILL because the application does not stop on that.
    ///
    /// ## When it stays silent
    /// On every other signal.
    pub(super) static UNSTOPPABLE_STOP_SIGNAL = {
        id: "unstoppable-stop-signal",
        summary: "STOPSIGNAL is a signal that no program can handle",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let image = &target.container.image;
    let (Origin::Instruction(span), Some(StopSignalProblem::Unstoppable(signal))) =
        (&image.stop_signal.origin, &image.stop_signal_problem)
    else {
        return;
    };
    let consequence = match *signal {
        Signal::KILL => {
            "on stop: every process is killed at once, nothing gets to finish".to_owned()
        }
        Signal::STOP => {
            let grace = crate::analyze::seconds(target.container.grace);
            format!("on stop: PID 1 is frozen, and killed after {grace}")
        }
        _ => return,
    };
    findings
        .add(
            format!("no program can handle {signal}"),
            span.clone(),
            "sent to PID 1 on stop",
        )
        .note(consequence)
        .help("name the signal on which the application stops in order, such as SIGTERM");
}
