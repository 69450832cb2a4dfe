//! Registrations of handlers for signals, as the languages and their libraries write them.
//!
//! In: the code and what it imports. Out: the handlers that end the program on a signal, and where signals are named
//! for another purpose. A registration with an empty handler, or with one that only prints, is none; nor is one that
//! restores the default.

use std::ops::Range;

use super::around::{runs_elsewhere, within};
use super::hollow::is_hollow;
use super::imports::{Import, Loaded};
use super::lexer::Kind;
use super::view::{Call, Code};
use super::{Handler, Language};
use crate::knowledge::{Package, Signal};

/// What is found of handlers in a file.
#[derive(Default)]
pub(super) struct Found {
    pub handlers: Vec<Handler>,
    /// Signals that are named for another purpose.
    pub names: Vec<Signal>,
    /// A registration that cannot be read.
    pub open: Option<(String, Range<usize>)>,
    /// By token: whether it is accounted for.
    read: Vec<bool>,
    /// How many registrations were read.
    registrations: usize,
}

/// How many registrations of a file are read: each is looked up in the whole text.
const REGISTRATIONS: usize = 100;

/// What a registration says.
struct Registration {
    /// The tokens that name the signal.
    signal: Range<usize>,
    /// The tokens of the handler; empty where it is given in another way.
    handler: Range<usize>,
    /// All its tokens.
    whole: Range<usize>,
}

/// Finds the registrations of a file.
pub(super) fn find(code: &Code, imports: &[Import], loaded: &Loaded) -> Found {
    let mut found = Found {
        read: vec![false; code.tokens.len()],
        ..Found::default()
    };
    // What has none of these words registers nothing, and names no signal.
    let words = ["process", "signal", "Signal", "trap", "SIG", "Deno"];
    let handles = |(_, package): &(&Import, &Package)| !package.handles.is_empty();
    if !words.iter().any(|word| code.text.contains(word)) && !loaded.packages.iter().any(handles) {
        return found;
    }
    for call in code.calls() {
        if let Some(signals) = of_package(&call, loaded) {
            let whole = call.first..call.close + 1;
            found.add(code, signals, whole);
        } else if let Some(registration) = by_call(code, &call, imports) {
            found.register(code, &registration);
        }
        if found.registrations > REGISTRATIONS {
            let range = code.bytes(call.first..call.close + 1);
            found.open = Some(("more handlers than are read".to_owned(), range));
            return found;
        }
    }
    if code.language == Language::Perl {
        perl_table(code, &mut found);
    }
    for at in 0..code.tokens.len() {
        if let Some(signal) = code.signal_at(at)
            && !found.read[at]
        {
            found.names.push(signal);
        }
    }
    found
}

impl Found {
    fn add(&mut self, code: &Code, signals: Vec<Signal>, whole: Range<usize>) {
        let within = within(code, whole.start);
        if within
            .as_deref()
            .is_some_and(|name| runs_elsewhere(code, name))
        {
            self.names.extend(signals);
        } else {
            self.handlers.push(Handler {
                signals,
                range: code.bytes(whole.clone()),
                within,
            });
        }
        self.account_for(whole);
    }

    fn account_for(&mut self, tokens: Range<usize>) {
        self.registrations += 1;
        self.read[tokens].fill(true);
    }

    fn register(&mut self, code: &Code, registration: &Registration) {
        let whole = registration.whole.clone();
        let signals = match code.signal_in(&registration.signal) {
            Some(signal) => vec![signal],
            None => {
                let listed = listed(code, &registration.signal);
                if listed.is_empty() && is_open(code, &registration.signal) {
                    self.open.get_or_insert_with(|| {
                        let bytes = code.bytes(whole.clone());
                        ("a handler for a signal that is not known".to_owned(), bytes)
                    });
                }
                listed
            }
        };
        let default = registration
            .handler
            .end
            .checked_sub(1)
            .map(|last| code.word(last));
        let is_default = matches!(
            default,
            Some("SIG_DFL" | "DEFAULT" | "SIG_DEFAULT" | "SYSTEM_DEFAULT")
        ) || default.is_some_and(is_former);
        let is_ignored = matches!(
            default,
            Some("SIG_IGN" | "IGNORE" | "" | "nil" | "null" | "None" | "noop")
        );
        if is_default {
            self.account_for(whole);
        } else if !is_ignored && !is_hollow(code, &registration.handler) && !signals.is_empty() {
            self.add(code, signals, whole);
        } else {
            // It is named, and not to end the program.
            self.registrations += 1;
            self.names.extend(signals);
        }
    }
}

