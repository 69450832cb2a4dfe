//! From the stretches of a word to fields: splitting at `IFS`, braces and globs.

use std::rc::Rc;

use super::{Expansion, Segment, extended_piece};
use crate::boot::interpreter::pattern::{self, Stretch};
use crate::boot::standing::Standing;
use crate::boot::value::{Field, Piece, Value};
use crate::knowledge::Feature;
use crate::shell::{Part, Word};
use crate::source::Known;

impl Expansion<'_> {
    /// The words that `{a,b}` in literal text makes of one, where the shell has it; `None` for a word without.
    pub(super) fn braces(&self, word: &Word) -> Option<Vec<Word>> {
        let is_brace = |part: &Part| matches!(part, Part::Literal(text) if text.contains('{'));
        if !word.parts.iter().any(is_brace) || !self.shell.facts.has(Feature::Braces) {
            return None;
        }
        let mut done = Vec::new();
        let mut todo = vec![word.clone()];
        while let Some(word) = todo.pop() {
            let found = word
                .parts
                .iter()
                .enumerate()
                .find_map(|(index, part)| match part {
                    Part::Literal(text) => brace_alternatives(text).map(|found| (index, found)),
                    _ => None,
                });
            match found {
                Some((index, (before, alternatives, after))) if done.len() + todo.len() < 64 => {
                    for alternative in alternatives.into_iter().rev() {
                        let mut variant = word.clone();
                        variant.parts[index] =
                            Part::Literal(format!("{before}{alternative}{after}").into());
                        todo.push(variant);
                    }
                }
                _ => done.push(word),
            }
        }
        Some(done)
    }

    /// Splits segments at the characters of `IFS` and globs the fields.
    pub(super) fn split(&self, segments: Vec<Segment>, fields: &mut Vec<Field>) {
        let is_split = |segment: &Segment| matches!(segment, Segment::Text { split: true, .. });
        let ifs = match segments.iter().any(is_split) {
            true => self.lookup("IFS").and_then(|value| value.known()),
            false => None,
        };
        let ifs = ifs.unwrap_or(" \t\n".into());
        let mut current: Option<Field> = None;
        let mut globs = false;
        let mut only_settings = true;
        let finish = |current: &mut Option<Field>,
                      globs: &mut bool,
                      only_settings: &mut bool,
                      fields: &mut Vec<Field>| {
            if let Some(mut field) = current.take() {
                if *only_settings && !field.value.pieces().is_empty() {
                    field.open = true;
                }
                if *globs && !self.shell.options.noglob {
                    self.glob(field, fields);
                } else {
                    fields.push(field);
                }
            }
            *globs = false;
            *only_settings = true;
        };
        for segment in segments {
            match segment {
                Segment::Text {
                    text, quoted: true, ..
                } => {
                    let field = current.get_or_insert_default();
                    field.value.push(Piece::Text(text));
                    only_settings = false;
                }
                Segment::Text {
                    text, split: false, ..
                } => {
                    let text = if current.is_none() {
                        self.with_home(text)
                    } else {
                        text
                    };
                    globs |= is_glob(&text);
                    only_settings = false;
                    let field = current.get_or_insert_default();
                    field.value.push(Piece::Text(text));
                }
                Segment::Text { text, .. } if !text.contains(|c| ifs.contains(c)) => {
                    if !text.is_empty() {
                        globs |= is_glob(&text);
                        only_settings = false;
                        let field = current.get_or_insert_default();
                        field.value.push(Piece::Text(text));
                    }
                }
                Segment::Text { text, .. } => {
                    let mut rest: &str = &text;
                    loop {
                        let end = rest.find(|c| ifs.contains(c));
                        let part = &rest[..end.unwrap_or(rest.len())];
                        if !part.is_empty() {
                            globs |= is_glob(part);
                            only_settings = false;
                            current.get_or_insert_default().value.push_text(part);
                        }
                        let Some(end) = end else { break };
                        // Blanks with one other separator among them are one separator; any further one makes an
                        // empty field (POSIX, 2.6.5).
                        let separators = &rest[end..];
                        let behind = separators.trim_start_matches(|c| ifs.contains(c));
                        let others = separators[..separators.len() - behind.len()]
                            .chars()
                            .filter(|c| !matches!(c, ' ' | '\t' | '\n'))
                            .count();
                        let had_field = current.is_some();
                        finish(&mut current, &mut globs, &mut only_settings, fields);
                        let empty = others.saturating_sub(usize::from(had_field));
                        fields.extend(std::iter::repeat_n(Field::text(""), empty));
                        rest = behind;
                    }
                }
                Segment::Open { piece, quoted } => {
                    let field = current.get_or_insert_default();
                    if quoted {
                        only_settings = false;
                    } else if matches!(piece, Piece::Unknown(_)) {
                        only_settings = false;
                        field.open = true;
                    }
                    field.value.push(piece);
                }
                Segment::Extended(_) => {
                    only_settings = false;
                    current.get_or_insert_default().value.push(extended_piece());
                }
                Segment::Break => finish(&mut current, &mut globs, &mut only_settings, fields),
                Segment::Nothing => {}
                Segment::Several => {
                    finish(&mut current, &mut globs, &mut only_settings, fields);
                    fields.push(Field {
                        value: Value::unknown("several words"),
                        open: true,
                    });
                }
            }
        }
        finish(&mut current, &mut globs, &mut only_settings, fields);
    }

    /// A text whose leading `~` is the user's home.
    pub(super) fn with_home(&self, text: Rc<str>) -> Rc<str> {
        match self.home_in(&text) {
            Some(text) => text.into(),
            None => text,
        }
    }

    /// What a text with a tilde in front stands for: the user's home, or that of root.
    pub(super) fn home_in(&self, text: &str) -> Option<String> {
        let end = text.find('/').unwrap_or(text.len());
        let home = match &text[..end] {
            "~" => self.lookup("HOME").and_then(|value| value.known())?,
            "~root" => "/root".to_owned(),
            _ => return None,
        };
        Some(format!("{home}{}", &text[end..]))
    }

    /// Path names for an unquoted pattern; the pattern itself when none matches.
    pub(super) fn glob(&self, field: Field, fields: &mut Vec<Field>) {
        let Some(pattern) = field.value.certain() else {
            fields.push(field);
            return;
        };
        let (directory, name) = match pattern.rsplit_once('/') {
            Some((directory, name)) => (directory, name),
            None => ("", pattern.as_str()),
        };
        let unknown = Field {
            value: Value::unknown(&pattern),
            open: true,
        };
        if is_glob(directory) {
            fields.push(unknown);
            return;
        }
        let absolute = if directory.starts_with('/') || pattern.starts_with('/') {
            directory.to_owned()
        } else {
            format!("{}/{directory}", self.directory.trim_end_matches('/'))
        };
        let files = &self.machine.container.image.files;
        let own = self.machine.made_in(self.world, &absolute);
        let listed = match files.list(if absolute.is_empty() { "/" } else { &absolute }) {
            _ if own.is_whole => Known::Known(own.names.clone()),
            // What the Dockerfile puts there is there. Whatever else a command may have put beside it is taken to be
            // of no matter; where nothing is known of a directory, anything may stand in it.
            Known::Unknown(why) => match files.put_in(&absolute) {
                names if names.is_empty() => Known::Unknown(why),
                names => Known::Known(names),
            },
            known => known,
        };
        match listed {
            Known::Unknown(_) => fields.push(unknown),
            Known::Known(mut names) => {
                names.extend(own.names);
                names.sort();
                names.dedup();
                names.retain(|name| {
                    let path = format!("{absolute}/{name}");
                    self.machine.standing(self.world, &path) != Standing::Missing
                });
                let pieces = [Stretch::active(name)];
                let prefix = if pattern.contains('/') {
                    format!("{directory}/")
                } else {
                    String::new()
                };
                let matching = names.iter().filter(|known| {
                    (!known.starts_with('.') || name.starts_with('.'))
                        && pattern::matches(&pieces, known) == Some(true)
                });
                let found: Vec<Field> = matching
                    .map(|known| Field::text(format!("{prefix}{known}")))
                    .collect();
                if found.is_empty() && !self.shell.options.nullglob {
                    fields.push(field);
                } else {
                    fields.extend(found);
                }
            }
        }
    }
}

