//! The compiled-in entries and their index.
//!
//! In: a name. Out: the entries with that name, parsed once and only when asked for. Knows nothing
//! of what stands in an entry.

use std::sync::OnceLock;

use serde::Deserialize;

use super::bucket::{BUCKETS, bucket};

include!(concat!(env!("OUT_DIR"), "/knowledge_index.rs"));

/// The names of the entries of a table, sorted by their buckets.
struct Names {
    /// All of them, one behind the other.
    text: &'static str,
    /// For each where it begins and ends in the text, and where the numbers of its entries do.
    at: &'static [(u32, u32, u32, u32)],
    /// For each bucket the number of its first name, and one more.
    buckets: &'static [u16; BUCKETS + 1],
    /// Numbers of entries.
    entries: &'static [u32],
}

impl Names {
    fn text_of(&self, (start, end, ..): (u32, u32, u32, u32)) -> &'static str {
        &self.text[start as usize..end as usize]
    }

    /// The numbers of the entries of that name.
    fn find(&self, name: &str) -> &'static [u32] {
        let bucket = bucket(name);
        let [first, end] = [self.buckets[bucket], self.buckets[bucket + 1]];
        let mut places = self.at[usize::from(first)..usize::from(end)].iter();
        let place = places.find(|known| self.text_of(**known) == name);
        place.map_or(&[], |(_, _, first, end)| {
            &self.entries[*first as usize..*end as usize]
        })
    }

    fn all(&'static self) -> impl Iterator<Item = &'static str> {
        self.at.iter().map(|known| self.text_of(*known))
    }
}

/// A table of one kind of entries.
pub(super) struct Table<T: 'static> {
    texts: &'static [&'static str],
    names: &'static Names,
    /// What stands in the entries that were asked for; boxed, for most never are.
    parsed: &'static [OnceLock<Box<Result<T, String>>>],
    /// The user's own entries, which go before.
    own: &'static OnceLock<Vec<T>>,
}

macro_rules! table {
    ($name:ident, $entry:ty, $texts:ident, $names:ident) => {
        pub(super) fn $name() -> Table<$entry> {
            static PARSED: [OnceLock<Box<Result<$entry, String>>>; $texts.len()] =
                [const { OnceLock::new() }; $texts.len()];
            static OWN: OnceLock<Vec<$entry>> = OnceLock::new();
            Table {
                texts: &$texts,
                names: &$names,
                parsed: &PARSED,
                own: &OWN,
            }
        }
    };
}

table!(
    launchers,
    super::launchers::Entry,
    LAUNCHER_TEXTS,
    LAUNCHER_NAMES
);
table!(
    programs,
    super::programs::Entry,
    PROGRAM_TEXTS,
    PROGRAM_NAMES
);
table!(images, super::images::Entry, IMAGE_TEXTS, IMAGE_NAMES);
table!(
    packages,
    super::packages::Entry,
    PACKAGE_TEXTS,
    PACKAGE_NAMES
);

/// What every entry has.
pub(super) trait Named {
    /// Its names.
    fn names(&self) -> &[String];
}

macro_rules! named {
    ($($entry:ty),*) => {$(
        impl Named for $entry {
            fn names(&self) -> &[String] {
                &self.names
            }
        }
    )*};
}

named!(
    super::launchers::Entry,
    super::programs::Entry,
    super::images::Entry,
    super::packages::Entry
);

/// Takes a user's own entries, from a text as in `grammars/`: `[[launcher]]`, `[[program]]`,
/// `[[image]]`, `[[package]]`. They go before the tables' own of the same name. Only the first call
/// counts, and it must come before any look-up. Answers what is wrong with the text; then nothing
/// of it is taken.
pub fn extend(text: &str) -> Result<(), String> {
    let own = own(text)?;
    // A second call finds the cells full, which is what the documentation says.
    let _ = launchers().own.set(own.launcher);
    let _ = programs().own.set(own.program);
    let _ = images().own.set(own.image);
    let _ = packages().own.set(own.package);
    Ok(())
}

/// What [`extend`] would say of a text; nothing is taken.
pub fn check_own(text: &str) -> Result<(), String> {
    own(text).map(|_| ())
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Own {
    launcher: Vec<super::launchers::Entry>,
    program: Vec<super::programs::Entry>,
    image: Vec<super::images::Entry>,
    package: Vec<super::packages::Entry>,
}

fn own(text: &str) -> Result<Own, String> {
    let own: Own = toml::from_str(text).map_err(|why| why.message().to_owned())?;
    let problems: Vec<String> = own
        .launcher
        .iter()
        .flat_map(super::launchers::Entry::problems)
        .chain(
            own.program
                .iter()
                .flat_map(super::programs::Entry::problems),
        )
        .collect();
    match problems.is_empty() {
        true => Ok(own),
        false => Err(problems.join("; ")),
    }
}

impl<T: Named + for<'de> Deserialize<'de> + Send + Sync> Table<T> {
    /// The entries with that name, in the order of the files, the user's first. An entry that does
    /// not parse is left out; [`Table::problems`] reports it.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &'static T> + use<T> {
        let indices = self.names.find(name);
        let (texts, parsed) = (self.texts, self.parsed);
        let own: Vec<&'static T> = self
            .own()
            .filter(|entry| entry.names().iter().any(|known| known == name))
            .collect();
        own.into_iter().chain(
            indices
                .iter()
                .map(|&at| at as usize)
                .filter_map(move |at| read(&parsed[at], texts[at])),
        )
    }

    /// Every entry.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static T> + use<T> {
        let (texts, parsed) = (self.texts, self.parsed);
        self.own()
            .chain((0..texts.len()).filter_map(move |at| read(&parsed[at], texts[at])))
    }

    fn own(&self) -> impl Iterator<Item = &'static T> + use<T> {
        self.own.get().map(Vec::as_slice).unwrap_or_default().iter()
    }

    /// Every name.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<T> {
        self.names.all()
    }

    /// What keeps entries from being read.
    pub(super) fn problems(&self) -> Vec<String> {
        self.texts
            .iter()
            .filter_map(|text| parse::<T>(text).err().map(|why| format!("{why}: {text}")))
            .collect()
    }
}

/// What stands in an entry, which is read when it is asked for.
fn read<T: for<'de> Deserialize<'de>>(
    parsed: &'static OnceLock<Box<Result<T, String>>>,
    text: &str,
) -> Option<&'static T> {
    let entry = parsed.get_or_init(|| Box::new(parse(text)));
    entry.as_ref().as_ref().ok()
}

/// Reads one entry, which the build script has made JSON of.
fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|why| why.to_string())
}
