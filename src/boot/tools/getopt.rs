//! `getopt`, the program: the options of a script in one order, for `eval set --`.
//!
//! In: its words. Out: what util-linux's and busybox's print, and their status; `None` where a word asks for more than is
//! modelled.

/// What `getopt` printed, and its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sorted {
    /// Its output.
    pub text: String,
    /// Its exit status.
    pub status: i32,
}

/// Whether an option takes a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    PerhapsValue,
}

/// The options that a script has.
#[derive(Default)]
struct Grammar {
    /// Letters, each with its colons.
    short: String,
    /// Names, each with its colons.
    long: Vec<(String, Takes)>,
}

/// An option without its dashes, and its value if it takes one.
type Given = (String, Option<String>);

/// What is done with words that are no options.
#[derive(PartialEq, Eq)]
enum Operands {
    /// They come behind the options.
    Last,
    /// The first one ends the options (`+`).
    End,
    /// They stay where they are (`-`).
    Stay,
}

/// The options of `getopt` itself that take a value, and the others.
const OWN: [(&str, char, Takes); 11] = [
    ("options", 'o', Takes::Value),
    ("longoptions", 'l', Takes::Value),
    ("name", 'n', Takes::Value),
    ("shell", 's', Takes::Value),
    ("unquoted", 'u', Takes::Nothing),
    ("quiet", 'q', Takes::Nothing),
    ("quiet-output", 'Q', Takes::Nothing),
    ("test", 'T', Takes::Nothing),
    ("alternative", 'a', Takes::Nothing),
    ("help", 'h', Takes::Nothing),
    ("version", 'V', Takes::Nothing),
];

/// What `getopt` makes of its words.
pub(super) fn sorted(words: &[String]) -> Option<Sorted> {
    let mut grammar = Grammar::default();
    if let Some(letters) = words.first().filter(|word| !word.starts_with('-')) {
        // As it was before there were quotes.
        grammar.short = letters.trim_start_matches('+').to_owned();
        return grammar.sort(&words[1..], false);
    }
    let mut own = Grammar {
        short: "+".to_owned(),
        ..Grammar::default()
    };
    for (name, letter, takes) in OWN {
        own.short.push(letter);
        if takes == Takes::Value {
            own.short.push(':');
        }
        own.long.push((name.to_owned(), takes));
    }
    let (given, mut rest) = own.read(words)?;
    let mut letters = None;
    let (mut quotes, mut prints) = (true, true);
    for (name, value) in given {
        let known = OWN
            .iter()
            .find(|(long, letter, _)| *long == name || letter.to_string() == name);
        match known.map(|(_, letter, _)| letter)? {
            'o' => letters = Some(value?),
            'l' => {
                let names = value?;
                let names = names
                    .split([',', ' ', '\t', '\n'])
                    .filter(|name| !name.is_empty());
                grammar.long.extend(names.map(long_option));
            }
            's' if !matches!(value.as_deref(), Some("sh" | "bash")) => return None,
            'n' | 's' | 'q' => {}
            'u' => quotes = false,
            'Q' => prints = false,
            'T' => {
                return Some(Sorted {
                    text: String::new(),
                    status: 4,
                });
            }
            _ => return None,
        }
    }
    grammar.short = match letters {
        Some(letters) => letters,
        None if rest.is_empty() => return None,
        None => rest.remove(0),
    };
    let mut sorted = grammar.sort(&rest, quotes)?;
    if !prints {
        sorted.text.clear();
    }
    Some(sorted)
}

/// `name`, `name:` or `name::` of a list of long options.
fn long_option(text: &str) -> (String, Takes) {
    let takes = |colons: &str| match colons {
        "" => Takes::Nothing,
        ":" => Takes::Value,
        _ => Takes::PerhapsValue,
    };
    let name = text.trim_end_matches(':');
    (name.to_owned(), takes(&text[name.len()..]))
}

/// A word of the output, as a shell reads it again.
fn quoted(text: &str, quotes: bool) -> String {
    match quotes {
        true => format!(" '{}'", text.replace('\'', "'\\''")),
        false => format!(" {text}"),
    }
}

impl Grammar {
    fn operands(&self) -> Operands {
        match self.short.chars().next() {
            Some('+') => Operands::End,
            Some('-') => Operands::Stay,
            _ => Operands::Last,
        }
    }

    /// Whether there is such a letter, and what it takes.
    fn letter(&self, letter: char) -> Option<Takes> {
        let letters = self.short.trim_start_matches(['+', '-']);
        let (_, behind) = letters.split_once(letter).filter(|_| letter != ':')?;
        Some(
            match behind.bytes().take_while(|byte| *byte == b':').count() {
                0 => Takes::Nothing,
                1 => Takes::Value,
                _ => Takes::PerhapsValue,
            },
        )
    }

    /// The long options that are meant: the one of that name, or those that begin so.
    fn named(&self, name: &str) -> Vec<&(String, Takes)> {
        let mut begun: Vec<&(String, Takes)> = self.long.iter().collect();
        begun.retain(|(known, _)| known.starts_with(name));
        match begun.iter().position(|(known, _)| known == name) {
            Some(exact) => vec![begun[exact]],
            None => begun,
        }
    }

