//! Shell form to exec form: `CMD app --x` becomes `CMD ["app", "--x"]`.
//!
//! In: a finding about a shell-form instruction. Out: a draft that quotes each word where it stands, so
//! that continuations and comments stay. Only where the words are plain after removal of quotes and no
//! other word of argv would come to count.

use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::image::{Command, Origin};
use crate::rules::Finding;
use crate::shell::{Kind, Script, Separator, parse};
use crate::source::{Known, Mapped};

/// A draft for a shell-form CMD or ENTRYPOINT under the finding.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let Some((text, keyword)) = instruction(target, finding) else {
        return Vec::new();
    };
    let Some(words) = plain_words(&text) else {
        return Vec::new();
    };
    let count = words.len();
    let quoted = words.into_iter().enumerate().map(|(index, (word, range))| {
        let span = text.span(range);
        let open = if index == 0 { "[" } else { "" };
        let close = if index + 1 == count { "]" } else { "," };
        let json = serde_json::to_string(&word).expect("a string serialises");
        Edit::replace(span, format!("{open}{json}{close}"))
    });
    vec![Draft {
        kind: "exec-form",
        title: format!("write {keyword} in exec form"),
        applicability: Applicability::Safe,
        edits: quoted.collect(),
        goal: Goal::Deliver,
    }]
}

/// The text of the shell-form instruction that is all of PID 1's command line.
fn instruction(target: &Target, finding: &Finding) -> Option<(Mapped, &'static str)> {
    let image = &target.container.image;
    let (setting, other, keyword) = match &image.entrypoint.value {
        // What an ENTRYPOINT is given, it may look at: its CMD keeps its form.
        Known::Known(Some(_)) => (&image.entrypoint, &image.cmd, "ENTRYPOINT"),
        Known::Known(None) => (&image.cmd, &image.entrypoint, "CMD"),
        Known::Unknown(_) => return None,
    };
    // In front of a shell-form ENTRYPOINT the words of CMD do not count; in exec form they would.
    let Known::Known(None) = other.value else {
        return None;
    };
    let (Known::Known(Some(Command::Shell(shell, text))), Origin::Instruction(span)) =
        (&setting.value, &setting.origin)
    else {
        return None;
    };
    let primary = &finding.primary.span;
    let about_it = primary.source.path() == span.source.path()
        && span.start <= primary.start
        && primary.end <= span.end;
    if !about_it || !is_plain_shell(shell) || target.container.image.windows.is_some() {
        return None;
    }
    // bash reads this file before it runs the string.
    let reads_more = ["BASH_ENV", "ENV"]
        .iter()
        .any(|name| image.environment.contains_key(*name));
    (!reads_more && is_contiguous(text)).then(|| (text.clone(), keyword))
}

/// Whether SHELL does nothing but run the string: no login shell, no launcher, no trace.
fn is_plain_shell(shell: &[Mapped]) -> bool {
    let mut words = shell.iter().map(Mapped::text);
    let name = words.next().unwrap_or_default();
    let base = name.rsplit('/').next().unwrap_or(name);
    let options: Vec<&str> = words.collect();
    let Some((last, options)) = options.split_last() else {
        return false;
    };
    let is_harmless = |option: &str| {
        option == "pipefail"
            || option.strip_prefix('-').is_some_and(|letters| {
                !letters.is_empty() && letters.chars().all(|letter| "ceuo".contains(letter))
            })
    };
    matches!(base, "sh" | "bash" | "dash" | "ash")
        && is_harmless(last)
        && last.contains('c')
        && options.iter().all(|option| is_harmless(option))
}

/// Whether every byte of the text stands in the file as it is, though perhaps not side by side.
fn is_contiguous(text: &Mapped) -> bool {
    text.runs().iter().all(|run| run.copied)
}

