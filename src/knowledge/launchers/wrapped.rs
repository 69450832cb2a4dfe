//! Which words are the wrapped command.
//!
//! In: a command line, taken apart. Out: [`Wrapped`]. Does not know what the launcher does with it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::Wrapped;
use super::super::arguments::{Given, Parsed};
use super::Entry;
use super::effects::Effect;

/// How the wrapped command is found.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Command {
    pub(super) kind: Kind,
    /// A first word of the command that makes the next one a string for a shell (`flock F -c`).
    pub(super) string_word: Option<String>,
    /// Words in front of the command's own (`/bin/bash` for `capsh --`).
    pub(super) prefix: Vec<String>,
    /// For `after`: the word after which the command stands (`-exec`).
    pub(super) after: Vec<String>,
    /// For `after`: the words that end it.
    pub(super) until: Vec<String>,
    /// For `script`: the name that an alias stands for (`t` → `test`).
    pub(super) name: BTreeMap<String, String>,
    /// For `configured`: the format of the file.
    pub(super) format: String,
    /// For `configured`: where the file is without an option.
    pub(super) default_paths: Vec<String>,
    /// For `interpreted`: extension → interpreter.
    pub(super) interpreters: BTreeMap<String, String>,
    /// For `interpreted`: endings of files that say what to run.
    pub(super) configs: Vec<String>,
    /// For `scripts`: the words in front of each name.
    pub(super) each: Vec<String>,
    /// What it means that no command follows.
    pub(super) empty: Empty,
    /// The shell of script texts.
    pub(super) script_shell: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The words after the options and operands.
    #[default]
    Words,
    /// `[USER [ARGS]]` and a string in an option: su.
    User,
    /// The program in an option, its arguments after `--`: start-stop-daemon.
    Program,
    /// The string in an option: `script -c`.
    Text,
    /// The words, joined by blanks, as one string for a shell: `npx -c`, `cross-env-shell`.
    Joined,
    /// Every word is a command for a shell of its own: concurrently.
    Each,
    /// A word followed by the command, up to another: `find -exec`.
    After,
    /// A script by name: `npm run NAME`.
    Script,
    /// A script whose name is the subcommand: `npm start`.
    Subcommand,
    /// What to run stands in a file.
    Configured,
    /// The words, run by the program itself in another process: `node --watch app.js`.
    Itself,
    /// A file, run by the interpreter that its name calls for, or one that says what to run.
    Interpreted,
    /// Names of scripts, run at once: `run-p build watch`.
    Scripts,
    /// The words are not told.
    Unknown,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Empty {
    /// It prints something and ends.
    #[default]
    Nothing,
    /// It starts a login or interactive shell.
    Shell,
    /// It is not this launcher's business.
    NotHere,
    /// It finds out by itself what to run.
    Unknown,
}

