//! Our parser against BuildKit's own: the reference's answers for the fixtures are frozen in
//! `tests/dockerfile/reference.jsonl` by `tests/reference/freeze.py`, which can also compare any
//! other file live.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "this test reads its fixtures and prints what was compared"
)]

use std::fs;
use std::path::{Path, PathBuf};

use pidone::dockerfile::{
    Dockerfile, Form, Heredoc, Instruction, Keyword, key_values, parse, quoted_words,
};
use pidone::source::{Mapped, Source, Span};
use serde_json::{Value, json};

#[test]
fn frozen_answers_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfile");
    let report = compare(&folder.join("reference.jsonl"), &folder.join("fixtures"));
    assert!(report.files > 60, "only {} fixtures", report.files);
    assert_eq!(report.newer, 0, "fixtures are for what the reference knows");
    assert!(report.differences.is_empty(), "{report}");
}

/// Driven by `freeze.py --live`.
#[test]
fn live_answers_agree() {
    let Some(answers) = std::env::var_os("PIDONE_COMPARE") else {
        return;
    };
    let report = compare(&PathBuf::from(answers), Path::new("/"));
    println!("{report}");
    assert!(report.differences.is_empty(), "see the differences above");
}

#[derive(Default)]
struct Report {
    files: usize,
    refused: usize,
    newer: usize,
    instructions: usize,
    exec_or_shell: usize,
    text_after_array: usize,
    differences: Vec<String>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        write!(
            f,
            "{} files, {} of them refused by the reference, {} with syntax newer than it: \
             {} instructions compared, {} of them CMD or ENTRYPOINT, {} with text after a JSON \
             array, {} files differ",
            self.files,
            self.refused,
            self.newer,
            self.instructions,
            self.exec_or_shell,
            self.text_after_array,
            self.differences.len()
        )
    }
}

fn compare(answers: &Path, folder: &Path) -> Report {
    let mut report = Report::default();
    let answers = fs::read_to_string(answers).expect("the answers can be read");
    for answer in answers.lines() {
        let answer: Value = serde_json::from_str(answer).expect("an answer is JSON");
        let name = answer["file"].as_str().expect("a file");
        let text = fs::read_to_string(folder.join(name)).expect("the file can be read");
        let source = Source::new(name, text);
        report.files += 1;
        let parsed = parse(&source);
        if newer_than_reference(&parsed) {
            report.newer += 1;
            continue;
        }
        if !answer["error"].is_null() {
            report.refused += 1;
            let accepted =
                parsed.problems.is_empty() && parsed.instructions.iter().all(|i| !refused(i));
            if accepted {
                let error = &answer["error"];
                let difference = format!("{name}: refused by the reference only: {error}");
                report.differences.push(difference);
            }
            continue;
        }
        let ours: Vec<Value> = parsed
            .instructions
            .iter()
            .map(|instruction| as_reference(instruction, &parsed))
            .collect();
        let mut theirs = answer["commands"].as_array().expect("commands").clone();
        for (ours, theirs) in ours.iter().zip(&mut theirs) {
            if text_after_array(ours, theirs) {
                report.text_after_array += 1;
                theirs.clone_from(ours);
            }
        }
        for (instruction, theirs) in parsed.instructions.iter().zip(&mut theirs) {
            if let Some(command) = health_of_no_kind(instruction) {
                // Refused in the next step; what follows the kind is nothing that we keep.
                theirs["json"] = json!(false);
                theirs["value"] = json!(value(command, parsed.escape));
            }
        }
        report.instructions += theirs.len();
        let judged = |i: &&Instruction| matches!(i.keyword, Keyword::Cmd | Keyword::Entrypoint);
        report.exec_or_shell += parsed.instructions.iter().filter(judged).count();
        if ours != theirs {
            let at = (0..).find(|i| ours.get(*i) != theirs.get(*i)).unwrap_or(0);
            let show = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
            report.differences.push(format!(
                "{name}: instruction {at}\n  ours      {}\n  reference {}",
                show(ours.get(at)),
                show(theirs.get(at))
            ));
        }
    }
    report
}

/// A HEALTHCHECK, perhaps in ONBUILD, that is neither CMD nor NONE alone.
fn health_of_no_kind(instruction: &Instruction) -> Option<&Instruction> {
    let inner = instruction.nested.as_deref();
    let health = inner.filter(|_| instruction.keyword == Keyword::Onbuild);
    let health = health.unwrap_or(instruction);
    let text = health.arguments.text();
    let of_no_kind = health.keyword == Keyword::Healthcheck
        && health.nested.is_none()
        && !text.eq_ignore_ascii_case("NONE");
    Some(health).filter(|_| of_no_kind && refused(health))
}

fn refused(instruction: &Instruction) -> bool {
    let nested = instruction.nested.as_deref();
    !instruction.problems.is_empty() || nested.is_some_and(refused)
}

/// The reference is BuildKit 0.12.5. Later versions also read blanks between `<<` and the name,
/// `${x%…}`, `${x#…}` and `${x/…}` on a line with here-documents, `# check=` as a directive, and the
/// escape character of the directive in flags.
fn newer_than_reference(file: &Dockerfile) -> bool {
    let text = file.source.text();
    let mut flags = file.instructions.iter().flat_map(|i| &i.flags);
    let escaped_flag =
        file.escape == '`' && flags.any(|flag| text[flag.range.clone()].contains(['`', '\\']));
    let heredoc_line = |line: &&str| line.contains("<<");
    let blank = |line: &str| {
        line.split("<<").skip(1).any(|rest| {
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            rest.starts_with([' ', '\t']) && !rest.trim_start().is_empty()
        }) && !line.contains("<<<")
    };
    let operator = |line: &str| {
        line.split("${").skip(1).any(|rest| {
            let name = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            name.len() < rest.len() && name.starts_with(['#', '%', '/'])
        })
    };
    // A logical line may put `${x%y}` far from its `<<`, so the whole file counts.
    let logical = text.replace("\\\n", " ");
    logical
        .lines()
        .filter(heredoc_line)
        .any(|line| blank(line) || operator(line))
        || escaped_flag
        || (text.contains("# check=") && text.contains("escape="))
            && text.find("# check=") < text.find("escape=")
}

