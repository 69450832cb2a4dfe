//! What a source file loads: modules, packages and other files.
//!
//! In: the code. Out: the names as they are written, in order, and the first that is not written as a constant.

use std::ops::Range;

use super::Language;
use super::lexer::Kind;
use super::view::Code;
use crate::knowledge::{Modules, Package};

/// Something that is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// What is loaded, as written: `./lib/stop.js`, `express`, `a.b`, `..sibling`, `lib/run.php`.
    pub module: String,
    /// What is taken from it (`from a import b`): of Python it may be a module of its own.
    pub members: Vec<String>,
    /// The name under which the file knows it, if it is another than its own.
    pub alias: Option<String>,
    /// Whether the path is meant from the directory of the file itself, however it looks: `__DIR__ . '/x.php'`.
    pub from_own_directory: bool,
    /// The bytes.
    pub range: Range<usize>,
}

impl Import {
    /// The package of a module: `@scope/name` of `@scope/name/part`, `fs` of `node:fs`, `a` of `a.b`.
    pub fn package(&self) -> &str {
        let module = self.module.strip_prefix("node:").unwrap_or(&self.module);
        if module.starts_with(['.', '/']) {
            return module;
        }
        let parts = if module.starts_with('@') { 2 } else { 1 };
        let end = module
            .match_indices(['/', '.'])
            .filter(|(_, mark)| *mark == "/" || !module.contains('/'));
        // A dot is a separator of Python only; names of npm may have dots, and are found whole first.
        let end = end.map(|(at, _)| at).nth(parts - 1);
        &module[..end.unwrap_or(module.len())]
    }

    /// Whether it makes the member of a module a name of its own: `from signal import signal`.
    pub(super) fn brings(&self, module: &str, member: &str) -> bool {
        self.module == module
            && self
                .members
                .iter()
                .any(|known| known == member || known == "*")
    }
}

/// All that a file loads.
#[derive(Default)]
pub(super) struct Imports {
    pub found: Vec<Import>,
    /// The first whose name is not a constant.
    pub open: Option<(String, Range<usize>)>,
}

/// What is known of the packages that a file loads.
pub(super) struct Loaded<'i> {
    /// Those of which something is known.
    pub packages: Vec<(&'i Import, &'static Package)>,
    pub modules: &'static Modules,
}

impl Loaded<'_> {
    pub(super) fn new<'i>(imports: &'i [Import], modules: &'static Modules) -> Loaded<'i> {
        let known = |import: &'i Import| {
            Some((import, modules.of_import(&import.module, import.package())?))
        };
        Loaded {
            packages: imports.iter().filter_map(known).collect(),
            modules,
        }
    }
}

pub(super) fn imports(code: &Code) -> Imports {
    match code.language {
        Language::Python => python(code),
        Language::JavaScript => javascript(code),
        Language::Php => php(code),
        Language::Ruby => by_word(code, &["require", "require_relative", "load"]),
        Language::Perl => by_word(code, &["use", "require", "do"]),
    }
}

impl Imports {
    fn open(&mut self, code: &Code, tokens: Range<usize>) {
        if self.open.is_none() {
            let range = code.bytes(tokens);
            let shown: String = code.text[range.clone()].chars().take(60).collect();
            self.open = Some((format!("`{shown}`"), range));
        }
    }
}

/// `import a.b as c, d` and `from ..a import b, c`.
fn python(code: &Code) -> Imports {
    let mut imports = Imports::default();
    for at in 0..code.tokens.len() {
        let is_statement =
            code.begins_line(at) || at > 0 && matches!(code.kind(at - 1), Kind::Mark(';' | ':'));
        if !is_statement {
            continue;
        }
        if code.is_name(at, "import") {
            let mut next = at + 1;
            loop {
                let (module, end) = dotted(code, next);
                let alias = code
                    .is_name(end, "as")
                    .then(|| code.word(end + 1).to_owned());
                let end = if alias.is_some() { end + 2 } else { end };
                if module.is_empty() {
                    break;
                }
                imports.found.push(Import {
                    module,
                    alias,
                    range: code.bytes(at..end),
                    ..Import::default()
                });
                if !code.is_mark(end, ',') {
                    break;
                }
                next = end + 1;
            }
        } else if code.is_name(at, "from") {
            let (module, end) = dotted(code, at + 1);
            if module.is_empty() || !code.is_name(end, "import") {
                continue;
            }
            let mut last = end + 1;
            let mut members = Vec::new();
            let bracket = code
                .is_mark(last, '(')
                .then(|| code.tokens[last].partner)
                .flatten();
            let until = bracket.unwrap_or(code.tokens.len());
            last += usize::from(bracket.is_some());
            while last < until {
                match code.kind(last) {
                    Kind::Mark('*') => members.push("*".to_owned()),
                    Kind::Name => members.push(code.word(last).to_owned()),
                    _ => break,
                }
                last += 1;
                if code.is_name(last, "as") {
                    last += 2;
                }
                if !code.is_mark(last, ',') {
                    break;
                }
                last += 1;
            }
            imports.found.push(Import {
                module,
                members,
                range: code.bytes(at..last),
                ..Import::default()
            });
        }
    }
    imports
}

/// A dotted name, with dots in front; the index behind it.
fn dotted(code: &Code, from: usize) -> (String, usize) {
    let mut at = from;
    let mut name = String::new();
    while code.is_mark(at, '.') {
        name.push('.');
        at += 1;
    }
    while code.kind(at) == Kind::Name && !code.is_name(at, "import") {
        name.push_str(code.word(at));
        at += 1;
        if !code.is_mark(at, '.') {
            break;
        }
        name.push('.');
        at += 1;
    }
    (name, at)
}

