//! What holds for every text.

use std::ops::Range;

use pidone::shell::{
    AssignedValue, Compound, Condition, Kind, NodeId, Operator, Part, Redirect, RedirectTarget,
    Script, Word,
};
use proptest::prelude::*;

use super::dump::{dump, parse};

/// Fragments that together make much valid and much broken shell.
const FRAGMENTS: [&str; 60] = [
    "a",
    "b c",
    " ",
    "  ",
    "\n",
    ";",
    ";;",
    "&",
    "&&",
    "||",
    "|",
    "|&",
    "(",
    ")",
    "{ ",
    " }",
    "((",
    "))",
    "$(",
    "$((",
    "`",
    "\"",
    "'",
    "$'",
    "\\",
    "\\\n",
    "$x",
    "${",
    "}",
    "${x:-",
    "${x#",
    "${#",
    "[",
    "]",
    "[[ ",
    " ]]",
    "if ",
    "then ",
    "elif ",
    "else ",
    "fi",
    "for x in ",
    "while ",
    "do ",
    "done",
    "case ",
    " in ",
    "esac",
    "f()",
    "function ",
    "coproc ",
    "time ",
    "! ",
    "<<E",
    "\nE\n",
    ">",
    "<(",
    "2>&1",
    "# ",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn arbitrary_text_is_parsed_with_ranges_inside_each_other(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn shell_like_text_is_parsed_with_ranges_inside_each_other(
        picks in prop::collection::vec(0..FRAGMENTS.len(), 0..60)
    ) {
        let text: String = picks.into_iter().map(|pick| FRAGMENTS[pick]).collect();
        check(&text);
    }
}

#[test]
fn the_cases_have_ranges_inside_each_other() {
    for line in super::CASES.lines().step_by(2) {
        check(&line.replace('⏎', "\n"));
    }
}

fn check(text: &str) {
    let script = parse(text);
    let root = script.node(script.root).range.clone();
    assert_eq!(root, 0..text.len());
    let mut check = Check {
        script: &script,
        seen: vec![false; script.nodes.len()],
    };
    check.node(script.root, &root);
    for problem in &script.problems {
        assert!(within(&problem.range, &root), "{problem:?}");
        assert!(text.get(problem.range.clone()).is_some(), "{problem:?}");
    }
    // The dump visits everything, so it also shows that no here-document lost its body.
    dump(text);
}

struct Check<'a> {
    script: &'a Script,
    seen: Vec<bool>,
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end
}

