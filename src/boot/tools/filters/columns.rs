//! Columns of lines: `cut`.

use super::lines_of;

/// `cut -f LIST`, with `-d`.
pub(super) fn cut(words: &[String], text: &str) -> Option<String> {
    let mut delimiter = "\t".to_owned();
    let mut list = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = |rest: &str| match rest {
            "" => words.next().cloned(),
            rest => Some(rest.to_owned()),
        };
        if let Some(rest) = word.strip_prefix("-d") {
            delimiter = value(rest)?;
        } else if let Some(rest) = word.strip_prefix("-f") {
            list = value(rest);
        } else {
            return None;
        }
    }
    let list = list?;
    let (first, last) = match list.split_once('-') {
        Some((first, "")) => (first.parse::<usize>().ok()?, usize::MAX),
        Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
        None => (list.parse().ok()?, list.parse().ok()?),
    };
    let line = |line: &str| -> String {
        if !line.contains(delimiter.as_str()) {
            return format!("{line}\n");
        }
        let fields = line.split(delimiter.as_str()).skip(first.max(1) - 1);
        let wanted: Vec<&str> = fields
            .take(last.saturating_sub(first).saturating_add(1))
            .collect();
        format!("{}\n", wanted.join(&delimiter))
    };
    Some(lines_of(text).map(line).collect())
}
