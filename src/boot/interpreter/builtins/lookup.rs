//! `command`, `type`, `hash`, and where a name of a command leads.
//!
//! What a person would read is left unknown.

use std::rc::Rc;

use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Code, Stored};
use crate::boot::start::{is_no_program, is_title};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Environment, Question, Status};
use crate::image::Found;
use crate::knowledge::ShellFamily;
use crate::source::Span;

/// Words that bash's `type -t` calls keywords.
const KEYWORDS: [&str; 22] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do",
    "done", "in", "function", "time", "{", "}", "!", "[[", "]]", "coproc",
];

impl Turn<'_, '_> {
    /// `command` and `builtin`.
    pub(super) fn command(
        &mut self,
        code: &Code,
        words: Vec<Field>,
        streams: Streams,
        prefix: Environment,
    ) -> Attempt<()> {
        let mut rest = &words[1..];
        let (mut asks, mut is_refused) = (false, false);
        while let Some(option) = rest
            .first()
            .and_then(Field::known)
            .filter(|word| word.starts_with('-'))
        {
            asks |= option.contains(['v', 'V']);
            is_refused |= option != "--" && option[1..].contains(|letter| !"pvV".contains(letter));
            rest = &rest[1..];
            if option == "--" {
                break;
            }
        }
        if is_refused {
            return self.finish(Status::Known(2));
        }
        if rest.is_empty() {
            return self.finish(Status::SUCCESS);
        }
        let span = code.span();
        if asks {
            let known = rest[0].known();
            let status = self.exists(known.as_deref(), &span);
            if status == Status::SUCCESS {
                // A word of the shell itself is told by its name.
                let path = known.as_deref().map(|name| match self.is_own_word(name) {
                    true => Value::text(name),
                    false => self.program_path(name),
                });
                let mut line = path.unwrap_or_else(|| {
                    Value::unknown(format!("$(command -v {})", rest[0].value.display()))
                });
                line.push_text("\n");
                self.world.write(&streams.output, &line);
            } else if matches!(status, Status::Unknown(_)) {
                let name = known.unwrap_or_else(|| rest[0].value.display());
                let path = Value::unknown(format!("$(command -v {name})"));
                self.world.write(&streams.output, &path);
            }
            return self.finish(status);
        }
        let rest = rest.to_vec();
        let is_builtin_word = words[0].known().as_deref() == Some("builtin");
        // bash replaces itself by `command app`, never by `builtin command app`.
        self.top().tail &= !is_builtin_word;
        match rest[0].known() {
            Some(name) if self.is_builtin(&name) => {
                self.behind_command = !is_builtin_word;
                let outcome = self.builtin(code, &name, rest, streams, prefix);
                self.behind_command = false;
                outcome
            }
            Some(_) if is_builtin_word => self.finish(Status::Known(1)),
            _ => self.external(code, rest, prefix, streams),
        }
    }

    /// Whether a command of that name exists, as a status.
    pub(super) fn exists(&mut self, name: Option<&str>, span: &Span) -> Status {
        let unknown = |shown: &str| {
            Status::Unknown(
                Question {
                    key: Some(format!("`{shown}` is installed").into()),
                    ..Question::new(
                        format!("`{shown}` is installed"),
                        format!("`{shown}` is not installed"),
                        Some(span.clone()),
                    )
                }
                .into(),
            )
        };
        let Some(name) = name else {
            return unknown("a program");
        };
        if self.is_builtin(name) || self.shell.functions.contains(name) {
            return Status::SUCCESS;
        }
        match self.find(name) {
            Found::File(file) if file.mode.is_none_or(|mode| mode & 0o111 != 0) => Status::SUCCESS,
            Found::File(_) | Found::Directory => Status::Known(1),
            Found::Absent => Status::Known(127),
            // A name with a dash in front, several words in one, or nothing at all is never a command.
            Found::Unknown(_) if name.is_empty() || is_no_program(name) && !is_title(name) => {
                Status::Known(127)
            }
            // What the container is started with is there, or nothing would work.
            Found::Unknown(_) if self.is_own_command(name) => Status::SUCCESS,
            Found::Unknown(_) => unknown(name),
        }
    }

    /// Whether the image's CMD begins with that name, and the tables know it for a program.
    pub(super) fn is_own_command(&self, name: &str) -> bool {
        let container = self.machine.container;
        let argv = container.argv.value().and_then(Option::as_ref);
        let command = argv.and_then(|argv| argv.get(container.entrypoint_words));
        command.is_some_and(|word| word.text() == name)
            && crate::knowledge::program(&[Some(name)]).is_some()
    }

