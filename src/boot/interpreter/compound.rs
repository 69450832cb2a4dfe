//! Lists, pipelines and compound commands.

use super::conditions::{self, Answer, Context};
use super::expand::Expansion;
use super::step::{Attempt, Turn};
use super::{Asked, Code, Foreground, State};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Input, Output, Question, Status};
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::{
    AndOr, ArmEnd, Compound, Condition, Kind, Redirect, RedirectOperator, Separator,
};

impl Turn<'_, '_> {
    pub(super) fn list(&mut self, code: Code, next: usize) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::List(items) = &script.node(code.node).kind else {
            return self.pop();
        };
        if next > 0 && items[next - 1].end == Separator::Newline {
            self.activate_aliases();
        }
        let Some(item) = items.get(next) else {
            return self.pop();
        };
        self.top().state = State::List(next + 1);
        let inner = code.at(item.node);
        if item.end == Separator::Background || self.redirects_both_in_background(&inner) {
            self.background(&inner);
            return Ok(());
        }
        let tail = self.list_tail(&code, items, next);
        self.push(inner, tail);
        Ok(())
    }

    /// Whether a command ends in `&>file`, and the shell reads that as `&` and `>file`.
    fn redirects_both_in_background(&self, code: &Code) -> bool {
        // busybox has `&>file`, and not `&>>file`.
        let unknown: &[RedirectOperator] = match self.shell.facts.family {
            ShellFamily::Bash => return false,
            ShellFamily::Ash => &[RedirectOperator::AppendBoth],
            ShellFamily::Dash => &[RedirectOperator::WriteBoth, RedirectOperator::AppendBoth],
        };
        let script = &code.script;
        let mut node = code.node;
        loop {
            let redirects = match &script.node(node).kind {
                Kind::AndOr { first, rest } => {
                    node = rest.last().map_or(*first, |(_, last)| *last);
                    continue;
                }
                Kind::Pipeline { parts, .. } => match parts.last() {
                    Some(last) => {
                        node = *last;
                        continue;
                    }
                    None => return false,
                },
                Kind::Simple(simple) => &simple.redirects,
                Kind::Compound(_, redirects) => redirects,
                _ => return false,
            };
            let text = script.text.text();
            let begins_with_and = |redirect: &Redirect| {
                let at = redirect.range.start;
                text.get(at..).is_some_and(|rest| rest.starts_with("&>"))
            };
            return redirects
                .iter()
                .any(|redirect| unknown.contains(&redirect.operator) && begins_with_and(redirect));
        }
    }

    pub(super) fn and_or(&mut self, code: Code, begun: usize) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::AndOr { first, rest } = &script.node(code.node).kind else {
            return self.pop();
        };
        if begun == 0 {
            self.top().state = State::AndOr(1);
            self.push(code.at(*first), false);
            return Ok(());
        }
        let mut index = begun - 1;
        // Parts whose operator does not want them are skipped.
        while let Some((operator, _)) = rest.get(index) {
            let yes = self.decide_status()?;
            if yes == (*operator == AndOr::And) {
                break;
            }
            index += 1;
        }
        let Some((_, part)) = rest.get(index) else {
            self.shell.check_failure = false;
            return self.pop();
        };
        let is_last = index + 1 == rest.len();
        let tail = is_last && self.and_or_tail(&code, *part);
        self.shell.check_failure = false;
        // The last part's failure counts for `set -e`: it is begun one beyond the rest.
        self.top().state = State::AndOr(if is_last { rest.len() + 1 } else { index + 2 });
        self.push(code.at(*part), tail);
        if is_last {
            // Nothing remains to be decided after it.
            let last = self.shell.frames.len() - 2;
            self.shell.frames[last].state = State::AndOr(usize::MAX);
        }
        Ok(())
    }

    pub(super) fn conditional(&mut self, code: Code, arm: usize, in_body: bool) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::Compound(Compound::If { arms, otherwise }, _) = &script.node(code.node).kind
        else {
            return self.pop();
        };
        if in_body {
            self.shell.check_failure = false;
            return self.pop();
        }
        let tail = self.top().tail && self.passes_tail();
        // An arm number beyond the condition that was just run means that it has been run.
        let yes = self.decide_status()?;
        self.shell.check_failure = false;
        if yes {
            self.top().state = State::If(arm, true);
            self.push(code.at(arms[arm].1), tail);
        } else if let Some((condition, _)) = arms.get(arm + 1) {
            self.top().state = State::If(arm + 1, false);
            self.push(code.at(*condition), false);
        } else if let Some(otherwise) = otherwise {
            self.top().state = State::If(arm, true);
            self.push(code.at(*otherwise), tail);
        } else {
            self.shell.status = Status::SUCCESS;
            return self.pop();
        }
        Ok(())
    }

    pub(super) fn case(&mut self, code: Code) -> Attempt<()> {
        let script = std::rc::Rc::clone(&code.script);
        let Kind::Compound(
            Compound::Case {
                word: written,
                arms,
            },
            _,
        ) = &script.node(code.node).kind
        else {
            return self.pop();
        };
        let State::Case(word, arm, pattern) = self.top().state.clone() else {
            return self.pop();
        };
        let Some(current) = arms.get(arm) else {
            self.shell.status = Status::SUCCESS;
            return self.pop();
        };
        if pattern == usize::MAX {
            // The body has run.
            return match current.end {
                ArmEnd::Leave => self.pop(),
                ArmEnd::FallThrough => {
                    let Some(next) = arms.get(arm + 1) else {
                        return self.pop();
                    };
                    self.top().state = State::Case(word, arm + 1, usize::MAX);
                    self.push(code.at(next.body), false);
                    Ok(())
                }
                ArmEnd::TryNext => {
                    self.top().state = State::Case(word, arm + 1, 0);
                    Ok(())
                }
            };
        }
        let Some(tried) = current.patterns.get(pattern) else {
            self.top().state = State::Case(word, arm + 1, 0);
            return Ok(());
        };
        let (pieces, shown) = self.expand(&code, |expansion: &mut Expansion| {
            Ok((expansion.pattern(tried)?, expansion.source_text(tried)))
        })?;
        let written = code.script.span(written.range.clone());
        let answer = {
            let context = self.condition_context(Some(written));
            conditions::matches(&context, &word, pieces.as_deref(), &shown)
        };
        self.top().results.clear();
        if self.decide(&answer.status())? {
            let tail = self.top().tail && self.passes_tail();
            self.top().state = State::Case(word, arm, usize::MAX);
            self.shell.status = Status::SUCCESS;
            self.push(code.at(current.body), tail);
        } else {
            self.top().state = State::Case(word, arm, pattern + 1);
        }
        Ok(())
    }

    pub(super) fn condition_context(&mut self, span: Option<crate::source::Span>) -> Context<'_> {
        Context {
            files: &self.machine.container.image.files,
            written: &self.world.files,
            shell: &self.shell,
            world: self.world,
            fixed: &self.world.fixed,
            looked_at: &self.machine.looked_at,
            directory: &self.world.processes[&self.pid].directory,
            double_equals: self.shell.facts.family != ShellFamily::Dash,
            empty_is_zero: false,
            span,
        }
    }

    /// Begins a compound command.
    pub(super) fn compound(
        &mut self,
        code: &Code,
        compound: &Compound,
        redirects: &[Redirect],
    ) -> Attempt<()> {
        let tail = self.top().tail;
        if let Compound::Subshell(body) = compound {
            if tail && self.shell_tail_is_open() && self.subshell_is_tail() {
                // The shell would exit right after it, so it does not fork.
                if self.redirect_compound(code, redirects)?.is_none() {
                    return self.finish(Status::Known(1));
                }
                self.pop()?;
                self.shell
                    .traps
                    .retain(|_, trap| trap.action.is_certainly_empty());
                self.push(code.at(*body), true);
                return Ok(());
            }
            let pid = self.fork(code, false, None);
            self.top().state = State::Foreground(Box::new(Foreground {
                pids: vec![pid],
                ended: vec![None],
                pipefail: false,
            }));
            return Ok(());
        }
        if !redirects.is_empty() && !matches!(self.top().state, State::Restore(_)) {
            match self.redirect_compound(code, redirects)? {
                Some(saved) => {
                    self.top().results.clear();
                    self.top().state = State::Restore(Box::new(saved));
                }
                None => return self.finish(Status::Known(1)),
            }
            self.push(code.clone(), false);
        }
        match compound {
            Compound::Subshell(_) => Ok(()),
            Compound::Group(body) => {
                let tail = tail && redirects.is_empty() && self.passes_tail();
                self.pop()?;
                self.push(code.at(*body), tail);
                Ok(())
            }
            Compound::If { arms, .. } => {
                self.top().state = State::If(0, false);
                self.push(code.at(arms[0].0), false);
                Ok(())
            }
            Compound::While { .. } => {
                self.top().state = State::While(Box::default());
                Ok(())
            }
            Compound::For { words, .. } => {
                let fields = match words {
                    None => self.shell.positional.clone(),
                    Some(words) => self.expand(code, |expansion| {
                        let mut fields = Vec::new();
                        for word in words {
                            expansion.fields(word, &mut fields)?;
                        }
                        Ok(fields)
                    })?,
                };
                self.top().results.clear();
                self.shell.status = Status::SUCCESS;
                self.top().state = State::For(fields.into(), 0, Asked::default());
                Ok(())
            }
            Compound::ForArithmetic { .. } => {
                self.top().state = State::ForArithmetic(0, Asked::default());
                Ok(())
            }
            Compound::Case { word, .. } => {
                let value = self.expand_single(code, word)?;
                self.top().results.clear();
                self.top().state = State::Case(Box::new(value), 0, 0);
                Ok(())
            }
            Compound::Test(condition) => {
                if !self
                    .shell
                    .facts
                    .has(crate::knowledge::Feature::DoubleBracket)
                {
                    return self.finish(Status::Known(127));
                }
                let answer = self.test_condition(code, condition)?;
                self.finish(answer.status())
            }
            Compound::Arithmetic(expression) => {
                if !self.shell.facts.has(Feature::ArithmeticCommand) {
                    // Two subshells, and a command that is not there.
                    return self.finish(Status::Known(127));
                }
                let value = self.arithmetic_command(code, expression)?;
                let text = code.text().to_owned();
                let Some(value) = value else {
                    return self.finish(Status::Known(1));
                };
                let status = match value.known() {
                    Some(text) => Status::Known(i32::from(text == "0")),
                    None => Status::Unknown(
                        Question::new(
                            format!("`{text}` holds"),
                            format!("`{text}` does not hold"),
                            Some(code.span()),
                        )
                        .into(),
                    ),
                };
                self.finish(status)
            }
        }
    }

    /// `[[ … ]]`; its nesting is bounded by the parser's.
    fn test_condition(&mut self, code: &Code, condition: &Condition) -> Attempt<Answer> {
        let span = Some(code.span());
        self.expand(code, |expansion| {
            // Values first, so that the context can be borrowed afterwards.
            let mut values: Vec<TestValues> = Vec::new();
            collect(expansion, condition, &mut values)?;
            Ok(values)
        })
        .map(|values| {
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            if is_bash && let Some(groups) = groups(&values) {
                self.shell.set("BASH_REMATCH", super::Stored::Array(groups));
            }
            let empty_is_zero = is_bash;
            let context = Context {
                empty_is_zero,
                ..self.condition_context(span)
            };
            let mut values = values.into_iter();
            judge(&context, condition, &mut values)
        })
    }

    /// Begins a pipeline, or a command with `!` or `time` before it.
    pub(super) fn pipeline(
        &mut self,
        code: &Code,
        negated: bool,
        timed: bool,
        parts: &[u32],
    ) -> Attempt<()> {
        if timed && !self.shell.facts.has(crate::knowledge::Feature::Time) {
            return self.external_time(code, parts);
        }
        if let [only] = parts {
            let inner = code.at(*only);
            if negated {
                self.top().state = State::Negate;
            } else {
                self.pop()?;
            }
            self.push(inner, false);
            return Ok(());
        }
        let last_here = self.shell.options.lastpipe && !self.shell.options.monitor;
        let mut pids = Vec::new();
        let mut input: Option<usize> = None;
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            if is_last && last_here {
                break;
            }
            let output = (!is_last).then(|| self.world.new_stream());
            let pid = self.fork_part(&code.at(*part), input, output);
            pids.push(pid);
            input = output;
        }
        let ended = vec![None; pids.len()];
        let pipefail = self.shell.options.pipefail;
        if last_here {
            let process = self.world.process_mut(self.pid);
            let read = input.map_or(process.input.clone(), Input::Pipe);
            let saved = (
                std::mem::replace(&mut process.input, read),
                process.output.clone(),
            );
            if negated {
                self.top().state = State::Negate;
                self.push_state(code.clone(), false, State::Restore(Box::new(saved)));
            } else {
                self.top().state = State::Restore(Box::new(saved));
            }
            self.push(code.at(parts[parts.len() - 1]), false);
            return Ok(());
        }
        let waiting = State::Foreground(Box::new(Foreground {
            pids,
            ended,
            pipefail,
        }));
        if negated {
            self.top().state = State::Negate;
            self.push_state(code.clone(), false, waiting);
        } else {
            self.top().state = waiting;
        }
        Ok(())
    }

    /// The end of a command with redirections around it.
    pub(super) fn restore(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        if let State::Restore(saved) = state {
            let process = self.world.process_mut(self.pid);
            (process.input, process.output) = *saved;
        }
        self.pop()
    }
}

