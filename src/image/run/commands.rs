//! Simple commands of a RUN: the ones that are followed.
//!
//! In: a command's words and redirections. Out: changes of the image's files. A command that is not in here
//! is opaque.

use super::super::base::is_program_directory;
use super::super::change::{Change, Node, Opaque};
use super::super::path;
use super::arguments::{changes_a_file, here_document, options, output, without_prefix};
use super::build_tools::BUILD_TOOLS;
use super::{Walker, is_removal, is_shell, packages};
use crate::shell::{AssignedValue, NodeId, Script, Simple};
use crate::source::{Known, Why};

/// Commands that change no file of the image, whatever their arguments.
const CHANGE_NOTHING: [&str; 43] = [
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
    "shellcheck",
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

/// Whether a command changes no file.
pub(super) fn changes_nothing(name: &str) -> bool {
    CHANGE_NOTHING.contains(&name) || name == "cd"
}

/// Whether a command has a here-document.
fn has_here_document(simple: &Simple) -> bool {
    simple
        .redirects
        .iter()
        .any(|redirect| here_document(redirect).is_some())
}

impl Walker<'_> {
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
            if !words.is_empty() && !self.source(&words) && !self.shell(script, simple, &words) {
                let before = self.directory.clone();
                if !self.follow(&words) {
                    self.directory = before;
                    self.opaque_text(script, id);
                } else if has_here_document(simple) && !name.as_deref().is_none_or(changes_nothing)
                {
                    // `python3 <<EOF`: the text may be a program.
                    let bodies = simple.redirects.iter().filter_map(here_document);
                    for body in bodies {
                        let text = script.text.text().get(body.range.clone());
                        let opaque = self.mentions(text.unwrap_or_default());
                        self.push(Change::Opaque(Box::new(opaque)));
                    }
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
            (name, Some(known)) if is_removal(name) => {
                let targets = self.targets(&options(&known, &[]).1, true);
                self.change_all(targets, |at| Change::Remove { at })
            }
            ("chmod", Some(known)) => self.chmod(&known, true),
            ("chown" | "chgrp", Some(known)) => self.chown(&name, &known),
            ("touch", Some(known)) => self.touch(&options(&known, &["-d", "-t", "-r"]).1),
            ("ln", Some(known)) => self.link(&known),
            ("update-alternatives", Some(known)) => self.alternative(&known),
            ("cp" | "mv", Some(known)) => self.copy(&name, &known),
            ("install", Some(known)) => self.install(&known),
            ("dos2unix" | "fromdos", Some(known)) => self.dos2unix(&known),
            ("perl", Some(known)) if self.perl(&known) => true,
            ("sed", Some(known)) => self.sed(&known),
            ("find", Some(known)) => self.find(&known),
            ("go" | "gcc" | "cc" | "g++" | "clang" | "rustc" | "musl-gcc", Some(known)) => {
                self.compile(&name, &known)
            }
            ("dpkg-reconfigure", Some(known)) if known.iter().any(|word| word == "dash") => {
                let why = "`dpkg-reconfigure dash` may have made another shell `/bin/sh`";
                self.image.sh = Known::Unknown(Why::at(why, self.span.clone()));
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
            let words: Vec<&str> = arguments.iter().flatten().map(String::as_str).collect();
            let mut opaque = self.mentions(&words.join(" "));
            opaque.roots.push("/".to_owned());
            self.push(Change::Opaque(Box::new(opaque)));
        }
        // What is not known of the words may name a file.
        runs_script && arguments.iter().all(Option::is_some)
    }

    /// Something may have come into being below some directories; nothing that is known changed.
    pub(super) fn elsewhere(&mut self, mut roots: Vec<String>, system: bool) {
        roots.extend(self.directory.clone().filter(|directory| directory != "/"));
        let why = self.why();
        self.push(Change::Opaque(Box::new(Opaque::below(why, roots, system))));
    }
}
