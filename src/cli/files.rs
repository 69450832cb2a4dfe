//! The doors of the command line itself: files that the user names for output, the environment, and git.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::source::{Disk, LARGEST_FILE, RealDisk, system_says};

/// A variable of the environment, if it is set and is text.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the door to the environment"
)]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The names of the variables of the environment that are text.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the door to the environment"
)]
pub(super) fn variables() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// The text of a file that the user names.
pub(super) fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|_| format!("{}: not valid UTF-8", shown(path)))
}

/// The bytes of a file that the user names. Unlike what a search finds it may be a pipe: `<(git ls-files)`.
#[allow(clippy::disallowed_methods, reason = "the user names the file")]
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{}: no such file", shown(path)),
        _ => because(path, &error),
    })?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| because(path, &error))?;
    match bytes.len() as u64 > LARGEST_FILE {
        true => Err(format!("{}: too large to read", shown(path))),
        false => Ok(bytes),
    }
}

/// The path of that name, which need not be text where the system does not ask for it.
pub(super) fn path(name: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(name))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(name).as_ref())
    }
}

/// Writes a file that the user asked for, in place of what was there.
#[allow(clippy::disallowed_methods, reason = "the user names the file")]
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| because(path, &error))
}

/// Adds to a file, as the summary of a GitHub step wants it.
#[allow(clippy::disallowed_methods, reason = "the runner names the file")]
pub(super) fn append(path: &Path, text: &str) -> Result<(), String> {
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| because(path, &error))
}

/// Why a file cannot be written, without the system's number for it.
fn because(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {}", shown(path), system_says(error))
}

/// A path as people write it, with `/`.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/")
}

/// The files that differ from where a branch left `revision`, those not yet added included; without links.
pub(super) fn changed_since(revision: &str, directory: &Path) -> Result<Vec<PathBuf>, String> {
    let top = git(directory, &["rev-parse", "--show-toplevel"])?;
    let top = path(top.trim_ascii_end());
    let top = RealDisk.canonical(&top).unwrap_or(top);
    let range = [
        "diff",
        "--name-only",
        "-z",
        "--merge-base",
        "--end-of-options",
        revision,
        "--",
    ];
    let changed = git(&top, &range)
        .map_err(|why| format!("{why}; a shallow clone may lack it: fetch its history first"))?;
    let untracked = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = changed.split(|byte| *byte == 0);
    let names = names.chain(untracked.split(|byte| *byte == 0));
    let names = names.filter(|name| !name.is_empty());
    Ok(names.map(|name| top.join(path(name))).collect())
}

#[allow(clippy::disallowed_methods, reason = "only git knows what changed")]
fn git(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "git is not there to ask".to_owned(),
            _ => format!("git: {error}"),
        })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it failed");
    Err(format!(
        "git: {}",
        said.strip_prefix("fatal: ").unwrap_or(said)
    ))
}
