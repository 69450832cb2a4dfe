//! Ignorance as a value.

use super::Span;

/// Why something is not known: what is missing, as a phrase that can follow "because".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Why {
    /// `the base image `$BASE` is not known`, `` `RUN make install` may have changed it ``, …
    pub text: String,
    /// The place that is to blame.
    pub span: Option<Span>,
}

impl Why {
    /// A reason with no place.
    pub fn new(text: impl Into<String>) -> Why {
        Why {
            text: text.into(),
            span: None,
        }
    }

    /// A reason with the place that is to blame.
    pub fn at(text: impl Into<String>, span: Span) -> Why {
        Why {
            text: text.into(),
            span: Some(span),
        }
    }
}

/// A value, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Known<T> {
    /// The value.
    Known(T),
    /// Not known.
    Unknown(Why),
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Known::Known(value) => Some(value),
            Known::Unknown(_) => None,
        }
    }

    /// The reason, if it is not known.
    pub fn why(&self) -> Option<&Why> {
        match self {
            Known::Known(_) => None,
            Known::Unknown(why) => Some(why),
        }
    }

    /// The value changed by `change`, or the same reason.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Known(value) => Known::Known(change(value)),
            Known::Unknown(why) => Known::Unknown(why),
        }
    }
}
