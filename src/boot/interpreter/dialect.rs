//! Syntax that a dialect does not have: where a real shell stops with a syntax error.

use std::ops::Range;

use super::Code;
use super::step::Turn;
use crate::knowledge::Feature;
use crate::shell::{
    ArmEnd, AssignedValue, Compound, Kind, Part, Redirect, RedirectOperator, RedirectTarget,
    Script, Word,
};

/// A construct beyond POSIX, where it stands, and what people call it.
pub(in crate::boot) type Construct = (Range<usize>, Feature, &'static str);

impl Turn<'_, '_> {
    /// What this shell cannot parse within a node. Shells parse a complete command before they run
    /// any of it, so this is asked at the outermost level only.
    pub(super) fn syntax_error(&self, code: &Code) -> Option<&'static str> {
        let facts = self.shell.facts;
        if self.shell.frames.len() > 2 && !self.at_top_level() {
            return None;
        }
        if matches!(code.script.node(code.node).kind, Kind::List(_)) {
            return None;
        }
        let range = &code.script.node(code.node).range;
        let constructs = self.machine.constructs(&code.script);
        let found = constructs.iter().find(|(at, feature, _)| {
            let is_known = match feature {
                Feature::ExtendedPatterns => {
                    let is_on = self.shell.options.extglob && facts.has(*feature);
                    is_on && !is_switched_on_in_line(code.script.text.text(), at.start)
                }
                other => facts.has(*other),
            };
            !is_known && at.start >= range.start && at.end <= range.end
        });
        found.map(|(_, _, what)| *what)
    }

    /// The body of `function f {` or `coproc {` with a line end behind the brace, in a shell that takes the
    /// first line for a command.
    pub(super) fn group_behind_a_command(&self, code: &Code) -> Option<Code> {
        let (body, feature) = match &code.script.node(code.node).kind {
            Kind::Function {
                keyword: true,
                body,
                ..
            } => (body, Feature::FunctionKeyword),
            Kind::Coproc { body, .. } => (body, Feature::Coproc),
            _ => return None,
        };
        if self.shell.facts.has(feature) {
            return None;
        }
        let Kind::Compound(Compound::Group(list), _) = &code.script.node(*body).kind else {
            return None;
        };
        let head = code.text().split_once('{')?;
        let is_line =
            head.1.trim_start_matches([' ', '\t']).starts_with('\n') && !head.0.contains('(');
        is_line.then(|| code.at(*list))
    }

    /// Whether the node on top is an item of a script's outermost list.
    fn at_top_level(&self) -> bool {
        let frames = &self.shell.frames;
        let below = frames
            .len()
            .checked_sub(2)
            .and_then(|index| frames.get(index));
        below.is_some_and(|frame| frame.code.node == frame.code.script.root)
    }
}

/// All constructs of a script that are a syntax error where they are not known. Those that such a
/// shell takes for ordinary commands (`[[`, `((`, `source`, `coproc` before another command) are not among them.
pub(in crate::boot) fn constructs(script: &Script) -> Vec<Construct> {
    let mut found = Vec::new();
    for node in &script.nodes {
        let range = &node.range;
        match &node.kind {
            Kind::Function { keyword: true, .. } => {
                found.push((
                    range.clone(),
                    Feature::FunctionKeyword,
                    "the word `function`",
                ));
            }
            Kind::Coproc { body, .. } if matches!(script.node(*body).kind, Kind::Compound(..)) => {
                found.push((range.clone(), Feature::Coproc, "`coproc` before a group"));
            }
            Kind::Pipeline { with_stderr, .. } if with_stderr.contains(&true) => {
                found.push((range.clone(), Feature::PipeBoth, "`|&`"));
            }
            Kind::Simple(simple) => {
                for assignment in &simple.assignments {
                    match &assignment.value {
                        AssignedValue::Array(_) => {
                            found.push((assignment.range.clone(), Feature::Arrays, "arrays"))
                        }
                        AssignedValue::Word(word) => in_word(word, &mut found),
                    }
                }
                simple
                    .words
                    .iter()
                    .for_each(|word| in_word(word, &mut found));
                in_redirects(script.text.text(), &simple.redirects, &mut found);
            }
            Kind::Compound(compound, redirects) => {
                in_redirects(script.text.text(), redirects, &mut found);
                if let Compound::Case { arms, .. } = compound {
                    let patterns = arms.iter().flat_map(|arm| &arm.patterns);
                    patterns.for_each(|word| in_word(word, &mut found));
                }
                match compound {
                    Compound::Test(_) if has_parenthesis(script.text.text().get(range.clone())) => {
                        let what = "a parenthesis in `[[ … ]]`";
                        found.push((range.clone(), Feature::TestParentheses, what));
                    }
                    Compound::ForArithmetic { .. } => {
                        found.push((range.clone(), Feature::ArithmeticCommand, "`for ((…))`"));
                    }
                    Compound::For {
                        words: Some(words), ..
                    } => {
                        words.iter().for_each(|word| in_word(word, &mut found));
                    }
                    Compound::Case { arms, .. }
                        if arms.iter().any(|arm| arm.end != ArmEnd::Leave) =>
                    {
                        found.push((range.clone(), Feature::FallThrough, "`;&`"));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether bash has read the line with an extended pattern before it runs the `shopt -s extglob` in front of that.
fn is_switched_on_in_line(text: &str, at: usize) -> bool {
    let line = text.get(..at).map(|before| before.rsplit('\n').next());
    line.flatten().is_some_and(|line| line.contains("extglob"))
}

/// Whether a parenthesis stands in a text outside of quotes, and opens no substitution.
fn has_parenthesis(text: Option<&str>) -> bool {
    let mut quote = None;
    let mut before = ' ';
    let mut depth = 0u32;
    let mut letters = text.unwrap_or_default().chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => drop(letters.next()),
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') if before == '$' || depth > 0 => depth += 1,
            (None, ')') if depth > 0 => depth -= 1,
            (None, '(') => return true,
            (None, _) => {}
        }
        before = letter;
    }
    false
}

fn in_word(word: &Word, found: &mut Vec<Construct>) {
    for part in &word.parts {
        if matches!(part, Part::Extended(_)) {
            found.push((
                word.range.clone(),
                Feature::ExtendedPatterns,
                "an extended pattern",
            ));
        }
        if matches!(part, Part::ProcessSubstitution { .. }) {
            found.push((
                word.range.clone(),
                Feature::ProcessSubstitution,
                "process substitution",
            ));
        }
    }
}

fn in_redirects(text: &str, redirects: &[Redirect], found: &mut Vec<Construct>) {
    for redirect in redirects {
        // `>&file` is a bad descriptor where it is not known; `&>file` is read as `&` and `>file`.
        if redirect.operator == RedirectOperator::WriteBoth
            && text
                .get(redirect.range.start..)
                .is_some_and(|rest| rest.starts_with('>'))
        {
            found.push((
                redirect.range.clone(),
                Feature::RedirectBoth,
                "`>&` with a file",
            ));
        }
        if redirect.operator == RedirectOperator::HereString {
            found.push((redirect.range.clone(), Feature::HereString, "`<<<`"));
        }
        if let RedirectTarget::Word(word) = &redirect.target {
            in_word(word, found);
        }
    }
}