/// Whether unquoted text is a pattern for file names.
pub(in crate::boot::interpreter) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
        || text
            .split_once('[')
            .is_some_and(|(_, rest)| rest.contains(']'))
}

/// The first `{a,b}` of a literal: text before, the alternatives, text after.
pub(super) fn brace_alternatives(text: &str) -> Option<(String, Vec<String>, String)> {
    let (open, close) = braced(text)?;
    let inside = &text[open + 1..close];
    if let Some(numbers) = sequence(inside).or_else(|| letters(inside)) {
        return Some((
            text[..open].to_owned(),
            numbers,
            text[close + 1..].to_owned(),
        ));
    }
    let mut depth = 0u32;
    let alternatives = inside.split(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    let alternatives: Vec<String> = alternatives.map(str::to_owned).collect();
    if alternatives.len() < 2 {
        return None;
    }
    Some((
        text[..open].to_owned(),
        alternatives,
        text[close + 1..].to_owned(),
    ))
}

/// Where the first brace that is closed stands, and the one that closes it.
fn braced(text: &str) -> Option<(usize, usize)> {
    let open = text.find('{')?;
    let mut depth = 0u32;
    for (at, letter) in text[open..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((open, open + at));
        }
    }
    None
}

/// The letters of `{a..e}`.
fn letters(inside: &str) -> Option<Vec<String>> {
    let (first, last) = inside.split_once("..")?;
    let letter = |text: &str| {
        let mut letters = text.chars();
        let first = letters.next().filter(char::is_ascii_alphabetic)?;
        letters.next().is_none().then_some(first)
    };
    let (first, last) = (letter(first)?, letter(last)?);
    let all: Vec<char> = match first <= last {
        true => (first..=last).collect(),
        false => (last..=first).rev().collect(),
    };
    Some(all.into_iter().map(String::from).collect())
}

/// The numbers of `{1..5}` or `{1..9..2}`, unless there are very many or they are written with leading zeros.
fn sequence(inside: &str) -> Option<Vec<String>> {
    let mut parts = inside.split("..");
    let mut number = || {
        let text = parts.next()?;
        let number = text.parse::<i64>().ok()?;
        (number.to_string() == text).then_some(number)
    };
    let (first, last) = (number()?, number()?);
    let step = number().map_or(1, |step| step.unsigned_abs().max(1)) as usize;
    let count = first.abs_diff(last) / step as u64;
    if parts.next().is_some() || count >= 60 {
        return None;
    }
    let numbers: Vec<i64> = match first <= last {
        true => (first..=last).step_by(step).collect(),
        false => (last..=first).rev().step_by(step).collect(),
    };
    Some(
        numbers
            .into_iter()
            .map(|number| number.to_string())
            .collect(),
    )
}
