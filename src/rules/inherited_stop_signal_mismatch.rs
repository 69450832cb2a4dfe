use super::rule::declare_rule;
use super::words::consequence;
use super::{Findings, Severity, programs};
use crate::analyze::Target;
use crate::image::Origin;
use crate::knowledge::{self, Effect, Signal};

declare_rule! {
    /// ## What it does
    /// Reports a STOPSIGNAL that comes with the base image and is meant for its own server (SIGQUIT of
    /// nginx and php-fpm, SIGWINCH of httpd, SIGINT of postgres), where the image starts another program.
    ///
    /// ## Why is this bad
    /// The program gets a signal that its author did not think of. SIGWINCH does nothing at all to most
    /// programs, SIGQUIT kills many with a core dump, and Java prints its threads and goes on.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM php:8.3-fpm
    /// COPY worker.php /worker.php
    /// CMD ["php", "/worker.php"]
    /// ```
    /// ```php worker.php
    /// <?php
    /// pcntl_async_signals(true);
    /// pcntl_signal(SIGTERM, fn() => exit(0));
    /// while (true) work();
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM php:8.3-fpm
    /// COPY worker.php /worker.php
    /// STOPSIGNAL SIGTERM
    /// CMD ["php", "/worker.php"]
    /// ```
    /// ```php worker.php
    /// <?php
    /// pcntl_async_signals(true);
    /// pcntl_signal(SIGTERM, fn() => exit(0));
    /// while (true) work();
    /// ```
    ///
    /// ## Fix safety
    /// Sometimes there is a fix, which is unsafe: a STOPSIGNAL on which the program is known to finish.
    /// Else `STOPSIGNAL SIGTERM` gives what the program would get from any other base image.
    ///
    /// ## When it stays silent
    /// When the stage sets a STOPSIGNAL, when the program is the base image's own, when a script that is not
    /// at hand may start that, and when the program finishes its work on the inherited signal.
    pub(super) static INHERITED_STOP_SIGNAL_MISMATCH = {
        id: "inherited-stop-signal-mismatch",
        summary: "the base image's stop signal is for another program than the one that runs",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let image = &target.container.image;
    let (Origin::Base(base, span), Some(signal)) =
        (&image.stop_signal.origin, image.stop_signal.value.value())
    else {
        return;
    };
    let is_of_base = |origin: &Origin| matches!(origin, Origin::Base(..) | Origin::Default);
    if *signal == Signal::TERM
        || (is_of_base(&image.entrypoint.origin) && is_of_base(&image.cmd.origin))
    {
        return;
    }
    let own = knowledge::base_image(base);
    let own: Vec<&str> = own
        .iter()
        .flat_map(|own| own.cmd.iter().chain(&own.entrypoint).flatten())
        .filter_map(|word| word.rsplit('/').next())
        // `httpd-foreground` and `apache2-foreground` are scripts of httpd and apache2.
        .map(|word| word.strip_suffix("-foreground").unwrap_or(word))
        .collect();
    let is_known = |word: &&str| knowledge::program(&[Some(word)]).is_some();
    let server_is_known = own.iter().any(is_known);
    for path in &target.paths {
        let chain = programs::chain(path);
        let Some(application) = chain.last() else {
            continue;
        };
        let name = programs::name(application);
        let program = programs::program(target, application);
        let called = program
            .as_ref()
            .map_or(name.as_str(), |known| known.name.as_str());
        let is_own = own
            .iter()
            .any(|word| called.starts_with(word) || name == *word)
            // php-fpm's image has php in its name, too.
            || (!server_is_known && base.contains(called));
        let received = application.receives == Some(*signal);
        // What runs is not known: it may well be the server.
        let is_open = program.is_none() && !path.missing.is_empty();
        let effect = program
            .as_ref()
            .map(|known| known.reaction(*signal, application.pid == 1));
        let fits = matches!(effect, Some(Some(Effect::Graceful)));
        if is_own || is_open || !received || fits {
            continue;
        }
        let finding = findings.add(
            format!("{signal} comes from `{base}`, but `{name}` runs"),
            span.clone(),
            format!("brings `STOPSIGNAL {signal}`"),
        );
        if let (Some(known), Some(Some(_))) = (&program, effect) {
            finding.note(known.evidence.clone());
        }
        if !matches!(
            effect,
            Some(Some(Effect::Dies | Effect::Drops | Effect::Ignores))
        ) {
            finding.at_most(Severity::Note);
        }
        consequence(finding, target, path);
        finding
            .help("write `STOPSIGNAL SIGTERM`, or the signal on which the program stops in order");
    }
}
