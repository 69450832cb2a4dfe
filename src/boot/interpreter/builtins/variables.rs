//! Builtins that set variables: declarations, and `read`.

use std::collections::btree_map::Entry;
use std::rc::Rc;

use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Code, State, Stored, Variable};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Environment, Input, Question, Status};
use crate::knowledge::ShellFamily;

impl Turn<'_, '_> {
    /// `export`, `local`, `declare` and their like.
    pub(super) fn declare(&mut self, name: &str, words: &[Field]) -> Attempt<()> {
        let exports = name == "export"
            || words.iter().any(|word| {
                word.known()
                    .is_some_and(|word| word.starts_with('-') && word.contains('x'))
            });
        let is_local = name == "local"
            || (name != "export"
                && name != "readonly"
                && self.in_function()
                && !words.iter().any(|word| {
                    word.known()
                        .is_some_and(|word| word.starts_with("-") && word.contains('g'))
                }));
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        if name == "local" && !self.in_function() {
            return self.bad_declaration("local", "outside of a function");
        }
        let mut status = Status::SUCCESS;
        if is_bash && exports && shows_letter(words, 'f') {
            return self.export_functions(words);
        }
        for word in &words[1..] {
            let shown = word.value.display();
            if shown.starts_with('-') && !shown.contains('=') {
                let letters = match (name, self.shell.facts.family) {
                    ("export", ShellFamily::Ash) => "-np",
                    ("export" | "readonly", _) => "-p",
                    _ => "-",
                };
                if !is_bash && !shown.chars().all(|letter| letters.contains(letter)) {
                    return self.bad_declaration(name, &format!("with `{shown}`"));
                }
                continue;
            }
            let (variable, value) = split_assignment(&word.value);
            let Some(variable) = variable else { continue };
            let (variable, append) = match variable.strip_suffix('+') {
                Some(variable) => (variable.to_owned(), true),
                None => (variable, false),
            };
            if !is_name(&variable) {
                if !is_bash {
                    let shown = variable.escape_default();
                    return self.bad_declaration(name, &format!("of `{shown}`, which is no name"));
                }
                // bash says so and goes on; an element of an array it takes.
                if !variable.contains('[') {
                    status = Status::Known(1);
                }
                continue;
            }
            let shows = |letter: char| {
                let mut options = words[1..].iter().filter_map(Field::known);
                options.any(|word| word.starts_with('-') && word.contains(letter))
            };
            let becomes_read_only = name == "readonly" || is_bash && shows('r');
            if self.shell.is_read_only(&variable) && (value.is_some() || is_local) {
                let why = format!("`{variable}` is read-only");
                let span = Some(self.top().code.span());
                match (name, self.shell.facts.family) {
                    // `local x` without a value takes a copy in dash.
                    ("local", ShellFamily::Dash) if value.is_none() => {}
                    ("export" | "readonly", _) | (_, ShellFamily::Dash | ShellFamily::Ash) => {
                        return self.special_builtin_error(why, span);
                    }
                    _ => {
                        status = Status::Known(1);
                        continue;
                    }
                }
            }
            if is_local {
                // A local array keeps the literal that was assigned just before.
                let former = self.shell.variables.get(variable.as_str()).cloned();
                self.make_local(&variable);
                if let (
                    None,
                    Some(Variable {
                        value: Some(Stored::Array(fields)),
                        ..
                    }),
                ) = (&value, former)
                {
                    self.shell.set(&variable, Stored::Array(fields));
                }
            }
            if is_bash && shows_associative(words) {
                self.shell.declare_associative(&variable);
            }
            if let Some(mut value) = value {
                if append && let Some(Stored::Text(former)) = self.read_variable(&variable) {
                    let mut joined = former.clone();
                    joined.append(&value);
                    value = joined;
                }
                self.shell.set(&variable, Stored::Text(value));
            }
            if becomes_read_only {
                let variables = Rc::make_mut(&mut self.shell.variables);
                let known = variables.entry(variable.as_str().into());
                // A setting from outside stays what it is.
                if let Entry::Occupied(mut known) = known {
                    known.get_mut().read_only = true;
                }
            }
            if name == "export" && shows('n') {
                let variables = Rc::make_mut(&mut self.shell.variables);
                if let Some(known) = variables.get_mut(variable.as_str()) {
                    known.exported = false;
                }
                continue;
            }
            if is_bash && name != "export" && shows('n') {
                self.refer(&variable);
                continue;
            }
            if exports {
                let variables = Rc::make_mut(&mut self.shell.variables);
                // A setting from outside stays what it is: exported already, or not set.
                if let Some(known) = variables.get_mut(variable.as_str()) {
                    known.exported = true;
                }
            }
        }
        self.finish(status)
    }

