//! Asks pidone about start-ups and sets its answers against what was measured.
//! In: start-ups with measurements. Out: one [`Answer`] for each. Does not decide which disagreements are accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::sandbox::{Measured, Word};
use crate::startup::{Startup, WORK};

/// How an answer compares with the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Every path and the target have the measured verdict.
    Exact,
    /// Some path is `graceful`, the measurement is not: the worst defect.
    FalseOk,
    /// It says that it cannot tell.
    Unknown,
    /// Several verdicts, the measured one among them, although every input is given.
    Several,
    /// Measured graceful, answered otherwise.
    Alarm,
    /// Neither is graceful, and they differ.
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Kind::Exact => "exact",
            Kind::FalseOk => "FALSE-OK",
            Kind::Unknown => "unknown",
            Kind::Several => "several",
            Kind::Alarm => "alarm",
            Kind::Other => "other",
        })
    }
}

/// pidone's answer to one start-up.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) kind: Kind,
    /// The verdicts of its paths, joined with `/`.
    pub(crate) predicted: String,
    /// What each graceful path rests on.
    pub(crate) claims: Vec<Claim>,
    /// Whether the first process of the tree is the application exactly where it was measured to be.
    pub(crate) is_pid1_right: bool,
}

/// What a graceful path says that it rests on.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// The program that it takes for the application.
    pub(crate) application: Option<String>,
    /// Whether a command of the application's program is assumed to end by itself.
    pub(crate) ends_before: bool,
}

#[derive(Deserialize)]
struct Trace {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    file: String,
    verdict: String,
    paths: Vec<TracePath>,
}

#[derive(Deserialize)]
struct TracePath {
    verdict: String,
    processes: Option<Process>,
    assumptions: Vec<Assumption>,
}

#[derive(Deserialize)]
struct Assumption {
    kind: String,
    subject: String,
}

#[derive(Deserialize)]
struct Process {
    argv: Option<Vec<Option<String>>>,
}

/// Asks about all of them in one run of pidone. `directory` is made and removed.
pub(crate) fn ask(startups: &[Startup], measured: &[Measured], directory: &Path) -> Vec<Answer> {
    // What an earlier run left behind; it may not exist.
    let _ = fs::remove_dir_all(directory);
    fs::create_dir_all(directory).expect("a place for the start-ups");
    for (index, startup) in startups.iter().enumerate() {
        write_context(startup, &directory.join(format!("{index:06}")));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_pidone"))
        .args(["trace", "--format", "json"])
        .arg(directory)
        .output()
        .expect("pidone starts");
    let trace: Trace = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "no trace from pidone ({}): {error}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    });
    fs::remove_dir_all(directory).expect("the directory was just written");
    let targets: BTreeMap<usize, &Target> = trace
        .targets
        .iter()
        .filter_map(|target| Some((index_of(&target.file)?, target)))
        .collect();
    measured
        .iter()
        .enumerate()
        .map(|(index, measured)| judge(targets.get(&index).copied(), *measured))
        .collect()
}

/// The number of the directory that a Dockerfile is in.
fn index_of(file: &str) -> Option<usize> {
    file.strip_suffix("/Dockerfile")?
        .rsplit('/')
        .next()?
        .parse()
        .ok()
}

/// Writes the start-up as a Dockerfile with its files.
fn write_context(startup: &Startup, directory: &Path) {
    let put = |name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("a name inside the directory"))
            .expect("a fresh directory");
        fs::write(&path, bytes).expect("a fresh file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an own file");
    };
    for (name, text) in startup.all_files() {
        put(&format!("files/{name}"), text.as_bytes());
    }
    fs::create_dir_all(directory.join("files")).expect("a fresh directory");
    for name in ["app", "app2", "worker"] {
        // The head of a native program: 64 bits, little-endian.
        put(
            &format!("bin/{name}"),
            &[&b"\x7fELF\x02\x01\x01"[..], &[0; 57]].concat(),
        );
    }
    let mut text = format!(
        "FROM {}\nRUN ./install-the-tools-under-test\nWORKDIR {WORK}\nCOPY files/ {WORK}/\nCOPY bin/ /usr/local/bin/\n",
        startup.shell().image()
    );
    for (name, value) in &startup.env {
        writeln!(text, "ENV {name}={}", json(value)).expect("a string takes all");
    }
    if startup.signal() != "TERM" {
        writeln!(text, "STOPSIGNAL SIG{}", startup.signal()).expect("a string takes all");
    }
    writeln!(text, "ENTRYPOINT {}", json(&startup.entrypoint())).expect("a string takes all");
    if !startup.args.is_empty() {
        let args = &startup.words()[startup.entrypoint().len()..];
        writeln!(text, "CMD {}", json(args)).expect("a string takes all");
    }
    put("Dockerfile", text.as_bytes());
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("strings are JSON")
}

fn judge(target: Option<&Target>, measured: Measured) -> Answer {
    let Some(target) = target else {
        return Answer {
            kind: Kind::Unknown,
            predicted: "nothing".to_owned(),
            claims: Vec::new(),
            is_pid1_right: false,
        };
    };
    // A run cannot tell `exits` from `fails`.
    let plain = |word: &str| {
        if word == "exits" {
            "fails".to_owned()
        } else {
            word.to_owned()
        }
    };
    let want = measured.verdict.to_string();
    let whole = plain(&target.verdict);
    let mut paths: BTreeSet<String> = target
        .paths
        .iter()
        .map(|path| plain(&path.verdict))
        .collect();
    if paths.is_empty() {
        paths.insert(whole.clone());
    }
    let claims_graceful = whole == "graceful" || paths.contains("graceful");
    let kind = if measured.verdict != Word::Graceful && claims_graceful {
        Kind::FalseOk
    } else if whole == want && paths.len() == 1 && paths.contains(&want) {
        Kind::Exact
    } else if paths.contains("unknown") {
        Kind::Unknown
    } else if paths.contains(&want) {
        Kind::Several
    } else if measured.verdict == Word::Graceful {
        Kind::Alarm
    } else {
        Kind::Other
    };
    let app_is_first = target.paths.iter().any(|path| {
        let argv = path
            .processes
            .as_ref()
            .and_then(|process| process.argv.as_ref());
        let name = argv
            .and_then(|argv| argv.first())
            .and_then(|word| word.as_deref()?.rsplit('/').next());
        name.is_some_and(|name| ["app", "app2", "worker"].contains(&name))
    });
    let graceful = target
        .paths
        .iter()
        .filter(|path| path.verdict == "graceful");
    let claims = graceful.map(|path| {
        let of_kind = |kind: &str| path.assumptions.iter().find(|one| one.kind == kind);
        let application = of_kind("program-handles").map(|one| one.subject.clone());
        Claim {
            application,
            ends_before: of_kind("ends-before").is_some(),
        }
    });
    let claims = claims.collect();
    let predicted = paths.into_iter().collect::<Vec<_>>().join("/");
    Answer {
        kind,
        predicted,
        claims,
        is_pid1_right: app_is_first == measured.app_is_pid1,
    }
}
