//! Literate cases: `tests/cases/*.md`, and the examples in the rules' documentation.
//!
//! A case is a section with a heading. Its fenced blocks with a file name are files of the build
//! context (`sh start.sh 755`: language, name, mode); `options` holds command-line words
//! (`--target all`); `trace` and `findings` are what pidone must answer, `diff` what all its fixes change, the unsafe
//! ones too, where a case has such a block. `PIDONE_UPDATE=1 cargo test --test cases` writes the answers: read the diff before
//! committing it. Every context also has native programs named `app`, `app2` and `worker`, unless the case gives files of these names.

#![allow(
    clippy::disallowed_methods,
    reason = "this test reads and updates its cases"
)]

mod answers;
mod documentation;
mod markdown;

use std::fmt::Write;
use std::fs;

use answers::answers;
use markdown::{blocks, case_files, sections, with_answers};

#[test]
fn literate_cases() {
    let update = std::env::var_os("PIDONE_UPDATE").is_some();
    let mut failures = String::new();
    let mut count = 0;
    for path in case_files() {
        let text = fs::read_to_string(&path).expect("cases are UTF-8");
        let mut updated = String::new();
        for section in sections(&text) {
            let blocks = blocks(section);
            if !blocks.iter().any(|block| block.file.is_some()) {
                updated.push_str(section);
                continue;
            }
            count += 1;
            let answers = answers(&blocks);
            for (language, actual) in &answers {
                let expected = blocks.iter().find(|block| block.language == *language);
                // A case without findings has no block for them.
                let expected = match expected {
                    Some(block) => Some(block.body.as_str()),
                    None if *language == "findings" => Some(""),
                    None => None,
                };
                if expected.is_some_and(|expected| expected != actual) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let heading = section.lines().next().unwrap_or("");
                    let expected = expected.unwrap_or("");
                    let _ = writeln!(
                        failures,
                        "{name} {heading}: {language}\n--- expected\n{expected}--- actual\n{actual}"
                    );
                }
            }
            let complete = answers.iter().all(|(language, _)| {
                *language == "findings" || blocks.iter().any(|block| block.language == *language)
            });
            if !complete && !update {
                let heading = section.lines().next().unwrap_or("");
                let _ = writeln!(
                    failures,
                    "{heading}: no answers yet, run with PIDONE_UPDATE=1"
                );
            }
            updated.push_str(&with_answers(section, &answers));
        }
        if update && updated != text {
            fs::write(&path, updated).expect("the case can be written");
        }
    }
    assert!(count > 0, "there are cases");
    assert!(update || failures.is_empty(), "{failures}");
}
