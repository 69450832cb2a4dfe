//! Filters over text that is known: what `grep`, `tr`, `cut`, `head`, `tail`, `wc`, `sed` and `awk` make of it.
//!
//! In: the words of the command and the text. Out: what it prints, and its status; `None` where a word asks for
//! more than is modelled, so that the output stays unknown.

mod awk;
mod columns;
mod expr;
mod grep;
mod lines;
mod sed;
mod translate;

pub(super) use expr::expression;
pub(super) use grep::file_of_grep;

/// What a filter printed, and its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filtered {
    /// Its output.
    pub text: String,
    /// Its exit status.
    pub status: i32,
}

/// The lines of a text as tools read them: a carriage return belongs to its line (measured: sed, grep and cut of
/// Debian and of busybox).
fn lines_of(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split_terminator('\n')
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
        "grep" | "egrep" | "fgrep" => grep::grep(name, words, text),
        "tr" => printed(translate::translate(words, text)),
        "cut" => printed(columns::cut(words, text)),
        "head" => printed(lines::first(words, text)),
        "tail" => printed(lines::last(words, text)),
        "wc" => printed(lines::count(words, text)),
        "sort" => printed(lines::sort(words, text)),
        "uniq" => printed(lines::unique(words, text)),
        "tac" => printed(lines::reversed(words, text)),
        "sed" => printed(sed::run(words, text)),
        "awk" | "gawk" | "mawk" => printed(awk::run(words, text)),
        _ => None,
    }
}

/// Whether what a filter does with a line depends on which line it is.
pub(super) fn counts_lines(name: &str, words: &[String]) -> bool {
    match name {
        "sed" => sed::counts_lines(words),
        "awk" | "gawk" | "mawk" => awk::counts_lines(words),
        _ => false,
    }
}

/// Whether a filter reads its input because all of its words are options and their values.
pub(in crate::boot) fn has_no_file(name: &str, words: &[Option<String>]) -> bool {
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
        assert_eq!(printed(&["wc", "-c"], "a\nb"), Some("3\n".into()));
        assert_eq!(printed(&["uniq"], "a\na\nb"), Some("a\nb\n".into()));
        assert_eq!(printed(&["tac"], "a\nb\n"), Some("b\na\n".into()));
        assert_eq!(printed(&["sort", "-u"], "b\na\nb\n"), Some("a\nb\n".into()));
        assert_eq!(printed(&["sort", "-n"], "2\n10\n"), None);
        assert_eq!(printed(&["sed", "s/X//"], "XapX\n"), Some("apX\n".into()));
        assert_eq!(printed(&["sed", "s|/$||g"], "a/\n"), Some("a\n".into()));
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
