//! `awk` with one rule that prints: `awk '/x/ {print $2}'`.

use std::rc::Rc;

use regex::Regex;

use super::lines_of;
use crate::boot::expression::compile;

/// A program of one rule.
struct Program {
    wanted: Wanted,
    /// The columns that are printed; 0 is the line.
    columns: Vec<Column>,
    /// Whether it ends after the first line that it prints.
    exits: bool,
}

/// Which lines a rule is about.
enum Wanted {
    All,
    Matching(Column, Rc<Regex>),
    /// Whether the column has to be, or not to be, that text.
    Equal(Column, String, bool),
    Number(usize),
    Behind(usize),
}

#[derive(Clone, Copy)]
enum Column {
    At(usize),
    /// `$NF`
    Last,
}

/// What separates columns.
enum Separator {
    Blanks,
    Text(String),
    Expression(Rc<Regex>),
}

/// Runs a program over a text.
pub(super) fn run(words: &[String], text: &str) -> Option<String> {
    let (separator, program) = read(words)?;
    // Between columns busybox takes a carriage return for a blank, and mawk and gawk do not (measured).
    if text.contains('\r') && matches!(separator, Separator::Blanks) {
        return None;
    }
    let mut out = String::new();
    for (at, line) in lines_of(text).enumerate() {
        let fields: Vec<&str> = match &separator {
            Separator::Blanks => {
                let words = line.split([' ', '\t']);
                words.filter(|word| !word.is_empty()).collect()
            }
            Separator::Text(text) => line.split(text.as_str()).collect(),
            Separator::Expression(expression) => expression.split(line).collect(),
        };
        let column = |column: Column| match column {
            Column::At(0) => line,
            Column::At(number) => fields.get(number - 1).copied().unwrap_or_default(),
            Column::Last => fields.last().copied().unwrap_or_default(),
        };
        let is_wanted = match &program.wanted {
            Wanted::All => true,
            Wanted::Matching(of, expression) => expression.is_match(column(*of)),
            Wanted::Equal(of, text, is_equal) => (column(*of) == text) == *is_equal,
            Wanted::Number(number) => at + 1 == *number,
            Wanted::Behind(number) => at + 1 > *number,
        };
        if is_wanted {
            let printed: Vec<&str> = program.columns.iter().map(|of| column(*of)).collect();
            out.push_str(&printed.join(" "));
            out.push('\n');
            if program.exits {
                break;
            }
        }
    }
    Some(out)
}

/// Whether what the words do with a line depends on which line it is.
pub(super) fn counts_lines(words: &[String]) -> bool {
    read(words).is_none_or(|(_, program)| {
        program.exits || matches!(program.wanted, Wanted::Number(_) | Wanted::Behind(_))
    })
}

fn read(words: &[String]) -> Option<(Separator, Program)> {
    let (separator, program) = match words {
        [program] => (None, program),
        [option, separator, program] if option == "-F" => (Some(separator.as_str()), program),
        [option, program] => (Some(option.strip_prefix("-F")?), program),
        _ => return None,
    };
    let separator = match separator {
        None | Some(" ") => Separator::Blanks,
        Some("\\t" | "t") => Separator::Text("\t".to_owned()),
        Some(one) if one.chars().count() == 1 => Separator::Text(one.to_owned()),
        Some("") => return None,
        Some(expression) => Separator::Expression(compile(expression, false)?),
    };
    Some((separator, Program::of(program)?))
}

impl Program {
    fn of(text: &str) -> Option<Program> {
        let text = text.trim();
        let (wanted, action) = match text.strip_suffix('}') {
            Some(rest) => rest.split_once('{')?,
            None => (text, ""),
        };
        let mut statements = action
            .split(';')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let columns = match statements.next() {
            None if wanted.trim().is_empty() => return None,
            None | Some("print") => vec![Column::At(0)],
            Some(statement) => {
                let columns = statement.strip_prefix("print")?.split(',');
                columns
                    .map(|word| Column::of(word.trim()))
                    .collect::<Option<_>>()?
            }
        };
        let exits = match (statements.next(), statements.next()) {
            (None, _) => false,
            (Some("exit"), None) => true,
            _ => return None,
        };
        Some(Program {
            wanted: Wanted::of(wanted.trim())?,
            columns,
            exits,
        })
    }
}

