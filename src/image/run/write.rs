//! Files that commands of a RUN write: redirections, `tee`, `echo`, `printf`, `cat`.
//!
//! In: a command's words and redirections. Out: files with their texts, as far as these are known.

use super::super::change::{At, Body, Change, Edit, Node};
use super::super::files::Raw;
use super::super::path;
use super::Walker;
use super::arguments::{here_document, without_prefix};
use super::text::{Echo, echo, printf};
use crate::shell::{Kind, NodeId, Script, Simple};
use crate::source::{Known, Mapped};

impl Walker<'_, '_, '_> {
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

    pub(super) fn tee_targets(&mut self, words: &[Option<String>], text: Option<Mapped>) {
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
    pub(super) fn written_text(&self, script: &Script, simple: &Simple) -> Option<Mapped> {
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
    pub(super) fn write(&mut self, target: &str, append: bool, text: Option<Mapped>) {
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

    pub(super) fn put(&mut self, path: String, node: Node) {
        if matches!(path.as_str(), "/bin/sh" | "/usr/bin/sh") && !matches!(node, Node::Link(_)) {
            self.builder.image.sh = Known::Unknown(self.why());
        }
        let origin = self.span.clone();
        self.push(Change::Put { path, node, origin });
    }
}
