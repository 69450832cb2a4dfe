//! Whether a program goes on until it is stopped: it has a server, a timer or an endless loop.
//!
//! Without any of these it may as well do its work and end, and then no signal matters.

use std::cell::OnceCell;
use std::ops::Range;

use super::Language;
use super::imports::{Import, Loaded};
use super::lexer::Kind;
use super::view::Code;

pub(super) fn serves(code: &Code, loaded: &Loaded) -> bool {
    let stops_timers = OnceCell::new();
    let calls_server = |name: &str, receiver: Option<&str>| {
        let mut packages = loaded.packages.iter();
        let modules = loaded.modules;
        // `subprocess.run` is not `app.run`.
        let is_module = receiver.is_some_and(|receiver| modules.is_standard(receiver));
        let stops =
            || *stops_timers.get_or_init(|| has(code, "clearInterval") || has(code, "unref"));
        if name == "setInterval" && stops() {
            return false;
        }
        !is_module
            && packages.any(|(_, package)| package.serves.iter().any(|serves| serves == name))
            || modules.serves.iter().any(|serves| serves == name)
    };
    code.calls()
        .any(|call| calls_server(call.name(), call.receiver()))
        || has_endless_loop(code)
}

/// How many loops are looked at: of more it is not said that they have no end.
const LOOPS: usize = 100;

fn has_endless_loop(code: &Code) -> bool {
    let is_loop = |at: &usize| {
        code.kind(*at) == Kind::Name && matches!(code.word(*at), "while" | "for" | "loop")
    };
    let mut loops = (0..code.tokens.len()).filter(is_loop).take(LOOPS);
    loops.any(|at| is_endless(code, at))
}

/// Whether it makes a second process with the same code: `os.fork()`, Node's `cluster`, `pcntl_fork()`.
pub(super) fn forks(code: &Code, imports: &[Import]) -> bool {
    let is_fork = |at: usize| {
        let word = code.word(at);
        let before = at.checked_sub(1);
        let is_member = before
            .is_some_and(|before| matches!(code.kind(before), Kind::Mark('.' | '>' | '$' | '&')));
        code.kind(at) == Kind::Name
            && match code.language {
                Language::JavaScript => false,
                Language::Python => word == "fork" && is_member,
                Language::Php => word == "pcntl_fork",
                Language::Ruby => {
                    word == "fork" && (!is_member || code.is_name(at.saturating_sub(2), "Process"))
                }
                Language::Perl => word == "fork" && !is_member,
            }
    };
    imports
        .iter()
        .any(|import| code.language == Language::JavaScript && import.package() == "cluster")
        || (0..code.tokens.len()).any(is_fork)
}

/// Where a package is set to do something else than its entry says: `app.run(debug=True)`.
pub(super) fn set_otherwise(code: &Code, loaded: &Loaded) -> Option<(String, Range<usize>)> {
    let packages = loaded.packages.iter();
    let settings: Vec<&String> = packages.flat_map(|(_, package)| &package.unless).collect();
    if settings.is_empty() {
        return None;
    }
    let is_set = |at: &usize| {
        let is_listed = settings.iter().any(|setting| *setting == code.word(*at));
        let is_off = matches!(code.word(at + 2), "False" | "false" | "0" | "None");
        let is_assigned = code.is_mark(at + 1, '=') && !code.is_mark(at + 2, '=') && !is_off;
        is_listed && (code.kind(*at) == Kind::Text || is_assigned)
    };
    let at = (0..code.tokens.len()).find(is_set)?;
    Some((format!("`{}`", code.word(at)), code.bytes(at..at + 1)))
}

/// `while True:`, `while (true) {`, `for (;;) {`, `loop do` with no way out of it.
fn is_endless(code: &Code, at: usize) -> bool {
    let is_true = |at: usize| matches!(code.word(at), "True" | "true" | "TRUE" | "1");
    let body = match (code.language, code.word(at)) {
        (Language::Python, "while") if is_true(at + 1) && code.is_mark(at + 2, ':') => {
            Some(code.indented_block(at))
        }
        (Language::Ruby, "loop") => Some(code.indented_block(at)),
        (Language::JavaScript | Language::Php | Language::Perl, "while" | "for") => {
            let Some(close) = code.tokens.get(at + 1).and_then(|open| open.partner) else {
                return false;
            };
            let inner = at + 2..close;
            let is_forever = inner.len() == 1 && is_true(at + 2)
                || inner.len() == 2 && inner.into_iter().all(|at| code.is_mark(at, ';'));
            let open = close + 1;
            let end = code.tokens.get(open).and_then(|open| open.partner);
            end.filter(|_| is_forever && code.is_mark(open, '{'))
                .map(|end| open + 1..end)
        }
        _ => None,
    };
    body.is_some_and(|body| !has_way_out(code, body))
}

fn has(code: &Code, name: &str) -> bool {
    (0..code.tokens.len()).any(|at| code.is_name(at, name))
}

fn has_way_out(code: &Code, mut body: Range<usize>) -> bool {
    body.any(|at| {
        let word = code.word(at);
        code.kind(at) == Kind::Name
            && matches!(
                word,
                "break"
                    | "return"
                    | "exit"
                    | "_exit"
                    | "quit"
                    | "die"
                    | "last"
                    | "raise"
                    | "throw"
                    | "goto"
                    | "abort"
            )
    })
}