    /// Options with their values, and the words behind them; `None` for what is no option.
    fn read(&self, words: &[String]) -> Option<(Vec<Given>, Vec<String>)> {
        let mut given = Vec::new();
        let mut rest = Vec::new();
        let all_known = self.each(words, &mut rest, |name, value| {
            given.push((name.trim_start_matches('-').to_owned(), value));
        })?;
        all_known.then_some((given, rest))
    }

    /// The words in order.
    fn sort(&self, words: &[String], quotes: bool) -> Option<Sorted> {
        let mut text = String::new();
        let mut rest = Vec::new();
        let all_known = self.each(words, &mut rest, |name, value| {
            if !name.is_empty() {
                text += " ";
                text += name;
            }
            if let Some(value) = value {
                text += &quoted(&value, quotes);
            }
        })?;
        text += " --";
        rest.iter().for_each(|word| text += &quoted(word, quotes));
        text += "\n";
        Some(Sorted {
            text,
            status: i32::from(!all_known),
        })
    }

    /// Tells each option (`-v`, `--name`, or nothing for a word that stays) with its value, if it takes one; whether all of
    /// them are known. Words behind the options go to the rest. `None` for what may be short for several: util-linux
    /// refuses it, busybox takes the first.
    fn each(
        &self,
        words: &[String],
        rest: &mut Vec<String>,
        mut tell: impl FnMut(&str, Option<String>),
    ) -> Option<bool> {
        let mut all_known = true;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let (name, takes) = match self.named(name)[..] {
                    [] => {
                        all_known = false;
                        continue;
                    }
                    [(name, takes)] => (name, *takes),
                    _ => return None,
                };
                let value = match (takes, value) {
                    (Takes::Nothing, Some(_)) => None,
                    (Takes::Nothing, None) => Some(None),
                    (_, Some(value)) => Some(Some(value)),
                    (Takes::Value, None) => words.next().cloned().map(Some),
                    (Takes::PerhapsValue, None) => Some(Some(String::new())),
                };
                match value {
                    Some(value) => tell(&format!("--{name}"), value),
                    None => all_known = false,
                }
                continue;
            }
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                match self.operands() {
                    Operands::Last => rest.push(word.clone()),
                    Operands::Stay => tell("", Some(word.clone())),
                    Operands::End => {
                        rest.push(word.clone());
                        break;
                    }
                }
                continue;
            };
            for (at, letter) in letters.char_indices() {
                let behind = &letters[at + letter.len_utf8()..];
                let name = format!("-{letter}");
                let value = match self.letter(letter) {
                    None => {
                        all_known = false;
                        continue;
                    }
                    Some(Takes::Nothing) => {
                        tell(&name, None);
                        continue;
                    }
                    Some(Takes::Value) if behind.is_empty() => words.next().cloned(),
                    Some(_) => Some(behind.to_owned()),
                };
                match value {
                    Some(value) => tell(&name, Some(value)),
                    None => all_known = false,
                }
                break;
            }
        }
        rest.extend(words.cloned());
        Some(all_known)
    }
}

#[cfg(test)]
mod tests {
    use super::{Sorted, sorted};

    /// Measured: util-linux 2.38.1 and busybox 1.35.
    #[test]
    fn options_come_first() {
        for (words, text, status) in [
            ("-o p:v -l port:,verbose --", " --", 0),
            (
                "-o p:v -l port:,verbose -- app -p 80",
                " -p '80' -- 'app'",
                0,
            ),
            (
                "-o p:v --long port:,verbose -- --verb --port=90 app",
                " --verbose --port '90' -- 'app'",
                0,
            ),
            ("-op:v -- -vp80 x", " -v -p '80' -- 'x'", 0),
            ("-o p::v -- -p -p7 x", " -p '' -p '7' -- 'x'", 0),
            ("-o +v -- app -v", " -- 'app' '-v'", 0),
            ("-o -v -- app -v", " 'app' -v --", 0),
            ("-o v -- -x -v", " -v --", 1),
            ("-o v: -- -v", " --", 1),
            ("-o v -l one -- --one=1", " --", 1),
            ("-o v -- it's -", " -- 'it'\\''s' '-'", 0),
            ("-u -o v -- a -v", " -v -- a", 0),
            ("-o v -- -v -- -v", " -v -- '-v'", 0),
            ("vp: app -v -p 7", " -v -p 7 -- app", 0),
            ("-n x -- v -v", " -v --", 0),
            ("-qo v -l w -- -w", " --", 1),
        ] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let text = format!("{text}\n");
            assert_eq!(sorted(&words), Some(Sorted { text, status }), "{words:?}");
        }
        let test = sorted(&["-T".to_owned()]).map(|sorted| sorted.status);
        assert_eq!(test, Some(4));
        let words = "-o v -l one,only -- --on".split(' ').map(str::to_owned);
        assert_eq!(sorted(&words.collect::<Vec<String>>()), None);
    }
}