    /// Looks a program up on the shell's PATH.
    pub(in crate::boot::interpreter) fn find(&mut self, name: &str) -> Found {
        let path = match self.read_variable("PATH") {
            Some(Stored::Text(value)) => value.known().unwrap_or_default(),
            _ => String::new(),
        };
        let directory = Rc::clone(&self.world.process_mut(self.pid).directory);
        self.machine.find_now(self.world, name, &path, &directory)
    }

    /// Where a program of that name lies, as `command -v` prints it.
    pub(super) fn program_path(&mut self, name: &str) -> Value {
        match self.find(name) {
            Found::File(file) => Value::text(file.path),
            _ => Value::text(name),
        }
    }

    /// `type`, with the options of bash; busybox passes over a first word with a dash, and dash takes none (measured).
    pub(super) fn type_builtin(
        &mut self,
        words: &[Field],
        streams: &Streams,
        span: &Span,
    ) -> Attempt<()> {
        let family = self.shell.facts.family;
        let is_bash = family == ShellFamily::Bash;
        let mut letters = String::new();
        let mut names = &words[1..];
        while let Some(option) = names.first().and_then(Field::known)
            && let Some(rest) = option.strip_prefix('-')
        {
            let is_first = names.len() == words.len() - 1;
            if family == ShellFamily::Dash || rest.is_empty() && is_bash || !is_first && !is_bash {
                break;
            }
            letters.push_str(rest);
            names = &names[1..];
            if rest == "-" {
                break;
            }
        }
        let missing = Status::Known(if is_bash { 1 } else { 127 });
        let mut outcome = Status::SUCCESS;
        let mut text = Value::default();
        for name in names {
            let known = name.known();
            let status = match known.as_deref() {
                Some(name) if self.shell.aliases.contains_key(name) || is_keyword(name) => {
                    Status::SUCCESS
                }
                // `-P` asks for a file alone.
                Some(name) if letters.contains('P') && self.is_own_word(name) => {
                    match self.find(name) {
                        Found::Absent => missing.clone(),
                        _ => Status::SUCCESS,
                    }
                }
                known => self.exists(known, span),
            };
            match (&status, known) {
                (Status::Known(0), Some(name)) => text.append(&self.described(&name, &letters)),
                (Status::Known(_), _) => outcome = missing.clone(),
                _ => {
                    text.append(&Value::unknown("$(type)"));
                    outcome = worse(outcome, status);
                }
            }
        }
        self.world.write(&streams.output, &text);
        self.finish(outcome)
    }

    /// Whether a name is something of the shell itself.
    pub(super) fn is_own_word(&self, name: &str) -> bool {
        self.is_builtin(name) || self.shell.functions.contains(name)
    }

    /// A line of `type` about a name that exists.
    fn described(&mut self, name: &str, letters: &str) -> Value {
        let shell = &self.shell;
        let is_function = shell.functions.contains(name);
        let is_own = shell.aliases.contains_key(name) || is_keyword(name) || self.is_own_word(name);
        let wants_word = letters.contains('t') && shell.facts.family == ShellFamily::Bash;
        if !wants_word && !letters.contains(['p', 'P']) {
            return Value::unknown("$(type)");
        }
        let word = if !wants_word {
            if is_own && !letters.contains('P') {
                return Value::default();
            }
            let mut path = self.program_path(name);
            path.push_text("\n");
            return path;
        } else if shell.aliases.contains_key(name) && shell.options.expand_aliases {
            "alias"
        } else if is_keyword(name) {
            "keyword"
        } else if is_function {
            "function"
        } else if is_own {
            "builtin"
        } else {
            "file"
        };
        Value::text(format!("{word}\n"))
    }

    /// `hash NAME…`: whether they are found.
    pub(super) fn hash_builtin(&mut self, words: &[Field], span: &Span) -> Attempt<()> {
        let mut outcome = Status::SUCCESS;
        for word in &words[1..] {
            let known = word.known();
            if let Some(option) = known.as_deref().filter(|word| word.starts_with('-')) {
                if option.contains('t') {
                    // What bash remembers is not known; it begins with nothing.
                    outcome = Status::Known(1);
                }
                continue;
            }
            match self.exists(known.as_deref(), span) {
                Status::Known(0) => {}
                Status::Known(_) => outcome = Status::Known(1),
                unknown => outcome = worse(outcome, unknown),
            }
        }
        self.finish(outcome)
    }
}

/// The status of a command that has failed for one word, whatever comes of another.
fn worse(outcome: Status, unknown: Status) -> Status {
    match outcome {
        Status::Known(1..) => outcome,
        _ => unknown,
    }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}
