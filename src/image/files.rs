//! The view of an image's files.

use super::Found;
use crate::source::{Known, Why};

/// The files of an image, as far as they are known. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Files {}

impl Files {
    /// What stands at an absolute path; links are followed.
    pub fn look_up(&self, _path: &str) -> Found {
        Found::Unknown(Why::new("not known"))
    }

    /// The names in a directory, for globs; unknown when something else may have put files there.
    pub fn list(&self, _directory: &str) -> Known<Vec<String>> {
        Known::Unknown(Why::new("not known"))
    }
}
