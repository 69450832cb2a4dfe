use super::Findings;
use super::rule::declare_rule;
use super::words::{application, argv, own_commands};
use crate::analyze::Target;
use crate::image::Command;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Reports exec form that is written as for a shell: a whole command line as one word, a
    /// built-in of the shell as the program, or `&&`, `|`, `>` as words.
    ///
    /// ## Why is this bad
    /// Exec form runs no shell. Docker looks for a program named `npm start` or `cd` and finds none,
    /// or the program gets `&&` as an argument.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["/demo/app --port 80"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["/demo/app", "--port", "80"]
    /// ```
    ///
    /// ## Fix safety
    /// It changes what is started; that is its purpose.
    ///
    /// ## When it stays silent
    /// When a shell on the way reads the words, and when a program of that very name exists.
    pub(super) static SHELL_SYNTAX_IN_EXEC_FORM = {
        id: "shell-syntax-in-exec-form",
        summary: "exec form is written as for a shell",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

/// Built-ins that are no programs in any common image.
const BUILTINS: [&str; 9] = [
    ".", "eval", "exec", "export", "set", "shift", "source", "trap", "unset",
];
const OPERATORS: [&str; 10] = [
    "&",
    "&&",
    ";",
    "|",
    "||",
    ">",
    ">>",
    "2>&1",
    "<",
    "2>/dev/null",
];

fn check(target: &Target, findings: &mut Findings) {
    for (command, span, word) in own_commands(target) {
        let Command::Exec(words) = command else {
            continue;
        };
        let fails = target
            .paths
            .iter()
            .any(|path| path.verdict == Verdict::Fails);
        if let (Some(first), true) = (words.first(), argv(target).first() == words.first()) {
            let program = first.text().trim();
            let (is_line, is_builtin) = (
                program.contains(char::is_whitespace),
                BUILTINS.contains(&program),
            );
            if fails && (is_line || is_builtin) {
                let title = if is_line {
                    format!("exec form takes `{program}` for the name of one program")
                } else {
                    format!("`{program}` is a built-in of shells, and exec form runs no shell")
                };
                findings
                    .add(title, first.full_span(), "there is no program of that name")
                    .related(span.clone(), "")
                    .note("at the start: the runtime finds no such program and gives up")
                    .help(if is_line {
                        format!("write each word for itself, or {word} in shell form with `exec`")
                    } else {
                        format!("write {word} in shell form")
                    });
                continue;
            }
        }
        let Some(operator) = words
            .iter()
            .skip(1)
            .find(|word| is_operator(target, word.text()))
        else {
            continue;
        };
        findings
            .add(
                format!(
                    "exec form hands `{}` to the program as an argument",
                    operator.text()
                ),
                operator.full_span(),
                "no shell reads this",
            )
            .related(span.clone(), "")
            .help(format!(
                "write {word} in shell form, with `exec` before the last command"
            ));
    }
}

/// Whether an operator arrives among the application's own words.
fn is_operator(target: &Target, text: &str) -> bool {
    let mut applications = target.paths.iter().filter_map(application);
    OPERATORS.contains(&text)
        && applications.any(|process| {
            // `find … ;` and `test a > b` have operators of their own.
            !matches!(process.program.as_str(), "find" | "test" | "[" | "expr")
                && process
                    .argv
                    .iter()
                    .any(|word| word.as_deref() == Some(text))
        })
}
