use super::Findings;
use super::programs;
use super::rule::declare_rule;
use super::words::{bad_paths, consequence, start_instruction};
use crate::analyze::Target;
use crate::image::Origin;
use crate::knowledge::{Effect, Signal};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Reports a stop signal on which the application ends without finishing what is in flight, when it is
    /// known to finish on another one: nginx on SIGTERM instead of SIGQUIT, Apache httpd on SIGTERM instead
    /// of SIGWINCH, gunicorn on SIGINT instead of SIGTERM.
    ///
    /// ## Why is this bad
    /// Requests that are being answered break off at every deployment.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y nginx
    /// CMD ["nginx", "-g", "daemon off;"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y nginx
    /// STOPSIGNAL SIGQUIT
    /// CMD ["nginx", "-g", "daemon off;"]
    /// ```
    ///
    /// ## Fix safety
    /// The other signal also waits for slow clients: with long-lived connections the stop takes up to the
    /// grace period. That is a choice, so the fix is not safe.
    ///
    /// ## When it stays silent
    /// When the program finishes its work on the signal in force, be it set here or by the base image, and
    /// when something between PID 1 and the program would not pass the other signal on.
    pub(super) static UNGRACEFUL_STOP_SIGNAL = {
        id: "ungraceful-stop-signal",
        summary: "the stop signal makes the program drop its work, another one would not",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let image = &target.container.image;
    let Some(current) = target.container.stop_signal.value.value().copied() else {
        return;
    };
    for path in bad_paths(target) {
        if path.delivered != Some(true) {
            continue;
        }
        let chain = programs::chain(path);
        let Some(application) = chain.last() else {
            continue;
        };
        let Some(program) = programs::program(target, application) else {
            continue;
        };
        let is_pid1 = application.pid == 1;
        let received = application.receives.unwrap_or(current);
        let now = program.reaction(received, is_pid1);
        if !matches!(now, Some(Effect::Drops | Effect::Dies | Effect::Ignores)) {
            continue;
        }
        let better = program.graceful_signal.unwrap_or(Signal::TERM);
        let improves = program.reaction(better, is_pid1) == Some(Effect::Graceful);
        let (place, what) = match (&image.stop_signal.origin, start_instruction(target)) {
            (Origin::Instruction(span), _) => (span.clone(), "this signal is sent to PID 1"),
            (_, Some((span, _))) => (span, "no STOPSIGNAL is set for this"),
            _ => match started_by_base(target) {
                Some(span) => (
                    span,
                    "this image starts the program and sets no signal for it",
                ),
                None => continue,
            },
        };
        let name = programs::name(application);
        let stops = &program.foreground.stops;
        let is_given = |word: &String| application.argv.contains(&Some(word.clone()));
        if let (Some(last), Some(span)) = (stops.last(), programs::place(target, application))
            && received == Signal::TERM
            && !improves
            && !is_given(last)
        {
            let finding = findings.add(
                format!(
                    "`{name}` does not finish its work on {received} without an option for that"
                ),
                span,
                "starts it without",
            );
            finding.note(program.evidence.clone());
            consequence(finding, target, path);
            let words = stops.iter().map(|word| match word.contains(' ') {
                true => format!("'{word}'"),
                false => word.clone(),
            });
            let words: Vec<String> = words.collect();
            finding.help(format!("add `{}`", words.join(" ")));
            continue;
        }
        if let [.., supervisor, _] = chain.as_slice()
            && let Some(span) = &application.span
            && supervisor.program == "supervisord"
            && improves
            && better != received
            && span.source.path() != target.file
        {
            let finding = findings.add(
                format!("`{name}` does not finish its work on {received}, on {better} it does"),
                span.clone(),
                "no `stopsignal` is set for this program",
            );
            finding.note(program.evidence.clone());
            consequence(finding, target, path);
            finding.help(format!(
                "write `stopsignal={}` in the program's section",
                better.short_name()
            ));
            continue;
        }
        if !improves || better == received || !programs::would_arrive(target, &chain, better) {
            continue;
        }
        let finding = findings.add(
            format!("`{name}` does not finish its work on {received}, on {better} it does"),
            place,
            what,
        );
        finding.note(program.evidence.clone());
        consequence(finding, target, path);
        finding.help(format!(
            "write `STOPSIGNAL {better}`; clients that take long then delay the stop, up to the grace period"
        ));
    }
}

/// The FROM whose image brings what is started.
fn started_by_base(target: &Target) -> Option<Span> {
    let image = &target.container.image;
    let settings = [&image.entrypoint, &image.cmd];
    settings
        .into_iter()
        .find_map(|setting| match &setting.origin {
            Origin::Base(_, span) => Some(span.clone()),
            _ => None,
        })
}
