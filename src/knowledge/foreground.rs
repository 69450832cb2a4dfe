//! How a server is started so that it is the process that gets the signal.
//!
//! In: what a program's entry says. Out: the same, as data. Writes no command line.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How a command line has to be changed so that the server stays in the foreground.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Foreground {
    /// Words behind the program's name.
    pub add: Vec<String>,
    /// The same by the name under which it was called, where programs that share an entry differ.
    pub add_for: BTreeMap<String, Vec<String>>,
    /// Words that send it into the background: they have to go.
    pub drop: Vec<String>,
    /// Words with those that have to take their place.
    pub replace: BTreeMap<String, String>,
    /// Words with which it finishes its work on SIGTERM, where it does not without them.
    pub stops: Vec<String>,
    /// The programs behind a start script, any of which takes the same words.
    pub direct: Vec<String>,
    /// By the family of the image's `/bin/sh`, or the name under which the start script was called: the command of a shell that
    /// does what the script does before its server, and runs it. It goes before `direct`.
    pub direct_for: BTreeMap<String, String>,
    /// Words that the command of `direct_for` says already. With any other one it is not the same.
    pub said: Vec<String>,
    /// For a program that starts services: by service, the command of a shell that runs its server.
    pub services: BTreeMap<String, String>,
}

impl Foreground {
    /// The words to put behind the program's name, called so.
    pub fn added(&self, name: &str) -> &[String] {
        self.add_for.get(name).unwrap_or(&self.add)
    }
}
