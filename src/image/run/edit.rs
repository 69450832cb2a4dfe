//! Commands of a RUN that change the text of files in place: `sed -i`, `dos2unix`, and `find … -exec`.
//!
//! In: a command's words, all known. Out: changes of the image's files; `false` for a use that is not followed.

use super::super::change::{At, Change, Edit, ModeChange};
use super::super::glob::Glob;
use super::Walker;
use super::arguments::{is_short_option, options};
use crate::shell::{Kind, NodeId, Script};

impl Walker<'_> {
    /// `dos2unix FILE…`, `dos2unix -n IN OUT`.
    pub(super) fn dos2unix(&mut self, words: &[String]) -> bool {
        let (_, rest) = options(words, &["-c", "-ic"]);
        let makes_new = words.iter().any(|word| word == "-n" || word == "--newfile");
        if !makes_new {
            return self.strip_returns(&rest);
        }
        for pair in rest.chunks(2) {
            let [from, to] = pair else { return false };
            let (Some(from), Some(place)) = (self.absolute(from), self.absolute(to)) else {
                return false;
            };
            self.copy_file(&from, place.clone());
            self.push(Change::Content {
                at: At::path(place),
                edit: Edit::StripCarriageReturns,
            });
        }
        true
    }

    fn strip_returns(&mut self, words: &[String]) -> bool {
        let targets = self.targets(words, false);
        self.change_all(targets, |at| Change::Content {
            at,
            edit: Edit::StripCarriageReturns,
        })
    }

    pub(super) fn sed(&mut self, words: &[String]) -> bool {
        let Some((edit, rest)) = self.sed_edit(words) else {
            return true;
        };
        let targets = self.targets(&rest, false);
        self.change_all(targets, |at| Change::Content {
            at,
            edit: edit.clone(),
        })
    }

    /// What `sed` does to which files; `None` when it changes none.
    fn sed_edit(&self, words: &[String]) -> Option<(Edit, Vec<String>)> {
        let in_place = words
            .iter()
            .any(|word| is_short_option(word, 'i') || word.starts_with("--in-place"));
        if !in_place {
            return None;
        }
        let (given, mut rest) = options(words, &["-e", "--expression", "-f", "--file"]);
        let from_file = given
            .iter()
            .any(|(name, _)| name == "-f" || name == "--file");
        let given = given
            .into_iter()
            .filter(|(name, _)| name == "-e" || name == "--expression");
        let mut expressions: Vec<String> = given.map(|(_, value)| value).collect();
        if expressions.is_empty() && !from_file && !rest.is_empty() {
            expressions.push(rest.remove(0));
        }
        let mut commands = expressions.iter().flat_map(|text| text.split(';'));
        let edit = if !from_file && commands.all(|command| strips_returns(command.trim())) {
            Edit::StripCarriageReturns
        } else {
            Edit::Unknown(self.why())
        };
        Some((edit, rest))
    }

    /// `perl -pi -e 's/\r\n/\n/g' FILE…`; another program of perl may do anything to its files.
    pub(super) fn perl(&mut self, words: &[String]) -> bool {
        let in_place = words.iter().any(|word| is_short_option(word, 'i'));
        let Some(at) = words
            .iter()
            .position(|word| is_short_option(word, 'e') && word.ends_with('e'))
        else {
            return false;
        };
        let (Some(program), true) = (words.get(at + 1), in_place) else {
            return false;
        };
        let strips = matches!(
            program.trim_end_matches(';'),
            "s/\\r\\n/\\n/" | "s/\\r\\n/\\n/g"
        ) || strips_returns(program.trim_end_matches(';'));
        strips && self.strip_returns(&words[at + 2..])
    }

    /// `find DIRECTORY… -name PATTERN -exec chmod +x {} +`
    pub(super) fn find(&mut self, words: &[String]) -> bool {
        let changes = words
            .iter()
            .any(|word| word.starts_with("-exec") || word == "-delete" || word == "-ok");
        if !changes {
            return true;
        }
        let start = words
            .iter()
            .position(|word| word.starts_with('-'))
            .unwrap_or(words.len());
        let mut name = None;
        let mut index = start;
        let mut command: &[String] = &[];
        while let Some(word) = words.get(index) {
            match word.as_str() {
                "-name" => {
                    name = words.get(index + 1).map(|pattern| Glob::new(pattern));
                    index += 2;
                }
                "-type" => index += 2,
                "-print" | "-print0" => index += 1,
                "-exec" => {
                    let rest = &words[index + 1..];
                    let end = rest.iter().position(|word| word == ";" || word == "+");
                    let Some(end) = end.filter(|end| end + 1 == rest.len()) else {
                        return false;
                    };
                    command = &rest[..end];
                    break;
                }
                _ => return false,
            }
        }
        let Some((tool, arguments)) = command.split_first() else {
            return false;
        };
        let arguments: Vec<String> = arguments
            .iter()
            .filter(|word| *word != "{}")
            .cloned()
            .collect();
        let directories = self.targets(&words[..start], true);
        let with_name = |at: At| At {
            name: name.clone(),
            ..at
        };
        let edit = match (tool.as_str(), arguments.as_slice()) {
            ("chmod", [mode]) => {
                let mode = ModeChange::read(mode);
                return self.change_all(directories, |at| Change::Mode {
                    at: with_name(at),
                    mode: mode.clone(),
                });
            }
            ("dos2unix" | "fromdos", options) if options.iter().all(|word| word != "-n") => {
                Edit::StripCarriageReturns
            }
            ("sed", words) => match self.sed_edit(words) {
                Some((edit, rest)) if rest.is_empty() => edit,
                Some(_) => return false,
                None => return true,
            },
            _ => Edit::Unknown(self.why()),
        };
        self.change_all(directories, |at| Change::Content {
            at: with_name(at),
            edit: edit.clone(),
        })
    }

    /// `find … -print0 | xargs -0 COMMAND`: as `find … -exec COMMAND {} +`. Whether it was that.
    pub(super) fn find_xargs(&mut self, script: &Script, left: NodeId, right: NodeId) -> bool {
        let words_of = |id: NodeId| -> Option<Vec<String>> {
            match &script.node(id).kind {
                Kind::Simple(simple) if simple.redirects.is_empty() => {
                    simple.words.iter().map(|word| self.value(word)).collect()
                }
                _ => None,
            }
        };
        let (Some(mut find), Some(xargs)) = (words_of(left), words_of(right)) else {
            return false;
        };
        let is_both = find.first().is_some_and(|word| word == "find")
            && xargs.first().is_some_and(|word| word == "xargs")
            && !find.iter().any(|word| word.starts_with("-exec"));
        if !is_both {
            return false;
        }
        let mut rest = &xargs[1..];
        while let Some(option) = rest.first().filter(|word| word.starts_with('-')) {
            let takes_value = matches!(option.as_str(), "-n" | "-P" | "-L" | "-d" | "-I");
            rest = rest.get(1 + usize::from(takes_value)..).unwrap_or_default();
        }
        if rest.is_empty() {
            return false;
        }
        find.remove(0);
        find.push("-exec".to_owned());
        find.extend(rest.iter().cloned());
        find.push("+".to_owned());
        self.find(&find)
    }
}