/// The reference takes `["a"] && b` for the exec form `["a"]` and forgets the rest. BuildKit 0.15
/// (Dockerfile 1.9, July 2024, moby/buildkit pull request 5107) made it shell form, and we follow.
fn text_after_array(ours: &Value, theirs: &Value) -> bool {
    let values = |of: &Value| of["value"].as_array().cloned().unwrap_or_default();
    let text: Vec<String> = values(ours)
        .iter()
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    // COPY and its like split the text into words; JSON does not mind the blanks between.
    let text = text.join(" ");
    let Some(array) = text.find('[') else {
        return false;
    };
    let mut values_in_text =
        serde_json::Deserializer::from_str(&text[array..]).into_iter::<Vec<Value>>();
    let Some(Ok(first)) = values_in_text.next() else {
        return false;
    };
    let theirs_end = values(theirs);
    ours["json"] == json!(false)
        && theirs["json"] == json!(true)
        && theirs_end.ends_with(&first)
        && array + values_in_text.byte_offset() < text.len()
}

/// An instruction in the reference's words.
fn as_reference(instruction: &Instruction, file: &Dockerfile) -> Value {
    let line = |offset| file.source.line_column(offset).0;
    let flag = |flag: &pidone::dockerfile::Flag| match &flag.value {
        Some(value) => format!("--{}={}", flag.name, value.text()),
        None => format!("--{}", flag.name),
    };
    let onbuild = instruction.keyword == Keyword::Onbuild;
    let inner = instruction.nested.as_deref().filter(|_| onbuild);
    let form_of = match (instruction.keyword, inner) {
        (Keyword::Healthcheck, _) => instruction.nested.as_deref().unwrap_or(instruction),
        (_, Some(inner)) if inner.keyword == Keyword::Healthcheck => {
            inner.nested.as_deref().unwrap_or(inner)
        }
        (_, Some(inner)) => inner,
        _ => instruction,
    };
    // The reference forgets the here-documents of ONBUILD, and its C strings end at a NUL.
    let heredocs = instruction.heredocs.iter().map(|heredoc| {
        let content = Span::new(&file.source, heredoc.body_range.clone());
        check_body(heredoc, content.text());
        json!({
            "name": heredoc.name,
            "descriptor": heredoc.descriptor,
            "content": content.text(),
        })
    });
    json!({
        "cmd": word(instruction),
        "sub_cmd": inner.and_then(word),
        "json": matches!(form_of.form, Form::Exec(_)),
        "start_line": line(instruction.range.start),
        "end_line": line(instruction.range.end),
        "flags": instruction.flags.iter().map(flag).collect::<Vec<_>>(),
        "value": value(inner.unwrap_or(instruction), file.escape)
            .iter()
            .map(|word| word.split('\0').next())
            .collect::<Vec<_>>(),
        "heredocs": heredocs.collect::<Vec<_>>(),
    })
}

fn check_body(heredoc: &Heredoc, content: &str) {
    let strip = |line: &str| match heredoc.strip_tabs {
        true => line.trim_start_matches('\t').to_owned(),
        false => line.to_owned(),
    };
    let expected: String = content.split_inclusive('\n').map(strip).collect();
    assert_eq!(heredoc.body.text(), expected);
}

fn word(instruction: &Instruction) -> Option<&str> {
    let word = instruction.word.text().split('\0').next();
    word.filter(|word| !word.is_empty())
}

fn texts(words: &[Mapped]) -> Vec<&str> {
    words.iter().map(Mapped::text).collect()
}

fn value(instruction: &Instruction, escape: char) -> Vec<String> {
    let own = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let whole = |instruction: &Instruction| match &instruction.form {
        Form::Exec(elements) => own(texts(elements)),
        Form::Shell if instruction.arguments.text().is_empty() => Vec::new(),
        Form::Shell => vec![instruction.arguments.text().to_owned()],
    };
    match instruction.keyword {
        Keyword::Add | Keyword::Copy | Keyword::Volume | Keyword::Expose | Keyword::From => {
            own(texts(&instruction.words()))
        }
        Keyword::Arg => own(texts(&quoted_words(&instruction.arguments, escape))),
        Keyword::Env | Keyword::Label => {
            let pairs = key_values(instruction, escape);
            let pairs = pairs.iter().flat_map(|(key, value)| {
                let value = value.as_ref().map(Mapped::text).unwrap_or_default();
                [key.text().to_owned(), value.to_owned()]
            });
            pairs.collect()
        }
        Keyword::Healthcheck => match &instruction.nested {
            Some(command) => {
                let mut words = vec![command.word.text().to_owned()];
                words.extend(whole(command));
                words
            }
            None => whole(instruction),
        },
        Keyword::Onbuild => match &instruction.nested {
            Some(_) => vec![String::new()],
            None => Vec::new(),
        },
        Keyword::Unknown => vec![String::new()],
        _ => whole(instruction),
    }
}
