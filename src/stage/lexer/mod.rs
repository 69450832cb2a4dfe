//! Expansion of variables in the arguments of instructions, as BuildKit's
//! `frontend/dockerfile/shell/lex.go` does it.
//!
//! In: a word and a look-up of variables. Out: the expanded text and what each stretch of it stands
//! for. Does not split into words and does not know where variables come from.

mod output;
mod reading;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::source::{Known, Mapped, Run, Why};
use output::Output;
use reading::Lexer;

/// Longer values are not computed: the kernel refuses them in an environment (`MAX_ARG_STRLEN`), and
/// `ENV A=$A$A` doubles on every line.
const LONGEST_VALUE: usize = 128 * 1024;

/// Longer here-documents are not computed.
const LONGEST_BODY: usize = 8 * 1024 * 1024;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Its value.
    Set(String),
    /// It is not set.
    Unset,
    /// A build argument without a default: unset in a plain `docker build`, but made to be given.
    /// `${A:-x}` takes the `x`; a bare `$A` is not known.
    NotGiven(Why),
    /// Nothing is known of it.
    Unknown(Why),
}

/// How the lexer treats quotes and the escape character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The escape character.
    pub escape: char,
    /// Whether quotes are ordinary characters: bodies of here-documents.
    pub plain_quotes: bool,
}

impl Dialect {
    /// The arguments of an instruction in a file with that escape character.
    pub fn arguments(escape: char) -> Dialect {
        Dialect {
            escape,
            plain_quotes: false,
        }
    }

    /// The body of an unquoted here-document of COPY or ADD: always `\`, quotes are kept
    /// (`dispatch` in BuildKit's `convert.go` sets `SkipProcessQuotes`).
    pub fn heredoc() -> Dialect {
        Dialect {
            escape: '\\',
            plain_quotes: true,
        }
    }

    fn longest(self) -> usize {
        if self.plain_quotes {
            LONGEST_BODY
        } else {
            LONGEST_VALUE
        }
    }
}

/// An expanded word.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The text, quotes and escapes resolved.
    pub text: Known<String>,
    /// The `$…` of the word that were replaced, as ranges of the word, and by what, in order.
    pub variables: Vec<(Range<usize>, String)>,
    runs: Vec<Run>,
}

impl Expanded {
    /// The text, mapped to the bytes behind `word`: the text that was expanded.
    pub fn mapped(&self, word: &Mapped) -> Known<Mapped> {
        let text = match &self.text {
            Known::Known(text) => text,
            Known::Unknown(why) => return Known::Unknown(why.clone()),
        };
        let mut runs = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let part = word.slice(run.source..run.source + run.source_len);
            if run.copied {
                runs.extend(part.runs().iter().map(|inner| Run {
                    derived: inner.derived + run.derived,
                    ..inner.clone()
                }));
            } else {
                let span = part.full_span();
                runs.push(Run {
                    derived: run.derived,
                    derived_len: run.derived_len,
                    source: span.start,
                    source_len: span.end - span.start,
                    copied: false,
                });
            }
        }
        Known::Known(Mapped::new(word.source(), text.as_str(), runs))
    }
}

/// Expands a word. `look_up` answers what a name stands for.
pub fn expand(word: &str, dialect: Dialect, look_up: &dyn Fn(&str) -> Variable) -> Expanded {
    let mut output = Output::default();
    let result = Lexer::new(word, dialect, look_up).read(None, false, &mut output);
    Expanded {
        text: match result {
            Ok(()) => Known::Known(output.text),
            Err(why) => Known::Unknown(why),
        },
        variables: output.variables,
        runs: output.runs,
    }
}