    /// A declaration that the shell refuses: dash and busybox end with it, bash goes on.
    fn bad_declaration(&mut self, name: &str, how: &str) -> Attempt<()> {
        if self.shell.facts.family == ShellFamily::Bash {
            return self.finish(Status::Known(1));
        }
        let span = Some(self.top().code.span());
        let title = &self.shell.facts.title;
        self.start_up_breaks(format!("{title} does not take `{name}` {how}"), span);
        self.exit(Status::Known(2));
        Ok(())
    }

    /// `declare -n`: what the name stands for, and what is set by it, is not known from then on.
    fn refer(&mut self, name: &str) {
        let target = match self.shell.variable(name) {
            Some(Stored::Text(value)) => value.certain(),
            _ => None,
        };
        for name in [Some(name.to_owned()), target].into_iter().flatten() {
            let value = Value::unknown(format!("${name}"));
            self.shell.set(&name, Stored::Text(value));
        }
    }

    /// `export -f`: bash hands a function on as a variable, which another bash reads.
    fn export_functions(&mut self, words: &[Field]) -> Attempt<()> {
        let mut status = Status::SUCCESS;
        let names = words[1..].iter().filter_map(Field::known);
        for name in names.filter(|word| !word.starts_with('-')) {
            let Some(body) = self.shell.functions.get(name.as_str()) else {
                status = Status::Known(1);
                continue;
            };
            let variable = Variable {
                value: Some(Stored::Text(Value::text(format!("() {}", body.text())))),
                exported: true,
                read_only: false,
            };
            let variables = Rc::make_mut(&mut self.shell.variables);
            variables.insert(format!("BASH_FUNC_{name}%%").into(), variable);
        }
        self.finish(status)
    }

    /// Whether a function is running, so that `local` has a place.
    pub(super) fn in_function(&self) -> bool {
        let mut states = self.shell.frames.iter().map(|frame| &frame.state);
        self.shell.forked_in.0 || states.any(|state| matches!(state, State::Function(_)))
    }

    /// `mapfile` and `readarray`: the lines of the input as an array.
    pub(super) fn map_file(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let name = words.iter().skip(1).filter_map(Field::known).next_back();
        let name = name.filter(|name| !name.starts_with('-'));
        let name = name.unwrap_or_else(|| "MAPFILE".to_owned());
        let text = match &streams.input {
            Input::Text(text) => text.known(),
            Input::Pipe(stream) if self.world.stream_is_open(*stream) => {
                return Err(crate::boot::interpreter::step::Progress::Blocked);
            }
            Input::Pipe(stream) => self.world.streams[*stream].known(),
            Input::Null => Some(String::new()),
            Input::Unknown => None,
        };
        let fields = match text {
            Some(text) => text.lines().map(Field::text).collect(),
            None => vec![Field {
                value: Value::unknown(format!("${{{name}[…]}}")),
                open: true,
            }],
        };
        self.shell.set(&name, Stored::Array(fields));
        self.finish(Status::SUCCESS)
    }

