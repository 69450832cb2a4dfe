//! Files that a script uses as a flag: its own trap makes them, or that of the shell above it, and its loop looks for
//! them.
//!
//! In: a path of which nothing says whether it is there. Out: whether a trap makes it. Who ends when such a file comes
//! into being runs on until the signal, and is not waiting for somebody else.

use super::{Context, absolute};
use crate::boot::interpreter::{Shell, Stored};
use crate::boot::world::Body;

/// Whether the action of a trap, or a function that it calls, makes the file: `touch PATH`, `> PATH`.
pub(super) fn is_made_by_a_trap(context: &Context, path: &str) -> bool {
    let others = context.world.processes.values();
    let others = others.filter_map(|process| match &process.body {
        Body::Shell(shell) => Some(&**shell),
        _ => None,
    });
    let mut shells = std::iter::once(context.shell).chain(others);
    shells.any(|shell| is_made_in(context, shell, path))
}

/// The same for the traps of one shell.
fn is_made_in(context: &Context, shell: &Shell, path: &str) -> bool {
    let mut actions = shell.traps.values().filter_map(|trap| trap.action.known());
    actions.any(|action| {
        let names = commands(&action).filter_map(|command| command.split_whitespace().next());
        let mut called = names.filter_map(|name| shell.functions.get(name));
        makes(context, &action, path) || called.any(|body| makes(context, body.text(), path))
    })
}

/// The simple commands of a text, roughly.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '\n', '&', '|', '{', '}', '(', ')'])
        .map(str::trim)
}

fn makes(context: &Context, text: &str, path: &str) -> bool {
    let is_path = |word: &str| {
        plain(context, word).is_some_and(|word| absolute(context.directory, &word) == path)
    };
    // The braces of `${x}` belong to words.
    text.split([';', '\n', '&', '|']).any(|command| {
        let spaced = command.replace('>', " > ");
        let mut words = spaced.split_whitespace().skip_while(|word| *word == "{");
        match words.next() {
            Some("touch") => words.any(is_path),
            Some(first) => {
                let mut before = first;
                words.any(|word| std::mem::replace(&mut before, word) == ">" && is_path(word))
            }
            None => false,
        }
    })
}

/// A word without its quotes, with the variables that are known put in.
fn plain(context: &Context, word: &str) -> Option<String> {
    let word = word.replace(['"', '\''], "");
    let mut parts = word.split('$');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let part = part.strip_prefix('{').unwrap_or(part);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = part.find(|letter| !is_name(letter)).unwrap_or(part.len());
        context.looked_at.variable(&part[..end]);
        let Some(Stored::Text(value)) = context.shell.variable(&part[..end]) else {
            return None;
        };
        plain.push_str(&value.known()?);
        let rest = &part[end..];
        plain.push_str(rest.strip_prefix('}').unwrap_or(rest));
    }
    Some(plain)
}
