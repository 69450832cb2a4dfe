//! Commands of a start-up that make, move and remove files: they do what they do in a RUN, on top of the image.
//!
//! In: a command's words, all known. Out: the image's files after it, and which paths it is about. Follows file tools
//! alone; what else a start-up runs is no matter of the image.

use super::super::change::{At, Change, Opaque};
use super::super::path;
use super::Walker;
use crate::image::Image;
use crate::source::Span;

/// What a command has done to files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    /// The paths at which, or below which, something stands that did not, or no longer what did.
    pub(crate) touched: Vec<String>,
    /// What was copied or moved where, hard links included.
    pub(crate) copied: Vec<(String, String)>,
}

/// Whether a tool is there to remove what it is given.
pub(crate) fn is_removal(tool: &str) -> bool {
    matches!(tool, "rm" | "rmdir" | "unlink")
}

/// Runs a file tool in a directory; `None` for a use that is not followed, which changes nothing here.
pub(crate) fn run_file_tool(
    image: &mut Image,
    words: &[String],
    directory: &str,
    span: &Span,
) -> Option<Done> {
    let before = image.files.clone();
    let name = path::name(words.first()?).to_owned();
    if !FILE_TOOLS.contains(&name.as_str()) {
        return None;
    }
    let mut walker = Walker::new(image, span);
    walker.directory = Some(directory.to_owned());
    let known: Vec<Option<String>> = words.iter().cloned().map(Some).collect();
    let is_followed = walker.follow(&known);
    let copied = std::mem::take(&mut walker.copied);
    if !is_followed || image.files.is_full() {
        image.files = before;
        return None;
    }
    let touched = image.files.changes_since(&before).flat_map(paths_of);
    Some(Done {
        touched: touched.collect(),
        copied,
    })
}

/// Commands whose effect on files is their purpose.
const FILE_TOOLS: [&str; 11] = [
    "chmod", "cp", "dos2unix", "install", "ln", "mkdir", "mv", "rm", "rmdir", "sed", "unlink",
];

/// The paths that a change is about.
fn paths_of(change: &Change) -> Vec<String> {
    let of = |at: &At| vec![at.path.clone()];
    match change {
        Change::Put { path, .. } | Change::Unclear { path, .. } | Change::Program { path, .. } => {
            vec![path.clone()]
        }
        Change::Tree(tree) => vec![tree.destination.clone()],
        Change::Remove { at }
        | Change::Mode { at, .. }
        | Change::Owner { at, .. }
        | Change::Content { at, .. } => of(at),
        Change::Opaque(opaque) => {
            let Opaque { roots, named, .. } = &**opaque;
            roots.iter().chain(named).cloned().collect()
        }
    }
}
