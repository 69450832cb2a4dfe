use super::Findings;
use super::programs;
use super::rule::declare_rule;
use super::words::{bad_paths, consequence, start_instruction};
use crate::analyze::Target;
use crate::image::Origin;
use crate::knowledge::{Effect, Program, Signal};
use crate::source::Span;
use crate::stop::{Path, ProcessTree};

declare_rule! {
    /// ## What it does
    /// Reports a stop signal on which the application ends without finishing what is in flight, when it is
    /// known to finish on another one: nginx on SIGTERM instead of SIGQUIT, Apache httpd on SIGTERM instead
    /// of SIGWINCH, gunicorn on SIGINT instead of SIGTERM. Also an option or a setting without which it
    /// finishes on none: php-fpm waits for requests only with `process_control_timeout`, on SIGQUIT.
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
    /// The fix is unsafe: the other signal also waits for slow clients, and with long-lived connections the
    /// stop takes up to the grace period. A setting goes into the program's configuration where that is at
    /// hand, else the build adds it.
    ///
    /// ## When it stays silent
    /// When the program finishes its work on the signal in force, be it set here or by the base image, and
    /// when something between PID 1 and the program would not pass the other signal on.
    pub(super) static UNGRACEFUL_STOP_SIGNAL = {
        id: "ungraceful-stop-signal",
        summary: "the stop signal makes the program drop its work, another one or a setting would not",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in bad_paths(target).filter(|path| path.delivered == Some(true)) {
        for chain in programs::chains(path) {
            of_application(target, path, &chain, findings);
        }
    }
}

/// What there is to say of an application with the processes above it.
fn of_application(target: &Target, path: &Path, chain: &[&ProcessTree], findings: &mut Findings) {
    let (Some(application), Some(current)) = (
        chain.last(),
        target.container.stop_signal.value.value().copied(),
    ) else {
        return;
    };
    let Some(program) = programs::program(target, application) else {
        return;
    };
    let is_pid1 = application.pid == 1;
    let received = application.receives.unwrap_or(current);
    let now = program.reaction(received, is_pid1);
    if !matches!(now, Some(Effect::Drops | Effect::Dies | Effect::Ignores)) {
        return;
    }
    let better = program.graceful_signal.unwrap_or(Signal::TERM);
    let improves = program.reaction(better, is_pid1) == Some(Effect::Graceful);
    let name = programs::name(application);
    if !improves && let Some((title, label, help)) = without(target, chain, &program, received) {
        let Some(span) = programs::place(target, application) else {
            return;
        };
        let finding = findings.add(format!("`{name}` {title}"), span, label);
        finding.note(program.evidence.clone());
        consequence(finding, target, path);
        finding.help(help);
        return;
    }
    if !improves || better == received {
        return;
    }
    let title = format!("`{name}` does not finish its work on {received}, on {better} it does");
    if let Some(way) = programs::stopped_by_service(chain)
        && let Some(span) = &application.span
    {
        let finding = findings.add(title, span.clone(), way.missing());
        finding.note(program.evidence.clone());
        consequence(finding, target, path);
        finding.help(way.help(better));
        return;
    }
    let Some((place, what)) = where_set(target) else {
        return;
    };
    if !programs::would_arrive(target, chain, better) {
        return;
    }
    let finding = findings.add(title, place, what);
    finding.note(program.evidence.clone());
    consequence(finding, target, path);
    let mut help = format!("write `STOPSIGNAL {better}`");
    if now == Some(Effect::Drops) {
        help.push_str("; clients that take long then delay the stop, up to the grace period");
    }
    finding.help(help);
}

/// What a program misses that finishes its work on no signal as it is started: an option, or a setting of its
/// configuration. Title, label and help.
fn without(
    target: &Target,
    chain: &[&ProcessTree],
    program: &Program,
    received: Signal,
) -> Option<(String, &'static str, String)> {
    let application = chain.last()?;
    let stops = &program.foreground.stops;
    let is_given = |word: &String| application.argv.contains(&Some(word.clone()));
    if let Some(last) = stops.last()
        && received == Signal::TERM
        && !is_given(last)
    {
        let words = stops.iter().map(|word| match word.contains(' ') {
            true => format!("'{word}'"),
            false => word.clone(),
        });
        let words: Vec<String> = words.collect();
        return Some((
            format!("does not finish its work on {received} without an option for that"),
            "starts it without",
            format!("add `{}`", words.join(" ")),
        ));
    }
    let setting = program.stop_setting.as_ref()?;
    let place = programs::setting_place(target, application, setting)?;
    // The Dockerfile writes it in a way that is not understood.
    let (dockerfile, _) = where_set(target)?;
    if dockerfile.source.text().contains(setting.name.as_str()) {
        return None;
    }
    let section = setting.section.as_ref();
    let section = section.map_or_else(String::new, |section| format!("`[{section}]` of "));
    let mut help = format!("set `{}` in {section}`{}`", setting.line(), place.file);
    if received != setting.signal {
        help.push_str(", and ");
        match programs::stopped_by_service(chain) {
            Some(way) => help.push_str(&way.help(setting.signal)),
            None => help.push_str(&format!("write `STOPSIGNAL {}`", setting.signal)),
        }
    }
    let does = match program.reaction(received, application.pid == 1) {
        Some(Effect::Ignores) => "takes longer than the platform waits",
        _ => "drops its work",
    };
    if received != setting.signal {
        let better = format!("{} with `{}`", setting.signal, setting.name);
        return Some((
            format!("{does} on {received}, which it does not on {better}"),
            "starts it",
            help,
        ));
    }
    Some((
        format!("{does} on {received} without `{}`", setting.name),
        "starts it with the default",
        help,
    ))
}

/// Where the stop signal is set, or would be.
fn where_set(target: &Target) -> Option<(Span, &'static str)> {
    match (
        &target.container.image.stop_signal.origin,
        start_instruction(target),
    ) {
        (Origin::Instruction(span), _) => Some((span.clone(), "this signal is sent to PID 1")),
        (_, Some((span, _))) => Some((span, "no STOPSIGNAL is set for this")),
        _ => {
            let span = started_by_base(target)?;
            Some((
                span,
                "this image starts the program and sets no signal for it",
            ))
        }
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
