use super::Findings;
use super::foreground::short;
use super::rule::declare_rule;
use super::words::{shell_name, with_exec};
use crate::analyze::Target;
use crate::boot::FactKind;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Notes an application that becomes PID 1 only because this image's shell replaces itself by the
    /// last command of a string, without the word `exec`.
    ///
    /// ## Why is this bad
    /// It works, today. Not every shell does it: Debian's dash does not, bash stops doing it when a
    /// redirection or a command behind it is added. A new base image or one more word in the line, and
    /// the application no longer hears the stop signal.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// CMD /demo/app --port 80
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.20
    /// COPY app /demo/app
    /// CMD ["/demo/app", "--port", "80"]
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: `exec` changes nothing today, and keeps it so.
    ///
    /// ## When it stays silent
    /// When the word `exec` is there, and when the application does not become PID 1: then other
    /// rules speak.
    pub(super) static FRAGILE_IMPLICIT_EXEC = {
        id: "fragile-implicit-exec",
        summary: "the application is PID 1 only because this shell execs its last command",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let good = target
        .paths
        .iter()
        .filter(|path| path.verdict == Verdict::Graceful);
    for path in good {
        let first = path.processes.as_ref();
        let Some(first) = first.filter(|tree| tree.is_application) else {
            continue;
        };
        for fact in &path.facts {
            let (FactKind::ImplicitExec { shell, command }, Some(span)) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            // Subshells replace themselves too: only what PID 1 has become counts.
            if first.span.as_ref() != Some(span) || fact.while_stopping {
                continue;
            }
            let (command, shell) = (short(command), shell_name(shell));
            findings
                .add(
                    format!("`{command}` is PID 1 only because `{shell}` execs its last command"),
                    span.clone(),
                    "no `exec` here",
                )
                .note(
                    "it hears the stop signal today; a shell that stays, such as Debian's dash, \
                       would keep the signal from it",
                )
                .help(format!("write {}, or use exec form", with_exec(&command)));
        }
    }
}
