use super::Findings;
use super::programs;
use super::rule::declare_rule;
use crate::analyze::Target;
use crate::knowledge::Effect;
use crate::stop::{ProcessTree, Verdict};

declare_rule! {
    /// ## What it does
    /// Says what python, node, php, perl and other runtimes do with the stop signal when the program has no
    /// handler for it. Whether it has one is written in the program, and in the packages that it loads: where
    /// those are not at hand or not known, nobody can say.
    ///
    /// ## Why is this bad
    /// The kernel drops a signal to PID 1 for which there is no handler, so such a program runs on until it
    /// is killed. Behind an init it dies at once, in the middle of its work.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// COPY app.py /app.py
    /// CMD ["python", "/app.py"]
    /// ```
    /// ```py app.py
    /// import time
    /// time.sleep(1000)
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// CMD ["gunicorn", "app:app"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the handler belongs into the program.
    ///
    /// ## When it stays silent
    /// When the runtime runs a program that is known by its name, such as gunicorn, when the code at hand
    /// registers a handler or names the signal otherwise, when it is known to have none (then
    /// `program-without-handler` speaks), and when the signal does not get so far.
    pub(super) static RUNTIME_IGNORES_STOP_SIGNAL = {
        id: "runtime-ignores-stop-signal",
        summary: "a runtime without a handler ignores the stop signal as PID 1, or dies of it",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in target
        .paths
        .iter()
        .filter(|path| path.verdict == Verdict::Unknown)
    {
        for process in path.processes.iter().flat_map(ProcessTree::processes) {
            let (true, Some(signal), Some(span)) = (
                process.is_application,
                process.receives,
                programs::place(target, process),
            ) else {
                continue;
            };
            let Some(runtime) = programs::program(target, process).and_then(|known| {
                let by_user = known.reaction(signal, process.pid == 1) == Some(Effect::UserCode);
                known.runtime.filter(|_| by_user)
            }) else {
                continue;
            };
            // Its code may well have a handler.
            if process
                .code
                .as_ref()
                .is_some_and(|code| code.named.contains(&signal))
            {
                continue;
            }
            let unhandled = runtime.unhandled.iter().find(|(known, _)| *known == signal);
            let default = unhandled.map(|(_, reaction)| match process.pid {
                1 => reaction.as_pid1,
                _ => reaction.as_child,
            });
            let does = match default {
                Some(Effect::Ignores) => "ignores it, and is killed when the grace period is over",
                Some(Effect::Dies | Effect::Drops) => "ends at once, whatever it is doing",
                _ => continue,
            };
            let place = if process.pid == 1 { " as PID 1" } else { "" };
            findings
                .add(
                    format!(
                        "without a handler for {signal} `{}`{place} {does}",
                        programs::name(process)
                    ),
                    span.clone(),
                    format!("gets {signal}; the program decides what happens"),
                )
                .help(format!(
                    "handle it in the program: {}",
                    runtime.how_to_handle
                ));
        }
    }
}
