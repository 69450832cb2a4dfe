//! `test`, `[` and `[[`: decided where the values are known, else a question.

use std::rc::Rc;

use super::Shell;
use super::expand::is_glob;
use crate::boot::expression::compile;
use crate::boot::reads::LookedAt;
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{ON_DISK, Pid, Question, Status, World};
use crate::boot::written::Written;
pub(in crate::boot) use crate::image::absolute;
use crate::image::{Files, Found};
use crate::source::Span;

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
    /// Whether `==` is known.
    pub double_equals: bool,
    /// Whether nothing counts as zero where numbers are compared: `[[` of bash.
    pub empty_is_zero: bool,
    /// The place, for questions.
    pub span: Option<Span>,
}

impl Context<'_> {
    fn is_written(&self, path: &str) -> bool {
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

/// The operands of `test` or `[` (without the closing bracket).
pub(super) fn test(context: &Context, words: &[Field]) -> Answer {
    // An unquoted variable that is empty leaves no word; then `[ $x = y ]` is an error, as in a shell,
    // but whoever writes it means the value.
    match words {
        [] => Answer::Is(false),
        [word] => unary(context, "-n", word),
        // More than four words are read by precedence, not by their number (POSIX, test).
        _ if words.len() > 4 => expression(context, words),
        [left, operator, right] if operator.known().is_some_and(|text| is_binary(&text)) => {
            binary(context, left, &operator.known().unwrap_or_default(), right)
        }
        [not, rest @ ..] if is_word(not, "!") => test(context, rest).negated(),
        [open, inner @ .., close]
            if words.len() > 2 && is_word(open, "(") && is_word(close, ")") =>
        {
            test(context, inner)
        }
        [operator, word] => match operator.known() {
            Some(operator) => unary(context, &operator, word),
            None => Answer::Wrong,
        },
        [left, operator, right] => match operator.known().as_deref() {
            Some(connective @ ("-a" | "-o")) => {
                let sides = (unary(context, "-n", left), unary(context, "-n", right));
                combine(sides.0, sides.1, connective == "-o")
            }
            Some(operator) => binary(context, left, operator, right),
            None => Answer::Wrong,
        },
        _ => expression(context, words),
    }
}

/// Words beyond which no expression of `test` is read.
const LONGEST_TEST: usize = 200;

fn is_word(word: &Field, text: &str) -> bool {
    word.known().as_deref() == Some(text)
}

/// An expression with `-a`, `-o`, `!` and parentheses.
fn expression(context: &Context, words: &[Field]) -> Answer {
    if words.len() > LONGEST_TEST {
        return Answer::Wrong;
    }
    let mut rest = words;
    let answer = alternatives(context, &mut rest);
    match rest.is_empty() {
        true => answer,
        false => Answer::Wrong,
    }
}

fn alternatives(context: &Context, rest: &mut &[Field]) -> Answer {
    let mut answer = conjunction(context, rest);
    while rest.first().is_some_and(|word| is_word(word, "-o")) {
        *rest = &rest[1..];
        let right = conjunction(context, rest);
        answer = combine(answer, right, true);
    }
    answer
}

fn conjunction(context: &Context, rest: &mut &[Field]) -> Answer {
    let mut answer = primary(context, rest);
    while rest.first().is_some_and(|word| is_word(word, "-a")) {
        *rest = &rest[1..];
        let right = primary(context, rest);
        answer = combine(answer, right, false);
    }
    answer
}

/// One condition: `! …`, `( … )`, an operator with its operands, or a word.
fn primary(context: &Context, rest: &mut &[Field]) -> Answer {
    let joins = |word: &Field| is_word(word, "-a") || is_word(word, "-o") || is_word(word, ")");
    match *rest {
        [] => Answer::Wrong,
        [left, operator, right, after @ ..]
            if operator.known().is_some_and(|text| is_binary(&text)) =>
        {
            *rest = after;
            binary(context, left, &operator.known().unwrap_or_default(), right)
        }
        [not, after @ ..] if is_word(not, "!") => {
            *rest = after;
            primary(context, rest).negated()
        }
        [open, after @ ..] if is_word(open, "(") => {
            *rest = after;
            let answer = alternatives(context, rest);
            match rest.split_first() {
                Some((close, after)) if is_word(close, ")") => {
                    *rest = after;
                    answer
                }
                _ => Answer::Wrong,
            }
        }
        [operator, word, after @ ..]
            if !joins(word) && operator.known().is_some_and(|text| is_unary(&text)) =>
        {
            *rest = after;
            unary(context, &operator.known().unwrap_or_default(), word)
        }
        [word, after @ ..] => {
            *rest = after;
            unary(context, "-n", word)
        }
    }
}

fn is_binary(text: &str) -> bool {
    let numbers = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
    matches!(text, "=" | "==" | "!=" | "<" | ">" | "-nt" | "-ot" | "-ef") || numbers.contains(&text)
}

fn is_unary(text: &str) -> bool {
    text.len() == 2 && text.starts_with('-') && !matches!(text, "-a" | "-o")
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
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let Some(name) = word.known().filter(is_name) else {
        return Answer::Ask(Box::new(question));
    };
    context.looked_at.variable(&name);
    match context.shell.variable(&name) {
        // On one of the ways that were joined it may not be set.
        Some(stored) if context.world.widened && !stored.is_known() => {
            return Answer::Ask(Box::new(question));
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

fn file(context: &Context, operator: &str, word: &Field, shown: &str) -> Answer {
    let (is, is_not) = match operator {
        "-d" => ("is a directory", "is not a directory"),
        "-x" => ("is executable", "is not executable"),
        "-w" => ("is writable", "is not writable"),
        "-r" => ("is readable", "is not readable"),
        "-s" => ("is not empty", "is empty or missing"),
        _ => ("exists", "does not exist"),
    };
    let mut question = ask(
        context,
        format!("`{shown}` {is}"),
        format!("`{shown}` {is_not}"),
    );
    question.key = Some(format!("{ON_DISK}{}", question.yes).into());
    let question = Answer::Ask(Box::new(question));
    let Some(path) = word.known() else {
        return question;
    };
    // A pattern that nothing matches is no name of a file either.
    if path.is_empty() || is_glob(&path) && word.value.certain().is_some() {
        return Answer::Is(false);
    }
    let path = absolute(context.directory, &path);
    if let (Some(pid), "-e" | "-d" | "-r" | "-a" | "-f") = (process_of(&path), operator) {
        let is_directory = path.matches('/').count() == 2;
        let can_be = operator != "-f" || !is_directory;
        return Answer::Is(can_be && context.world.alive(pid));
    }
    if matches!(operator, "-e" | "-f" | "-r" | "-w" | "-a") && context.is_written(&path) {
        return Answer::Is(true);
    }
    match (
        context.world.remade.is_present(&path, context.looked_at),
        operator,
    ) {
        (Some(_), "-e" | "-r" | "-w" | "-a") | (Some(true), "-d" | "-x") | (Some(false), "-f") => {
            return Answer::Is(true);
        }
        (Some(false), "-d") | (Some(true), "-f") => return Answer::Is(false),
        _ => {}
    }
    match (context.files.look_up(&path), operator) {
        (Found::Absent, _) => {
            // A path that nothing in the image has may still be mounted at run time.
            question
        }
        (Found::File(_), "-e" | "-f" | "-a") => Answer::Is(true),
        (Found::File(_), "-d" | "-S" | "-p" | "-b" | "-c") => Answer::Is(false),
        (Found::File(found), "-x") => match found.mode {
            Some(mode) => Answer::Is(mode & 0o111 != 0),
            None => question,
        },
        (Found::Directory, "-e" | "-d" | "-a") => Answer::Is(true),
        (Found::Directory, "-f" | "-S" | "-p" | "-b" | "-c") => Answer::Is(false),
        _ => question,
    }
}

/// The process whose directory below `/proc` a path is, or is in.
fn process_of(path: &str) -> Option<Pid> {
    let number = path.strip_prefix("/proc/")?.split('/').next()?;
    number.parse().ok()
}

/// `[[ word =~ expression ]]`. Quoted stretches of the expression stand for themselves. POSIX extended
/// expressions are read as the `regex` crate reads them; one that it does not take is a question.
pub(super) fn matches_expression(
    context: &Context,
    word: &Field,
    expression: Option<&[super::pattern::Stretch]>,
    shown: &str,
) -> Answer {
    let compiled = expression.and_then(|stretches| compile(&expression_text(stretches), false));
    let answer = |word: &Field| match (&compiled, word.value.certain()) {
        (Some(compiled), Some(text)) => Answer::Is(compiled.is_match(&text)),
        _ => {
            let left = word.value.display();
            Answer::Ask(Box::new(ask(
                context,
                format!("`{left}` matches `{shown}`"),
                format!("`{left}` does not match `{shown}`"),
            )))
        }
    };
    let default = without_overrides(&[word]).map(|words| answer(&words[0]));
    with_default(answer(word), default, &[word])
}

fn expression_text(stretches: &[super::pattern::Stretch]) -> String {
    let stretches = stretches.iter().map(|stretch| match stretch.quoted {
        true => regex::escape(&stretch.text),
        false => stretch.text.clone(),
    });
    stretches.collect()
}

/// What the groups of an expression match, the whole first; nothing where it does not match. `None` where that is not
/// sure: of alternatives POSIX takes the longest, the `regex` crate the first.
pub(super) fn matched(stretches: &[super::pattern::Stretch], text: &str) -> Option<Vec<Field>> {
    let expression = expression_text(stretches);
    if expression.contains('|') {
        return None;
    }
    let compiled = compile(&expression, false)?;
    let Some(found) = compiled.captures(text) else {
        return Some(Vec::new());
    };
    let groups = found.iter();
    Some(
        groups
            .map(|group| Field::text(group.map_or("", |group| group.as_str())))
            .collect(),
    )
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
        _ => {
            let (left, right) = (left.value.display(), right.value.display());
            Answer::Ask(Box::new(ask(
                context,
                format!("`{left} {operator} {right}` holds"),
                format!("`{left} {operator} {right}` does not hold"),
            )))
        }
    }
}

/// `-nt` and `-ot`. What is not there is older than what is to bash, and to the others the answer is no (measured: dash
/// 0.5.12, busybox 1.35).
fn newer(context: &Context, left: &Field, operator: &str, right: &Field) -> Answer {
    let (new, old) = if operator == "-nt" {
        (left, right)
    } else {
        (right, left)
    };
    let is_bash = context.shell.facts.family == crate::knowledge::ShellFamily::Bash;
    match (unary(context, "-e", new), unary(context, "-e", old)) {
        (Answer::Is(false), _) => Answer::Is(false),
        (_, Answer::Is(false)) if !is_bash => Answer::Is(false),
        (Answer::Is(true), Answer::Is(false)) => Answer::Is(true),
        _ => {
            let (left, right) = (left.value.display(), right.value.display());
            Answer::Ask(Box::new(ask(
                context,
                format!("`{left} {operator} {right}` holds"),
                format!("`{left} {operator} {right}` does not hold"),
            )))
        }
    }
}

/// Whether both words are the same path.
fn is_one_path(context: &Context, left: &Field, right: &Field) -> bool {
    let path = |field: &Field| Some(absolute(context.directory, &field.known()?));
    path(left).is_some() && path(left) == path(right)
}

/// Whether a value is the number of a user other than root.
fn is_other_user(value: &Value) -> bool {
    matches!(value.pieces(), [Piece::Unknown(name)]
        if name.strip_prefix("the number of user ").is_some_and(|user| user != "?"))
}

/// Whether two words are the same text.
pub(super) fn equal(context: &Context, left: &Field, right: &Field) -> Answer {
    for (one, other) in [(left, right), (right, left)] {
        if is_other_user(&one.value) && other.value.certain().as_deref() == Some("0") {
            return Answer::Is(false);
        }
    }
    if let (Some(left), Some(right)) = (left.value.certain(), right.value.certain()) {
        return Answer::Is(left == right);
    }
    if left.value == right.value && !left.open && !right.open {
        return Answer::Is(true);
    }
    // `x"$a"` can never be `y…`: compare the known ends.
    let shown = (left.value.display(), right.value.display());
    let (subject, constant) = if right.value.certain().is_some() {
        (left, right)
    } else {
        (right, left)
    };
    let text = constant.value.certain();
    if let (Some(text), [Piece::Text(head), _, ..]) = (&text, subject.value.pieces()) {
        let head: &str = head;
        if !text.starts_with(head) {
            return Answer::Is(false);
        }
    }
    let mut question = match text {
        Some(text) if text.is_empty() => {
            let shown = subject.value.display();
            ask(
                context,
                format!("`{shown}` is empty"),
                format!("`{shown}` is not empty"),
            )
        }
        Some(text) => {
            let shown = subject.value.display();
            ask(
                context,
                format!("`{shown}` is `{text}`"),
                format!("`{shown}` is not `{text}`"),
            )
        }
        None => ask(
            context,
            format!("`{}` is `{}`", shown.0, shown.1),
            format!("`{}` is not `{}`", shown.0, shown.1),
        ),
    };
    if question.yes.ends_with("is empty") {
        // The same question as `-z`, asked the other way round.
        let shown = subject.value.display();
        question.key = Some(format!("!`{shown}` is not empty").into());
    }
    if let ([piece], Some(_)) = (subject.value.pieces(), constant.value.certain()) {
        question.fixes = vec![(piece.clone(), constant.value.clone())];
    }
    Answer::Ask(Box::new(question))
}

/// Whether a word matches a pattern.
pub(super) fn matches(
    context: &Context,
    word: &Value,
    pattern: Option<&[super::pattern::Stretch]>,
    shown_pattern: &str,
) -> Answer {
    let field = Field {
        value: word.clone(),
        open: false,
    };
    let default = without_overrides(&[&field])
        .map(|words| matches_of(context, &words[0].value, pattern, shown_pattern));
    with_default(
        matches_of(context, word, pattern, shown_pattern),
        default,
        &[&field],
    )
}

fn matches_of(
    context: &Context,
    word: &Value,
    pattern: Option<&[super::pattern::Stretch]>,
    shown_pattern: &str,
) -> Answer {
    if let Some(pieces) = pattern {
        if pieces.iter().all(|piece| !piece.quoted) && pieces.len() == 1 && pieces[0].text == "*" {
            return Answer::Is(true);
        }
        if let Some(text) = word.certain() {
            let is_match = match context.shell.options.nocasematch {
                true => {
                    let lower = |piece: &super::pattern::Stretch| super::pattern::Stretch {
                        text: piece.text.to_lowercase(),
                        quoted: piece.quoted,
                    };
                    let pieces: Vec<_> = pieces.iter().map(lower).collect();
                    super::pattern::matches(&pieces, &text.to_lowercase())
                }
                false => super::pattern::matches(pieces, &text),
            };
            return Answer::Is(is_match);
        }
        if let Some(text) = super::pattern::literal(pieces) {
            let constant = Field {
                value: Value::text(text),
                open: false,
            };
            return equal(
                context,
                &Field {
                    value: word.clone(),
                    open: false,
                },
                &constant,
            );
        }
        // A known beginning decides patterns such as `-*`.
        if let (Some(Piece::Text(head)), Some(first)) = (word.pieces().first(), pieces.first()) {
            let fixed: String = first
                .text
                .chars()
                .take_while(|c| first.quoted || !"*?[\\".contains(*c))
                .collect();
            let shared = fixed.len().min(head.len());
            if fixed.as_bytes()[..shared] != head.as_bytes()[..shared] {
                return Answer::Is(false);
            }
        }
    }
    let shown = word.display();
    Answer::Ask(Box::new(ask(
        context,
        format!("`{shown}` matches `{shown_pattern}`"),
        format!("`{shown}` does not match `{shown_pattern}`"),
    )))
}
