//! Regular expressions of `grep`, `sed`, `expr`, `pgrep` and `[[ … =~ … ]]`.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;
use regex::{Regex, RegexBuilder};

/// Compiling takes a thousand times as long as a step, and a loop asks for the same expression in each round.
const KEPT: usize = 32;

/// Expressions and whether they ignore case, compiled.
type Compiled = HashMap<(String, bool), Option<Rc<Regex>>>;

thread_local! {
    static COMPILED: RefCell<Compiled> = RefCell::default();
}

/// The expression, compiled; `None` for one that is not understood or too large. It is shared because a clone of
/// a [`Regex`] forgets what its searches have found out.
pub(super) fn compile(expression: &str, ignores_case: bool) -> Option<Rc<Regex>> {
    let key = (expression.to_owned(), ignores_case);
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() >= KEPT && !compiled.contains_key(&key) {
            compiled.clear();
        }
        let build = |(expression, ignores_case): &(String, bool)| {
            let mut builder = RegexBuilder::new(expression);
            builder.case_insensitive(*ignores_case).size_limit(1 << 20);
            builder.build().ok().map(Rc::new)
        };
        let found = compiled.entry(key).or_insert_with_key(build);
        found.clone()
    })
}

/// A basic regular expression of POSIX as an extended one.
pub(super) fn extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(special @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(special),
                Some(other) => out.extend(['\\', other]),
                None => out.push_str(r"\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    out
}
