//! A shell arithmetic expression and known variables in, its value out.
//! Source: POSIX.1-2017 XCU 2.6.4 and 1.1.2.1, bash manual 6.5. Numbers are `i64` and wrap, as in
//! dash, busybox and bash on 64-bit machines. Arrays are not evaluated.

/// Where an expression finds and puts its variables.
pub trait Variables {
    /// The text of a variable, empty when it is not set; `None` when its value is not known.
    fn get(&mut self, name: &str) -> Option<String>;
    /// Notes an assignment. It may be called although the whole evaluation then fails.
    fn set(&mut self, name: &str, value: i64);
    /// Notes an assignment that some versions of the shell make and others do not.
    fn doubt(&mut self, name: &str);
}

/// Why an expression has no known value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArithmeticError {
    /// A variable whose value is not known; its name.
    UnknownVariable(String),
    /// The shell fails here, too: what is the matter, as a noun phrase.
    Invalid(&'static str),
    /// Some versions of the shell fail here, others do not: what is the matter with them.
    Doubtful(&'static str),
    /// Nested more deeply than this program follows.
    TooDeep,
}

/// Whose arithmetic it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticDialect {
    /// dash 0.5.12: no `++`, `--`, `**`, comma or `base#`, so that `++x` is `x` with two signs; a
    /// variable holds a number. The empty expression is an error.
    Dash,
    /// bash 5.2: all operators; a variable may hold an expression.
    Bash,
    /// busybox: as bash, but before 1.37 it evaluates what does not count as well: `0 && 1/0` fails, and
    /// `1 || (x = 5)` sets `x` (measured with 1.35).
    Ash,
}

/// How deeply parentheses, operators and variables that hold expressions may nest.
const DEEPEST: usize = 50;

/// The value of an expression in one dialect, its expansions done.
pub fn evaluate(
    expression: &str,
    dialect: ArithmeticDialect,
    variables: &mut dyn Variables,
) -> Result<i64, ArithmeticError> {
    if dialect == ArithmeticDialect::Dash && expression.trim().is_empty() {
        return Err(SYNTAX);
    }
    evaluate_nested(expression, dialect, variables, 0, true)
}

fn evaluate_nested(
    expression: &str,
    dialect: ArithmeticDialect,
    variables: &mut dyn Variables,
    depth: usize,
    live: bool,
) -> Result<i64, ArithmeticError> {
    if depth > DEEPEST {
        return Err(ArithmeticError::TooDeep);
    }
    let mut evaluation = Evaluation {
        rest: expression,
        dialect,
        extended: dialect != ArithmeticDialect::Dash,
        variables,
        depth,
        live,
    };
    if evaluation.peek().is_none() {
        return Ok(0);
    }
    let value = evaluation.comma()?;
    match evaluation.peek() {
        None => Ok(value),
        Some(_) => Err(ArithmeticError::Invalid("syntax error in the expression")),
    }
}

struct Evaluation<'e, 'v> {
    rest: &'e str,
    dialect: ArithmeticDialect,
    /// Whether the operators that dash lacks exist.
    extended: bool,
    variables: &'v mut dyn Variables,
    depth: usize,
    /// Whether the part at hand counts: not the right side of `0 && x`.
    live: bool,
}

/// Binary operators with their strength, longer ones before those that they begin with.
const BINARY: [(&str, u8); 19] = [
    ("**", 12),
    ("||", 2),
    ("&&", 3),
    ("<<", 9),
    (">>", 9),
    ("<=", 8),
    (">=", 8),
    ("==", 7),
    ("!=", 7),
    ("|", 4),
    ("^", 5),
    ("&", 6),
    ("<", 8),
    (">", 8),
    ("+", 10),
    ("-", 10),
    ("*", 11),
    ("/", 11),
    ("%", 11),
];

const ASSIGNING: [&str; 11] = [
    "<<=", ">>=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "=",
];

type Value = Result<i64, ArithmeticError>;

const SYNTAX: ArithmeticError = ArithmeticError::Invalid("syntax error in the expression");

