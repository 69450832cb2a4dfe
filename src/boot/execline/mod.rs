//! execline: a chain of programs of which each does one thing and becomes the next.
//!
//! In: a script, or the words of a chain. Out: the process as the last program of the chain. What
//! branches, loops or handles signals is not modelled and said to be unknown.

mod text;

use std::rc::Rc;

use super::interpreter::absolute;
use super::launch::{Job, Plan};
use super::outcome::Missing;
use super::start::{Caller, Failure, Start, texts};
use super::value::{Field, Value};
use super::world::{Body, Child, Launcher, Pid, Status};
use crate::knowledge::{self, ChildGroup, Fork, Lifetime, OnSignal};

/// How the words of a chain begin that do one thing and go on: name, options, and how many operands.
struct Step {
    name: &'static str,
    /// A getopt string.
    options: &'static str,
    operands: usize,
}

/// Steps that change nothing which matters to signals, with their synopses in execline 2.9.
const PLAIN: [Step; 8] = [
    step("umask", "", 1),
    step("fdmove", "c", 2),
    step("fdclose", "", 1),
    step("fdreserve", "", 1),
    step("fdblock", "n", 1),
    step("redirfd", "rwuacxnb", 2),
    step("envfile", "iI", 1),
    step("fdswap", "", 2),
];

/// Words of execline that this does not follow.
const NOT_FOLLOWED: [&str; 18] = [
    "ifelse",
    "ifte",
    "ifthenelse",
    "trap",
    "wait",
    "loopwhilex",
    "forx",
    "forstdin",
    "forbacktickx",
    "piperw",
    "heredoc",
    "tryexec",
    "runblock",
    "elgetopt",
    "elglob",
    "elgetpositionals",
    "dollarat",
    "shift",
];

const fn step(name: &'static str, options: &'static str, operands: usize) -> Step {
    Step {
        name,
        options,
        operands,
    }
}

