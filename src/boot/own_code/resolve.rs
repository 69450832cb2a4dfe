//! Which file of the image a program loads by a name.
//!
//! In: a name as it is written, the file that loads it, and what is at a path. Out: paths, or that it is a package
//! from elsewhere. Follows what the languages document: Node's CommonJS and ES modules
//! (<https://nodejs.org/api/modules.html#all-together>), Python's `sys.path[0]`
//! (<https://docs.python.org/3/library/sys_path_init.html>), PHP's include.

use crate::boot::interpreter::absolute;
use crate::boot::json;
use crate::code::{Import, Language};
use crate::image::{Content, Found};

/// What a runtime is told to run.
pub(super) enum Entry {
    /// A file.
    File(String),
    /// A module of Python.
    Module(String),
    /// The text of a program.
    Text(String),
}

/// What a name leads to.
pub(super) enum Loaded {
    /// Files of the image.
    Files(Vec<String>),
    /// A package, or a module of the language.
    Package,
    /// A file that is not at hand.
    Unknown,
    /// No code: JSON, a style sheet.
    Data,
}

/// Finds files for one program.
pub(super) struct Resolver {
    language: Language,
    directory: String,
    /// The first directory in which Python looks.
    root: String,
}

/// Endings that Node tries, and those of TypeScript.
const ENDINGS: [&str; 9] = [
    "", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx",
];

/// What is at a path.
type At<'a> = &'a dyn Fn(&str) -> Found;

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_file(at: At, path: &str) -> bool {
    matches!(at(path), Found::File(_))
}

impl Resolver {
    pub(super) fn new(language: Language, directory: &str, entry: &Entry) -> Resolver {
        let root = match entry {
            Entry::File(file) => parent(&absolute(directory, file)).to_owned(),
            _ => directory.to_owned(),
        };
        Resolver {
            language,
            directory: directory.to_owned(),
            root,
        }
    }

    /// The working directory.
    pub(super) fn directory(&self) -> &str {
        &self.directory
    }

    /// A path for a program that is given as a text.
    pub(super) fn path_of_text(&self) -> String {
        format!("{}/-", self.directory.trim_end_matches('/'))
    }

    /// The files that are run first; none if they are not at hand.
    pub(super) fn entry(&self, entry: &Entry, at: At) -> Vec<String> {
        match entry {
            Entry::File(file) => {
                let path = absolute(&self.directory, file);
                match self.language {
                    Language::JavaScript => self.node_file(&path, at).into_iter().collect(),
                    // `python directory` runs its `__main__.py`.
                    Language::Python if !is_file(at, &path) => vec![format!("{path}/__main__.py")],
                    _ => vec![path],
                }
            }
            Entry::Module(module) => {
                let mut files = self.python_module(&self.root, module, at);
                let last = files.pop();
                // A package is run by its `__main__`.
                let is_package = last
                    .as_ref()
                    .is_some_and(|last| last.ends_with("/__init__.py"));
                let main = absolute(
                    &self.root,
                    &format!("{}/__main__.py", module.replace('.', "/")),
                );
                match last {
                    Some(init) if is_package => vec![main, init].into_iter().chain(files).collect(),
                    Some(file) => std::iter::once(file).chain(files).collect(),
                    None if is_file(at, &main) => vec![main],
                    None => Vec::new(),
                }
            }
            Entry::Text(_) => Vec::new(),
        }
    }

    pub(super) fn resolve(&self, import: &Import, from: &str, at: At) -> Loaded {
        match self.language {
            Language::JavaScript => self.node(import, from, at),
            Language::Python => self.python(import, from, at),
            Language::Php => {
                let module = import.module.as_str();
                let own = absolute(parent(from), module.trim_start_matches('/'));
                let path = match import.from_own_directory {
                    true => own,
                    false if module.starts_with('/') => module.to_owned(),
                    // The include path is first the working directory, then that of the file.
                    false => {
                        let path = absolute(&self.directory, module);
                        if is_file(at, &path) { path } else { own }
                    }
                };
                // Composer loads what is used, from anywhere.
                match path.ends_with("/vendor/autoload.php") {
                    true => Loaded::Unknown,
                    false => Loaded::Files(vec![path]),
                }
            }
            Language::Ruby => {
                let module = import.module.as_str();
                let base = match (import.from_own_directory, module.starts_with('.')) {
                    (true, _) => parent(from),
                    (false, true) => self.directory.as_str(),
                    (false, false) => return Loaded::Package,
                };
                let path = absolute(base, module);
                let with_ending = format!("{path}.rb");
                match is_file(at, &with_ending) {
                    true => Loaded::Files(vec![with_ending]),
                    false if is_file(at, &path) => Loaded::Files(vec![path]),
                    false => Loaded::Unknown,
                }
            }
            Language::Perl => Loaded::Package,
        }
    }

