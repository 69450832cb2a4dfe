use super::Findings;
use super::rule::declare_rule;
use super::words::{application, own_commands};
use crate::analyze::Target;
use crate::image::Command;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Reports a CMD in shell form after an ENTRYPOINT in exec form that does not run its arguments.
    ///
    /// ## Why is this bad
    /// Shell form stands for `/bin/sh -c "…"`. After an ENTRYPOINT these three words are arguments: the program gets
    /// `/bin/sh`, `-c` and the text, and no shell runs.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// ENTRYPOINT ["/demo/app"]
    /// CMD serve --port 80
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// ENTRYPOINT ["/demo/app"]
    /// CMD ["serve", "--port", "80"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: exec form changes what the program gets, and which words it should get is for the
    /// author to say.
    ///
    /// ## When it stays silent
    /// When the ENTRYPOINT runs its arguments, as tini, gosu and scripts with `exec "$@"` do, and when it is not known
    /// whether it does.
    pub(super) static SHELL_FORM_CMD_AS_ARGUMENTS = {
        id: "shell-form-cmd-as-arguments",
        summary: "a program gets `/bin/sh -c` as arguments",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    let image = &target.container.image;
    let Some(Some(Command::Exec(entrypoint))) = image.entrypoint.value.value() else {
        return;
    };
    let Some(first) = entrypoint.first() else {
        return;
    };
    for (command, span, word) in own_commands(target) {
        let Command::Shell(shell, text) = command else {
            continue;
        };
        if word != "CMD" {
            continue;
        }
        let tail: Vec<&str> = shell.iter().chain([text]).map(|word| word.text()).collect();
        let paths = target.paths.iter();
        let mut known = paths.filter(|path| path.verdict != Verdict::Unknown);
        let Some(process) = known.find_map(|path| {
            let process = application(path)?;
            let words: Vec<Option<&str>> =
                process.argv.iter().map(|word| word.as_deref()).collect();
            let split = words
                .len()
                .checked_sub(tail.len())
                .filter(|split| *split > 0)?;
            let is_tail = words[split..]
                .iter()
                .zip(&tail)
                .all(|(word, text)| *word == Some(*text));
            // A script hands its arguments on under another name, and may mean it.
            let is_program = words[0] == Some(first.text());
            (is_tail && is_program).then_some(process)
        }) else {
            continue;
        };
        let program = &process.program;
        findings
            .add(
                format!(
                    "`{program}` gets `{} …` as arguments",
                    tail[..tail.len() - 1].join(" ")
                ),
                span.clone(),
                "shell form, but no shell runs it",
            )
            .related(first.full_span(), "the program that gets them")
            .help("write CMD in exec form, one word a string");
    }
}
