//! Commands of a RUN that change the text of files in place: `sed -i`, `dos2unix`, and `find … -exec`.
//!
//! In: a command's words, all known. Out: changes of the image's files; `false` for a use that is not followed.

use super::super::change::{At, Change, Edit, ModeChange};
use super::super::glob::Glob;
use super::Walker;
use super::arguments::{is_short_option, options};

impl Walker<'_, '_, '_> {
    pub(super) fn strip_returns(&mut self, words: &[String]) -> bool {
        let targets = self.targets(words, false);
        self.change_all(targets, |at| Change::Content {
            at,
            edit: Edit::StripCarriageReturns,
        })
    }

    pub(super) fn sed(&mut self, words: &[String]) -> bool {
        let in_place = words
            .iter()
            .any(|word| is_short_option(word, 'i') || word.starts_with("--in-place"));
        if !in_place {
            return true;
        }
        let (given, mut rest) = options(words, &["-e", "--expression", "-f"]);
        let mut expressions: Vec<String> = given.into_iter().map(|(_, value)| value).collect();
        if expressions.is_empty() && !rest.is_empty() {
            expressions.push(rest.remove(0));
        }
        let strips = |text: &String| {
            matches!(
                text.as_str(),
                "s/\\r$//"
                    | "s/\\r//"
                    | "s/\\r//g"
                    | "s/\\r$//g"
                    | "s/\r$//"
                    | "s/\r//g"
                    | "s/\\x0D$//"
                    | "s/\\x0d$//"
            )
        };
        let edit = if expressions.iter().all(strips) {
            Edit::StripCarriageReturns
        } else {
            Edit::Unknown(self.why())
        };
        let targets = self.targets(&rest, false);
        self.change_all(targets, |at| Change::Content {
            at,
            edit: edit.clone(),
        })
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
        let arguments: Vec<&String> = arguments.iter().filter(|word| *word != "{}").collect();
        let directories = self.targets(&words[..start], true);
        let with_name = |at: At| At {
            name: name.clone(),
            ..at
        };
        match (tool.as_str(), arguments.as_slice()) {
            ("chmod", [mode]) => {
                let mode = ModeChange::read(mode);
                self.change_all(directories, |at| Change::Mode {
                    at: with_name(at),
                    mode: mode.clone(),
                })
            }
            ("dos2unix", []) => self.change_all(directories, |at| Change::Content {
                at: with_name(at),
                edit: Edit::StripCarriageReturns,
            }),
            _ => {
                let why = self.why();
                self.change_all(directories, |at| Change::Content {
                    at: with_name(at),
                    edit: Edit::Unknown(why.clone()),
                })
            }
        }
    }
}
