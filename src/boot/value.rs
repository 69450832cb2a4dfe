//! Abstract strings: what is known of a variable, a word, an output.

use std::fmt;
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

/// A string of which some stretches may be unknown. No two neighbours are text.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Value {
    pieces: Vec<Piece>,
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
            pieces: vec![Piece::Unknown(name.as_ref().into())],
        }
    }

    /// An environment variable that the image does not set.
    pub(crate) fn setting(name: impl AsRef<str>) -> Value {
        Value {
            pieces: vec![Piece::Setting(name.as_ref().into())],
        }
    }

    /// The stretches.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Adds known text.
    pub(crate) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            *last = format!("{last}{text}").into();
        } else {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    /// Adds a stretch.
    pub(crate) fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Text(text) => self.push_text(&text),
            other => self.pieces.push(other),
        }
    }

    /// Adds all of another.
    pub(crate) fn append(&mut self, other: &Value) {
        for piece in &other.pieces {
            self.push(piece.clone());
        }
    }

    /// The string, when no overrides are given: settings are empty. `None` if a part is unknown.
    pub(crate) fn known(&self) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Setting(_) => {}
                Piece::Unknown(_) => return None,
            }
        }
        Some(out)
    }

    /// The string, if it does not depend on anything from outside.
    pub(crate) fn certain(&self) -> Option<String> {
        match self.pieces.as_slice() {
            [] => Some(String::new()),
            [Piece::Text(text)] => Some(text.to_string()),
            _ => None,
        }
    }

    /// Whether it is the empty string when no overrides are given.
    pub(crate) fn is_certainly_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// With settings and unknowns that a decision has fixed put in.
    pub(crate) fn refined(&self, decided: impl Fn(&Piece) -> Option<Value>) -> Value {
        let mut out = Value::default();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_text(text),
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
        let mut value = self.clone();
        if let Some(Piece::Text(last)) = value.pieces.pop() {
            value.push_text(last.trim_end_matches('\n'));
        } else {
            return self.clone();
        }
        value
    }

    /// For people: text as it is, settings as `$NAME`, unknowns by their names.
    pub(crate) fn display(&self) -> String {
        let parts = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Setting(name) => format!("${name}"),
            // A number at the end keeps two of the same name apart.
            Piece::Unknown(name) => match name.rsplit_once('#') {
                Some((shown, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                    shown.to_owned()
                }
                _ => name.to_string(),
            },
        });
        parts.collect()
    }
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
        if self.open { None } else { self.value.known() }
    }
}
