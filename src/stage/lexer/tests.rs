use super::*;
use crate::source::Source;

fn look_up(name: &str) -> Variable {
    match name {
        "A" => Variable::Set("value".into()),
        "FILE" => Variable::Set("foo.tar.gz".into()),
        "EMPTY" => Variable::Set(String::new()),
        "ARG" => Variable::NotGiven(Why::new("`ARG` is not given")),
        "LOST" => Variable::Unknown(Why::new("nobody knows")),
        _ => Variable::Unset,
    }
}

fn expanded(word: &str) -> Option<String> {
    let word = expand(word, Dialect::arguments('\\'), &look_up);
    word.text.value().cloned()
}

#[test]
fn every_form_of_buildkit() {
    // The expectations follow BuildKit's own table `shell/envVarTest`.
    let table = [
        ("$A", "value"),
        ("${A}x", "valuex"),
        ("$Ax", ""),
        ("'$A'", "$A"),
        ("\"$A\"", "value"),
        ("\\$A", "$A"),
        ("\"\\$A\"", "$A"),
        ("\"a\\nb\"", "a\\nb"),
        ("a\\nb", "anb"),
        ("$", "$"),
        ("a$", "a$"),
        ("$@", ""),
        ("$1x", "x"),
        ("${A:-w}", "value"),
        ("${B:-w}", "w"),
        ("${EMPTY:-w}", "w"),
        ("${EMPTY-w}", ""),
        ("${B-w}", "w"),
        ("${A:+w}", "w"),
        ("${B:+w}", ""),
        ("${EMPTY:+w}", ""),
        ("${EMPTY+w}", "w"),
        ("${B:-${A}}", "value"),
        ("${B:-'$A'}", "$A"),
        ("${A:?m}", "value"),
        ("${EMPTY?m}", ""),
        ("${FILE#*.}", "tar.gz"),
        ("${FILE##*.}", "gz"),
        ("${FILE%.*}", "foo.tar"),
        ("${FILE%%.*}", "foo"),
        ("${FILE%?z}", "foo.tar."),
        ("${FILE/o/0}", "f0o.tar.gz"),
        ("${FILE//o/0}", "f00.tar.gz"),
        ("${FILE/./-}", "foo-tar.gz"),
        ("${FILE/*./}", "gz"),
        ("${ARG:-w}", "w"),
        ("${ARG:+w}", ""),
    ];
    for (word, expected) in table {
        assert_eq!(expanded(word).as_deref(), Some(expected), "{word}");
    }
}

#[test]
fn what_is_not_known_or_not_valid_is_unknown() {
    for word in [
        "$ARG",
        "${ARG}",
        "$LOST",
        "${LOST:-w}",
        "${A",
        "${}",
        "${:x}",
        "${A^^}",
        "'a",
        "\"a",
        "${B:?m}",
        "${A/x}",
    ] {
        assert_eq!(expanded(word), None, "{word}");
    }
    let deep = "${B:-".repeat(5000);
    assert_eq!(expanded(&deep), None);
}

#[test]
fn the_escape_character_is_the_files() {
    let word = expand("a\\b`$A", Dialect::arguments('`'), &look_up);
    assert_eq!(word.text.value().map(String::as_str), Some("a\\b$A"));
}

#[test]
fn a_heredoc_keeps_its_quotes_and_loses_its_parameters() {
    let source = Source::new("f", "exec \"$@\" '$A' \\$A");
    let body = Mapped::whole(&source);
    let word = expand(body.text(), Dialect::heredoc(), &look_up);
    let text = word.mapped(&body);
    let text = text.value().expect("all of it is known");
    assert_eq!(text.text(), "exec \"\" 'value' $A");
    assert_eq!(
        word.variables,
        [(6..8, String::new()), (11..13, "value".into())]
    );
    assert_eq!(text.span(9..14).text(), "$A");
    assert_eq!(text.span(0..4).text(), "exec");
}
