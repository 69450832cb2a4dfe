//! The processes of a Procfile, as foreman and honcho start them.
//!
//! In: a Procfile. Out: the commands, under a shell or as they are.

use super::{shell_words, unknown};
use crate::boot::interpreter::absolute;
use crate::boot::launch::{Job, Plan};
use crate::boot::settings;
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::knowledge::Launch;

impl Start<'_, '_> {
    pub(super) fn procfile(
        &mut self,
        launch: &Launch,
        paths: &[String],
        further: &[Field],
    ) -> Plan {
        let text = match self.first_text(paths) {
            Ok((_, text)) => text,
            Err(missing) => return Plan::Unknown(missing),
        };
        let wanted: Vec<String> = further.iter().filter_map(Field::known).collect();
        let mut jobs = Vec::new();
        for (name, command) in settings::procfile(&text) {
            if !wanted.is_empty() && !wanted.contains(&name) {
                continue;
            }
            self.machine.remember(&command);
            // foreman leaves it to Ruby whether a shell is needed; honcho starts `sh -c`, which with forego becomes the
            // command.
            let words = match launch.name.as_str() {
                "foreman" => ruby_spawn(&self.foreman_variables(&name, command.text())),
                "forego" => shell_words(&format!("exec {}", command.text())),
                _ => shell_words(command.text()),
            };
            jobs.push(Job::new(words).at(command.full_span()));
        }
        if jobs.is_empty() {
            return unknown(format!(
                "the Procfile has nothing for `{}` to start",
                launch.name
            ));
        }
        jobs.into()
    }

    /// A command with the variables replaced that foreman sets itself or reads from `.env`; all others are
    /// left to the shell.
    fn foreman_variables(&mut self, process: &str, command: &str) -> String {
        let path = absolute(&self.process().directory, ".env");
        let settings = self.text_of(&path).ok().flatten();
        let settings = settings.as_ref().map_or("", |text| text.text());
        let mut variables = vec![("PORT", "5000".to_owned()), ("PS", format!("{process}.1"))];
        variables.extend(settings.lines().filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((
                name.trim(),
                value.trim().trim_matches(['"', '\'']).to_owned(),
            ))
        }));
        variables
            .iter()
            .fold(command.to_owned(), |text, (name, value)| {
                text.replace(&format!("${name}"), value)
                    .replace(&format!("${{{name}}}"), value)
            })
    }
}

/// What Ruby's `spawn` runs for a string: `sh -c` if it has characters or words of a shell, else the words
/// (process.c, `rb_exec_fillarg`).
fn ruby_spawn(text: &str) -> Vec<Field> {
    const SHELL_WORDS: [&str; 40] = [
        "!", ".", ":", "break", "case", "continue", "do", "done", "elif", "else", "esac", "eval",
        "exec", "exit", "export", "fi", "for", "if", "in", "readonly", "return", "set", "shift",
        "then", "times", "trap", "unset", "until", "while", "{", "}", "alias", "bg", "cd",
        "command", "fg", "read", "ulimit", "umask", "wait",
    ];
    let first = text.split_whitespace().next().unwrap_or_default();
    let for_shell = text.contains(|letter: char| "*?{}[]<>()~&|\\$;'`\"\n#".contains(letter))
        || first.split('/').next().unwrap_or_default().contains('=')
        || SHELL_WORDS.contains(&first);
    match for_shell {
        true => shell_words(text),
        false => text.split_whitespace().map(Field::text).collect(),
    }
}
