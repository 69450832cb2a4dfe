//! Argument grammars as data: a getopt string, long options, and where the wrapped command starts.
//!
//! In: a grammar and the words of a command line. Out: its options and operands by index, and the
//! first word of the wrapped command. Does not know what an option means.

use serde::Deserialize;

/// How a program reads its command line.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Grammar {
    /// A getopt string: `p:` takes a value (attached or separate), `m::` only an attached one.
    pub(super) short: String,
    /// Long options without `--`: `user=` takes a value (`=` or separate), `mount?` only after `=`.
    pub(super) long: Vec<String>,
    /// Where options may stand.
    pub(super) order: Order,
    /// Whether `--` ends the options and disappears (else it is an operand like any other).
    pub(super) double_dash: DoubleDash,
    /// Words before the wrapped command.
    pub(super) operands: usize,
    /// `NAME=VALUE` words before the wrapped command set variables.
    pub(super) assignments: bool,
    /// `-5` and `--5` are options (`nice`).
    pub(super) numeric: bool,
    /// `-name` is a long option, as in Go's flag package.
    pub(super) single_dash: bool,
    /// A lone `-` before the command is an option named `-`.
    pub(super) dash: bool,
    /// Long options that are not listed are taken for flags (npm).
    pub(super) any_long: bool,
    /// Options that are not listed belong to the wrapped command (nodemon --exec).
    pub(super) strays: bool,
    /// The exit status of a usage error, for grammars that are complete.
    pub(super) usage_status: Option<i32>,
}

/// Where options may stand.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    /// Options end at the first operand (POSIX).
    #[default]
    FirstOperand,
    /// Options may stand anywhere, also among the words of the wrapped command (GNU).
    Permute,
    /// There are no options.
    None,
}

/// What `--` means.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DoubleDash {
    /// It ends the options.
    #[default]
    Ends,
    /// It is a word like any other.
    Operand,
    /// It may also stand between the operands and the wrapped command, and disappears.
    Anywhere,
}

/// An option that was given.
#[derive(Debug)]
pub(super) struct Given<'a> {
    /// `g`, `user`.
    pub(super) name: String,
    /// Its value.
    pub(super) value: Option<Value<'a>>,
    /// The index of the word.
    pub(super) index: usize,
}

/// An option's value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    /// The text, if known.
    pub(super) text: Option<&'a str>,
    /// The index of the word that is the value, if it stands alone.
    pub(super) word: Option<usize>,
}

/// A command line, taken apart.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    pub(super) options: Vec<Given<'a>>,
    /// Indices of the words before the command, without `--` and assignments.
    pub(super) operands: Vec<usize>,
    /// Indices of `NAME=VALUE` words.
    pub(super) assignments: Vec<usize>,
    /// Indices of the words of the wrapped command.
    pub(super) command: Vec<usize>,
    /// Words that were taken although they stand after the start of the command.
    pub(super) eaten: Vec<usize>,
    /// The option that the grammar does not have.
    pub(super) usage_error: Option<usize>,
    /// A word is not known where an option may stand.
    pub(super) unclear: bool,
}

impl<'a> Parsed<'a> {
    /// Whether an option of these names was given.
    pub(super) fn has(&self, names: &[String]) -> bool {
        self.options.iter().any(|given| names.contains(&given.name))
    }
}

