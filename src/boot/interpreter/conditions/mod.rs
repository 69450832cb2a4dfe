//! `test`, `[` and `[[`: decided where the values are known, else a question.

mod double_bracket;
mod files;
mod flags;
mod texts;
mod words;

use std::rc::Rc;

use super::{Shell, Stored, associative};
use crate::boot::reads::LookedAt;
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Question, Status, World};
use crate::boot::written::Written;
use crate::image::Files;
pub(in crate::boot) use crate::image::absolute;
use crate::source::Span;

pub(super) use texts::{equal, matched, matches, matches_expression};
pub(super) use words::test;

use files::{file, is_one_path, newer};

/// The outcome of a condition.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Decided.
    Is(bool),
    /// Not decided.
    Ask(Box<Question>),
    /// The expression is wrong: status 2.
    Wrong,
}

impl Answer {
    pub(super) fn negated(self) -> Answer {
        match self {
            Answer::Is(answer) => Answer::Is(!answer),
            Answer::Ask(mut question) => {
                std::mem::swap(&mut question.yes, &mut question.no);
                std::mem::swap(&mut question.fixes, &mut question.fixes_if_no);
                question.by_default = question.by_default.map(|answer| !answer);
                question.key = question.key.map(|key| match key.strip_prefix('!') {
                    Some(inner) => inner.into(),
                    None => format!("!{key}").into(),
                });
                Answer::Ask(question)
            }
            Answer::Wrong => Answer::Wrong,
        }
    }

    /// As the status of a command.
    pub(super) fn status(self) -> Status {
        match self {
            Answer::Is(answer) => Status::Known(i32::from(!answer)),
            Answer::Ask(question) => Status::Unknown(Rc::from(question)),
            Answer::Wrong => Status::Known(2),
        }
    }
}

/// What conditions look at besides their words.
pub(super) struct Context<'a> {
    /// The image's files.
    pub files: &'a Files,
    /// Files that scripts have written.
    pub written: &'a Written,
    /// The shell, for its variables.
    pub shell: &'a Shell,
    /// The processes, for what stands below `/proc`.
    pub world: &'a World,
    /// Values that decisions have fixed.
    pub fixed: &'a std::collections::BTreeMap<Piece, Value>,
    /// Takes notes of what is looked at.
    pub looked_at: &'a LookedAt,
    /// The working directory.
    pub directory: &'a str,
    /// The user who asks, as a name or number; empty is root.
    pub user: &'a str,
    /// Whether `==` is known.
    pub double_equals: bool,
    /// Whether nothing counts as zero where numbers are compared: `[[` of bash.
    pub empty_is_zero: bool,
    /// The place, for questions.
    pub span: Option<Span>,
}

impl Context<'_> {
    fn is_written(&self, path: &str) -> bool {
        let real = self.world.real_path(path, self.looked_at);
        let path = real.as_deref().unwrap_or(path);
        self.looked_at.file(path);
        self.written.is_there(path)
    }
}

fn ask(context: &Context, yes: String, no: String) -> Question {
    let key = Some(yes.as_str().into());
    Question {
        key,
        ..Question::new(yes, no, context.span.clone())
    }
}

/// `&&` and `||` of two answers.
pub(super) fn combine(left: Answer, right: Answer, is_or: bool) -> Answer {
    match (left, right) {
        (Answer::Wrong, _) | (_, Answer::Wrong) => Answer::Wrong,
        (Answer::Is(answer), right) => {
            if answer == is_or {
                Answer::Is(answer)
            } else {
                right
            }
        }
        (left, Answer::Is(answer)) => {
            if answer == is_or {
                Answer::Is(answer)
            } else {
                left
            }
        }
        (Answer::Ask(mut left), Answer::Ask(mut right)) => {
            let (both, either) = if is_or { ("or", "and") } else { ("and", "or") };
            let yes = format!("{} {both} {}", left.yes, right.yes);
            let no = format!("{} {either} {}", left.no, right.no);
            let key = match (&left.key, &right.key) {
                (Some(left), Some(right)) => Some(format!("{left} {both} {right}").into()),
                _ => None,
            };
            // Where both have to hold, a yes says what each of them says; nothing is known of the other case.
            if is_or {
                left.fixes.clear();
                left.fixes_if_no.append(&mut right.fixes_if_no);
            } else {
                left.fixes.append(&mut right.fixes);
                left.fixes_if_no.clear();
            }
            Answer::Ask(Box::new(Question {
                key,
                yes,
                no,
                by_default: match (left.by_default, right.by_default) {
                    (Some(left), Some(right)) => {
                        Some(if is_or { left || right } else { left && right })
                    }
                    _ => None,
                },
                ..*left
            }))
        }
    }
}