impl<'e> Evaluation<'e, '_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, text: &str) -> bool {
        self.peek();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn nested(&mut self, part: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.depth >= DEEPEST {
            return Err(ArithmeticError::TooDeep);
        }
        self.depth += 1;
        let value = part(self);
        self.depth -= 1;
        value
    }

    fn comma(&mut self) -> Value {
        let mut value = self.assignment()?;
        while self.extended && self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    /// `name = …`, else a conditional expression.
    fn assignment(&mut self) -> Value {
        self.nested(|e| {
            e.peek();
            let before = e.rest;
            if let Some(name) = e.name() {
                e.peek();
                let equals = e.rest.starts_with('=') && !e.rest.starts_with("==");
                let found = ASSIGNING.iter().find(|text| e.rest.starts_with(**text));
                if let Some(operator) = found.filter(|text| **text != "=" || equals) {
                    e.rest = &e.rest[operator.len()..];
                    let right = e.assignment()?;
                    let value = match operator.strip_suffix('=') {
                        Some("") | None => right,
                        Some(binary) => {
                            let left = e.variable(name)?;
                            e.apply(binary, left, right)?
                        }
                    };
                    e.assign(name, value);
                    return Ok(value);
                }
                e.rest = before;
            }
            e.conditional()
        })
    }

    fn conditional(&mut self) -> Value {
        let condition = self.binary(1)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let left = self.only_if(condition != 0, |e| e.comma_in_conditional())?;
        if !self.take(":") {
            return Err(SYNTAX);
        }
        let right = self.only_if(condition == 0, Self::assignment)?;
        Ok(if condition != 0 { left } else { right })
    }

    fn comma_in_conditional(&mut self) -> Value {
        self.nested(Self::comma)
    }

    /// Evaluates a part that counts only if `wanted`.
    fn only_if(&mut self, wanted: bool, part: impl FnOnce(&mut Self) -> Value) -> Value {
        let live = self.live;
        self.live = live && wanted;
        let value = part(self);
        self.live = live;
        value
    }

    /// Operators of at least this strength.
    fn binary(&mut self, weakest: u8) -> Value {
        let mut left = self.unary()?;
        loop {
            self.peek();
            let found = BINARY.iter().find(|(text, _)| self.rest.starts_with(text));
            let Some((operator, strength)) = found.copied() else {
                return Ok(left);
            };
            if operator == "**" && !self.extended {
                return Err(SYNTAX);
            }
            let after = &self.rest[operator.len()..];
            // `a += 1` where `a` is no name: an error that the caller reports.
            let assigns = after.starts_with('=') && !matches!(operator, "<=" | ">=" | "==" | "!=");
            if strength < weakest || assigns {
                return Ok(left);
            }
            self.rest = after;
            // `**` groups from the right, all others from the left.
            let next = if operator == "**" {
                strength
            } else {
                strength + 1
            };
            let wanted = match operator {
                "&&" => left != 0,
                "||" => left == 0,
                _ => true,
            };
            let right = self.only_if(wanted, |e| e.nested(|e| e.binary(next)))?;
            left = self.apply(operator, left, right)?;
        }
    }

    fn unary(&mut self) -> Value {
        for operator in ["++", "--"] {
            self.peek();
            let Some(rest) = self.rest.strip_prefix(operator).filter(|_| self.extended) else {
                continue;
            };
            let before = std::mem::replace(&mut self.rest, rest);
            self.peek();
            if let Some(name) = self.name() {
                let value = self.variable(name)?;
                let value = step(operator, value);
                self.assign(name, value);
                return Ok(value);
            }
            // `--5` is the negative of `-5`.
            self.rest = before;
        }
        for operator in ["!", "~", "-", "+"] {
            if self.take(operator) {
                let value = self.nested(Self::unary)?;
                return Ok(match operator {
                    "!" => i64::from(value == 0),
                    "~" => !value,
                    "-" => value.wrapping_neg(),
                    _ => value,
                });
            }
        }
        if self.take("(") {
            let value = self.nested(Self::comma)?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err(SYNTAX)
            };
        }
        if let Some(name) = self.name() {
            let value = self.variable(name)?;
            for operator in ["++", "--"] {
                if self.extended && self.take(operator) {
                    self.assign(name, step(operator, value));
                }
            }
            return Ok(value);
        }
        self.number()
    }

    fn name(&mut self) -> Option<&'e str> {
        self.peek();
        let rest = self.rest;
        let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !rest.starts_with(begins) {
            return None;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = rest;
        Some(name)
    }

    /// A decimal, octal, hexadecimal or `base#digits` number.
    fn number(&mut self) -> Value {
        self.peek();
        let rest = self.rest;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '#' | '@' | '_'));
        let (text, rest) = rest.split_at(end.unwrap_or(rest.len()));
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(SYNTAX);
        }
        self.rest = rest;
        if !self.extended && text.contains('#') {
            return Err(SYNTAX);
        }
        let (radix, digits) = if let Some((base, digits)) = text.split_once('#') {
            (base.parse().unwrap_or(0), digits)
        } else if let Some(digits) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
            (16, digits)
        } else if text.len() > 1 && text.starts_with('0') {
            (8, &text[1..])
        } else {
            (10, text)
        };
        // Bases above 36 tell upper from lower case; nobody starts a container with them.
        if !(2..=36).contains(&radix) || digits.is_empty() {
            return Err(ArithmeticError::Invalid("invalid number"));
        }
        let mut value = 0i64;
        for digit in digits.chars() {
            let Some(digit) = digit.to_digit(radix) else {
                return Err(ArithmeticError::Invalid("invalid number"));
            };
            value = value
                .wrapping_mul(i64::from(radix))
                .wrapping_add(i64::from(digit));
        }
        Ok(value)
    }

    fn variable(&mut self, name: &str) -> Value {
        if !self.live && self.dialect != ArithmeticDialect::Ash {
            return Ok(0);
        }
        let Some(text) = self.variables.get(name) else {
            if !self.live {
                // Whatever it is, it does no harm as far as one can tell.
                return Ok(1);
            }
            return Err(ArithmeticError::UnknownVariable(name.to_owned()));
        };
        if !self.extended {
            let digits = text.trim().trim_start_matches(['-', '+']);
            if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) || is_name(digits) {
                return Err(ArithmeticError::Invalid("invalid number"));
            }
        }
        let depth = self.depth + 1;
        let value = evaluate_nested(&text, self.dialect, self.variables, depth, self.live);
        match value {
            Err(ArithmeticError::Invalid(why)) if !self.live => Err(ArithmeticError::Doubtful(why)),
            other => other,
        }
    }

    fn assign(&mut self, name: &str, value: i64) {
        if self.live {
            self.variables.set(name, value);
        } else if self.dialect == ArithmeticDialect::Ash {
            self.variables.doubt(name);
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Value {
        if matches!(operator, "/" | "%") && right == 0 {
            let why = "division by zero";
            return match self.dialect {
                _ if self.live => Err(ArithmeticError::Invalid(why)),
                ArithmeticDialect::Ash => Err(ArithmeticError::Doubtful(why)),
                // A part that does not count may divide by zero.
                ArithmeticDialect::Dash | ArithmeticDialect::Bash => Ok(0),
            };
        }
        if matches!(operator, "/" | "%") && (left, right) == (i64::MIN, -1) && !self.extended {
            // The processor traps it, dash does not look, and SIGFPE ends it (measured).
            return Err(ArithmeticError::Invalid("a quotient that is too large"));
        }
        Ok(match operator {
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            "**" if right < 0 => {
                return Err(ArithmeticError::Invalid("negative exponent"));
            }
            "**" => power(left, right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "&" => left & right,
            "|" => left | right,
            "^" => left ^ right,
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "&&" => i64::from(left != 0 && right != 0),
            "||" => i64::from(left != 0 || right != 0),
            _ => return Err(SYNTAX),
        })
    }
}

/// Whether a text is a name, so no number.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn step(operator: &str, value: i64) -> i64 {
    if operator == "++" {
        value.wrapping_add(1)
    } else {
        value.wrapping_sub(1)
    }
}

/// Power by squaring, for exponents of zero and more.
fn power(mut base: i64, mut exponent: i64) -> i64 {
    let mut result = 1i64;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
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
}
