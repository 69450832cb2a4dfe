//! `set`, `shopt`, `getopts`, `umask`, `ulimit`: the options and limits of the shell and its positional parameters.

use std::rc::Rc;

use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Options, Shell, Stored};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Question, Status};
use crate::knowledge::{Feature, ShellFamily};
use crate::source::Span;

impl Turn<'_, '_> {
    /// `getopts letters name [words]`, over words that are known; else each round is a question.
    pub(super) fn getopts(&mut self, words: &[Field]) -> Attempt<()> {
        let letters = words.get(1).and_then(Field::known).unwrap_or_default();
        let variable = words.get(2).and_then(Field::known).unwrap_or_default();
        let operands: &[Field] = if words.len() > 3 {
            &words[3..]
        } else {
            &self.shell.positional
        };
        let (mut word, mut letter) = self.shell.options_read;
        if self.read_variable("OPTIND") == Some(&Stored::Text(Value::text("1"))) && letter == 0 {
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
    pub(super) fn unknown_option(&mut self, variable: &str) -> Attempt<()> {
        for name in [variable, "OPTARG", "OPTIND"] {
            self.shell
                .set(name, Stored::Text(Value::unknown(format!("${name}"))));
        }
        let span = self.top().code.span();
        self.finish(Status::Unknown(Rc::new(Question::new(
            "there are more options",
            "there are no more options",
            Some(span),
        ))))
    }

    /// `set`: options, and the positional parameters.
    pub(super) fn set_builtin(&mut self, words: &[Field]) -> Attempt<()> {
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
            if let Some(letter) = letters.chars().find(|letter| !self.has_option(*letter)) {
                return self.bad_option(&format!("set {}", letter.escape_default()));
            }
            for letter in letters.chars() {
                let options = &mut self.shell.options;
                match letter {
                    'e' => options.errexit = sign,
                    'u' => options.nounset = sign,
                    'a' => options.allexport = sign,
                    'm' => self.monitor(sign),
                    'n' => options.noexec = sign,
                    'f' => options.noglob = sign,
                    'o' => {
                        let Some(name) = words.get(index).and_then(Field::known) else {
                            break;
                        };
                        index += 1;
                        if !self.long_option(&name, sign) {
                            // busybox says so and goes on.
                            if self.shell.facts.family == ShellFamily::Ash {
                                return self.finish(Status::Known(1));
                            }
                            return self.bad_option(&format!("set -o {}", name.escape_default()));
                        }
                    }
                    'E' => options.errtrace = sign && self.shell.facts.family == ShellFamily::Bash,
                    _ => {}
                }
            }
        }
        if takes_positional || index < words.len() {
            self.shell.positional = words[index.min(words.len())..].to_vec();
        }
        self.finish(Status::SUCCESS)
    }

    /// Whether `set` takes the letter, as the sources of the shells list them.
    fn has_option(&self, letter: char) -> bool {
        let letters = match self.shell.facts.family {
            ShellFamily::Dash => "abefimnopsuvxCEIV",
            ShellFamily::Ash => "abcefimnosuvxCEI",
            ShellFamily::Bash => "abefhikmnoprstuvxBCEHPT",
        };
        letters.contains(letter)
    }

    /// An option that a special builtin does not know: it ends the shell, but for bash outside its POSIX mode, and in
    /// it where the failure is handled (measured: `export -Z || …` and `if set -Z` in bash 5.2 as sh).
    pub(in crate::boot::interpreter) fn bad_option(&mut self, command: &str) -> Attempt<()> {
        let span = Some(self.top().code.span());
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        if !self.special_errors_end() || is_bash && self.failure_is_handled() {
            return self.finish(Status::Known(2));
        }
        let title = &self.shell.facts.title;
        self.start_up_breaks(format!("`{command}` is not known to {title}"), span);
        self.exit(Status::Known(2));
        Ok(())
    }

    /// Sets a long option; `false` when this shell does not have it.
    pub(in crate::boot::interpreter) fn long_option(&mut self, name: &str, on: bool) -> bool {
        match name {
            "errexit" => self.shell.options.errexit = on,
            "nounset" => self.shell.options.nounset = on,
            "allexport" => self.shell.options.allexport = on,
            "monitor" => self.monitor(on),
            "pipefail" if self.shell.facts.has(Feature::Pipefail) => {
                self.shell.options.pipefail = on
            }
            "noexec" => self.shell.options.noexec = on,
            "noglob" => self.shell.options.noglob = on,
            "xtrace" | "verbose" | "noclobber" | "vi" | "emacs" | "ignoreeof" | "notify"
            | "nolog" => {}
            "errtrace" if self.shell.facts.family == ShellFamily::Bash => {
                self.shell.options.errtrace = on
            }
            "posix"
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
    pub(super) fn monitor(&mut self, on: bool) {
        self.shell.options.monitor = on && self.shell.facts.family == ShellFamily::Bash;
    }

    /// `set +o`: what would set the options again. Those that change nothing here are left out.
    pub(super) fn options_as_commands(&self) -> Value {
        let names = [
            "errexit",
            "noglob",
            "allexport",
            "nounset",
            "pipefail",
            "errtrace",
        ];
        let mut text = String::new();
        for name in names {
            if let Some(on) = self.shell.long_option(name) {
                let sign = if on { '-' } else { '+' };
                text.push_str(&format!("set {sign}o {name}\n"));
            }
        }
        Value::text(text)
    }

    /// `shopt`: sets, unsets, asks with `-q`, prints with `-p`; with `-o` it is about the options of `set`.
    pub(super) fn shopt(&mut self, words: &[Field], streams: &Streams, span: Span) -> Attempt<()> {
        let known: Vec<String> = words[1..].iter().filter_map(Field::known).collect();
        let is_option = |word: &&String| word.starts_with('-');
        let letters: String = known
            .iter()
            .filter(is_option)
            .map(|word| &word[1..])
            .collect();
        let names = known.iter().filter(|word| !word.starts_with('-'));
        let of_set = letters.contains('o');
        let new = match (letters.contains('s'), letters.contains('u')) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let mut outcome = Status::SUCCESS;
        let mut text = Value::default();
        for name in names {
            match (new, of_set) {
                (Some(on), true) => drop(self.long_option(name, on)),
                (Some(on), false) => self.shell.options.set_extra(name, on),
                (None, _) => {
                    let state = match of_set {
                        true => self.shell.long_option(name),
                        false => self.shell.options.extra(name),
                    };
                    match state {
                        Some(true) => {}
                        Some(false) => outcome = Status::Known(1),
                        None => {
                            let yes = format!("`{name}` is on");
                            let no = format!("`{name}` is off");
                            outcome =
                                Status::Unknown(Question::new(yes, no, Some(span.clone())).into());
                        }
                    }
                    let line = match state {
                        _ if letters.contains('q') => Value::default(),
                        // What is not followed is no different when it is set anew.
                        _ if letters.contains('p') && of_set => {
                            let sign = if state == Some(true) { '-' } else { '+' };
                            Value::text(format!("set {sign}o {name}\n"))
                        }
                        _ if letters.contains('p') => {
                            let letter = if state == Some(true) { 's' } else { 'u' };
                            Value::text(format!("shopt -{letter} {name}\n"))
                        }
                        _ => Value::unknown("$(shopt)"),
                    };
                    text.append(&line);
                }
            }
        }
        self.world.write(&streams.output, &text);
        self.finish(outcome)
    }

    /// `umask` and `ulimit` without a new value print the one that holds. Runtimes start with 022.
    pub(super) fn limits_builtin(
        &mut self,
        name: &str,
        words: &[Field],
        streams: &Streams,
    ) -> Attempt<()> {
        let is_set = words[1..].iter().any(|word| match word.known() {
            Some(word) => !word.starts_with('-'),
            None => true,
        });
        let text = match (is_set, name) {
            (true, _) => Value::default(),
            (false, "umask") if words.len() == 1 => Value::text("0022\n"),
            (false, name) => Value::unknown(format!("$({name})")),
        };
        self.world.write(&streams.output, &text);
        self.finish(Status::SUCCESS)
    }
}

impl Shell {
    /// The setting of a long option of `set`, if this shell has it and it is followed here.
    pub(in crate::boot::interpreter) fn long_option(&self, name: &str) -> Option<bool> {
        let options = &self.options;
        let facts = self.facts;
        Some(match name {
            "errexit" => options.errexit,
            "nounset" => options.nounset,
            "allexport" => options.allexport,
            "noglob" => options.noglob,
            "monitor" => options.monitor,
            "pipefail" if facts.has(Feature::Pipefail) => options.pipefail,
            "errtrace" if facts.family == ShellFamily::Bash => options.errtrace,
            "posix" if facts.family == ShellFamily::Bash => !facts.is_plain_bash(),
            _ => return None,
        })
    }

    /// `$-`: the letters of the options that are followed.
    pub(in crate::boot::interpreter) fn option_letters(&self) -> String {
        let options = &self.options;
        let letters = [
            ('a', options.allexport),
            ('e', options.errexit),
            ('f', options.noglob),
            ('i', options.interactive),
            ('m', options.monitor),
            ('u', options.nounset),
        ];
        let on = letters.into_iter().filter(|(_, is_on)| *is_on);
        on.map(|(letter, _)| letter).collect()
    }
}

impl Options {
    /// An option of `shopt`, if it is followed; one that no start-up needs is off.
    fn extra(&self, name: &str) -> Option<bool> {
        Some(match name {
            "inherit_errexit" => self.inherit_errexit,
            "lastpipe" => self.lastpipe,
            "execfail" => self.execfail,
            "nocasematch" => self.nocasematch,
            "nullglob" => self.nullglob,
            "extglob" => self.extglob,
            "expand_aliases" => self.expand_aliases,
            "login_shell" | "restricted_shell" => false,
            _ => return None,
        })
    }

    fn set_extra(&mut self, name: &str, on: bool) {
        match name {
            "inherit_errexit" => self.inherit_errexit = on,
            "lastpipe" => self.lastpipe = on,
            "execfail" => self.execfail = on,
            "nocasematch" => self.nocasematch = on,
            "nullglob" => self.nullglob = on,
            "extglob" => self.extglob = on,
            "expand_aliases" => self.expand_aliases = on,
            _ => {}
        }
    }
}
