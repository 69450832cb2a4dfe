//! Variables in exec form: a shell that expands them, and execs.
//!
//! In: a finding at a word such as `"$PORT"`. Out: a draft that gives the words to `/bin/sh -c 'exec …'`, each in
//! quotes, so that only the variables change. Unsafe: the application gets other words than before.

use super::command_line::{json_string, shell_word};
use super::{Applicability, Draft, Edit, Goal};
use crate::analyze::Target;
use crate::dockerfile::{self, Form, Keyword};
use crate::image::Command;
use crate::rules::Finding;
use crate::source::Span;

/// A draft for the instruction around the finding's place.
pub(super) fn plan(target: &Target, finding: &Finding) -> Vec<Draft> {
    let primary = &finding.primary.span;
    if primary.source.path() != target.file {
        return Vec::new();
    }
    let file = dockerfile::parse(&primary.source);
    let mut instructions = file.instructions.iter();
    let Some(instruction) = instructions.find(|instruction| {
        matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint)
            && instruction.range.start <= primary.start
            && primary.end <= instruction.range.end
    }) else {
        return Vec::new();
    };
    let (Form::Exec(words), Some(first), Some(last)) = (
        &instruction.form,
        instruction.element_ranges.first(),
        instruction.element_ranges.last(),
    ) else {
        return Vec::new();
    };
    let image = &target.container.image;
    let is_whole = instruction.keyword == Keyword::Entrypoint
        || starts_a_program(image.entrypoint.value.value());
    if !is_whole {
        return Vec::new();
    }
    let words: Vec<String> = words.iter().map(|word| expanded(word.text())).collect();
    let mut command = format!("exec {}", words.join(" "));
    let mut array = vec!["/bin/sh".to_owned(), "-c".to_owned()];
    // What CMD or the platform gives is behind the words of ENTRYPOINT.
    if instruction.keyword == Keyword::Entrypoint {
        command.push_str(" \"$@\"");
        array.extend([command, "sh".to_owned()]);
    } else {
        array.push(command);
    }
    let array: Vec<String> = array.iter().map(|word| json_string(word)).collect();
    let span = Span::new(&primary.source, first.start..last.end);
    vec![Draft {
        kind: "variable-expanded",
        title: "let a shell expand the variables, and `exec` out of it".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit::replace(span, array.join(", "))],
        goal: Goal::Keep,
    }]
}

/// Whether what stands behind that ENTRYPOINT is a program with its words: nothing, or a script that execs it.
fn starts_a_program(entrypoint: Option<&Option<Command>>) -> bool {
    match entrypoint {
        Some(None) => true,
        Some(Some(Command::Exec(words))) => {
            let mut scripts = words.iter().map(|word| word.text());
            scripts.next_back().is_some_and(|word| {
                word.ends_with("entrypoint.sh") || word.ends_with("entrypoint") || word == "--"
            })
        }
        _ => false,
    }
}

/// A word in which only `$NAME` and `${…}` are left to the shell.
pub(super) fn expanded(word: &str) -> String {
    let names =
        |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '{');
    let has_variable = word
        .match_indices('$')
        .any(|(at, _)| names(&word[at + 1..]));
    if !has_variable {
        return shell_word(word);
    }
    if holds_several(word) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for (at, c) in word.char_indices() {
        let is_literal = match c {
            '$' => !names(&word[at + 1..]),
            _ => matches!(c, '"' | '\\' | '`'),
        };
        if is_literal {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

/// Whether a word is a variable that by its name holds several words, or none (`$JAVA_OPTS`): quotes would make one
/// of them.
fn holds_several(word: &str) -> bool {
    let name = word.strip_prefix('$').unwrap_or_default();
    let name = match name.strip_prefix('{') {
        Some(name) => name.strip_suffix('}').unwrap_or_default(),
        None => name,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let last = name.rsplit('_').next().unwrap_or_default();
    let several = ["OPTS", "OPTIONS", "ARGS", "ARGUMENTS", "FLAGS", "PARAMS"];
    name.chars().all(is_name) && several.contains(&last.to_ascii_uppercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::expanded;

    #[test]
    fn only_variables_are_left_to_the_shell() {
        assert_eq!(expanded("--port"), "--port");
        assert_eq!(expanded("a b"), "'a b'");
        assert_eq!(expanded("$PORT"), "\"$PORT\"");
        assert_eq!(expanded("$JAVA_OPTS"), "$JAVA_OPTS");
        assert_eq!(expanded("${ARGS}"), "${ARGS}");
        assert_eq!(expanded("${ARGS:-a b}"), "\"${ARGS:-a b}\"");
        assert_eq!(expanded("$OPTS.x"), "\"$OPTS.x\"");
        assert_eq!(
            expanded("0.0.0.0:${PORT:-80}/\"$\"`"),
            "\"0.0.0.0:${PORT:-80}/\\\"\\$\\\"\\`\""
        );
    }
}
