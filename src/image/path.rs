//! Paths inside images and contexts: text with `/`, no disk.
//!
//! In: paths as written. Out: tidy ones: absolute paths begin with `/` and have no `.`, `..`, `//` or final
//! `/`; relative ones have no leading `/` either. Does not follow links.

/// An absolute path from a directory and a path that may be relative to it.
pub(crate) fn join(directory: &str, path: &str) -> String {
    let mut joined = String::with_capacity(directory.len() + path.len() + 2);
    if !path.starts_with('/') {
        add(&mut joined, directory);
    }
    add(&mut joined, path);
    absolute(joined)
}

/// A tidy absolute path.
pub(super) fn tidy(path: &str) -> String {
    let mut tidy = String::with_capacity(path.len() + 1);
    add(&mut tidy, path);
    absolute(tidy)
}

/// A tidy path relative to some root, which `..` does not leave. The root is the empty string.
pub(super) fn tidy_relative(path: &str) -> String {
    let mut tidy = String::with_capacity(path.len() + 1);
    add(&mut tidy, path);
    if !tidy.is_empty() {
        tidy.remove(0);
    }
    tidy
}

/// Goes on from a tidy absolute path, of which the root is the empty string.
fn add(here: &mut String, path: &str) {
    if is_tidy(path) {
        here.push_str(path);
        return;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => here.truncate(slash(here).unwrap_or(0)),
            part => {
                here.push('/');
                here.push_str(part);
            }
        }
    }
}

/// Whether an absolute path is as [`add`] would write it: no part of it is empty or begins with a dot.
fn is_tidy(path: &str) -> bool {
    let bytes = path.as_bytes();
    let [b'/', .., last] = bytes else {
        return false;
    };
    *last != b'/' && !bytes.windows(2).any(|pair| matches!(pair, b"//" | b"/."))
}

/// The last `/`. Names are short, so that looking at byte after byte is the fastest way.
fn slash(path: &str) -> Option<usize> {
    path.bytes().rposition(|byte| byte == b'/')
}

fn absolute(mut path: String) -> String {
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// The directory that holds a tidy path; `/` for itself.
pub(super) fn parent(path: &str) -> &str {
    match slash(path) {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    slash(path).map_or(path, |at| &path[at + 1..])
}

/// The rest of `path` below `directory`, both tidy and absolute: empty if they are the same, `None` if
/// it is not below.
pub(crate) fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    if directory == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(directory)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

/// Two relative parts put together; either may be empty.
pub(super) fn join_relative(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        _ => format!("{first}/{second}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(join("/app", "./x/../y/"), "/app/y");
        assert_eq!(join("/app", "/etc//x"), "/etc/x");
        assert_eq!(join("/", "../x"), "/x");
        assert_eq!(join("/app", ".."), "/");
        assert_eq!(join("/", "/"), "/");
        assert_eq!(join("/app", "/.hidden//x"), "/.hidden/x");
        assert_eq!(join("/a", ""), "/a");
        assert_eq!(name("/a/b//"), "b");
        assert_eq!(name("/"), "");
        assert_eq!(name("b"), "b");
        assert_eq!(tidy_relative("./a//b/../c/"), "a/c");
        assert_eq!(tidy_relative("../a/../.."), "");
        assert_eq!(parent("/a"), "/");
        assert_eq!(parent("/a/b"), "/a");
        assert_eq!(below("/a/b", "/a"), Some("b"));
        assert_eq!(below("/a", "/a"), Some(""));
        assert_eq!(below("/ab", "/a"), None);
        assert_eq!(below("/ab", "/"), Some("ab"));
    }
}