/// The words as they are when nobody overrides the environment, if that makes them known and they
/// are not known otherwise.
fn without_overrides(words: &[&Field]) -> Option<Vec<Field>> {
    let depends = words.iter().any(|word| word.value.certain().is_none());
    let known = words.iter().map(|word| word.value.known().map(Field::text));
    known.collect::<Option<Vec<Field>>>().filter(|_| depends)
}

/// Adds to a question what the answer is when nobody overrides the environment, and what keeps it apart from
/// others about these words.
fn with_default(answer: Answer, default: Option<Answer>, words: &[&Field]) -> Answer {
    let Answer::Ask(mut question) = answer else {
        return answer;
    };
    if let Some(Answer::Is(default)) = default {
        question.by_default = Some(default);
    }
    // Two values that look alike are two questions.
    let pieces = words.iter().flat_map(|word| word.value.pieces());
    let numbers = pieces.filter_map(|piece| match piece {
        Piece::Unknown(name) => name.rsplit_once('#'),
        _ => None,
    });
    for (_, number) in numbers {
        question.key = question.key.map(|key| format!("{key}#{number}").into());
    }
    Answer::Ask(question)
}

/// A unary operator on a word.
pub(super) fn unary(context: &Context, operator: &str, word: &Field) -> Answer {
    let default = without_overrides(&[word]).map(|words| unary_of(context, operator, &words[0]));
    with_default(unary_of(context, operator, word), default, &[word])
}

/// The setting of an option of `set`, if it is followed.
fn option_of(context: &Context, name: &Field) -> Option<bool> {
    context.shell.long_option(&name.known()?)
}

fn unary_of(context: &Context, operator: &str, word: &Field) -> Answer {
    let shown = word.value.display();
    match operator {
        "-n" | "-z" => {
            let filled = if word.value.certain().is_some() && !word.open {
                Answer::Is(!word.value.is_certainly_empty())
            } else if word
                .value
                .pieces()
                .iter()
                .any(|piece| matches!(piece, Piece::Text(_)))
            {
                Answer::Is(true)
            } else {
                let mut question = ask(
                    context,
                    format!("`{shown}` is not empty"),
                    format!("`{shown}` is empty"),
                );
                if let [piece] = word.value.pieces() {
                    question.fixes_if_no = vec![(piece.clone(), Value::default())];
                    if let Piece::Setting(name) = piece {
                        question.fixes = vec![(piece.clone(), Value::unknown(format!("${name}")))];
                    }
                }
                Answer::Ask(Box::new(question))
            };
            if operator == "-n" {
                filled
            } else {
                filled.negated()
            }
        }
        "-e" | "-f" | "-d" | "-r" | "-w" | "-x" | "-s" | "-L" | "-h" | "-S" | "-p" | "-a"
        | "-b" | "-c" => file(context, operator, word, &shown),
        "-t" => Answer::Is(false),
        "-v" if context.shell.facts.family != crate::knowledge::ShellFamily::Bash => Answer::Wrong,
        "-v" => is_set(context, word, &shown),
        "-o" if option_of(context, word).is_some() => {
            Answer::Is(option_of(context, word) == Some(true))
        }
        _ if !operator.starts_with('-') => Answer::Wrong,
        _ => Answer::Ask(Box::new(ask(
            context,
            format!("`{operator} {shown}` holds"),
            format!("`{operator} {shown}` does not hold"),
        ))),
    }
}

/// `-v NAME`: whether a variable has a value.
fn is_set(context: &Context, word: &Field, shown: &str) -> Answer {
    let question = ask(
        context,
        format!("`{shown}` is set"),
        format!("`{shown}` is not set"),
    );
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let Some(name) = word.known() else {
        return Answer::Ask(Box::new(question));
    };
    if let Some(is_set) = has_element(context, &name) {
        return Answer::Is(is_set);
    }
    if !is_name(&name) {
        return Answer::Ask(Box::new(question));
    }
    let name = context.shell.target(&name).to_owned();
    context.looked_at.variable(&name);
    match context.shell.variable(&name) {
        // On one of the ways that were joined it may not be set.
        Some(stored) if context.world.widened && !stored.is_known() => {
            return Answer::Ask(Box::new(question));
        }
        // `-v a` asks for the first element of an array (measured: bash 5.2).
        Some(Stored::Array(fields)) if !fields.iter().any(|field| field.open) => {
            return Answer::Is(!fields.is_empty());
        }
        Some(_) => return Answer::Is(true),
        None => {}
    }
    if context.shell.is_unset_here(&name) {
        return Answer::Is(false);
    }
    let piece = Piece::Setting(name.as_str().into());
    context.looked_at.fixed(&piece);
    if let Some(value) = context.fixed.get(&piece) {
        return Answer::Is(!value.is_certainly_empty());
    }
    Answer::Ask(Box::new(Question {
        fixes: vec![(piece.clone(), Value::unknown(format!("${name}")))],
        fixes_if_no: vec![(piece, Value::default())],
        by_default: Some(false),
        ..question
    }))
}

