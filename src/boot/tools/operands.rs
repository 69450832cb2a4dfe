//! The words of small programs taken apart: letters of options, and operands.
//!
//! In: words that are all known, and which short options take a value. Out: nothing where a long option may take one
//! or not.

/// The options and operands of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Operands<'w> {
    /// The letters of its short options.
    letters: String,
    /// Its long options.
    long: Vec<&'w str>,
    /// The values of options.
    values: Vec<(&'w str, &'w str)>,
    /// The operands.
    pub(super) rest: Vec<&'w str>,
}

/// Long options without a value.
const FLAGS: [&str; 31] = [
    "--all",
    "--almost-all",
    "--append",
    "--archive",
    "--changes",
    "--count",
    "--dereference",
    "--directory",
    "--extended-regexp",
    "--fixed-strings",
    "--force",
    "--ignore-case",
    "--ignore-fail-on-non-empty",
    "--in-place",
    "--invert-match",
    "--line-regexp",
    "--no-clobber",
    "--no-dereference",
    "--no-messages",
    "--no-target-directory",
    "--parents",
    "--preserve",
    "--quiet",
    "--recursive",
    "--regexp-extended",
    "--silent",
    "--symbolic",
    "--update",
    "--verbose",
    "--word-regexp",
    "--zero-terminated",
];

impl<'w> Operands<'w> {
    /// Takes the words behind the program's name apart. `valued` are the letters of the options with a value.
    pub(super) fn of(words: &'w [String], valued: &str) -> Option<Operands<'w>> {
        let mut found = Operands::default();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if word == "--" {
                found.rest.extend(words.by_ref());
            } else if word.starts_with("--") {
                match word.split_once('=') {
                    Some((name, value)) => found.values.push((name, value)),
                    None if FLAGS.contains(&word) => {
                        found.long.push(word);
                    }
                    None => return None,
                }
            } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                for (at, letter) in letters.char_indices() {
                    if valued.contains(letter) {
                        let end = at + letter.len_utf8();
                        let value = match &letters[end..] {
                            "" => words.next()?,
                            attached => attached,
                        };
                        found.values.push((&letters[at..end], value));
                        break;
                    }
                    found.letters.push(letter);
                }
            } else {
                found.rest.push(word);
            }
        }
        Some(found)
    }

    /// Whether an option was given: one of its letters, or its long name.
    pub(super) fn has(&self, letters: &[char], long: &str) -> bool {
        self.letters.contains(letters)
            || self.long.contains(&long)
            || self.values.iter().any(|(name, _)| *name == long)
    }

    /// The value of an option.
    pub(super) fn value(&self, letter: &str, long: &str) -> Option<&'w str> {
        let mut values = self.values.iter();
        values.find_map(|(name, value)| (*name == letter || *name == long).then_some(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_operands_are_told_apart() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
        let given = words("-rf a --target-directory=/x -m 755 -n3 b --force -- -c");
        let found = Operands::of(&given, "mn").expect("all options are known");
        assert_eq!(found.rest, ["a", "b", "-c"]);
        assert!(found.has(&['r'], "--recursive") && found.has(&[], "--force"));
        assert!(!found.has(&['c'], "--changes"));
        assert_eq!(found.value("t", "--target-directory"), Some("/x"));
        assert_eq!(found.value("m", "--mode"), Some("755"));
        assert_eq!(found.value("n", "--lines"), Some("3"));
        assert_eq!(Operands::of(&words("--mode 755 a"), "m"), None);
        assert_eq!(Operands::of(&words("a -m"), "m"), None);
    }
}
