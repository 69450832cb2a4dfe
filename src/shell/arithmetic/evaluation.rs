//! Reading an expression and evaluating it, in one pass from left to right.

use super::operators::{ASSIGNING, BINARY, apply, step};
use super::{ArithmeticDialect, ArithmeticError, SYNTAX, Variables};

/// How deeply parentheses, operators and variables that hold expressions may nest.
const DEEPEST: usize = 50;

pub(super) type Value = Result<i64, ArithmeticError>;

/// The value of an expression, or of one that a variable holds: how deep it stands, and whether it counts.
pub(super) fn evaluate_nested(
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
        Some(_) => Err(SYNTAX),
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

    fn apply(&self, operator: &str, left: i64, right: i64) -> Value {
        apply(operator, left, right, self.dialect, self.live)
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
}

/// Whether a text is a name, so no number.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}