    /// `read`: takes a line from what stands on its input.
    pub(super) fn read_builtin(
        &mut self,
        words: &[Field],
        streams: &Streams,
        prefix: &Environment,
    ) -> Attempt<()> {
        let mut names: Vec<String> = Vec::new();
        let mut array = None;
        let mut skip = false;
        let mut is_raw = false;
        let mut is_array = false;
        for word in words[1..].iter().filter_map(Field::known) {
            if std::mem::take(&mut skip) {
                continue;
            }
            if std::mem::take(&mut is_array) {
                array = Some(word);
                continue;
            }
            is_raw |= word.starts_with('-') && word.contains('r');
            let is_more = |letter: char| !"rp".contains(letter);
            if self.shell.facts.family == ShellFamily::Dash
                && word
                    .strip_prefix('-')
                    .is_some_and(|letters| letters.contains(is_more))
            {
                // dash has no other option (measured: 0.5.12).
                return self.finish(Status::Known(2));
            }
            match word.strip_prefix('-') {
                Some(letters) if letters.ends_with('a') => is_array = true,
                Some(letters) => skip = letters.ends_with(['d', 't', 'n', 'N', 'p', 'u', 'i']),
                None => names.push(word),
            }
        }
        if names.iter().any(|name| self.shell.is_read_only(name)) {
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            return self.finish(Status::Known(if is_bash { 1 } else { 2 }));
        }
        let separators = match prefix.iter().find(|(name, _)| name == "IFS") {
            Some((_, value)) => value.known(),
            None => match self.shell.variable("IFS") {
                Some(Stored::Text(value)) => value.known(),
                _ => None,
            },
        };
        let separators = separators.unwrap_or_else(|| " \t\n".to_owned());
        let known: Vec<Option<String>> = words.iter().map(Field::known).collect();
        let descriptor = known.iter().enumerate().find_map(|(at, word)| {
            let letters = word.as_deref()?.strip_prefix('-')?;
            match letters.split_once('u')?.1 {
                "" => known.get(at + 1)?.clone(),
                number => Some(number.to_owned()),
            }
        });
        let input = match descriptor.as_deref() {
            None | Some("0") => streams.input.clone(),
            Some(number) => self.opened(number, &streams.opened),
        };
        match input.clone() {
            Input::Null => {
                for name in &names {
                    self.shell.set(name, Stored::Text(Value::default()));
                }
                self.finish(Status::Known(1))
            }
            Input::Text(text) => {
                let (line, is_whole, rest) = match text.known() {
                    Some(text) => next_line(&text, is_raw),
                    None => {
                        names.extend(array);
                        for name in &names {
                            self.shell
                                .set(name, Stored::Text(Value::unknown(format!("${name}"))));
                        }
                        self.leave(&input, Input::Null);
                        return self.finish(Status::SUCCESS);
                    }
                };
                self.leave(&input, Input::Text(Value::text(rest)));
                if let Some(array) = array {
                    let fields = split_line(&line, &separators, usize::MAX);
                    let fields = fields.into_iter().map(|word| Field::text(unmarked(&word)));
                    self.shell.set(&array, Stored::Array(fields.collect()));
                }
                let mut words = split_line(&line, &separators, names.len().max(1)).into_iter();
                for name in &names {
                    let word = words.next().unwrap_or_default();
                    self.shell
                        .set(name, Stored::Text(Value::text(unmarked(&word))));
                }
                // A line without its end is read, and the end of the input told.
                self.finish(Status::Known(i32::from(!is_whole)))
            }
            Input::Pipe(stream) if self.world.stream_is_open(stream) => {
                Err(crate::boot::interpreter::step::Progress::Blocked)
            }
            Input::Pipe(stream) => {
                let text = std::mem::take(&mut self.world.streams[stream]);
                self.leave(&input, Input::Text(text));
                Ok(())
            }
            Input::Unknown => {
                names.extend(array);
                for name in &names {
                    self.shell
                        .set(name, Stored::Text(Value::unknown(format!("${name}"))));
                }
                let span = self.top().code.span();
                self.finish(Status::Unknown(
                    Question::new(
                        "there is a line to read",
                        "there is no line to read",
                        Some(span),
                    )
                    .into(),
                ))
            }
        }
    }

    /// Puts what is left of an input where it came from.
    fn leave(&mut self, read: &Input, rest: Input) {
        let mut others = self.shell.inputs.values_mut();
        match others.find(|other| *other == read) {
            Some(other) => *other = rest,
            None => {
                let process = self.world.process_mut(self.pid);
                if process.input == *read || matches!(read, Input::Pipe(_)) {
                    process.input = rest;
                }
            }
        }
    }

