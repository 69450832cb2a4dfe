//! Cuts the tables of `grammars/` into single entries and builds an index from names to them,
//! so that a run parses only the entries that it looks up.
//!
//! In: `grammars/*/*.toml`. Out: `knowledge_index.rs` in OUT_DIR, each entry of launchers, programs, images and
//! packages and each table of a shell or a language as JSON, which is read five times as fast.
//! Checks nothing but that each entry has names: the tests do the rest.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script reads the tables and talks to cargo"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/knowledge/bucket.rs"]
mod bucket;

use bucket::{BUCKETS, bucket};

const KINDS: [(&str, &str); 4] = [
    ("launchers", "launcher"),
    ("programs", "program"),
    ("images", "image"),
    ("packages", "package"),
];

/// Folders whose files are one table each, by its name.
const WHOLE: [&str; 2] = ["shells", "languages"];

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut code = String::new();
    for (folder, kind) in KINDS {
        let folder = Path::new(&root).join("grammars").join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        write_index(&folder, kind, &mut code);
    }
    for name in WHOLE {
        let folder = Path::new(&root).join("grammars").join(name);
        println!("cargo::rerun-if-changed={}", folder.display());
        write_tables(&folder, name, &mut code);
    }
    fs::write(Path::new(&out).join("knowledge_index.rs"), code).expect("OUT_DIR is writable");
}

/// The tables of a folder, sorted.
fn tables(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.flatten().map(|entry| entry.path());
    let is_table = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "toml");
    let mut files: Vec<_> = paths.filter(is_table).collect();
    files.sort();
    files
}

fn parsed(text: &str, path: &Path) -> toml::Table {
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}\n{text}", path.display()))
}

fn json(value: &toml::Value) -> String {
    serde_json::to_string(value).expect("a table has string keys")
}

fn write_tables(folder: &Path, name: &str, code: &mut String) {
    let tables = tables(folder).into_iter().map(|path| {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a table is UTF-8");
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let name = name.expect("a table's name is UTF-8").to_owned();
        (name, json(&toml::Value::Table(parsed(&text, &path))))
    });
    let tables: Vec<_> = tables.collect();
    let upper = name.to_ascii_uppercase();
    writeln!(
        code,
        "pub(super) static {upper}: [(&str, &str); {}] = {tables:?};",
        tables.len()
    )
    .expect("a String takes everything");
}

fn write_index(folder: &Path, kind: &str, code: &mut String) {
    let mut texts = Vec::new();
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for path in &tables(folder) {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path).expect("a table is UTF-8");
        for entry in entries(&text, kind) {
            let table = parsed(&entry, path);
            let listed = table[kind][0]["names"]
                .as_array()
                .unwrap_or_else(|| panic!("{}: an entry without names", path.display()));
            for name in listed {
                let name = name.as_str().expect("names are strings").to_owned();
                names.entry(name).or_default().push(texts.len());
            }
            texts.push(json(&table[kind][0]));
        }
    }
    let upper = kind.to_ascii_uppercase();
    writeln!(
        code,
        "pub(super) static {upper}_TEXTS: [&str; {}] = {texts:?};",
        texts.len()
    )
    .expect("a String takes everything");
    // One text and numbers: a pointer for each name would have to be set at each start of the program.
    let (mut text, mut at, mut entries) = (String::new(), Vec::new(), Vec::new());
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(name, _)| bucket(name));
    let before = |number| names.partition_point(|(name, _)| bucket(name) < number);
    let buckets: Vec<usize> = (0..=BUCKETS).map(before).collect();
    for (name, of_name) in names {
        let start = (text.len(), entries.len());
        text.push_str(&name);
        entries.extend(of_name);
        at.push((start.0, text.len(), start.1, entries.len()));
    }
    writeln!(
        code,
        "static {upper}_NAMES: Names = Names {{ text: {text:?}, at: &{at:?}, buckets: &{buckets:?}, entries: &{entries:?} }};",
    )
    .expect("a String takes everything");
}

/// The entries of a file: from each `[[kind]]` line to the next.
fn entries(text: &str, kind: &str) -> Vec<String> {
    let header = format!("[[{kind}]]");
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim_end() == header {
            found.push(String::new());
        }
        if let Some(entry) = found.last_mut() {
            entry.push_str(line);
            entry.push('\n');
        }
    }
    found
}
