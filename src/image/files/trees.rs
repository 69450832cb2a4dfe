//! Whose a directory is: every image's, or somebody's own.
//!
//! In: absolute paths. Out: what their first parts tell.

/// Whether the path is in a directory that every image may have: what is in it can come from anywhere.
pub(in crate::image) fn is_system(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
    matches!(
        first,
        "bin"
            | "boot"
            | "dev"
            | "etc"
            | "home"
            | "lib"
            | "lib32"
            | "lib64"
            | "libx32"
            | "media"
            | "mnt"
            | "opt"
            | "proc"
            | "root"
            | "run"
            | "sbin"
            | "srv"
            | "sys"
            | "tmp"
            | "usr"
            | "var"
            | "nix"
    )
}

/// Directories that every image has and in which people make their own.
const PARENTS_OF_TREES: [&str; 5] = ["/opt/", "/srv/", "/home/", "/mnt/", "/usr/src/"];

/// Whether a path is in a tree that belongs to somebody: `/app`, `/opt/x`, but not `/usr/bin`.
pub(in crate::image) fn is_own_tree(path: &str) -> bool {
    !is_system(path)
        || PARENTS_OF_TREES
            .iter()
            .any(|parent| path.starts_with(parent))
}

/// The directory that says whose a path is: `/app` for `/app/x/y`, but `/opt/x` for `/opt/x/y`,
/// because every image has `/opt`.
pub(in crate::image) fn root_of(path: &str) -> &str {
    let parent = PARENTS_OF_TREES
        .iter()
        .find(|parent| path.starts_with(**parent));
    let skip = parent.map_or(1, |parent| parent.len());
    match path.get(skip..).and_then(|rest| rest.find('/')) {
        Some(at) => &path[..skip + at],
        None => path,
    }
}