impl Grammar {
    /// Takes a command line apart; `words[0]` is the program itself. With `subcommands`, the first
    /// operand must be one of them, and options go on after it; else the answer is `None`.
    pub(super) fn parse<'a>(
        &self,
        words: &[Option<&'a str>],
        subcommands: &[String],
    ) -> Option<Parsed<'a>> {
        let mut parsed = Parsed::default();
        let mut options_end = self.order == Order::None;
        let mut subcommand = !subcommands.is_empty();
        let mut at = 1;
        while at < words.len() {
            let in_command = !parsed.command.is_empty();
            if in_command && (self.order != Order::Permute || options_end) {
                parsed.command.extend(at..words.len());
                break;
            }
            let Some(word) = words[at] else {
                // An unknown word may be an option as well: only where an operand must follow is
                // it taken for that.
                if !in_command && !options_end && parsed.operands.len() >= self.operands {
                    parsed.unclear = true;
                }
                if subcommand {
                    return None;
                }
                self.operand(&mut parsed, at, &mut options_end);
                at += 1;
                continue;
            };
            if word == "--" && self.double_dash != DoubleDash::Operand {
                let between = self.double_dash == DoubleDash::Anywhere && !in_command;
                if !options_end || between {
                    options_end = true;
                    if in_command {
                        parsed.eaten.push(at);
                    }
                    at += 1;
                    continue;
                }
            }
            let is_option = !options_end
                && word.starts_with('-')
                && (word.len() > 1 || (self.dash && !in_command));
            if is_option && self.strays && !self.knows(word) {
                self.operand(&mut parsed, at, &mut options_end);
                at += 1;
                continue;
            }
            if is_option {
                let before = parsed.options.len();
                let next = self.option(words, at, &mut parsed);
                if parsed.usage_error.is_some() {
                    let names_it = |word: &Option<&str>| {
                        word.is_some_and(|word| subcommands.iter().any(|known| known == word))
                    };
                    if subcommand && !words[at..].iter().any(names_it) {
                        return None;
                    }
                    if in_command {
                        parsed.eaten.push(at);
                    }
                    return Some(parsed);
                }
                debug_assert!(parsed.options.len() > before);
                if in_command {
                    parsed.eaten.extend(at..next);
                }
                at = next;
                continue;
            }
            if subcommand {
                if !subcommands.iter().any(|known| known == word) {
                    return None;
                }
                subcommand = false;
            } else if self.assignments
                && (!in_command || self.order == Order::Permute)
                && is_assignment(word)
            {
                parsed.assignments.push(at);
            } else {
                self.operand(&mut parsed, at, &mut options_end);
            }
            at += 1;
        }
        (!subcommand).then_some(parsed)
    }

    /// Whether an option is listed, or its first letter.
    fn knows(&self, word: &str) -> bool {
        match word.strip_prefix("--") {
            Some(long) => {
                let name = long.split('=').next().unwrap_or_default();
                let mut known = self.long.iter();
                known.any(|known| known.trim_end_matches(['=', '?']) == name)
            }
            None => {
                let letter = word.chars().nth(1).filter(|letter| *letter != ':');
                letter.is_some_and(|letter| self.short.contains(letter))
            }
        }
    }

    fn operand(&self, parsed: &mut Parsed<'_>, at: usize, options_end: &mut bool) {
        if parsed.operands.len() < self.operands {
            parsed.operands.push(at);
            // After an operand nothing is an option any more, not even `--` (`timeout 5 -- x`).
            *options_end |= self.order == Order::FirstOperand;
        } else {
            parsed.command.push(at);
        }
    }

    /// Reads the option at `at`, and answers where the next word stands.
    fn option<'a>(&self, words: &[Option<&'a str>], at: usize, parsed: &mut Parsed<'a>) -> usize {
        let word = words[at].unwrap_or_default();
        let digits = word.trim_start_matches('-');
        if self.numeric && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            parsed.options.push(Given {
                name: "N".to_owned(),
                value: None,
                index: at,
            });
            return at + 1;
        }
        if word == "-" {
            parsed.options.push(Given {
                name: "-".to_owned(),
                value: None,
                index: at,
            });
            return at + 1;
        }
        if word.starts_with("--") || self.single_dash {
            return self.long_option(words, at, digits, parsed);
        }
        self.short_options(words, at, &word[1..], parsed)
    }

    fn long_option<'a>(
        &self,
        words: &[Option<&'a str>],
        at: usize,
        text: &'a str,
        parsed: &mut Parsed<'a>,
    ) -> usize {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let known = self
            .long
            .iter()
            .find(|known| known.trim_end_matches(['=', '?']) == name);
        if known.is_none() && !self.any_long {
            parsed.usage_error = Some(at);
            return at + 1;
        }
        let takes_value = known.is_some_and(|known| known.ends_with('='));
        let (value, next) = match attached {
            Some(value) => (
                Some(Value {
                    text: Some(value),
                    word: None,
                }),
                at + 1,
            ),
            None if takes_value => (separate(words, at + 1), at + 2),
            None => (None, at + 1),
        };
        parsed.options.push(Given {
            name: name.to_owned(),
            value,
            index: at,
        });
        next.min(words.len())
    }

    fn short_options<'a>(
        &self,
        words: &[Option<&'a str>],
        at: usize,
        cluster: &'a str,
        parsed: &mut Parsed<'a>,
    ) -> usize {
        for (offset, letter) in cluster.char_indices() {
            let rest = &cluster[offset + letter.len_utf8()..];
            let position = self.short.find(letter).filter(|_| letter != ':');
            let Some(position) = position else {
                parsed.usage_error = Some(at);
                return at + 1;
            };
            let tail = &self.short[position + letter.len_utf8()..];
            let takes_value = tail.starts_with(':');
            let only_attached = tail.starts_with("::");
            let attached = (takes_value && !rest.is_empty()).then_some(Value {
                text: Some(rest),
                word: None,
            });
            let separate_value = takes_value && !only_attached && rest.is_empty();
            let value = match attached {
                None if separate_value => separate(words, at + 1),
                other => other,
            };
            parsed.options.push(Given {
                name: letter.to_string(),
                value,
                index: at,
            });
            if separate_value {
                return (at + 2).min(words.len());
            }
            if attached.is_some() {
                return at + 1;
            }
        }
        at + 1
    }
}

fn separate<'a>(words: &[Option<&'a str>], at: usize) -> Option<Value<'a>> {
    words.get(at).map(|text| Value {
        text: *text,
        word: Some(at),
    })
}

/// Whether a word sets a variable, for `env`, `sudo` and the like: anything before the `=`.
fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(grammar: &Grammar, line: &str) -> (Vec<usize>, Vec<usize>) {
        let words: Vec<_> = line.split(' ').map(Some).collect();
        let parsed = grammar.parse(&words, &[]).expect("no subcommand");
        (parsed.command, parsed.eaten)
    }

    #[test]
    fn options_end_at_the_first_operand() {
        let grammar = Grammar {
            short: "s:k:v".to_owned(),
            long: vec!["signal=".to_owned(), "foreground".to_owned()],
            operands: 1,
            ..Grammar::default()
        };
        assert_eq!(command(&grammar, "timeout -k 5 -sINT 60 app -v").0, [5, 6]);
        assert_eq!(command(&grammar, "timeout --signal=INT 60 app").0, [3]);
        assert_eq!(command(&grammar, "timeout -- 5 app").0, [3]);
        // The dashes are the command here, which cannot be run.
        assert_eq!(command(&grammar, "timeout 5 -- app").0, [2, 3]);
    }

    #[test]
    fn permuting_takes_options_of_the_command() {
        let grammar = Grammar {
            short: "gs".to_owned(),
            order: Order::Permute,
            ..Grammar::default()
        };
        assert_eq!(
            command(&grammar, "tini nginx -g off"),
            (vec![1, 3], vec![2])
        );
        assert_eq!(
            command(&grammar, "tini -- nginx -g off"),
            (vec![2, 3, 4], vec![])
        );
    }
}
