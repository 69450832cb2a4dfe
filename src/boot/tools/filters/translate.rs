//! `tr`: characters for characters.

/// The text with other characters, or with `-d` without some.
pub(super) fn translate(words: &[String], text: &str) -> Option<String> {
    match words {
        [option, set] if option == "-d" => {
            let set = characters(set)?;
            Some(
                text.chars()
                    .filter(|letter| !set.contains(letter))
                    .collect(),
            )
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (characters(from)?, characters(to)?);
            let last = *to.last()?;
            let other = |letter: char| match from.iter().rposition(|known| *known == letter) {
                Some(at) => to.get(at).copied().unwrap_or(last),
                None => letter,
            };
            Some(text.chars().map(other).collect())
        }
        _ => None,
    }
}

/// The characters of a set of `tr`.
fn characters(set: &str) -> Option<Vec<char>> {
    let class = |name: &str| -> Option<Vec<char>> {
        match name {
            "[:upper:]" => Some(('A'..='Z').collect()),
            "[:lower:]" => Some(('a'..='z').collect()),
            "[:digit:]" => Some(('0'..='9').collect()),
            "[:space:]" => Some(vec![' ', '\t', '\n', '\r']),
            _ => None,
        }
    };
    if set.starts_with("[:") {
        return class(set);
    }
    let letters: Vec<char> = set
        .replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\r", "\r")
        .chars()
        .collect();
    if letters.contains(&'\\') || letters.contains(&'[') && letters.contains(&':') {
        return None;
    }
    let mut out = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        match (letters.get(at + 1), letters.get(at + 2)) {
            (Some('-'), Some(end)) if letters[at] <= *end && end.is_ascii() => {
                out.extend(letters[at]..=*end);
                at += 3;
            }
            _ => {
                out.push(letters[at]);
                at += 1;
            }
        }
    }
    Some(out)
}
