//! Shells and scripts that a RUN starts: `sh -c TEXT`, `bash <<EOF`, `/tmp/prepare.sh`.
//!
//! In: a command. Out: what the commands of its text do, if the text is at hand. A script is believed in what it
//! does, not in what it leaves alone.

use super::super::{Content, DEFAULT_PATH, File, Found, path};
use super::arguments::without_prefix;
use super::{Walker, is_shell};
use crate::shell::{Script, Simple};
use crate::source::Mapped;

/// What a shell reads.
enum Text {
    /// `-c`, or its input.
    Given(Mapped),
    /// A file.
    File(String),
}

impl Walker<'_> {
    /// Follows a shell or a script; whether the command is one, and all of it is followed.
    pub(super) fn shell(
        &mut self,
        script: &Script,
        simple: &Simple,
        words: &[Option<String>],
    ) -> bool {
        let rest = without_prefix(words);
        let skipped = words.len() - rest.len();
        let Some((Some(program), arguments)) = rest.split_first() else {
            return false;
        };
        let text = if is_shell(program) {
            self.text_of_shell(script, simple, arguments, skipped + 1)
        } else if program.contains('/') {
            Some(Text::File(program.clone()))
        } else {
            self.script_on_path(program).map(Text::File)
        };
        match text {
            Some(Text::Given(text)) => {
                self.walk(text, path::name(program), false);
                true
            }
            Some(Text::File(file)) => {
                if let Some(text) = self.text_of(&file)
                    && let Some(named) = shell_of(&text)
                {
                    let named = named.to_owned();
                    let by = if is_shell(program) {
                        path::name(program)
                    } else {
                        &named
                    };
                    self.walk(text, by, true);
                }
                // It may do more than was understood.
                false
            }
            None => false,
        }
    }

    /// Follows `. FILE` and `source FILE` in the shell that is walked; whether that is what it is and the file is at
    /// hand. A file that sources itself is followed once.
    pub(super) fn source(&mut self, words: &[Option<String>]) -> bool {
        let [Some(name), Some(file), ..] = words else {
            return false;
        };
        if !matches!(name.as_str(), "." | "source") || !file.contains('/') {
            return false;
        }
        let Some(text) = self.text_of(file) else {
            return false;
        };
        let path = self.absolute(file).unwrap_or_default();
        if self.sourced.insert(path) {
            let outer = std::mem::replace(&mut self.in_library, true);
            self.script(text);
            self.in_library = outer;
        }
        true
    }

    /// The script of the image that a name stands for.
    fn script_on_path(&self, name: &str) -> Option<String> {
        let path = self.image.environment.get("PATH");
        let path = path.and_then(|path| path.value.value().cloned());
        let path = path.as_deref().unwrap_or(DEFAULT_PATH);
        let directories: Vec<&str> = path.split(':').collect();
        if !self.image.files.may_have_put(name, &directories) {
            return None;
        }
        match self.image.files.find_program(name, path, "/") {
            Found::File(File {
                path,
                content: Content::Text(_),
                ..
            }) => Some(path),
            _ => None,
        }
    }

    /// Walks over the commands of a text that a process of its own runs.
    fn walk(&mut self, text: Mapped, shell: &str, has_arguments: bool) {
        let outer = self.inner_shell.replace(shell.to_owned());
        let directory = self.directory.clone();
        let variables = self.variables.clone();
        let had_arguments = std::mem::replace(&mut self.has_arguments, has_arguments);
        self.script(text);
        self.inner_shell = outer;
        self.directory = directory;
        self.variables = variables;
        self.has_arguments = had_arguments;
    }

    fn text_of_shell(
        &self,
        script: &Script,
        simple: &Simple,
        arguments: &[Option<String>],
        first: usize,
    ) -> Option<Text> {
        let mut index = 0;
        while let Some(argument) = arguments.get(index) {
            let argument = argument.as_ref()?;
            index += 1;
            match argument.as_str() {
                "-s" | "-" => break,
                "-o" | "+o" | "-O" | "+O" => index += 1,
                long if long.starts_with("--") => {}
                short if short.starts_with(['-', '+']) => {
                    if short.contains('c') {
                        let word = simple.words.get(first + index)?;
                        return Some(Text::Given(self.mapped(script, word)?));
                    }
                }
                file => return Some(Text::File(file.to_owned())),
            }
        }
        Some(Text::Given(self.input_text(script, simple)?))
    }
}

/// The shell that a script is for, by its `#!` line; `sh` without one.
pub(super) fn shell_of(text: &Mapped) -> Option<&str> {
    let Some(line) = text.text().strip_prefix("#!") else {
        return Some("sh");
    };
    let mut words = line.lines().next().unwrap_or_default().split_whitespace();
    let interpreter = match words.next() {
        Some(env) if path::name(env) == "env" => words.find(|word| !word.starts_with('-')),
        other => other,
    };
    interpreter.filter(|shell| is_shell(shell)).map(path::name)
}
