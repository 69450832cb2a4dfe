//! Abstract strings: what is known of a variable, a word, an output.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A stretch of a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// Known text.
    Text(Rc<str>),
    /// An environment variable that the image does not set: empty unless somebody sets it at run time.
    Setting(Rc<str>),
    /// Unknown text with a name of its own, so that two uses of the same unknown are the same.
    Unknown(Rc<str>),
}

impl Piece {
    /// Its text, when no overrides are given.
    fn known(&self) -> Option<&str> {
        match self {
            Piece::Text(text) => Some(text),
            Piece::Setting(_) => Some(""),
            Piece::Unknown(_) => None,
        }
    }
}

/// A string of which some stretches may be unknown. No two neighbours are text.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Value {
    pieces: Pieces,
}

/// The stretches of a value. Nearly all values have one at most, and are made and dropped in every
/// step, so that one needs no allocation of its own.
#[derive(Clone, Default)]
enum Pieces {
    #[default]
    None,
    One(Piece),
    Several(Vec<Piece>),
}

impl Pieces {
    fn as_slice(&self) -> &[Piece] {
        match self {
            Pieces::None => &[],
            Pieces::One(piece) => std::slice::from_ref(piece),
            Pieces::Several(pieces) => pieces,
        }
    }

    fn push(&mut self, piece: Piece) {
        *self = match std::mem::take(self) {
            Pieces::None => Pieces::One(piece),
            Pieces::One(first) => Pieces::Several(vec![first, piece]),
            Pieces::Several(mut pieces) => {
                pieces.push(piece);
                Pieces::Several(pieces)
            }
        };
    }

    fn last_mut(&mut self) -> Option<&mut Piece> {
        match self {
            Pieces::None => None,
            Pieces::One(piece) => Some(piece),
            Pieces::Several(pieces) => pieces.last_mut(),
        }
    }
}

impl PartialEq for Pieces {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Pieces {}

impl PartialOrd for Pieces {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pieces {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Pieces {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl Value {
    /// A known string.
    pub(crate) fn text(text: impl AsRef<str>) -> Value {
        let mut value = Value::default();
        value.push_text(text.as_ref());
        value
    }

    /// A string of which nothing is known but its name.
    pub(crate) fn unknown(name: impl AsRef<str>) -> Value {
        Value {
            pieces: Pieces::One(Piece::Unknown(name.as_ref().into())),
        }
    }

    /// An environment variable that the image does not set.
    pub(crate) fn setting(name: impl AsRef<str>) -> Value {
        Value {
            pieces: Pieces::One(Piece::Setting(name.as_ref().into())),
        }
    }

    /// The stretches.
    pub(crate) fn pieces(&self) -> &[Piece] {
        self.pieces.as_slice()
    }

    /// Adds known text.
    pub(crate) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            *last = joined(last, text);
        } else {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    /// Adds a stretch.
    pub(crate) fn push(&mut self, piece: Piece) {
        match (&piece, self.pieces.last_mut()) {
            (Piece::Text(text), _) if text.is_empty() => {}
            (Piece::Text(text), Some(Piece::Text(last))) => *last = joined(last, text),
            _ => self.pieces.push(piece),
        }
    }

    /// Adds all of another.
    pub(crate) fn append(&mut self, other: &Value) {
        for piece in other.pieces() {
            self.push(piece.clone());
        }
    }

    /// The string, when no overrides are given: settings are empty. `None` if a part is unknown.
    pub(crate) fn known(&self) -> Option<String> {
        self.known_text().map(Cow::into_owned)
    }

    /// The same without a copy of what is one text.
    pub(crate) fn known_text(&self) -> Option<Cow<'_, str>> {
        match self.pieces() {
            [] => Some(Cow::Borrowed("")),
            [piece] => piece.known().map(Cow::Borrowed),
            pieces => pieces.iter().map(Piece::known).collect(),
        }
    }

    /// The string, if it does not depend on anything from outside.
    pub(crate) fn certain(&self) -> Option<String> {
        match self.pieces.as_slice() {
            [] => Some(String::new()),
            [Piece::Text(text)] => Some(String::from(&**text)),
            _ => None,
        }
    }

    /// Whether it is the empty string when no overrides are given.
    pub(crate) fn is_certainly_empty(&self) -> bool {
        self.pieces().is_empty()
    }

    /// With settings and unknowns that a decision has fixed put in.
    pub(crate) fn refined(&self, decided: impl Fn(&Piece) -> Option<Value>) -> Value {
        let mut out = Value::default();
        for piece in self.pieces() {
            match piece {
                Piece::Text(_) => out.push(piece.clone()),
                other => match decided(other) {
                    Some(value) => out.append(&value),
                    None => out.push(other.clone()),
                },
            }
        }
        out
    }

    /// As command substitution leaves it.
    pub(crate) fn without_trailing_newlines(&self) -> Value {
        let Some((Piece::Text(last), before)) = self.pieces().split_last() else {
            return self.clone();
        };
        if !last.ends_with('\n') {
            return self.clone();
        }
        let mut value = Value::default();
        before.iter().for_each(|piece| value.push(piece.clone()));
        value.push_text(last.trim_end_matches('\n'));
        value
    }

    /// For people: text as it is, settings as `$NAME`, unknowns by their names.
    pub(crate) fn display(&self) -> String {
        let mut shown = String::new();
        self.show(&mut shown);
        shown
    }

    /// The same at the end of another text.
    pub(crate) fn show(&self, shown: &mut String) {
        for piece in self.pieces() {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Setting(name) => {
                    shown.push('$');
                    name
                }
                // A number at the end keeps two of the same name apart.
                Piece::Unknown(name) => match name.rsplit_once('#') {
                    Some((own, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => own,
                    _ => name,
                },
            };
            shown.push_str(text);
        }
    }
}

fn joined(first: &str, second: &str) -> Rc<str> {
    let mut text = String::with_capacity(first.len() + second.len());
    text.push_str(first);
    text.push_str(second);
    text.into()
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.display())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

/// A word after expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    /// Its text.
    pub value: Value,
    /// Whether it may really be several words, or none (an unknown value without quotes).
    pub open: bool,
}

impl Field {
    /// A field of known text.
    pub(crate) fn text(text: impl AsRef<str>) -> Field {
        Field {
            value: Value::text(text),
            open: false,
        }
    }

    /// The text, if it is known and one word.
    pub(crate) fn known(&self) -> Option<String> {
        self.known_text().map(Cow::into_owned)
    }

    /// The same without a copy.
    pub(crate) fn known_text(&self) -> Option<Cow<'_, str>> {
        match self.open {
            true => None,
            false => self.value.known_text(),
        }
    }
}
