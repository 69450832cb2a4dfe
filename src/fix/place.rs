//! The command of a script that stands at a place.
//!
//! In: a target and a span in a Dockerfile or script. Out: the parsed text that it is in, and the node.
//! Reads no file: the texts are those that the analysis has read.

use crate::analyze::Target;
use crate::image::{Content, Found};
use crate::knowledge;
use crate::shell::{Kind, NodeId, Script, parse};
use crate::source::{Mapped, Span};
use crate::stop::ProcessTree;

/// A parsed text that a shell runs.
pub(super) struct Text {
    /// The syntax.
    pub(super) script: Script,
    /// Whether it is a `-c` string of the container's argv.
    pub(super) is_string: bool,
    /// Whether a process runs it from its first line on (else it is sourced, or it is not known who
    /// runs it).
    pub(super) is_main: bool,
}

/// A simple command or pipeline in a text.
pub(super) struct Command {
    /// The text.
    pub(super) text: Text,
    /// The node.
    pub(super) node: NodeId,
}

impl Command {
    /// The command as it is written.
    pub(super) fn written(&self) -> &str {
        let script = &self.text.script;
        &script.text.text()[script.node(self.node).range.clone()]
    }
}

/// The command whose place is exactly that span: the innermost node that a shell runs as one.
pub(super) fn command(target: &Target, span: &Span) -> Option<Command> {
    texts(target, span).into_iter().find_map(|text| {
        let script = &text.script;
        let nodes = script.nodes.iter().enumerate();
        let mut at_span = nodes.filter(|(_, node)| {
            let own = script.span(node.range.clone());
            (own.start, own.end) == (span.start, span.end)
                && matches!(
                    node.kind,
                    Kind::Simple(_) | Kind::Pipeline { .. } | Kind::Compound(..)
                )
        });
        let (node, _) = at_span.next()?;
        Some(Command {
            node: node as NodeId,
            text,
        })
    })
}

/// The texts of the target that hold a span.
pub(super) fn texts(target: &Target, span: &Span) -> Vec<Text> {
    let holds = |text: &Mapped| {
        let own = text.full_span();
        own.source.path() == span.source.path() && own.start <= span.start && span.end <= own.end
    };
    let argv = match target.container.argv.value() {
        Some(Some(words)) => words.as_slice(),
        _ => &[],
    };
    let mut found = Vec::new();
    // A word that a shell reads: the one behind `-c`, `-lc` and the like.
    let is_option =
        |word: &Mapped| word.text().starts_with('-') && word.text().ends_with(['c', 'e']);
    for pair in argv.windows(2).filter(|pair| holds(&pair[1])) {
        if is_option(&pair[0]) {
            found.push(text(pair[1].clone(), true, true));
        }
    }
    let mut files: Vec<Mapped> = Vec::new();
    let trees = target
        .paths
        .iter()
        .filter_map(|path| path.processes.as_ref());
    let image = &target.container.image;
    let directory = image.working_directory.value.value();
    // PID 1 may be a shell or go before one, as inits do.
    let is_shell = |process: &&ProcessTree| {
        process.pid == 1 || knowledge::shell_facts(&process.program).is_some()
    };
    let shells = trees.flat_map(ProcessTree::processes).filter(is_shell);
    for name in shells.flat_map(first_words) {
        let path = match (name.starts_with('/'), directory) {
            (false, Some(directory)) => format!("{}/{name}", directory.trim_end_matches('/')),
            _ => name.to_owned(),
        };
        if let Found::File(file) = image.files.look_up(&path)
            && let Content::Text(text) = file.content
            && holds(&text)
            && !files.contains(&text)
        {
            files.push(text);
        }
    }
    let is_main = !files.is_empty();
    found.extend(files.into_iter().map(|file| text(file, false, true)));
    if !is_main && span.source.path() != target.file {
        found.push(text(Mapped::whole(&span.source), false, false));
    }
    found
}

fn text(mapped: Mapped, is_string: bool, is_main: bool) -> Text {
    Text {
        script: parse(mapped),
        is_string,
        is_main,
    }
}

/// The words of a shell that may be the path of its script.
fn first_words(tree: &ProcessTree) -> impl Iterator<Item = &str> {
    let words = tree.argv.iter().take(8).flatten().map(String::as_str);
    words.filter(|word| !word.is_empty() && !word.starts_with('-') && word.len() < 1000)
}

/// The place of a byte of a text, if that byte stands in the file as it is: an insertion before it
/// becomes an insertion in the text.
pub(super) fn exact(text: &Mapped, offset: usize) -> Option<Span> {
    let byte = text.text().get(offset..offset + 1)?;
    let span = text.span(offset..offset + 1);
    (span.text() == byte).then_some(span)
}

/// The place of a range of a text, if all of it stands in the file as it is, in one piece.
pub(super) fn written(text: &Mapped, range: std::ops::Range<usize>) -> Option<Span> {
    let span = text.span(range.clone());
    (span.text() == &text.text()[range]).then_some(span)
}

/// Whether the bytes at a place are what the shell reads: a file of the context, or a here-document in which
/// the build expands nothing. Any text may be put there.
pub(super) fn is_literal(target: &Target, span: &Span) -> bool {
    span.source.path() != target.file || here_document(target, span).is_some()
}

/// The body of the here-document of the Dockerfile that a place is in, if the build expands nothing there.
pub(super) fn here_document(target: &Target, span: &Span) -> Option<std::ops::Range<usize>> {
    if span.source.path() != target.file {
        return None;
    }
    let file = crate::dockerfile::parse(&span.source);
    let mut heredocs = file
        .instructions
        .iter()
        .flat_map(|instruction| std::iter::once(instruction).chain(instruction.nested.as_deref()))
        .flat_map(|instruction| &instruction.heredocs);
    let around = heredocs.find(|heredoc| {
        let body = &heredoc.body_range;
        !heredoc.expand && !heredoc.strip_tabs && body.start <= span.start && span.end <= body.end
    });
    around.map(|heredoc| heredoc.body_range.clone())
}
