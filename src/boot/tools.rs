//! Small programs whose output or effect decides what a start-up does next.

use std::rc::Rc;

use super::filters;
use super::interpreter::{absolute, display_words};
use super::machine::{Machine, signal_process};
use super::processes;
use super::remade::Remade;
use super::value::{Field, Piece, Value};
use super::world::{Input, Output, Pid, Process, Question, Status, World};
use crate::image::{Content, Found};
use crate::source::Span;

/// Commands that are expected to succeed, so that nobody wants to hear of the way on which they fail.
const EXPECTED: [&str; 34] = [
    "mkdir", "chmod", "chown", "chgrp", "cp", "mv", "ln", "rm", "touch", "mkfifo", "date", "cat",
    "sed", "awk", "basename", "dirname", "tr", "cut", "sort", "uniq", "head", "printenv", "uname",
    "hostname", "install", "seq", "env", "tee", "sync", "mktemp", "readlink", "realpath", "true",
    "nproc",
];

/// The status of a short command.
pub(super) fn status(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    name: &str,
    span: Option<Span>,
) -> Status {
    match name {
        "false" => return Status::Known(1),
        "expr" => {
            let words = world.process(pid).map(certain_words);
            if let Some(done) = words
                .flatten()
                .and_then(|words| filters::expression(&words))
            {
                return Status::Known(done.status);
            }
        }
        "grep" | "egrep" | "fgrep" => {
            if let Some((done, _)) = filtered(machine, world, pid, name) {
                return Status::Known(done.status);
            }
        }
        _ if processes::is_finder(name) => {
            let words = words_of(world, pid);
            let found = processes::found(machine, world, pid, name, &words);
            if !found.is_empty() || !processes::may_have_others(world) {
                return Status::Known(i32::from(found.is_empty()));
            }
        }
        "ps" => {
            let words = words_of(world, pid);
            if let Some(option) = processes::refused(machine, world, pid, name) {
                let yes = format!("`{name}` is not busybox's, which does not know `{option}`");
                let no = format!("`{name}` is busybox's, which does not know `{option}`");
                return Status::Unknown(Question::new(yes, no, span).into());
            }
            if let Some(is_listed) = processes::is_listed(world, &words) {
                return Status::Known(i32::from(!is_listed));
            }
            if let Some(text) = processes::listing(machine, world, pid, &words) {
                // Of what is not followed it may list something.
                if !text.is_empty() || !processes::may_have_others(world) {
                    return Status::Known(i32::from(text.is_empty()));
                }
            }
        }
        "test" | "[" => {}
        _ if EXPECTED.contains(&name) => return Status::SUCCESS,
        _ => {}
    }
    let command = display_words(&world.process_mut(pid).argv);
    Status::Unknown(
        Question {
            expected: !matches!(
                name,
                "grep"
                    | "egrep"
                    | "fgrep"
                    | "nc"
                    | "ncat"
                    | "curl"
                    | "wget"
                    | "id"
                    | "getent"
                    | "pg_isready"
                    | "which"
                    | "diff"
                    | "cmp"
                    | "find"
                    | "stat"
                    | "mountpoint"
                    | "ls"
            ),
            ..Question::succeeds(&command, span)
        }
        .into(),
    )
}

