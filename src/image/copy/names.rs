//! What the names of sources tell: remote files, repositories, archives, build outputs.
//!
//! In: a source as written. Out: what it is. Looks nothing up.

use super::super::path;

/// The path that `--parents` keeps: what follows `/./` if that is written, else the whole source.
pub(super) fn kept_parents(source: &str, written: &str) -> String {
    match written.find("/./") {
        Some(at) => {
            let pivot = path::tidy_relative(&written[..at]);
            let rest = source.strip_prefix(&pivot).unwrap_or(source);
            rest.trim_start_matches('/').to_owned()
        }
        None => source.to_owned(),
    }
}

/// Where `go install` and `cargo build` leave native programs, and nothing else.
pub(super) fn is_build_output(path: &str) -> bool {
    let directory = path::parent(path);
    let is_cargo = directory.ends_with("/release") && directory.contains("/target/");
    let name = path::name(path);
    !name.contains('.')
        && (is_cargo
            || matches!(
                directory,
                "/go/bin" | "/usr/local/cargo/bin" | "/root/.cargo/bin"
            ))
}

pub(super) fn is_remote(source: &str) -> bool {
    let schemes = ["http://", "https://", "git://", "ssh://", "git@", "ftp://"];
    schemes.iter().any(|scheme| source.starts_with(scheme))
}

pub(super) fn is_repository(url: &str) -> bool {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    url.starts_with("git") || url.starts_with("ssh://") || url[..end].ends_with(".git")
}

/// Archives that ADD unpacks, by their names (the build looks at their first bytes).
pub(super) fn is_archive(source: &str) -> bool {
    let endings = [
        ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.zst",
        ".gz", ".bz2", ".xz",
    ];
    let source = source.to_ascii_lowercase();
    endings.iter().any(|ending| source.ends_with(ending))
}
