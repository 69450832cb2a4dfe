//! `[[ … ]]`: its operands are expanded first, then the condition is judged.

use super::{Answer, Context};
use crate::boot::interpreter::expand::{Expansion, Need};
use crate::boot::interpreter::pattern::Stretch;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Code, Stored};
use crate::boot::value::{Field, Value};
use crate::knowledge::ShellFamily;
use crate::shell::Condition;

impl Turn<'_, '_> {
    /// `[[ … ]]`; its nesting is bounded by the parser's.
    pub(in crate::boot::interpreter) fn test_condition(
        &mut self,
        code: &Code,
        condition: &Condition,
    ) -> Attempt<Answer> {
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
                self.shell.set("BASH_REMATCH", Stored::Array(groups));
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
            super::matched(expression, &text)
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
    Pattern(Field, Option<Vec<Stretch>>, String),
    Expression(Field, Option<Vec<Stretch>>, String),
}

fn collect(
    expansion: &mut Expansion,
    condition: &Condition,
    values: &mut Vec<TestValues>,
) -> Result<(), Need> {
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
                    let pattern = match is_pattern {
                        true => expansion.test_pattern(right)?,
                        false => expansion.pattern(right)?,
                    };
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
            super::combine(left, right, false)
        }
        Condition::Or(left, right) => {
            let left = judge(context, left, values);
            let right = judge(context, right, values);
            super::combine(left, right, true)
        }
        Condition::Unary(operator, _) => match values.next() {
            Some(TestValues::Words(words)) if !words.is_empty() => {
                super::unary(context, operator, &words[0])
            }
            _ => Answer::Wrong,
        },
        Condition::Binary(_, operator, _) => match values.next() {
            Some(TestValues::Pattern(left, pattern, shown)) => {
                let answer = super::matches(context, &left.value, pattern.as_deref(), &shown);
                if operator == "!=" {
                    answer.negated()
                } else {
                    answer
                }
            }
            Some(TestValues::Expression(left, expression, shown)) => {
                super::matches_expression(context, &left, expression.as_deref(), &shown)
            }
            // busybox takes these for redirections (measured: 1.35): of a file that is not there, or to one.
            Some(TestValues::Words(_))
                if context.shell.facts.family == ShellFamily::Ash
                    && matches!(operator.as_str(), "<" | ">") =>
            {
                Answer::Is(operator == ">")
            }
            Some(TestValues::Words(words)) if words.len() == 2 => {
                super::binary(context, &words[0], operator, &words[1])
            }
            _ => Answer::Wrong,
        },
        Condition::Unparsed(why) => {
            let _ = values.next();
            super::unary(
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
