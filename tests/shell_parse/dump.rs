//! A compact S-expression of a parsed script, for tests.

use pidone::shell::{
    AndOr, ArmEnd, AssignedValue, Assignment, Compound, Condition, Descriptor, Kind, NodeId,
    Operator, Parameter, Part, Redirect, RedirectOperator, RedirectTarget, Script, Separator, Word,
};
use pidone::source::{Mapped, Source};

/// Parses a text that stands for itself.
pub(crate) fn parse(text: &str) -> Script {
    pidone::shell::parse(Mapped::whole(&Source::new("script", text)))
}

/// The dump of a text.
pub(crate) fn dump(text: &str) -> String {
    let script = parse(text);
    let mut out = Dump { script: &script }.node(script.root);
    for problem in &script.problems {
        out.push_str(&format!(" !{:?}", problem.range));
    }
    out
}

struct Dump<'a> {
    script: &'a Script,
}

impl Dump<'_> {
    fn node(&self, id: NodeId) -> String {
        match &self.script.node(id).kind {
            Kind::List(items) => {
                let items = items.iter().map(|item| {
                    let end = match item.end {
                        Separator::Semicolon => ";",
                        Separator::Background => "&",
                        Separator::Newline => "/",
                        Separator::End => "",
                    };
                    format!("{}{end}", self.node(item.node))
                });
                format!("{{{}}}", items.collect::<Vec<_>>().join(" "))
            }
            Kind::AndOr { first, rest } => {
                let mut out = format!("({}", self.node(*first));
                for (operator, node) in rest {
                    let operator = match operator {
                        AndOr::And => "&&",
                        AndOr::Or => "||",
                    };
                    out.push_str(&format!(" {operator} {}", self.node(*node)));
                }
                out + ")"
            }
            Kind::Pipeline {
                negated,
                timed,
                parts,
                with_stderr,
            } => {
                let mut out = "(pipe".to_owned();
                if *timed {
                    out.push_str(" time");
                }
                if *negated {
                    out.push_str(" !");
                }
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        out.push_str(if with_stderr[index - 1] { " |&" } else { " |" });
                    }
                    out.push_str(&format!(" {}", self.node(*part)));
                }
                out + ")"
            }
            Kind::Simple(simple) => {
                let mut parts: Vec<String> = Vec::new();
                parts.extend(simple.assignments.iter().map(|a| self.assignment(a)));
                parts.extend(simple.words.iter().map(|word| self.word(word)));
                parts.extend(simple.redirects.iter().map(|r| self.redirect(r)));
                format!("[{}]", parts.join(" "))
            }
            Kind::Compound(compound, redirects) => {
                let redirects = redirects.iter().map(|r| format!(" {}", self.redirect(r)));
                self.compound(compound) + &redirects.collect::<String>()
            }
            Kind::Function {
                name,
                keyword,
                body,
            } => {
                let keyword = if *keyword { "function " } else { "" };
                format!("({keyword}{name}() {})", self.node(*body))
            }
            Kind::Coproc { name, body } => format!("(coproc {name} {})", self.node(*body)),
            Kind::Unparsed { why } => format!("(? {why})"),
        }
    }

    fn compound(&self, compound: &Compound) -> String {
        match compound {
            Compound::Subshell(list) => format!("(subshell {})", self.node(*list)),
            Compound::Group(list) => format!("(group {})", self.node(*list)),
            Compound::If { arms, otherwise } => {
                let mut out = "(if".to_owned();
                for (condition, body) in arms {
                    out.push_str(&format!(" {} {}", self.node(*condition), self.node(*body)));
                }
                if let Some(otherwise) = otherwise {
                    out.push_str(&format!(" else {}", self.node(*otherwise)));
                }
                out + ")"
            }
            Compound::While {
                until,
                condition,
                body,
            } => {
                let word = if *until { "until" } else { "while" };
                format!("({word} {} {})", self.node(*condition), self.node(*body))
            }
            Compound::For { name, words, body } => {
                let words = match words {
                    Some(words) => format!(" in{}", self.words(words)),
                    None => String::new(),
                };
                format!("(for {name}{words} {})", self.node(*body))
            }
            Compound::ForArithmetic { parts, body } => format!(
                "(for (({};{};{})) {})",
                self.word(&parts[0]),
                self.word(&parts[1]),
                self.word(&parts[2]),
                self.node(*body)
            ),
            Compound::Case { word, arms } => {
                let mut out = format!("(case {}", self.word(word));
                for arm in arms {
                    let end = match arm.end {
                        ArmEnd::Leave => ";;",
                        ArmEnd::FallThrough => ";&",
                        ArmEnd::TryNext => ";;&",
                    };
                    let patterns: Vec<_> = arm.patterns.iter().map(|w| self.word(w)).collect();
                    let body = self.node(arm.body);
                    out.push_str(&format!(" {}) {body}{end}", patterns.join("|")));
                }
                out + ")"
            }
            Compound::Test(condition) => format!("(test {})", self.condition(condition)),
            Compound::Arithmetic(word) => format!("(( {} ))", self.word(word)),
        }
    }

    fn condition(&self, condition: &Condition) -> String {
        match condition {
            Condition::Unary(operator, word) => format!("({operator} {})", self.word(word)),
            Condition::Binary(left, operator, right) => {
                format!("({} {operator} {})", self.word(left), self.word(right))
            }
            Condition::Not(inner) => format!("(! {})", self.condition(inner)),
            Condition::And(left, right) => {
                format!("({} && {})", self.condition(left), self.condition(right))
            }
            Condition::Or(left, right) => {
                format!("({} || {})", self.condition(left), self.condition(right))
            }
            Condition::Unparsed(why) => format!("(? {why})"),
        }
    }

    fn assignment(&self, assignment: &Assignment) -> String {
        let index = match &assignment.index {
            Some(index) => format!("[{}]", self.word(index)),
            None => String::new(),
        };
        let plus = if assignment.append { "+" } else { "" };
        let value = match &assignment.value {
            AssignedValue::Word(word) => self.word(word),
            AssignedValue::Array(words) => format!("({})", self.words(words).trim_start()),
        };
        format!("<{}{index}{plus}={value}>", assignment.name)
    }

    fn redirect(&self, redirect: &Redirect) -> String {
        let descriptor = match &redirect.descriptor {
            Some(Descriptor::Number(number)) => number.to_string(),
            Some(Descriptor::Variable(name)) => format!("{{{name}}}"),
            None => String::new(),
        };
        let operator = match redirect.operator {
            RedirectOperator::Read => "<",
            RedirectOperator::Write => ">",
            RedirectOperator::Append => ">>",
            RedirectOperator::ReadWrite => "<>",
            RedirectOperator::DuplicateInput => "<&",
            RedirectOperator::DuplicateOutput => ">&",
            RedirectOperator::WriteBoth => "&>",
            RedirectOperator::AppendBoth => "&>>",
            RedirectOperator::HereDocument => "<<",
            RedirectOperator::HereString => "<<<",
        };
        let target = match &redirect.target {
            RedirectTarget::Word(word) | RedirectTarget::Body(word) => self.word(word),
        };
        format!("{descriptor}{operator}{target}")
    }

    fn words(&self, words: &[Word]) -> String {
        words.iter().map(|w| format!(" {}", self.word(w))).collect()
    }

    /// Literals as they are, quoted text in `'…'`, parts separated by `·`.
    fn word(&self, word: &Word) -> String {
        let parts: Vec<String> = word.parts.iter().map(|part| self.part(part)).collect();
        parts.join("·")
    }

    fn part(&self, part: &Part) -> String {
        let mark = |quoted: &bool| if *quoted { "\"" } else { "" };
        match part {
            Part::Literal(text) => text.replace('\n', "\\n"),
            Part::Quoted(text) => format!("'{}'", text.replace('\n', "\\n")),
            Part::Extended(text) => format!("<{text}>"),
            Part::DollarQuoted { text, .. } => format!("$'{}'", text.replace('\n', "\\n")),
            Part::Parameter { parameter, quoted } => {
                format!("{}{}", mark(quoted), self.parameter(parameter))
            }
            Part::Command { body, quoted } => format!("{}$({})", mark(quoted), self.node(*body)),
            Part::Arithmetic { expression, quoted } => {
                format!("{}$(({}))", mark(quoted), self.word(expression))
            }
            Part::ProcessSubstitution { body, output } => {
                let sign = if *output { '>' } else { '<' };
                format!("{sign}({})", self.node(*body))
            }
            Part::Unparsed { why } => format!("?<{why}>"),
        }
    }

    fn parameter(&self, parameter: &Parameter) -> String {
        let mut out = "${".to_owned();
        if parameter.indirect {
            out.push('!');
        }
        if parameter.length {
            out.push('#');
        }
        out.push_str(&parameter.name);
        if let Some(index) = &parameter.index {
            out.push_str(&format!("[{}]", self.word(index)));
        }
        let colon = |colon: &bool| if *colon { ":" } else { "" };
        out.push_str(&match &parameter.operator {
            None => String::new(),
            Some(Operator::Default { colon: c, word }) => {
                format!(" {}- {}", colon(c), self.word(word))
            }
            Some(Operator::Assign { colon: c, word }) => {
                format!(" {}= {}", colon(c), self.word(word))
            }
            Some(Operator::Error { colon: c, word }) => {
                format!(" {}? {}", colon(c), self.word(word))
            }
            Some(Operator::Alternative { colon: c, word }) => {
                format!(" {}+ {}", colon(c), self.word(word))
            }
            Some(Operator::RemovePrefix { longest, pattern }) => {
                format!(
                    " {} {}",
                    if *longest { "##" } else { "#" },
                    self.word(pattern)
                )
            }
            Some(Operator::RemoveSuffix { longest, pattern }) => {
                format!(
                    " {} {}",
                    if *longest { "%%" } else { "%" },
                    self.word(pattern)
                )
            }
            Some(Operator::Substring { offset, length }) => match length {
                Some(length) => format!(" :{}:{}", self.word(offset), self.word(length)),
                None => format!(" :{}", self.word(offset)),
            },
            Some(Operator::Replace {
                all,
                anchor,
                pattern,
                with,
            }) => format!(
                " {}{} {} -> {}",
                if *all { "//" } else { "/" },
                anchor.map(String::from).unwrap_or_default(),
                self.word(pattern),
                self.word(with)
            ),
            Some(Operator::Other(text)) => format!(" other {text}"),
        });
        out.push('}');
        out
    }
}
