//! Simple commands of a RUN: the ones that are followed.
//!
//! In: a command's words and redirections. Out: changes of the image's files. A command that is not in here
//! is opaque.

use super::super::base::is_program_directory;
use super::super::change::{At, Body, Change, Edit, ModeChange, Node, Opaque};
use super::super::files::Raw;
use super::super::glob::Glob;
use super::super::path;
use super::arguments::{
    changes_a_file, here_document, is_recursive, is_short_option, options, output, without_prefix,
};
use super::text::{Echo, echo, printf};
use super::{Walker, is_shell, packages};
use crate::shell::{AssignedValue, Kind, NodeId, Script, Simple};
use crate::source::{Known, Mapped, Why};

/// Commands that change no file of the image, whatever their arguments.
const CHANGE_NOTHING: [&str; 42] = [
    ":",
    "[",
    "apk-info",
    "basename",
    "cat",
    "command",
    "cut",
    "date",
    "dirname",
    "du",
    "echo",
    "env",
    "exit",
    "export",
    "false",
    "file",
    "grep",
    "head",
    "hash",
    "id",
    "ldconfig",
    "ls",
    "printf",
    "pwd",
    "read",
    "readlink",
    "return",
    "set",
    "sha256sum",
    "shopt",
    "sleep",
    "sort",
    "stat",
    "tail",
    "test",
    "tr",
    "true",
    "type",
    "ulimit",
    "uname",
    "unset",
    "which",
];

/// Tools that work in the current directory and change no file that a COPY put there by name.
const BUILD_TOOLS: [&str; 46] = [
    "ant", "apt-key", "bun", "bundle", "bundler", "cargo", "cmake", "composer", "conda",
    "corepack", "curl", "deno", "dotnet", "gem", "git", "go", "gpg", "gradle", "gradlew", "gunzip",
    "java", "javac", "make", "mvn", "mvnw", "ninja", "node", "npm", "npx", "php", "pip", "pip3",
    "pipenv", "pnpm", "poetry", "pytest", "python", "python3", "rake", "ruby", "tar", "tsc",
    "unzip", "uv", "wget", "yarn",
];

/// Whether a command changes no file.
pub(super) fn changes_nothing(name: &str) -> bool {
    CHANGE_NOTHING.contains(&name) || name == "cd"
}

