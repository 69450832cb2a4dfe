//! Whole lines: `head`, `tail`, `sort`, `uniq`, `tac` and `wc`.

use super::lines_of;

/// The number of lines that `head` or `tail` is asked for.
fn number_of_lines(words: &[String]) -> Option<usize> {
    match words {
        [] => Some(10),
        [option, number] if option == "-n" => number.parse().ok(),
        [option] => option
            .strip_prefix("-n")
            .or(option.strip_prefix('-'))?
            .parse()
            .ok(),
        _ => None,
    }
}

/// `head`
pub(super) fn first(words: &[String], text: &str) -> Option<String> {
    let number = number_of_lines(words)?;
    Some(text.split_inclusive('\n').take(number).collect())
}

/// `tail`
pub(super) fn last(words: &[String], text: &str) -> Option<String> {
    let number = number_of_lines(words)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    Some(lines[lines.len().saturating_sub(number)..].concat())
}

/// `sort` by bytes, as in the locale of a container, with `-u` and `-r`.
pub(super) fn sort(words: &[String], text: &str) -> Option<String> {
    let letters: String = words.concat();
    let is_plain = words.iter().all(|word| word.starts_with('-'));
    if !is_plain || !letters.chars().all(|letter| "-ur".contains(letter)) {
        return None;
    }
    let mut lines: Vec<&str> = lines_of(text).collect();
    lines.sort_unstable();
    if letters.contains('u') {
        lines.dedup();
    }
    if letters.contains('r') {
        lines.reverse();
    }
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// `uniq` without options.
pub(super) fn unique(words: &[String], text: &str) -> Option<String> {
    if !words.is_empty() {
        return None;
    }
    let mut lines: Vec<&str> = lines_of(text).collect();
    lines.dedup();
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// `tac` of whole lines.
pub(super) fn reversed(words: &[String], text: &str) -> Option<String> {
    let is_whole = text.is_empty() || text.ends_with('\n');
    let lines = lines_of(text).rev().map(|line| format!("{line}\n"));
    (words.is_empty() && is_whole).then(|| lines.collect())
}

/// `wc -l`, `wc -w` and `wc -c`
pub(super) fn count(words: &[String], text: &str) -> Option<String> {
    match words {
        [option] if option == "-l" => Some(format!("{}\n", text.matches('\n').count())),
        [option] if option == "-c" => Some(format!("{}\n", text.len())),
        [option] if option == "-w" => Some(format!("{}\n", text.split_whitespace().count())),
        _ => None,
    }
}
