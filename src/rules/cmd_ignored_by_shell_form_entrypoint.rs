use super::Findings;
use super::rule::declare_rule;
use super::words::{own_commands, start_instruction};
use crate::analyze::Target;
use crate::stop::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports a CMD whose words nobody reads, because the ENTRYPOINT before it is a command string of a shell (shell
    /// form, or `sh -c`) that uses neither `$0` nor `$1`, `$@` or `$*`.
    ///
    /// ## Why is this bad
    /// The words of CMD become `$0`, `$1` and so on of the string. A string that does not use them ignores them: the program
    /// never gets these arguments, nor those of `docker run`.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// ENTRYPOINT exec /demo/app
    /// CMD ["--port", "80"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// ENTRYPOINT ["/demo/app"]
    /// CMD ["--port", "80"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: exec form would hand the program words that it does not get today.
    ///
    /// ## When it stays silent
    /// When the string uses its arguments in any way, and when there is no CMD.
    pub(super) static CMD_IGNORED_BY_SHELL_FORM_ENTRYPOINT = {
        id: "cmd-ignored-by-shell-form-entrypoint",
        summary: "the words of CMD reach nobody",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let mut facts = target.paths.iter().flat_map(|path| &path.facts);
    if !facts.any(|fact| fact.kind == FactKind::StringArgumentsUnread) {
        return;
    }
    let commands = own_commands(target);
    let cmd = commands.iter().find(|(_, _, word)| *word == "CMD");
    let (Some((_, cmd, _)), Some((entrypoint, _))) = (cmd, start_instruction(target)) else {
        return;
    };
    findings
        .add(
            "the words of this CMD reach nobody",
            (*cmd).clone(),
            "ignored",
        )
        .related(
            entrypoint,
            "a command string of a shell that reads no arguments",
        )
        .note("the program never gets these arguments, nor those of `docker run`")
        .help("write ENTRYPOINT in exec form, or `exec program \"$0\" \"$@\"` in the string");
}