impl Wanted {
    fn of(text: &str) -> Option<Wanted> {
        if text.is_empty() {
            return Some(Wanted::All);
        }
        let expression = |text: &str| {
            let inner = text.strip_prefix('/')?.strip_suffix('/')?;
            compile(inner, false).filter(|_| !inner.contains('/'))
        };
        if let Some(expression) = expression(text) {
            return Some(Wanted::Matching(Column::At(0), expression));
        }
        if let Some((left, right)) = text.split_once("==").or_else(|| text.split_once("!=")) {
            let (left, right) = (left.trim(), right.trim());
            let is_equal = text.contains("==");
            if left == "NR" && is_equal {
                return Some(Wanted::Number(right.parse().ok()?));
            }
            let inner = right.strip_prefix('"')?.strip_suffix('"')?;
            let is_plain = !inner.contains(['"', '\\', '&', '|']);
            return is_plain
                .then(|| Column::of(left))?
                .map(|column| Wanted::Equal(column, inner.to_owned(), is_equal));
        }
        if let Some((left, right)) = text.split_once('~') {
            return Some(Wanted::Matching(
                Column::of(left.trim())?,
                expression(right.trim())?,
            ));
        }
        let (left, right) = text.split_once('>')?;
        let number = right.trim().parse().ok().filter(|_| left.trim() == "NR");
        number.map(Wanted::Behind)
    }
}

impl Column {
    fn of(text: &str) -> Option<Column> {
        match text.strip_prefix('$')? {
            "NF" => Some(Column::Last),
            number => number.parse().ok().map(Column::At),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(words: &[&str], text: &str) -> Option<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        run(&words, text)
    }

    #[test]
    fn rules_print_columns() {
        let text = "a app\nb worker x\n";
        assert_eq!(
            done(&["{print $2}"], text).as_deref(),
            Some("app\nworker\n")
        );
        assert_eq!(
            done(&["$1 == \"a\" { print $2; }"], text).as_deref(),
            Some("app\n")
        );
        assert_eq!(
            done(&["$1!=\"a\"{print $NF}"], text).as_deref(),
            Some("x\n")
        );
        assert_eq!(
            done(&["/^b/{print $2, $1}"], text).as_deref(),
            Some("worker b\n")
        );
        assert_eq!(done(&["NR==2"], text).as_deref(), Some("b worker x\n"));
        assert_eq!(done(&["NR>1{print $1}"], text).as_deref(), Some("b\n"));
        assert_eq!(done(&["{print $1; exit}"], text).as_deref(), Some("a\n"));
        assert_eq!(
            done(&["$2 ~ /w.r/ {print $1}"], text).as_deref(),
            Some("b\n")
        );
        let settings = "cmd = app\n";
        assert_eq!(
            done(&["-F", " *= *", "/^cmd/{print $2}"], settings).as_deref(),
            Some("app\n")
        );
        assert_eq!(done(&["-F:", "{print $3}"], "a:b\n").as_deref(), Some("\n"));
        assert_eq!(
            done(&["-F=", "{print $2}"], "a=b\r\n").as_deref(),
            Some("b\r\n")
        );
        assert_eq!(done(&["{print $2}"], "a b\r\n"), None);
    }

    #[test]
    fn what_is_not_read_is_none() {
        for program in [
            "{print strftime()}",
            "BEGIN{print 1}",
            "{x=$1} END{print x}",
            "",
            "a!~/x/",
            "$1==2",
            "{print $1 $2}",
            "{print $1; exit; print $2}",
        ] {
            assert_eq!(done(&[program], "a\n"), None, "{program}");
        }
        assert!(counts_lines(&["NR==1".to_owned()]) && !counts_lines(&["{print $1}".to_owned()]));
    }
}