    fn node(&self, import: &Import, from: &str, at: At) -> Loaded {
        let module = import.module.as_str();
        if module.starts_with('#') {
            return Loaded::Unknown;
        }
        let is_path = module.starts_with('/')
            || matches!(module, "." | "..")
            || module.starts_with("./")
            || module.starts_with("../");
        if !is_path {
            return Loaded::Package;
        }
        let path = absolute(parent(from), module);
        let is_data = [
            ".json", ".css", ".html", ".svg", ".png", ".sql", ".graphql", ".txt", ".yml", ".yaml",
        ];
        if is_data.iter().any(|ending| path.ends_with(ending)) {
            return Loaded::Data;
        }
        match self.node_file(&path, at) {
            Some(file) if file.ends_with(".json") => Loaded::Data,
            Some(file) => Loaded::Files(vec![file]),
            None => Loaded::Unknown,
        }
    }

    /// The file that Node loads for a path: itself, with an ending, or that of a directory.
    fn node_file(&self, path: &str, at: At) -> Option<String> {
        let with_endings = |path: &str| {
            let mut files = ENDINGS.iter().map(|ending| format!("{path}{ending}"));
            files.find(|file| is_file(at, file))
        };
        if let Some(file) = with_endings(path) {
            return Some(file);
        }
        // TypeScript names the file that will be made: `./server.js` is `server.ts`.
        let bare = path
            .strip_suffix(".js")
            .or_else(|| path.strip_suffix(".mjs"));
        if let Some(file) = bare.and_then(with_endings) {
            return Some(file);
        }
        if is_file(at, &format!("{path}.json")) {
            return Some(format!("{path}.json"));
        }
        if let Found::File(file) = at(&format!("{path}/package.json"))
            && let Content::Text(text) = file.content
            && let Some(main) = json::string(&text, &["main"])
        {
            let main = absolute(path, main.text());
            if let Some(file) =
                with_endings(&main).or_else(|| with_endings(&format!("{main}/index")))
            {
                return Some(file);
            }
        }
        with_endings(&format!("{path}/index"))
    }

    fn python(&self, import: &Import, from: &str, at: At) -> Loaded {
        let module = import.module.trim_start_matches('.');
        let dots = import.module.len() - module.len();
        let mut base = self.root.clone();
        if dots > 0 {
            base = parent(from).to_owned();
            for _ in 1..dots {
                base = parent(&base).to_owned();
            }
        }
        let mut files = match module {
            "" => {
                let init = format!("{base}/__init__.py");
                is_file(at, &init).then_some(init).into_iter().collect()
            }
            _ => self.python_module(&base, module, at),
        };
        // `from package import module`.
        let package = absolute(&base, &module.replace('.', "/"));
        for member in &import.members {
            files.extend(self.python_module(&package, member, at));
        }
        match files.is_empty() {
            false => Loaded::Files(files),
            true if dots > 0 => Loaded::Unknown,
            true => Loaded::Package,
        }
    }

    /// The files of a module of that directory: those of the packages around it, and its own last. None if its own is
    /// not there.
    fn python_module(&self, base: &str, module: &str, at: At) -> Vec<String> {
        let mut files = Vec::new();
        let mut path = base.trim_end_matches('/').to_owned();
        let parts: Vec<&str> = module.split('.').collect();
        for (index, part) in parts.iter().enumerate() {
            path = format!("{path}/{part}");
            let is_last = index + 1 == parts.len();
            let init = format!("{path}/__init__.py");
            let file = format!("{path}.py");
            if is_file(at, &init) {
                files.push(init);
            } else if is_last && is_file(at, &file) {
                files.push(file);
            } else if is_last {
                return Vec::new();
            }
        }
        files
    }
}