/// Whether a command of `sed` removes the carriage returns at the ends of lines: `s/\r$//` and its many
/// spellings.
fn strips_returns(command: &str) -> bool {
    let Some(rest) = command.strip_prefix('s') else {
        return false;
    };
    let mut characters = rest.chars();
    let Some(delimiter) = characters
        .next()
        .filter(|character| !character.is_alphanumeric())
    else {
        return false;
    };
    let parts: Vec<&str> = characters.as_str().split(delimiter).collect();
    let [pattern, "", "" | "g"] = parts[..] else {
        return false;
    };
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let pattern = ["\\+", "+", "*"]
        .iter()
        .find_map(|many| pattern.strip_suffix(many))
        .unwrap_or(pattern);
    let returns = [
        "\r", "\\r", "\\x0D", "\\x0d", "\\o015", "\\d013", "\\cM", "[\\r]", "(\\r)",
    ];
    returns.contains(&pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spellings_remove_carriage_returns() {
        for command in [
            "s/\\r//",
            "s/\\r$//",
            "s/\\r//g",
            "s|\\r$||",
            "s/\r$//",
            "s/\\x0D$//g",
            "s/\\r*$//",
            "s/\\r\\+$//",
            "s#\\r##",
        ] {
            assert!(strips_returns(command), "{command}");
        }
        for command in [
            "s/\\r/x/",
            "s/r//",
            "d",
            "s",
            "",
            "s/a\\r$//",
            "y/a/b/",
            "s/\\r$//2",
        ] {
            assert!(!strips_returns(command), "{command}");
        }
    }
}
