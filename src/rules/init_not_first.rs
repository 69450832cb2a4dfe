use super::Findings;
use super::cause::{self, Cause};
use super::rule::declare_rule;
use super::words::{finish, shell_name};
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports an init (tini, dumb-init) that is started by a shell which stays PID 1 itself: in a
    /// script without `exec`, or by a shell form ENTRYPOINT.
    ///
    /// ## Why is this bad
    /// An init helps only where the signal arrives, as PID 1. Behind a shell it is one more process
    /// that is not told: the shell drops the signal.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y tini
    /// COPY app /demo/app
    /// ENTRYPOINT /usr/bin/tini -- /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y tini
    /// COPY app /demo/app
    /// ENTRYPOINT ["/usr/bin/tini", "--", "/demo/app"]
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: exec form where the string has nothing that a shell would expand, else `exec`
    /// before the init. It is unsafe where the script has more to do afterwards.
    ///
    /// ## When it stays silent
    /// When the init is PID 1, or the shell in front of it replaces itself.
    pub(super) static INIT_NOT_FIRST = {
        id: "init-not-first",
        summary: "an init stands behind a shell that is PID 1",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::InitNotFirst) {
        let Some((_, name, Some(span))) = cause::init(path) else {
            continue;
        };
        let first = path
            .processes
            .as_ref()
            .map(|tree| shell_name(&tree.program));
        let shell = first.unwrap_or("the shell");
        let finding = findings.add(
            format!("`{name}` is not PID 1"),
            span.clone(),
            format!("`{shell}` waits for it and gets the signal instead"),
        );
        finish(finding, target, path);
        finding.help(format!(
            "put `exec` before `{name}`, or make it the first word of an exec-form ENTRYPOINT"
        ));
    }
}