/// Whether a name is that of a handler from before, which is restored.
fn is_former(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    let former = ["prev", "old", "orig", "saved", "former"];
    former.iter().any(|word| name.starts_with(word))
}

/// Whether the words for a signal are a variable: another text or number is another event.
fn is_open(code: &Code, signal: &Range<usize>) -> bool {
    let is_plain =
        signal.len() == 1 && matches!(code.kind(signal.start), Kind::Text | Kind::Number);
    // A symbol of Ruby, a name of another constant.
    let is_symbol = code.language == Language::Ruby && code.is_mark(signal.start, ':');
    // A key of Perl's table that is no signal (`__DIE__`).
    let is_key = code.language == Language::Perl
        && signal.len() == 1
        && code.kind(signal.start) == Kind::Name;
    !is_plain && !is_symbol && !is_key && !signal.is_empty()
}

/// The signals of the lists of a file, for a registration in a loop: `for s in (SIGTERM, SIGINT): signal.signal(s, …)`.
fn listed(code: &Code, signal: &Range<usize>) -> Vec<Signal> {
    if !is_open(code, signal) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for at in 0..code.tokens.len() {
        let Some(signal) = code.signal_at(at) else {
            continue;
        };
        // Past the path in front of it, to what stands before: `(signal.SIGTERM`, `in signal.SIGTERM, …:`.
        let mut first = at;
        while first >= 2 && code.is_mark(first - 1, '.') && code.kind(first - 2) == Kind::Name {
            first -= 2;
        }
        let in_loop = |from: usize| {
            let mut before = (from.saturating_sub(12)..from).rev();
            let stops = before.find(|at| {
                !matches!(
                    code.kind(*at),
                    Kind::Name | Kind::Text | Kind::Mark('.' | ',')
                ) || code.is_name(*at, "in")
            });
            stops.is_some_and(|at| code.is_name(at, "in"))
        };
        if in_loop(first) || in_list(code, at) {
            found.push(signal);
        }
    }
    found
}

/// Whether a token stands in a list: `[…]`, `{…}`, `(…)` without a name before it, `array(…)`.
fn in_list(code: &Code, at: usize) -> bool {
    code.tokens[at].around.is_some_and(|open| {
        let before = match open.checked_sub(1) {
            Some(before) if code.kind(before) == Kind::Name => code.word(before),
            _ => return !(code.language == Language::Perl && code.is_mark(open, '{')),
        };
        match (code.language, code.kind(open)) {
            // A list of words stands anywhere; the braces of Perl are a key.
            (Language::Perl, mark) => mark == Kind::Mark('['),
            (Language::Ruby, Kind::Mark('[' | '{')) => true,
            (_, Kind::Mark('[' | '{')) => matches!(before, "of" | "in"),
            (_, _) => matches!(before, "in" | "array" | "Set" | "tuple" | "list"),
        }
    })
}

/// The signals that a call of a package's function handles: `uvicorn.run(app)`.
fn of_package(call: &Call, loaded: &Loaded) -> Option<Vec<Signal>> {
    if loaded.packages.is_empty() {
        return None;
    }
    // `asyncio.run` is not `app.run`.
    let receiver = call.receiver();
    if receiver.is_some_and(|receiver| loaded.modules.is_standard(receiver)) {
        return None;
    }
    loaded.packages.iter().find_map(|(import, package)| {
        let handles = package.handles.iter().find(|handles| {
            let by_receiver = handles.on.is_empty()
                || receiver.is_some_and(|receiver| handles.on.iter().any(|on| on == receiver));
            let is_whole = handles.call == "default"
                && receiver.is_none()
                && import.alias.as_deref() == Some(call.name());
            is_whole || by_receiver && handles.call == call.name()
        })?;
        Some(handles.signals())
    })
}