impl Start<'_, '_> {
    /// The chain that execlineb makes of its script: that of `-c`, or of the file that it is given.
    pub(super) fn execlineb(&mut self, argv: &[Field]) -> Plan {
        let unknown = |text: String| {
            Plan::Unknown(Missing {
                kind: "script",
                text,
                span: None,
            })
        };
        let mut at = 1;
        let mut given: Option<Field> = None;
        let mut reads_arguments = false;
        while let Some(word) = argv.get(at).and_then(Field::known) {
            let Some(cluster) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                break;
            };
            at += 1;
            let option = cluster.find(['c', 's', 'S']);
            let Some((option, letter)) =
                option.and_then(|i| Some((i, cluster[i..].chars().next()?)))
            else {
                continue;
            };
            reads_arguments |= letter != 'c';
            if cluster.len() == option + 1 {
                if letter == 'c' {
                    given = argv.get(at).cloned();
                }
                at += 1;
            }
        }
        let text = match given {
            Some(field) => field.known(),
            None => {
                let Some(path) = argv.get(at).and_then(Field::known) else {
                    return unknown("which script execlineb runs is not known".to_owned());
                };
                at += 1;
                let path = absolute(&self.process().directory, &path);
                match self.text_of(&path) {
                    Ok(Some(text)) => {
                        self.machine.remember(&text);
                        Some(text.text().to_owned())
                    }
                    Ok(None) => return Plan::Fails(111, format!("`{path}` is not there")),
                    Err(missing) => return Plan::Unknown(missing),
                }
            }
        };
        let Some(words) = text.as_deref().and_then(text::words) else {
            return unknown("the script of execlineb cannot be read".to_owned());
        };
        let arguments = argv.get(at..).unwrap_or_default();
        let words = words
            .iter()
            .flat_map(|word| match (reads_arguments, word.as_str()) {
                (true, "$@") => arguments.to_vec(),
                (true, word) => vec![with_arguments(word, arguments)],
                (false, word) => vec![Field::text(word)],
            });
        let mut job = Job::new(words.collect());
        job.caller = Caller::Execline;
        match job.words.is_empty() {
            true => Plan::Nothing,
            false => vec![job].into(),
        }
    }

    /// Goes along a chain, and becomes what stands at its end.
    pub(super) fn chain(&mut self, mut words: Vec<Field>) -> Result<(), Failure> {
        loop {
            let Some(name) = words.first().and_then(Field::known) else {
                return self.not_followed(words);
            };
            let base = name.rsplit('/').next().unwrap_or(&name).to_owned();
            let plain = PLAIN.iter().find(|step| step.name == base);
            let rest = match base.as_str() {
                _ if plain.is_some() => plain.and_then(|step| {
                    let (_, at) = options(&words, step.options);
                    words.get(at + step.operands..).map(<[Field]>::to_vec)
                }),
                "cd" => self.change_directory(&words),
                "export" | "unexport" => self.export(&words, base == "export"),
                "emptyenv" | "exec" => self.empty(&words, &base),
                "importas" | "define" => self.substitute(&words),
                "multisubstitute" => block(&words, 1).and_then(|(mut inner, rest)| {
                    let first = inner.len();
                    inner.extend(rest);
                    let mut left = first;
                    while left > 0 {
                        let before = inner.len();
                        let rest = self.substitute(&inner)?;
                        left = left.checked_sub(before - rest.len())?;
                        inner = rest;
                    }
                    Some(inner)
                }),
                "backtick" => self.backtick(&words),
                "foreground" | "if" => match self.first_block(&words, &base) {
                    Some(Next::Rest(rest)) => Some(rest),
                    Some(Next::Settled) => return Ok(()),
                    None => None,
                },
                "background" | "pipeline" => self.beside(&words),
                "exit" => {
                    let status = words.get(1).and_then(Field::known);
                    let status = status.and_then(|text| text.parse().ok()).unwrap_or(0);
                    self.process().argv = words;
                    self.end(Status::Known(status));
                    return Ok(());
                }
                _ if NOT_FOLLOWED.contains(&base.as_str()) => None,
                _ => {
                    self.in_chain = true;
                    return self.run(words, Caller::Library);
                }
            };
            match rest {
                Some(rest) if rest.is_empty() => {
                    self.process().argv = words;
                    self.end(Status::SUCCESS);
                    return Ok(());
                }
                // Every step takes words away, so that this comes to an end.
                Some(rest) if rest.len() < words.len() => words = rest,
                _ => return self.not_followed(words),
            }
        }
    }

    fn not_followed(&mut self, words: Vec<Field>) -> Result<(), Failure> {
        let span = self.process().span.clone();
        let name = words
            .first()
            .map_or(String::new(), |word| word.value.display());
        let text = format!("what `{name}` of execline does is not modelled");
        let kind = "program";
        self.application(words, None, Some(Missing { kind, text, span }));
        Ok(())
    }

    fn change_directory(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let directory = words.get(1)?.known()?;
        let process = self.process();
        process.directory = absolute(&process.directory, &directory).into();
        Some(words.get(2..)?.to_vec())
    }

    fn export(&mut self, words: &[Field], sets: bool) -> Option<Vec<Field>> {
        let name = words.get(1)?.known()?;
        let environment = Rc::make_mut(&mut self.process().environment);
        match sets {
            true => {
                environment.insert(name.into(), words.get(2)?.value.clone());
                Some(words.get(3..)?.to_vec())
            }
            false => {
                environment.remove(name.as_str());
                Some(words.get(2..)?.to_vec())
            }
        }
    }

    /// `exec -c` and `emptyenv` clear the environment; `emptyenv -p` and `-c` only tidy up.
    fn empty(&mut self, words: &[Field], name: &str) -> Option<Vec<Field>> {
        let (given, at) = options(words, if name == "exec" { "cla:" } else { "pPco" });
        let clears = match name {
            "exec" => given.contains('c'),
            _ => !given.contains(['p', 'c']),
        };
        if clears {
            // The next program is looked up before its environment is taken away.
            let environment = Rc::make_mut(&mut self.process().environment);
            environment.retain(|name, _| &**name == "PATH");
        }
        Some(words.get(at..)?.to_vec())
    }

    /// `importas VAR ENV` and `define VAR VALUE`: the rest with `$VAR` and `${VAR}` replaced.
    fn substitute(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let name = words.first()?.known()?;
        let name = name.trim_start();
        let (given, at) = options(words, "snCciuSD:d:");
        let variable = words.get(at)?.known()?;
        let (value, rest) = match name {
            "define" => (Some(words.get(at + 1)?.value.clone()), words.get(at + 2..)?),
            _ => {
                let (source, rest) = match given.contains('S') {
                    true => (variable.clone(), words.get(at + 1..)?),
                    false => (words.get(at + 1)?.known()?, words.get(at + 2..)?),
                };
                let default = option_value(words, 'D').map(|field| field.value.clone());
                let found = self.process().environment.get(source.as_str()).cloned();
                (found.or(default), rest)
            }
        };
        // Without a value the word disappears, and `importas -i` ends; neither is followed.
        let value = value.unwrap_or_else(|| Value::unknown(format!("${variable}")));
        let replaced = rest
            .iter()
            .map(|word| replace(word, variable.trim_start(), &value));
        Some(replaced.collect())
    }

    fn backtick(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let (_, at) = options(words, "niEeNsxID:");
        let variable = words.get(at)?.known()?;
        let (_, rest) = block(words, at + 1)?;
        let value = Value::unknown(format!("${variable}"));
        let environment = Rc::make_mut(&mut self.process().environment);
        environment.insert(variable.as_str().into(), value.clone());
        // `-E` and `-e` substitute it at once.
        Some(
            rest.iter()
                .map(|word| replace(word, &variable, &value))
                .collect(),
        )
    }

    /// A block that runs beside the rest: `background`, and the other end of `pipeline`.
    fn beside(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let (_, at) = options(words, "drw");
        let (inner, rest) = block(words, at)?;
        let child = self.fork_chain(inner);
        if let Some(process) = self.world.processes.get_mut(&child) {
            process.in_background = true;
        }
        Some(rest)
    }

    /// A block that runs first. A program that is known to run for long keeps the rest from starting.
    fn first_block(&mut self, words: &[Field], name: &str) -> Option<Next> {
        let (_, at) = options(words, "Xntx:");
        let (inner, rest) = block(words, at)?;
        let child = self.fork_chain(inner);
        let body = self
            .world
            .process(child)
            .map(|process| process.body.clone());
        let is_long = match &body {
            Some(Body::Application(application)) => application.known.as_ref().map_or_else(
                || is_short(&rest),
                |program| program.lifetime == Lifetime::Long,
            ),
            Some(Body::Idle(None) | Body::Launcher(_)) => true,
            _ => false,
        };
        if is_long {
            let process = self.process();
            process.argv = words.to_vec();
            process.program = name.into();
            process.body = Body::Launcher(Box::new(parent_of(child)));
            return Some(Next::Settled);
        }
        self.world.processes.remove(&child);
        match (name, body) {
            ("if", Some(Body::Ended(Status::Known(status)))) if status != 0 => {
                self.process().argv = words.to_vec();
                self.end(Status::Known(1));
                Some(Next::Settled)
            }
            _ => Some(Next::Rest(rest)),
        }
    }

    fn fork_chain(&mut self, words: Vec<Field>) -> Pid {
        let child = self.world.fork(self.pid, ChildGroup::Same);
        let mut inner = Start {
            machine: self.machine,
            world: self.world,
            pid: child,
            depth: self.depth,
            problem: None,
            in_chain: true,
        };
        if let Err(failure) = inner.run(words, Caller::Execline) {
            inner.end(Status::Known(failure.status));
        }
        child
    }

    fn end(&mut self, status: Status) {
        super::machine::end_process(self.machine, self.world, self.pid, status, None);
    }
}

