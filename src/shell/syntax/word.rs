//! Words: their parts, and what is expanded in them.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::NodeId;

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// Its parts, adjoining.
    pub parts: Vec<Part>,
    /// The whole word with its quotes.
    pub range: Range<usize>,
}

impl Word {
    /// The text of a word that needs no expansion at all (quotes removed), else `None`.
    /// Unquoted glob characters, a leading `~` and braces count as expansion only if `strict`.
    pub fn constant(&self, strict: bool) -> Option<Cow<'_, str>> {
        if let [Part::Quoted(text)] = self.parts.as_slice() {
            return Some(Cow::Borrowed(text));
        }
        if let ([Part::Literal(text)], false) = (self.parts.as_slice(), strict) {
            return Some(Cow::Borrowed(text));
        }
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => {
                    if strict && text.contains(['*', '?', '[', '{', '~']) {
                        return None;
                    }
                    out.push_str(text);
                }
                Part::Quoted(text) | Part::DollarQuoted { text, .. } => out.push_str(text),
                _ => return None,
            }
        }
        Some(Cow::Owned(out))
    }
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Unquoted text: glob characters, a leading `~` and `{a,b}` in it are active.
    Literal(Rc<str>),
    /// Quoted text, its quotes and escapes resolved: no character in it is active.
    Quoted(Rc<str>),
    /// `$'…'`, or the dollar of `$"…"`, which some shells take for a dollar in front of a quoted text.
    DollarQuoted {
        /// What it is where the shell knows it: quoted text.
        text: Rc<str>,
        /// What it is elsewhere; only `$` for that of `$"…"`.
        written: Rc<str>,
    },
    /// `$x`, `${x…}`.
    Parameter {
        /// What is expanded.
        parameter: Box<Parameter>,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `$( … )` or backquotes; the body is a [`super::Kind::List`].
    Command {
        /// The commands.
        body: NodeId,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `$(( … ))`: the expression, itself a word of literals and parameters.
    Arithmetic {
        /// The expression.
        expression: Box<Word>,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `<( … )` or `>( … )`.
    ProcessSubstitution {
        /// The commands.
        body: NodeId,
        /// Whether it is `>( … )`.
        output: bool,
    },
    /// An extended pattern of plain characters: `@(a|b)`, `?(…)`, `*(…)`, `+(…)`, `!(…)`.
    Extended(Rc<str>),
    /// Not understood: the value is unknown.
    Unparsed {
        /// What is the matter.
        why: String,
    },
}

/// The inside of `${ … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// A name, a number, or one of `@ * # ? - $ ! _ 0`.
    pub name: String,
    /// `${!name}`: the value names the parameter. `${!prefix*}` and `${!prefix@}` (names) have the
    /// operator `Other("*")` or `Other("@")`; `${!name[@]}` (keys) has the index `@`.
    pub indirect: bool,
    /// `${#name}`.
    pub length: bool,
    /// `${name[index]}`; an index of `@` or `*` is that literal text.
    pub index: Option<Word>,
    /// The operator and its words.
    pub operator: Option<Operator>,
    /// The whole expansion.
    pub range: Range<usize>,
}

/// What `${name…}` does with the value.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// `-` or `:-`
    Default {
        /// Whether it applies to the empty string too (`:`).
        colon: bool,
        /// The word.
        word: Word,
    },
    /// `=` or `:=`
    Assign {
        /// As above.
        colon: bool,
        /// The word.
        word: Word,
    },
    /// `?` or `:?`
    Error {
        /// As above.
        colon: bool,
        /// The message.
        word: Word,
    },
    /// `+` or `:+`
    Alternative {
        /// As above.
        colon: bool,
        /// The word.
        word: Word,
    },
    /// `#` or `##`
    RemovePrefix {
        /// The longest match (doubled operator).
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `%` or `%%`
    RemoveSuffix {
        /// The longest match.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `:offset:length`, arithmetic expressions.
    Substring {
        /// The offset.
        offset: Word,
        /// The length.
        length: Option<Word>,
    },
    /// `/pattern/with`, `//`, `/#`, `/%`
    Replace {
        /// All matches.
        all: bool,
        /// `#` or `%` after the slash.
        anchor: Option<char>,
        /// The pattern.
        pattern: Word,
        /// The replacement.
        with: Word,
    },
    /// `^`, `^^`, `,`, `,,`, `@Q` and others whose effect on the text is not modelled; the text as written.
    Other(String),
}
