//! Options that a builtin does not know.
//!
//! In: the words of a builtin. Out: the option that its shell refuses. Measured with each letter and `--help`: dash
//! 0.5.12, busybox 1.35, bash 5.2 (which prints its help, and fails as well).

use crate::boot::interpreter::simple::is_special;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::value::Field;
use crate::boot::world::Status;
use crate::knowledge::ShellFamily;

/// The letters of a builtin's options; `None` for one that has its own way with them, or takes any word.
fn letters(name: &str, family: ShellFamily) -> Option<&'static str> {
    Some(match (name, family) {
        ("alias", ShellFamily::Bash) => "p",
        ("bg" | "fg", _) | ("." | "source", _) => "",
        ("cd", ShellFamily::Bash) => "LPe@",
        ("cd" | "pwd", _) => "LP",
        ("declare" | "typeset" | "local", ShellFamily::Bash) => "aAcfFgGiIlnprtux",
        ("disown", _) => "ahr",
        ("exec", ShellFamily::Bash) => "acl",
        ("export" | "readonly", ShellFamily::Bash) => "aAfnp",
        ("export" | "readonly", ShellFamily::Ash) => "np",
        ("export" | "readonly", _) => "p",
        ("hash", ShellFamily::Bash) => "dlprt",
        ("hash", _) => "r",
        ("jobs", ShellFamily::Bash) => "lnprsx",
        ("jobs", _) => "lp",
        ("shopt", _) => "opqsu",
        ("times", ShellFamily::Bash) => "",
        ("type", ShellFamily::Bash) => "afptP",
        ("ulimit", ShellFamily::Bash) => "abcdefiklmnpqrstuvxHPRST",
        ("ulimit", ShellFamily::Ash) => "acdefilmnpqrstuvxHS",
        ("ulimit", _) => "acdflmnprstvwHS",
        ("umask", ShellFamily::Bash) => "pS",
        ("umask", _) => "S",
        ("unalias", _) => "a",
        ("unset", ShellFamily::Bash) => "fnv",
        ("unset", _) => "fv",
        _ => return None,
    })
}

/// Whether a letter begins what an option takes. dash takes the limit as a word of its own alone.
fn takes_word(name: &str, letter: char, family: ShellFamily) -> bool {
    match name {
        "exec" => letter == 'a',
        "hash" => letter == 'p',
        "ulimit" => letter.is_ascii_digit() && family != ShellFamily::Dash,
        _ => false,
    }
}

impl Turn<'_, '_> {
    /// The first option among the words of a builtin that its shell does not know.
    pub(super) fn refused_option(&self, name: &str, words: &[Field]) -> Option<String> {
        let letters = letters(name, self.shell.facts.family)?;
        for word in words.get(1..)? {
            let word = word.known_text()?;
            let Some(option) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                break;
            };
            if option == "-" {
                break;
            }
            // What stands behind a letter that takes a word is that word (`exec -aNAME`, `ulimit -c0`).
            let family = self.shell.facts.family;
            let own = option.find(|letter| takes_word(name, letter, family));
            let own = own.map_or(option, |at| &option[..at]);
            if own.contains(|letter| !letters.contains(letter)) {
                return Some(word.into_owned());
            }
        }
        None
    }

    /// Ends a builtin that has refused an option.
    pub(super) fn refuse(&mut self, name: &str, option: &str) -> Attempt<()> {
        match is_special(name) {
            true => self.bad_option(&format!("{name} {option}")),
            false => self.finish(Status::Known(2)),
        }
    }
}