/// A call that registers a handler.
fn by_call(code: &Code, call: &Call, imports: &[Import]) -> Option<Registration> {
    let registers = match (code.language, call.path.as_slice()) {
        (Language::JavaScript, path) => {
            let is_event = matches!(
                call.name(),
                "on" | "once" | "addListener" | "prependListener" | "prependOnceListener"
            );
            let is_deno = path == ["Deno", "addSignalListener"];
            let base = path
                .iter()
                .find(|part| !matches!(**part, "globalThis" | "global"));
            let is_process =
                base.is_some_and(|base| *base == "process" || is_alias(imports, base, "process"));
            let is_chain = path.len() == 2 || path.contains(&"()");
            is_deno || is_event && is_process && is_chain
        }
        (Language::Python, ["signal", "signal"] | ["signal"] | [.., "add_signal_handler"]) => {
            call.path.len() > 1
                || imports
                    .iter()
                    .any(|import| import.brings("signal", "signal"))
        }
        (Language::Python, [module, "signal"]) => is_alias(imports, module, "signal"),
        (Language::Php, [.., "pcntl_signal"]) => delivers(code),
        (Language::Php, [.., "addSignal" | "onSignal" | "trapSignal"]) => true,
        (Language::Ruby, ["Signal", "trap"] | ["trap"] | ["Process" | "Kernel", "trap"]) => true,
        _ => false,
    };
    if !registers {
        return None;
    }
    let arguments = code.arguments(call);
    let whole = call.first..call.close + 1;
    let (signal, handler) = (arguments.first()?.clone(), arguments.get(1).cloned());
    let is_trap = matches!(call.name(), "trapSignal");
    // A block behind the call is Ruby's handler.
    let (handler, whole) = match (code.language, handler) {
        (Language::Ruby, None) => {
            block(code, call.close + 1).map(|block| (block.clone(), call.first..block.end))?
        }
        (_, Some(handler)) => (handler, whole),
        (_, None) if is_trap => (0..0, whole),
        _ => return None,
    };
    Some(Registration {
        signal,
        handler,
        whole,
    })
}

/// A block of Ruby: `{ … }` or `do … end` on lines of their own.
fn block(code: &Code, at: usize) -> Option<Range<usize>> {
    if code.is_mark(at, '{') {
        return code.tokens[at].partner.map(|close| at..close + 1);
    }
    if !code.is_name(at, "do") {
        return None;
    }
    let column = code.indentation(at);
    let end = (at + 1..code.tokens.len()).find(|end| {
        code.is_name(*end, "end") && (!code.begins_line(*end) || code.indentation(*end) <= column)
    })?;
    Some(at..end + 1)
}

/// Whether a name stands for a module: `import signal as sig`.
fn is_alias(imports: &[Import], name: &str, module: &str) -> bool {
    imports
        .iter()
        .any(|import| import.alias.as_deref() == Some(name) && import.package() == module)
}

/// Whether PHP runs its handlers at all: that has to be asked for.
fn delivers(code: &Code) -> bool {
    (0..code.tokens.len()).any(|at| {
        let word = code.word(at);
        code.kind(at) == Kind::Name
            && match word {
                "pcntl_async_signals" => code.word(at + 2).eq_ignore_ascii_case("true"),
                "pcntl_signal_dispatch" | "ticks" => true,
                _ => false,
            }
    })
}

