//! Modules and packages of languages: which of them handle the stop signal, which have nothing to do with signals.
//!
//! In: the name of a language and of a module. Out: what loading it, or calling it, does about signals. A package
//! that is not listed may do anything.

use std::sync::OnceLock;

use foldhash::HashMap;
use serde::Deserialize;

use super::Signal;
use super::tables::LANGUAGES;

/// What is known of a language's modules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modules {
    /// The modules that come with the language; none of them handles a stop signal when it is loaded.
    standard: Vec<String>,
    /// Names of functions and methods of these that go on until the program is stopped (`serve_forever`).
    pub serves: Vec<String>,
    /// The packages that were looked at.
    package: Vec<Package>,
    /// By name: the index of the package; `None` for the standard modules.
    #[serde(skip)]
    index: HashMap<String, Option<usize>>,
    /// Where the list of the standard modules is from.
    pub evidence: String,
}

/// Packages of which the same is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The names under which they are loaded.
    pub names: Vec<String>,
    /// Names of their functions and methods that go on until the program is stopped.
    #[serde(default)]
    pub serves: Vec<String>,
    /// Settings with which they do something else: names that are assigned to, or keys.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Whether it may handle signals in other ways than those listed.
    #[serde(default)]
    open: bool,
    /// Calls that handle signals, so that the program ends in order.
    #[serde(default)]
    pub handles: Vec<Handles>,
    /// How this was measured, or where it was read.
    pub evidence: String,
}

/// A call that handles signals.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handles {
    /// The name of the function or method; `default` is what a file calls the whole module.
    pub call: String,
    /// The names that may stand before it (`uvicorn` of `uvicorn.run`); any if empty.
    #[serde(default)]
    pub on: Vec<String>,
    signals: Vec<String>,
}

impl Handles {
    /// The signals on which the program then ends in order.
    pub fn signals(&self) -> Vec<Signal> {
        self.signals
            .iter()
            .filter_map(|name| Signal::parse(name))
            .collect()
    }
}

impl Modules {
    /// The package of a module: its own entry (`@scope/name/part`), else that of its package.
    pub fn of_import(&self, module: &str, package: &str) -> Option<&Package> {
        let at = self.index.get(module).or_else(|| self.index.get(package))?;
        at.map(|at| &self.package[at])
    }

    /// Whether a module is one of the language's own.
    pub fn is_standard(&self, name: &str) -> bool {
        self.index.get(name) == Some(&None)
    }

    /// Whether it is known that a module handles no stop signal but by the calls that are listed.
    pub fn is_known(&self, module: &str, package: &str) -> bool {
        let is_closed = |at: &Option<usize>| at.is_none_or(|at| !self.package[at].open);
        let listed = self.index.get(module).or_else(|| self.index.get(package));
        listed.is_some_and(is_closed)
    }

    fn indexed(mut self) -> Modules {
        for name in &self.standard {
            self.index.insert(name.clone(), None);
        }
        for (at, package) in self.package.iter().enumerate() {
            for name in &package.names {
                self.index.insert(name.clone(), Some(at));
            }
        }
        self
    }
}

/// What is known of the modules of a language: `javascript`, `python`, `php`, `ruby`, `perl`.
pub fn modules(language: &str) -> Option<&'static Modules> {
    static PARSED: [OnceLock<Modules>; LANGUAGES.len()] =
        [const { OnceLock::new() }; LANGUAGES.len()];
    let at = LANGUAGES.iter().position(|(known, _)| *known == language)?;
    Some(PARSED[at].get_or_init(|| {
        let table: Modules =
            serde_json::from_str(LANGUAGES[at].1).expect("the tables are parsed by a test");
        table.indexed()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read_and_says_where_it_is_from() {
        for (language, _) in LANGUAGES {
            let table = modules(language).expect("listed");
            assert!(table.evidence.len() > 10, "{language}");
            for package in &table.package {
                assert!(!package.names.is_empty(), "{language}: {package:?}");
                assert!(package.evidence.len() > 10, "{language}: {package:?}");
                for handles in &package.handles {
                    assert_eq!(handles.signals().len(), handles.signals.len());
                }
            }
        }
    }

    #[test]
    fn a_name_stands_in_one_package() {
        for (language, _) in LANGUAGES {
            let table = modules(language).expect("listed");
            let mut names: Vec<&String> = table.standard.iter().collect();
            names.extend(table.package.iter().flat_map(|package| &package.names));
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{language}");
        }
    }
}
