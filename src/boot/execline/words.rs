//! The words of a chain: options, blocks, and variables that stand in them.

use crate::boot::value::{Field, Value};

/// The letters of the options after the first word, and where the operands begin.
pub(super) fn options(words: &[Field], known: &str) -> (String, usize) {
    let mut given = String::new();
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(Field::known) {
        let word = word.trim_start();
        let Some(cluster) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            break;
        };
        at += 1;
        if cluster == "-" {
            break;
        }
        for (offset, letter) in cluster.char_indices() {
            given.push(letter);
            let takes_value = known
                .find(letter)
                .is_some_and(|position| known[position + letter.len_utf8()..].starts_with(':'));
            if takes_value {
                at += usize::from(offset + letter.len_utf8() == cluster.len());
                break;
            }
        }
    }
    (given, at)
}

/// The separate value of an option.
pub(super) fn option_value(words: &[Field], option: char) -> Option<&Field> {
    let name = format!("-{option}");
    let at = words
        .iter()
        .position(|word| word.known().is_some_and(|word| word.trim_start() == name))?;
    words.get(at + 1)
}

/// The words of the block at `start`, without their blank, and those after it.
pub(super) fn block(words: &[Field], start: usize) -> Option<(Vec<Field>, Vec<Field>)> {
    let mut inner = Vec::new();
    for (at, word) in words.iter().enumerate().skip(start) {
        let text = word.known().unwrap_or_else(|| word.value.display());
        if text.is_empty() {
            return Some((inner, words[at + 1..].to_vec()));
        }
        let text = text.strip_prefix(' ')?;
        inner.push(match word.known() {
            Some(_) => Field::text(text),
            None => Field {
                value: Value::unknown(text),
                open: false,
            },
        });
    }
    None
}

/// A word with `$name` and `${name}` replaced.
pub(super) fn replace(word: &Field, name: &str, value: &Value) -> Field {
    let Some(text) = word.known() else {
        return word.clone();
    };
    let (plain, braced) = (format!("${name}"), format!("${{{name}}}"));
    let mut out = Value::default();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_text(before);
        let is_end = |after: &str| {
            !after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
        };
        let after = from
            .strip_prefix(&braced)
            .or_else(|| from.strip_prefix(&plain).filter(|after| is_end(after)));
        match after {
            Some(after) => {
                out.append(value);
                rest = after;
            }
            None => {
                out.push_text("$");
                rest = &from[1..];
            }
        }
    }
    out.push_text(rest);
    Field {
        value: out,
        open: false,
    }
}

/// `$1`, `${2}` and `$#` with the arguments of the script.
pub(super) fn with_arguments(word: &str, arguments: &[Field]) -> Field {
    let mut field = Field::text(word);
    if !word.contains('$') {
        return field;
    }
    field = replace(&field, "#", &Value::text(arguments.len().to_string()));
    for (index, argument) in arguments.iter().enumerate() {
        field = replace(&field, &(index + 1).to_string(), &argument.value);
    }
    field
}
