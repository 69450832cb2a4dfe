//! Filters over text that is known: what `grep`, `tr`, `cut`, `head`, `tail`, `wc`, `sed` and `awk` make of it.
//!
//! In: the words of the command and the text. Out: what it prints, and its status; `None` where a word asks for
//! more than is modelled, so that the output stays unknown.

use super::expression::compile;

/// What a filter printed, and its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filtered {
    /// Its output.
    pub text: String,
    /// Its exit status.
    pub status: i32,
}

/// Texts longer than this many bytes are not looked into.
const LONGEST: usize = 64 * 1024;

/// Runs a filter: its name, its operands and options, and the text on its input.
pub(super) fn run(name: &str, words: &[String], text: &str) -> Option<Filtered> {
    if text.len() > LONGEST {
        return None;
    }
    let printed = |text: Option<String>| text.map(|text| Filtered { text, status: 0 });
    match name {
        "grep" | "egrep" | "fgrep" => grep(name, words, text),
        "tr" => printed(translate(words, text)),
        "cut" => printed(cut(words, text)),
        "head" => printed(first_lines(words, text)),
        "tail" => printed(last_lines(words, text)),
        "wc" => printed(count(words, text)),
        "sort" => printed(sort(words, text)),
        "sed" => printed(substitute(words, text)),
        "awk" | "gawk" | "mawk" => printed(columns(words, text)),
        _ => None,
    }
}

