//! RUN: what its commands do to the files of the image, as far as they are followed.
//!
//! In: a RUN, and the image before it. Out: changes of the image's files. Follows plain commands in `&&`
//! chains; whatever else is an opaque change with the paths that it names. Runs nothing.

mod arguments;
mod build_tools;
mod commands;
mod edit;
mod file_tools;
mod harmless;
mod loops;
mod mentions;
mod mounts;
mod packages;
mod shells;
mod start_up;
mod text;
mod write;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::Image;
use super::build::Builder;
use super::change::Change;
use super::files::Files;
use super::path;
use crate::dockerfile::{Form, Instruction};
use crate::shell::{
    self, AndOr, Compound, Kind, NodeId, Operator, Part, Script, Separator, Simple, Word,
};
use crate::source::{Mapped, Run, Span, Why};
use crate::stage::{Scope, Variable};

pub(super) use mounts::mounted_stages;
pub(crate) use start_up::{Done, is_removal, run_file_tool};
use text::Joined;

/// Groups and conditions inside each other that are followed.
const DEEPEST_GROUP: usize = 24;

/// Applies a RUN.
pub(super) fn run(builder: &mut Builder<'_, '_>, instruction: &Instruction, span: &Span) {
    let mounts = mounts::mounts(builder, instruction, span);
    let mut walker = Walker::new(&mut builder.image, span);
    walker.scope = Some(&builder.scope);
    walker.mounts = mounts;
    if walker.image.windows.is_some() {
        return walker.anything();
    }
    if let Form::Exec(words) = &instruction.form {
        let texts: Vec<&str> = words.iter().map(Mapped::text).collect();
        return match texts.as_slice() {
            [shell, "-c", _] if is_shell(shell) => walker.script(words[2].clone()),
            _ => walker.words(texts.iter().map(|text| Some((*text).to_owned())).collect()),
        };
    }
    let shell = walker
        .image
        .shell
        .value
        .value()
        .cloned()
        .unwrap_or_default();
    let runs_text = match (shell.first(), shell.last()) {
        (Some(first), Some(last)) => {
            is_shell(first.text()) && last.text().starts_with('-') && last.text().ends_with('c')
        }
        _ => false,
    };
    if !runs_text {
        return walker.anything();
    }
    match script_of(instruction) {
        Some(text) => walker.script(text),
        None => walker.anything(),
    }
}

/// The text that the shell reads: here-documents are part of it, and a RUN that is nothing but one runs its
/// body. `None` when the body is for another interpreter.
fn script_of(instruction: &Instruction) -> Option<Mapped> {
    let arguments = &instruction.arguments;
    let [heredoc] = instruction.heredocs.as_slice() else {
        if instruction.heredocs.is_empty() {
            return Some(arguments.clone());
        }
        return Some(with_bodies(instruction));
    };
    if heredoc.marker != (0..arguments.text().trim_end().len()) {
        return Some(with_bodies(instruction));
    }
    shells::shell_of(&heredoc.body).map(|_| heredoc.body.clone())
}

fn with_bodies(instruction: &Instruction) -> Mapped {
    let mut joined = Joined::new(&instruction.arguments);
    joined.push(&instruction.arguments);
    for heredoc in &instruction.heredocs {
        joined.literal("\n");
        joined.push(&heredoc.body);
        joined.literal(&heredoc.name);
    }
    joined.literal("\n");
    joined.finish()
}

/// Whether a program is a shell of the Bourne family.
fn is_shell(program: &str) -> bool {
    matches!(
        path::name(program),
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh"
    )
}

/// Walks over the commands of one RUN.
struct Walker<'a> {
    image: &'a mut Image,
    /// The variables of the stage; a command of the start-up has its words already.
    scope: Option<&'a Scope>,
    span: Span,
    /// The current directory, if it is known.
    directory: Option<String>,
    /// Variables that the commands set; `None` is a value that is not known.
    variables: HashMap<String, Option<String>>,
    depth: usize,
    /// What has been copied where, links included.
    copied: Vec<(String, String)>,
    /// Files that are mounted while the commands run.
    mounts: Vec<(String, Files)>,
    /// The shell that runs the commands, if it is not that of SHELL.
    inner_shell: Option<String>,
    /// Whether the script that is walked has arguments.
    has_arguments: bool,
    /// Files that a shell has read as its own text.
    sourced: HashSet<String>,
    /// Whether such a file is walked: what its functions do is believed to leave alone what was copied, as scripts
    /// that are not at hand are.
    in_library: bool,
    /// Rounds of loops that may still be followed.
    rounds: usize,
}

