//! Where to read on after a command that the parser cannot read: text in, an offset out.
//! tree-sitter-bash recovers from errors and so knows where the broken command probably ends.
//! Nothing else is taken from its tree: it reads some valid scripts wrongly without an error
//! (tree-sitter-bash issues 180, 233, 306, 315, 316, 347).

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// How many bytes from the start of a broken command tree-sitter gets to see. Its error recovery
/// takes time and memory out of proportion for some texts: a pipeline of 100,000 parts that ends in
/// `|` took minutes and gigabytes.
const WINDOW: usize = 4 * 1024;

/// After so many calls of the progress callback (one in about 100 steps) recovery is given up: one
/// pattern of tests costs time that is quadratic in its length (issue 316). A count gives the same
/// answer on every machine, unlike a time limit.
const MOST_CALLS: usize = 2_000;

/// The end of the outermost construct around byte `failed` of the command that begins at `start`,
/// taken to the end of its line; the end of the text when it is not known.
pub(super) fn resume_at(text: &str, start: usize, failed: usize) -> usize {
    let rest = &text[start..];
    let mut length = rest.len().min(WINDOW);
    while !rest.is_char_boundary(length) {
        length -= 1;
    }
    let window = &rest[..length];
    let bytes = window.as_bytes();
    let cut = window.len() < rest.len();
    let mut failed = failed.saturating_sub(start).min(window.len());
    if cut && failed == window.len() {
        return text.len();
    }
    // A failure at a newline or at the end belongs to what stands before it.
    while failed > 0 && bytes.get(failed).is_none_or(u8::is_ascii_whitespace) {
        failed -= 1;
    }
    let Some(tree) = tree_of(window) else {
        return text.len();
    };
    let mut cursor = tree.root_node().walk();
    if cursor.goto_first_child_for_byte(failed).is_none() {
        return text.len();
    }
    let end = cursor.node().end_byte().clamp(failed + 1, window.len());
    if cut && end == window.len() {
        return text.len();
    }
    if bytes[end - 1] == b'\n' {
        return start + end;
    }
    match bytes[end..].iter().position(|byte| *byte == b'\n') {
        Some(length) => start + end + length,
        None => text.len(),
    }
}

fn tree_of(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .ok()?;
    let mut calls = 0;
    let mut progress = |_: &ParseState| {
        calls += 1;
        if calls > MOST_CALLS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    // tree-sitter-bash 0.25.1 calls C's `isdigit` with whole code points (`scan` in its scanner.c),
    // which reads outside a table and crashes for some. One letter for each of their bytes keeps
    // all offsets.
    let letters = text.bytes().map(|b| if b.is_ascii() { b } else { b'x' });
    let bytes: Vec<u8> = letters.collect();
    let mut chunk = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    parser.parse_with_options(&mut chunk, None, Some(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_goes_on_after_the_broken_construct() {
        let text = "if a; then\n  )\nfi\nb\n";
        assert_eq!(resume_at(text, 0, 13), text.find("\nb").expect("b"));
        let text = "a )\nb\n";
        assert_eq!(resume_at(text, 0, 2), 3);
        assert_eq!(resume_at("é )", 0, 3), "é )".len());
    }

    /// Each of these code points is far outside the table that the scanner reads.
    #[test]
    fn large_code_points_do_not_crash_the_scanner() {
        for code in (0x1_0000..0x11_0000)
            .step_by(0x1111)
            .filter_map(char::from_u32)
        {
            for text in [
                format!("{code}>{code} )"),
                format!("{{{code}..{code} )"),
                format!("{{{code}"),
            ] {
                assert_eq!(resume_at(&text, 0, text.len() - 1), text.len());
            }
        }
    }

    #[test]
    fn nothing_is_guessed_beyond_the_window() {
        let text = format!("( {}\n) )\nb\n", "a\n".repeat(WINDOW));
        let failed = text.rfind(" )").expect("the error") + 1;
        assert_eq!(resume_at(&text, 0, failed), text.len());
    }
}
