//! Builtins that concern values, control flow and output.

use std::rc::Rc;

use super::conditions::{self, absolute};
use super::redirect::Streams;
use super::step::{Attempt, Turn};
use super::{Alias, Code, State, Stored, Variable};
use crate::boot::fact::FactKind;
use crate::boot::value::{Field, Value};
use crate::boot::world::{Environment, Input, Output, Question, Status};
use crate::image::{Content, Found};
use crate::knowledge::{Feature, ShellFamily};
use crate::shell::{Part, Word};
use crate::source::Mapped;

impl Turn<'_, '_> {
    /// Whether this dialect has a builtin of that name.
    pub(super) fn is_builtin(&self, name: &str) -> bool {
        let facts = self.shell.facts;
        match name {
            ":" | "." | "true" | "false" | "exec" | "exit" | "return" | "break" | "continue"
            | "eval" | "set" | "shift" | "unset" | "export" | "readonly" | "local" | "trap"
            | "wait" | "kill" | "cd" | "pwd" | "echo" | "printf" | "test" | "[" | "read"
            | "umask" | "ulimit" | "command" | "type" | "alias" | "unalias" | "getopts"
            | "jobs" | "fg" | "bg" | "times" | "hash" => true,
            "source" => facts.has(Feature::Source),
            "let" => facts.has(Feature::Let),
            "builtin" => facts.has(Feature::BuiltinWord),
            "declare" | "typeset" | "shopt" | "disown" | "pushd" | "popd" | "mapfile"
            | "readarray" | "enable" | "caller" | "complete" | "suspend" | "logout" | "bind"
            | "dirs" | "history" => facts.has(Feature::BashBuiltins),
            _ => false,
        }
    }

    /// Runs a builtin. `prefix` holds assignments before it that last for the command only.
    pub(super) fn builtin(
        &mut self,
        code: &Code,
        name: &str,
        words: Vec<Field>,
        streams: Streams,
        prefix: Environment,
    ) -> Attempt<()> {
        let span = code.span();
        match name {
            ":" | "true" | "times" | "hash" | "unalias" | "enable" | "caller" | "complete"
            | "bind" | "history" | "suspend" | "logout" | "umask" | "ulimit" | "bg" | "mapfile"
            | "readarray" | "getopts" => self.without_effect(name, &words),
            "false" => self.finish(Status::Known(1)),
            "exec" => self.exec(code, words, streams, prefix),
            "exit" => {
                let status = self.operand_status(&words);
                self.world.gives_up |= self.pid == 1 && matches!(status, Status::Known(1..));
                self.exit(status);
                Ok(())
            }
            "return" => self.return_builtin(&words),
            "break" | "continue" => self.leave_loop(name == "continue", &words),
            "eval" => self.eval(&words, &streams, &span),
            "." | "source" => self.source(code, &words),
            "set" => self.set_builtin(&words),
            "shift" => {
                let count = words
                    .get(1)
                    .and_then(Field::known)
                    .and_then(|text| text.parse::<usize>().ok())
                    .unwrap_or(1);
                let positional = &mut self.shell.positional;
                if positional.iter().take(count).any(|field| field.open) {
                    return self.finish(Status::SUCCESS);
                }
                if count > positional.len() {
                    if self.shell.facts.family == ShellFamily::Dash {
                        self.exit(Status::Known(2));
                        return Ok(());
                    }
                    return self.finish(Status::Known(1));
                }
                positional.drain(..count);
                self.finish(Status::SUCCESS)
            }
            "unset" => {
                for word in words[1..].iter().filter_map(Field::known) {
                    if word == "-f" || word == "-v" {
                        continue;
                    }
                    Rc::make_mut(&mut self.shell.functions).remove(word.as_str());
                    Rc::make_mut(&mut self.shell.variables).insert(
                        word.as_str().into(),
                        Variable {
                            value: None,
                            exported: false,
                        },
                    );
                }
                self.finish(Status::SUCCESS)
            }
            "export" | "readonly" | "local" | "declare" | "typeset" => self.declare(name, &words),
            "trap" => self.trap_builtin(&words, span),
            "wait" => self.wait_builtin(code, &words),
            "kill" => self.kill_builtin(&words, span, false),
            "jobs" => self.jobs_builtin(&words),
            "fg" => self.foreground_job(&words),
            "disown" => {
                self.shell.disown();
                self.finish(Status::SUCCESS)
            }
            "cd" | "pushd" => self.change_directory(&words),
            "popd" | "dirs" => self.finish(Status::SUCCESS),
            "pwd" => {
                let text = format!("{}\n", self.world.process_mut(self.pid).directory);
                self.print(&streams, Value::text(text))
            }
            "echo" => {
                let text = echo(&words[1..]);
                self.print(&streams, text)
            }
            "printf" => {
                let text = printf(&words[1..]);
                self.print(&streams, text)
            }
            "test" | "[" => {
                let mut operands = &words[1..];
                if name == "[" {
                    match operands.split_last() {
                        Some((last, rest)) if last.known().as_deref() == Some("]") => {
                            operands = rest
                        }
                        _ => return self.finish(Status::Known(2)),
                    }
                }
                let operands = operands.to_vec();
                let answer = conditions::test(&self.condition_context(Some(span)), &operands);
                self.finish(answer.status())
            }
            "read" => self.read_builtin(&words, &streams),
            "command" | "builtin" => self.command(code, words, streams, prefix),
            "type" => {
                let known = words.get(1).and_then(Field::known);
                let answer = self.exists(known.as_deref(), &span);
                self.finish(answer)
            }
            "alias" => {
                for word in words[1..].iter().filter_map(Field::known) {
                    if let Some((name, text)) = word.split_once('=') {
                        let alias = Alias {
                            text: text.to_owned(),
                            active: false,
                        };
                        Rc::make_mut(&mut self.shell.aliases).insert(name.into(), alias);
                    }
                }
                self.finish(Status::SUCCESS)
            }
            "shopt" => {
                let on = words
                    .iter()
                    .any(|word| word.known().as_deref() == Some("-s"));
                for word in words[1..].iter().filter_map(Field::known) {
                    match word.as_str() {
                        "lastpipe" => self.shell.options.lastpipe = on,
                        "execfail" => self.shell.options.execfail = on,
                        "expand_aliases" => self.shell.options.expand_aliases = on,
                        _ => {}
                    }
                }
                self.finish(Status::SUCCESS)
            }
            "let" => {
                let text = words[1..]
                    .iter()
                    .filter_map(Field::known)
                    .next_back()
                    .unwrap_or_default();
                let word = Word {
                    parts: vec![Part::Quoted(text)],
                    range: code.script.node(code.node).range.clone(),
                };
                let value = self
                    .expand(code, |expansion| expansion.arithmetic(&word))?
                    .known();
                self.finish(Status::Known(i32::from(value.as_deref() == Some("0"))))
            }
            _ => self.finish(Status::SUCCESS),
        }
    }