/// What `=~` leaves in `BASH_REMATCH`; `None` where nothing is matched.
fn groups(values: &[TestValues]) -> Option<Vec<Field>> {
    let mut expressions = values.iter().filter_map(|value| match value {
        TestValues::Expression(word, expression, _) => Some((word, expression)),
        _ => None,
    });
    let (word, expression) = expressions.next()?;
    let known = match (expression.as_deref(), word.value.certain()) {
        // Of several, the first may end the condition.
        (Some(expression), Some(text)) if expressions.next().is_none() => {
            conditions::matched(expression, &text)
        }
        _ => None,
    };
    Some(known.unwrap_or_else(|| {
        vec![Field {
            value: Value::unknown("${BASH_REMATCH[…]}"),
            open: true,
        }]
    }))
}

/// Expanded operands of one condition of `[[ … ]]`.
enum TestValues {
    Words(Vec<Field>),
    Pattern(Field, Option<Vec<super::pattern::Stretch>>, String),
    Expression(Field, Option<Vec<super::pattern::Stretch>>, String),
}

fn collect(
    expansion: &mut Expansion,
    condition: &Condition,
    values: &mut Vec<TestValues>,
) -> Result<(), super::expand::Need> {
    let mut todo = vec![condition];
    while let Some(condition) = todo.pop() {
        match condition {
            Condition::Unary(_, word) => {
                values.push(TestValues::Words(vec![Field {
                    value: expansion.single(word)?,
                    open: false,
                }]));
            }
            Condition::Binary(left, operator, right) => {
                let left = Field {
                    value: expansion.single(left)?,
                    open: false,
                };
                let is_pattern = matches!(operator.as_str(), "=" | "==" | "!=");
                if is_pattern || operator == "=~" {
                    let pattern = expansion.pattern(right)?;
                    let shown = expansion.source_text(right);
                    values.push(match is_pattern {
                        true => TestValues::Pattern(left, pattern, shown),
                        false => TestValues::Expression(left, pattern, shown),
                    });
                } else {
                    let right = Field {
                        value: expansion.single(right)?,
                        open: false,
                    };
                    let compares = operator.starts_with('-') && operator.len() == 3;
                    let words =
                        match compares && !matches!(operator.as_str(), "-nt" | "-ot" | "-ef") {
                            true => vec![expansion.number(left)?, expansion.number(right)?],
                            false => vec![left, right],
                        };
                    values.push(TestValues::Words(words));
                }
            }
            Condition::Not(inner) => todo.push(inner),
            Condition::And(left, right) | Condition::Or(left, right) => {
                todo.push(right);
                todo.push(left);
            }
            Condition::Unparsed(_) => values.push(TestValues::Words(Vec::new())),
        }
    }
    Ok(())
}

