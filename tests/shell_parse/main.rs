//! The shell parser: a table of snippets with what is made of them, properties that hold for every
//! text, and limits.

mod dump;
mod properties;

use std::fmt::Write;
use std::time::{Duration, Instant};

use dump::{dump, parse};
use pidone::shell::{Kind, Separator};

const CASES: &str = include_str!("cases.txt");

/// Every case is a line of shell, `⏎` for a newline, and an indented line with its dump: lists in
/// `{}` with each item's separator (`/` is a newline), simple commands in `[]`, quoted text in
/// `'…'`, `·` between the parts of a word, `"` before quoted expansions, `!` before problems.
#[test]
fn snippets_become_what_the_table_says() {
    let mut wrong = String::new();
    let mut count = 0;
    let mut lines = CASES.lines();
    while let (Some(input), Some(expected)) = (lines.next(), lines.next()) {
        let found = dump(&input.replace('⏎', "\n"));
        if found != expected.trim_start() {
            writeln!(wrong, "{input}\n    {found}").expect("writing to a string");
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "these differ from cases.txt:\n{wrong}");
    assert!(count > 200, "the table was cut short: {count} cases");
}

#[test]
fn ranges_are_those_of_the_text() {
    let text = "# start\nset -e\n  exec 2>&1 foo \"$@\" >x ; bar # end\n";
    let script = parse(text);
    let Kind::List(items) = &script.node(script.root).kind else {
        panic!("the root is a list");
    };
    let texts: Vec<_> = items
        .iter()
        .map(|item| (&text[script.node(item.node).range.clone()], item.end))
        .collect();
    assert_eq!(
        texts,
        [
            ("set -e", Separator::Newline),
            ("exec 2>&1 foo \"$@\" >x", Separator::Semicolon),
            ("bar", Separator::Newline),
        ]
    );
}

#[test]
fn ranges_in_backquotes_with_escapes_are_those_of_the_script() {
    let text = r#"x="`echo \"a b\" \$y`""#;
    let script = parse(text);
    let echo = script
        .nodes
        .iter()
        .find_map(|node| match &node.kind {
            Kind::Simple(simple) if simple.words.len() == 3 => Some(simple),
            _ => None,
        })
        .expect("the echo command");
    assert_eq!(&text[echo.words[1].range.clone()], r#"\"a b\""#);
    assert_eq!(&text[echo.words[2].range.clone()], r"\$y");
}

#[test]
fn what_stands_around_an_unreadable_command_is_read() {
    let text = "a\nif b; then\n  )\nfi\nc\n";
    assert_eq!(dump(text), "{[a]/ (? syntax error at `)`)/ [c]/} !2..18");
}

/// Each of these is hostile in its own way; none may take long or overflow the stack.
#[test]
fn hostile_texts_are_bounded() {
    let issue_316 = "if [ $# -lt 2 ]\nthen\n echo x >&2\nfi\n";
    let texts = [
        "$(".repeat(100_000),
        "\"$(".repeat(50_000),
        "`".repeat(99_999),
        "(".repeat(200_000),
        "((".repeat(100_000),
        "$((".repeat(100_000),
        "$((\n".repeat(100_000),
        "{ ".repeat(100_000),
        "if ".repeat(100_000),
        "! ".repeat(100_000),
        "${x:-".repeat(80_000),
        "a[".repeat(100_000),
        "a[ ".repeat(100_000),
        "[[ ! ".repeat(80_000),
        format!("[[ {} ]]", "! ".repeat(100_000)),
        format!("[[ {} a ]]", "a && ".repeat(80_000)),
        format!("[[ {}", "( ".repeat(100_000)),
        "a | ".repeat(100_000),
        "a && ".repeat(100_000),
        "cat <<A ".repeat(60_000),
        "cat <<A\n".repeat(60_000),
        "case x in ".repeat(40_000),
        "f() { ".repeat(60_000),
        "f() ".repeat(100_000),
        "coproc ".repeat(60_000),
        "time ".repeat(80_000),
        "for i in ".repeat(50_000),
        ")\n".repeat(200_000),
        "'\n".repeat(200_001),
        issue_316.repeat(10_000),
        format!("{})", issue_316.repeat(2_000)),
        "x".repeat(5_000_000),
    ];
    for text in texts {
        let start = Instant::now();
        parse(&text);
        let took = start.elapsed();
        let shown = &text[..text.len().min(20)];
        assert!(took < Duration::from_secs(10), "{shown:?} took {took:?}");
    }
}

#[test]
fn deep_nesting_is_unparsed_and_says_so() {
    let text = format!("a; {}b{}", "( ".repeat(5_000), " )".repeat(5_000));
    assert!(dump(&text).contains("(? nested too deeply)"));
    let text = format!("{}b{}", "( ".repeat(40), " )".repeat(40));
    assert!(parse(&text).problems.is_empty());
}

#[test]
fn a_huge_script_is_unparsed_and_says_so() {
    let script = parse(&"echo a\n".repeat(100_000));
    assert_eq!(script.problems.len(), 1);
    assert_eq!(script.problems[0].why, "script of more than 512 KB");
}