    /// Builtins whose effect does not matter to who is running, except that they set variables.
    fn without_effect(&mut self, name: &str, words: &[Field]) -> Attempt<()> {
        match name {
            "getopts" => self.getopts(words),
            "mapfile" | "readarray" => {
                if let Some(variable) = words
                    .last()
                    .and_then(Field::known)
                    .filter(|word| !word.starts_with('-'))
                {
                    let field = Field {
                        value: Value::unknown(format!("lines in {variable}")),
                        open: true,
                    };
                    self.shell.set(&variable, Stored::Array(vec![field]));
                }
                self.finish(Status::SUCCESS)
            }
            _ => self.finish(Status::SUCCESS),
        }
    }

    /// `getopts letters name [words]`, over words that are known; else each round is a question.
    fn getopts(&mut self, words: &[Field]) -> Attempt<()> {
        let letters = words.get(1).and_then(Field::known).unwrap_or_default();
        let variable = words.get(2).and_then(Field::known).unwrap_or_default();
        let operands: &[Field] = if words.len() > 3 {
            &words[3..]
        } else {
            &self.shell.positional
        };
        let (mut word, mut letter) = self.shell.options_read;
        if self.shell.variable("OPTIND") == Some(&Stored::Text(Value::text("1"))) && letter == 0 {
            word = 0;
        }
        let current = operands.get(word).cloned();
        let Some(text) = current.as_ref().map_or(Some(String::new()), Field::known) else {
            return self.unknown_option(&variable);
        };
        letter = letter.max(1);
        let found = text
            .chars()
            .nth(letter)
            .filter(|_| text.starts_with('-') && text != "--");
        let Some(found) = found else {
            if text == "--" {
                word += 1;
            }
            self.shell
                .set("OPTIND", Stored::Text(Value::text((word + 1).to_string())));
            self.shell.set(&variable, Stored::Text(Value::text("?")));
            self.shell.options_read = (word, 0);
            return self.finish(Status::Known(1));
        };
        let takes_value = letters
            .split_once(found)
            .is_some_and(|(_, rest)| rest.starts_with(':'));
        let is_known = found != ':' && letters.contains(found);
        let rest: String = text.chars().skip(letter + 1).collect();
        let mut value = None;
        if takes_value {
            if rest.is_empty() {
                value = operands.get(word + 1).map(|field| field.value.clone());
                word += 1;
            } else {
                value = Some(Value::text(&rest));
            }
        }
        if takes_value || rest.is_empty() {
            (word, letter) = (word + 1, 0);
        } else {
            letter += 1;
        }
        let name = if is_known && (!takes_value || value.is_some()) {
            found
        } else {
            '?'
        };
        self.shell
            .set(&variable, Stored::Text(Value::text(name.to_string())));
        if let Some(value) = value {
            self.shell.set("OPTARG", Stored::Text(value));
        }
        self.shell
            .set("OPTIND", Stored::Text(Value::text((word + 1).to_string())));
        self.shell.options_read = (word, letter);
        self.finish(Status::SUCCESS)
    }

