//! The start-ups written by hand, in `cases/*.toml`, with the verdicts that were measured.
//! In: the files. Out: one [`Startup`] for each case and shell. Writes the files anew after a measurement, in one fixed
//! form, so that a diff shows the verdicts that changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::sandbox::{Measured, Word};
use crate::startup::{Mode, Shell, Startup};

/// A file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    #[serde(skip)]
    pub(crate) path: PathBuf,
    #[serde(rename = "case")]
    pub(crate) cases: Vec<Case>,
}

/// One start-up under several shells.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    shells: Vec<Shell>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    shebang: String,
    #[serde(default)]
    argv: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    signal: String,
    #[serde(default)]
    grace_s: Option<f64>,
    #[serde(default)]
    finish_s: Option<f64>,
    #[serde(default)]
    script: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// By shell: the verdict, and “as pid 1” where the application was that.
    #[serde(default)]
    measured: BTreeMap<Shell, String>,
}

impl Case {
    /// The start-up under each of its shells.
    pub(crate) fn startups(&self) -> Vec<Startup> {
        let startup = |shell: &Shell| Startup {
            id: format!("{}@{}", self.name, shell.name()),
            shell: Some(*shell),
            mode: self.mode,
            script: self.script.clone(),
            shebang: self.shebang.clone(),
            argv: self.argv.clone(),
            args: self.args.clone(),
            files: self.files.clone(),
            env: self.env.clone(),
            signal: self.signal.clone(),
            grace_s: self.grace_s,
            finish_s: self.finish_s,
            life: None,
            is_plain: false,
        };
        self.shells.iter().map(startup).collect()
    }

    /// What the file says about a shell.
    pub(crate) fn measured(&self, shell: Shell) -> Option<Measured> {
        let text = self.measured.get(&shell)?;
        let (word, app_is_pid1) = match text.strip_suffix(" as pid 1") {
            Some(word) => (word, true),
            None => (text.as_str(), false),
        };
        let verdict = Word::ALL
            .into_iter()
            .find(|known| known.to_string() == word)?;
        Some(Measured {
            verdict,
            app_is_pid1,
        })
    }

    /// Replaces what the file says; a shell without a steady answer is dropped.
    pub(crate) fn set_measured(&mut self, results: &BTreeMap<Shell, Measured>) {
        self.shells.retain(|shell| results.contains_key(shell));
        let text = |measured: &Measured| {
            format!(
                "{}{}",
                measured.verdict,
                if measured.app_is_pid1 {
                    " as pid 1"
                } else {
                    ""
                }
            )
        };
        self.measured = results
            .iter()
            .map(|(shell, measured)| (*shell, text(measured)))
            .collect();
    }
}

/// Reads every file of cases, in the order of their names.
pub(crate) fn load() -> Vec<CaseFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_shell/cases");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the cases are part of the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a readable file");
        let mut file: CaseFile =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.path = path;
        file
    };
    paths.into_iter().map(read).collect()
}

/// Writes a file of cases in its fixed form.
pub(crate) fn save(file: &CaseFile) {
    let text: Vec<String> = file
        .cases
        .iter()
        .filter(|case| !case.shells.is_empty())
        .map(text_of)
        .collect();
    fs::write(&file.path, text.join("\n")).expect("a writable file");
}

fn text_of(case: &Case) -> String {
    let mut text = String::from("[[case]]\n");
    let mut put = |line: String| writeln!(text, "{line}").expect("a string takes all");
    put(format!("name = {}", quoted(&case.name)));
    put(format!(
        "shells = {}",
        list(case.shells.iter().map(|shell| shell.name()))
    ));
    if case.mode != Mode::default() {
        let mode = serde_json::to_string(&case.mode).expect("a word is JSON");
        put(format!("mode = {mode}"));
    }
    for (name, value) in [("shebang", &case.shebang), ("signal", &case.signal)] {
        if !value.is_empty() {
            put(format!("{name} = {}", quoted(value)));
        }
    }
    for (name, words) in [("argv", &case.argv), ("args", &case.args)] {
        if !words.is_empty() {
            put(format!(
                "{name} = {}",
                list(words.iter().map(String::as_str))
            ));
        }
    }
    if let Some(grace) = case.grace_s {
        put(format!("grace_s = {grace:?}"));
    }
    if let Some(finish) = case.finish_s {
        put(format!("finish_s = {finish:?}"));
    }
    if !case.env.is_empty() {
        let pairs: Vec<String> = case
            .env
            .iter()
            .map(|(name, value)| format!("{name} = {}", quoted(value)))
            .collect();
        put(format!("env = {{ {} }}", pairs.join(", ")));
    }
    if !case.script.is_empty() {
        put(format!("script = {}", quoted(&case.script)));
    }
    if !case.files.is_empty() {
        put("[case.files]".to_owned());
        for (name, value) in &case.files {
            put(format!("{} = {}", quoted(name), quoted(value)));
        }
    }
    if !case.measured.is_empty() {
        put("[case.measured]".to_owned());
        for (shell, value) in &case.measured {
            put(format!("{} = {}", shell.name(), quoted(value)));
        }
    }
    text
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", words.map(quoted).collect::<Vec<_>>().join(", "))
}

/// A TOML string: several lines as they are, anything else with JSON's escapes, which TOML shares.
fn quoted(text: &str) -> String {
    let is_plain = text
        .chars()
        .all(|c| c == '\n' || c == '\t' || !c.is_control())
        && !text.contains("'''");
    if text.contains('\n') && is_plain && !text.ends_with('\'') {
        format!("'''\n{text}'''")
    } else {
        serde_json::to_string(text).expect("a string is JSON")
    }
}
