//! A shell arithmetic expression and known variables in, its value out.
//! Source: POSIX.1-2017 XCU 2.6.4 and 1.1.2.1, bash manual 6.5. Numbers are `i64` and wrap, as in
//! dash, busybox and bash on 64-bit machines. Arrays are not evaluated.

mod evaluation;
mod operators;
#[cfg(test)]
mod tests;

use evaluation::evaluate_nested;

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

const SYNTAX: ArithmeticError = ArithmeticError::Invalid("syntax error in the expression");

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
