//! What a case looks like: sections, fenced blocks, and the answers written into them.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// A fenced block.
pub(crate) struct Block {
    pub(crate) language: String,
    /// Name and mode, if it is a file.
    pub(crate) file: Option<(String, u32)>,
    pub(crate) body: String,
}

/// The directory of the crate.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of cases, by name.
pub(crate) fn case_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/cases")).expect("the cases are there");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    paths.sort();
    paths
}

/// The text cut before every `## `; outside of fences only.
pub(crate) fn sections(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut offset = 0;
    let mut in_fence = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            in_fence = !in_fence;
        } else if !in_fence && line.starts_with("## ") && offset > 0 {
            starts.push(offset);
        }
        offset += line.len();
    }
    starts.push(text.len());
    starts
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

/// The fenced blocks of a section.
pub(crate) fn blocks(section: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in section.split_inclusive('\n') {
        let Some(info) = line.strip_prefix("```") else {
            if open && let Some(block) = blocks.last_mut() {
                block.body.push_str(line);
            }
            continue;
        };
        open = !open;
        if open {
            let mut words = info.split_whitespace();
            let language = words.next().unwrap_or("").to_owned();
            let name = words.next().map(str::to_owned);
            let mode = words.next().map_or(0o644, |mode| {
                u32::from_str_radix(mode, 8).expect("the mode is octal")
            });
            blocks.push(Block {
                language,
                file: name.map(|name| (name, mode)),
                body: String::new(),
            });
        }
    }
    assert!(!open, "a fence is not closed in: {section}");
    blocks
}

pub(crate) fn with_answers(section: &str, answers: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut skipping = false;
    let mut written = Vec::new();
    for line in section.split_inclusive('\n') {
        if let Some(info) = line.strip_prefix("```") {
            if skipping {
                skipping = false;
            } else if let Some((language, body)) = answers.iter().find(|(l, _)| *l == info.trim()) {
                out.push_str(line);
                out.push_str(body);
                written.push(*language);
                skipping = true;
            }
        }
        if !skipping {
            out.push_str(line);
        }
    }
    for (language, body) in answers {
        if !written.contains(language) && !body.is_empty() {
            let trimmed = out.trim_end().len();
            out.truncate(trimmed);
            let _ = write!(out, "\n\n```{language}\n{body}```\n\n");
        }
    }
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    let end = section.len() - section.trim_end().len();
    let end = &section[section.len() - end..];
    out + if end.is_empty() { "\n" } else { end }
}
