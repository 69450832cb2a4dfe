//! The inside of `[[ … ]]`.
//! Source: bash manual 3.2.5.2 and 6.4.

use super::super::{Condition, Word};
use super::cursor::{Parsed, Parser};
use super::word::Place;

/// Binary operators, the longer of two with one beginning first.
const BINARY: [&str; 16] = [
    "==", "=~", "!=", "=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef",
    "-a",
];

impl Parser<'_> {
    /// The condition after `[[`, with its `]]`.
    pub(super) fn test_condition(&mut self) -> Parsed<Condition> {
        let condition = self.either()?;
        self.expect_token("]]")?;
        Ok(condition)
    }

    fn either(&mut self) -> Parsed<Condition> {
        let mut left = self.both()?;
        // Left to right, as one long chain would otherwise nest without limit when it is dropped.
        let mut count = 0;
        while self.take("||") {
            count = self.count_operator(count)?;
            left = Condition::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Parsed<Condition> {
        let mut left = self.term()?;
        let mut count = 0;
        while self.take("&&") {
            count = self.count_operator(count)?;
            left = Condition::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    /// Counts an operator of a chain: each nests what stands before it one level deeper.
    fn count_operator(&self, count: usize) -> Parsed<usize> {
        if count >= super::DEEPEST_NESTING {
            return Err(self.failure("nested too deeply"));
        }
        Ok(count + 1)
    }

    fn term(&mut self) -> Parsed<Condition> {
        self.nested(|p| {
            p.skip_newlines();
            let condition = p.term_here()?;
            p.skip_newlines();
            Ok(condition)
        })
    }

    fn term_here(&mut self) -> Parsed<Condition> {
        if self.take_token("!") {
            return Ok(Condition::Not(Box::new(self.term()?)));
        }
        if self.take("(") {
            let inner = self.either()?;
            if !self.take(")") {
                return Err(self.unexpected());
            }
            return Ok(inner);
        }
        if let Some(operator) = self.unary_operator() {
            self.position += operator.len();
            self.skip_blanks();
            let word = self.test_word(Place::Command)?;
            return Ok(Condition::Unary(operator, word));
        }
        let left = self.test_word(Place::Command)?;
        self.skip_blanks();
        let Some(operator) = BINARY.iter().find(|operator| self.at_operator(operator)) else {
            return Ok(Condition::Unary("-n".to_owned(), left));
        };
        self.position += operator.len();
        self.skip_blanks();
        let place = if *operator == "=~" {
            Place::Regex
        } else {
            Place::Command
        };
        let right = self.test_word(place)?;
        Ok(Condition::Binary(left, (*operator).to_owned(), right))
    }

    /// `-f` and the like, when an operand follows.
    fn unary_operator(&self) -> Option<String> {
        let letter = self.peek_at(1)?;
        let is_operator = self.peek() == Some(b'-') && letter.is_ascii_alphabetic();
        if !is_operator
            || !self
                .peek_at(2)
                .is_some_and(|byte| byte == b' ' || byte == b'\t')
        {
            return None;
        }
        let rest = self.text[self.position + 2..self.end].trim_start_matches([' ', '\t']);
        // `[[ -f == x ]]` compares the word `-f`.
        let compares = ["== ", "!= ", "= ", "]]", "&&", "||"];
        if compares.iter().any(|text| rest.starts_with(text)) {
            return None;
        }
        Some(format!("-{}", char::from(letter)))
    }

    fn at_operator(&self, operator: &str) -> bool {
        self.at_token(operator)
            || matches!(operator, "<" | ">")
                && self.looking_at(operator)
                && self.peek_at(1) != Some(b'(')
    }

    fn test_word(&mut self, place: Place) -> Parsed<Word> {
        let start = self.position;
        if self.at_token("]]") {
            return Err(self.unexpected());
        }
        let word = self.word(place)?;
        if self.position == start {
            return Err(self.unexpected());
        }
        Ok(word)
    }
}
