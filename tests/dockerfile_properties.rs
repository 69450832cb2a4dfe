//! Nothing is lost and nothing panics, whatever the text.
#![allow(
    clippy::disallowed_methods,
    reason = "a test reads its fixtures directly"
)]

use std::ops::Range;

use pidone::dockerfile::{
    Dockerfile, Form, Instruction, Keyword, copy, from, key_values, parse, plain_words,
    quoted_words,
};
use pidone::source::{Mapped, Source};
use proptest::prelude::*;

/// Pieces that make lines of Dockerfiles, good and bad.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "FROM ",
        "RUN ",
        "CMD ",
        "ENTRYPOINT",
        "COPY ",
        "ONBUILD ",
        "HEALTHCHECK ",
        "ENV ",
        "ARG ",
        "LABEL ",
        "SHELL ",
        "ADD ",
        "# escape=`",
        "# syntax=x",
        "#",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\\",
        "\\\n",
        "\\ \n",
        "`\n",
        "\\\\\n",
        " ",
        "\t",
        "a",
        "EOF",
        "\nEOF\n",
        "<<EOF",
        "<<-EOF",
        "<<\"E\"",
        "<<<",
        "3<<",
        "--a=b ",
        "--mount=\"x y\" ",
        "-- ",
        "--",
        "[",
        "]",
        "[]",
        "\"",
        "\"a\"",
        "\\u00e9",
        "\\ud800",
        ", ",
        "'",
        "$",
        "${a:-",
        "}",
        "=",
        "é",
        "à",
        "ⅳ",
        "\u{feff}",
        "\u{a0}",
        "\u{85}",
        "😀",
        "\0",
        "{",
        ":",
        "1e9",
        "null",
        "CMD",
    ]);
    prop_oneof![8 => words.prop_map(str::to_owned), 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_has_its_place(text in text()) {
        check(&text);
    }
}

#[test]
fn every_byte_of_the_fixtures_has_its_place() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dockerfile/fixtures");
    for entry in std::fs::read_dir(folder).expect("the fixtures") {
        let path = entry.expect("an entry").path();
        check(&std::fs::read_to_string(path).expect("a fixture"));
    }
}

fn check(text: &str) {
    let source = Source::new("Dockerfile", text);
    let file = parse(&source);
    let mut owned: Vec<Range<usize>> = file.directives.iter().map(|d| d.range.clone()).collect();
    owned.extend(file.instructions.iter().map(|i| i.range.clone()));
    let inside = |comment: &Range<usize>| {
        let around = |i: &Instruction| i.range.start < comment.start && comment.end <= i.range.end;
        file.instructions.iter().any(around)
    };
    owned.extend(file.comments.iter().filter(|c| !inside(c)).cloned());
    owned.sort_by_key(|range| range.start);
    let mut position = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for range in &owned {
        assert!(position <= range.start, "{range:?} overlaps in {text:?}");
        let gap = &text[position..range.start];
        assert!(
            gap.trim().is_empty(),
            "{gap:?} belongs to nothing in {text:?}"
        );
        position = range.end;
    }
    assert!(
        text[position..].trim().is_empty(),
        "the end belongs to nothing in {text:?}"
    );
    for instruction in &file.instructions {
        check_inside(text, &file, instruction);
        check_parts(instruction, file.escape);
    }
}

/// Inside an instruction, what is no part of it is blank, an escape character, the `--` that ends
/// the flags, or a comment.
fn check_inside(text: &str, file: &Dockerfile, instruction: &Instruction) {
    let mut covered: Vec<Range<usize>> = vec![instruction.keyword_range.clone()];
    covered.extend(instruction.flags.iter().map(|flag| flag.range.clone()));
    let holder = match &instruction.nested {
        Some(nested) if instruction.keyword == Keyword::Onbuild => nested,
        _ => instruction,
    };
    for heredoc in &holder.heredocs {
        covered.push(heredoc.body_range.clone());
        covered.push(heredoc.terminator.clone());
        let marker = holder.arguments.text().get(heredoc.marker.clone());
        assert!(marker.is_some(), "{:?} in {text:?}", heredoc.marker);
    }
    let runs = instruction.arguments.runs().iter();
    covered.extend(runs.map(|run| run.source..run.source + run.source_len));
    covered.extend(file.comments.iter().cloned());
    let mut is_covered = vec![false; instruction.range.len()];
    for range in covered {
        let start = range.start.max(instruction.range.start);
        let end = range.end.min(instruction.range.end);
        for place in start..end {
            is_covered[place - instruction.range.start] = true;
        }
    }
    let whole = &text[instruction.range.clone()];
    let rest = whole
        .char_indices()
        .filter(|(at, _)| !is_covered[*at])
        .map(|(_, character)| character);
    for character in rest {
        // Flags are cut at bytes that are blanks only by themselves, and `--""` is the `--` that ends them.
        let fine = character.is_whitespace()
            || character == file.escape
            || matches!(character, '-' | '"' | '\'');
        assert!(
            fine || !character.is_ascii(),
            "{character:?} of {instruction:?} belongs to nothing in {text:?}"
        );
    }
}

