use super::Findings;
use super::rule::declare_rule;
use super::words::{application, argv, broken_starts, own_commands};
use crate::analyze::Target;
use crate::image::Command;
use crate::stop::ExecProblem;

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
    /// The fix is unsafe: it changes what is started, which is its purpose.
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
        if let (Some(first), true) = (words.first(), argv(target).first() == words.first()) {
            let program = first.text().trim();
            let is_line = program.contains(char::is_whitespace);
            let is_broken = broken_starts(target).iter().any(|broken| {
                let reason = &broken.failure.reason;
                broken.failure.program == first.text()
                    && match is_line {
                        true => matches!(reason, ExecProblem::NotFound | ExecProblem::NotAProgram),
                        false => *reason == ExecProblem::NotAProgram,
                    }
            });
            if is_broken && !program.is_empty() {
                let title = if is_line {
                    format!("exec form takes `{program}` for the name of one program")
                } else if program.starts_with(|c: char| c.is_ascii_lowercase() || c == '.') {
                    format!("`{program}` is a built-in of shells, and exec form runs no shell")
                } else {
                    format!("`{program}` is shell syntax, and exec form runs no shell")
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
        if let [only] = words.as_slice()
            && let Some(program) = takes_line_for_a_name(target, only.text())
        {
            findings
                .add(
                    format!("`{program}` gets `{}` as one word", only.text()),
                    only.full_span(),
                    "one argument, blanks included",
                )
                .related(span.clone(), "")
                .note("at the start: nothing of that name is found")
                .help(format!(
                    "write each word for itself, or {word} in shell form with `exec`"
                ));
            continue;
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

/// The program that gets a whole command line, its own name first, as one argument: what the entrypoints of
/// language images make of `CMD ["node server.js"]`.
fn takes_line_for_a_name<'t>(target: &'t Target, line: &str) -> Option<&'t str> {
    let (name, _) = line.split_once(char::is_whitespace)?;
    let mut applications = target.paths.iter().filter_map(application);
    let process = applications.find(|process| {
        let mut arguments = process.argv.iter().skip(1);
        process.program == name
            && arguments
                .next()
                .is_some_and(|word| word.as_deref() == Some(line))
    })?;
    Some(&process.program)
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
