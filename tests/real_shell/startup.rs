//! One start-up: what becomes PID 1, with which files beside it, and which signal stops it.
//! In: cases written by hand or generated. Out: the argv and files of the namespace and of the Dockerfile, which are
//! the same by construction. Does not run or judge anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The shell that is `/bin/sh` of the start-up; `bash` is `/bin/bash`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shell {
    Dash,
    Bash,
    BashAsSh,
    Ash,
}

impl Shell {
    pub(crate) const ALL: [Shell; 4] = [Shell::Dash, Shell::Bash, Shell::BashAsSh, Shell::Ash];

    /// The word used in case files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Shell::Dash => "dash",
            Shell::Bash => "bash",
            Shell::BashAsSh => "bash-as-sh",
            Shell::Ash => "ash",
        }
    }

    /// A base image whose shell is this one.
    pub(crate) fn image(self) -> &'static str {
        match self {
            Shell::Dash => "debian:12-slim",
            Shell::Bash | Shell::BashAsSh => "fedora:40",
            Shell::Ash => "alpine:3.20",
        }
    }

    /// How a start-up calls it, in the image and in the namespace.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Shell::Bash => "/bin/bash",
            Shell::Dash | Shell::BashAsSh | Shell::Ash => "/bin/sh",
        }
    }

    /// The program on this machine that stands at `/bin/sh` in the namespace.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Shell::Dash => "dash",
            Shell::Bash | Shell::BashAsSh => "bash",
            Shell::Ash => "busybox",
        }
    }
}

/// How the script becomes PID 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// `SHELL -c SCRIPT ARGS…`
    C,
    /// `SHELL entry.sh ARGS…`
    #[default]
    File,
    /// `entry.sh ARGS…`, where the first line of the script is `#!SHEBANG`.
    Shebang,
    /// `argv` as it is written; scripts are among the files.
    Argv,
}

/// One start-up under one shell. Its JSON form is one line of an export.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Startup {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) shell: Option<Shell>,
    pub(crate) mode: Mode,
    /// `{SH}` in it, in `argv`, `shebang` and `files` stands for the path of the shell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) script: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) shebang: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) argv: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) args: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) files: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<String, String>,
    /// Without `SIG`; empty means `TERM`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) signal: String,
    /// From the signal to SIGKILL, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grace_s: Option<f64>,
    /// From the signal to the end of the application that finishes its work, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finish_s: Option<f64>,
    /// The application ends by itself, after so many milliseconds with that status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) life: Option<(u32, u8)>,
    /// Whether the files may not be run.
    #[serde(default, skip)]
    pub(crate) is_plain: bool,
}

/// The directory of the start-up's files, working directory of PID 1.
pub(crate) const WORK: &str = "/srv";

impl Startup {
    /// The shell; start-ups without one (an init straight in front of the application) run on Debian.
    pub(crate) fn shell(&self) -> Shell {
        self.shell.unwrap_or(Shell::Dash)
    }

    /// The stop signal's name without `SIG`.
    pub(crate) fn signal(&self) -> &str {
        if self.signal.is_empty() {
            "TERM"
        } else {
            &self.signal
        }
    }

    /// What ENTRYPOINT says.
    pub(crate) fn entrypoint(&self) -> Vec<String> {
        let shell = self.shell().path().to_owned();
        let entry = format!("{WORK}/entry.sh");
        match self.mode {
            Mode::C => vec![shell, "-c".to_owned(), self.fill(&self.script)],
            Mode::File => vec![shell, entry],
            Mode::Shebang => vec![entry],
            Mode::Argv => self.argv.iter().map(|word| self.fill(word)).collect(),
        }
    }

    /// The argv of PID 1.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = self.entrypoint();
        words.extend(self.args.iter().map(|word| self.fill(word)));
        words
    }

    /// Every file of the working directory, by name.
    pub(crate) fn all_files(&self) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> = self
            .files
            .iter()
            .map(|(name, text)| (name.clone(), self.fill(text)))
            .collect();
        let script = self.fill(&self.script);
        match self.mode {
            Mode::File => drop(files.insert("entry.sh".to_owned(), script)),
            Mode::Shebang => {
                let first = self.fill(&self.shebang);
                files.insert("entry.sh".to_owned(), format!("#!{first}\n{script}"));
            }
            Mode::C | Mode::Argv => {}
        }
        files
    }

    /// The programs beside the shell that must be on this machine.
    pub(crate) fn tools(&self) -> Vec<&'static str> {
        let mut text = self.words().join(" ");
        for file in self.all_files().values() {
            text.push('\n');
            text.push_str(file);
        }
        [
            "tini",
            "dumb-init",
            "catatonit",
            "gosu",
            "setpriv",
            "setsid",
            "su",
            "npm",
            "supervisord",
            "s6-svscan",
        ]
        .into_iter()
        .filter(|tool| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
                .any(|word| word == *tool)
        })
        .collect()
    }

    /// How long its application may take to come up, in milliseconds, where that is longer than usual.
    pub(crate) fn start_ms(&self) -> Option<u32> {
        let slow = ["npm", "supervisord"];
        self.tools()
            .iter()
            .any(|tool| slow.contains(tool))
            .then_some(20_000)
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{SH}", self.shell().path())
    }
}
