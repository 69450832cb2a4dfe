use super::Findings;
use super::cause;
use super::programs;
use super::rule::declare_rule;
use crate::analyze::Target;
use crate::knowledge::shell_facts;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Reports a script that starts helpers in the background and then replaces itself by the application
    /// with `exec`: the helpers become children of a program that does not know of them.
    ///
    /// ## Why is this bad
    /// When such a helper ends, its parent has to take note of it (`wait`), or it stays in the process
    /// table as a zombie. As PID 1 the application also inherits every orphan. On stop the helper is
    /// killed when the application ends, without being told.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app worker /demo/
    /// COPY --chmod=755 start.sh /start.sh
    /// CMD ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// /demo/worker &
    /// exec /demo/app
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// CMD ["/start.sh"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec /demo/app
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `docker run --init`, or tini before the script, reaps; which one is right depends
    /// on how the image is used.
    ///
    /// ## When it stays silent
    /// When an init is PID 1 or `--init` is given, when the script stays and waits itself, when the way cannot be
    /// judged, and for the application's own server, which a script starts to set it up and stops again by a command.
    pub(super) static CHILDREN_NOT_REAPED = {
        id: "children-not-reaped",
        summary: "an application is left with the children of the script that it replaced",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    if target.container.init {
        return;
    }
    // A way that cannot be judged may have ended what it has started.
    let judged = target.paths.iter();
    for path in judged.filter(|path| path.verdict != Verdict::Unknown) {
        let Some(tree) = path.processes.as_ref().filter(|tree| tree.is_application) else {
            continue;
        };
        // A shell waits for what it has started, and an init for everything.
        if shell_facts(&tree.program).is_some() || cause::init(path).is_some_and(|init| init.0 == 1)
        {
            continue;
        }
        // The same server was started to set it up, and has been stopped again.
        let helpers = tree.children.iter().filter(|child| {
            let known = [child, tree].map(|process| programs::program(target, process));
            let mut known = known.iter().flatten();
            let is_stopped = known.any(|known| !known.stop_commands.is_empty());
            child.program != tree.program || !is_stopped
        });
        for child in helpers {
            let Some(span) = programs::place(target, child) else {
                continue;
            };
            let (application, helper) = (programs::name(tree), programs::name(child));
            findings
                .add(
                    format!("`{application}` gets `{helper}` as a child that it does not know of"),
                    span.clone(),
                    format!("becomes a child of `{application}`, which is PID 1"),
                )
                .note(format!("when `{helper}` ends it stays as a zombie unless `{application}` waits for it"))
                .help("put an init before the script, such as tini, or run the helper in a container of its own");
        }
    }
}