impl Entry {
    /// What the launcher runs; `None` if the line is not this launcher's business.
    pub(super) fn wrapped(&self, words: &[Option<&str>], parsed: &Parsed<'_>) -> Option<Wrapped> {
        let own = |index: &usize| words[*index].map(str::to_owned);
        let command = &parsed.command;
        let empty = || match self.command.empty {
            Empty::Nothing => Some(Wrapped::Nothing),
            Empty::Shell => Some(Wrapped::LoginShell(words.len())),
            Empty::NotHere => None,
            Empty::Unknown => Some(Wrapped::Unknown),
        };
        Some(match self.command.kind {
            Kind::Unknown => Wrapped::Unknown,
            Kind::Words => {
                if let Some(given) = self.given(parsed, Effect::Split) {
                    return Some(self.split(words, parsed, given));
                }
                let Some(&first) = command.first() else {
                    return empty();
                };
                let string = self.command.string_word.as_deref();
                if string.is_some() && words[first] == string {
                    return Some(match command.get(1) {
                        Some(&text) => Wrapped::Shell {
                            shell: None,
                            text,
                            arguments: command[2..].to_vec(),
                        },
                        None => Wrapped::Unknown,
                    });
                }
                self.words(command, words.len(), own)
            }
            Kind::User => self.user(words, parsed),
            Kind::Program => match self.given(parsed, Effect::Program) {
                Some(given) => {
                    let program = given.value.and_then(|value| value.text);
                    let mut made = vec![program.map(str::to_owned)];
                    made.extend(command.iter().map(own));
                    Wrapped::Made(made)
                }
                None => return empty(),
            },
            Kind::Text => match self.given(parsed, Effect::Text) {
                Some(given) if self.arguments.strays && !command.is_empty() => {
                    let text = given.value.and_then(|value| value.text);
                    let rest = command.iter().map(|&at| words[at]);
                    let text: Option<Vec<&str>> = std::iter::once(text).chain(rest).collect();
                    made_shell(text.map(|words| words.join(" ")))
                }
                Some(given) => shell_text(given, None, Vec::new()),
                None => return empty(),
            },
            Kind::Joined => {
                if let Some(given) = self.given(parsed, Effect::Text) {
                    return Some(shell_text(given, None, Vec::new()));
                }
                if command.is_empty() {
                    return empty();
                }
                let text: Option<Vec<&str>> = command.iter().map(|&at| words[at]).collect();
                made_shell(text.map(|words| words.join(" ")))
            }
            Kind::Each => {
                if command.is_empty() {
                    return empty();
                }
                let shells = command.iter().map(|at| {
                    let text = words[*at].map(|word| match word.strip_prefix("npm:") {
                        Some(script) => format!("npm run {script}"),
                        None => word.to_owned(),
                    });
                    shell_words(text)
                });
                Wrapped::Several(shells.collect())
            }
            Kind::After => {
                let start = words.iter().position(|word| {
                    word.is_some_and(|word| self.command.after.iter().any(|a| a == word))
                });
                let Some(start) = start else {
                    return empty();
                };
                if self.command.until.is_empty() && start + 1 < words.len() {
                    return Some(Wrapped::Words(start + 1));
                }
                let made = words[start + 1..]
                    .iter()
                    .take_while(|word| {
                        !word.is_some_and(|word| self.command.until.iter().any(|u| u == word))
                    })
                    .map(|word| word.map(str::to_owned));
                Wrapped::Made(made.collect())
            }
            Kind::Script => {
                if let Some(given) = self.given(parsed, Effect::Script) {
                    return Some(match given.value.and_then(|value| value.text) {
                        Some(name) => Wrapped::Script {
                            name: name.to_owned(),
                            arguments: command.first().copied().unwrap_or(words.len()),
                        },
                        None => Wrapped::Unknown,
                    });
                }
                let Some(&first) = command.first() else {
                    return empty();
                };
                match words[first] {
                    Some(name) => Wrapped::Script {
                        name: name.to_owned(),
                        arguments: command.get(1).copied().unwrap_or(words.len()),
                    },
                    None => Wrapped::Unknown,
                }
            }
            Kind::Subcommand => {
                let at = (1..words.len()).find(|&at| {
                    words[at].is_some_and(|word| self.subcommand.iter().any(|known| known == word))
                })?;
                let word = words[at]?;
                let name = self.command.name.get(word).map_or(word, String::as_str);
                Wrapped::Script {
                    name: name.to_owned(),
                    arguments: command.first().copied().unwrap_or(words.len()),
                }
            }
            Kind::Configured => {
                let given = self.given(parsed, Effect::Path);
                let word = given
                    .and_then(|given| given.value)
                    .and_then(|value| value.word);
                // A value that is attached (`-c/etc/s.conf`) is told as a path of its own.
                let attached = given
                    .and_then(|given| given.value)
                    .filter(|value| value.word.is_none())
                    .and_then(|value| value.text);
                let operand = parsed.operands.first().copied();
                Wrapped::Configured {
                    format: self.command.format.clone(),
                    path: word.or(operand),
                    default_paths: match attached {
                        Some(path) => vec![path.to_owned()],
                        None => self.command.default_paths.clone(),
                    },
                    arguments: command.clone(),
                }
            }
            Kind::Interpreted => {
                let Some(&first) = command.first() else {
                    return empty();
                };
                self.interpreted(words, parsed, first)
            }
            Kind::Scripts => {
                if command.is_empty() {
                    return empty();
                }
                let names = command.iter().map(|at| {
                    let prefix = self.command.each.iter().cloned().map(Some);
                    prefix.chain([own(at)]).collect()
                });
                Wrapped::Several(names.collect())
            }
            Kind::Itself => {
                let taken: Vec<usize> = parsed
                    .options
                    .iter()
                    .filter(|given| self.requires.contains(&given.name))
                    .map(|given| given.index)
                    .collect();
                let made = (0..words.len()).filter(|at| !taken.contains(at));
                Wrapped::Made(made.map(|at| own(&at)).collect())
            }
        })
    }

    /// The words of the command: as they stand if nothing was taken out of them.
    fn words(
        &self,
        command: &[usize],
        end: usize,
        own: impl Fn(&usize) -> Option<String>,
    ) -> Wrapped {
        let first = command[0];
        let whole = first + command.len() == end;
        if whole && self.command.prefix.is_empty() {
            return Wrapped::Words(first);
        }
        let prefix = self.command.prefix.iter().cloned().map(Some);
        Wrapped::Made(prefix.chain(command.iter().map(own)).collect())
    }

