//! What supervisors and other launchers with a configuration of their own run.
//!
//! In: a format's name and the files of the image. Out: the commands, each with its place and the
//! way in which it is stopped. How the supervisor itself takes signals stands in the tables.

mod circus;
mod control;
mod daemons;
mod directories;
mod ecosystem;
mod foreground;
mod makefile;
mod procfile;
mod stop_setting;
mod stopping;
mod supervisord;

use crate::boot::interpreter::absolute;
use crate::boot::launch::{Job, Plan, Run};
use crate::boot::outcome::Missing;
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::knowledge::Launch;
use crate::source::Mapped;

pub(super) use control::{control, stop_started};
pub(super) use daemons::{stop_daemon, write_pid};
pub use stop_setting::{SettingPlace, stop_setting, with_setting};
pub(super) use stopping::stop_servers;

impl Start<'_, '_> {
    /// What a launcher runs whose configuration says that.
    pub(super) fn read_configuration(
        &mut self,
        argv: &[Field],
        launch: &Launch,
        format: &str,
        given: Option<&Field>,
        default_paths: &[String],
        further: &[Field],
    ) -> Plan {
        let paths: Vec<String> = match given.map(Field::known) {
            Some(Some(path)) => vec![path],
            Some(None) => return unknown(format!("which configuration `{}` reads", launch.name)),
            None => default_paths.to_vec(),
        };
        let directory = match &launch.directory {
            Some(directory) => absolute(&self.process().directory, directory),
            None => self.process().directory.to_string(),
        };
        let paths: Vec<String> = paths
            .iter()
            .map(|path| absolute(&directory, path))
            .collect();
        match format {
            "supervisord" => self.supervisord(launch, &paths),
            "circus" => self.circus(&paths),
            "s6-scandir" | "runit-scandir" => self.service_directories(launch, &paths, further),
            "s6-overlay" => self.s6_overlay(launch, &paths, further),
            "service-directory" => match paths.first() {
                Some(path) => match self.service(path) {
                    Ok(job) => vec![job].into(),
                    Err(missing) => Plan::Unknown(missing),
                },
                None => unknown(format!("which service `{}` runs", launch.name)),
            },
            "procfile" => self.procfile(launch, &paths, further),
            "makefile" => self.makefile(launch, &paths, further),
            "execline" => self.execlineb(argv),
            "pm2" => self.pm2(argv, &paths),
            _ => unknown(format!("what `{}` runs is not known", launch.name)),
        }
    }

    /// The first of the files that is there. One that only some command might have written gives way to
    /// a later one that the Dockerfile puts there.
    fn first_text(&mut self, paths: &[String]) -> Result<(String, Mapped), Missing> {
        let mut doubt = None;
        for path in paths {
            match self.text_of(path) {
                Ok(Some(text)) => return Ok((path.clone(), text)),
                Ok(None) => {}
                Err(missing) if self.is_put(path) => return Err(missing),
                Err(missing) => {
                    doubt.get_or_insert(missing);
                }
            }
        }
        if let Some(missing) = doubt {
            return Err(missing);
        }
        let text = match paths.first() {
            Some(path) => format!("`{path}` is not in the image"),
            None => "its configuration is not known".to_owned(),
        };
        Err(Missing {
            kind: "config",
            text,
            span: None,
        })
    }

    /// Whether an instruction is known to put a file there, or the start-up writes it.
    pub(super) fn is_put(&self, path: &str) -> bool {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let files = &self.machine.container.image.files;
        self.world.files.is_there(path) || files.put_in(directory).iter().any(|known| known == name)
    }
}

fn unknown(text: String) -> Plan {
    Plan::Unknown(Missing {
        kind: "config",
        text,
        span: None,
    })
}

fn supervised(jobs: Vec<Job>, name: &str) -> Plan {
    if jobs.is_empty() {
        return unknown(format!("which services `{name}` starts"));
    }
    Plan::Run(Run {
        jobs,
        supervises: true,
        ..Run::default()
    })
}

fn shell_words(text: &str) -> Vec<Field> {
    ["/bin/sh", "-c", text].iter().map(Field::text).collect()
}

/// Words with quotes and backslashes as Python's shlex splits them.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().push(letters.next()?),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_setting() {
        let words = split_words(r#"bash -c "exec app --x" '' a\ b"#);
        assert_eq!(
            words,
            Some(
                ["bash", "-c", "exec app --x", "", "a b"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
        assert_eq!(split_words("a 'b"), None);
    }
}
