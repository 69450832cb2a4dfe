//! What BuildKit would refuse about one instruction.
//!
//! In: an instruction that has been read. Out: its problems (`instructions/parse.go`, `bflag.go`).
//! It does not check what needs variables, other instructions or the network.

use super::words::{plain_words, quoted_words};
use super::{Form, Instruction, Keyword, Problem};
use crate::source::Mapped;

/// Whether a flag has a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// True or false, or nothing for true.
    Bool,
    /// A value, once.
    Value,
    /// A value, as often as wanted.
    Values,
}

/// Adds the problems of an instruction to those that it has.
pub(super) fn check(instruction: &mut Instruction, escape: char) {
    let mut found: Vec<(String, Option<Mapped>)> = Vec::new();
    let arguments = &instruction.arguments;
    let empty = arguments.text().is_empty();
    let mut say = |message: &str| found.push((message.to_owned(), None));
    match instruction.keyword {
        Keyword::Unknown => say("unknown instruction"),
        Keyword::Add | Keyword::Copy if argument_count(instruction) < 2 => {
            say("at least one source and a destination are needed");
        }
        Keyword::From => {
            let words = plain_words(arguments);
            let named = words.len() == 3 && words[1].text().eq_ignore_ascii_case("as");
            if words.len() != 1 && !named {
                say("FROM takes an image, or an image, AS and a name");
            }
        }
        Keyword::Env | Keyword::Label => say_all(&mut say, key_value_problem(arguments, escape)),
        Keyword::Arg => {
            let words = quoted_words(arguments, escape);
            if empty || words.iter().any(|word| word.text().starts_with('=')) {
                say("ARG takes names, each perhaps with a value");
            }
        }
        Keyword::Expose | Keyword::Onbuild if empty => say("at least one argument is needed"),
        Keyword::Volume if argument_count(instruction) == 0 => {
            say("at least one argument is needed");
        }
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir if empty => {
            say("exactly one argument is needed");
        }
        Keyword::Shell => match &instruction.form {
            Form::Exec(elements) if !elements.is_empty() => {}
            _ => say("SHELL takes a JSON array of at least one string"),
        },
        Keyword::Healthcheck => say_all(&mut say, health_problem(instruction)),
        _ => {}
    }
    if let Some(nested) = &instruction.nested
        && instruction.keyword == Keyword::Onbuild
        && matches!(
            nested.keyword,
            Keyword::Onbuild | Keyword::From | Keyword::Maintainer
        )
    {
        say("ONBUILD, FROM and MAINTAINER are not allowed in ONBUILD");
    }
    let whole = instruction.range.clone();
    let problems = found.into_iter().map(|(message, place)| Problem {
        message,
        range: place.map_or(whole.clone(), |place| {
            let span = place.full_span();
            span.start..span.end
        }),
    });
    instruction.problems.extend(problems);
    check_flags(instruction);
}

fn say_all(say: &mut impl FnMut(&str), problem: Option<&'static str>) {
    if let Some(problem) = problem {
        say(problem);
    }
}

fn key_value_problem(arguments: &Mapped, escape: char) -> Option<&'static str> {
    let words = quoted_words(arguments, escape);
    let first = words.first().map(Mapped::text);
    let Some(first) = first else {
        return Some("at least one argument is needed");
    };
    if !first.contains('=') {
        let legacy = arguments.text().contains(super::words::is_separator);
        return (!legacy).then_some("a name needs a value");
    }
    for word in words.iter().map(Mapped::text) {
        match word.find('=') {
            None => return Some("every word must be of the form name=value"),
            Some(0) => return Some("names cannot be blank"),
            Some(_) => {}
        }
    }
    None
}

fn health_problem(instruction: &Instruction) -> Option<&'static str> {
    let arguments = instruction.arguments.text();
    match &instruction.nested {
        Some(command) => {
            let empty = match &command.form {
                Form::Exec(elements) => elements.is_empty(),
                Form::Shell => command.arguments.text().is_empty(),
            };
            empty.then_some("a command is needed after CMD")
        }
        None => (!arguments.eq_ignore_ascii_case("NONE"))
            .then_some("HEALTHCHECK takes NONE, or CMD and a command"),
    }
}

fn argument_count(instruction: &Instruction) -> usize {
    match &instruction.form {
        Form::Exec(elements) => elements.len(),
        Form::Shell => plain_words(&instruction.arguments).len(),
    }
}

fn check_flags(instruction: &mut Instruction) {
    let none = instruction.keyword == Keyword::Healthcheck && instruction.nested.is_none();
    if none || matches!(instruction.keyword, Keyword::Unknown | Keyword::Stopsignal) {
        // BuildKit does not look at the flags of these.
        return;
    }
    let mut problems = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for flag in &instruction.flags {
        let name = flag.name.as_str();
        let value = flag.value.as_ref().map(Mapped::text);
        let known = flags_of(instruction.keyword)
            .iter()
            .find(|(known, _)| *known == name);
        let message = match known {
            None => Some(format!("unknown flag `--{name}`")),
            Some((_, takes)) => {
                let again = !seen.insert(name) && *takes != Takes::Values;
                match (takes, value) {
                    _ if again => Some(format!("the flag `--{name}` is given twice")),
                    (Takes::Bool, None) => None,
                    (Takes::Bool, Some(value)) => {
                        let fine = ["true", "false"].map(|word| value.eq_ignore_ascii_case(word));
                        (!fine.contains(&true)).then(|| format!("`--{name}` is true or false"))
                    }
                    (_, None) => Some(format!("the flag `--{name}` needs a value")),
                    (_, Some(_)) => None,
                }
            }
        };
        problems.extend(message.map(|message| Problem {
            message,
            range: flag.range.clone(),
        }));
    }
    instruction.problems.append(&mut problems);
}

fn flags_of(keyword: Keyword) -> &'static [(&'static str, Takes)] {
    match keyword {
        Keyword::From => &[("platform", Takes::Value)],
        Keyword::Run => &[
            ("mount", Takes::Values),
            ("network", Takes::Value),
            ("security", Takes::Value),
            ("device", Takes::Values),
        ],
        Keyword::Copy => &[
            ("chown", Takes::Value),
            ("from", Takes::Value),
            ("chmod", Takes::Value),
            ("link", Takes::Bool),
            ("exclude", Takes::Values),
            ("parents", Takes::Bool),
        ],
        Keyword::Add => &[
            ("chown", Takes::Value),
            ("chmod", Takes::Value),
            ("link", Takes::Bool),
            ("keep-git-dir", Takes::Bool),
            ("checksum", Takes::Value),
            ("unpack", Takes::Bool),
            ("exclude", Takes::Values),
        ],
        Keyword::Healthcheck => &[
            ("interval", Takes::Value),
            ("timeout", Takes::Value),
            ("start-period", Takes::Value),
            ("start-interval", Takes::Value),
            ("retries", Takes::Value),
        ],
        _ => &[],
    }
}