impl Check<'_> {
    fn node(&mut self, id: NodeId, parent: &Range<usize>) {
        let node = self.script.node(id);
        let range = &node.range;
        let text = self.script.text.text();
        assert!(within(range, parent), "{range:?} in {parent:?} of {text:?}");
        assert!(text.get(range.clone()).is_some(), "{range:?} in {text:?}");
        assert!(
            !self.seen[id as usize],
            "two parents: {range:?} of {text:?}"
        );
        self.seen[id as usize] = true;
        match &node.kind {
            Kind::List(items) => {
                let mut after = range.start;
                for item in items {
                    let child = &self.script.node(item.node).range;
                    assert!(child.start >= after, "out of order in {text:?}");
                    assert!(!child.is_empty(), "an empty item in {text:?}");
                    after = child.end;
                    self.node(item.node, range);
                }
            }
            Kind::AndOr { first, rest } => {
                self.node(*first, range);
                rest.iter().for_each(|(_, node)| self.node(*node, range));
            }
            Kind::Pipeline {
                parts,
                with_stderr,
                timed,
                ..
            } => {
                assert_eq!(parts.len(), with_stderr.len() + 1);
                // `! !` turns the status twice.
                let is_turned = text[range.clone()].starts_with('!');
                assert!(parts.len() > 1 || is_turned || *timed, "{text:?}");
                parts.iter().for_each(|part| self.node(*part, range));
            }
            Kind::Simple(simple) => {
                for assignment in &simple.assignments {
                    assert!(within(&assignment.range, range), "{text:?}");
                    match &assignment.value {
                        AssignedValue::Word(word) => self.word(word, &assignment.range),
                        AssignedValue::Array(words) => self.words(words, &assignment.range),
                    }
                }
                self.words(&simple.words, range);
                self.redirects(&simple.redirects, range);
            }
            Kind::Compound(compound, redirects) => {
                self.compound(compound, range);
                self.redirects(redirects, range);
            }
            Kind::Function { body, .. } | Kind::Coproc { body, .. } => self.node(*body, range),
            Kind::Unparsed { why } => {
                let reported = self.script.problems.iter();
                let mut reported = reported.filter(|problem| problem.range == *range);
                assert!(reported.any(|problem| problem.why == *why), "{text:?}");
            }
        }
    }

    fn compound(&mut self, compound: &Compound, range: &Range<usize>) {
        match compound {
            Compound::Subshell(list) | Compound::Group(list) => self.node(*list, range),
            Compound::If { arms, otherwise } => {
                for (condition, body) in arms {
                    self.node(*condition, range);
                    self.node(*body, range);
                }
                otherwise.iter().for_each(|list| self.node(*list, range));
            }
            Compound::While {
                condition, body, ..
            } => {
                self.node(*condition, range);
                self.node(*body, range);
            }
            Compound::For { words, body, .. } => {
                self.words(words.as_deref().unwrap_or_default(), range);
                self.node(*body, range);
            }
            Compound::ForArithmetic { parts, body } => {
                self.words(parts, range);
                self.node(*body, range);
            }
            Compound::Case { word, arms } => {
                self.word(word, range);
                for arm in arms {
                    self.words(&arm.patterns, range);
                    self.node(arm.body, range);
                }
            }
            Compound::Test(condition) => self.condition(condition, range),
            Compound::Arithmetic(word) => self.word(word, range),
        }
    }

    fn condition(&mut self, condition: &Condition, range: &Range<usize>) {
        match condition {
            Condition::Unary(_, word) => self.word(word, range),
            Condition::Binary(left, _, right) => {
                self.word(left, range);
                self.word(right, range);
            }
            Condition::Not(inner) => self.condition(inner, range),
            Condition::And(left, right) | Condition::Or(left, right) => {
                self.condition(left, range);
                self.condition(right, range);
            }
            Condition::Unparsed(_) => {}
        }
    }

    fn redirects(&mut self, redirects: &[Redirect], range: &Range<usize>) {
        for redirect in redirects {
            assert!(within(&redirect.range, range));
            match &redirect.target {
                RedirectTarget::Word(word) => self.word(word, &redirect.range),
                // A body stands after the line of its command, so only in the script.
                RedirectTarget::Body(word) => self.word(word, &(0..self.script.text.text().len())),
            }
        }
    }

    fn words(&mut self, words: &[Word], range: &Range<usize>) {
        words.iter().for_each(|word| self.word(word, range));
    }

    fn word(&mut self, word: &Word, parent: &Range<usize>) {
        let text = self.script.text.text();
        let range = &word.range;
        assert!(within(range, parent), "{range:?} in {parent:?} of {text:?}");
        for part in &word.parts {
            match part {
                Part::Parameter { parameter, .. } => {
                    let inner = &parameter.range;
                    assert!(within(inner, range), "{inner:?} in {range:?} of {text:?}");
                    parameter.index.iter().for_each(|w| self.word(w, inner));
                    match &parameter.operator {
                        Some(
                            Operator::Default { word, .. }
                            | Operator::Assign { word, .. }
                            | Operator::Error { word, .. }
                            | Operator::Alternative { word, .. },
                        ) => self.word(word, inner),
                        Some(
                            Operator::RemovePrefix { pattern, .. }
                            | Operator::RemoveSuffix { pattern, .. },
                        ) => self.word(pattern, inner),
                        Some(Operator::Substring { offset, length }) => {
                            self.word(offset, inner);
                            length.iter().for_each(|word| self.word(word, inner));
                        }
                        Some(Operator::Replace { pattern, with, .. }) => {
                            self.word(pattern, inner);
                            self.word(with, inner);
                        }
                        Some(Operator::Other(_)) | None => {}
                    }
                }
                Part::Command { body, .. } | Part::ProcessSubstitution { body, .. } => {
                    self.node(*body, range);
                }
                Part::Arithmetic { expression, .. } => self.word(expression, range),
                Part::Literal(_)
                | Part::Quoted(_)
                | Part::DollarQuoted { .. }
                | Part::Extended(_)
                | Part::Unparsed { .. } => {}
            }
        }
    }
}
