//! `sed` with one substitution.

use crate::boot::expression::{compile, extended};

/// `sed s/A/B/` and `sed s/A/B/g`.
pub(super) fn substitute(words: &[String], text: &str) -> Option<String> {
    let (is_extended, script) = match words {
        [script] => (false, script),
        [option, script] if matches!(option.as_str(), "-e" | "-E" | "-r") => {
            (option != "-e", script)
        }
        _ => return None,
    };
    let rest = script.strip_prefix('s')?;
    let separator = rest.chars().next().filter(|c| !c.is_alphanumeric())?;
    let parts: Vec<&str> = rest[separator.len_utf8()..].split(separator).collect();
    let [pattern, replacement, flags @ ("" | "g")] = parts.as_slice() else {
        return None;
    };
    if replacement.contains(['\\', '&']) || pattern.ends_with('\\') {
        return None;
    }
    let expression = match is_extended {
        true => (*pattern).to_owned(),
        false => extended(pattern),
    };
    let compiled = compile(&expression, false)?;
    let line = |line: &str| {
        let limit = usize::from(flags.is_empty());
        let done = compiled.replacen(line, limit, regex::NoExpand(replacement));
        format!("{done}\n")
    };
    Some(text.lines().map(line).collect())
}