/// `$SIG{TERM} = sub { … }` of Perl, and `$SIG{$_} = … for qw(TERM INT)`.
fn perl_table(code: &Code, found: &mut Found) {
    for at in 0..code.tokens.len() {
        if found.registrations > REGISTRATIONS {
            return;
        }
        let is_table =
            code.is_name(at, "SIG") && at > 0 && matches!(code.kind(at - 1), Kind::Mark('$' | '@'));
        let Some(close) = code
            .tokens
            .get(at + 1)
            .and_then(|open| open.partner)
            .filter(|_| is_table && code.is_mark(at + 1, '{'))
        else {
            continue;
        };
        if !code.is_mark(close + 1, '=') || code.is_mark(close + 2, '=') {
            continue;
        }
        let end = (close + 2..code.tokens.len())
            .find(|end| {
                code.is_mark(*end, ';') && code.tokens[*end].around == code.tokens[at].around
            })
            .unwrap_or(code.tokens.len());
        // `… if $x`, `… for qw(TERM INT)`: the handler ends before that.
        let is_modifier = |at: &usize| {
            code.kind(*at) == Kind::Name
                && matches!(
                    code.word(*at),
                    "for" | "foreach" | "if" | "unless" | "while" | "or" | "and"
                )
        };
        let beside = |other: &usize| code.tokens[*other].around == code.tokens[at].around;
        let handler_end = (close + 2..end)
            .find(|other| is_modifier(other) && beside(other))
            .unwrap_or(end);
        // `$SIG{TERM} = $SIG{INT} = sub { … };`: the handler is what stands last.
        let last = (close + 2..handler_end)
            .rfind(|last| code.is_mark(*last, '=') && beside(last) && !code.is_mark(last + 1, '>'));
        let handler = last.map_or(close + 2, |last| last + 1);
        // The keys of a slice are a list of their own.
        let is_slice = code.is_mark(at - 1, '@');
        let key = at + 2..close;
        if is_slice {
            for key in key {
                if code.signal_at(key).is_some() {
                    let key = key..key + 1;
                    found.register(
                        code,
                        &Registration {
                            signal: key.clone(),
                            handler: handler..handler_end,
                            whole: at - 1..end,
                        },
                    );
                }
            }
        } else {
            found.register(
                code,
                &Registration {
                    signal: key,
                    handler: handler..handler_end,
                    whole: at - 1..end,
                },
            );
        }
    }
}

/// What may register a handler without being read: code that is made at run time, `process` in other hands.
pub(super) fn open(code: &Code) -> Option<(String, Range<usize>)> {
    let unread = code.language == Language::Php && !delivers(code);
    let is_open = |at: &usize| {
        if code.kind(*at) != Kind::Name {
            return false;
        }
        let before = at.checked_sub(1);
        let is_member =
            before.is_some_and(|before| code.is_mark(before, '.') || code.is_mark(before, '>'));
        let is_call = code.is_mark(at + 1, '(');
        match (code.language, code.word(*at)) {
            (_, "eval") => is_call && !is_member,
            (Language::JavaScript, "Function") => {
                before.is_some_and(|before| code.is_name(before, "new"))
            }
            (Language::JavaScript, "process") => {
                let is_path = code.is_mark(at + 1, '.') || code.is_mark(at + 1, '?');
                let event = |name: &str| {
                    matches!(
                        name,
                        "on" | "once"
                            | "addListener"
                            | "prependListener"
                            | "prependOnceListener"
                            | "emit"
                            | "binding"
                            | "dlopen"
                            | "execve"
                    )
                };
                // As a method it is another's; as a member of an object it is a word.
                let is_word = is_member || is_call || code.is_mark(at + 1, ':');
                !is_word && (!is_path || event(code.word(at + 2)) && !code.is_mark(at + 3, '('))
            }
            (Language::JavaScript, "createRequire") => true,
            (
                Language::Python,
                "exec" | "__import__" | "import_module" | "run_path" | "run_module",
            ) => is_call,
            (
                Language::Python,
                "ctypes" | "sigwait" | "sigwaitinfo" | "sigtimedwait" | "set_wakeup_fd" | "execv"
                | "execve" | "execvp" | "execvpe" | "execl" | "execlp" | "execle" | "execlpe",
            ) => true,
            (
                Language::Php,
                "spl_autoload_register"
                | "pcntl_exec"
                | "pcntl_sigwaitinfo"
                | "pcntl_sigtimedwait"
                | "pcntl_signal"
                | "FFI"
                | "addSignal"
                | "onSignal"
                | "trapSignal",
            ) => !is_call || code.word(*at) != "pcntl_signal" || unread,
            (Language::Ruby | Language::Perl, _) => false,
            _ => false,
        }
    };
    let at = (0..code.tokens.len()).find(is_open)?;
    Some((format!("`{}`", code.word(at)), code.bytes(at..at + 1)))
}
