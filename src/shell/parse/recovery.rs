//! Where to read on after a command that the parser cannot read: text in, an offset out.
//!
//! A shell stops at such a command; pidone reads on, so that a construct that it does not know hides no more than
//! itself. People write the outermost commands at the beginning of a line, and what is inside of them further to the
//! right: the next line that begins there, and neither continues nor closes something, is taken for the next command.

/// Words that continue or close a command.
const CONTINUING: [&str; 8] = ["then", "do", "else", "elif", "fi", "done", "esac", "in"];

/// The end of the line after which the next command begins, for a parser that has failed at byte `failed`; the end of
/// the text where there is none.
pub(super) fn resume_at(text: &str, failed: usize) -> usize {
    // A failure at a newline or at the end belongs to what stands before it.
    let before = text.as_bytes()[..failed.min(text.len())].trim_ascii_end();
    let failed = match text.as_bytes().get(failed) {
        Some(byte) if !byte.is_ascii_whitespace() => failed,
        _ => before.len(),
    };
    let mut end = end_of_line(text, failed);
    while let Some(next) = text.get(end + 1..) {
        if begins_a_command(next) {
            return end;
        }
        end = end_of_line(text, end + 1);
    }
    text.len()
}

/// The offset of the newline that ends the line of an offset, or the end of the text.
fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.as_bytes()[at..].iter();
    rest.take_while(|byte| **byte != b'\n').count() + at
}

/// Whether a text begins with a command of the outermost level, as far as its layout tells.
fn begins_a_command(text: &str) -> bool {
    let is_layout = |first: char| first.is_whitespace() || "#)};&|".contains(first);
    let word = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    text.chars().next().is_some_and(|first| !is_layout(first))
        && !word.take(1).any(|word| CONTINUING.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read after a failure at the first `?`.
    fn rest(text: &str) -> &str {
        let failed = text.find('?').expect("a mark");
        &text[resume_at(text, failed)..]
    }

    #[test]
    fn reading_goes_on_after_the_broken_construct() {
        assert_eq!(rest("a ?\nb\n"), "\nb\n");
        assert_eq!(rest("if a; then\n  ?\nfi\nb\n"), "\nb\n");
        assert_eq!(rest("f() {\n  a ?\n\n  b\n}\n\n# c\nd\n"), "\nd\n");
        assert_eq!(rest("case ? in\na) b ;;\nesac\nb"), "\na) b ;;\nesac\nb");
        assert_eq!(rest("é ?"), "");
        assert_eq!(rest("a\n?\n)\n"), "");
    }

    #[test]
    fn a_failure_at_an_end_belongs_to_what_stands_before_it() {
        assert_eq!(resume_at("a |\n\nb\n", 3), 4);
        assert_eq!(resume_at("a |\n\nb\n", 4), 4);
        assert_eq!(resume_at("a |", 3), 3);
        assert_eq!(resume_at("", 0), 0);
    }
}