    /// What a runner of files does with the file at `first`.
    fn interpreted(&self, words: &[Option<&str>], parsed: &Parsed<'_>, first: usize) -> Wrapped {
        let Some(file) = words[first] else {
            return Wrapped::Unknown;
        };
        if self
            .command
            .configs
            .iter()
            .any(|end| file.ends_with(end.as_str()))
        {
            return Wrapped::Configured {
                format: self.command.format.clone(),
                path: Some(first),
                default_paths: Vec::new(),
                arguments: parsed.command[1..].to_vec(),
            };
        }
        let extension = file
            .rsplit('/')
            .next()
            .and_then(|name| name.rsplit_once('.'));
        let by_extension = extension
            .and_then(|(_, extension)| self.command.interpreters.get(extension))
            .cloned();
        let interpreter = match self
            .given(parsed, Effect::Interpreter)
            .map(|given| given.value)
        {
            Some(value) => match value.and_then(|value| value.text) {
                Some("none") => None,
                Some(other) => Some(other.to_owned()),
                None => return Wrapped::Unknown,
            },
            None => by_extension,
        };
        let rest = parsed
            .command
            .iter()
            .map(|&at| words[at].map(str::to_owned));
        match interpreter {
            Some(interpreter) => {
                Wrapped::Made(std::iter::once(Some(interpreter)).chain(rest).collect())
            }
            None => self.words(&parsed.command, words.len(), |at| {
                words[*at].map(str::to_owned)
            }),
        }
    }

    fn user(&self, words: &[Option<&str>], parsed: &Parsed<'_>) -> Wrapped {
        let shell = self
            .given(parsed, Effect::Shell)
            .and_then(|given| given.value)
            .map(|value| value.text.map(str::to_owned));
        if shell == Some(None) {
            return Wrapped::Unknown;
        }
        let arguments = parsed.command.clone();
        match self.given(parsed, Effect::Text) {
            Some(given) => shell_text(given, shell.flatten(), arguments),
            None if shell.is_some() && !arguments.is_empty() => {
                let arguments = arguments.iter().map(|&at| words[at].map(str::to_owned));
                Wrapped::Made(std::iter::once(shell.flatten()).chain(arguments).collect())
            }
            None => Wrapped::LoginShell(arguments.first().copied().unwrap_or(words.len())),
        }
    }

    /// `env -S 'a b' c`: the words of the string, then the rest of the line.
    fn split(&self, words: &[Option<&str>], parsed: &Parsed<'_>, given: &Given<'_>) -> Wrapped {
        let text = given.value.and_then(|value| value.text);
        let Some(pieces) = text.and_then(split_string) else {
            return Wrapped::Unknown;
        };
        let rest = parsed.command.iter().map(|&at| words[at]);
        let line: Vec<Option<&str>> = std::iter::once(words[0])
            .chain(pieces.iter().map(|piece| Some(piece.as_str())))
            .chain(rest)
            .collect();
        // The string may hold options and assignments of its own.
        let Some(inner) = self.arguments.parse(&line, &[]) else {
            return Wrapped::Unknown;
        };
        if inner.usage_error.is_some() || inner.unclear || inner.command.is_empty() {
            return Wrapped::Unknown;
        }
        let own = inner.command.iter().map(|&at| line[at].map(str::to_owned));
        Wrapped::Made(own.collect())
    }
}

/// A shell with the string of an option: as indices if it is a word of its own.
fn shell_text(given: &Given<'_>, shell: Option<String>, arguments: Vec<usize>) -> Wrapped {
    match given.value {
        Some(value) => match (value.word, value.text) {
            (Some(text), _) => Wrapped::Shell {
                shell,
                text,
                arguments,
            },
            (None, text) => made_shell(text.map(str::to_owned)),
        },
        None => Wrapped::Unknown,
    }
}

fn made_shell(text: Option<String>) -> Wrapped {
    Wrapped::Made(shell_words(text))
}

fn shell_words(text: Option<String>) -> Vec<Option<String>> {
    vec![Some("/bin/sh".to_owned()), Some("-c".to_owned()), text]
}
/// The words of an `env -S` string: blanks, quotes and backslashes; with variables, comments or
/// other escapes it cannot be told.
pub(super) fn split_string(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('$' | '#', None | Some('"')) => return None,
            ('\\', None | Some('"')) => match letters.next()? {
                '_' if quote.is_none() => words.extend(word.take()),
                escaped @ ('\\' | '"' | '\'' | '$' | '#' | ' ') => {
                    word.get_or_insert_default().push(escaped);
                }
                _ => return None,
            },
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            (_, None) if letter.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
