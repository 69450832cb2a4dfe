//! The words of `test` and `[` as an expression: by their number, and by precedence where there are more than four.
//!
//! In: the words. Out: the answer of the conditions that they hold. Judges none of them itself.

use super::{Answer, Context, binary, combine, unary};
use crate::boot::value::Field;

/// The operands of `test` or `[` (without the closing bracket).
pub(in crate::boot::interpreter) fn test(context: &Context, words: &[Field]) -> Answer {
    // An unquoted variable that is empty leaves no word; then `[ $x = y ]` is an error, as in a shell,
    // but whoever writes it means the value.
    match words {
        [] => Answer::Is(false),
        [word] => unary(context, "-n", word),
        // More than four words are read by precedence, not by their number (POSIX, test).
        _ if words.len() > 4 => expression(context, words),
        [left, operator, right] if operator.known().is_some_and(|text| is_binary(&text)) => {
            binary(context, left, &operator.known().unwrap_or_default(), right)
        }
        [not, rest @ ..] if is_word(not, "!") => test(context, rest).negated(),
        [open, inner @ .., close]
            if words.len() > 2 && is_word(open, "(") && is_word(close, ")") =>
        {
            test(context, inner)
        }
        [operator, word] => match operator.known() {
            Some(operator) => unary(context, &operator, word),
            None => Answer::Wrong,
        },
        [left, operator, right] => match operator.known().as_deref() {
            Some(connective @ ("-a" | "-o")) => {
                let sides = (unary(context, "-n", left), unary(context, "-n", right));
                combine(sides.0, sides.1, connective == "-o")
            }
            Some(operator) => binary(context, left, operator, right),
            None => Answer::Wrong,
        },
        _ => expression(context, words),
    }
}

/// Words beyond which no expression of `test` is read.
const LONGEST_TEST: usize = 200;

fn is_word(word: &Field, text: &str) -> bool {
    word.known().as_deref() == Some(text)
}

/// An expression with `-a`, `-o`, `!` and parentheses.
fn expression(context: &Context, words: &[Field]) -> Answer {
    if words.len() > LONGEST_TEST {
        return Answer::Wrong;
    }
    let mut rest = words;
    let answer = alternatives(context, &mut rest);
    match rest.is_empty() {
        true => answer,
        false => Answer::Wrong,
    }
}

fn alternatives(context: &Context, rest: &mut &[Field]) -> Answer {
    joined(context, rest, "-o", |context, rest| {
        joined(context, rest, "-a", primary)
    })
}

/// Parts with one connective between them.
fn joined(
    context: &Context,
    rest: &mut &[Field],
    connective: &str,
    part: impl Fn(&Context, &mut &[Field]) -> Answer,
) -> Answer {
    let mut answer = part(context, rest);
    while rest.first().is_some_and(|word| is_word(word, connective)) {
        *rest = &rest[1..];
        let right = part(context, rest);
        answer = combine(answer, right, connective == "-o");
    }
    answer
}

/// One condition: `! …`, `( … )`, an operator with its operands, or a word.
fn primary(context: &Context, rest: &mut &[Field]) -> Answer {
    let joins = |word: &Field| is_word(word, "-a") || is_word(word, "-o") || is_word(word, ")");
    match *rest {
        [] => Answer::Wrong,
        [left, operator, right, after @ ..]
            if operator.known().is_some_and(|text| is_binary(&text)) =>
        {
            *rest = after;
            binary(context, left, &operator.known().unwrap_or_default(), right)
        }
        [not, after @ ..] if is_word(not, "!") => {
            *rest = after;
            primary(context, rest).negated()
        }
        [open, after @ ..] if is_word(open, "(") => {
            *rest = after;
            let answer = alternatives(context, rest);
            match rest.split_first() {
                Some((close, after)) if is_word(close, ")") => {
                    *rest = after;
                    answer
                }
                _ => Answer::Wrong,
            }
        }
        [operator, word, after @ ..]
            if !joins(word) && operator.known().is_some_and(|text| is_unary(&text)) =>
        {
            *rest = after;
            unary(context, &operator.known().unwrap_or_default(), word)
        }
        [word, after @ ..] => {
            *rest = after;
            unary(context, "-n", word)
        }
    }
}

fn is_binary(text: &str) -> bool {
    let numbers = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
    matches!(text, "=" | "==" | "!=" | "<" | ">" | "-nt" | "-ot" | "-ef") || numbers.contains(&text)
}

fn is_unary(text: &str) -> bool {
    text.len() == 2 && text.starts_with('-') && !matches!(text, "-a" | "-o")
}
