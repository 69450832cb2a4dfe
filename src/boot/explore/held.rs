//! Who holds which unknown text in a world, and the texts that shells have without a name for them.
//!
//! In: a world. Out: for a stretch of text that is not known, what holds it, so that two that are not the same never get
//! one name.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;

use crate::boot::interpreter::{Shell, State, Stored, Variable};
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Body, Input, Pid, World};

/// What can hold a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Variable,
    /// What a function's return restores; the number keeps those of the same name apart.
    Former(usize),
    Environment,
    File,
    /// A text that a shell has without a name for it, by its number.
    AtHand(usize),
    /// What has been written to the stream of that number.
    Stream(usize),
    /// What a process has yet to read.
    Input(Pid),
    /// Words that it has come to, and that stay what they are.
    Other,
}

/// What of which process holds a value, by its name.
pub(super) type Holder = (Pid, Kind, Rc<str>);

/// Who holds unknown stretches of text.
pub(super) struct Held(HashMap<Piece, BTreeSet<Holder>>);

impl Held {
    pub(super) fn of(world: &World) -> Held {
        let mut held = Held(HashMap::default());
        for process in world.processes.values() {
            let pid = process.pid;
            if let Body::Shell(shell) = &process.body {
                for (name, variable) in shell.variables.iter() {
                    held.variable(&(pid, Kind::Variable, Rc::clone(name)), variable);
                }
                for (at, (name, former)) in shell.saved_locals().enumerate() {
                    let holder = (pid, Kind::Former(at), Rc::clone(name));
                    former
                        .iter()
                        .for_each(|variable| held.variable(&holder, variable));
                }
                for (at, (name, value)) in values_at_hand(shell).enumerate() {
                    held.value(&(pid, Kind::AtHand(at), name), value);
                }
                for word in loop_words(shell) {
                    held.value(&(pid, Kind::Other, "".into()), &word.value);
                }
            }
            if let Input::Text(text) = &process.input {
                held.value(&(0, Kind::Input(pid), SUBSTITUTED.into()), text);
            }
            for word in &process.argv {
                held.value(&(pid, Kind::Other, "".into()), &word.value);
            }
            for (name, value) in process.environment.iter() {
                held.value(&(pid, Kind::Environment, Rc::clone(name)), value);
            }
        }
        for (number, text) in world.streams.iter().enumerate() {
            held.value(&(0, Kind::Stream(number), SUBSTITUTED.into()), text);
        }
        for (path, text) in world.files.all() {
            held.value(&(0, Kind::File, path.into()), text);
        }
        held
    }

    fn variable(&mut self, holder: &Holder, variable: &Variable) {
        match &variable.value {
            Some(Stored::Text(value)) => self.value(holder, value),
            Some(Stored::Array(fields)) => {
                fields
                    .iter()
                    .for_each(|field| self.value(holder, &field.value));
            }
            None => {}
        }
    }

    pub(super) fn value(&mut self, holder: &Holder, value: &Value) {
        for piece in value.pieces() {
            if matches!(piece, Piece::Unknown(_)) {
                let holders = self.0.entry(piece.clone()).or_default();
                holders.insert(holder.clone());
            }
        }
    }

    /// Whether anything else holds the piece.
    pub(super) fn elsewhere(&self, piece: &Piece, own: &Holder) -> bool {
        let holders = self.0.get(piece).into_iter().flatten();
        holders.into_iter().any(|holder| holder != own)
    }
}

/// Texts that a shell has without a name for them, with what they are called: its parameters, and those of what it
/// is doing.
pub(super) fn values_at_hand(shell: &Shell) -> impl Iterator<Item = (Rc<str>, &Value)> {
    let frames = shell.frames.iter().flat_map(|frame| {
        let (words, word) = match &frame.state {
            State::Source(Some(words)) => (words.as_slice(), None),
            State::Function(saved) => (saved.positional.as_slice(), None),
            State::Case(word, ..) => (&[][..], Some(&**word)),
            _ => (&[][..], None),
        };
        let results = frame.results.iter().map(|(_, value)| value);
        let texts = results.chain(word).map(|value| (SUBSTITUTED.into(), value));
        texts.chain(parameters(words))
    });
    frames.chain(parameters(&shell.positional))
}

/// The same, to be replaced.
pub(super) fn at_hand_mut(shell: &mut Shell) -> Vec<(Rc<str>, &mut Value)> {
    let mut found = Vec::new();
    for frame in &mut shell.frames {
        let (words, word) = match &mut frame.state {
            State::Source(Some(words)) => (words.as_mut_slice(), None),
            State::Function(saved) => (saved.positional.as_mut_slice(), None),
            State::Case(word, ..) => (&mut [][..], Some(&mut **word)),
            _ => (&mut [][..], None),
        };
        let results = frame.results.iter_mut().map(|(_, value)| value);
        found.extend(results.chain(word).map(|value| (SUBSTITUTED.into(), value)));
        found.extend(parameters_mut(words));
    }
    found.extend(parameters_mut(&mut shell.positional));
    found
}

/// What the text of a substitution is called.
pub(super) const SUBSTITUTED: &str = "(…)";

/// The parameters `$1`, `$2` and so on.
fn parameters(words: &[Field]) -> impl Iterator<Item = (Rc<str>, &Value)> {
    let words = words.iter().enumerate();
    words.map(|(at, word)| ((at + 1).to_string().into(), &word.value))
}

/// The same, to be replaced.
fn parameters_mut(words: &mut [Field]) -> impl Iterator<Item = (Rc<str>, &mut Value)> {
    let words = words.iter_mut().enumerate();
    words.map(|(at, word)| ((at + 1).to_string().into(), &mut word.value))
}

/// The words that loops of a shell go through.
fn loop_words(shell: &Shell) -> impl Iterator<Item = &Field> {
    let words = shell.frames.iter().map(|frame| match &frame.state {
        State::For(words, ..) => &**words,
        _ => &[],
    });
    words.flatten()
}