/// Whether words start a command that soon ends: then the program before it is what the chain is for.
fn is_short(words: &[Field]) -> bool {
    let program = knowledge::program(&texts(words).each());
    program.is_some_and(|program| program.lifetime == Lifetime::Short)
}

/// What is left to do after a block.
enum Next {
    /// These words.
    Rest(Vec<Field>),
    /// Nothing: the process stays where it is, or has ended.
    Settled,
}

/// A parent that waits for one child and does nothing about signals.
fn parent_of(child: Pid) -> Launcher {
    Launcher {
        fork: Rc::new(Fork {
            on_signal: Vec::new(),
            otherwise: OnSignal::Default,
            group: ChildGroup::Same,
            reaps: false,
        }),
        children: vec![Child {
            pid: child,
            stop: None,
            told: false,
        }],
        next: Vec::new(),
        alternatives: Vec::new(),
        supervises: false,
        others: None,
        one_by_one: None,
        stops_next: None,
        leaves_at: None,
        kills: Vec::new(),
        waits_for_tree: false,
        stays: false,
        relays: false,
    }
}

/// The letters of the options after the first word, and where the operands begin.
fn options(words: &[Field], known: &str) -> (String, usize) {
    let mut given = String::new();
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(Field::known) {
        let word = word.trim_start();
        let Some(cluster) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            break;
        };
        at += 1;
        if cluster == "-" {
            break;
        }
        for (offset, letter) in cluster.char_indices() {
            given.push(letter);
            let takes_value = known
                .find(letter)
                .is_some_and(|position| known[position + letter.len_utf8()..].starts_with(':'));
            if takes_value {
                at += usize::from(offset + letter.len_utf8() == cluster.len());
                break;
            }
        }
    }
    (given, at)
}

