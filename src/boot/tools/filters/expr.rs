//! `expr` with one operator, or none.

use super::Filtered;
use crate::boot::expression::{compile, extended};

/// `expr` of a word, or with one operator: numbers, comparisons, and a match at the beginning.
pub(in crate::boot::tools) fn expression(words: &[String]) -> Option<Filtered> {
    let [left, operator, right] = match words {
        [left, operator, right] => [left, operator, right],
        [only] if !only.starts_with('-') => return Some(printed(only.clone())),
        _ => return None,
    };
    let numbers = || Some((left.parse::<i64>().ok()?, right.parse::<i64>().ok()?));
    let compared = || match numbers() {
        Some((left, right)) => left.cmp(&right),
        None => left.cmp(right),
    };
    let truth = |holds: bool| i64::from(holds).to_string();
    let text = match operator.as_str() {
        "+" | "-" | "*" | "/" | "%" => {
            let (left, right) = numbers()?;
            let number = match operator.as_str() {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                "/" => left.checked_div(right),
                _ => left.checked_rem(right),
            };
            number?.to_string()
        }
        "=" | "==" => truth(compared().is_eq()),
        "!=" => truth(compared().is_ne()),
        "<" => truth(compared().is_lt()),
        "<=" => truth(compared().is_le()),
        ">" => truth(compared().is_gt()),
        ">=" => truth(compared().is_ge()),
        ":" => {
            let compiled = compile(&format!("^(?:{})", extended(right)), false)?;
            match (compiled.captures(left), compiled.captures_len() > 1) {
                (Some(found), true) => found.get(1).map_or("", |group| group.as_str()).to_owned(),
                (None, true) => String::new(),
                (Some(found), false) => found[0].chars().count().to_string(),
                (None, false) => "0".to_owned(),
            }
        }
        _ => return None,
    };
    Some(printed(text))
}

/// A value, and whether it is nothing or zero.
fn printed(text: String) -> Filtered {
    let status = i32::from(text.is_empty() || text == "0");
    Filtered {
        text: format!("{text}\n"),
        status,
    }
}
