use super::Findings;
use super::rule::declare_rule;
use super::words::{application, argv, consequence, own_commands};
use crate::analyze::Target;
use crate::image::Command;
use crate::source::Mapped;
use crate::stop::Verdict;

declare_rule! {
    /// ## What it does
    /// Reports a variable in exec form that nobody expands: the application gets the text `$PORT`.
    ///
    /// ## Why is this bad
    /// Exec form runs no shell. Docker hands the words to the program as they stand, so the program
    /// is told to listen on the port `$PORT`.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// ENV PORT=8080
    /// CMD ["/demo/app", "--port", "$PORT"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// ENV PORT=8080
    /// CMD exec /demo/app --port "$PORT"
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe: it changes the words that the program gets, which is its purpose. Keep the
    /// `exec`, or the shell stays in front of the application.
    ///
    /// ## When it stays silent
    /// When a shell on the way expands it, when the word is a whole command string, and for programs
    /// that expand variables themselves (`envsubst`, `${…}` for Java).
    pub(super) static LITERAL_VARIABLE_IN_EXEC_FORM = {
        id: "literal-variable-in-exec-form",
        summary: "exec form expands no variables",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for (command, span, word) in own_commands(target) {
        let Command::Exec(words) = command else {
            continue;
        };
        for text in words {
            let Some(variable) = variable(text.text()) else {
                continue;
            };
            if !reaches_application(target, text) {
                continue;
            }
            let finding = findings.add(
                format!("exec form does not expand `{variable}`"),
                text.full_span(),
                "the program gets this text as it stands",
            );
            finding.related(span.clone(), "").help(format!(
                "write {word} in shell form with `exec`, or read the variable in the program"
            ));
            let failing = target
                .paths
                .iter()
                .find(|path| path.verdict == Verdict::Fails);
            if let Some(path) = failing {
                consequence(finding, target, path);
            }
        }
    }
}

/// Whether the application's own words have the text unchanged, or it is the program to start.
fn reaches_application(target: &Target, text: &Mapped) -> bool {
    if argv(target).first().is_some_and(|first| first == text) {
        return true;
    }
    let mut applications = target.paths.iter().filter_map(application);
    applications.any(|process| {
        let expands = match process.program.as_str() {
            "envsubst" => true,
            "java" => text.text().contains("${"),
            _ => false,
        };
        !expands
            && process
                .argv
                .iter()
                .any(|word| word.as_deref() == Some(text.text()))
    })
}

/// The first `$NAME` or `${NAME…}` of a word without blanks. Names in lower case are left alone:
/// other languages use them (`$host` of nginx, `$x` of jq).
fn variable(word: &str) -> Option<&str> {
    if word.contains(char::is_whitespace) {
        return None;
    }
    let start = word.find('$')?;
    let rest = &word[start + 1..];
    let braced = rest.strip_prefix('{');
    let name = braced.unwrap_or(rest);
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
    if length == 0 || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if name[length..].starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let end = match braced {
        Some(inner) => start + 2 + inner.find('}')? + 1,
        None => start + 1 + length,
    };
    Some(&word[start..end])
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn variables_of_the_environment() {
        assert_eq!(variable("$PORT"), Some("$PORT"));
        assert_eq!(variable("0.0.0.0:$PORT/x"), Some("$PORT"));
        assert_eq!(variable("--port=${PORT:-80}"), Some("${PORT:-80}"));
        for word in [
            "$",
            "${PORT",
            "$1",
            "$host",
            "a b $PORT",
            "5$",
            "$$",
            "$Path",
        ] {
            assert_eq!(variable(word), None, "{word}");
        }
    }
}
