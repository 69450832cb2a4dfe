//! A setting of a program's configuration with which a signal lets it finish its work.
//!
//! In: a command line, what the tables know of the setting, and the files of the image. Out: whether it is set,
//! and where it would be. Files that only the start-up writes are not looked at.

use crate::boot::interpreter::absolute;
use crate::boot::settings;
use crate::image::{Content, File, Files, Found};
use crate::knowledge::{Program, StopSetting};
use crate::source::{Mapped, Span};

/// Where a program's setting is looked for.
#[derive(Clone, Debug)]
pub struct SettingPlace {
    /// Whether it is set already; `None` if a file that may set it is not known.
    pub is_set: Option<bool>,
    /// The program's main configuration file in the image.
    pub file: String,
    /// Its text, if that is at hand.
    pub text: Option<Mapped>,
    /// Whether that file is known to be there: an option names it, or an instruction puts it there.
    pub is_there: bool,
}

/// Looks for the setting of a program that is started with those words; `None` where its configuration is not known.
pub fn stop_setting(
    files: &Files,
    directory: &str,
    words: &[Option<&str>],
    setting: &StopSetting,
) -> Option<SettingPlace> {
    let given = option(words, &setting.options)?;
    let paths = match given {
        Some(path) => vec![absolute(directory, path)],
        None => setting.paths.clone(),
    };
    let is_file = |path: &&String| matches!(files.look_up(path), Found::File(_));
    let found = paths.iter().find(is_file);
    let file = found.or(paths.first())?.clone();
    let mut is_set = false;
    let mut is_open = !files.has_known_base() || (given.is_some() && found.is_none());
    let mut place = SettingPlace {
        is_set: None,
        text: None,
        is_there: found.is_some() || given.is_some(),
        file,
    };
    let mut included: Vec<String> = setting.included.values().cloned().collect();
    if let Found::File(main) = files.look_up(&place.file) {
        is_set = sets(files, &main, setting);
        is_open |= is_brought_unseen(&main);
        if let Content::Text(text) = main.content {
            included = includes(&text);
            place.text = Some(text);
        }
    }
    for path in included.iter().flat_map(|pattern| matching(files, pattern)) {
        match files.look_up(&path) {
            Found::File(file) => {
                is_set |= sets(files, &file, setting);
                is_open |= is_brought_unseen(&file);
            }
            Found::Unknown(why) => is_open |= why.span.as_ref().is_some_and(is_copied),
            Found::Absent | Found::Directory => {}
        }
    }
    place.is_set = match (is_set, is_open) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    };
    Some(place)
}

/// A program, with a setting of its configuration that lets it finish.
pub fn with_setting(
    files: &Files,
    directory: &str,
    words: &[Option<&str>],
    mut program: Program,
) -> Program {
    if let Some(setting) = &program.stop_setting {
        let place = stop_setting(files, directory, words, setting);
        match place.map(|place| place.is_set) {
            Some(Some(true)) => program.let_finish(),
            Some(Some(false)) => {}
            Some(None) | None => program.leave_open(),
        }
    }
    program
}

/// The value of the last of some options: `Some(None)` if none is given, `None` if it is not known.
fn option<'w>(words: &[Option<&'w str>], options: &[String]) -> Option<Option<&'w str>> {
    let mut value = None;
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word else {
            continue;
        };
        for option in options {
            match word.strip_prefix(option.as_str()) {
                Some("") => value = Some((*words.get(at + 1)?)?),
                Some(rest) if rest.starts_with('=') => value = Some(&rest[1..]),
                _ => {}
            }
        }
    }
    Some(value)
}

/// Whether an instruction copies a file that is not at hand.
fn is_brought_unseen(file: &File) -> bool {
    matches!(file.content, Content::Unknown(_)) && file.origin.as_ref().is_some_and(is_copied)
}

fn is_copied(instruction: &Span) -> bool {
    !instruction.text().trim_start().starts_with("RUN")
}

/// Whether a file sets it.
fn sets(files: &Files, file: &File, setting: &StopSetting) -> bool {
    let in_text = |text: &Mapped| match &setting.section {
        Some(section) => settings::ini(text)
            .iter()
            .filter(|own| own.name == *section)
            .filter_map(|own| own.get(&setting.name))
            .any(|value| setting.is_enough(value)),
        None => {
            let lines = text.text().lines();
            let parts = lines.filter_map(|line| setting.parts(line));
            let mut values = parts.filter(|(name, _)| *name == setting.name);
            values.any(|(_, value)| setting.is_enough(value))
        }
    };
    if let Content::Text(text) = &file.content {
        return in_text(text);
    }
    // A RUN that writes the setting into a file which is not known.
    let is_written = file.origin.as_ref().is_some_and(|origin| {
        let text = origin.text();
        let mut places = text.match_indices(setting.name.as_str());
        places.any(|(at, name)| {
            let is_comment = text[..at].trim_end_matches(' ').ends_with([';', '#']);
            let value = text[at + name.len()..].trim_start_matches([' ', '=']);
            let end = value.find(['\'', '"', '\\', '/', '|', '&']);
            !is_comment && setting.is_enough(value[..end.unwrap_or(value.len())].trim())
        })
    });
    is_written || files.appended_to(&file.path).iter().any(in_text)
}

/// The patterns that a configuration includes. Relative ones are relative to where PHP is installed.
fn includes(text: &Mapped) -> Vec<String> {
    let lines = text.text().lines();
    let patterns = lines.filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "include").then(|| value.trim().trim_matches('"'))
    });
    patterns
        .map(|pattern| absolute("/usr/local", pattern))
        .collect()
}

/// The files that an instruction puts where a pattern with `*` in its last part matches.
fn matching(files: &Files, pattern: &str) -> Vec<String> {
    let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let Some((before, after)) = name.split_once('*') else {
        return vec![pattern.to_owned()];
    };
    let names = files.put_in(directory).into_iter();
    let fits = |name: &String| name.starts_with(before) && name.ends_with(after);
    names
        .filter(fits)
        .map(|name| format!("{directory}/{name}"))
        .collect()
}