impl Walker<'_, '_, '_> {
    /// A simple command.
    pub(super) fn simple(&mut self, script: &Script, id: NodeId, simple: &Simple) {
        if simple.words.is_empty() {
            for assignment in &simple.assignments {
                let value = match &assignment.value {
                    AssignedValue::Word(word) if !assignment.append => self.value(word),
                    _ => None,
                };
                self.variables.insert(assignment.name.clone(), value);
            }
        }
        let words: Vec<Option<String>> = simple.words.iter().map(|word| self.value(word)).collect();
        let mut writes = Vec::new();
        for redirect in &simple.redirects {
            match output(redirect) {
                Some((append, word)) => match self.value(word) {
                    Some(target) if target.starts_with("/dev/") => {}
                    Some(target) => writes.push((append, target)),
                    None => return self.opaque_text(script, id),
                },
                None if changes_a_file(redirect) => return self.opaque_text(script, id),
                None => {}
            }
        }
        let name = words.first().cloned().flatten();
        if writes.is_empty() {
            if name.is_none() && !words.is_empty() {
                return self.opaque_text(script, id);
            }
            let mut bodies = simple.redirects.iter().filter_map(here_document);
            if let (Some("tee"), Some(body)) = (name.as_deref(), bodies.next_back()) {
                let text = self.mapped(script, body);
                return self.tee_targets(&words[1..], text);
            }
            if !words.is_empty() {
                let before = self.directory.clone();
                if !self.follow(&words) {
                    self.directory = before;
                    self.opaque_text(script, id);
                }
            }
            return;
        }
        let text = self.written_text(script, simple);
        if text.is_none() && !name.as_deref().is_none_or(changes_nothing) {
            self.opaque_text(script, id);
        }
        for (append, target) in writes {
            self.write(&target, append, text.clone());
        }
    }

    /// `… | tee file`: whether it was that, with a text that is known.
    pub(super) fn tee(&mut self, script: &Script, left: NodeId, right: NodeId) -> bool {
        let (Kind::Simple(left), Kind::Simple(right)) =
            (&script.node(left).kind, &script.node(right).kind)
        else {
            return false;
        };
        let words: Vec<Option<String>> = right.words.iter().map(|word| self.value(word)).collect();
        let words = without_prefix(&words);
        if words.first().cloned().flatten().as_deref() != Some("tee") {
            return false;
        }
        let text = self.written_text(script, left);
        self.tee_targets(&words[1..], text);
        true
    }

    fn tee_targets(&mut self, words: &[Option<String>], text: Option<Mapped>) {
        let append = words
            .iter()
            .flatten()
            .any(|word| word == "-a" || word == "--append");
        for target in words.iter().flatten().filter(|word| !word.starts_with('-')) {
            if !target.starts_with("/dev/") {
                self.write(target, append, text.clone());
            }
        }
    }

    /// What a command writes to its output, if that is known.
    fn written_text(&self, script: &Script, simple: &Simple) -> Option<Mapped> {
        let Some((command, arguments)) = simple.words.split_first() else {
            // `> file`
            return Some(script.text.slice(0..0));
        };
        let texts = || -> Option<Vec<Mapped>> {
            arguments
                .iter()
                .map(|word| self.mapped(script, word))
                .collect()
        };
        match self.value(command)?.as_str() {
            "echo" => echo(&texts()?, self.echo_kind(), &script.text),
            "printf" => printf(&texts()?),
            ":" | "true" => Some(script.text.slice(0..0)),
            "cat" if arguments.is_empty() => {
                let body = simple
                    .redirects
                    .iter()
                    .filter_map(here_document)
                    .next_back()?;
                self.mapped(script, body)
            }
            _ => None,
        }
    }

    /// How `echo` works in the shell that runs.
    fn echo_kind(&self) -> Echo {
        let shell = self.builder.image.shell.value.value();
        let shell = shell
            .and_then(|words| words.first())
            .map(|word| path::name(word.text()).to_owned());
        match shell.as_deref() {
            Some("bash" | "ash") => Echo::WithOption,
            Some("dash") => Echo::Always,
            Some("sh") => match self.builder.image.sh.value() {
                Some(Some(sh)) if sh.starts_with("dash") => Echo::Always,
                Some(Some(sh)) if sh.starts_with("ash") || sh.starts_with("bash") => {
                    Echo::WithOption
                }
                _ => Echo::Unknown,
            },
            _ => Echo::Unknown,
        }
    }

    /// Writes a file; the text is `None` when it is not known.
    fn write(&mut self, target: &str, append: bool, text: Option<Mapped>) {
        let Some(target) = self.absolute(target) else {
            return self.anything();
        };
        let (target, before) = self.builder.image.files.followed(&target);
        let why = self.why();
        if append && let Raw::Node(Node::File { .. }, ..) = before {
            let edit = text.map_or(Edit::Unknown(why), Edit::Append);
            return self.push(Change::Content {
                at: At::path(target),
                edit,
            });
        }
        let is_new = matches!(before, Raw::Absent) || !append;
        let body = match text {
            Some(text) if is_new => Body::Text(text),
            _ => Body::Unknown(why),
        };
        // A new file gets the mode that the umask 022 leaves; an old one keeps its own.
        let mode = match before {
            Raw::Node(Node::File { mode, .. }, ..) => mode,
            _ if append && !is_new => None,
            _ => Some(0o644),
        };
        self.put(
            target,
            Node::File {
                body,
                mode,
                owner: Some("root".to_owned()),
            },
        );
    }

    fn put(&mut self, path: String, node: Node) {
        if matches!(path.as_str(), "/bin/sh" | "/usr/bin/sh") && !matches!(node, Node::Link(_)) {
            self.builder.image.sh = Known::Unknown(self.why());
        }
        let origin = self.span.clone();
        self.push(Change::Put { path, node, origin });
    }

    /// Applies a command by its words; whether it is one that is followed.
    pub(super) fn follow(&mut self, words: &[Option<String>]) -> bool {
        let words = without_prefix(words);
        let Some(Some(name)) = words.first() else {
            return words.is_empty();
        };
        // A command word that is a path to a shell or tool means the same; `./install` is no tool.
        let path = name;
        let name = path::name(name).to_owned();
        let arguments = &words[1..];
        if packages::installs(self, &name, arguments) {
            return true;
        }
        let is_tool = !path.contains('/')
            || is_program_directory(path::parent(path))
            || is_shell(&name)
            || BUILD_TOOLS.contains(&name.as_str());
        if !is_tool {
            return self.script_or_unknown(&words[0], arguments);
        }
        // All that follows needs every argument.
        let known: Option<Vec<String>> = arguments.iter().cloned().collect();
        match (name.as_str(), known) {
            ("cd", known) => {
                let target = known.and_then(|known| known.last().cloned());
                self.directory = match target {
                    Some(target) if target != "-" => self.absolute(&target),
                    _ => None,
                };
                true
            }
            ("export", Some(known)) => {
                for pair in &known {
                    if let Some((name, value)) = pair.split_once('=') {
                        self.variables
                            .insert(name.to_owned(), Some(value.to_owned()));
                    }
                }
                true
            }
            (name, _) if changes_nothing(name) => true,
            ("mkdir", Some(known)) => {
                self.each(&options(&known, &["-m", "--mode"]).1, |walker, path| {
                    walker.put(path, Node::Directory);
                })
            }
            ("rm" | "unlink" | "rmdir", Some(known)) => {
                let targets = self.targets(&options(&known, &[]).1, true);
                self.change_all(targets, |at| Change::Remove { at })
            }
            ("chmod", Some(known)) => self.chmod(&known),
            ("chown" | "chgrp", Some(known)) => self.chown(&name, &known),
            ("touch", Some(known)) => self.touch(&options(&known, &["-d", "-t", "-r"]).1),
            ("ln", Some(known)) => self.link(&known),
            ("cp" | "mv", Some(known)) => self.copy(&name, &known),
            ("install", Some(known)) => self.install(&known),
            ("dos2unix" | "fromdos", Some(known)) => {
                self.strip_returns(&options(&known, &["-k"]).1)
            }
            ("sed", Some(known)) => self.sed(&known),
            ("find", Some(known)) => self.find(&known),
            ("go" | "gcc" | "cc" | "g++" | "clang" | "rustc" | "musl-gcc", Some(known)) => {
                self.compile(&name, &known)
            }
            ("dpkg-reconfigure", Some(known)) if known.iter().any(|word| word == "dash") => {
                let why = "`dpkg-reconfigure dash` may have made another shell `/bin/sh`";
                self.builder.image.sh = Known::Unknown(Why::at(why, self.span.clone()));
                true
            }
            (
                "useradd" | "adduser" | "addgroup" | "groupadd" | "usermod" | "groupmod"
                | "chpasswd" | "passwd",
                _,
            ) => {
                self.elsewhere(vec!["/home".to_owned(), "/etc".to_owned()], false);
                true
            }
            (
                "update-ca-certificates"
                | "locale-gen"
                | "setcap"
                | "a2enmod"
                | "a2dismod"
                | "a2ensite",
                _,
            ) => {
                self.elsewhere(vec!["/etc".to_owned()], false);
                true
            }
            (name, Some(known)) if BUILD_TOOLS.contains(&name) => self.build_tool(name, &known),
            _ => self.script_or_unknown(&words[0], arguments),
        }
    }

    /// Words that are not part of any shell text: exec form.
    pub(super) fn words(&mut self, words: Vec<Option<String>>) {
        if !self.follow(&words) {
            let text: Vec<String> = words.into_iter().flatten().collect();
            let opaque = self.mentions(&text.join(" "));
            self.push(Change::Opaque(Box::new(opaque)));
        }
    }

    /// A script of the image or of somebody else: it may do anything but is assumed to leave what was copied by name.
    fn script_or_unknown(
        &mut self,
        command: &Option<String>,
        arguments: &[Option<String>],
    ) -> bool {
        let Some(command) = command else { return false };
        let runs_script = command.contains('/') || (is_shell(command) && !arguments.is_empty());
        if runs_script {
            self.elsewhere(vec!["/".to_owned()], true);
        }
        runs_script
    }

    fn build_tool(&mut self, name: &str, arguments: &[String]) -> bool {
        let opaque = self.mentions(&format!("{name} {}", arguments.join(" ")));
        let installs = name == "make" && arguments.iter().any(|word| word.contains("install"));
        let mut roots = opaque.roots;
        if installs {
            roots.push("/".to_owned());
        }
        // What a download or an archive writes is named by its options.
        let writes = matches!(name, "curl" | "wget");
        let named = if writes { opaque.named } else { Vec::new() };
        self.push(Change::Opaque(Box::new(Opaque {
            roots,
            named,
            deep: false,
            ..opaque
        })));
        true
    }

    /// Something may have come into being below some directories; nothing that is known changed.
    pub(super) fn elsewhere(&mut self, mut roots: Vec<String>, system: bool) {
        roots.extend(self.directory.clone().filter(|directory| directory != "/"));
        let why = self.why();
        self.push(Change::Opaque(Box::new(Opaque {
            why,
            roots,
            named: Vec::new(),
            deep: false,
            system,
            trees: false,
            no_shell: false,
        })));
    }

    fn each(&mut self, words: &[String], mut apply: impl FnMut(&mut Self, String)) -> bool {
        for word in words {
            match self.absolute(word) {
                Some(path) => apply(self, path),
                None => return false,
            }
        }
        true
    }

    /// The paths that words of a command mean, patterns included.
    fn targets(&self, words: &[String], recursive: bool) -> Option<Vec<At>> {
        let targets = words.iter().map(|word| {
            let last = path::name(word);
            if Glob::is_constant(word) {
                let (path, _) = self.builder.image.files.followed(&self.absolute(word)?);
                return Some(At {
                    path,
                    recursive,
                    name: None,
                });
            }
            let directory = match word.rfind('/') {
                Some(at) => &word[..at.max(1)],
                None => ".",
            };
            if !Glob::is_constant(directory) {
                // `/etc/*/run`: all below the part without a pattern may be meant.
                let first = directory.find(['*', '?', '['])?;
                let constant = &directory[..directory[..first].rfind('/')?];
                let path = self.absolute(if constant.is_empty() { "/" } else { constant })?;
                let name = Some(Glob::new(last));
                return Some(At {
                    path,
                    recursive: true,
                    name,
                });
            }
            let path = self.absolute(directory)?;
            Some(At {
                path,
                recursive,
                name: Some(Glob::new(last)),
            })
        });
        targets.collect()
    }

    fn change_all(&mut self, targets: Option<Vec<At>>, change: impl Fn(At) -> Change) -> bool {
        let Some(targets) = targets else { return false };
        for at in targets {
            self.push(change(at));
        }
        true
    }

    fn chmod(&mut self, words: &[String]) -> bool {
        let recursive = words.iter().any(|word| is_recursive(word));
        let is_option = |word: &&String| {
            word.starts_with("--")
                || matches!(
                    word.as_str(),
                    "-R" | "-v" | "-f" | "-c" | "-Rf" | "-fR" | "-vR"
                )
        };
        let mut rest = words.iter().filter(|word| !is_option(word));
        let Some(mode) = rest.next() else { return true };
        let mode = ModeChange::read(mode);
        let rest: Vec<String> = rest.cloned().collect();
        let targets = self.targets(&rest, recursive);
        self.change_all(targets, |at| Change::Mode {
            at,
            mode: mode.clone(),
        })
    }

    fn chown(&mut self, name: &str, words: &[String]) -> bool {
        let recursive = words.iter().any(|word| is_recursive(word));
        let (_, rest) = options(words, &["--from", "--reference"]);
        let Some((owner, rest)) = rest.split_first() else {
            return true;
        };
        // `chgrp` leaves the user as it is.
        if name == "chgrp" {
            return true;
        }
        let targets = self.targets(rest, recursive);
        self.change_all(targets, |at| Change::Owner {
            at,
            owner: Some(owner.clone()),
        })
    }

    fn touch(&mut self, words: &[String]) -> bool {
        let empty = Mapped::computed("", &self.span);
        self.each(words, |walker, path| {
            match walker.builder.image.files.followed(&path).1 {
                Raw::Absent => {
                    let body = Body::Text(empty.clone());
                    let (mode, owner) = (Some(0o644), Some("root".to_owned()));
                    walker.put(path, Node::File { body, mode, owner });
                }
                Raw::Unknown(why) => {
                    let origin = walker.span.clone();
                    walker.push(Change::Unclear { path, why, origin });
                }
                Raw::Node(..) => {}
            }
        })
    }

    /// Where a file of that name goes when a command is given `destination`.
    fn landing(&self, destination: &str, name: &str) -> Option<String> {
        let path = self.absolute(destination)?;
        let (followed, raw) = self.builder.image.files.followed(&path);
        let is_directory = destination.ends_with('/')
            || destination == "."
            || matches!(raw, Raw::Node(Node::Directory, ..))
            || (matches!(raw, Raw::Unknown(_))
                && super::super::base::is_standard_directory(&followed));
        Some(if is_directory {
            path::join(&followed, name)
        } else {
            path
        })
    }

    fn link(&mut self, words: &[String]) -> bool {
        let symbolic = words
            .iter()
            .any(|word| is_short_option(word, 's') || word == "--symbolic");
        let (_, rest) = options(words, &["-t", "-S"]);
        let (target, place) = match rest.as_slice() {
            [target] => (target, path::name(target).to_owned()),
            [target, place] => (target, place.clone()),
            _ => return false,
        };
        let Some(place) = self.landing(&place, path::name(target)) else {
            return false;
        };
        if matches!(place.as_str(), "/bin/sh" | "/usr/bin/sh") {
            let text = format!("`/bin/sh` was made a link to `{target}`");
            self.builder.image.sh = match path::name(target) {
                "bash" => Known::Known(Some("bash-posix".to_owned())),
                "busybox" | "ash" => Known::Known(Some("ash".to_owned())),
                _ => Known::Unknown(Why::at(text, self.span.clone())),
            };
        }
        if symbolic {
            self.put(place, Node::Link(target.clone()));
            return true;
        }
        match self.absolute(target) {
            Some(source) => self.copy_file(&source, place),
            None => return false,
        }
        true
    }

    fn copy(&mut self, name: &str, words: &[String]) -> bool {
        let (_, mut rest) = options(words, &["-t", "-S", "--target-directory"]);
        if words
            .iter()
            .any(|word| word.starts_with("-t") || word.starts_with("--target"))
        {
            return false;
        }
        let Some(destination) = rest.pop() else {
            return true;
        };
        let is_constant = |word: &String| Glob::is_constant(word);
        if !rest.iter().all(is_constant) {
            return false;
        }
        let several = rest.len() > 1;
        for source in &rest {
            let place = match several {
                true => self
                    .absolute(&destination)
                    .map(|path| path::join(&path, path::name(source))),
                false => self.landing(&destination, path::name(source)),
            };
            let (Some(source), Some(place)) = (self.absolute(source), place) else {
                return false;
            };
            self.copy_file(&source, place);
            if name == "mv" {
                self.push(Change::Remove {
                    at: At {
                        path: source,
                        recursive: true,
                        name: None,
                    },
                });
            }
        }
        true
    }

    /// Puts what stands at one path at another.
    fn copy_file(&mut self, source: &str, place: String) {
        let (_, raw) = self.builder.image.files.followed(source);
        let origin = self.span.clone();
        match raw {
            Raw::Node(node @ Node::File { .. }, _, edits) => {
                self.put(place.clone(), node);
                for edit in edits {
                    self.push(Change::Content {
                        at: At::path(place.clone()),
                        edit,
                    });
                }
            }
            Raw::Node(Node::Directory, ..) => {
                self.put(place.clone(), Node::Directory);
                self.elsewhere(vec![place], false);
            }
            Raw::Node(Node::Link(_), ..) | Raw::Absent | Raw::Unknown(_) => {
                let why = self.why();
                self.push(Change::Unclear {
                    path: place,
                    why,
                    origin,
                });
            }
        }
    }

    fn install(&mut self, words: &[String]) -> bool {
        let (given, mut rest) = options(
            words,
            &["-m", "--mode", "-o", "-g", "-t", "--owner", "--group"],
        );
        let mode = given
            .iter()
            .find(|(name, _)| name == "-m" || name == "--mode");
        let mode = mode.map_or(ModeChange::Set(0o755), |(_, value)| ModeChange::read(value));
        if given.iter().any(|(name, _)| name == "-t") {
            return false;
        }
        let makes_directories = words
            .iter()
            .any(|word| is_short_option(word, 'd') || word == "--directory");
        if makes_directories {
            return self.each(&rest, |walker, path| walker.put(path, Node::Directory));
        }
        let Some(destination) = rest.pop() else {
            return true;
        };
        for source in &rest {
            let (Some(from), Some(place)) = (
                self.absolute(source),
                self.landing(&destination, path::name(source)),
            ) else {
                return false;
            };
            self.copy_file(&from, place.clone());
            self.push(Change::Mode {
                at: At::path(place),
                mode: mode.clone(),
            });
        }
        true
    }

    fn strip_returns(&mut self, words: &[String]) -> bool {
        let targets = self.targets(words, false);
        self.change_all(targets, |at| Change::Content {
            at,
            edit: Edit::StripCarriageReturns,
        })
    }

    fn sed(&mut self, words: &[String]) -> bool {
        let in_place = words
            .iter()
            .any(|word| is_short_option(word, 'i') || word.starts_with("--in-place"));
        if !in_place {
            return true;
        }
        let (given, mut rest) = options(words, &["-e", "--expression", "-f"]);
        let mut expressions: Vec<String> = given.into_iter().map(|(_, value)| value).collect();
        if expressions.is_empty() && !rest.is_empty() {
            expressions.push(rest.remove(0));
        }
        let strips = |text: &String| {
            matches!(
                text.as_str(),
                "s/\\r$//"
                    | "s/\\r//"
                    | "s/\\r//g"
                    | "s/\\r$//g"
                    | "s/\r$//"
                    | "s/\r//g"
                    | "s/\\x0D$//"
                    | "s/\\x0d$//"
            )
        };
        let edit = if expressions.iter().all(strips) {
            Edit::StripCarriageReturns
        } else {
            Edit::Unknown(self.why())
        };
        let targets = self.targets(&rest, false);
        self.change_all(targets, |at| Change::Content {
            at,
            edit: edit.clone(),
        })
    }

    /// `find DIRECTORY… -name PATTERN -exec chmod +x {} +`
    fn find(&mut self, words: &[String]) -> bool {
        let changes = words
            .iter()
            .any(|word| word.starts_with("-exec") || word == "-delete" || word == "-ok");
        if !changes {
            return true;
        }
        let start = words
            .iter()
            .position(|word| word.starts_with('-'))
            .unwrap_or(words.len());
        let mut name = None;
        let mut index = start;
        let mut command: &[String] = &[];
        while let Some(word) = words.get(index) {
            match word.as_str() {
                "-name" => {
                    name = words.get(index + 1).map(|pattern| Glob::new(pattern));
                    index += 2;
                }
                "-type" => index += 2,
                "-exec" => {
                    let rest = &words[index + 1..];
                    let end = rest.iter().position(|word| word == ";" || word == "+");
                    let Some(end) = end.filter(|end| end + 1 == rest.len()) else {
                        return false;
                    };
                    command = &rest[..end];
                    break;
                }
                _ => return false,
            }
        }
        let Some((tool, arguments)) = command.split_first() else {
            return false;
        };
        let arguments: Vec<&String> = arguments.iter().filter(|word| *word != "{}").collect();
        let directories = self.targets(&words[..start], true);
        let with_name = |at: At| At {
            name: name.clone(),
            ..at
        };
        match (tool.as_str(), arguments.as_slice()) {
            ("chmod", [mode]) => {
                let mode = ModeChange::read(mode);
                self.change_all(directories, |at| Change::Mode {
                    at: with_name(at),
                    mode: mode.clone(),
                })
            }
            ("dos2unix", []) => self.change_all(directories, |at| Change::Content {
                at: with_name(at),
                edit: Edit::StripCarriageReturns,
            }),
            _ => {
                let why = self.why();
                self.change_all(directories, |at| Change::Content {
                    at: with_name(at),
                    edit: Edit::Unknown(why.clone()),
                })
            }
        }
    }

    /// A compiler with `-o FILE`: a native program comes into being.
    fn compile(&mut self, name: &str, words: &[String]) -> bool {
        let (given, rest) = options(words, &["-o"]);
        let output = given.iter().find(|(option, _)| option == "-o");
        let builds = name != "go" || rest.first().is_some_and(|word| word == "build");
        // Other things come into being next to it (caches, objects).
        self.build_tool(name, &[]);
        if name == "go" {
            self.elsewhere(vec!["/go".to_owned(), "/root".to_owned()], false);
        }
        let Some((_, output)) = output.filter(|_| builds) else {
            return true;
        };
        let is_directory = output.ends_with('/');
        match self.absolute(output) {
            Some(path) if is_directory => self.elsewhere(vec![path], false),
            Some(path) => {
                let (mode, owner) = (Some(0o755), Some("root".to_owned()));
                self.put(
                    path,
                    Node::File {
                        body: Body::Binary,
                        mode,
                        owner,
                    },
                );
            }
            None => return false,
        }
        true
    }
}