    /// Reads more commands from a stream, for a shell without a script.
    pub(in crate::boot::interpreter) fn read_input(&mut self) -> Attempt<()> {
        let input = self.world.process_mut(self.pid).input.clone();
        let span = self.world.process_mut(self.pid).span.clone();
        let text = match input {
            Input::Null => None,
            Input::Text(text) => Some(text),
            Input::Pipe(stream) if self.world.stream_is_open(stream) => {
                return Err(crate::boot::interpreter::step::Progress::Blocked);
            }
            Input::Pipe(stream) => Some(self.world.streams[stream].clone()),
            Input::Unknown => {
                self.world.miss(
                    "script",
                    "what the shell reads from its input is not known",
                    span.clone(),
                );
                None
            }
        };
        self.world.process_mut(self.pid).input = Input::Null;
        self.shell.frames.pop();
        if let Some(script) = text.and_then(|text| self.parse_value(&text, span.as_ref())) {
            self.push(Code::root(&script), false);
        }
        Ok(())
    }
}

/// The words of a line as `read` takes them, at most so many: the last one has the rest.
fn split_line(line: &str, separators: &str, most: usize) -> Vec<String> {
    let is_blank = |letter: char| letter.is_whitespace() && separators.contains(letter);
    let mut rest = line.trim_matches(is_blank);
    let mut words = Vec::new();
    while !rest.is_empty() && words.len() + 1 < most {
        let Some(at) = rest.find(|letter| separators.contains(letter)) else {
            break;
        };
        words.push(rest[..at].to_owned());
        rest = rest[at..].trim_start_matches(is_blank);
        // One separator that is no blank ends a word, with the blanks around it.
        if let Some(behind) = rest.strip_prefix(|letter| separators.contains(letter)) {
            rest = behind.trim_start_matches(is_blank);
        }
    }
    if !rest.is_empty() {
        words.push(rest.to_owned());
    }
    words
}

/// Stands in front of a character that a backslash keeps from separating words: a mark of Unicode's private use.
const KEPT: char = '\u{F0000}';

/// The first line of a text, whether its end is there, and what follows. Without `-r` a backslash keeps what follows
/// it, and joins lines.
fn next_line(text: &str, is_raw: bool) -> (String, bool, String) {
    let mut line = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => return (line, true, letters.as_str().to_owned()),
            '\\' if !is_raw => match letters.next() {
                Some('\n') | None => {}
                Some(kept) => match char::from_u32(KEPT as u32 + kept as u32) {
                    Some(mark) if kept.is_ascii() => line.push(mark),
                    _ => line.push(kept),
                },
            },
            letter => line.push(letter),
        }
    }
    (line, false, String::new())
}

/// A word of a line, with the marks taken away.
fn unmarked(word: &str) -> String {
    let letters = word.chars().map(|letter| {
        let kept = (letter as u32)
            .checked_sub(KEPT as u32)
            .filter(|kept| *kept < 128);
        kept.and_then(char::from_u32).unwrap_or(letter)
    });
    letters.collect()
}

/// Whether a declaration has `-A` among its options.
fn shows_associative(words: &[Field]) -> bool {
    shows_letter(words, 'A')
}

/// Whether one of the options has the letter.
fn shows_letter(words: &[Field], letter: char) -> bool {
    let mut options = words[1..].iter().filter_map(Field::known);
    options.any(|word| word.starts_with('-') && word.contains(letter))
}

/// Whether the text can be the name of a variable.
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// `name=value` of an already expanded word.
pub(super) fn split_assignment(value: &Value) -> (Option<String>, Option<Value>) {
    let Some(crate::boot::value::Piece::Text(head)) = value.pieces().first() else {
        return (None, None);
    };
    let Some((name, rest)) = head.split_once('=') else {
        return (value.certain(), None);
    };
    let mut assigned = Value::text(rest);
    for piece in &value.pieces()[1..] {
        assigned.push(piece.clone());
    }
    (Some(name.to_owned()), Some(assigned))
}
