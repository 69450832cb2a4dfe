//! Files that scripts have written.
//!
//! In: paths and texts. Out: what stands in a file now, as far as that is followed.

use std::collections::{BTreeMap, BTreeSet};

use super::value::Value;
use crate::image::below;

/// Files that scripts have written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Written {
    texts: BTreeMap<String, Value>,
    /// Those that may not be there: only some of the ways that were joined have written them.
    perhaps: BTreeSet<String>,
}

impl Written {
    /// What was written to a file, if anything was.
    pub(crate) fn text(&self, path: &str) -> Option<&Value> {
        self.texts.get(path)
    }

    /// Whether a file was written, and is there for sure.
    pub(crate) fn is_there(&self, path: &str) -> bool {
        self.texts.contains_key(path) && !self.perhaps.contains(path)
    }

    /// The paths of all.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// All, with what was written to them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text))
    }

    /// Writes a file anew.
    pub(crate) fn put(&mut self, path: String, text: Value) {
        self.perhaps.remove(&path);
        self.texts.insert(path, text);
    }

    /// Adds to a file that has been opened.
    pub(crate) fn append(&mut self, path: &str, text: &Value) {
        if let Some(known) = self.texts.get_mut(path) {
            return known.append(text);
        }
        self.put(path.to_owned(), text.clone());
    }

    /// Takes away what was written to the path and below it: what stands there then is for others to tell.
    pub(crate) fn remove(&mut self, path: &str) {
        let is_below = |known: &str| below(known, path.trim_end_matches('/')).is_some();
        self.texts.retain(|known, _| !is_below(known));
        self.perhaps.retain(|known| !is_below(known));
    }

    /// The paths at which two differ.
    pub(crate) fn differing(&self, other: &Written) -> BTreeSet<String> {
        let paths = self.texts.keys().chain(other.texts.keys());
        let differs = |path: &&String| {
            self.texts.get(*path) != other.texts.get(*path)
                || self.perhaps.contains(*path) != other.perhaps.contains(*path)
        };
        paths.filter(differs).cloned().collect()
    }

    /// What is left of a file that two ways do not agree on: its text may be anything, and if one of them has not
    /// written it, it may not be there.
    pub(crate) fn blur(&mut self, path: &str, text: Value, is_there: bool) {
        self.put(path.to_owned(), text);
        if !is_there {
            self.perhaps.insert(path.to_owned());
        }
    }

    /// What is known of one file, to be compared.
    pub(crate) fn at(&self, path: &str) -> (Option<&Value>, bool) {
        (self.text(path), self.is_there(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> Written {
        let mut written = Written::default();
        for (path, text) in files {
            written.put((*path).to_owned(), Value::text(text));
        }
        written
    }

    #[test]
    fn what_is_removed_is_written_no_more() {
        let mut files = written(&[("/run/a", "1"), ("/run/b/c", "2"), ("/run/bc", "3")]);
        files.remove("/run/b/");
        assert!(files.is_there("/run/a") && files.is_there("/run/bc"));
        assert_eq!(files.text("/run/b/c"), None);
        files.remove("/run/a");
        assert!(!files.is_there("/run/a"));
        files.remove("/");
        assert_eq!(files.paths().count(), 0);
    }

    #[test]
    fn a_file_of_some_ways_has_a_text_and_may_be_missing() {
        let mut files = written(&[("/run/a", "1")]);
        let other = written(&[("/run/a", "1"), ("/run/b", "2")]);
        let differing = files.differing(&other);
        assert_eq!(differing.into_iter().collect::<Vec<_>>(), ["/run/b"]);
        files.blur("/run/b", Value::unknown("$/run/b#1"), false);
        assert!(files.text("/run/b").is_some() && !files.is_there("/run/b"));
        files.append("/run/b", &Value::text("more"));
        assert!(!files.is_there("/run/b"));
        files.put("/run/b".to_owned(), Value::text("anew"));
        assert!(files.is_there("/run/b"));
    }
}