fn judge(
    context: &Context,
    condition: &Condition,
    values: &mut impl Iterator<Item = TestValues>,
) -> Answer {
    match condition {
        Condition::Not(inner) => {
            let answer = judge(context, inner, values);
            answer.negated()
        }
        Condition::And(left, right) => {
            let left = judge(context, left, values);
            let right = judge(context, right, values);
            conditions::combine(left, right, false)
        }
        Condition::Or(left, right) => {
            let left = judge(context, left, values);
            let right = judge(context, right, values);
            conditions::combine(left, right, true)
        }
        Condition::Unary(operator, _) => match values.next() {
            Some(TestValues::Words(words)) if !words.is_empty() => {
                conditions::unary(context, operator, &words[0])
            }
            _ => Answer::Wrong,
        },
        Condition::Binary(_, operator, _) => match values.next() {
            Some(TestValues::Pattern(left, pattern, shown)) => {
                let answer = conditions::matches(context, &left.value, pattern.as_deref(), &shown);
                if operator == "!=" {
                    answer.negated()
                } else {
                    answer
                }
            }
            Some(TestValues::Expression(left, expression, shown)) => {
                conditions::matches_expression(context, &left, expression.as_deref(), &shown)
            }
            // busybox takes these for redirections (measured: 1.35): of a file that is not there, or to one.
            Some(TestValues::Words(_))
                if context.shell.facts.family == ShellFamily::Ash
                    && matches!(operator.as_str(), "<" | ">") =>
            {
                Answer::Is(operator == ">")
            }
            Some(TestValues::Words(words)) if words.len() == 2 => {
                conditions::binary(context, &words[0], operator, &words[1])
            }
            _ => Answer::Wrong,
        },
        Condition::Unparsed(why) => {
            let _ = values.next();
            conditions::unary(
                context,
                why,
                &Field {
                    value: Value::unknown(why),
                    open: false,
                },
            )
        }
    }
}

/// The output that a part of a pipeline writes to.
pub(super) fn stream_output(stream: Option<usize>, otherwise: &Output) -> Output {
    stream.map_or_else(|| otherwise.clone(), Output::Stream)
}