/// `-v map[key]`: whether an associative array has an element under the key.
fn has_element(context: &Context, text: &str) -> Option<bool> {
    let (name, key) = text.strip_suffix(']')?.split_once('[')?;
    context.looked_at.variable(&associative::mark(name));
    let (shell, element) = (context.shell, Shell::element(name, key));
    let is_text = !matches!(key, "@" | "*") && !key.contains(['$', '"', '\'', '\\', '`']);
    if !is_text || !shell.is_associative(name) || context.world.widened {
        return None;
    }
    context.looked_at.variable(&element);
    Some(shell.variable(&element).is_some())
}

/// A binary operator of `test` on two words.
pub(super) fn binary(context: &Context, left: &Field, operator: &str, right: &Field) -> Answer {
    let default = without_overrides(&[left, right])
        .map(|words| binary_of(context, &words[0], operator, &words[1]))
        .map(|answer| {
            if matches!(answer, Answer::Wrong) {
                Answer::Is(false)
            } else {
                answer
            }
        });
    with_default(
        binary_of(context, left, operator, right),
        default,
        &[left, right],
    )
}

fn binary_of(context: &Context, left: &Field, operator: &str, right: &Field) -> Answer {
    match operator {
        "==" if !context.double_equals => Answer::Wrong,
        "<" | ">" if left.value.certain().is_some() && right.value.certain().is_some() => {
            let (left, right) = (left.value.certain(), right.value.certain());
            Answer::Is(if operator == "<" {
                left < right
            } else {
                left > right
            })
        }
        "-nt" | "-ot" | "-ef" if is_one_path(context, left, right) => match operator {
            "-ef" => unary_of(context, "-e", left),
            _ => Answer::Is(false),
        },
        "-nt" | "-ot" => newer(context, left, operator, right),
        "=" | "==" => equal(context, left, right),
        "!=" => equal(context, left, right).negated(),
        "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
            let number = |field: &Field| {
                let text = field.value.certain()?;
                match text.trim() {
                    "" if context.empty_is_zero => Some(0),
                    text => text.parse::<i64>().ok(),
                }
            };
            let zero = |field: &Field| field.value.certain().as_deref() == Some("0");
            if matches!(operator, "-eq" | "-ne" | "-gt")
                && is_other_user(&left.value)
                && zero(right)
            {
                return Answer::Is(operator != "-eq");
            }
            if let (Some(left), Some(right)) = (number(left), number(right)) {
                return Answer::Is(match operator {
                    "-eq" => left == right,
                    "-ne" => left != right,
                    "-lt" => left < right,
                    "-le" => left <= right,
                    "-gt" => left > right,
                    _ => left >= right,
                });
            }
            if left.value.certain().is_some() && right.value.certain().is_some() {
                return Answer::Wrong;
            }
            let (left, right) = (left.value.display(), right.value.display());
            let (operator, negated) = match operator {
                "-ne" => ("-eq", true),
                "-ge" => ("-lt", true),
                "-gt" => ("-le", true),
                other => (other, false),
            };
            let (is, is_not) = match operator {
                "-eq" => ("is", "is not"),
                "-lt" => ("is less than", "is not less than"),
                _ => ("is at most", "is more than"),
            };
            let question = ask(
                context,
                format!("`{left}` {is} {right}"),
                format!("`{left}` {is_not} {right}"),
            );
            let answer = Answer::Ask(Box::new(question));
            if negated { answer.negated() } else { answer }
        }
        _ => whether_holds(context, left, operator, right),
    }
}

/// A comparison that nobody can decide.
fn whether_holds(context: &Context, left: &Field, operator: &str, right: &Field) -> Answer {
    let (left, right) = (left.value.display(), right.value.display());
    Answer::Ask(Box::new(ask(
        context,
        format!("`{left} {operator} {right}` holds"),
        format!("`{left} {operator} {right}` does not hold"),
    )))
}

/// Whether a value is the number of a user other than root.
fn is_other_user(value: &Value) -> bool {
    matches!(value.pieces(), [Piece::Unknown(name)]
        if name.strip_prefix("the number of user ").is_some_and(|user| user != "?"))
}
