//! execline: a chain of programs of which each does one thing and becomes the next.
//!
//! In: a script, or the words of a chain. Out: the process as the last program of the chain. What
//! branches, loops or handles signals is not modelled and said to be unknown.

mod blocks;
mod text;
mod variables;
mod words;

use super::interpreter::absolute;
use super::launch::{Job, Plan};
use super::outcome::Missing;
use super::start::{Caller, Failure, Start};
use super::value::Field;
use super::world::Status;
use blocks::Next;
use words::{block, options, with_arguments};

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

    fn end(&mut self, status: Status) {
        super::machine::end_process(self.machine, self.world, self.pid, status, None);
    }
}
