//! Builtins that tell of the shell itself: `type`, `hash`, `alias`, `umask`, `set +o`, `shopt`, `declare -p`,
//! `export -p`, `trap` without operands.
//!
//! In: their words. Out: what they print, for scripts that read it or evaluate it again, and their status. What a
//! person would read is left unknown.

use std::rc::Rc;

use super::output::quoted;
use crate::boot::interpreter::redirect::Streams;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::interpreter::{Alias, Options, Shell, Stored, Trap, Variable};
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Body, Pid, Question, Status, World};
use crate::image::Found;
use crate::knowledge::{ShellFamily, TrapName};
use crate::source::Span;

/// Words that bash's `type -t` calls keywords.
const KEYWORDS: [&str; 22] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do",
    "done", "in", "function", "time", "{", "}", "!", "[[", "]]", "coproc",
];

impl Turn<'_, '_> {
    /// `type`, with the options of bash and busybox (measured: 1.35; dash takes none).
    pub(super) fn type_builtin(
        &mut self,
        words: &[Field],
        streams: &Streams,
        span: &Span,
    ) -> Attempt<()> {
        let is_dash = self.shell.facts.family == ShellFamily::Dash;
        let mut letters = String::new();
        let mut names = &words[1..];
        while let Some(option) = names
            .first()
            .and_then(Field::known)
            .filter(|word| word.len() > 1 && word.starts_with('-') && !is_dash)
        {
            letters.push_str(&option[1..]);
            names = &names[1..];
        }
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
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
                    outcome = status;
                }
            }
        }
        self.world.write(&streams.output, &text);
        self.finish(outcome)
    }

    /// Whether a name is something of the shell itself.
    pub(super) fn is_own_word(&self, name: &str) -> bool {
        self.is_builtin(name) || self.shell.functions.contains_key(name)
    }

    /// A line of `type` about a name that exists.
    fn described(&mut self, name: &str, letters: &str) -> Value {
        let shell = &self.shell;
        let is_function = shell.functions.contains_key(name);
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
            if known.as_deref().is_some_and(|word| word.starts_with('-')) {
                continue;
            }
            match self.exists(known.as_deref(), span) {
                Status::Known(0) => {}
                Status::Known(_) => outcome = Status::Known(1),
                unknown => outcome = unknown,
            }
        }
        self.finish(outcome)
    }

    /// `alias`: defines, or asks.
    pub(super) fn alias_builtin(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let mut outcome = Status::SUCCESS;
        let mut text = Value::default();
        if words.len() == 1 && !self.shell.aliases.is_empty() {
            text = Value::unknown("$(alias)");
        }
        for word in words[1..].iter().filter_map(Field::known) {
            if let Some((name, text)) = word.split_once('=') {
                let alias = Alias {
                    text: text.to_owned(),
                    active: false,
                };
                Rc::make_mut(&mut self.shell.aliases).insert(name.into(), alias);
            } else if let Some(alias) = self.shell.aliases.get(word.as_str()) {
                let prefix = match self.shell.facts.is_plain_bash() {
                    true => "alias ",
                    false => "",
                };
                let value = in_quotes(&Value::text(&alias.text), "'\\''");
                text.push_text(&format!("{prefix}{word}="));
                text.append(&value);
                text.push_text("\n");
            } else if !word.starts_with('-') {
                outcome = Status::Known(1);
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
            if let Some(on) = self.long_option_of(name) {
                let sign = if on { '-' } else { '+' };
                text.push_str(&format!("set {sign}o {name}\n"));
            }
        }
        Value::text(text)
    }

    /// The setting of a long option of `set`, if this shell has it and it is followed here.
    fn long_option_of(&self, name: &str) -> Option<bool> {
        let options = &self.shell.options;
        let facts = self.shell.facts;
        Some(match name {
            "errexit" => options.errexit,
            "nounset" => options.nounset,
            "allexport" => options.allexport,
            "noglob" => options.noglob,
            "monitor" => options.monitor,
            "pipefail" if facts.has(crate::knowledge::Feature::Pipefail) => options.pipefail,
            "errtrace" if facts.family == ShellFamily::Bash => options.errtrace,
            "posix" if facts.family == ShellFamily::Bash => !facts.is_plain_bash(),
            _ => return None,
        })
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
                        true => self.long_option_of(name),
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
                        Some(on) if letters.contains('p') && !of_set => {
                            let letter = if on { 's' } else { 'u' };
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

    /// `declare -p`, `-f` and `-F`, `export -p`, and what these print without operands. `None`: it declares.
    pub(super) fn declarations(&mut self, name: &str, words: &[Field]) -> Option<(Value, Status)> {
        let known: Vec<Option<String>> = words[1..].iter().map(Field::known).collect();
        let is_option = |word: &Option<String>| {
            word.as_deref()
                .is_some_and(|word| word.len() > 1 && word.starts_with('-'))
        };
        let letters: String = known
            .iter()
            .filter(|word| is_option(word))
            .flatten()
            .cloned()
            .collect();
        let names: Vec<Option<String>> =
            known.into_iter().filter(|word| !is_option(word)).collect();
        let is_declare = matches!(name, "declare" | "typeset");
        let of_functions = is_declare && letters.contains(['f', 'F']);
        let prints = is_declare && letters.contains('p') || names.is_empty();
        if !prints && !of_functions {
            return None;
        }
        if names.is_empty() {
            return Some((self.all_declarations(name, &letters), Status::SUCCESS));
        }
        let mut text = Value::default();
        let mut status = Status::SUCCESS;
        for name in names {
            let line = match &name {
                Some(name) if of_functions => self.function_text(name, letters.contains('F')),
                Some(name) => {
                    self.machine.looked_at.variable(name);
                    self.shell.declaration(name)
                }
                None => Some(Value::unknown("$(declare -p)")),
            };
            match line {
                Some(line) => text.append(&line),
                None => status = Status::Known(1),
            }
        }
        Some((text, status))
    }

    /// What `declare -f` and `-F` print of a function.
    fn function_text(&self, name: &str, only_name: bool) -> Option<Value> {
        let body = self.shell.functions.get(name)?;
        Some(Value::text(match only_name {
            true => format!("{name}\n"),
            false => format!("{name} ()\n{}\n", body.text()),
        }))
    }

    /// What a declaring builtin prints without names.
    fn all_declarations(&self, name: &str, letters: &str) -> Value {
        let declares = matches!(name, "declare" | "typeset");
        if declares && letters.contains('f') {
            let names = self.shell.functions.keys();
            let mut text = Value::default();
            names
                .filter_map(|name| self.function_text(name, false))
                .for_each(|line| text.append(&line));
            return text;
        }
        if name != "export" && !(declares && letters.contains('x')) {
            return Value::unknown(format!("$({name})"));
        }
        let mut text = Value::default();
        for (name, variable) in self.shell.variables.iter() {
            self.machine.looked_at.variable(name);
            let Some(Stored::Text(value)) = variable.value.as_ref().filter(|_| variable.exported)
            else {
                continue;
            };
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            let head = if self.shell.facts.is_plain_bash() {
                "declare -x"
            } else {
                "export"
            };
            text.push_text(&format!("{head} {name}="));
            text.append(&if is_bash {
                in_double_quotes(value)
            } else {
                in_quotes(value, "'\"'\"'")
            });
            text.push_text("\n");
        }
        text
    }

    /// What `trap` without operands, or `trap -p [NAME…]`, prints.
    pub(in crate::boot::interpreter) fn listed_traps(&self, names: &[Field]) -> Value {
        let facts = self.shell.facts;
        let names: Vec<String> = names.iter().filter_map(Field::known).collect();
        let wanted: Vec<TrapName> = names
            .iter()
            .filter_map(|name| facts.trap_signal(name))
            .collect();
        let is_bash = facts.family == ShellFamily::Bash;
        let mut text = Value::default();
        for (name, trap) in known_traps(self.world, self.pid, &self.shell) {
            if !names.is_empty() && !wanted.contains(&name) {
                continue;
            }
            text.push_text("trap -- ");
            text.append(&in_quotes(
                &trap.action,
                if is_bash { "'\\''" } else { "'\"'\"'" },
            ));
            let name = match name {
                TrapName::Exit => "EXIT".to_owned(),
                TrapName::Error => "ERR".to_owned(),
                TrapName::Other => "DEBUG".to_owned(),
                TrapName::Signal(signal) if facts.is_plain_bash() => signal.to_string(),
                TrapName::Signal(signal) => signal.short_name(),
            };
            text.push_text(&format!(" {name}\n"));
        }
        text
    }
}

/// The traps that a shell lists: in a subshell of bash, and in a command substitution of busybox, those of the shell
/// around it as long as it has set none (measured: bash 5.2, busybox 1.35; dash forgets them).
fn known_traps(world: &World, pid: Pid, shell: &Shell) -> Vec<(TrapName, Trap)> {
    let own = |shell: &Shell| -> Vec<(TrapName, Trap)> {
        let traps = shell.traps.iter();
        traps.map(|(name, trap)| (*name, trap.clone())).collect()
    };
    let mut found = own(shell);
    let mut at = world.process(pid);
    let mut is_copy = shell.is_subshell;
    let mut family = shell.facts.family;
    for _ in 0..64 {
        let has_action = found
            .iter()
            .any(|(_, trap)| !trap.action.is_certainly_empty());
        let Some(process) = at.filter(|_| is_copy && !has_action) else {
            break;
        };
        let keeps = match family {
            ShellFamily::Bash => true,
            ShellFamily::Ash => process.captured,
            ShellFamily::Dash => false,
        };
        at = world.process(process.parent);
        let Some(Body::Shell(around)) = at.filter(|_| keeps).map(|process| &process.body) else {
            break;
        };
        (found, is_copy, family) = (own(around), around.is_subshell, around.facts.family);
    }
    found
}

impl Options {
    /// An option of `shopt`, if it is followed; one that no start-up needs is off.
    fn extra(&self, name: &str) -> Option<bool> {
        Some(match name {
            "lastpipe" => self.lastpipe,
            "execfail" => self.execfail,
            "nocasematch" => self.nocasematch,
            "nullglob" => self.nullglob,
            "expand_aliases" => self.expand_aliases,
            "login_shell" | "restricted_shell" => false,
            _ => return None,
        })
    }

    fn set_extra(&mut self, name: &str, on: bool) {
        match name {
            "lastpipe" => self.lastpipe = on,
            "execfail" => self.execfail = on,
            "nocasematch" => self.nocasematch = on,
            "nullglob" => self.nullglob = on,
            "expand_aliases" => self.expand_aliases = on,
            _ => {}
        }
    }
}

impl Shell {
    /// A line of bash's `declare -p`; `None` where there is no such variable.
    fn declaration(&self, name: &str) -> Option<Value> {
        if self.is_associative(name) {
            let mut text = Value::text(format!("declare -A {name}=("));
            text.append(&Value::unknown(format!("${{{name}[…]}}")));
            text.push_text(")\n");
            return Some(text);
        }
        let Variable {
            value,
            exported,
            read_only,
        } = self.variables.get(name)?;
        let mut letters = String::new();
        letters.push_str(if matches!(value, Some(Stored::Array(_))) {
            "a"
        } else {
            ""
        });
        letters.push_str(if *read_only { "r" } else { "" });
        letters.push_str(if *exported { "x" } else { "" });
        let letters = if letters.is_empty() { "-" } else { &letters };
        let mut text = Value::text(format!("declare -{letters} {name}"));
        match value.as_ref()? {
            Stored::Text(value) => {
                text.push_text("=");
                text.append(&in_double_quotes(value));
            }
            Stored::Array(fields) => {
                text.push_text("=(");
                for (at, field) in fields.iter().enumerate() {
                    text.push_text(&format!("{}[{at}]=", if at > 0 { " " } else { "" }));
                    text.append(&in_double_quotes(&field.value));
                }
                text.push_text(")");
            }
        }
        text.push_text("\n");
        Some(text)
    }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// A value in single quotes; `quote` is what stands for one within.
fn in_quotes(value: &Value, quote: &str) -> Value {
    around(value, "'", |text| text.replace('\'', quote))
}

/// A value in double quotes, as bash's `declare -p` prints it.
fn in_double_quotes(value: &Value) -> Value {
    if let Some(text) = value
        .certain()
        .filter(|text| text.chars().any(char::is_control))
    {
        return Value::text(quoted(&text));
    }
    around(value, "\"", |text| {
        let mut out = String::new();
        for letter in text.chars() {
            if matches!(letter, '"' | '\\' | '$' | '`') {
                out.push('\\');
            }
            out.push(letter);
        }
        out
    })
}

fn around(value: &Value, mark: &str, escape: impl Fn(&str) -> String) -> Value {
    let mut out = Value::text(mark);
    for piece in value.pieces() {
        match piece {
            Piece::Text(text) => out.push_text(&escape(text)),
            other => out.push(other.clone()),
        }
    }
    out.push_text(mark);
    out
}
