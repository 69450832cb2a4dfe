//! Compound commands, functions and coprocesses.
//! Source: POSIX.1-2017 XCU 2.9.4 and 2.10.2, bash manual 3.2.5 to 3.3.

use super::super::{Arm, ArmEnd, Compound, Kind, NodeId, Redirect, Word};
use super::cursor::{Parsed, Parser, is_metacharacter};
use super::word::{ArithmeticEnd, Place};

/// Words and characters that begin a compound command, but for `(`.
const OPENING: [&str; 8] = ["{", "[[", "if", "while", "until", "for", "case", "select"];

impl Parser<'_> {
    /// One part of a pipeline.
    pub(super) fn command(&mut self) -> Parsed<NodeId> {
        self.nested(|p| p.command_here())
    }

    fn command_here(&mut self) -> Parsed<NodeId> {
        let start = self.position;
        if self.at_closing_word() {
            return Err(self.unexpected());
        }
        if self.at_compound() {
            return self.compound();
        }
        if self.take_token("function") {
            return self.function_after_keyword(start);
        }
        if self.take_token("coproc") {
            return self.coproc(start);
        }
        self.simple()
    }

    fn at_compound(&self) -> bool {
        self.peek() == Some(b'(') || OPENING.iter().any(|word| self.at_token(word))
    }

    /// A compound command with its redirections.
    fn compound(&mut self) -> Parsed<NodeId> {
        let start = self.position;
        let compound = if self.looking_at("((") && self.closes_as_arithmetic(start + 2) {
            self.position += 2;
            let expression = self.arithmetic(ArithmeticEnd::Parentheses)?;
            if !self.take("))") {
                return Err(self.unexpected());
            }
            Compound::Arithmetic(expression)
        } else if self.take("(") {
            let body = self.commands()?;
            if !self.take(")") {
                return Err(self.missing(")"));
            }
            Compound::Subshell(body)
        } else if self.take_token("{") {
            let body = self.commands()?;
            self.expect_token("}")?;
            Compound::Group(body)
        } else if self.take_token("[[") {
            Compound::Test(self.test_condition()?)
        } else if self.take_token("if") {
            self.if_clause()?
        } else if self.at_token("while") || self.at_token("until") {
            let until = self.at_token("until");
            self.position += 5;
            let condition = self.commands()?;
            let body = self.do_group()?;
            Compound::While {
                until,
                condition,
                body,
            }
        } else if self.take_token("case") {
            self.case_clause()?
        } else {
            let select = self.at_token("select");
            self.position += if select { 6 } else { 3 };
            self.for_clause(select)?
        };
        let redirects: Vec<Redirect> = self.redirects()?;
        Ok(self.push(Kind::Compound(compound, redirects), start..self.position))
    }

    fn missing(&self, what: &str) -> super::cursor::Failure {
        if self.at_end() {
            self.failure(format!("end of the text where `{what}` is missing"))
        } else {
            self.unexpected()
        }
    }

    fn if_clause(&mut self) -> Parsed<Compound> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.commands()?;
            self.expect_token("then")?;
            arms.push((condition, self.commands()?));
            if self.take_token("elif") {
                continue;
            }
            if self.take_token("else") {
                otherwise = Some(self.commands()?);
            }
            self.expect_token("fi")?;
            return Ok(Compound::If { arms, otherwise });
        }
    }

    /// `do … done`, or the braces that bash takes in their place.
    fn do_group(&mut self) -> Parsed<NodeId> {
        self.expect_token("do")?;
        let body = self.commands()?;
        self.expect_token("done")?;
        Ok(body)
    }

    fn loop_body(&mut self) -> Parsed<NodeId> {
        self.skip_newlines();
        if self.take_token("{") {
            let body = self.commands()?;
            self.expect_token("}")?;
            return Ok(body);
        }
        self.do_group()
    }

    fn for_clause(&mut self, select: bool) -> Parsed<Compound> {
        self.skip_blanks();
        if !select && self.take("((") {
            let first = self.arithmetic(ArithmeticEnd::Semicolon)?;
            self.expect_in_for(";")?;
            let second = self.arithmetic(ArithmeticEnd::Semicolon)?;
            self.expect_in_for(";")?;
            let third = self.arithmetic(ArithmeticEnd::Parentheses)?;
            self.expect_in_for("))")?;
            self.skip_blanks();
            if !self.looking_at(";;") {
                self.take(";");
            }
            let body = self.loop_body()?;
            return Ok(Compound::ForArithmetic {
                parts: [first, second, third],
                body,
            });
        }
        let Some(name) = self.take_name().map(str::to_owned) else {
            return Err(self.unexpected());
        };
        if !self
            .peek()
            .is_none_or(|byte| is_metacharacter(byte) || byte == b'\\')
        {
            return Err(self.unexpected());
        }
        self.skip_newlines();
        let words = if self.take_token("in") {
            let mut words = Vec::new();
            loop {
                self.skip_to_line_end();
                let start = self.position;
                let word = self.word(Place::Command)?;
                if self.position == start {
                    break;
                }
                words.push(word);
            }
            if !self.take(";") {
                if self.peek() != Some(b'\n') {
                    return Err(self.unexpected());
                }
                self.newline();
            }
            Some(words)
        } else {
            self.take(";");
            None
        };
        let body = self.loop_body()?;
        Ok(Compound::For { name, words, body })
    }

    fn expect_in_for(&mut self, text: &str) -> Parsed<()> {
        if self.take(text) {
            Ok(())
        } else {
            Err(self.missing(text))
        }
    }

    fn case_clause(&mut self) -> Parsed<Compound> {
        self.skip_blanks();
        let start = self.position;
        let word = self.word(Place::Command)?;
        if self.position == start {
            return Err(self.unexpected());
        }
        self.skip_newlines();
        self.expect_token("in")?;
        let mut arms = Vec::new();
        let mut closed = true;
        loop {
            self.skip_newlines();
            if self.take_token("esac") {
                return Ok(Compound::Case { word, arms });
            }
            if !closed || self.at_end() {
                return Err(self.missing("esac"));
            }
            let patterns = self.patterns()?;
            let body = self.list()?;
            // The longest first; nothing but `esac` may follow an arm without one.
            let end = [
                (";;&", ArmEnd::TryNext),
                (";;", ArmEnd::Leave),
                (";&", ArmEnd::FallThrough),
            ];
            let end = end.into_iter().find(|(text, _)| self.take(text));
            closed = end.is_some();
            arms.push(Arm {
                patterns,
                body,
                end: end.map_or(ArmEnd::Leave, |(_, end)| end),
            });
        }
    }

    /// The patterns of an arm, with the `)` after them.
    fn patterns(&mut self) -> Parsed<Vec<Word>> {
        self.take("(");
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            let start = self.position;
            let pattern = self.word(Place::Command)?;
            if self.position == start {
                return Err(self.unexpected());
            }
            patterns.push(pattern);
            self.skip_blanks();
            if self.take(")") {
                return Ok(patterns);
            }
            if !self.take("|") {
                return Err(self.missing(")"));
            }
        }
    }

    /// A function whose name ends at `name_end`; its parentheses stand here.
    pub(super) fn function_after_name(&mut self, start: usize, name_end: usize) -> Parsed<NodeId> {
        let name = self.text[start..name_end].to_owned();
        if name.contains(['$', '\'', '"', '`', '\\']) {
            return Err(self.unexpected());
        }
        if !self.take_parentheses() {
            return Err(self.unexpected());
        }
        self.function_body(start, name, false)
    }

    /// A function after the word `function`.
    fn function_after_keyword(&mut self, start: usize) -> Parsed<NodeId> {
        self.skip_blanks();
        let begin = self.position;
        self.word(Place::Command)?;
        let name = self.text[begin..self.position].to_owned();
        if name.is_empty() || name.contains(['$', '\'', '"', '`', '\\']) {
            return Err(self.unexpected());
        }
        self.skip_blanks();
        // Without parentheses after it, `(` begins the body.
        self.take_parentheses();
        self.function_body(start, name, true)
    }

    /// Consumes `( )` if it stands here.
    fn take_parentheses(&mut self) -> bool {
        let before = self.position;
        if self.take("(") {
            self.skip_blanks();
            if self.take(")") {
                return true;
            }
        }
        self.position = before;
        false
    }

    fn function_body(&mut self, start: usize, name: String, keyword: bool) -> Parsed<NodeId> {
        self.skip_newlines();
        if !self.at_compound() {
            return Err(self.failure("function body that is no compound command"));
        }
        let body = self.compound()?;
        let kind = Kind::Function {
            name,
            keyword,
            body,
        };
        Ok(self.push(kind, start..self.position))
    }

    /// A coprocess after the word `coproc`. A name is one only before a compound command.
    fn coproc(&mut self, start: usize) -> Parsed<NodeId> {
        self.skip_blanks();
        let mut name = "COPROC".to_owned();
        if !self.at_compound() {
            let before = self.position;
            let given = self.take_name().map(str::to_owned);
            let ends = self
                .peek()
                .is_some_and(|byte| byte == b' ' || byte == b'\t');
            self.skip_blanks();
            match given {
                Some(given) if ends && self.at_compound() => name = given,
                _ => self.position = before,
            }
        }
        let body = if self.at_compound() {
            self.compound()?
        } else {
            self.simple()?
        };
        let end = self.position;
        let kind = Kind::Coproc { name, body };
        let node = self.push(kind, start..end);
        let body_end = self.output.nodes[body as usize].range.end;
        self.output.nodes[node as usize].range.end = body_end;
        Ok(node)
    }
}
