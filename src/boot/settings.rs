//! Configuration files of supervisors and the like, read line by line.
//!
//! In: mapped text. Out: sections and settings, processes of a Procfile, rules of a Makefile, each
//! with its place. Reads no file itself and knows no format's meaning beyond its grammar.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::source::{Mapped, Span};

/// A section of an INI file.
pub(super) struct Section {
    /// `program:web`
    pub(super) name: String,
    /// Its settings; of two with the same name the last counts.
    pub(super) settings: BTreeMap<String, Mapped>,
    /// The line with its name.
    pub(super) span: Span,
}

impl Section {
    /// The text of a setting.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(Mapped::text)
    }

    /// Whether a setting is on; `None` if it is not there.
    pub(super) fn is_on(&self, name: &str) -> Option<bool> {
        let text = self.get(name)?.to_ascii_lowercase();
        Some(matches!(text.as_str(), "true" | "yes" | "on" | "1"))
    }
}

/// The lines of a text with their ranges, without line ends.
fn lines(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        (line, start..start + line.len())
    })
}

/// An INI file as supervisor's ConfigParser reads it: comments begin with `;` or `#`, inline ones
/// with a blank and `;`; indented lines go on with the value before.
pub(super) fn ini(text: &Mapped) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut last: Option<(String, Range<usize>)> = None;
    for (line, range) in lines(text.text()) {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = bare
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            sections.push(Section {
                name: name.trim().to_owned(),
                settings: BTreeMap::new(),
                span: text.span(range),
            });
            last = None;
            continue;
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        if let (true, Some((name, value))) = (line.starts_with([' ', '\t']), &mut last) {
            value.end = range.end;
            section
                .settings
                .insert(name.clone(), text.slice(value.clone()));
            continue;
        }
        let Some(at) = line.find(['=', ':']) else {
            continue;
        };
        let value = &line[at + 1..];
        let value = value.find(" ;").map_or(value, |end| &value[..end]);
        let start = range.start + at + 1 + (value.len() - value.trim_start().len());
        let value = start..start + value.trim().len();
        let name = line[..at].trim().to_ascii_lowercase();
        section
            .settings
            .insert(name.clone(), text.slice(value.clone()));
        last = Some((name, value));
    }
    sections
}

/// The processes of a Procfile: names and commands.
pub(super) fn procfile(text: &Mapped) -> Vec<(String, Mapped)> {
    let mut found = Vec::new();
    for (line, range) in lines(text.text()) {
        let Some((name, command)) = line.split_once(':') else {
            continue;
        };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        if name.is_empty() || !name.chars().all(is_name) || command.trim().is_empty() {
            continue;
        }
        let start = range.end - command.trim_start().len();
        let end = start + command.trim().len();
        found.push((name.to_owned(), text.slice(start..end)));
    }
    found
}

/// The rules of a Makefile, as far as they are plain.
pub(super) struct Makefile {
    /// The first target that make would build without arguments.
    pub(super) first: Option<String>,
    /// Target → prerequisites and recipe lines.
    pub(super) rules: BTreeMap<String, (Vec<String>, Vec<Mapped>)>,
    /// Variables that are set to plain text.
    pub(super) variables: BTreeMap<String, String>,
    /// The shell of its recipes, if it sets one.
    pub(super) shell: Option<String>,
    /// Whether one shell runs all lines of a recipe.
    pub(super) one_shell: bool,
    /// Whether something in it can change what a recipe does (`include`, `.SHELLFLAGS`).
    pub(super) obscure: bool,
}

