//! Whether a text is another, or matches a pattern or a regular expression.
//!
//! In: words that may be unknown in part. Out: an answer, or a question; what the groups of an expression match.

use super::{Answer, Context, ask, is_other_user, with_default, without_overrides};
use crate::boot::expression::compile;
use crate::boot::interpreter::pattern;
use crate::boot::value::{Field, Piece, Value};

/// `[[ word =~ expression ]]`. Quoted stretches of the expression stand for themselves. POSIX extended
/// expressions are read as the `regex` crate reads them; one that it does not take is a question.
pub(in crate::boot::interpreter) fn matches_expression(
    context: &Context,
    word: &Field,
    expression: Option<&[pattern::Stretch]>,
    shown: &str,
) -> Answer {
    let compiled = expression.and_then(|stretches| compile(&expression_text(stretches), false));
    let answer = |word: &Field| match (&compiled, word.value.certain()) {
        (Some(compiled), Some(text)) => Answer::Is(compiled.is_match(&text)),
        _ => {
            let left = word.value.display();
            Answer::Ask(Box::new(ask(
                context,
                format!("`{left}` matches `{shown}`"),
                format!("`{left}` does not match `{shown}`"),
            )))
        }
    };
    let default = without_overrides(&[word]).map(|words| answer(&words[0]));
    with_default(answer(word), default, &[word])
}

fn expression_text(stretches: &[pattern::Stretch]) -> String {
    let stretches = stretches.iter().map(|stretch| match stretch.quoted {
        true => regex::escape(&stretch.text),
        false => stretch.text.clone(),
    });
    stretches.collect()
}

/// What the groups of an expression match, the whole first; nothing where it does not match. `None` where that is not
/// sure: of alternatives POSIX takes the longest, the `regex` crate the first.
pub(in crate::boot::interpreter) fn matched(
    stretches: &[pattern::Stretch],
    text: &str,
) -> Option<Vec<Field>> {
    let expression = expression_text(stretches);
    if expression.contains('|') {
        return None;
    }
    let compiled = compile(&expression, false)?;
    let Some(found) = compiled.captures(text) else {
        return Some(Vec::new());
    };
    let groups = found.iter();
    Some(
        groups
            .map(|group| Field::text(group.map_or("", |group| group.as_str())))
            .collect(),
    )
}

/// Whether two words are the same text.
pub(in crate::boot::interpreter) fn equal(
    context: &Context,
    left: &Field,
    right: &Field,
) -> Answer {
    for (one, other) in [(left, right), (right, left)] {
        if is_other_user(&one.value) && other.value.certain().as_deref() == Some("0") {
            return Answer::Is(false);
        }
    }
    if let (Some(left), Some(right)) = (left.value.certain(), right.value.certain()) {
        return Answer::Is(left == right);
    }
    if left.value == right.value && !left.open && !right.open {
        return Answer::Is(true);
    }
    // `x"$a"` can never be `y…`: compare the known ends.
    let shown = (left.value.display(), right.value.display());
    let (subject, constant) = if right.value.certain().is_some() {
        (left, right)
    } else {
        (right, left)
    };
    let text = constant.value.certain();
    if let (Some(text), [Piece::Text(head), _, ..]) = (&text, subject.value.pieces()) {
        let head: &str = head;
        if !text.starts_with(head) {
            return Answer::Is(false);
        }
    }
    let mut question = match text {
        Some(text) if text.is_empty() => {
            let shown = subject.value.display();
            ask(
                context,
                format!("`{shown}` is empty"),
                format!("`{shown}` is not empty"),
            )
        }
        Some(text) => {
            let shown = subject.value.display();
            ask(
                context,
                format!("`{shown}` is `{text}`"),
                format!("`{shown}` is not `{text}`"),
            )
        }
        None => ask(
            context,
            format!("`{}` is `{}`", shown.0, shown.1),
            format!("`{}` is not `{}`", shown.0, shown.1),
        ),
    };
    if question.yes.ends_with("is empty") {
        // The same question as `-z`, asked the other way round.
        let shown = subject.value.display();
        question.key = Some(format!("!`{shown}` is not empty").into());
    }
    if let ([piece], Some(_)) = (subject.value.pieces(), constant.value.certain()) {
        question.fixes = vec![(piece.clone(), constant.value.clone())];
    }
    Answer::Ask(Box::new(question))
}

/// Whether a word matches a pattern.
pub(in crate::boot::interpreter) fn matches(
    context: &Context,
    word: &Value,
    pattern: Option<&[pattern::Stretch]>,
    shown_pattern: &str,
) -> Answer {
    let field = Field {
        value: word.clone(),
        open: false,
    };
    let default = without_overrides(&[&field])
        .map(|words| matches_of(context, &words[0].value, pattern, shown_pattern));
    with_default(
        matches_of(context, word, pattern, shown_pattern),
        default,
        &[&field],
    )
}

fn matches_of(
    context: &Context,
    word: &Value,
    pattern: Option<&[pattern::Stretch]>,
    shown_pattern: &str,
) -> Answer {
    if let Some(pieces) = pattern {
        if pieces.iter().all(|piece| !piece.quoted) && pieces.len() == 1 && pieces[0].text == "*" {
            return Answer::Is(true);
        }
        if let Some(text) = word.certain() {
            let is_match = match context.shell.options.nocasematch {
                true => {
                    let lower = |piece: &pattern::Stretch| pattern::Stretch {
                        text: piece.text.to_lowercase(),
                        ..piece.clone()
                    };
                    let pieces: Vec<_> = pieces.iter().map(lower).collect();
                    pattern::matches(&pieces, &text.to_lowercase())
                }
                false => pattern::matches(pieces, &text),
            };
            if let Some(is_match) = is_match {
                return Answer::Is(is_match);
            }
        }
        if let Some(text) = pattern::literal(pieces) {
            let constant = Field {
                value: Value::text(text),
                open: false,
            };
            return equal(
                context,
                &Field {
                    value: word.clone(),
                    open: false,
                },
                &constant,
            );
        }
        // A known beginning decides patterns such as `-*`.
        if let (Some(Piece::Text(head)), Some(first)) = (word.pieces().first(), pieces.first()) {
            let fixed: String = first
                .text
                .chars()
                .take_while(|c| first.quoted || !"*?[\\".contains(*c) && !first.is_extended_at(*c))
                .collect();
            let shared = fixed.len().min(head.len());
            if fixed.as_bytes()[..shared] != head.as_bytes()[..shared] {
                return Answer::Is(false);
            }
        }
    }
    let shown = word.display();
    Answer::Ask(Box::new(ask(
        context,
        format!("`{shown}` matches `{shown_pattern}`"),
        format!("`{shown}` does not match `{shown_pattern}`"),
    )))
}
