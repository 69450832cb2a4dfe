use super::Findings;
use super::rule::declare_rule;
use super::words::command_text;
use crate::analyze::Target;
use crate::image::{Command, Origin};
use crate::stop::{FactKind, Verdict};

declare_rule! {
    /// ## What it does
    /// Reports an ENTRYPOINT that resets the CMD of the base image or of the stage that it builds upon, when its script
    /// ends in `exec "$@"` and so has nothing to run.
    ///
    /// ## Why is this bad
    /// Setting ENTRYPOINT in a Dockerfile drops an inherited CMD. The script gets no arguments, `exec "$@"` does
    /// nothing, and the container ends at once with status 0.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM postgres:16
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// echo preparing
    /// exec "$@"
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM postgres:16
    /// COPY start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["docker-entrypoint.sh", "postgres"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// echo preparing
    /// exec "$@"
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe: it writes as CMD what the base image starts, and the container goes on where it
    /// ended. An image that is meant to get its command from the user alone has no need of it.
    ///
    /// ## When it stays silent
    /// When the script has something to run without arguments, and when the CMD that is dropped is only a shell or an
    /// interactive interpreter.
    pub(super) static CMD_DROPPED_BY_ENTRYPOINT = {
        id: "cmd-dropped-by-entrypoint",
        summary: "an ENTRYPOINT drops the inherited CMD that its script needs",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

/// What images start when nobody says what they are for.
const PLACEHOLDERS: [&str; 14] = [
    "ash", "bash", "dash", "erl", "ghci", "iex", "irb", "jshell", "node", "perl", "python",
    "python3", "sh", "zsh",
];

fn check(target: &Target, findings: &mut Findings) {
    let Some(dropped) = &target.container.image.dropped_cmd else {
        return;
    };
    if let Command::Exec(words) = &dropped.command {
        let program = words.first().map_or("", |word| word.text());
        let name = program.rsplit('/').next().unwrap_or(program);
        let is_interactive = name == "php" && words.get(1).is_some_and(|word| word.text() == "-a");
        if PLACEHOLDERS.contains(&name) || is_interactive {
            return;
        }
    }
    let has_nothing_to_run = |kind: &FactKind| *kind == FactKind::ExecWithoutCommand;
    let idle = target.paths.iter().find_map(|path| {
        let mut facts = path.facts.iter();
        let fact = facts.find(|fact| has_nothing_to_run(&fact.kind) && !fact.while_stopping)?;
        (path.verdict == Verdict::Exits).then_some(fact)
    });
    let Some(fact) = idle else { return };
    let command = command_text(&dropped.command);
    // The script has to start what the dropped ENTRYPOINT did with it.
    let whole = match &dropped.started {
        Some(words) => command_text(&Command::Exec(words.clone())),
        None => command.clone(),
    };
    let finding = findings.add(
        "this ENTRYPOINT drops the inherited CMD, and its script has nothing to run",
        dropped.entrypoint.clone(),
        format!("resets CMD {command}"),
    );
    if let Some(span) = &fact.span {
        finding.related(span.clone(), "gets no arguments, so it does nothing");
    }
    match &dropped.origin {
        Origin::Instruction(span) | Origin::Base(_, span) => {
            finding.related(span.clone(), "the CMD comes from here");
        }
        Origin::Default | Origin::Override => {}
    }
    finding
        .note("at the start: the container ends at once, without an error")
        .help(format!("repeat it after the ENTRYPOINT: `CMD {whole}`"));
}
