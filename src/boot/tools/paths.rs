//! The parts of a path: `basename` and `dirname`.

/// The last part of a path, without the suffix if something is left then.
pub(super) fn base_name(path: &str, suffix: Option<&str>) -> String {
    let trimmed = path.trim_end_matches('/');
    let base = trimmed.rsplit('/').next().unwrap_or_default();
    let without = suffix.filter(|suffix| base != *suffix);
    let without = without.and_then(|suffix| base.strip_suffix(suffix));
    without.unwrap_or(base).to_owned()
}

/// A path without its last part.
pub(super) fn directory_name(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory,
        None => ".",
    }
}
