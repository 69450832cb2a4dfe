use super::Findings;
use super::rule::declare_rule;
use super::words::{bad_paths, consequence, shell_name};
use super::{Severity, programs};
use crate::analyze::Target;
use crate::knowledge::{How, Launch, OnSignal, Then, Wrapped};
use crate::stop::{Assumption, FactKind, Path, Verdict};

declare_rule! {
    /// ## What it does
    /// Reports a launcher that ends on the stop signal, or kills its child after a fixed time, before the
    /// application has finished: `npm start` behind Debian's `sh`, yarn 1, `go run`, `su`, `pm2-runtime`.
    ///
    /// ## Why is this bad
    /// When PID 1 ends the kernel kills every other process of the container. npm, for one, passes
    /// SIGTERM to the shell that runs the script; dash dies of it, npm ends, and the application is
    /// killed without having heard anything.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM node:22-bookworm-slim
    /// WORKDIR /srv
    /// COPY package.json server.js ./
    /// CMD ["npm", "start"]
    /// ```
    /// ```json package.json
    /// { "scripts": { "start": "node server.js" } }
    /// ```
    /// ```js server.js
    /// const server = require("http").createServer().listen(80);
    /// process.on("SIGTERM", () => server.close());
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM node:22-bookworm-slim
    /// WORKDIR /srv
    /// COPY package.json server.js ./
    /// CMD ["node", "server.js"]
    /// ```
    /// ```json package.json
    /// { "scripts": { "start": "node server.js" } }
    /// ```
    /// ```js server.js
    /// const server = require("http").createServer().listen(80);
    /// process.on("SIGTERM", () => server.close());
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe where a configuration is changed (`exec` in a script of package.json): who runs
    /// that by other means gets it, too. It is safe in a command string that the start-up itself hands to a
    /// shell. Without the launcher the application would lack the variables that it sets and the scripts
    /// that it runs first.
    ///
    /// ## When it stays silent
    /// When the launcher waits until the application has ended, and when nothing is known of either.
    pub(super) static LAUNCHER_CUTS_SHORT = {
        id: "launcher-cuts-short",
        summary: "a launcher ends before the application has finished",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in bad_paths(target) {
        if !matches!(path.verdict, Verdict::Abrupt | Verdict::Truncated) {
            continue;
        }
        let chain = programs::chain(path);
        let Some((application, above)) = chain.split_last() else {
            continue;
        };
        // The innermost launcher: those above only see that it has ended.
        let launchers = above
            .iter()
            .rev()
            .filter(|process| process.receives.is_some());
        let mut launchers = launchers.filter_map(|process| {
            let launch = programs::launch(target, process)?;
            matches!(launch.how, How::Fork(_)).then_some((*process, launch))
        });
        let Some((process, launch)) = launchers.next() else {
            continue;
        };
        let ends = path.facts.iter().any(|fact| {
            matches!(&fact.kind, FactKind::Ended { pid, .. } | FactKind::Died { pid, .. } if *pid == process.pid)
        });
        let told = application.receives.is_some();
        // An init that waits for its child, which died by itself, has cut nothing short.
        let at_fault =
            ends && (path.delivered == Some(false) || path.verdict == Verdict::Truncated);
        let (true, Some(span)) = (at_fault, programs::place(target, process)) else {
            continue;
        };
        if is_transparent(&launch) {
            continue;
        }
        let name = programs::name(process);
        let program = programs::name(application);
        let title = match told {
            true => format!("`{name}` ends before `{program}` has finished"),
            false => format!("`{name}` ends and `{program}` never hears the stop signal"),
        };
        let between = process.children.iter().find(|child| !child.is_application);
        let finding = findings.add(title, span.clone(), format!("`{name}` ends first"));
        if let Some(span) = &application.span {
            finding.related(span.clone(), format!("this starts `{program}`"));
        }
        finding.note(launch.about);
        consequence(finding, target, path);
        finding.help(match between {
            Some(shell) if matches!(launch.command, Wrapped::Script { .. }) => format!(
                "start `{program}` without `{name}`, or write `exec` before it in the script so that `{}` does not stay between them",
                shell_name(&shell.program)
            ),
            _ => format!("start `{program}` without `{name}`"),
        });
    }
    for path in target
        .paths
        .iter()
        .filter(|path| path.verdict == Verdict::Graceful)
    {
        for assumption in path
            .assumptions
            .iter()
            .filter(|it| it.kind == "finishes-within")
        {
            limited(target, path, assumption, findings);
        }
    }
}

/// An init whose end only follows that of its child.
fn is_transparent(launch: &Launch) -> bool {
    matches!(&launch.how, How::Fork(fork) if fork.reaps)
}

/// A launcher that kills after a fixed time.
fn limited(target: &Target, path: &Path, assumption: &Assumption, findings: &mut Findings) {
    let Some(time) = assumption.limit else {
        return;
    };
    let chain = programs::chain(path);
    for process in &chain {
        let (Some(launch), Some(signal), Some(span)) = (
            programs::launch(target, process),
            process.receives,
            programs::place(target, process),
        ) else {
            continue;
        };
        let How::Fork(fork) = &launch.how else {
            continue;
        };
        let OnSignal::Forward(forward) = fork.on(signal) else {
            continue;
        };
        // Who has no limit of its own passes on that of another.
        if forward.kill_after.is_none() && !matches!(forward.then, Then::After(_)) {
            continue;
        }
        let name = programs::name(process);
        let time = crate::analyze::seconds(time);
        findings
            .add(
                format!("`{name}` gives the application {time} to finish"),
                span.clone(),
                format!("kills it {time} after the signal"),
            )
            .note(launch.about.clone())
            .note(format!("on stop: all is well only if {}", assumption.text))
            .help(format!("start the application without `{name}`, or set a longer time where it has an option for that"))
            .at_most(Severity::Warning);
        return;
    }
}
