use std::collections::BTreeMap;

use super::ArithmeticDialect::{Ash, Bash, Dash};
use super::*;

/// Variables by name; `unknown` is not known.
struct Table(BTreeMap<String, String>);

impl Variables for Table {
    fn get(&mut self, name: &str) -> Option<String> {
        (name != "unknown").then(|| self.0.get(name).cloned().unwrap_or_default())
    }

    fn set(&mut self, name: &str, value: i64) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    fn doubt(&mut self, name: &str) {
        self.0.insert(name.to_owned(), "doubtful".to_owned());
    }
}

fn table() -> Table {
    let pairs = [
        ("x", "5"),
        ("y", "x + 1"),
        ("loop", "loop"),
        ("word", "a b"),
    ];
    Table(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into())
}

/// Every value is what bash 5.2 prints.
#[test]
fn expressions_have_the_values_of_real_shells() {
    let cases = [
        ("", 0),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", 4),
        ("10 - 3 - 2", 5),
        ("1 << 4 | 1", 17),
        ("6 & 3 ^ 1", 3),
        ("1 < 2", 1),
        ("2 <= 1", 0),
        ("1 == 1 && 2 != 3", 1),
        ("0 || 0", 0),
        ("!0", 1),
        ("~0", -1),
        ("- -3", 3),
        ("--3", 3),
        ("0 ? 1 : 2", 2),
        ("1 ? 0 ? 3 : 4 : 5", 4),
        ("x", 5),
        ("y * 2", 12),
        ("nothing + 1", 1),
        ("0x1F + 010 + 2#101", 44),
        ("x = 3, x + 1", 4),
        ("x += 2", 7),
        ("x <<= 2", 20),
        ("x++ + x", 11),
        ("++x", 6),
        ("x-- - x", 1),
        ("0 && 1 / 0", 0),
        ("1 || unknown", 1),
        ("1 ? 2 : unknown", 2),
        ("9223372036854775807 + 1", i64::MIN),
        ("x == 5 ? x = 9 : 0", 9),
        (" \t1\n", 1),
        ("1,2,3", 3),
        ("x>4&&x<6", 1),
    ];
    for (expression, value) in cases {
        assert_eq!(
            evaluate(expression, Bash, &mut table()),
            Ok(value),
            "{expression}"
        );
    }
}

#[test]
fn errors_of_shells_are_errors() {
    for expression in [
        "1 +", "1 2", "(1", "1 / 0", "x % 0", "08", "word", "1 = 2", "2 ** -1", "*", "1 ? 2",
    ] {
        let value = evaluate(expression, Bash, &mut table());
        assert!(
            matches!(value, Err(ArithmeticError::Invalid(_))),
            "{expression}: {value:?}"
        );
    }
    let unknown = ArithmeticError::UnknownVariable("unknown".to_owned());
    assert_eq!(evaluate("1 + unknown", Bash, &mut table()), Err(unknown));
}

/// Every value is what dash 0.5.12 prints, `Err` where it fails.
#[test]
fn dash_lacks_some_operators() {
    let cases = [
        ("x++ + x", Some(10)),
        ("++x", Some(5)),
        ("x-- - x", Some(0)),
        ("--3", Some(3)),
        ("(1 + 2) * 3", Some(9)),
        ("x <<= 2", Some(20)),
        ("0x1f + 010", Some(39)),
        ("nothing + 1", Some(1)),
        ("2 ** 3", None),
        ("1, 2", None),
        ("2#101", None),
        ("", None),
        ("y", None),
    ];
    for (expression, value) in cases {
        let found = evaluate(expression, Dash, &mut table());
        assert_eq!(found.clone().ok(), value, "{expression}: {found:?}");
    }
}

/// busybox 1.35 fails at each of the first ones and assigns in the last one, 1.37 does neither.
#[test]
fn busybox_evaluates_what_does_not_count() {
    let doubtful = [
        "0 && 1/0",
        "1 || 1%0",
        "1 ? 2 : 1/0",
        "0 ? 1/0 : 2",
        "0 && (x /= 0)",
        "1 || (x %= 0)",
        "0 && (1 && 1/0)",
        "nothing > 0 ? 100 / nothing : 0",
        "0 && word",
    ];
    for expression in doubtful {
        assert!(
            matches!(
                evaluate(expression, Ash, &mut table()),
                Err(ArithmeticError::Doubtful(_))
            ),
            "{expression}"
        );
        assert!(
            evaluate(expression, Bash, &mut table()).is_ok(),
            "{expression}"
        );
    }
    for (expression, value) in [("0 && 4/unknown", 0), ("x > 0 ? 10/x : 0", 2)] {
        assert_eq!(evaluate(expression, Ash, &mut table()), Ok(value));
    }
    let mut variables = table();
    assert_eq!(evaluate("1 || (x = 5)", Ash, &mut variables), Ok(1));
    assert_eq!(variables.0["x"], "doubtful");
}

/// A signal ends dash, bash and busybox have the number.
#[test]
fn the_quotient_that_is_too_large_ends_dash() {
    let expression = "(-9223372036854775807 - 1) / -1";
    assert!(evaluate(expression, Dash, &mut table()).is_err());
    assert_eq!(evaluate(expression, Bash, &mut table()), Ok(i64::MIN));
}

#[test]
fn assignments_are_kept() {
    let mut variables = table();
    assert_eq!(
        evaluate("x = 1, z += x++, 0 && (x = 7)", Bash, &mut variables),
        Ok(0)
    );
    assert_eq!(variables.0["x"], "2");
    assert_eq!(variables.0["z"], "1");
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        "(".repeat(100_000),
        "-".repeat(100_001),
        "1?".repeat(100_000),
        "x=".repeat(100_000),
    ] {
        assert_eq!(
            evaluate(&text, Bash, &mut table()),
            Err(ArithmeticError::TooDeep)
        );
    }
    assert_eq!(
        evaluate("loop", Bash, &mut table()),
        Err(ArithmeticError::TooDeep)
    );
    let sum = "1+".repeat(200_000) + "1";
    assert_eq!(evaluate(&sum, Bash, &mut table()), Ok(200_001));
}