/// Reads a Makefile's explicit rules.
pub(super) fn makefile(text: &Mapped) -> Makefile {
    let mut found = Makefile {
        first: None,
        rules: BTreeMap::new(),
        variables: BTreeMap::new(),
        shell: None,
        one_shell: false,
        obscure: false,
    };
    let mut goes_on: Option<usize> = None;
    let mut targets: Vec<String> = Vec::new();
    for (line, range) in lines(text.text()) {
        if let Some(recipe) = line.strip_prefix('\t') {
            let bare = recipe.trim();
            if goes_on.is_none() && (bare.is_empty() || bare.starts_with('#')) {
                continue;
            }
            // A line that ends in a backslash goes on, and the shell sees both with the backslash.
            let start = goes_on.unwrap_or(range.end - recipe.trim_start().len());
            if bare.ends_with('\\') {
                goes_on = Some(start);
                continue;
            }
            goes_on = None;
            let line = text.slice(start..range.end - (recipe.len() - recipe.trim_end().len()));
            for target in &targets {
                if let Some((_, lines)) = found.rules.get_mut(target) {
                    lines.push(line.clone());
                }
            }
            continue;
        }
        let line = line.split('#').next().unwrap_or_default().trim_end();
        let word = line.split_whitespace().next().unwrap_or_default();
        if word.is_empty() {
            continue;
        }
        if matches!(word, "include" | "-include" | "sinclude" | "define") || word.starts_with("if")
        {
            found.obscure = true;
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            found.obscure |= name == ".SHELLFLAGS" || (name == "SHELL" && value.contains('$'));
            if name == "SHELL" {
                found.shell = Some(value.to_owned());
            }
            found.variables.insert(name.to_owned(), value.to_owned());
            targets.clear();
            continue;
        }
        let Some((names, needed)) = line.split_once(':') else {
            continue;
        };
        found.one_shell |= names.trim() == ".ONESHELL";
        targets = names.split_whitespace().map(str::to_owned).collect();
        let (needed, inline) = match needed.split_once(';') {
            Some((needed, _)) => (needed, true),
            None => (needed, false),
        };
        found.obscure |= inline;
        let needed = needed
            .trim_start_matches(':')
            .split('|')
            .next()
            .unwrap_or_default();
        for target in &targets {
            if !target.starts_with('.') && !target.contains('%') {
                found.first.get_or_insert_with(|| target.clone());
            }
            let rule = found.rules.entry(target.clone()).or_default();
            rule.0.extend(needed.split_whitespace().map(str::to_owned));
        }
    }
    found
}

/// `NAME = value`, `NAME := value`, `NAME ?= value`; `+=` and `!=` are not plain.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let at = line.find('=')?;
    let name = line[..at].trim_end_matches(['?', ':']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let plain = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.'));
    (plain && !name.is_empty()).then(|| (name, line[at + 1..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn file(text: &str) -> Mapped {
        Mapped::whole(&Source::new("file", text))
    }

    #[test]
    fn sections_and_settings() {
        let text =
            file("; c\n[program:web]\ncommand = app --x ; y\n  --z\nstopsignal=QUIT\r\n[a]\n");
        let sections = ini(&text);
        assert_eq!(sections.len(), 2);
        assert_eq!(sections[0].name, "program:web");
        assert_eq!(sections[0].get("stopsignal"), Some("QUIT"));
        assert_eq!(
            sections[0].settings["stopsignal"].full_span().text(),
            "QUIT"
        );
        let text = file("[a]\nx = app ; why\n");
        assert_eq!(ini(&text)[0].get("x"), Some("app"));
    }

    #[test]
    fn processes_of_a_procfile() {
        let text = file("# c\nweb: app --x\nurl http://x\nworker:  w \n");
        let found = procfile(&text);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["web", "worker"]);
        assert_eq!(found[1].1.full_span().text(), "w");
    }

    #[test]
    fn rules_of_a_makefile() {
        let text =
            file("PORT ?= 80\n.PHONY: run\nrun: build ## help\n\t@app --x\n\nbuild:\n\ttrue\n");
        let found = makefile(&text);
        assert_eq!(found.first.as_deref(), Some("run"));
        assert_eq!(found.rules["run"].0, ["build"]);
        assert_eq!(found.rules["run"].1[0].full_span().text(), "@app --x");
        assert_eq!(found.variables["PORT"], "80");
        assert!(!found.obscure);
        assert!(makefile(&file("include x.mk\n")).obscure);
    }
}
