//! Columns of lines: `cut` and `awk`.

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
    Some(text.lines().map(line).collect())
}

/// `awk '{print $N}'`, with `-F`.
pub(super) fn print(words: &[String], text: &str) -> Option<String> {
    let (separator, program) = match words {
        [program] => (None, program),
        [option, separator, program] if option == "-F" => (Some(separator.as_str()), program),
        [option, program] => (Some(option.strip_prefix("-F")?), program),
        _ => return None,
    };
    if separator.is_some_and(|separator| separator.chars().count() != 1) {
        return None;
    }
    let inner = program.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let column = inner
        .strip_prefix("print")?
        .trim()
        .trim_end_matches(';')
        .strip_prefix('$')?;
    let column: usize = column.parse().ok()?;
    let line = |line: &str| -> String {
        let field = match (column, separator) {
            (0, _) => Some(line),
            (_, Some(separator)) if separator != " " => line.split(separator).nth(column - 1),
            _ => line.split_whitespace().nth(column - 1),
        };
        format!("{}\n", field.unwrap_or_default())
    };
    Some(text.lines().map(line).collect())
}
