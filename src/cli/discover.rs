//! Which files to look at: named ones as they are, directories searched as git would see them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::files::shown as show;
use super::settings::Exclusions;
use crate::source::{Disk, RealDisk, system_says};

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Where it is.
    pub(super) path: PathBuf,
    /// The path for reports: as given, with `/`.
    pub(super) shown: String,
    /// Whether the user named this very file; else a search found it.
    pub(super) named: bool,
}

/// The outcome of a search.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// The files, each once, in the order of the arguments, searched ones by name.
    pub(super) files: Vec<Candidate>,
    /// Named paths that cannot be looked at, with the reason.
    pub(super) unusable: Vec<(String, String)>,
    /// Directories without a Dockerfile.
    pub(super) empty: Vec<String>,
}

/// Finds the files that the arguments stand for. `-` is kept as it is.
#[allow(
    clippy::disallowed_methods,
    reason = "searching is the command line's own work; the files are read through `Disk`"
)]
pub(super) fn discover(paths: &[PathBuf], exclusions: &Exclusions) -> Discovery {
    let mut discovery = Discovery::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            add(&mut discovery, &mut seen, path, true);
            continue;
        }
        match std::fs::metadata(path) {
            Err(error) => {
                let reason = match error.kind() {
                    std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
                    _ => system_says(&error),
                };
                discovery.unusable.push((show(path), reason));
            }
            Ok(meta) if meta.is_dir() => search(path, exclusions, &mut discovery, &mut seen),
            Ok(_) => add(&mut discovery, &mut seen, path, true),
        }
    }
    discovery
}

fn search(
    directory: &Path,
    exclusions: &Exclusions,
    discovery: &mut Discovery,
    seen: &mut BTreeSet<PathBuf>,
) {
    let top = match exclusions.is_empty() {
        true => None,
        false => RealDisk.canonical(directory),
    };
    let is_excluded = |path: &Path, is_directory: bool| {
        let inside = path.strip_prefix(directory).ok();
        let absolute = top
            .as_ref()
            .zip(inside)
            .map(|(top, inside)| top.join(inside));
        absolute.is_some_and(|path| exclusions.covers(&path, is_directory))
    };
    let before = discovery.files.len();
    let mut any = false;
    // Hidden directories are searched, because `.devcontainer/Dockerfile` is one; `.git` is not.
    let walk = WalkBuilder::new(directory)
        .hidden(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_name(Ord::cmp)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let (place, reason) = told(&error, directory);
                discovery.unusable.push((show(place), reason));
                any = true;
                continue;
            }
        };
        let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
        if is_excluded(entry.path(), !is_file) {
            continue;
        }
        if is_file && is_dockerfile_name(&entry.file_name().to_string_lossy()) {
            any = true;
            add(discovery, seen, entry.path(), false);
        }
    }
    if !any && discovery.files.len() == before {
        discovery.empty.push(show(directory));
    }
}

/// Where a search could not go on, and what the system said.
fn told<'a>(error: &'a ignore::Error, directory: &'a Path) -> (&'a Path, String) {
    let (mut error, mut place) = (error, directory);
    loop {
        error = match error {
            ignore::Error::WithPath { path, err } => {
                place = path.strip_prefix(".").unwrap_or(path);
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            ignore::Error::Io(io) => {
                // The walker wraps what the system said into a sentence of its own.
                let inner = std::error::Error::source(io).map(ToString::to_string);
                let text = inner.unwrap_or_else(|| io.to_string());
                return (place, system_says(&std::io::Error::other(text)));
            }
            other => return (place, other.to_string()),
        };
    }
}

fn add(discovery: &mut Discovery, seen: &mut BTreeSet<PathBuf>, path: &Path, named: bool) {
    let path: PathBuf = match path.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path.to_owned(),
    };
    if seen.insert(path.clone()) {
        discovery.files.push(Candidate {
            shown: show(&path),
            path,
            named,
        });
    }
}

/// Endings of files that make Dockerfiles, keep old ones, or go with one.
const NOT_DOCKERFILES: [&str; 17] = [
    "bak",
    "dockerignore",
    "erb",
    "hbs",
    "in",
    "j2",
    "jinja",
    "jinja2",
    "lock",
    "md",
    "mustache",
    "orig",
    "rej",
    "swp",
    "template",
    "tmpl",
    "tpl",
];

/// Whether a file of that name is a Dockerfile: `Dockerfile`, `Containerfile`, `Dockerfile.prod`,
/// `web.Dockerfile`; not a template, a backup or an ignore file of one.
fn is_dockerfile_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if let Some((_, ending)) = lower.rsplit_once('.')
        && NOT_DOCKERFILES.contains(&ending)
    {
        return false;
    }
    if lower.ends_with('~') {
        return false;
    }
    ["dockerfile", "containerfile"].iter().any(|word| {
        let before = lower.strip_suffix(word);
        let after = lower.strip_prefix(word);
        before.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            || after.is_some_and(|rest| rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "dockerfile",
            "Containerfile",
            "Dockerfile.prod",
            "Containerfile.arm64",
            "web.Dockerfile",
            "api.dockerfile",
        ] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "Dockerfile.md",
            "Dockerfile~",
            "Dockerfile.prod.bak",
            "MyDockerfile",
            "Dockerfiles",
            "docker-compose.yml",
        ] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
    }
}