/// The words of a single simple command without any expansion, with their ranges; `None` for anything
/// that needs a shell.
pub(super) fn plain_words(text: &Mapped) -> Option<Vec<(String, std::ops::Range<usize>)>> {
    let script = parse(text.clone());
    let item = script.only_item()?;
    let Kind::Simple(simple) = &script.node(item.node).kind else {
        return None;
    };
    let is_plain = simple.assignments.is_empty() && simple.redirects.is_empty();
    if !is_plain || item.end != Separator::End || !script.problems.is_empty() {
        return None;
    }
    // `$"…"` and `$'…'` are quotes in bash only; elsewhere the dollar sign stays.
    if text.text().contains("$\"") || text.text().contains("$'") {
        return None;
    }
    let words: Option<Vec<_>> = simple
        .words
        .iter()
        .map(|word| Some((word.constant(true)?.into_owned(), word.range.clone())))
        .collect();
    let words = words?;
    let program = &words.first()?.0;
    if program.is_empty() || is_builtin(program) || !is_all(&script, &words) {
        return None;
    }
    // A word over two lines would take its continuation, and a comment in it, along.
    let as_written = |range: &std::ops::Range<usize>| {
        text.span(range.clone()).text() == &text.text()[range.clone()]
    };
    words
        .iter()
        .all(|(_, range)| as_written(range))
        .then_some(words)
}

/// Whether nothing but blanks stands around and between the words: no comment.
fn is_all(script: &Script, words: &[(String, std::ops::Range<usize>)]) -> bool {
    let text = script.text.text();
    let mut position = 0;
    for (_, range) in words {
        if !text[position..range.start].trim().is_empty() {
            return false;
        }
        position = range.end;
    }
    text[position..].trim().is_empty()
}

/// Words that a shell runs itself: no file need be there of that name, and one that is may do something
/// else (POSIX.1-2017 XCU 2.14 and 2.9.1.1; bash manual 4.2).
pub(super) fn is_builtin(name: &str) -> bool {
    const BUILTINS: [&str; 66] = [
        ".",
        ":",
        "[",
        "alias",
        "bg",
        "bind",
        "break",
        "builtin",
        "caller",
        "cd",
        "command",
        "compgen",
        "complete",
        "compopt",
        "continue",
        "coproc",
        "declare",
        "dirs",
        "disown",
        "echo",
        "enable",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "fc",
        "fg",
        "function",
        "getopts",
        "hash",
        "help",
        "history",
        "jobs",
        "kill",
        "let",
        "local",
        "logout",
        "mapfile",
        "popd",
        "printf",
        "pushd",
        "pwd",
        "read",
        "readarray",
        "readonly",
        "return",
        "select",
        "set",
        "shift",
        "shopt",
        "source",
        "suspend",
        "test",
        "time",
        "times",
        "trap",
        "true",
        "type",
        "typeset",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "until",
        "wait",
    ];
    BUILTINS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn words(text: &str) -> Option<Vec<String>> {
        let words = plain_words(&Mapped::whole(&Source::new("f", text)))?;
        Some(words.into_iter().map(|(word, _)| word).collect())
    }

    #[test]
    fn plain_words_lose_their_quotes() {
        let plain = |text: &str| words(text).unwrap_or_default();
        assert_eq!(plain("/app --port 80"), ["/app", "--port", "80"]);
        assert_eq!(
            plain(r#"/app --pattern foo\ bar --re \$x "a b"'c' """#),
            ["/app", "--pattern", "foo bar", "--re", "$x", "a bc", ""]
        );
    }

    #[test]
    fn what_needs_a_shell_is_left() {
        for text in [
            "app $X",
            "app *.txt",
            "app ~/x",
            "app {a,b}",
            "app > log",
            "app; b",
            "app && b",
            "A=1 app",
            "app &",
            "app # why",
            "exec app",
            "cd /x",
            "ulimit -n 1",
            ". /env.sh",
            "app `x`",
            "app;",
            "( app )",
            "! app",
            "time app",
            "",
            "app [ab]",
            "app x=~/y",
        ] {
            assert_eq!(words(text), None, "{text}");
        }
    }

    #[test]
    fn shells_that_do_more_are_left() {
        let plain = |words: &[&str]| {
            let source = Source::new("f", words.join(" "));
            let whole = Mapped::whole(&source);
            let mut position = 0;
            let mapped: Vec<Mapped> = words
                .iter()
                .map(|word| {
                    let range = position..position + word.len();
                    position = range.end + 1;
                    whole.slice(range)
                })
                .collect();
            is_plain_shell(&mapped)
        };
        assert!(plain(&["/bin/sh", "-c"]));
        assert!(plain(&["/bin/bash", "-eo", "pipefail", "-c"]));
        assert!(!plain(&["/bin/bash", "-lc"]));
        assert!(!plain(&["/bin/bash", "--login", "-c"]));
        assert!(!plain(&["/bin/bash", "-xc"]));
        assert!(!plain(&["conda", "run", "-n", "web", "/bin/bash", "-c"]));
        assert!(!plain(&["cmd", "/S", "/C"]));
    }
}
