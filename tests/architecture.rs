//! The shape of the code: which room may name which, and where third-party names may stand.

#![allow(
    clippy::disallowed_methods,
    reason = "this test reads the sources of the crate"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, in the order of the pipeline. A room may use those before it.
const ROOMS: [&str; 16] = [
    "source",
    "config",
    "knowledge",
    "dockerfile",
    "shell",
    "code",
    "stage",
    "image",
    "container",
    "boot",
    "stop",
    "analyze",
    "rules",
    "fix",
    "report",
    "cli",
];

/// Crates that have one place each, so that they can be replaced.
const PLACES: [(&str, &str); 5] = [
    ("clap", "src/cli/"),
    ("ignore", "src/cli/"),
    ("rayon", "src/cli/"),
    ("annotate_snippets", "src/report/"),
    ("similar", "src/fix/"),
];

#[test]
fn rooms_use_only_rooms_to_their_left() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(room) = room_of(&path) else {
            continue;
        };
        let own = position(room);
        for (line, used) in crate_paths(&text) {
            match ROOMS.iter().position(|known| *known == used) {
                Some(used_position) if used_position > own => {
                    wrong.push(format!("{path}:{line}: `{room}` uses `{used}`"));
                }
                Some(_) => {}
                None => wrong.push(format!("{path}:{line}: `{used}` is no room")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the direction:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_room_is_a_module_and_every_module_a_room() {
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("the library exists");
    let mut modules: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
        .map(|rest| rest.trim_end_matches(';'))
        .collect();
    let mut rooms = ROOMS.to_vec();
    modules.sort_unstable();
    rooms.sort_unstable();
    assert_eq!(modules, rooms);
}

#[test]
fn third_party_crates_stay_in_their_place() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = without_comments(&text);
        for (name, place) in PLACES {
            if mentions(&code, name) && !path.starts_with(place) {
                wrong.push(format!("{path}: `{name}` belongs to {place}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crate_paths_are_found_in_every_spelling() {
    let text = "use crate::source::Span;\n// crate::cli\nfn f() { crate::stop::judge(); }\n\
                use crate::{\n    boot::{Fact, FactKind},\n    report,\n};\n";
    let found: Vec<(usize, String)> = crate_paths(text);
    let expected = [(1, "source"), (3, "stop"), (4, "boot"), (4, "report")];
    assert_eq!(found, expected.map(|(line, room)| (line, room.to_owned())));
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file with its path from the root, in order.
fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open = vec![root().join("src")];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the crate") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                let relative = path.strip_prefix(root()).expect("inside the crate");
                files.push((show(relative), text));
            }
        }
    }
    files.sort();
    assert!(files.len() > 15, "the sources are found");
    files
}

fn show(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// `src/stop/mod.rs` and `src/stop.rs` are of the room `stop`; `src/lib.rs` is of none.
fn room_of(path: &str) -> Option<&'static str> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let name = first.trim_end_matches(".rs");
    ROOMS.iter().copied().find(|room| *room == name)
}

fn position(room: &str) -> usize {
    let found = ROOMS.iter().position(|known| *known == room);
    found.expect("a name from ROOMS")
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| match line.find("//") {
        Some(start) => &line[..start],
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a crate is named: `name::`, `use name`.
fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(start, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let before = code[..start].chars().next_back();
        let after = &code[start + name.len()..];
        !before.is_some_and(|c| is_word(c) || c == ':' || c == '.' || c == '"')
            && after.starts_with("::")
    })
}

/// The rooms that a text names as `crate::room` or in `crate::{room, …}`, with their lines.
fn crate_paths(text: &str) -> Vec<(usize, String)> {
    let code = without_comments(text);
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        // `$crate::` in a macro is the same crate.
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push((line, word(rest))),
            Some(group) => {
                let mut depth = 0;
                let mut at_start = true;
                for (index, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        c if at_start && c.is_alphabetic() => {
                            found.push((line, word(&group[index..])));
                            at_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    text[..end.unwrap_or(text.len())].to_owned()
}
