//! Builtins that read: `read`, `mapfile`, and a shell that reads its script from its input.
//!
//! In: their words, and where they read from. Out: variables, and what is left of the input.

use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Progress, Turn};
use crate::boot::interpreter::waits::AwaitedInput;
use crate::boot::interpreter::{Code, Stored};
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Environment, Input, Question, Status};
use crate::knowledge::ShellFamily;

/// What a `read` was asked for.
struct Wanted {
    /// The variables that get the words of the line.
    names: Vec<String>,
    /// The array that gets them (`-a`).
    array: Option<String>,
    /// Backslashes are letters like others (`-r`).
    is_raw: bool,
    /// What separates words.
    separators: String,
    /// What ends a line (`-d`).
    end: char,
    /// How many characters are enough (`-n`).
    enough: Option<usize>,
}

impl Turn<'_, '_> {
    /// `mapfile` and `readarray`: the lines of the input as an array.
    pub(super) fn map_file(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let name = words.iter().skip(1).filter_map(Field::known).next_back();
        let name = name.filter(|name| !name.starts_with('-'));
        let name = name.unwrap_or_else(|| "MAPFILE".to_owned());
        let text = match &streams.input {
            Input::Text(text) => text.known(),
            Input::Pipe(stream) => {
                let stream = *stream;
                self.wait_for_input(stream)?;
                self.world.drain(stream).known()
            }
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
        let wanted = match self.wanted(words, prefix) {
            Ok(wanted) => wanted,
            Err(refused) => return self.finish(refused),
        };
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
        match &input {
            Input::Null => {
                for name in &wanted.names {
                    self.shell.set(name, Stored::Text(Value::default()));
                }
                if let Some(array) = &wanted.array {
                    self.shell.set(array, Stored::Array(Vec::new()));
                }
                self.finish(Status::Known(1))
            }
            Input::Text(text) => self.read_line(wanted, text, Some(&input)),
            Input::Pipe(stream)
                if wanted.end == '\n'
                    && self.world.has_line(*stream)
                    && self.world.stream_is_open(*stream) =>
            {
                let line = self.world.take_line(*stream);
                self.read_line(wanted, &line, None)
            }
            Input::Pipe(stream) => {
                self.wait_for_input(*stream)?;
                let text = self.world.drain(*stream);
                self.read_line(wanted, &text, Some(&input))
            }
            Input::Unknown => {
                self.set_to_unknown(wanted);
                let perhaps = self.perhaps_a_line();
                self.finish(perhaps)
            }
        }
    }

    /// The status where nothing says whether there is a line.
    fn perhaps_a_line(&mut self) -> Status {
        let span = self.top().code.span();
        let (yes, no) = ("there is a line to read", "there is no line to read");
        Status::Unknown(Question::new(yes, no, Some(span)).into())
    }

    /// What the words of a `read` ask for, or the status with which it refuses them.
    fn wanted(&self, words: &[Field], prefix: &Environment) -> Result<Wanted, Status> {
        let mut names: Vec<String> = Vec::new();
        let mut array = None;
        let mut is_raw = false;
        let mut end = '\n';
        let mut enough = None;
        let mut words = words[1..].iter().filter_map(Field::known);
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-') else {
                names.push(word);
                continue;
            };
            let is_more = |letter: char| !"rp".contains(letter);
            if self.shell.facts.family == ShellFamily::Dash && letters.contains(is_more) {
                // dash has no other option (measured: 0.5.12).
                return Err(Status::Known(2));
            }
            let takes_value = |letter: char| "adinNptu".contains(letter);
            let flags = letters.split(takes_value).next().unwrap_or_default();
            is_raw |= flags.contains('r');
            let mut rest = letters[flags.len()..].chars();
            let Some(option) = rest.next() else {
                continue;
            };
            let value = match rest.as_str() {
                "" => words.next(),
                value => Some(value.to_owned()),
            };
            match option {
                'a' => array = value,
                'n' => enough = value.and_then(|value| value.parse().ok()),
                // Without a letter it is the NUL character.
                'd' => end = value.and_then(|value| value.chars().next()).unwrap_or('\0'),
                _ => {}
            }
        }
        if names.iter().any(|name| self.shell.is_read_only(name)) {
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            return Err(Status::Known(if is_bash { 1 } else { 2 }));
        }
        let separators = match prefix.iter().find(|(name, _)| name == "IFS") {
            Some((_, value)) => value.known(),
            None => match self.shell.variable("IFS") {
                Some(Stored::Text(value)) => value.known(),
                _ => None,
            },
        };
        Ok(Wanted {
            names,
            array,
            is_raw,
            separators: separators.unwrap_or_else(|| " \t\n".to_owned()),
            end,
            enough,
        })
    }

    /// Sets the variables to the words of the first line of a text. `all` is the input that has no more than that.
    fn read_line(&mut self, wanted: Wanted, text: &Value, all: Option<&Input>) -> Attempt<()> {
        let Some(known) = text.known() else {
            let ends =
                |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(wanted.end));
            // What a loop goes through has something in it.
            let is_sure = text.pieces().iter().any(ends) || self.shell.is_in_condition_of_loop();
            self.set_to_unknown(wanted);
            if let Some(input) = all {
                self.leave(input, Input::Null);
            }
            let status = match is_sure {
                true => Status::SUCCESS,
                false => self.perhaps_a_line(),
            };
            return self.finish(status);
        };
        let (mut line, mut is_whole, mut rest) = next_line(&known, wanted.end, wanted.is_raw);
        // What `-n` wants is there before the line ends.
        if let Some(enough) = wanted.enough
            && line.chars().count() >= enough
        {
            line = known.chars().take(enough).collect();
            rest = known.chars().skip(enough).collect();
            is_whole = true;
        }
        if let Some(input) = all {
            self.leave(input, Input::Text(Value::text(rest)));
        }
        if let Some(array) = wanted.array {
            let fields = split_line(&line, &wanted.separators, usize::MAX);
            let fields = fields.into_iter().map(|word| Field::text(unmarked(&word)));
            self.shell.set(&array, Stored::Array(fields.collect()));
        }
        let most = wanted.names.len().max(1);
        let mut words = split_line(&line, &wanted.separators, most).into_iter();
        for name in &wanted.names {
            let word = words.next().unwrap_or_default();
            self.shell
                .set(name, Stored::Text(Value::text(unmarked(&word))));
        }
        // A line without its end is read, and the end of the input told.
        self.finish(Status::Known(i32::from(!is_whole)))
    }

    fn set_to_unknown(&mut self, wanted: Wanted) {
        for name in wanted.names.iter().chain(&wanted.array) {
            let unknown = format!("${name}");
            self.world.forget(&unknown);
            self.shell.set(name, Stored::Text(Value::unknown(unknown)));
        }
    }

    /// Blocks as long as somebody still writes to a stream, or has yet to open it.
    pub(super) fn wait_for_input(&mut self, stream: usize) -> Attempt<()> {
        if self.world.stream_is_open(stream) {
            let depth = self.shell.frames.len();
            self.shell.awaited_input = Some(AwaitedInput { stream, depth });
            return Err(Progress::Blocked);
        }
        Ok(())
    }

    /// Puts what is left of an input where it came from; what only this command has opened is closed with it.
    fn leave(&mut self, read: &Input, rest: Input) {
        let mut others = self.shell.inputs.values_mut();
        match others.find(|other| *other == read) {
            Some(other) => *other = rest,
            None => {
                let process = self.world.process_mut(self.pid);
                if process.input == *read {
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
            Input::Pipe(stream) => {
                self.wait_for_input(stream)?;
                Some(self.world.streams[stream].clone())
            }
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

/// The first line of a text up to `end`, whether that is there, and what follows. Without `-r` a backslash keeps what follows
/// it, and joins lines.
fn next_line(text: &str, end: char, is_raw: bool) -> (String, bool, String) {
    let mut line = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter == end => return (line, true, letters.as_str().to_owned()),
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
