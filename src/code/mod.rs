//! What a program's own source says of stop signals.
//!
//! In: the text of a source file in Python, JavaScript, PHP, Ruby or Perl. Out: for which signals it registers a
//! handler and where, which other files and packages it loads, whether it serves until it is stopped, and what keeps
//! from saying that it has no handler. Comments and texts in quotes are no code. Knows files only as texts: who loads
//! whom, and what is at hand, is found out by `boot`.

mod around;
mod handlers;
mod hollow;
mod imports;
mod lexer;
mod quotes;
mod serves;
mod view;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::knowledge::{Modules, Signal};

pub use imports::Import;

/// A language that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// JavaScript and TypeScript, under Node.js or another runtime.
    JavaScript,
    /// Python.
    Python,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// Perl.
    Perl,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 5] = [
        Language::JavaScript,
        Language::Python,
        Language::Php,
        Language::Ruby,
        Language::Perl,
    ];

    /// The language of a runtime, by the name that the tables give it.
    pub fn named(name: &str) -> Option<Language> {
        Some(match name {
            "Node.js" | "Bun" | "Deno" => Language::JavaScript,
            "Python" => Language::Python,
            "PHP" => Language::Php,
            "Ruby" => Language::Ruby,
            "Perl" => Language::Perl,
            _ => return None,
        })
    }

    /// Its name in `grammars/languages/`.
    pub fn name(self) -> &'static str {
        match self {
            Language::JavaScript => "javascript",
            Language::Python => "python",
            Language::Php => "php",
            Language::Ruby => "ruby",
            Language::Perl => "perl",
        }
    }
}

/// What one source file says.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The handlers that it registers.
    pub handlers: Vec<Handler>,
    /// What it loads, in the order of the text.
    pub imports: Vec<Import>,
    /// Whether it has something in it that goes on until it is stopped: a server, an endless loop.
    pub serves: bool,
    /// Whether it goes on in a second process with the same code: which of both registers what is not told.
    pub forks: bool,
    /// Signals that it names otherwise than to register a handler.
    pub names: Vec<Signal>,
    /// What keeps from saying that it registers no handler: what stands there, and where.
    pub open: Option<(String, Range<usize>)>,
}

/// A handler that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// For which signals.
    pub signals: Vec<Signal>,
    /// The bytes of the registration.
    pub range: Range<usize>,
    /// The function, or the class, in which it is registered: it has to be called for that.
    pub within: Option<String>,
}

/// The size up to which a source file is read: what is larger was made by a tool, and has code of others in it.
const LONGEST: usize = 400_000;

/// The bytes of a line that no person writes.
const LONG_LINE: usize = 2_000;

/// Reads a source file.
pub fn read(text: &str, language: Language, modules: &'static Modules) -> Reading {
    let is_made = text.len() > LONGEST || text.lines().any(|line| line.len() > LONG_LINE);
    if is_made {
        // A bundle has all code of its packages in it, also what is never called.
        return Reading {
            open: Some(("a file that a tool has made".to_owned(), 0..0)),
            ..Reading::default()
        };
    }
    let code = view::Code::new(text, language);
    let imports = imports::imports(&code);
    let loaded = imports::Loaded::new(&imports.found, modules);
    let found = handlers::find(&code, &imports.found, &loaded);
    Reading {
        handlers: found.handlers,
        serves: serves::serves(&code, &loaded),
        forks: serves::forks(&code, &imports.found),
        names: found.names,
        open: found
            .open
            .or(imports.open)
            .or_else(|| handlers::open(&code))
            .or_else(|| serves::set_otherwise(&code, &loaded)),
        imports: imports.found,
    }
}

/// How often a name stands in the code of a source file.
pub fn count(text: &str, language: Language, name: &str) -> usize {
    match text.contains(name) {
        true => view::Code::new(text, language).count(name),
        false => 0,
    }
}