/// Lets a short command print, and signal.
pub(super) fn run(machine: &Machine, world: &mut World, pid: Pid) {
    let process = world.process_mut(pid);
    let words = process.argv.iter().map(Field::known).collect::<Vec<_>>();
    let name = words.first().cloned().flatten().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or(&name).to_owned();
    let operands: Vec<String> = words
        .iter()
        .skip(1)
        .filter_map(Clone::clone)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let output = process.output.clone();
    let directory = Rc::clone(&process.directory);
    let command = display_words(&process.argv);
    super::services::stop_started(machine, world, pid, &words);
    super::services::stop_servers(machine, world, pid, &words);
    if Remade::is_changed_by(&name) {
        Rc::make_mut(&mut world.remade).run(&name, &words, &directory);
    }
    match name.as_str() {
        "cp" => copy(machine, world, &directory, &operands),
        "mv" => {
            copy(machine, world, &directory, &operands);
            let from = operands.len().saturating_sub(1);
            remove(world, &directory, &operands[..from]);
        }
        "rm" => remove(world, &directory, &operands),
        "mkfifo" => {
            let paths = operands.iter().filter(|word| word.parse::<u32>().is_err());
            for path in paths {
                world.make_fifo(absolute(&directory, path));
            }
        }
        "kill" => processes::kill(machine, world, pid, &words),
        "sv" => super::services::control(machine, world, pid, &words),
        "pkill" | "killall" => {
            let signal = processes::sent_signal(&words);
            for target in processes::found(machine, world, pid, &name, &words) {
                signal_process(machine, world, pid, target, signal);
            }
        }
        _ if matches!(output, Output::Elsewhere) => {}
        "expr" => {
            let words = certain_words(world.process_mut(pid));
            let value = match words.and_then(|words| filters::expression(&words)) {
                Some(done) => Value::text(done.text),
                None => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        "grep" | "egrep" | "fgrep" | "sed" | "awk" | "head" | "tail" | "cut" => {
            let value = match of_file(machine, world, pid, &name) {
                Some(done) => Value::text(done.text),
                None => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        // A text without variables stays as it is.
        "envsubst" => {
            let text = match &world.process_mut(pid).input {
                Input::Text(text) => text.known().filter(|text| !text.contains('$')),
                _ => None,
            };
            let value = match text {
                Some(text) => Value::text(text),
                None => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        "echo" => {
            let text = words
                .iter()
                .skip(1)
                .map(|word| word.clone().unwrap_or_default())
                .collect::<Vec<_>>()
                .join(" ");
            world.write(&output, &Value::text(text + "\n"));
        }
        "ps" => {
            let value = match processes::listing(machine, world, pid, &words) {
                Some(text) => listed(text, processes::may_have_others(world)),
                None => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        "printenv" if operands.len() == 1 && words.len() == 2 => {
            machine.looked_at.variable(&operands[0]);
            let variable = world.process_mut(pid).environment.get(operands[0].as_str());
            let mut value = match variable {
                Some(value) => value.clone(),
                None => world.unknown_output(&command),
            };
            value.push_text("\n");
            world.write(&output, &value);
        }
        "mktemp" => {
            let path = temporary(world, &words, &directory);
            let mut line = path.map_or(Value::unknown("$(mktemp)"), Value::text);
            line.push_text("\n");
            world.write(&output, &line);
        }
        "pidof" | "pgrep" => {
            let found = processes::found(machine, world, pid, &name, &words);
            let pids: Vec<String> = found.iter().map(ToString::to_string).collect();
            let joiner = if name == "pidof" { " " } else { "\n" };
            if !pids.is_empty() {
                world.write(&output, &Value::text(pids.join(joiner) + "\n"));
            }
        }
        "basename" => {
            let text = operands.first().map(|path| {
                let base = path
                    .trim_end_matches('/')
                    .rsplit('/')
                    .next()
                    .unwrap_or("")
                    .to_owned();
                match operands.get(1) {
                    Some(suffix) if base != *suffix => base
                        .strip_suffix(suffix.as_str())
                        .unwrap_or(&base)
                        .to_owned(),
                    _ => base,
                }
            });
            let value = match text {
                Some(text) => Value::text(text + "\n"),
                None => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        "dirname" => {
            let text =
                operands
                    .first()
                    .map(|path| match path.trim_end_matches('/').rsplit_once('/') {
                        Some(("", _)) => "/\n".to_owned(),
                        Some((directory, _)) => format!("{directory}\n"),
                        None => ".\n".to_owned(),
                    });
            let value = match text {
                Some(text) => Value::text(text),
                None => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        "readlink" | "realpath" if operands.len() == 1 => {
            world.write(
                &output,
                &Value::text(absolute(&directory, &operands[0]) + "\n"),
            );
        }
        "cat" => {
            let mut value = Value::default();
            for path in &operands {
                value.append(&content(machine, world, &absolute(&directory, path)));
            }
            world.write(&output, &value);
        }
        "id" | "whoami" => {
            let user = Rc::clone(&world.process_mut(pid).user);
            let options: String = words
                .iter()
                .flatten()
                .filter(|word| word.starts_with('-'))
                .cloned()
                .collect();
            let mut value = match (name.as_str(), options.as_str()) {
                ("whoami", _) | (_, "-un" | "-nu" | "-u-n") => user_name(&user),
                (_, "-u") => user_number(&user),
                _ => world.unknown_output(&command),
            };
            value.push_text("\n");
            world.write(&output, &value);
        }
        "uname" if words[1..].iter().all(|word| word.as_deref() == Some("-s")) => {
            world.write(&output, &Value::text("Linux\n"))
        }
        "seq" => {
            let numbers: Vec<i64> = operands
                .iter()
                .filter_map(|word| word.parse().ok())
                .collect();
            let range = match numbers.as_slice() {
                [last] => Some((1, *last)),
                [first, last] => Some((*first, *last)),
                _ => None,
            };
            let value = match range {
                Some((first, last)) if last - first < 1000 => Value::text(
                    (first..=last)
                        .map(|number| format!("{number}\n"))
                        .collect::<String>(),
                ),
                _ => world.unknown_output(&command),
            };
            world.write(&output, &value);
        }
        "which" => {
            machine.looked_at.variable("PATH");
            let path = world
                .process_mut(pid)
                .environment
                .get("PATH")
                .and_then(Value::known)
                .unwrap_or_default();
            let found = operands
                .first()
                .map(|name| (name, machine.find_program(name, &path, &directory)));
            match found {
                Some((_, Found::File(file))) => {
                    world.write(&output, &Value::text(file.path + "\n"))
                }
                Some((name, Found::Unknown(_))) => {
                    world.write(&output, &Value::unknown(format!("$(command -v {name})")))
                }
                _ => {}
            }
        }
        _ => {
            let value = world.unknown_output(&command);
            world.write(&output, &value);
        }
    }
}

/// Makes what `mktemp` makes: the path of a file, or with `-d` of a directory, that nothing else has.
fn temporary(world: &mut World, words: &[Option<String>], directory: &str) -> Option<String> {
    let words: Option<Vec<&str>> = words.iter().skip(1).map(Option::as_deref).collect();
    let mut parent = "/tmp";
    let mut template = None;
    let mut is_directory = false;
    let mut is_below = false;
    let mut words = words?.into_iter();
    while let Some(word) = words.next() {
        match word {
            "-p" => (parent, is_below) = (words.next()?, true),
            "--directory" => is_directory = true,
            "--quiet" => {}
            "--tmpdir" => is_below = true,
            "--dry-run" => return None,
            _ if word.starts_with("--tmpdir=") => {
                (parent, is_below) = (&word["--tmpdir=".len()..], true);
            }
            _ if word.starts_with("--") => return None,
            _ if word.starts_with('-') => {
                if !word[1..].chars().all(|letter| "dqt".contains(letter)) {
                    return None;
                }
                is_directory |= word.contains('d');
                is_below |= word.contains('t');
            }
            _ => template = Some(word),
        }
    }
    is_below |= template.is_none();
    let template = template.unwrap_or("tmp.XXXXXXXXXX");
    // A number that no other file of this way has.
    let number = format!("{:06}", world.new_stream());
    let end = template.trim_end_matches('X').len();
    let name = format!("{}{number}", &template[..end]);
    let path = match is_below {
        true => absolute(parent, &name),
        false => absolute(directory, &name),
    };
    let made = match is_directory {
        true => "mkdir",
        false => "touch",
    };
    if !is_directory {
        Rc::make_mut(&mut world.files).put(path.clone(), Value::default());
    }
    let words = [None, Some(path.clone())];
    Rc::make_mut(&mut world.remade).run(made, &words, directory);
    Some(path)
}

/// The user that a launcher switches to: a name or number, `?` when that is not known.
pub(super) fn switched_user(launcher: &str, argv: &[Field]) -> Option<String> {
    let words: Vec<String> = argv
        .iter()
        .skip(1)
        .map(|word| word.known().unwrap_or("?".into()))
        .collect();
    let after = |options: &[&str]| {
        let at = words
            .iter()
            .position(|word| options.contains(&word.as_str()))?;
        words.get(at + 1).cloned()
    };
    let attached = |prefix: &str| {
        words
            .iter()
            .find_map(|word| word.strip_prefix(prefix).map(str::to_owned))
    };
    match launcher {
        "gosu" | "su-exec" | "setuidgid" | "s6-setuidgid" => words.first().cloned(),
        "chpst" => after(&["-u"]),
        "sudo" => Some(after(&["-u"]).unwrap_or_else(|| "root".into())),
        "setpriv" => attached("--reuid=").or_else(|| after(&["--reuid"])),
        "chroot" => attached("--userspec="),
        "su" | "runuser" => {
            let operand = words.iter().enumerate().find(|(index, word)| {
                let is_value = index
                    .checked_sub(1)
                    .and_then(|before| words.get(before))
                    .is_some_and(|before| {
                        matches!(
                            before.as_str(),
                            "-c" | "-s"
                                | "--command"
                                | "--shell"
                                | "-g"
                                | "-G"
                                | "--session-command"
                        )
                    });
                !word.starts_with('-') && !is_value
            });
            after(&["-u"])
                .or_else(|| operand.map(|(_, word)| word.clone()))
                .or_else(|| Some("root".into()))
        }
        _ => None,
    }
}

/// The number of a user; that of a name is not known, but it is not 0.
pub(super) fn user_number(user: &str) -> Value {
    let user = user.split(':').next().unwrap_or(user);
    match user {
        "" | "root" | "0" => Value::text("0"),
        _ if user.bytes().all(|byte| byte.is_ascii_digit()) => Value::text(user),
        "?" => Value::unknown("the number of the user"),
        "nobody" => Value::text("65534"),
        // What matters is that it is not 0: scripts that go on as another user ask for that, and would
        // start themselves again for ever if both answers were followed. 1000 is what the first
        // `useradd` gives.
        _ if !user.contains('$') => Value::text("1000"),
        _ => Value::unknown(format!("the number of user {user}")),
    }
}

fn user_name(user: &str) -> Value {
    let user = user.split(':').next().unwrap_or(user);
    match user {
        "" | "root" | "0" => Value::text("root"),
        "?" => Value::unknown("the name of the user"),
        _ if user.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::unknown(format!("the name of user {user}"))
        }
        _ => Value::text(user),
    }
}

/// A filter that has read all its input writes something, unless it is known to copy.
pub(super) fn filter_output(machine: &Machine, world: &mut World, pid: Pid) {
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
        _ => match filtered(machine, world, pid, &name) {
            Some((done, goes_on)) => listed(done.text, goes_on),
            None => world.unknown_output(&name),
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

/// The end of a list of processes in which others may stand, too: what programs start of which nothing is known.
const OTHERS: &str = "$(other processes)";

/// A list of processes, or what is left of one; whether it goes on with others.
fn listed(text: String, goes_on: bool) -> Value {
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
fn filtered(
    machine: &Machine,
    world: &World,
    pid: Pid,
    name: &str,
) -> Option<(filters::Filtered, bool)> {
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
        // These look at each line by itself.
        "grep" | "egrep" | "fgrep" | "tr" | "cut" | "sed" | "awk" | "gawk" | "mawk" => {
            Some((done, true))
        }
        _ => None,
    }
}

/// `cp FILE FILE`, or `mv`, of a text that is known.
fn copy(machine: &Machine, world: &mut World, directory: &str, operands: &[String]) {
    let [from, to] = operands else {
        return;
    };
    let (from, mut to) = (absolute(directory, from), absolute(directory, to));
    let there = machine.container.image.files.look_up(&to);
    let is_made = world.remade.is_present(&to, &machine.looked_at) == Some(true);
    if matches!(there, Found::Directory) || is_made || operands[1].ends_with('/') {
        to = format!("{to}/{}", from.rsplit('/').next().unwrap_or_default());
    }
    let is_there = world.written(&from, &machine.looked_at).is_some()
        || matches!(machine.container.image.files.look_up(&from), Found::File(_));
    let text = content(machine, world, &from);
    if is_there && text.certain().is_some() {
        Rc::make_mut(&mut world.files).put(to, text);
    }
}

/// Files that scripts have written are there no more.
fn remove(world: &mut World, directory: &str, operands: &[String]) {
    for operand in operands {
        Rc::make_mut(&mut world.files).remove(&absolute(directory, operand));
    }
}

/// What a filter makes of the one file behind its other words, where that is at hand.
fn of_file(machine: &Machine, world: &World, pid: Pid, name: &str) -> Option<filters::Filtered> {
    let process = world.process(pid)?;
    let mut words = certain_words(process)?;
    let path = absolute(&process.directory, &words.pop()?);
    let is_script = name.ends_with("grep") || matches!(name, "sed" | "awk");
    let has_script = words.iter().any(|word| !word.starts_with('-'));
    if is_script && !has_script {
        return None;
    }
    let found = machine.container.image.files.look_up(&path);
    let is_there =
        world.written(&path, &machine.looked_at).is_some() || matches!(&found, Found::File(_));
    let text = content(machine, world, &path)
        .certain()
        .filter(|_| is_there)?;
    filters::run(name, &words, &text)
}

/// The text of a file, as far as it is known.
fn content(machine: &Machine, world: &World, path: &str) -> Value {
    if let Some(value) = world.written(path, &machine.looked_at) {
        return value.clone();
    }
    match machine.container.image.files.look_up(path) {
        Found::File(file) => match file.content {
            Content::Text(text) => Value::text(text.text()),
            _ => Value::unknown(format!("$(cat {path})")),
        },
        Found::Absent => Value::default(),
        _ => Value::unknown(format!("$(cat {path})")),
    }
}

/// The words of a process's command line, where they are known.
fn words_of(world: &World, pid: Pid) -> Vec<Option<String>> {
    let argv = world.process(pid).map(|process| process.argv.as_slice());
    argv.unwrap_or_default().iter().map(Field::known).collect()
}

/// The operands of a command, if all of them are known for sure.
fn certain_words(process: &Process) -> Option<Vec<String>> {
    let operands = process.argv.iter().skip(1);
    let words = operands.map(|word| word.value.certain().filter(|_| !word.open));
    words.collect()
}
