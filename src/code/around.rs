//! The function or class around a place: what has to be called before the code there runs.

use super::Language;
use super::lexer::Kind;
use super::view::Code;

/// The function around a registration, or the class of a constructor: what has to be called for it.
pub(super) fn within(code: &Code, at: usize) -> Option<String> {
    const CONSTRUCTORS: [&str; 4] = ["__init__", "constructor", "initialize", "__construct"];
    let name = match code.language {
        Language::Python | Language::Ruby => around_by_lines(code, at, "def"),
        _ => around_by_braces(code, at),
    }?;
    if !CONSTRUCTORS.contains(&name.as_str()) {
        return Some(name);
    }
    match code.language {
        Language::Python | Language::Ruby => around_by_lines(code, at, "class"),
        _ => (0..at)
            .rev()
            .find(|at| code.is_name(*at, "class"))
            .map(|at| code.word(at + 1).to_owned()),
    }
}

/// Whether a function of Python runs elsewhere: `Process(target=NAME)` is another process, and in a thread nothing can
/// be registered.
pub(super) fn runs_elsewhere(code: &Code, name: &str) -> bool {
    let is_python = code.language == Language::Python;
    is_python
        && (0..code.tokens.len()).any(|at| {
            code.is_name(at, "target") && code.is_mark(at + 1, '=') && code.is_name(at + 2, name)
        })
}

/// The innermost `def NAME` or `class NAME` that is further out than the line of a token.
fn around_by_lines(code: &Code, at: usize, keyword: &str) -> Option<String> {
    let mut column = code.indentation(at);
    for before in (0..at).rev() {
        if column == 0 {
            return None;
        }
        if !code.begins_line(before) {
            continue;
        }
        // The end of a list of arguments that was begun further up.
        let is_closing = matches!(code.kind(before), Kind::Mark(')' | ']' | '}'));
        let further_out = !is_closing && code.indentation(before) < column;
        if further_out {
            column = code.indentation(before);
            let word = before + usize::from(code.is_name(before, "async"));
            if code.is_name(word, keyword) {
                return Some(code.word(word + 1).to_owned());
            }
        }
    }
    None
}

/// The name of the innermost function in braces that has one.
fn around_by_braces(code: &Code, at: usize) -> Option<String> {
    let mut open = code.tokens[at].around;
    while let Some(brace) = open {
        if code.is_mark(brace, '{')
            && let Some(name) = function_name(code, brace)
        {
            return Some(name);
        }
        open = code.tokens[brace].around;
    }
    None
}

/// The name of the function whose body begins with that brace: `function NAME(…) {`, `NAME = (…) => {`, `NAME(…) {`.
fn function_name(code: &Code, brace: usize) -> Option<String> {
    const CONTROL: [&str; 10] = [
        "if", "for", "while", "switch", "catch", "foreach", "elseif", "elsif", "with", "use",
    ];
    let mut before = brace.checked_sub(1)?;
    if code.language == Language::Perl && code.kind(before) == Kind::Name {
        let is_sub = before > 0 && code.is_name(before - 1, "sub");
        return is_sub.then(|| code.word(before).to_owned());
    }
    let is_arrow = before > 0 && code.is_mark(before, '>') && code.is_mark(before - 1, '=');
    if is_arrow {
        before = before.checked_sub(2)?;
    }
    if !code.is_mark(before, ')') {
        return None;
    }
    let mut name = code.tokens[before].partner?.checked_sub(1)?;
    if is_arrow || code.is_name(name, "function") {
        // `const NAME = async (…) => {`, `NAME = function (…) {`, `NAME: function (…) {`
        while name > 0 && matches!(code.word(name), "async" | "function") {
            name -= 1;
        }
        if !matches!(code.kind(name), Kind::Mark('=' | ':')) {
            return None;
        }
        name = name.checked_sub(1)?;
    }
    let word = code.word(name);
    let is_function = code.kind(name) == Kind::Name && !CONTROL.contains(&word);
    is_function.then(|| word.to_owned())
}
