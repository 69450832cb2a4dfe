//! Where to read on after a command that the parser cannot read: text in, an offset out.
//! tree-sitter-bash recovers from errors and so knows where the broken command probably ends.
//! Nothing else is taken from its tree: it reads some valid scripts wrongly without an error
//! (tree-sitter-bash issues 180, 233, 306, 315, 316, 347).

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// After so many calls of tree-sitter's progress callback (one in about 100 steps) recovery is
/// given up: one pattern of tests costs time that is quadratic in its length (issue 316). A count
/// gives the same answer on every machine, unlike a time limit.
const MOST_STEPS: usize = 20_000;

/// The tree of a script, made when the first command cannot be read.
#[derive(Default)]
pub(super) struct Recovery {
    /// Not asked for yet; or no tree, or the tree.
    tree: Option<Option<Tree>>,
}

impl Recovery {
    /// The end of the outermost construct around byte `failed` of the command that begins at
    /// `start`, taken to the end of its line; the end of the text when it is not known.
    pub(super) fn resume_at(&mut self, text: &str, start: usize, failed: usize) -> usize {
        let tree = self.tree.get_or_insert_with(|| tree_of(text));
        let Some(tree) = tree else {
            return text.len();
        };
        let mut failed = failed.min(text.len()).max(start);
        // A failure at a newline or at the end belongs to what stands before it.
        while failed > start
            && text
                .as_bytes()
                .get(failed)
                .is_none_or(u8::is_ascii_whitespace)
        {
            failed -= 1;
        }
        let mut cursor = tree.root_node().walk();
        let end = match cursor.goto_first_child_for_byte(failed) {
            Some(_) => cursor.node().end_byte(),
            None => text.len(),
        };
        let end = end.clamp(start + 1, text.len());
        let rest = &text.as_bytes()[end..];
        let line = rest.iter().position(|byte| *byte == b'\n');
        // The newline itself may belong to the node; either way a line begins there.
        if text.as_bytes()[end - 1] == b'\n' && end > failed + 1 {
            return end;
        }
        line.map_or(text.len(), |length| end + length)
    }
}

fn tree_of(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .ok()?;
    let mut steps = 0;
    let mut progress = |_: &ParseState| {
        steps += 1;
        if steps > MOST_STEPS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    let mut chunk = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    parser.parse_with_options(&mut chunk, None, Some(options))
}