/// `expr` with one operator: numbers, comparisons, and a match at the beginning.
pub(super) fn expression(words: &[String]) -> Option<Filtered> {
    let [left, operator, right] = words else {
        return None;
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
    let status = i32::from(text.is_empty() || text == "0");
    Some(Filtered {
        text: format!("{text}\n"),
        status,
    })
}

/// The file that a `grep` reads instead of its input: the second operand, behind everything else.
pub(super) fn file_of_grep(words: &[String]) -> Option<&str> {
    let mut operands = words.iter().filter(|word| !word.starts_with('-'));
    let (_, file, more) = (operands.next()?, operands.next()?, operands.next());
    let is_last = words.last() == Some(file) && more.is_none();
    is_last.then_some(file.as_str())
}

fn grep(name: &str, words: &[String], text: &str) -> Option<Filtered> {
    let mut letters = String::new();
    let mut operands = Vec::new();
    for word in words {
        match word.strip_prefix('-') {
            Some("") | None => operands.push(word.as_str()),
            Some(long) if long.starts_with('-') => letters.push_str(match long {
                "-quiet" | "-silent" => "q",
                "-ignore-case" => "i",
                "-extended-regexp" => "E",
                "-fixed-strings" => "F",
                "-invert-match" => "v",
                "-line-regexp" => "x",
                "-word-regexp" => "w",
                _ => return None,
            }),
            Some(short) => letters.push_str(short),
        }
    }
    if !letters.chars().all(|letter| "qiEFvxwcsh".contains(letter)) {
        return None;
    }
    let [pattern] = operands.as_slice() else {
        return None;
    };
    let has = |letter: char| letters.contains(letter);
    let mut expression = if has('F') || name == "fgrep" {
        regex::escape(pattern)
    } else if has('E') || name == "egrep" {
        (*pattern).to_owned()
    } else {
        extended(pattern)
    };
    if has('x') {
        expression = format!("^(?:{expression})$");
    } else if has('w') {
        expression = format!(r"\b(?:{expression})\b");
    }
    let compiled = compile(&expression, has('i'))?;
    let lines = text
        .lines()
        .filter(|line| compiled.is_match(line) != has('v'));
    let found: Vec<&str> = lines.collect();
    let status = i32::from(found.is_empty());
    let text = match (has('q'), has('c')) {
        (true, _) => String::new(),
        (false, true) => format!("{}\n", found.len()),
        (false, false) => found.iter().map(|line| format!("{line}\n")).collect(),
    };
    Some(Filtered { text, status })
}

/// A basic regular expression of POSIX as an extended one.
fn extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(special @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(special),
                Some(other) => out.extend(['\\', other]),
                None => out.push_str(r"\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    out
}

fn translate(words: &[String], text: &str) -> Option<String> {
    match words {
        [option, set] if option == "-d" => {
            let set = characters(set)?;
            Some(
                text.chars()
                    .filter(|letter| !set.contains(letter))
                    .collect(),
            )
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (characters(from)?, characters(to)?);
            let last = *to.last()?;
            let other = |letter: char| match from.iter().rposition(|known| *known == letter) {
                Some(at) => to.get(at).copied().unwrap_or(last),
                None => letter,
            };
            Some(text.chars().map(other).collect())
        }
        _ => None,
    }
}

/// The characters of a set of `tr`.
fn characters(set: &str) -> Option<Vec<char>> {
    let class = |name: &str| -> Option<Vec<char>> {
        match name {
            "[:upper:]" => Some(('A'..='Z').collect()),
            "[:lower:]" => Some(('a'..='z').collect()),
            "[:digit:]" => Some(('0'..='9').collect()),
            "[:space:]" => Some(vec![' ', '\t', '\n', '\r']),
            _ => None,
        }
    };
    if set.starts_with("[:") {
        return class(set);
    }
    let letters: Vec<char> = set
        .replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\r", "\r")
        .chars()
        .collect();
    if letters.contains(&'\\') || letters.contains(&'[') && letters.contains(&':') {
        return None;
    }
    let mut out = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        match (letters.get(at + 1), letters.get(at + 2)) {
            (Some('-'), Some(end)) if letters[at] <= *end && end.is_ascii() => {
                out.extend(letters[at]..=*end);
                at += 3;
            }
            _ => {
                out.push(letters[at]);
                at += 1;
            }
        }
    }
    Some(out)
}

fn cut(words: &[String], text: &str) -> Option<String> {
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

fn first_lines(words: &[String], text: &str) -> Option<String> {
    let number = number_of_lines(words)?;
    Some(text.split_inclusive('\n').take(number).collect())
}

fn last_lines(words: &[String], text: &str) -> Option<String> {
    let number = number_of_lines(words)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    Some(lines[lines.len().saturating_sub(number)..].concat())
}

/// `sort` by bytes, as in the locale of a container, with `-u` and `-r`.
fn sort(words: &[String], text: &str) -> Option<String> {
    let letters: String = words.concat();
    let is_plain = words.iter().all(|word| word.starts_with('-'));
    if !is_plain || !letters.chars().all(|letter| "-ur".contains(letter)) {
        return None;
    }
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    if letters.contains('u') {
        lines.dedup();
    }
    if letters.contains('r') {
        lines.reverse();
    }
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// Whether a filter reads its input because all of its words are options and their values.
pub(super) fn has_no_file(name: &str, words: &[Option<String>]) -> bool {
    let with_value = match name {
        "head" | "tail" => "nc",
        "cut" => "dfcb",
        "sort" => "kt",
        "uniq" => "fsw",
        _ => return false,
    };
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let Some(letters) = word.as_deref().and_then(|word| word.strip_prefix('-')) else {
            return false;
        };
        if letters.len() == 1 && letters.chars().all(|letter| with_value.contains(letter)) {
            words.next();
        }
    }
    true
}

fn count(words: &[String], text: &str) -> Option<String> {
    match words {
        [option] if option == "-l" => Some(format!("{}\n", text.matches('\n').count())),
        [option] if option == "-w" => Some(format!("{}\n", text.split_whitespace().count())),
        _ => None,
    }
}

/// `sed s/A/B/` and `sed s/A/B/g`.
fn substitute(words: &[String], text: &str) -> Option<String> {
    let (is_extended, script) = match words {
        [script] => (false, script),
        [option, script] if matches!(option.as_str(), "-e" | "-E" | "-r") => {
            (option != "-e", script)
        }
        _ => return None,
    };
    let rest = script.strip_prefix('s')?;
    let separator = rest.chars().next().filter(|c| !c.is_alphanumeric())?;
    let parts: Vec<&str> = rest[separator.len_utf8()..].split(separator).collect();
    let [pattern, replacement, flags @ ("" | "g")] = parts.as_slice() else {
        return None;
    };
    if replacement.contains(['\\', '&']) || pattern.ends_with('\\') {
        return None;
    }
    let expression = match is_extended {
        true => (*pattern).to_owned(),
        false => extended(pattern),
    };
    let compiled = compile(&expression, false)?;
    let line = |line: &str| {
        let limit = usize::from(flags.is_empty());
        let done = compiled.replacen(line, limit, regex::NoExpand(replacement));
        format!("{done}\n")
    };
    Some(text.lines().map(line).collect())
}

/// `awk '{print $N}'`, with `-F`.
fn columns(words: &[String], text: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &[&str]) -> Vec<String> {
        command.iter().map(|word| (*word).to_owned()).collect()
    }

    fn printed(command: &[&str], text: &str) -> Option<String> {
        run(command[0], &words(&command[1..]), text).map(|done| done.text)
    }

    fn succeeds(command: &[&str], text: &str) -> Option<bool> {
        run(command[0], &words(&command[1..]), text).map(|done| done.status == 0)
    }

    #[test]
    fn grep_finds_lines() {
        assert_eq!(succeeds(&["grep", "-q", "^-"], "-x\n"), Some(true));
        assert_eq!(succeeds(&["grep", "-q", "^-"], "app\n"), Some(false));
        assert_eq!(
            succeeds(&["grep", "-qE", "^(app|worker)$"], "worker\n"),
            Some(true)
        );
        assert_eq!(succeeds(&["grep", "-q", "^(app)$"], "app\n"), Some(false));
        assert_eq!(succeeds(&["grep", "-q", r"a\|b"], "b\n"), Some(true));
        assert_eq!(succeeds(&["fgrep", "-q", "a.c"], "abc\n"), Some(false));
        assert_eq!(
            printed(&["grep", "-v", "^#"], "#a\nb\n"),
            Some("b\n".into())
        );
        assert_eq!(printed(&["grep", "-ic", "A"], "a\nb\n"), Some("1\n".into()));
        assert_eq!(succeeds(&["grep", "-P", "a"], "a\n"), None);
        assert_eq!(succeeds(&["grep", "-q", "("], "(\n"), Some(true));
        assert_eq!(succeeds(&["grep", "a", "-A2"], "a\n"), None);
        assert_eq!(file_of_grep(&words(&["-q", "foo", "file"])), Some("file"));
        assert_eq!(file_of_grep(&words(&["foo", "-A2"])), None);
    }

    #[test]
    fn expressions_have_values() {
        let value =
            |command: &[&str]| expression(&words(command)).map(|done| (done.text, done.status));
        assert_eq!(value(&["1", "+", "2"]), Some(("3\n".into(), 0)));
        assert_eq!(value(&["1", "-", "1"]), Some(("0\n".into(), 1)));
        assert_eq!(value(&["abc", ":", "a.*"]), Some(("3\n".into(), 0)));
        assert_eq!(value(&["v12", ":", r"v\(.*\)"]), Some(("12\n".into(), 0)));
        assert_eq!(value(&["x", ":", "a"]), Some(("0\n".into(), 1)));
        assert_eq!(value(&["1", "/", "0"]), None);
        assert_eq!(value(&["length", "abc"]), None);
    }

    #[test]
    fn text_is_cut_and_changed() {
        assert_eq!(
            printed(&["tr", "A-Z", "a-z"], "APP\n"),
            Some("app\n".into())
        );
        assert_eq!(
            printed(&["tr", "[:upper:]", "[:lower:]"], "Ap\n"),
            Some("ap\n".into())
        );
        assert_eq!(printed(&["tr", "-d", "\\r\\n"], "a\r\n"), Some("a".into()));
        assert_eq!(
            printed(&["cut", "-d:", "-f1"], "app:x\n"),
            Some("app\n".into())
        );
        assert_eq!(
            printed(&["cut", "-d", "=", "-f", "2-"], "a=b=c\n"),
            Some("b=c\n".into())
        );
        assert_eq!(printed(&["cut", "-c1"], "abc\n"), None);
        assert_eq!(printed(&["head", "-n1"], "a\nb\n"), Some("a\n".into()));
        assert_eq!(printed(&["tail", "-n", "1"], "a\nb\n"), Some("b\n".into()));
        assert_eq!(printed(&["wc", "-l"], "a\nb\n"), Some("2\n".into()));
        assert_eq!(printed(&["sort", "-u"], "b\na\nb\n"), Some("a\nb\n".into()));
        assert_eq!(printed(&["sort", "-n"], "2\n10\n"), None);
        assert_eq!(printed(&["sed", "s/X//"], "XapX\n"), Some("apX\n".into()));
        assert_eq!(printed(&["sed", "s|/$||g"], "a/\n"), Some("a\n".into()));
        assert_eq!(printed(&["sed", "-n", "1p"], "a\n"), None);
        assert_eq!(
            printed(&["awk", "{print $1}"], "app x\n"),
            Some("app\n".into())
        );
        assert_eq!(
            printed(&["awk", "-F:", "{ print $2 }"], "a:b\n"),
            Some("b\n".into())
        );
        assert_eq!(printed(&["awk", "{print strftime(), $0}"], "a\n"), None);
    }
}
