//! Files that commands of a RUN write: redirections, `tee`, `echo`, `printf`, `cat`.
//!
//! In: a command's words and redirections. Out: files with their texts, as far as these are known.

use std::sync::Arc;

use super::super::change::{At, Body, Change, Edit, Node};
use super::super::content::without_returns;
use super::super::files::Raw;
use super::super::path;
use super::super::{Content, File, Found};
use super::arguments::{changes_a_file, here_document, output, without_prefix};
use super::text::{Echo, Joined, echo, printf};
use super::{DEEPEST_GROUP, Walker};
use crate::shell::{
    AndOr, Kind, NodeId, Redirect, RedirectOperator, RedirectTarget, Script, Simple,
};
use crate::source::{Known, Mapped};

impl Walker<'_> {
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

    /// `{ …; } > file`: what its commands write, if they do nothing else.
    pub(super) fn group_into_files(
        &mut self,
        script: &Script,
        id: NodeId,
        body: NodeId,
        redirects: &[Redirect],
    ) {
        let mut targets = Vec::new();
        for redirect in redirects {
            match output(redirect) {
                Some((append, word)) => match self.value(word) {
                    Some(target) if target.starts_with("/dev/") => {}
                    Some(target) => targets.push((append, target)),
                    None => return self.opaque_text(script, id),
                },
                None if changes_a_file(redirect) => return self.opaque_text(script, id),
                None => {}
            }
        }
        let text = self.group_text(script, body, 0);
        if text.is_none() {
            self.opaque_text(script, id);
        }
        for (append, target) in targets {
            self.write(&target, append, text.clone());
        }
    }

    /// What the commands of a group write to its output, if that is known of each.
    fn group_text(&self, script: &Script, id: NodeId, depth: usize) -> Option<Mapped> {
        if depth > DEEPEST_GROUP {
            return None;
        }
        let parts: Vec<NodeId> = match &script.node(id).kind {
            Kind::Simple(simple) => {
                let is_plain = simple
                    .redirects
                    .iter()
                    .all(|redirect| output(redirect).is_none() && !changes_a_file(redirect));
                return is_plain.then(|| self.written_text(script, simple))?;
            }
            Kind::List(items) => items.iter().map(|item| item.node).collect(),
            Kind::AndOr { first, rest } => {
                let is_and = rest.iter().all(|(operator, _)| *operator == AndOr::And);
                let rest = rest.iter().map(|(_, node)| *node);
                is_and.then(|| std::iter::once(*first).chain(rest).collect())?
            }
            _ => return None,
        };
        let mut joined = Joined::new(&script.text);
        for part in parts {
            let text = self.group_text(script, part, depth + 1)?;
            if !Arc::ptr_eq(text.source(), script.text.source()) {
                return None;
            }
            joined.push(&text);
        }
        Some(joined.finish())
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
            "cat" => match arguments {
                [] => self.input_text(script, simple),
                [file] => match self.value(file)?.as_str() {
                    "-" => self.input_text(script, simple),
                    file => self.text_of(file),
                },
                _ => None,
            },
            "tr" => match texts()?.iter().map(Mapped::text).collect::<Vec<_>>()[..] {
                ["-d", "\\r" | "\\015" | "\r"] => {
                    Some(without_returns(&self.input_text(script, simple)?))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a command reads from its input, if that is known.
    pub(super) fn input_text(&self, script: &Script, simple: &Simple) -> Option<Mapped> {
        let redirect = simple
            .redirects
            .iter()
            .rfind(|redirect| output(redirect).is_none())?;
        if let Some(body) = here_document(redirect) {
            return self.mapped(script, body);
        }
        match &redirect.target {
            RedirectTarget::Word(word) if redirect.operator == RedirectOperator::Read => {
                self.text_of(&self.value(word)?)
            }
            _ => None,
        }
    }

    /// The text of a file, if it is known.
    pub(super) fn text_of(&self, file: &str) -> Option<Mapped> {
        let path = self.absolute(file)?;
        match self.files_at(&path).look_up(&path) {
            Found::File(File {
                content: Content::Text(text),
                ..
            }) => Some(text),
            _ => None,
        }
    }

    /// How `echo` works in the shell that runs.
    fn echo_kind(&self) -> Echo {
        let outer = self.image.shell.value.value();
        let outer = outer.and_then(|words| words.first());
        let shell = match &self.inner_shell {
            Some(shell) => Some(shell.clone()),
            None => outer.map(|word| path::name(word.text()).to_owned()),
        };
        match shell.as_deref() {
            Some("bash" | "ash") => Echo::WithOption,
            Some("dash") => Echo::Always,
            Some("sh") => match self.image.sh.value() {
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
        let (target, before) = self.image.files.followed(&target);
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
            self.image.sh = Known::Unknown(self.why());
        }
        let origin = self.span.clone();
        self.push(Change::Put { path, node, origin });
    }
}