/// `require('x')`, `import('x')`, `import … from 'x'`, `import 'x'`, `export … from 'x'`.
fn javascript(code: &Code) -> Imports {
    let mut imports = Imports::default();
    for at in 0..code.tokens.len() {
        if code.kind(at) != Kind::Name {
            continue;
        }
        let is_member = at > 0 && code.is_mark(at - 1, '.');
        let (module, first) = match code.word(at) {
            "require" | "import" if code.is_mark(at + 1, '(') && !is_member => {
                let close = code.tokens[at + 1].partner.unwrap_or(at + 1);
                let is_constant = close == at + 3
                    && code.kind(at + 2) == Kind::Text
                    && !code.word(at + 2).contains("${");
                if !is_constant {
                    imports.open(code, at..close + 1);
                    continue;
                }
                (at + 2, at)
            }
            "require" if !is_member && !code.is_mark(at + 1, '.') => {
                // `require` itself is handed on.
                imports.open(code, at..at + 1);
                continue;
            }
            "import" if code.kind(at + 1) == Kind::Text && !is_member => (at + 1, at),
            "from" if code.kind(at + 1) == Kind::Text && !is_member => (at + 1, at),
            _ => continue,
        };
        imports.found.push(Import {
            module: code.word(module).to_owned(),
            alias: binding(code, first),
            range: code.bytes(first..module + 1),
            ..Import::default()
        });
    }
    imports
}

/// The one name to which a module is bound: `const NAME = require(…)`, `import NAME from …`, `import * as NAME from …`.
fn binding(code: &Code, at: usize) -> Option<String> {
    let before = at.checked_sub(1)?;
    let name = if code.is_name(at, "from") {
        before
    } else if code.is_mark(before, '=') {
        before.checked_sub(1)?
    } else {
        return None;
    };
    (code.kind(name) == Kind::Name).then(|| code.word(name).to_owned())
}

/// How many files a file of PHP may name: the end of each statement is looked for.
const INCLUDES: usize = 300;

/// `require 'x.php'`, `include __DIR__ . '/x.php'`.
fn php(code: &Code) -> Imports {
    let mut imports = Imports::default();
    for at in 0..code.tokens.len() {
        let is_load = code.kind(at) == Kind::Name
            && matches!(
                code.word(at),
                "require" | "require_once" | "include" | "include_once"
            )
            && !(at > 0 && matches!(code.kind(at - 1), Kind::Mark('>' | ':' | '$')));
        if !is_load {
            continue;
        }
        if imports.found.len() >= INCLUDES {
            imports.open(code, at..at + 1);
            break;
        }
        let around = code.tokens[at].around;
        let end = (at + 1..code.tokens.len())
            .find(|end| code.is_mark(*end, ';') && code.tokens[*end].around == around);
        let end = end.unwrap_or(code.tokens.len());
        let words: Vec<usize> = (at + 1..end)
            .filter(|at| !matches!(code.kind(*at), Kind::Mark('(' | ')' | '.')))
            .collect();
        let own = words
            .first()
            .is_some_and(|first| code.is_name(*first, "__DIR__"));
        let parent = words
            .first()
            .is_some_and(|first| code.is_name(*first, "dirname"))
            && words
                .get(1)
                .is_some_and(|next| code.is_name(*next, "__FILE__"));
        let skipped = usize::from(own) + 2 * usize::from(parent);
        match words.get(skipped..) {
            Some([only]) if code.kind(*only) == Kind::Text && !code.word(*only).contains('$') => {
                let module = code.word(*only);
                imports.found.push(Import {
                    module: module.to_owned(),
                    from_own_directory: own || parent,
                    range: code.bytes(at..end),
                    ..Import::default()
                });
            }
            _ => imports.open(code, at..end),
        }
    }
    imports
}

/// Words followed by what is loaded, as a text or a name: Ruby and Perl.
fn by_word(code: &Code, words: &[&str]) -> Imports {
    let mut imports = Imports::default();
    for at in 0..code.tokens.len() {
        let is_load = code.kind(at) == Kind::Name && words.contains(&code.word(at));
        if !is_load || at > 0 && matches!(code.kind(at - 1), Kind::Mark('.' | '$' | '>' | '{')) {
            continue;
        }
        let next = at + 1 + usize::from(code.is_mark(at + 1, '('));
        let mut last = next;
        let module = match code.kind(next) {
            Kind::Text => code.word(next).to_owned(),
            // `use Some::Module`, `use 5.010`.
            Kind::Name if code.language == Language::Perl && !code.is_name(at, "do") => {
                let mut module = code.word(next).to_owned();
                while code.is_mark(last + 1, ':')
                    && code.is_mark(last + 2, ':')
                    && code.kind(last + 3) == Kind::Name
                {
                    last += 3;
                    module.push_str("::");
                    module.push_str(code.word(last));
                }
                module
            }
            Kind::Number => continue,
            Kind::Mark('{') => continue,
            _ => {
                imports.open(code, at..next + 1);
                continue;
            }
        };
        imports.found.push(Import {
            module,
            from_own_directory: code.is_name(at, "require_relative"),
            range: code.bytes(at..last + 1),
            ..Import::default()
        });
    }
    imports
}
