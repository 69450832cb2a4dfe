use super::Findings;
use super::rule::declare_rule;
use super::words::own_commands;
use crate::analyze::Target;
use crate::image::Command;

declare_rule! {
    /// ## What it does
    /// Reports a `CMD` or `ENTRYPOINT` that looks like exec form and is none, because it is not a
    /// JSON array of strings: single or typographic quotes, a comma before the bracket, a word
    /// without quotes, text after the bracket, or no brackets at all.
    ///
    /// ## Why is this bad
    /// Docker takes everything that is no JSON for shell form and says nothing. `/bin/sh -c` then gets
    /// the brackets and commas as part of a command's name, and the container does not start.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ['/demo/app', '--port', '80']
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
    /// The fix is unsafe: it changes what is started, which is its purpose. Look at the words: `$VARIABLES`
    /// in them are not expanded in exec form.
    ///
    /// ## When it stays silent
    /// When the text is a command of a shell that begins with a bracket, as in
    /// `[ -f /etc/app ] && exec app`.
    pub(super) static MALFORMED_EXEC_FORM = {
        id: "malformed-exec-form",
        summary: "CMD or ENTRYPOINT looks like exec form but is not JSON",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for (command, span, word) in own_commands(target) {
        let Command::Shell(_, text) = command else {
            continue;
        };
        // A template that is yet to become a Dockerfile.
        let mut lines = text.source().text().lines();
        if lines.any(|line| line.starts_with("{{") || line.starts_with("FROM {{")) {
            continue;
        }
        let Some(flaw) = flaw(text.text()) else {
            continue;
        };
        let finding = findings.add(
            format!("this {word} looks like exec form, but {flaw}"),
            text.full_span(),
            "not a JSON array of strings, so Docker hands it to the shell as it stands",
        );
        finding
            .related(span.clone(), "")
            .note("at the start: the shell looks for a command of that name and finds none")
            .help(format!(
                "write {word} [\"program\", \"argument\"], with straight double quotes"
            ));
    }
}

const OPENING: [char; 6] = ['"', '\'', '“', '”', '‘', '’'];
const TYPOGRAPHIC: [char; 4] = ['“', '”', '‘', '’'];

/// What keeps a text that was meant as exec form from being it; `None` for text that a shell is
/// meant to read.
fn flaw(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let inner = match text.strip_prefix('[') {
        Some(inner) => inner,
        None if starts_list(text) => return Some("it has no brackets"),
        None => return None,
    };
    let words = inner.trim_start();
    let glued = words.len() == inner.len();
    // `[ "$A" = b ]` and `[[ … ]]` are commands: a test has a blank after the bracket, and no comma
    // after its first word.
    let meant = if glued {
        !words.is_empty() && !words.starts_with('[')
    } else {
        starts_list(words)
    };
    if !meant {
        return None;
    }
    Some(if text.contains(TYPOGRAPHIC) {
        "its quotes are typographic"
    } else if words.starts_with('\'') {
        "its quotes are single quotes"
    } else if !words.starts_with('"') {
        "its words have no quotes"
    } else if !text.ends_with(']') {
        "there is text after it, or no closing bracket"
    } else if text.trim_end_matches(']').trim_end().ends_with(',') {
        "a comma stands before the bracket"
    } else {
        "it is not valid JSON"
    })
}

/// Whether a text begins with a quoted word and a comma.
fn starts_list(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(OPENING) else {
        return false;
    };
    let after = rest.find(OPENING).map(|end| rest[end..].chars().skip(1));
    after.is_some_and(|after| {
        let mut after = after.skip_while(|c| c.is_whitespace());
        after.next() == Some(',')
    })
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn what_was_meant_as_exec_form() {
        for (text, expected) in [
            ("['a', 'b']", "its quotes are single quotes"),
            ("[“npm”, “start”]", "its quotes are typographic"),
            ("\"npm\", \"start\"", "it has no brackets"),
            ("[\"a\", \"b\",]", "a comma stands before the bracket"),
            (
                "[\"a\"] # why",
                "there is text after it, or no closing bracket",
            ),
            (
                "[\"a\", \"b\"",
                "there is text after it, or no closing bracket",
            ),
            ("[bash -c \"x\"]", "its words have no quotes"),
            ("[\"a\", $PORT]", "it is not valid JSON"),
            ("[ \"a\", \"b\" \"c\" ]", "it is not valid JSON"),
        ] {
            assert_eq!(flaw(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_a_shell_is_meant_to_read() {
        for text in [
            "[ -f /x ] && exec app",
            "[ \"$A\" = b ] && app",
            "[ \"$A\" ] && app",
            "[[ $A ]] || exit 1",
            "app [a-z]*",
            "\"/opt/my app/run\" --flag",
            "",
            "[",
        ] {
            assert_eq!(flaw(text), None, "{text}");
        }
    }
}
