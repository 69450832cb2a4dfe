use super::Findings;
use super::foreground::short;
use super::rule::declare_rule;
use super::words::start_instruction;
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::image::Origin;

declare_rule! {
    /// ## What it does
    /// Notes words of CMD that become arguments of a script which never reads its arguments.
    ///
    /// ## Why is this bad
    /// ENTRYPOINT and CMD together are what is started. A script without `"$@"` drops what CMD says,
    /// and with it what `docker run IMAGE args` says: changing either changes nothing.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["--port", "80"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["--port", "80"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec /demo/app "$@"
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: whether the words or the script is right is for the author to say.
    ///
    /// ## When it stays silent
    /// When any script that runs, or a function in it, mentions its arguments, when CMD comes from
    /// a base image, and when a script is not at hand.
    pub(super) static CMD_ARGS_NOT_USED = {
        id: "cmd-args-not-used",
        summary: "no script reads the words of CMD",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    if target.paths.iter().any(|path| !path.missing.is_empty()) {
        return;
    }
    let Origin::Instruction(span) = &target.container.image.cmd.origin else {
        return;
    };
    // A command string that reads none has a rule of its own.
    let mut facts = target.paths.iter().flat_map(|path| &path.facts);
    if facts.any(|fact| fact.kind == FactKind::StringArgumentsUnread) {
        return;
    }
    let unread = target.paths.iter().find_map(|path| {
        path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::ArgumentsUnread { words } => Some(words),
            _ => None,
        })
    });
    let Some(words) = unread else { return };
    let finding = findings.add(
        format!("nothing reads the words of CMD: `{}`", short(words)),
        span.clone(),
        "given to a script as arguments",
    );
    if let Some((entrypoint, _)) = start_instruction(target) {
        finding.related(entrypoint, "starts what does not read them");
    }
    finding
        .note("the words change nothing, and neither do arguments of `docker run`")
        .help("let the script end in `exec … \"$@\"`, or remove this CMD");
}
