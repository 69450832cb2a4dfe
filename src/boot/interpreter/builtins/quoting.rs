//! Values in quotes, as shells print what is to be read again.

use crate::boot::value::{Piece, Value};

/// A text as `printf %q` of bash writes it, for a shell to read again.
pub(super) fn for_input(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    if text.chars().any(char::is_control) {
        let mut out = "$'".to_owned();
        for letter in text.chars() {
            match letter {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\\' | '\'' => out.extend(['\\', letter]),
                letter if letter.is_control() => out.push_str(&format!("\\{:03o}", letter as u32)),
                letter => out.push(letter),
            }
        }
        return out + "'";
    }
    let mut out = String::new();
    for (at, letter) in text.chars().enumerate() {
        let is_special = " !\"$&'()*,;<>?[\\]^`{|}".contains(letter);
        if is_special || at == 0 && matches!(letter, '~' | '#') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A value in single quotes; `quote` is what stands for one within.
pub(in crate::boot::interpreter) fn in_quotes(value: &Value, quote: &str) -> Value {
    around(value, "'", |text| text.replace('\'', quote))
}

/// A value in double quotes, as bash's `declare -p` prints it.
pub(super) fn in_double_quotes(value: &Value) -> Value {
    if let Some(text) = value
        .certain()
        .filter(|text| text.chars().any(char::is_control))
    {
        return Value::text(for_input(&text));
    }
    around(value, "\"", |text| {
        let mut out = String::new();
        for letter in text.chars() {
            if matches!(letter, '"' | '\\' | '$' | '`') {
                out.push('\\');
            }
            out.push(letter);
        }
        out
    })
}

fn around(value: &Value, mark: &str, escape: impl Fn(&str) -> String) -> Value {
    let mut out = Value::text(mark);
    for piece in value.pieces() {
        match piece {
            Piece::Text(text) => out.push_text(&escape(text)),
            other => out.push(other.clone()),
        }
    }
    out.push_text(mark);
    out
}