impl<'a> Walker<'a> {
    fn new(image: &'a mut Image, span: &Span) -> Walker<'a> {
        let directory = image.working_directory.value.value().cloned();
        Walker {
            image,
            scope: None,
            copied: Vec::new(),
            span: span.clone(),
            directory,
            variables: HashMap::new(),
            depth: 0,
            mounts: Vec::new(),
            inner_shell: None,
            has_arguments: false,
            sourced: HashSet::new(),
            in_library: false,
            rounds: loops::MOST_ROUNDS,
        }
    }

    fn script(&mut self, text: Mapped) {
        let script = shell::parse(text);
        self.node(&script, script.root);
    }

    fn node(&mut self, script: &Script, id: NodeId) {
        if self.image.files.is_full() {
            return;
        }
        let node = script.node(id);
        if self.depth > DEEPEST_GROUP {
            return self.opaque_text(script, id);
        }
        self.depth += 1;
        match &node.kind {
            Kind::List(items) => {
                for item in items {
                    if item.end == Separator::Background {
                        self.opaque_text(script, item.node);
                    } else {
                        self.node(script, item.node);
                    }
                }
            }
            Kind::AndOr { first, rest } => {
                self.node(script, *first);
                for (operator, right) in rest {
                    match operator {
                        AndOr::And => self.node(script, *right),
                        AndOr::Or => self.perhaps(script, *right),
                    }
                }
            }
            Kind::Pipeline { parts, .. } => self.pipeline(script, id, parts),
            Kind::Simple(simple) => self.simple(script, id, simple),
            Kind::Compound(Compound::Group(body), redirects) if redirects.is_empty() => {
                self.node(script, *body);
            }
            Kind::Compound(Compound::Subshell(body), redirects) if redirects.is_empty() => {
                let directory = self.directory.clone();
                self.node(script, *body);
                self.directory = directory;
            }
            Kind::Compound(Compound::If { arms, otherwise }, redirects) if redirects.is_empty() => {
                for (condition, body) in arms {
                    self.perhaps(script, *condition);
                    self.perhaps(script, *body);
                }
                if let Some(body) = otherwise {
                    self.perhaps(script, *body);
                }
            }
            Kind::Compound(Compound::For { name, words, body }, redirects)
                if redirects.is_empty() =>
            {
                if !self.rounds(script, name, words.as_deref(), *body) {
                    self.opaque_text(script, id);
                }
            }
            Kind::Compound(Compound::Group(body) | Compound::Subshell(body), redirects) => {
                self.group_into_files(script, id, *body, redirects);
            }
            Kind::Compound(Compound::Test(_) | Compound::Arithmetic(_), _) => {}
            Kind::Function { .. } if self.in_library => {}
            _ => self.opaque_text(script, id),
        }
        self.depth -= 1;
    }

    /// Commands that may run or not.
    fn perhaps(&mut self, script: &Script, id: NodeId) {
        if self.is_harmless(script, id, 0) || self.image.files.is_full() {
            return;
        }
        match &script.node(id).kind {
            Kind::List(items) if self.depth <= DEEPEST_GROUP => {
                self.depth += 1;
                for item in items {
                    self.perhaps(script, item.node);
                }
                self.depth -= 1;
            }
            Kind::Simple(simple) if self.perhaps_chmod(simple) => {}
            _ => self.opaque_text(script, id),
        }
    }

    /// A `chmod` that may run or not: the modes are not known any more. `false` for another command.
    fn perhaps_chmod(&mut self, simple: &Simple) -> bool {
        let words: Option<Vec<String>> = simple.words.iter().map(|word| self.value(word)).collect();
        match words.as_deref() {
            Some([name, rest @ ..]) if name == "chmod" && simple.redirects.is_empty() => {
                self.chmod(rest, false)
            }
            _ => false,
        }
    }

    fn pipeline(&mut self, script: &Script, id: NodeId, parts: &[NodeId]) {
        match parts {
            [only] => self.node(script, *only),
            parts if parts.iter().all(|part| self.is_harmless(script, *part, 0)) => {}
            [left, right] => {
                if self.tee(script, *left, *right) || self.find_xargs(script, *left, *right) {
                    return;
                }
                // `yes | apt-get install x`, `echo "user:x" | chpasswd`
                if self.is_harmless(script, *left, 0) {
                    return self.node(script, *right);
                }
                if self.is_harmless(script, *right, 0) {
                    return self.node(script, *left);
                }
                self.pipe_into(script, id, *right);
            }
            parts => {
                let last = parts.last().copied().unwrap_or(id);
                self.pipe_into(script, id, last);
            }
        }
    }

    /// Something unknown is piped into a command: into a shell, it may do anything.
    fn pipe_into(&mut self, script: &Script, id: NodeId, last: NodeId) {
        let name = match &script.node(last).kind {
            Kind::Simple(simple) => simple
                .words
                .iter()
                .filter_map(|word| word.constant(false))
                .collect(),
            _ => Vec::new(),
        };
        let runs_input = |name: &Cow<str>| {
            let interpreters = ["node", "perl", "php", "python", "python3", "ruby"];
            is_shell(name) || interpreters.contains(&path::name(name))
        };
        if name.iter().any(runs_input) {
            return self.anything();
        }
        self.opaque_text(script, id);
    }

    /// The value of a word, if it is known and is one word.
    fn value(&self, word: &Word) -> Option<String> {
        let mut out = String::new();
        for part in &word.parts {
            match part {
                Part::Literal(text) => {
                    if out.is_empty() && text.starts_with('~') {
                        return None;
                    }
                    out.push_str(text);
                }
                Part::Quoted(text) | Part::DollarQuoted { text, .. } => out.push_str(text),
                Part::Parameter { parameter, .. } => {
                    if parameter.indirect || parameter.length || parameter.index.is_some() {
                        return None;
                    }
                    let value = self.variable(&parameter.name);
                    match &parameter.operator {
                        None => out.push_str(&value?),
                        Some(Operator::Default { colon, word }) => match value {
                            Some(value) if !(*colon && value.is_empty()) => out.push_str(&value),
                            Some(_) => out.push_str(&word.constant(true)?),
                            None => return None,
                        },
                        Some(_) => return None,
                    }
                }
                _ => return None,
            }
        }
        Some(out)
    }

    /// The value of a variable in a RUN; positional parameters are empty there, but for scripts that it runs.
    fn variable(&self, name: &str) -> Option<String> {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        if name == "PWD" {
            return self.directory.clone();
        }
        if matches!(name, "@" | "*")
            || name
                .bytes()
                .all(|byte| byte.is_ascii_digit() && byte != b'0')
        {
            return (!self.has_arguments).then(String::new);
        }
        match self.scope?.variable(name) {
            Variable::Set(value) => Some(value),
            // Shells and runtimes set `HOME` and others.
            Variable::Unset | Variable::NotGiven(_) | Variable::Unknown(_) => None,
        }
    }

    /// A path as the commands see it.
    fn absolute(&self, text: &str) -> Option<String> {
        if text.starts_with('/') {
            return Some(self.image.files.canonical_parent(&path::tidy(text)));
        }
        let path = path::join(self.directory.as_deref()?, text);
        Some(self.image.files.canonical_parent(&path))
    }

    fn push(&mut self, change: Change) {
        self.image.files.push(change);
    }

    fn why(&self) -> Why {
        let text = self.span.text().lines().next().unwrap_or_default();
        let brief: String = text.chars().take(60).collect();
        let brief = brief.trim_end_matches(['\\', '`', ' ']);
        Why::at(format!("`{brief}` may have changed it"), self.span.clone())
    }

    /// A command that may do anything anywhere.
    fn anything(&mut self) {
        let text = self.span.text().to_owned();
        let mut opaque = self.mentions(&text);
        opaque.roots.push("/".to_owned());
        self.push(Change::Opaque(Box::new(opaque)));
    }

    /// A command that is not followed: it may have changed what it names.
    fn opaque_text(&mut self, script: &Script, id: NodeId) {
        let range = script.node(id).range.clone();
        let text = script.text.text().get(range).unwrap_or_default().to_owned();
        let opaque = self.mentions(&text);
        self.push(Change::Opaque(Box::new(opaque)));
        // It may have changed variables and the directory as well.
        if text.contains("cd ") {
            self.directory = None;
        }
    }

    /// A word as text of a file, mapped to the bytes that it stands for.
    fn mapped(&self, script: &Script, word: &Word) -> Option<Mapped> {
        let value = self.value(word)?;
        let raw = script
            .text
            .text()
            .get(word.range.clone())
            .unwrap_or_default();
        if raw == value {
            return Some(script.text.slice(word.range.clone()));
        }
        let inner = word.range.start + 1..word.range.end.saturating_sub(1);
        if script.text.text().get(inner.clone()) == Some(value.as_str()) {
            return Some(script.text.slice(inner));
        }
        let span = script.span(word.range.clone());
        // The file of the RUN is the source even when the word is empty.
        let run = Run {
            derived: 0,
            derived_len: value.len(),
            source: span.start,
            source_len: span.end - span.start,
            copied: false,
        };
        Some(Mapped::new(&span.source, value, vec![run]))
    }
}

#[cfg(test)]
mod tests;
