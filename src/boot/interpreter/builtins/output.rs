//! What `echo` and `printf` print, as far as their operands are known.

use crate::boot::value::{Field, Value};

/// What `echo` prints; `has_options` is whether it knows more of them than `-n`.
pub(super) fn echo(words: &[Field], has_options: bool) -> Value {
    let mut text = Value::default();
    let mut newline = true;
    let mut words = words;
    while let Some(option) = words.first().and_then(Field::known).filter(|word| {
        let is_more = matches!(word.as_str(), "-e" | "-ne" | "-en" | "-E" | "-nE");
        word == "-n" || (has_options && is_more)
    }) {
        newline &= !option.contains('n');
        words = &words[1..];
    }
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push_text(" ");
        }
        text.append(&word.value);
    }
    if newline {
        text.push_text("\n");
    }
    text
}

/// What `printf` prints, for the formats that scripts use to pass text on.
pub(super) fn printf(words: &[Field]) -> Value {
    let Some(format) = words.first().and_then(Field::known) else {
        return Value::unknown("$(printf …)");
    };
    let format = format.replace("\\n", "\n").replace("\\t", "\t");
    let mut operands = words[1..].iter();
    let mut text = Value::default();
    loop {
        let before = operands.len();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            text.push_text(&rest[..at]);
            let conversion = rest[at + 1..].chars().next();
            match conversion {
                Some('s' | 'd' | 'b' | 'i' | 'u') => {
                    if let Some(word) = operands.next() {
                        text.append(&word.value);
                    }
                    rest = &rest[at + 2..];
                }
                Some('%') => {
                    text.push_text("%");
                    rest = &rest[at + 2..];
                }
                _ => return Value::unknown("$(printf …)"),
            }
        }
        text.push_text(rest);
        // The format is used again while operands remain.
        if operands.len() == 0 || operands.len() == before {
            return text;
        }
    }
}
