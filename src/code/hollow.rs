//! Handlers that do nothing but say so: the program goes on as if there were no signal.

use std::ops::Range;

use super::Language;
use super::lexer::Kind;
use super::view::Code;

/// Names with which programs say something; what only calls these ends nothing.
const SAYS: [&str; 22] = [
    "log",
    "info",
    "warn",
    "warning",
    "error",
    "debug",
    "trace",
    "critical",
    "exception",
    "notice",
    "print",
    "println",
    "printf",
    "echo",
    "puts",
    "p",
    "pp",
    "error_log",
    "fprintf",
    "write",
    "say",
    "var_dump",
];

/// Words with which a block goes elsewhere.
const GOES: [&str; 12] = [
    "raise", "throw", "exit", "die", "abort", "quit", "yield", "await", "del", "delete", "go",
    "last",
];

/// Whether the handler that stands there, or is named there, is not known to end the program: it only says something,
/// or sends the signal to its own process again, which PID 1 does not get to feel.
pub(super) fn is_hollow(code: &Code, handler: &Range<usize>) -> bool {
    body(code, handler)
        .is_some_and(|body| says_only(code, body.clone()) || raises_again(code, body))
}

/// Whether a body sends a signal to its own process, and does not exit.
fn raises_again(code: &Code, body: Range<usize>) -> bool {
    let names_itself = |word: &str| {
        matches!(
            word,
            "pid" | "getpid" | "getmypid" | "posix_getpid" | "Process"
        )
    };
    let raises = body.clone().any(|open| {
        let Some(call) = code.call(open) else {
            return false;
        };
        let mut given = call.open + 1..call.close;
        call.name() == "raise_signal"
            || matches!(call.name(), "kill" | "posix_kill")
                && given.any(|at| names_itself(code.word(at)))
    });
    let mut body = body;
    raises && !body.any(|at| matches!(code.word(at), "exit" | "_exit" | "abort"))
}

/// The tokens of a handler's body, where it is written down in this file.
fn body(code: &Code, handler: &Range<usize>) -> Option<Range<usize>> {
    let last = handler.end.checked_sub(1)?;
    if handler.is_empty() {
        return None;
    }
    if code.language == Language::Python {
        if code.is_name(handler.start, "lambda") {
            let mut tokens = handler.clone();
            let colon = tokens.find(|at| code.is_mark(*at, ':'))?;
            return Some(colon + 1..handler.end);
        }
        let name = code.word(last);
        let define = definition(code, name, last)?;
        let open = (define..code.tokens.len()).find(|at| code.is_mark(*at, '('))?;
        let colon = code.tokens[open].partner.filter(|close| *close > open)?;
        let colon = (colon..code.tokens.len()).find(|at| code.is_mark(*at, ':'))?;
        let block = code.indented_block(define);
        return Some(colon + 1..block.end.max(colon + 1));
    }
    // A body in braces is what the argument ends with.
    if code.is_mark(last, '}') {
        let open = code.tokens[last]
            .partner
            .filter(|open| handler.contains(open))?;
        return Some(open + 1..last);
    }
    let mut tokens = handler.clone();
    let arrow = tokens.find(|at| code.is_mark(*at, '=') && code.is_mark(at + 1, '>'));
    if let Some(arrow) = arrow {
        return Some(arrow + 2..handler.end);
    }
    let name = match code.kind(last) {
        Kind::Name | Kind::Text => code.word(last),
        _ => return None,
    };
    let define = definition(code, name, last)?;
    let open = (define..code.tokens.len().min(define + 60)).find(|at| {
        code.is_mark(*at, '{')
            && (code.is_mark(at - 1, ')')
                || code.is_mark(at - 1, '>')
                || code.is_name(at - 1, name))
    })?;
    let close = code.tokens[open].partner.filter(|close| *close > open)?;
    Some(open + 1..close)
}

/// The index of the name where a function is defined.
fn definition(code: &Code, name: &str, except: usize) -> Option<usize> {
    let is_definition = |at: &usize| {
        let keyword = at.checked_sub(1).map(|before| code.word(before));
        let by_keyword = matches!(keyword, Some("function" | "def" | "sub"));
        let by_value = code.is_mark(at + 1, '=') && !code.is_mark(at + 2, '=');
        *at != except
            && code.is_name(*at, name)
            && (by_keyword || by_value && code.language == Language::JavaScript)
    };
    (0..code.tokens.len()).find(is_definition)
}

fn says_only(code: &Code, body: Range<usize>) -> bool {
    for at in body {
        match code.kind(at) {
            Kind::Mark('=') => return false,
            Kind::Name if GOES.contains(&code.word(at)) => return false,
            // Ruby calls without brackets.
            Kind::Name if code.language == Language::Ruby && !SAYS.contains(&code.word(at)) => {
                return false;
            }
            Kind::Mark('(') => {
                let Some(call) = code.call(at) else { continue };
                if !SAYS.contains(&call.name()) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}
