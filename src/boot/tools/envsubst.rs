//! `envsubst`: variables of the environment put into a text.
//!
//! In: the text, and which variables are asked for. Out: the text with their values; what is set at run time stays open.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::boot::reads::LookedAt;
use crate::boot::value::Value;

/// The text with its variables put in: all, or those that the operand names.
pub(super) fn substituted(
    text: &str,
    format: Option<&str>,
    environment: &BTreeMap<Rc<str>, Value>,
    looked_at: &LookedAt,
) -> Value {
    let asked: Option<Vec<&str>> =
        format.map(|format| references(format).map(|(name, ..)| name).collect());
    let mut value = Value::default();
    let mut end = 0;
    for (name, start, after) in references(text) {
        if asked.as_ref().is_some_and(|asked| !asked.contains(&name)) {
            continue;
        }
        value.push_text(&text[end..start]);
        looked_at.variable(name);
        match environment.get(name) {
            Some(known) => value.append(known),
            None => value.append(&Value::setting(name)),
        }
        end = after;
    }
    value.push_text(&text[end..]);
    value
}

/// The references `$NAME` and `${NAME}` of a text: their names, and where they begin and end.
fn references(text: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    text.match_indices('$').filter_map(|(start, _)| {
        let rest = &text[start + 1..];
        let braced = rest.strip_prefix('{');
        let inner = braced.unwrap_or(rest);
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = inner.find(|letter| !is_part(letter)).unwrap_or(inner.len());
        let name = &inner[..length];
        let is_name = name.starts_with(|letter: char| !letter.is_ascii_digit());
        let is_closed = braced.is_none() || inner[length..].starts_with('}');
        let end = start + 1 + length + if braced.is_some() { 2 } else { 0 };
        (is_name && is_closed).then_some((name, start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let environment = BTreeMap::from([("A".into(), Value::text("app"))]);
        let done = |text: &str, format: Option<&str>| {
            substituted(text, format, &environment, &LookedAt::default()).display()
        };
        assert_eq!(
            done("exec $A ${A}x ${A:-b} $1 $", None),
            "exec app appx ${A:-b} $1 $"
        );
        assert_eq!(done("$A $B ${B}", Some("$A")), "app $B ${B}");
        assert_eq!(done("$A-${B}", Some("${B}")), "$A-$B");
    }
}
