//! Which processes `pidof`, `pgrep`, `pkill`, `killall` and `ps` are asked for.

use std::rc::Rc;

use crate::boot::expression::compile;
use crate::boot::interpreter::display_words;
use crate::boot::value::Field;
use crate::boot::world::{Pid, Process};
use crate::knowledge::Signal;

/// What a process must be for one of these tools to mean it.
#[derive(Default)]
pub(super) struct Wanted {
    /// Names, without directories; any of them will do.
    pub names: Vec<String>,
    /// A pattern that the name, or with `-f` the command line, has to match.
    pattern: Option<Rc<regex::Regex>>,
    /// Whether the pattern is about the command line.
    whole_line: bool,
    /// Parents; any of them will do.
    pub parents: Vec<Pid>,
    /// Process groups.
    groups: Vec<Pid>,
    /// Pids, where only some are asked for.
    pub pids: Option<Vec<Pid>>,
}

impl Wanted {
    /// What the words of one of these tools but `ps` ask for.
    pub(super) fn new(name: &str, words: &[Option<String>]) -> Wanted {
        let mut wanted = Wanted::default();
        let by_pattern = matches!(name, "pgrep" | "pkill");
        let mut exact = false;
        let mut patterns = Vec::new();
        let mut words = words.iter().skip(1).flatten();
        while let Some(word) = words.next() {
            let numbers = |given: Option<&str>| -> Vec<Pid> {
                let list = given.unwrap_or_default().split(',');
                list.filter_map(|number| number.parse().ok()).collect()
            };
            match word.as_str() {
                "-P" | "--parent" if by_pattern => {
                    wanted.parents = numbers(words.next().map(String::as_str));
                }
                "-g" | "--pgroup" if by_pattern => {
                    wanted.groups = numbers(words.next().map(String::as_str));
                }
                "-s" | "--signal" | "-u" | "-U" | "-G" | "-t" | "-o" if name != "pidof" => {
                    // `pkill -o` takes no value, the others do.
                    if word != "-o" {
                        words.next();
                    }
                }
                "-o" => {
                    words.next();
                }
                option if option.starts_with("-P") && by_pattern => {
                    wanted.parents = numbers(option.get(2..));
                }
                option if option.starts_with('-') => {
                    let is_signal = Signal::parse(&option[1..]).is_some();
                    exact |= !is_signal && option.contains('x');
                    wanted.whole_line |= !is_signal && option.contains('f');
                }
                operand if by_pattern => patterns.push(operand.to_owned()),
                operand => {
                    let base = operand.rsplit('/').next().unwrap_or(operand);
                    wanted.names.push(base.to_owned());
                }
            }
        }
        if let Some(pattern) = patterns.first() {
            let pattern = match exact {
                true => format!("^(?:{pattern})$"),
                false => pattern.clone(),
            };
            // What this crate does not take as an expression is a name.
            match compile(&pattern, false) {
                Some(compiled) => wanted.pattern = Some(compiled),
                None => wanted.names.push(pattern),
            }
        }
        wanted
    }

    /// Whether something was asked for, and the process is that.
    pub(super) fn is(&self, process: &Process) -> bool {
        let asks = !self.names.is_empty()
            || self.pattern.is_some()
            || !self.parents.is_empty()
            || !self.groups.is_empty();
        asks && self.matches(process)
    }

    /// Whether the process is all that was asked for, if anything was.
    pub(super) fn matches(&self, process: &Process) -> bool {
        let first = process
            .argv
            .first()
            .and_then(Field::known)
            .unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        let matches = self
            .pattern
            .as_ref()
            .is_none_or(|pattern| match self.whole_line {
                true => pattern.is_match(&display_words(&process.argv)),
                false => pattern.is_match(name),
            });
        let is_named = |pids: &Vec<Pid>| pids.contains(&process.pid);
        matches
            && self.pids.as_ref().is_none_or(is_named)
            && (self.names.is_empty() || self.names.iter().any(|wanted| wanted == name))
            && (self.parents.is_empty() || self.parents.contains(&process.parent))
            && (self.groups.is_empty() || self.groups.contains(&process.group))
    }
}