/// The separate value of an option.
fn option_value(words: &[Field], option: char) -> Option<&Field> {
    let name = format!("-{option}");
    let at = words
        .iter()
        .position(|word| word.known().is_some_and(|word| word.trim_start() == name))?;
    words.get(at + 1)
}

/// The words of the block at `start`, without their blank, and those after it.
fn block(words: &[Field], start: usize) -> Option<(Vec<Field>, Vec<Field>)> {
    let mut inner = Vec::new();
    for (at, word) in words.iter().enumerate().skip(start) {
        let text = word.known().unwrap_or_else(|| word.value.display());
        if text.is_empty() {
            return Some((inner, words[at + 1..].to_vec()));
        }
        let text = text.strip_prefix(' ')?;
        inner.push(match word.known() {
            Some(_) => Field::text(text),
            None => Field {
                value: Value::unknown(text),
                open: false,
            },
        });
    }
    None
}

/// A word with `$name` and `${name}` replaced.
fn replace(word: &Field, name: &str, value: &Value) -> Field {
    let Some(text) = word.known() else {
        return word.clone();
    };
    let (plain, braced) = (format!("${name}"), format!("${{{name}}}"));
    let mut out = Value::default();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_text(before);
        let is_end = |after: &str| {
            !after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
        };
        let after = from
            .strip_prefix(&braced)
            .or_else(|| from.strip_prefix(&plain).filter(|after| is_end(after)));
        match after {
            Some(after) => {
                out.append(value);
                rest = after;
            }
            None => {
                out.push_text("$");
                rest = &from[1..];
            }
        }
    }
    out.push_text(rest);
    Field {
        value: out,
        open: false,
    }
}

/// `$1`, `${2}` and `$#` with the arguments of the script.
fn with_arguments(word: &str, arguments: &[Field]) -> Field {
    let mut field = Field::text(word);
    if !word.contains('$') {
        return field;
    }
    field = replace(&field, "#", &Value::text(arguments.len().to_string()));
    for (index, argument) in arguments.iter().enumerate() {
        field = replace(&field, &(index + 1).to_string(), &argument.value);
    }
    field
}
