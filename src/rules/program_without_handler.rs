use super::rule::declare_rule;
use super::words::{bad_paths, consequence};
use super::{Findings, programs};
use crate::analyze::Target;
use crate::knowledge::Effect;

declare_rule! {
    /// ## What it does
    /// Reports an application in Python, JavaScript or PHP that has no handler for the stop signal. pidone
    /// reads its sources and all that they load: files of the image, the language's own modules, and
    /// packages that are known to leave signals alone.
    ///
    /// ## Why is this bad
    /// The kernel drops a signal to PID 1 for which there is no handler, so the program runs on until it is
    /// killed, and every stop takes the whole grace period. Behind an init it dies at once, in the middle of
    /// its work.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// COPY app.py /app.py
    /// CMD ["python", "/app.py"]
    /// ```
    /// ```py app.py
    /// import time
    ///
    /// while True:
    ///     time.sleep(1)
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// COPY app.py /app.py
    /// CMD ["python", "/app.py"]
    /// ```
    /// ```py app.py
    /// import signal
    /// import sys
    /// import time
    ///
    /// def stop(signum, frame):
    ///     sys.exit(0)
    ///
    /// signal.signal(signal.SIGTERM, stop)
    /// while True:
    ///     time.sleep(1)
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what has to be finished before the end is for the author to say.
    ///
    /// ## When it stays silent
    /// When anything that the program loads is not at hand or not known (then `runtime-ignores-stop-signal`
    /// says what the runtime does without a handler), when the code names the signal for whatever purpose,
    /// when nothing in it serves or loops for ever, and when the signal does not get so far.
    pub(super) static PROGRAM_WITHOUT_HANDLER = {
        id: "program-without-handler",
        summary: "an application whose code is at hand has no handler for the stop signal",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in bad_paths(target).filter(|path| path.delivered == Some(true)) {
        let chains = programs::chains(path);
        for application in chains.iter().filter_map(|chain| chain.last()) {
            let (Some(code), Some(received)) = (&application.code, application.receives) else {
                continue;
            };
            if !code.unhandled.contains(&received) {
                continue;
            }
            let known = programs::program(target, application).and_then(|known| known.runtime);
            let (Some(runtime), Some(span)) = (known, programs::place(target, application)) else {
                continue;
            };
            let default = runtime
                .unhandled
                .iter()
                .find(|(known, _)| *known == received);
            let Some((_, reaction)) = default else {
                continue;
            };
            let name = programs::name(application);
            let does = match (application.pid, reaction) {
                (1, reaction) if reaction.as_pid1 == Effect::Ignores => {
                    format!("as PID 1 `{name}` goes on until it is killed")
                }
                _ => format!("it ends `{name}` at once, whatever it is doing"),
            };
            let finding = findings.add(
                format!("the application has no handler for {received}: {does}"),
                span,
                "neither its code nor what it loads handles the signal",
            );
            consequence(finding, target, path);
            finding.help(format!(
                "handle it in the program: {}",
                runtime.how_to_handle
            ));
        }
    }
}
