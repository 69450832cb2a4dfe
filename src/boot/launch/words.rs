//! `xargs`: the words that it reads become operands of its command.

use crate::boot::machine::{Machine, end_process};
use crate::boot::start::{Caller, Start, start};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Input, Pid, Status, World};

impl Start<'_, '_> {
    /// Whether something that the start-up writes stands on the input of `xargs`.
    pub(super) fn reads_words(&mut self) -> bool {
        matches!(self.process().input, Input::Text(_) | Input::Pipe(_))
    }
}

/// Lets `xargs` start its command with the words that it has read.
pub(in crate::boot) fn read_words(machine: &Machine, world: &mut World, pid: Pid) {
    let process = world.process_mut(pid);
    let input = std::mem::replace(&mut process.input, Input::Null);
    let mut argv = process.argv.clone();
    let text = match input {
        Input::Text(text) => text,
        Input::Pipe(stream) => world.streams[stream].clone(),
        Input::Null | Input::Unknown => Value::default(),
    };
    let has = |letter: char| {
        let mut options = argv
            .iter()
            .skip(1)
            .map_while(|word| word.known().filter(|word| word.starts_with('-')));
        options.any(|option| !option.starts_with("--") && option.contains(letter))
    };
    let (replaces, only_with_words) = (has('I') || has('i'), has('r'));
    let is_alone = argv
        .iter()
        .skip(1)
        .all(|word| word.known().as_deref() == Some("-r"));
    if is_alone {
        // Without a command it prints the words in one line.
        let printed = match text
            .known()
            .filter(|text| !text.contains(['"', '\'', '\\']))
        {
            Some(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                Value::text(format!("{}\n", words.join(" ")))
            }
            None => Value::unknown("$(xargs)"),
        };
        let output = world.process_mut(pid).output.clone();
        world.write(&output, &printed);
        end_process(machine, world, pid, Status::SUCCESS, None);
        return;
    }
    let read: Vec<Field> = match text.known() {
        Some(text) => text.split_whitespace().map(Field::text).collect(),
        None => vec![Field {
            value: text,
            open: true,
        }],
    };
    if read.is_empty() && (only_with_words || replaces) {
        end_process(machine, world, pid, Status::SUCCESS, None);
        return;
    }
    // `-I` puts each line where the mark stands. Which program runs does not change by that; whom it signals does.
    match marked(&argv) {
        Some(at) => drop(argv.splice(at..=at, read)),
        None if replaces => {}
        None => argv.extend(read),
    }
    if start(machine, world, pid, argv, Caller::Library).is_err() {
        end_process(machine, world, pid, Status::Known(127), None);
    }
}

/// Where the mark of `-I` stands alone among the words of a `kill`, so that it may stand for all lines at once.
fn marked(argv: &[Field]) -> Option<usize> {
    let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
    let is_option =
        |word: &Option<String>| word.as_deref().is_some_and(|word| word.starts_with("-I"));
    let option = words.iter().position(is_option)?;
    let (mark, behind) = match words[option].as_deref()?.strip_prefix("-I")? {
        "" => (words.get(option + 1)?.as_deref()?, option + 2),
        mark => (mark, option + 1),
    };
    let rest = words.get(behind..)?;
    let is_kill = rest
        .first()?
        .as_deref()
        .is_some_and(|word| word.ends_with("kill"));
    let at = rest.iter().position(|word| word.as_deref() == Some(mark))?;
    is_kill.then_some(behind + at)
}
