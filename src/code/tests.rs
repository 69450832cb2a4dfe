use proptest::prelude::*;

use super::lexer::{Kind, tokens};
use super::*;
use crate::knowledge::modules;

fn reading(text: &str, language: Language) -> Reading {
    read(text, language, modules(language.name()).expect("listed"))
}

/// The names and texts of a source, texts in quotes.
fn shown(text: &str, language: Language) -> String {
    let shown = tokens(text, language).into_iter().map(|token| {
        let word = &text[token.range];
        match token.kind {
            Kind::Text => format!("'{word}'"),
            // The brackets around a list of words stand for nothing in the text.
            Kind::Mark(mark) => mark.to_string(),
            _ => word.to_owned(),
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_no_code_is_left_out() {
    let cases = [
        (
            Language::Python,
            "a = r'b\\'' # c\n\"\"\"d\ne\"\"\" f",
            "a = 'b\\'' 'd\ne' f",
        ),
        (
            Language::JavaScript,
            "a /* b */ `c${'}'}d` // e\n; /f'/ g",
            "a 'c${'}'}d' ; '' g",
        ),
        (Language::JavaScript, "a / b / 'c'", "a / b / 'c'"),
        (
            Language::JavaScript,
            "return /[/]'/.test(x)",
            "return '' . test ( x )",
        ),
        (
            Language::Php,
            "x <?php a(); # b ?> c <?= d; //e\nf",
            "a ( ) ; d ; f",
        ),
        (Language::Php, "<?php a(<<<'E'\nb'\nE); c", "a ( '' ) ; c"),
        (
            Language::Ruby,
            "%w[A B].c \"d#{\"e\"}f\" # g\n=begin\nh\n=end\ni",
            "[ 'A' 'B' ] . c 'd#{\"e\"}f' i",
        ),
        (
            Language::Ruby,
            "a(<<~E, b)\n c'\n E\nd\n__END__\ne",
            "a ( '' , b ) d",
        ),
        (
            Language::Perl,
            "qw(A B); s{a}{b}; y/a'/b/; $#x; $q{s} = 1 # c",
            "[ 'A' 'B' ] ; '' ; '' ; $ # x ; $ q { s } = 1",
        ),
        (Language::Perl, "a;\n=head1 b\n\n=cut\nc", "a ; c"),
    ];
    for (language, text, expected) in cases {
        assert_eq!(shown(text, language), expected, "{text}");
    }
}

#[test]
fn imports_are_found_as_they_are_written() {
    let modules = |text: &str, language| {
        let imports = reading(text, language).imports;
        imports
            .into_iter()
            .map(|import| import.module)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        modules(
            "import a.b as c, d\nfrom ..e import (f, g)\nif x: import h",
            Language::Python
        ),
        ["a.b", "d", "..e", "h"]
    );
    assert_eq!(
        modules(
            "import a, { b } from 'c'; import 'd'; export * from './e'; const f = require(\"@g/h\"); await import('i')",
            Language::JavaScript
        ),
        ["c", "d", "./e", "@g/h", "i"]
    );
    assert_eq!(
        modules(
            "<?php require_once(__DIR__ . '/a.php'); include 'b.php';",
            Language::Php
        ),
        ["/a.php", "b.php"]
    );
    assert_eq!(
        modules("require 'a'\nrequire_relative 'b/c'", Language::Ruby),
        ["a", "b/c"]
    );
}

#[test]
fn an_import_that_is_no_constant_leaves_it_open() {
    for (text, language) in [
        ("require(x)", Language::JavaScript),
        ("require(`./${x}`)", Language::JavaScript),
        ("load(require)", Language::JavaScript),
        ("<?php require $x;", Language::Php),
        ("__import__(x)", Language::Python),
    ] {
        assert!(reading(text, language).open.is_some(), "{text}");
    }
}

#[test]
fn packages_have_the_names_that_their_language_gives_them() {
    let package = |module: &str| {
        let import = Import {
            module: module.to_owned(),
            ..Import::default()
        };
        import.package().to_owned()
    };
    assert_eq!(package("a.b.c"), "a");
    assert_eq!(package("lodash/fp"), "lodash");
    assert_eq!(package("socket.io/dist/x"), "socket.io");
    assert_eq!(package("@scope/name/part"), "@scope/name");
    assert_eq!(package("@scope/name"), "@scope/name");
    assert_eq!(package("node:fs/promises"), "fs");
}

#[test]
fn a_file_that_a_tool_has_made_tells_nothing() {
    let text = format!(
        "process.on('SIGTERM',()=>process.exit());{}",
        "x();".repeat(1000)
    );
    let reading = reading(&text, Language::JavaScript);
    assert!(reading.open.is_some());
    assert!(reading.handlers.is_empty());
}

#[test]
fn settings_make_a_package_something_else() {
    let reads = |text: &str| reading(text, Language::Python).open.is_some();
    assert!(!reads(
        "from flask import Flask\napp = Flask('x')\napp.run(debug=False)\nlog.debug('x')"
    ));
    assert!(reads(
        "from flask import Flask\napp = Flask('x')\napp.run(debug=True)"
    ));
    assert!(reads(
        "from flask import Flask\napp = Flask('x')\napp.config['DEBUG'] = True"
    ));
}

#[test]
fn delimiters_may_be_any_letters() {
    let text = "$x =~ s✗a✗b✗;\n$y =~ tr💥a💥";
    for language in Language::ALL {
        reading(text, language);
    }
    let perl = "$x =~ s✗a✗b✗; $SIG{TERM} = sub { exit 0 };";
    assert_eq!(reading(perl, Language::Perl).handlers.len(), 1);
}

#[test]
fn hostile_texts_are_read_in_time() {
    // Nothing here is quadratic; with a mistake a test takes minutes.
    let nested =
        |open: &str, close: &str| format!("{}{}", open.repeat(30_000), close.repeat(30_000));
    let texts = [
        nested("(", "]"),
        nested("{", ")"),
        nested("while(true){", "break;}"),
        "a().".repeat(60_000),
        "f(".repeat(100_000),
        "process.on('SIGTERM',".repeat(10_000),
        "signal.signal(signal.SIGTERM, x)\n".repeat(8_000),
        "pcntl_signal($s, x);".repeat(10_000),
        "require $x ".repeat(20_000),
        "$SIG{TERM} = ".repeat(10_000),
        "`${".repeat(80_000),
        "/*".repeat(80_000),
        "<<A;".repeat(50_000),
        "while True:\n ".repeat(20_000),
    ];
    for text in texts {
        let lines: String = text
            .as_bytes()
            .chunks(1_000)
            .map(|line| String::from_utf8_lossy(line).into_owned() + "\n")
            .collect();
        for language in Language::ALL {
            reading(&lines, language);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[a-zé✗💥(){}\\[\\]'\"`/\\\\%<#=$@;:,.~\n -]{0,200}", which in 0usize..5) {
        let reading = reading(&text, Language::ALL[which]);
        for handler in &reading.handlers {
            prop_assert!(text.get(handler.range.clone()).is_some());
        }
    }

    #[test]
    fn pieces_of_code_in_any_order_are_read(
        pieces in proptest::collection::vec(0usize..PIECES.len(), 0..30),
        which in 0usize..5,
    ) {
        let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let reading = reading(&text, Language::ALL[which]);
        for import in &reading.imports {
            prop_assert!(text.get(import.range.clone()).is_some());
        }
        for handler in &reading.handlers {
            prop_assert!(text.get(handler.range.clone()).is_some());
        }
    }
}

const PIECES: [&str; 40] = [
    "process.on('SIGTERM', ",
    "signal.signal(signal.SIGTERM, ",
    "pcntl_signal(SIGTERM, ",
    "trap('TERM') ",
    "$SIG{TERM} = ",
    "() => {",
    "function x() {",
    "def x():\n  ",
    "class Y:\n",
    "sub x {",
    "do ",
    "end\n",
    "}",
    ")",
    "]",
    "(",
    "[",
    "{",
    ";",
    "\n",
    "import a\n",
    "from b import c\n",
    "require('d')",
    "require __DIR__ . '/e.php';",
    "<?php ",
    "?>",
    "<<EOT\n",
    "EOT\n",
    "%w[TERM INT]",
    "qw(TERM INT)",
    "for s in ",
    "while True:\n  ",
    "lambda: ",
    "'",
    "\"",
    "`",
    "${",
    "é",
    "/",
    "\r\n",
];