    /// An option in a word that is not known.
    fn unknown_option(&mut self, variable: &str) -> Attempt<()> {
        for name in [variable, "OPTARG", "OPTIND"] {
            self.shell
                .set(name, Stored::Text(Value::unknown(format!("${name}"))));
        }
        let span = self.top().code.span();
        self.finish(Status::Unknown(Rc::new(Question {
            yes: "there are more options".into(),
            no: "there are no more options".into(),
            span: Some(span),
            key: None,
            fixes: None,
            fixes_if_no: None,
            expected: false,
            candidate: false,
            by_default: None,
        })))
    }

    fn print(&mut self, streams: &Streams, text: Value) -> Attempt<()> {
        let output = streams.output.clone();
        self.world.write(&output, &text);
        self.finish(Status::SUCCESS)
    }

    fn operand_status(&mut self, words: &[Field]) -> Status {
        match words.get(1) {
            None => self.shell.status.clone(),
            Some(word) => match word.known().and_then(|text| text.parse::<i32>().ok()) {
                Some(number) => Status::Known(number & 255),
                None => self.shell.status.clone(),
            },
        }
    }

    fn exec(
        &mut self,
        code: &Code,
        words: Vec<Field>,
        streams: Streams,
        prefix: Environment,
    ) -> Attempt<()> {
        let facts = self.shell.facts;
        let mut rest = &words[1..];
        let mut argv0 = None;
        while let Some(option) = rest.first().and_then(Field::known) {
            match option.as_str() {
                "--" if facts.exec_options.contains('-') => {
                    rest = &rest[1..];
                    break;
                }
                "-a" if facts.exec_options.contains('a') => {
                    argv0 = rest.get(1).cloned();
                    rest = rest.get(2..).unwrap_or_default();
                }
                "-c" if facts.exec_options.contains('c') => rest = &rest[1..],
                "-l" if facts.exec_options.contains('l') => rest = &rest[1..],
                _ => break,
            }
        }
        if rest.is_empty() {
            if words.len() > 1 || code.text().contains('@') || code.text().contains('$') {
                self.note(FactKind::ExecWithoutCommand, Some(code.span()));
            }
            if let Output::Stream(stream) = streams.output {
                self.shell.held.push(stream);
            }
            let process = self.world.process_mut(self.pid);
            process.input = streams.input;
            process.output = streams.output;
            return self.finish(Status::SUCCESS);
        }
        let span = code.span();
        if self.log_cannot_be_opened(code) {
            self.exit(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
            return Ok(());
        }
        let command = super::simple::display_words(rest);
        self.note(FactKind::Exec { command }, Some(span.clone()));
        self.replace(rest.to_vec(), prefix, streams, span, argv0)
    }

    /// `exec app >> DIRECTORY/log` fails without the directory: it must be known to be there.
    fn log_cannot_be_opened(&mut self, code: &Code) -> bool {
        let crate::shell::Kind::Simple(simple) = &code.script.node(code.node).kind else {
            return false;
        };
        for redirect in &simple.redirects {
            let crate::shell::RedirectTarget::Word(word) = &redirect.target else {
                continue;
            };
            let Some(name) = word.constant(true).filter(|name| name.contains('/')) else {
                continue;
            };
            let here = Rc::clone(&self.world.process_mut(self.pid).directory);
            let path = absolute(&here, &name);
            let Some((directory, _)) = path.rsplit_once('/') else {
                continue;
            };
            let is_usual = matches!(
                directory,
                "" | "/dev"
                    | "/tmp"
                    | "/run"
                    | "/var/run"
                    | "/var/log"
                    | "/var/tmp"
                    | "/var/lib"
                    | "/etc"
                    | "/opt"
                    | "/srv"
                    | "/root"
            ) || directory.starts_with("/dev/")
                || directory.starts_with("/proc/");
            // The redirection itself has made an entry for the file by now.
            let others = self.world.files.keys().filter(|known| **known != path);
            let mut below = others.filter_map(|known| known.strip_prefix(directory));
            let was_made = self.world.made_directories || below.any(|rest| rest.starts_with('/'));
            if is_usual || was_made {
                continue;
            }
            let span = code.script.span(redirect.range.clone());
            match self.machine.container.image.files.look_up(directory) {
                Found::Absent => {
                    let why = format!("the directory `{directory}` is not there");
                    self.start_up_breaks(why, Some(span));
                    return true;
                }
                Found::Unknown(why) => {
                    let text = format!(
                        "whether the directory `{directory}` is there is not known: {}",
                        why.text
                    );
                    self.world.miss("value", text, Some(span));
                }
                _ => {}
            }
        }
        false
    }

    fn return_builtin(&mut self, words: &[Field]) -> Attempt<()> {
        let status = self.operand_status(words);
        let target = self
            .shell
            .frames
            .iter()
            .rposition(|frame| matches!(frame.state, State::Function(_) | State::Source(_)));
        match target {
            Some(index) => {
                while self.shell.frames.len() > index + 1 {
                    self.unwind_one();
                }
                self.shell.status = status;
                self.shell.check_failure = true;
                Ok(())
            }
            // bash refuses it outside of functions and goes on; the others end as by `exit`.
            None if self.shell.facts.is_plain_bash() => self.finish(Status::Known(2)),
            None => {
                self.exit(status);
                Ok(())
            }
        }
    }

    /// Removes a frame that is left early, with what it would restore at its end.
    fn unwind_one(&mut self) {
        match self.top().state {
            State::Restore(_) => {
                let _ = self.restore();
            }
            State::Function(_) => {
                let _ = self.end_function();
            }
            State::Source(_) => {
                let _ = self.end_source();
            }
            _ => {
                self.shell.frames.pop();
            }
        }
    }

    fn leave_loop(&mut self, goes_on: bool, words: &[Field]) -> Attempt<()> {
        let mut levels = words
            .get(1)
            .and_then(Field::known)
            .and_then(|text| text.parse::<u32>().ok())
            .unwrap_or(1);
        self.shell.status = Status::SUCCESS;
        self.shell.check_failure = false;
        let any = self
            .shell
            .frames
            .iter()
            .rev()
            .take_while(|frame| !matches!(frame.state, State::Function(_)));
        if !any.into_iter().any(|frame| is_loop(&frame.state)) {
            return self.finish(Status::SUCCESS);
        }
        while let Some(frame) = self.shell.frames.last() {
            if is_loop(&frame.state) {
                levels -= 1;
                if levels == 0 {
                    if !goes_on {
                        self.shell.frames.pop();
                    } else if let State::While(state) = &mut self.top().state {
                        state.in_body = true;
                    }
                    return Ok(());
                }
            }
            self.unwind_one();
        }
        Ok(())
    }

    fn eval(
        &mut self,
        words: &[Field],
        streams: &Streams,
        span: &crate::source::Span,
    ) -> Attempt<()> {
        let mut text = Value::default();
        for (index, word) in words[1..].iter().enumerate() {
            if index > 0 {
                text.push_text(" ");
            }
            text.append(&word.value);
        }
        let process = self.world.process_mut(self.pid);
        let saved = (
            std::mem::replace(&mut process.input, streams.input.clone()),
            std::mem::replace(&mut process.output, streams.output.clone()),
        );
        self.top().state = State::Restore(Box::new(saved));
        self.top().results.clear();
        self.shell.status = Status::SUCCESS;
        if let Some(script) = self.parse_value(&text, Some(span)) {
            self.push_state(Code::root(&script), false, State::Eval);
            self.push(Code::root(&script), false);
        }
        Ok(())
    }

    /// `.` and `source`.
    fn source(&mut self, code: &Code, words: &[Field]) -> Attempt<()> {
        let span = code.span();
        let mut operands = &words[1..];
        if operands.first().and_then(Field::known).as_deref() == Some("--") {
            operands = &operands[1..];
        }
        let Some(word) = operands.first() else {
            return self.finish(Status::SUCCESS);
        };
        let Some(name) = word.known() else {
            let text = format!(
                "the file `{}`, which is read, is not known",
                word.value.display()
            );
            self.world.miss("script", text, Some(span));
            return self.finish(Status::SUCCESS);
        };
        let directory = Rc::clone(&self.world.process_mut(self.pid).directory);
        let mut path = absolute(&directory, &name);
        if !name.contains('/') {
            // A bare name is looked up on PATH; only bash outside POSIX mode then tries the directory.
            let here = path.clone();
            match self.find(&name) {
                Found::File(file) => path = file.path,
                _ if self.shell.facts.is_plain_bash() => path = here,
                Found::Absent => return self.source_missing(&name, &span),
                _ if self.is_at_hand(&here) => return self.source_missing(&name, &span),
                _ => {}
            }
        }
        let written = self.world.files.get(&path).cloned();
        let text = match written {
            Some(value) => match value.known() {
                Some(text) => Some(super::traps::locate(&text, &span)),
                None => {
                    self.world.miss(
                        "script",
                        format!("the content of `{path}` is not known"),
                        Some(span.clone()),
                    );
                    None
                }
            },
            None => match self.machine.container.image.files.look_up(&path) {
                Found::File(file) => match file.content {
                    Content::Text(text) => Some(text),
                    Content::Binary => None,
                    Content::Unknown(why) => self.unseen_source(&path, why, &span),
                },
                Found::Absent => return self.source_missing(&path, &span),
                Found::Directory => return self.source_missing(&path, &span),
                Found::Unknown(why) if !name.starts_with('/') && !self.was_tested(&path, &name) => {
                    // Nothing says that it is there, and most shells end without it.
                    let text = format!("whether `{path}` is there is not known: {}", why.text);
                    self.world.miss("script", text, Some(span.clone()));
                    None
                }
                Found::Unknown(why) => self.unseen_source(&path, why, &span),
            },
        };
        let Some(text) = text else {
            return self.finish(Status::SUCCESS);
        };
        let script = self.machine.parse(&text);
        let own = operands.len() > 1 && self.shell.facts.family != ShellFamily::Dash;
        let saved =
            own.then(|| std::mem::replace(&mut self.shell.positional, operands[1..].to_vec()));
        self.top().state = State::Source(saved);
        self.top().results.clear();
        self.shell.status = Status::SUCCESS;
        self.push(Code::root(&script), false);
        Ok(())
    }

    /// Whether a file stands at the path for sure: who reads it by its bare name means that one.
    fn is_at_hand(&self, path: &str) -> bool {
        matches!(
            self.machine.container.image.files.look_up(path),
            Found::File(_)
        )
    }

    /// Whether a test on this way has found the file there.
    fn was_tested(&self, path: &str, name: &str) -> bool {
        self.shell.is_subshell
            || ["exists", "is readable", "is not empty", "is executable"]
                .iter()
                .any(|state| {
                    let asked = |shown: &str| {
                        self.world
                            .decided
                            .get(format!("`{shown}` {state}").as_str())
                            == Some(&true)
                    };
                    asked(path) || asked(name)
                })
    }

    /// A file that is read but not at hand. Settings (`/etc/profile`, `*.env`, `activate`) are taken to set variables
    /// only; anything else may do anything.
    fn unseen_source(
        &mut self,
        path: &str,
        why: crate::source::Why,
        span: &crate::source::Span,
    ) -> Option<Mapped> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let only_settings = path.starts_with("/etc/")
            || path.starts_with("/proc/")
            || name.contains("env")
            || name.contains("profile")
            || name.contains("bashrc")
            || name.contains("conf")
            || matches!(
                name,
                "activate"
                    | "nvm.sh"
                    | "setup.bash"
                    | "setup.sh"
                    | "vars"
                    | "sdkman-init.sh"
                    | "conda.sh"
            );
        if only_settings || self.shell.is_subshell {
            // What is read in a subshell cannot change the shell that goes on.
            self.world.assume(crate::boot::Assumption {
                kind: "only-settings",
                subject: path.to_owned(),
                text: format!("`{path}` is not at hand and is taken to set variables only"),
                span: Some(span.clone()),
            });
        } else {
            self.world.miss(
                "script",
                format!("`{path}` is not at hand: {}", why.text),
                Some(span.clone()),
            );
        }
        None
    }

