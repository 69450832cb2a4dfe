//! `mktemp`: a file or directory under a name that nothing else has.

use std::rc::Rc;

use crate::boot::interpreter::absolute;
use crate::boot::machine::Machine;
use crate::boot::value::Value;
use crate::boot::world::{Pid, World};

/// Makes what `mktemp` makes: the path of a file, or with `-d` of a directory, that nothing else has.
pub(super) fn temporary(
    machine: &Machine,
    world: &mut World,
    pid: Pid,
    words: &[Option<String>],
    directory: &str,
) -> Option<String> {
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
    let span = world.process(pid).and_then(|process| process.span.clone());
    if let Some(span) = span.filter(|_| is_directory) {
        // It is new, and empty.
        for command in [&["rm", "-rf"][..], &["mkdir"]] {
            let words = command.iter().copied().chain([path.as_str()]);
            let words: Vec<String> = words.map(str::to_owned).collect();
            machine.run_file_tool(world, &words, "/", &span);
        }
    }
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
