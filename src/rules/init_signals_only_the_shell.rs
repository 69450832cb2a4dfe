use super::Findings;
use super::cause::{self, Cause};
use super::foreground::short;
use super::rule::declare_rule;
use super::words::{application_name, finish, shell_name, with_exec};
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Reports an init (tini, dumb-init, `docker run --init`) before a script that runs the
    /// application without `exec`.
    ///
    /// ## Why is this bad
    /// The init passes the stop signal on to its child. That is the shell of the script; it is not
    /// PID 1 any more, so the signal ends it at once. The init then ends too, and the kernel kills
    /// the application, which was never told. With a process group (`tini -g`, dumb-init) it is
    /// told, and cut off.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y tini
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/usr/bin/tini", "--", "/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// mkdir -p /run/demo
    /// /demo/app --port 80
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y tini
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/usr/bin/tini", "--", "/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// mkdir -p /run/demo
    /// exec /demo/app --port 80
    /// ```
    ///
    /// ## Fix safety
    /// The fix is safe: `exec` before the last command changes nothing but who is the init's child. Where
    /// the script has more to do afterwards, the fix is a trap and two `wait`s, which is unsafe.
    ///
    /// ## When it stays silent
    /// When the script execs the application, or a trap in it passes the signal on.
    pub(super) static INIT_SIGNALS_ONLY_THE_SHELL = {
        id: "init-signals-only-the-shell",
        summary: "an init passes the signal to a shell, which dies and takes the application with it",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in cause::paths(target, Cause::InitTellsShell) {
        let (Some(hearer), Some((_, name, _))) = (cause::hearer(path), cause::init(path)) else {
            continue;
        };
        // Nothing is lost with a `sleep`.
        let application = cause::application_of(hearer);
        let waits = cause::keep_alive(path).map(|(pid, ..)| pid);
        if waits.is_some() && waits == application.map(|process| process.pid) {
            continue;
        }
        let waited = path.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::Foreground { pid, command, .. } if *pid == hearer.pid => {
                Some((fact.span.as_ref()?, Some(short(command))))
            }
            FactKind::Waiting { pid, .. } if *pid == hearer.pid => {
                Some((fact.span.as_ref()?, None))
            }
            _ => None,
        });
        let Some((span, command)) = waited else {
            continue;
        };
        let shell = shell_name(&hearer.program);
        let application = match cause::application_of(hearer) {
            Some(process) => format!("`{}`", process.program),
            None => application_name(path),
        };
        let finding = findings.add(
            format!("`{name}` signals only the shell in front of {application}"),
            span.clone(),
            format!("`{shell}` waits here, and dies of the signal"),
        );
        finish(finding, target, path);
        finding.help(match command {
            Some(command) => {
                let exec = with_exec(&command);
                format!("write {exec}, so that the application is the init's child")
            }
            None => "set a trap that signals the application and waits for it".to_owned(),
        });
    }
}