fn check_parts(instruction: &Instruction, escape: char) {
    for (element, quoted) in elements(instruction)
        .iter()
        .zip(&instruction.element_ranges)
    {
        let span = element.full_span();
        assert!(quoted.start < span.start && span.end < quoted.end);
        assert!(element.source().text()[quoted.clone()].starts_with('"'));
        assert!(element.source().text()[quoted.clone()].ends_with('"'));
    }
    for mapped in [&instruction.arguments]
        .into_iter()
        .chain(elements(instruction))
    {
        check_map(mapped);
    }
    let mut words = plain_words(&instruction.arguments);
    words.extend(quoted_words(&instruction.arguments, escape));
    words.iter().for_each(check_map);
    for (name, value) in key_values(instruction, escape) {
        check_map(&name);
        value.iter().for_each(check_map);
    }
    for flag in &instruction.flags {
        flag.value.iter().for_each(check_map);
    }
    if let Some(copy) = copy(instruction) {
        check_map(&copy.destination);
    }
    if let Some(from) = from(instruction) {
        check_map(&from.image);
    }
    if let Some(nested) = &instruction.nested {
        check_parts(nested, escape);
    }
}

fn elements(instruction: &Instruction) -> &[Mapped] {
    match &instruction.form {
        Form::Exec(elements) => elements,
        Form::Shell => &[],
    }
}

/// Runs are in order, cover the text, and copies are copies.
fn check_map(mapped: &Mapped) {
    let mut derived = 0;
    for run in mapped.runs() {
        assert_eq!(run.derived, derived);
        derived += run.derived_len;
        let source = &mapped.source().text()[run.source..run.source + run.source_len];
        if run.copied {
            assert_eq!(source, &mapped.text()[run.derived..derived]);
        }
    }
    assert_eq!(derived, mapped.text().len());
}

#[test]
fn hostile_files_take_linear_time() {
    let many = 100_000;
    let files = [
        format!("FROM a\nRUN {}b\n", "a \\\n".repeat(many)),
        format!("FROM a\nRUN {}b\n", "a \\\n# c\n\n".repeat(many)),
        format!("FROM a\nENV {}\n", "a=b \\\n".repeat(many)),
        format!("FROM a\nCOPY {} /x\n", "a \\\n".repeat(many)),
        format!("FROM a\nCMD [\"a\"{}]\n", ", \\\n\"\\n\"".repeat(many)),
        format!("FROM a\nRUN {}x\n", "--a=b \\\n".repeat(many)),
        format!("FROM a\n{}", "RUN <<A\n".repeat(many)),
        (0..many).map(|i| format!("RUN <<A{i}\n")).collect(),
        (0..many).map(|i| format!("RUN <<-A{i} <<B\n")).collect(),
        format!("RUN {}\n", "<<A ".repeat(many)),
        format!(
            "COPY {} /x\n{}",
            "<<A \\\n".repeat(many),
            "A\n".repeat(many)
        ),
        "RUN a\n".repeat(many),
        "# c\n".repeat(many),
        "\\\n".repeat(many),
        "ONBUILD ".repeat(many),
        format!("RUN {} <<A", "${a:-".repeat(many)),
        format!("RUN {} <<A", "'".repeat(many)),
        format!("CMD {}", "[".repeat(many)),
        format!("CMD {}\"a\"", "[\"a\",".repeat(many)),
        format!("CMD {}", "x".repeat(10_000_000)),
        "\0".repeat(many),
    ];
    for text in files {
        let start = std::time::Instant::now();
        let source = Source::new("Dockerfile", text);
        let file = parse(&source);
        for instruction in &file.instructions {
            copy(instruction);
            key_values(instruction, file.escape);
        }
        // Quadratic time would be minutes.
        let taken = start.elapsed();
        let head: String = source.text().chars().take(30).collect();
        assert!(taken.as_secs() < 10, "{taken:?} for {head:?}");
    }
}
