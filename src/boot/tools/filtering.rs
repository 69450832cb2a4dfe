//! Filters as processes: where the text that they read comes from, and where what they print goes.
//!
//! What they make of it is in `filters`.

use std::rc::Rc;

use super::envsubst;
use super::files::content;
use super::filters::{self, Filtered};
use super::{certain_words, words_of};
use crate::boot::interpreter::absolute;
use crate::boot::machine::Machine;
use crate::boot::value::{Piece, Value};
use crate::boot::world::{Input, Output, Pid, World};
use crate::image::Found;

/// A filter that has read all its input writes something, unless it is known to copy.
pub(in crate::boot) fn filter_output(machine: &Machine, world: &mut World, pid: Pid) {
    let process = world.process_mut(pid);
    let output = process.output.clone();
    let name = process.program.to_string();
    if matches!(output, Output::Elsewhere) && name != "tee" {
        return;
    }
    let input = process.input.clone();
    let directory = Rc::clone(&process.directory);
    let words = words_of(world, pid);
    let value = match (&*name, input) {
        ("cat" | "tee", Input::Text(text)) => text,
        ("cat" | "tee", Input::Pipe(stream)) => world.streams[stream].clone(),
        ("cat" | "tee", Input::Null) => Value::default(),
        ("envsubst", _) => match with_variables(machine, world, pid) {
            Some(value) => value,
            None => world.unknown_output(&name),
        },
        _ => match filtered(machine, world, pid, &name) {
            Some((done, goes_on)) => listed(done.text, goes_on),
            // It may name a file that does not look like one.
            None => match of_file(machine, world, pid, &name) {
                Some(done) => Value::text(done.text),
                None => world.unknown_output(&name),
            },
        },
    };
    if name == "tee" && !words.iter().flatten().any(|word| word == "-a") {
        let names = words.iter().skip(1).flatten();
        for name in names.filter(|word| !word.starts_with('-') && !word.starts_with("/dev/")) {
            let path = absolute(&directory, name);
            Rc::make_mut(&mut world.files).put(path, value.clone());
        }
    }
    world.write(&output, &value);
}

/// What `envsubst` makes of its input, where that is known.
fn with_variables(machine: &Machine, world: &World, pid: Pid) -> Option<Value> {
    let process = world.process(pid)?;
    let text = match &process.input {
        Input::Text(text) => text.known()?,
        Input::Pipe(stream) => world.streams[*stream].known()?,
        Input::Null => String::new(),
        Input::Unknown => return None,
    };
    let format = match process.argv.get(1) {
        Some(word) => Some(word.known()?),
        None => None,
    };
    let environment = &process.environment;
    let looked_at = &machine.looked_at;
    Some(envsubst::substituted(
        &text,
        format.as_deref(),
        environment,
        looked_at,
    ))
}

/// The end of a list of processes in which others may stand, too: what programs start of which nothing is known.
const OTHERS: &str = "$(other processes)";

/// A list of processes, or what is left of one; whether it goes on with others.
pub(super) fn listed(text: String, goes_on: bool) -> Value {
    let mut value = Value::text(text);
    if goes_on {
        value.append(&Value::unknown(OTHERS));
    }
    value
}

/// The known part of a text, and whether it is a list that goes on.
fn list_of(value: &Value) -> Option<(String, bool)> {
    match value.pieces() {
        [known @ .., Piece::Unknown(name)] if &**name == OTHERS => match known {
            [] => Some((String::new(), true)),
            [Piece::Text(text)] => Some((text.to_string(), true)),
            _ => None,
        },
        _ => Some((value.certain()?, false)),
    }
}

/// What a filter makes of its input, or of the file that it names, where both are known; whether it is a list of
/// processes that goes on. Who looks for a process there and finds it has what he looks for, who does not find it
/// knows nothing.
pub(super) fn filtered(
    machine: &Machine,
    world: &World,
    pid: Pid,
    name: &str,
) -> Option<(Filtered, bool)> {
    let process = world.process(pid)?;
    let mut words = certain_words(process)?;
    let mut text = match &process.input {
        Input::Text(text) => list_of(text),
        Input::Pipe(stream) => list_of(&world.streams[*stream]),
        Input::Null => Some((String::new(), false)),
        Input::Unknown => None,
    };
    if name.ends_with("grep")
        && let Some(file) = filters::file_of_grep(&words)
    {
        let content = content(machine, world, &absolute(&process.directory, file)).certain();
        text = content.map(|text| (text, false));
        words.pop();
    }
    let (text, goes_on) = text?;
    let done = filters::run(name, &words, &text)?;
    let inverts = |word: &String| word.starts_with('-') && word.contains('v');
    let looks_for = name.ends_with("grep") && !words.iter().any(inverts);
    match name {
        _ if !goes_on => Some((done, false)),
        _ if looks_for => (done.status == 0).then_some((done, false)),
        _ if filters::counts_lines(name, &words) => None,
        // These look at each line by itself.
        "grep" | "egrep" | "fgrep" | "tr" | "cut" | "sed" | "awk" | "gawk" | "mawk" => {
            Some((done, true))
        }
        _ => None,
    }
}

/// What a filter makes of the one file behind its other words, where that is at hand.
pub(super) fn of_file(machine: &Machine, world: &World, pid: Pid, name: &str) -> Option<Filtered> {
    let process = world.process(pid)?;
    let mut words = certain_words(process)?;
    let path = absolute(&process.directory, &words.pop()?);
    let is_script = name.ends_with("grep") || matches!(name, "sed" | "awk");
    let has_script = words.iter().any(|word| !word.starts_with('-'));
    if is_script && !has_script {
        return None;
    }
    let found = machine.look_up(world, &path);
    let is_there =
        world.written(&path, &machine.looked_at).is_some() || matches!(&found, Found::File(_));
    let text = content(machine, world, &path)
        .certain()
        .filter(|_| is_there)?;
    filters::run(name, &words, &text)
}