    fn source_missing(&mut self, path: &str, span: &crate::source::Span) -> Attempt<()> {
        self.note(
            FactKind::StartFailed {
                command: path.to_owned(),
                why: "the file is not there".into(),
            },
            Some(span.clone()),
        );
        if self.shell.facts.special_builtin_errors_end {
            self.start_up_breaks(format!("`{path}` is not there"), Some(span.clone()));
            self.exit(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
            return Ok(());
        }
        self.finish(Status::Known(1))
    }

    pub(super) fn end_source(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        if let State::Source(Some(positional)) = state {
            self.shell.positional = positional;
        }
        self.pop()
    }

    fn set_builtin(&mut self, words: &[Field]) -> Attempt<()> {
        let mut index = 1;
        let mut takes_positional = false;
        while let Some(word) = words.get(index) {
            let Some(text) = word.known() else { break };
            if text == "--" {
                takes_positional = true;
                index += 1;
                break;
            }
            if text == "-" {
                index += 1;
                takes_positional = words.len() > index;
                break;
            }
            let (sign, letters) = match text.split_at_checked(1) {
                Some((sign @ ("-" | "+"), letters)) if !letters.is_empty() => {
                    (sign == "-", letters.to_owned())
                }
                _ => break,
            };
            index += 1;
            for letter in letters.chars() {
                let options = &mut self.shell.options;
                match letter {
                    'e' => options.errexit = sign,
                    'u' => options.nounset = sign,
                    'a' => options.allexport = sign,
                    'm' => self.monitor(sign),
                    'n' => options.noexec = sign,
                    'o' => {
                        let Some(name) = words.get(index).and_then(Field::known) else {
                            break;
                        };
                        index += 1;
                        if !self.long_option(&name, sign) {
                            // An unknown option of the special builtin `set` ends the shell.
                            let span = Some(self.top().code.span());
                            let title = &self.shell.facts.title;
                            self.start_up_breaks(
                                format!("`set -o {name}` is not known to {title}"),
                                span,
                            );
                            self.exit(Status::Known(2));
                            return Ok(());
                        }
                    }
                    _ => {}
                }
            }
        }
        if takes_positional || index < words.len() {
            self.shell.positional = words[index.min(words.len())..].to_vec();
        }
        self.finish(Status::SUCCESS)
    }

    /// Sets a long option; `false` when this shell does not have it.
    pub(super) fn long_option(&mut self, name: &str, on: bool) -> bool {
        match name {
            "errexit" => self.shell.options.errexit = on,
            "nounset" => self.shell.options.nounset = on,
            "allexport" => self.shell.options.allexport = on,
            "monitor" => self.monitor(on),
            "pipefail" if self.shell.facts.has(Feature::Pipefail) => {
                self.shell.options.pipefail = on
            }
            "noexec" => self.shell.options.noexec = on,
            "xtrace" | "verbose" | "noglob" | "noclobber" | "vi" | "emacs" | "ignoreeof"
            | "notify" | "nolog" => {}
            "posix"
            | "errtrace"
            | "functrace"
            | "braceexpand"
            | "hashall"
            | "history"
            | "histexpand"
            | "physical"
            | "privileged"
            | "keyword"
            | "interactive-comments"
            | "onecmd"
                if self.shell.facts.family == ShellFamily::Bash => {}
            _ => return false,
        }
        true
    }

    /// Job control needs a terminal in dash and busybox; without one `set -m` has no effect there.
    fn monitor(&mut self, on: bool) {
        self.shell.options.monitor = on && self.shell.facts.family == ShellFamily::Bash;
    }

    fn declare(&mut self, name: &str, words: &[Field]) -> Attempt<()> {
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
        for word in &words[1..] {
            let shown = word.value.display();
            if shown.starts_with('-') && !shown.contains('=') {
                continue;
            }
            let (variable, value) = split_assignment(&word.value);
            let Some(variable) = variable else { continue };
            let (variable, append) = match variable.strip_suffix('+') {
                Some(variable) => (variable.to_owned(), true),
                None => (variable, false),
            };
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
            if let Some(mut value) = value {
                if append && let Some(Stored::Text(former)) = self.shell.variable(&variable) {
                    let mut joined = former.clone();
                    joined.append(&value);
                    value = joined;
                }
                self.shell.set(&variable, Stored::Text(value));
            }
            if exports {
                let variables = Rc::make_mut(&mut self.shell.variables);
                // A setting from outside stays what it is: exported already, or not set.
                if let Some(known) = variables.get_mut(variable.as_str()) {
                    known.exported = true;
                }
            }
        }
        self.finish(Status::SUCCESS)
    }

    fn in_function(&self) -> bool {
        self.shell
            .frames
            .iter()
            .any(|frame| matches!(frame.state, State::Function(_)))
    }

    fn change_directory(&mut self, words: &[Field]) -> Attempt<()> {
        let operand = words[1..]
            .iter()
            .find(|word| !matches!(word.known().as_deref(), Some("-P" | "-L" | "--")));
        let span = self.top().code.span();
        let target = match operand {
            None => match self.shell.variable("HOME") {
                Some(Stored::Text(value)) => value.known(),
                _ => Some("/root".to_owned()),
            },
            Some(word) => word.known(),
        };
        let Some(target) = target.filter(|target| target != "-") else {
            self.world.process_mut(self.pid).directory = "/?".into();
            return self.finish(Status::SUCCESS);
        };
        let process = self.world.process_mut(self.pid);
        let path = absolute(&process.directory, &target);
        let why = match self.machine.container.image.files.look_up(&path) {
            Found::File(_) => Some("it is a file"),
            Found::Absent if !self.world.made(&path) => Some("it is not there"),
            _ => None,
        };
        if self.machine.container.image.files.is_far(&path) && !self.world.made(&path) {
            let text = format!("nothing says that the directory `{path}` is there");
            self.world.miss("value", text, Some(span.clone()));
        }
        if let Some(why) = why {
            let command = format!("cd {target}");
            self.note(
                FactKind::StartFailed {
                    command,
                    why: why.into(),
                },
                Some(span),
            );
            return self.finish(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
        }
        self.world.process_mut(self.pid).directory = path.as_str().into();
        self.shell.set("PWD", Stored::Text(Value::text(&path)));
        self.finish(Status::SUCCESS)
    }

    fn read_builtin(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let mut names: Vec<String> = Vec::new();
        let mut skip = false;
        for word in words[1..].iter().filter_map(Field::known) {
            if skip {
                skip = false;
                continue;
            }
            match word.as_str() {
                "-d" | "-t" | "-n" | "-N" | "-p" | "-u" | "-a" | "-i" => skip = true,
                option if option.starts_with('-') => {}
                name => names.push(name.to_owned()),
            }
        }
        let input = streams.input.clone();
        let own = self.world.process_mut(self.pid).input == input;
        match input {
            Input::Null => {
                for name in &names {
                    self.shell.set(name, Stored::Text(Value::default()));
                }
                self.finish(Status::Known(1))
            }
            Input::Text(text) => {
                let (line, rest) = match text.known() {
                    Some(text) if text.is_empty() => (None, String::new()),
                    Some(text) => match text.split_once('\n') {
                        Some((line, rest)) => (Some(line.to_owned()), rest.to_owned()),
                        None => (Some(text), String::new()),
                    },
                    None => {
                        for name in &names {
                            self.shell
                                .set(name, Stored::Text(Value::unknown(format!("${name}"))));
                        }
                        if own {
                            self.world.process_mut(self.pid).input = Input::Null;
                        }
                        return self.finish(Status::SUCCESS);
                    }
                };
                if own {
                    self.world.process_mut(self.pid).input = Input::Text(Value::text(rest));
                }
                let found = line.is_some();
                let line = line.unwrap_or_default();
                let mut words = line
                    .trim()
                    .splitn(names.len().max(1), [' ', '\t'])
                    .map(str::trim);
                for name in &names {
                    self.shell
                        .set(name, Stored::Text(Value::text(words.next().unwrap_or(""))));
                }
                self.finish(Status::Known(i32::from(!found)))
            }
            Input::Pipe(stream) if self.world.stream_is_open(stream) => {
                Err(super::step::Progress::Blocked)
            }
            Input::Pipe(stream) => {
                let text = std::mem::take(&mut self.world.streams[stream]);
                self.world.process_mut(self.pid).input = Input::Text(text);
                Ok(())
            }
            Input::Unknown => {
                for name in &names {
                    self.shell
                        .set(name, Stored::Text(Value::unknown(format!("${name}"))));
                }
                let span = self.top().code.span();
                self.finish(Status::Unknown(
                    Question {
                        yes: "there is a line to read".into(),
                        no: "there is no line to read".into(),
                        span: Some(span),
                        key: None,
                        fixes: None,
                        fixes_if_no: None,
                        expected: false,
                        candidate: false,
                        by_default: None,
                    }
                    .into(),
                ))
            }
        }
    }

    /// `command` and `builtin`.
    fn command(
        &mut self,
        code: &Code,
        words: Vec<Field>,
        streams: Streams,
        prefix: Environment,
    ) -> Attempt<()> {
        let mut rest = &words[1..];
        let mut asks = false;
        while let Some(option) = rest
            .first()
            .and_then(Field::known)
            .filter(|word| word.starts_with('-'))
        {
            asks |= option.contains(['v', 'V']);
            rest = &rest[1..];
            if option == "--" {
                break;
            }
        }
        if rest.is_empty() {
            return self.finish(Status::SUCCESS);
        }
        let span = code.span();
        if asks {
            let known = rest[0].known();
            let status = self.exists(known.as_deref(), &span);
            if status == Status::SUCCESS {
                let path = known.map_or(Value::unknown("path"), |name| self.program_path(&name));
                let mut line = path;
                line.push_text("\n");
                self.world.write(&streams.output, &line);
            } else if matches!(status, Status::Unknown(_)) {
                self.world
                    .write(&streams.output, &Value::unknown("path of a program"));
            }
            return self.finish(status);
        }
        let rest = rest.to_vec();
        match rest[0].known() {
            Some(name) if self.is_builtin(&name) => {
                self.builtin(code, &name, rest, streams, prefix)
            }
            _ => self.external(code, rest, prefix, streams),
        }
    }

    /// Whether a command of that name exists, as a status.
    fn exists(&mut self, name: Option<&str>, span: &crate::source::Span) -> Status {
        let unknown = |shown: &str| {
            Status::Unknown(
                Question {
                    yes: format!("`{shown}` is installed"),
                    no: format!("`{shown}` is not installed"),
                    span: Some(span.clone()),
                    key: Some(format!("`{shown}` is installed").into()),
                    fixes: None,
                    fixes_if_no: None,
                    expected: false,
                    candidate: false,
                    by_default: None,
                }
                .into(),
            )
        };
        let Some(name) = name else {
            return unknown("a program");
        };
        if self.is_builtin(name) || self.shell.functions.contains_key(name) {
            return Status::SUCCESS;
        }
        match self.find(name) {
            Found::File(file) if file.mode.is_none_or(|mode| mode & 0o111 != 0) => Status::SUCCESS,
            Found::File(_) | Found::Directory => Status::Known(1),
            // A name with a dash in front, or none at all, is never a command.
            Found::Absent if name.is_empty() || name.starts_with('-') => Status::Known(127),
            Found::Unknown(_) if name.is_empty() || name.starts_with('-') => Status::Known(127),
            Found::Absent => Status::Known(127),
            // What the container is started with is there, or nothing would work.
            Found::Unknown(_) if self.is_own_command(name) => Status::SUCCESS,
            Found::Unknown(_) => unknown(name),
        }
    }

    /// Whether the image's CMD begins with that name, and the tables know it for a program.
    fn is_own_command(&self, name: &str) -> bool {
        let container = self.machine.container;
        let argv = container.argv.value().and_then(Option::as_ref);
        let command = argv.and_then(|argv| argv.get(container.entrypoint_words));
        command.is_some_and(|word| word.text() == name)
            && crate::knowledge::program(&[Some(name)]).is_some()
    }

    /// Looks a program up on the shell's PATH.
    pub(super) fn find(&mut self, name: &str) -> Found {
        let path = match self.shell.variable("PATH") {
            Some(Stored::Text(value)) => value.known().unwrap_or_default(),
            _ => String::new(),
        };
        let directory = Rc::clone(&self.world.process_mut(self.pid).directory);
        self.machine.find_program(name, &path, &directory)
    }

    fn program_path(&mut self, name: &str) -> Value {
        match self.find(name) {
            Found::File(file) => Value::text(file.path),
            _ => Value::text(name),
        }
    }

    /// Reads more commands from a stream, for a shell without a script.
    pub(super) fn read_input(&mut self) -> Attempt<()> {
        let input = self.world.process_mut(self.pid).input.clone();
        let span = self.world.process_mut(self.pid).span.clone();
        let text = match input {
            Input::Null => None,
            Input::Text(text) => Some(text),
            Input::Pipe(stream) if self.world.stream_is_open(stream) => {
                return Err(super::step::Progress::Blocked);
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

fn is_loop(state: &State) -> bool {
    matches!(
        state,
        State::While(_) | State::For(..) | State::ForArithmetic(_)
    )
}

/// `name=value` of an already expanded word.
fn split_assignment(value: &Value) -> (Option<String>, Option<Value>) {
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

fn echo(words: &[Field]) -> Value {
    let mut text = Value::default();
    let mut newline = true;
    let mut words = words;
    while let Some(option) = words
        .first()
        .and_then(Field::known)
        .filter(|word| matches!(word.as_str(), "-n" | "-e" | "-ne" | "-en" | "-E"))
    {
        newline &= !option.contains('n');
        words = &words[1..];
    }
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push_text(" ");
        }
        text.append(&word.value);
    }
    if newline {
        text.push_text("\n");
    }
    text
}

fn printf(words: &[Field]) -> Value {
    let Some(format) = words.first().and_then(Field::known) else {
        return Value::unknown("output of printf");
    };
    let format = format.replace("\\n", "\n").replace("\\t", "\t");
    let mut operands = words[1..].iter();
    let mut text = Value::default();
    loop {
        let before = operands.len();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            text.push_text(&rest[..at]);
            let conversion = rest[at + 1..].chars().next();
            match conversion {
                Some('s' | 'd' | 'b' | 'i' | 'u') => {
                    if let Some(word) = operands.next() {
                        text.append(&word.value);
                    }
                    rest = &rest[at + 2..];
                }
                Some('%') => {
                    text.push_text("%");
                    rest = &rest[at + 2..];
                }
                _ => return Value::unknown("output of printf"),
            }
        }
        text.push_text(rest);
        // The format is used again while operands remain.
        if operands.len() == 0 || operands.len() == before {
            return text;
        }
    }
}
