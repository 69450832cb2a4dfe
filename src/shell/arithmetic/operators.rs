//! The operators of arithmetic: which there are, how strongly they bind, and their values.

use super::evaluation::Value;
use super::{ArithmeticDialect, ArithmeticError, SYNTAX};

/// Binary operators with their strength, longer ones before those that they begin with.
pub(super) const BINARY: [(&str, u8); 19] = [
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

/// Assigning operators.
pub(super) const ASSIGNING: [&str; 11] = [
    "<<=", ">>=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "=",
];

/// The value of a binary operator; `live` says whether the part at hand counts.
pub(super) fn apply(
    operator: &str,
    left: i64,
    right: i64,
    dialect: ArithmeticDialect,
    live: bool,
) -> Value {
    if matches!(operator, "/" | "%") && right == 0 {
        let why = "division by zero";
        return match dialect {
            _ if live => Err(ArithmeticError::Invalid(why)),
            ArithmeticDialect::Ash => Err(ArithmeticError::Doubtful(why)),
            // A part that does not count may divide by zero.
            ArithmeticDialect::Dash | ArithmeticDialect::Bash => Ok(0),
        };
    }
    if matches!(operator, "/" | "%")
        && (left, right) == (i64::MIN, -1)
        && dialect == ArithmeticDialect::Dash
    {
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

/// The value after `++` or `--`.
pub(super) fn step(operator: &str, value: i64) -> i64 {
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
