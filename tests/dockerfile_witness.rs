//! The `dockerfile-parser` crate as a second witness. It is wrong often enough that it can only
//! testify about what it reads at all; where it is known to be wrong, the fixture is listed with
//! its error.
#![allow(
    clippy::disallowed_methods,
    reason = "a test reads its fixtures directly"
)]

use std::fs;
use std::path::Path;

use dockerfile_parser::{Instruction as Witnessed, ShellOrExecExpr};
use pidone::dockerfile::{Form, Instruction, Keyword, parse};
use pidone::source::{Mapped, Source};

/// Fixtures that the witness reads wrongly, and what it does.
const WRONG: &[(&str, &str)] = &[
    (
        "continuation-comment.Dockerfile",
        "ends the instruction at a blank line after a comment",
    ),
    (
        "continuation-doubled-escape.Dockerfile",
        "continues a line that ends in two escape characters",
    ),
    (
        "exec-form-bad-quotes.Dockerfile",
        "takes single quotes for JSON strings",
    ),
    (
        "exec-form-unicode-blanks.Dockerfile",
        "does not trim no-break spaces, as Go does",
    ),
    (
        "heredoc-run.Dockerfile",
        "knows no here-documents and reads instructions in their bodies",
    ),
];

#[test]
fn the_witness_agrees_where_it_is_not_known_to_be_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfile/fixtures");
    let mut names: Vec<String> = fs::read_dir(folder.clone())
        .expect("the fixtures")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .filter(|name| name.ends_with(".Dockerfile"))
        .collect();
    names.sort();
    let mut testified = 0;
    let mut problems = Vec::new();
    for name in &names {
        let text = fs::read_to_string(folder.join(name)).expect("a fixture");
        let theirs = witness(&text);
        let Some(theirs) = theirs else { continue };
        testified += 1;
        let agrees = theirs == ours(&text);
        let listed = WRONG.iter().any(|(wrong, _)| wrong == name);
        match (agrees, listed) {
            (false, false) => problems.push(format!(
                "{name}:\n  ours    {:?}\n  witness {theirs:?}",
                ours(&text)
            )),
            (true, true) => problems.push(format!("{name}: listed as wrong, but it agrees")),
            _ => {}
        }
    }
    assert!(
        testified >= 20,
        "the witness reads only {testified} fixtures"
    );
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What both can tell of CMD, ENTRYPOINT and FROM.
#[derive(Debug, PartialEq)]
enum Fact {
    Exec(Keyword, Vec<String>),
    Shell(Keyword, String),
    From(String, Option<String>),
}

fn witness(text: &str) -> Option<Vec<Fact>> {
    let file = dockerfile_parser::Dockerfile::parse(text).ok()?;
    let fact = |instruction: &Witnessed| match instruction {
        Witnessed::From(from) => Some(Fact::From(
            from.image.content.clone(),
            from.alias.as_ref().map(|alias| alias.content.clone()),
        )),
        Witnessed::Cmd(cmd) => Some(form(Keyword::Cmd, &cmd.expr)),
        Witnessed::Entrypoint(entrypoint) => Some(form(Keyword::Entrypoint, &entrypoint.expr)),
        _ => None,
    };
    Some(file.instructions.iter().filter_map(fact).collect())
}

fn form(keyword: Keyword, expression: &ShellOrExecExpr) -> Fact {
    match expression {
        ShellOrExecExpr::Exec(array) => {
            let elements = array.elements.iter();
            Fact::Exec(keyword, elements.map(|e| e.content.clone()).collect())
        }
        ShellOrExecExpr::Shell(text) => Fact::Shell(keyword, words(&text.to_string())),
    }
}

fn ours(text: &str) -> Vec<Fact> {
    let source = Source::new("Dockerfile", text);
    let fact = |instruction: &Instruction| match instruction.keyword {
        Keyword::From => {
            let from = pidone::dockerfile::from(instruction)?;
            let name = from.name.map(|name| name.text().to_owned());
            Some(Fact::From(from.image.text().to_owned(), name))
        }
        Keyword::Cmd | Keyword::Entrypoint => Some(match &instruction.form {
            Form::Exec(elements) => {
                let elements = elements.iter().map(Mapped::text).map(str::to_owned);
                Fact::Exec(instruction.keyword, elements.collect())
            }
            Form::Shell => Fact::Shell(instruction.keyword, words(instruction.arguments.text())),
        }),
        _ => None,
    };
    parse(&source)
        .instructions
        .iter()
        .filter_map(fact)
        .collect()
}

/// The witness keeps no exact blanks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
