//! Conditions on files: whether they are there, what they are, which is newer.
//!
//! In: a word, and what the image and the start-up have put at that path. Out: an answer, or a question.

use super::flags::is_made_by_a_trap;
use super::{Answer, Context, absolute, unary, whether_holds};
use crate::boot::interpreter::expand::is_glob;
use crate::boot::interpreter::unmatched;
use crate::boot::tools::is_root;
use crate::boot::value::{Field, Piece};
use crate::boot::world::{Pid, Question};
use crate::image::{Content, File, Found};

/// `-e`, `-d`, `-x` and the others that ask for one file.
pub(super) fn file(context: &Context, operator: &str, word: &Field, shown: &str) -> Answer {
    let (is, is_not) = match operator {
        "-d" => ("is a directory", "is not a directory"),
        "-x" => ("is executable", "is not executable"),
        "-w" => ("is writable", "is not writable"),
        "-r" => ("is readable", "is not readable"),
        "-s" => ("is not empty", "is empty or missing"),
        _ => ("exists", "does not exist"),
    };
    let question = Question::of_file(shown, (is, is_not), context.span.clone());
    let question = Answer::Ask(Box::new(question));
    let Some(path) = word.known() else {
        let changed = &context.world.remade.changed;
        let is_gone = unmatched(word).is_some_and(|pattern| {
            context
                .looked_at
                .remade(&absolute(context.directory, pattern));
            changed.is_pattern_gone(pattern, context.directory)
        });
        return if is_gone { Answer::Is(false) } else { question };
    };
    // A pattern that nothing matches is no name of a file either.
    if path.is_empty() || is_glob(&path) && word.value.certain().is_some() {
        return Answer::Is(false);
    }
    let path = absolute(context.directory, &path);
    if let (Some(pid), "-e" | "-d" | "-r" | "-a" | "-f") = (process_of(&path), operator) {
        let is_directory = path.matches('/').count() == 2;
        let can_be = operator != "-f" || !is_directory;
        return Answer::Is(can_be && context.world.alive(pid));
    }
    if matches!(operator, "-e" | "-f" | "-r" | "-w" | "-a") && context.is_written(&path) {
        return Answer::Is(true);
    }
    if operator == "-s"
        && context.is_written(&path)
        && let Some(text) = context.world.written(&path, context.looked_at)
    {
        if let Some(text) = text.certain() {
            return Answer::Is(!text.is_empty());
        }
        if text
            .pieces()
            .iter()
            .any(|piece| matches!(piece, Piece::Text(_)))
        {
            return Answer::Is(true);
        }
    }
    match (
        context.world.remade.is_present(&path, context.looked_at),
        operator,
    ) {
        (Some(_), "-e" | "-r" | "-w" | "-a") | (Some(true), "-d" | "-x") | (Some(false), "-f") => {
            return Answer::Is(true);
        }
        (Some(false), "-d") | (Some(true), "-f") => return Answer::Is(false),
        _ => {}
    }
    let remade = &context.world.remade;
    if remade.is_gone(context.files, &path, context.looked_at) {
        return Answer::Is(false);
    }
    match (
        remade.look_up(context.files, &path, context.looked_at),
        operator,
    ) {
        (Found::File(_), "-e" | "-f" | "-a") => Answer::Is(true),
        (Found::File(_), "-d" | "-S" | "-p" | "-b" | "-c") => Answer::Is(false),
        (Found::File(found), "-x") => match found.mode {
            Some(mode) => Answer::Is(mode & 0o111 != 0),
            None => question,
        },
        (Found::File(_) | Found::Directory, "-r" | "-w") if is_root(context.user) => {
            Answer::Is(true)
        }
        (Found::File(found), "-r") if is_open_to_all(&found) => Answer::Is(true),
        (Found::File(found), "-s") => match found.content {
            Content::Text(text) => Answer::Is(!text.text().is_empty()),
            Content::Binary => Answer::Is(true),
            Content::Unknown(_) => question,
        },
        (Found::Directory, "-e" | "-d" | "-a") => Answer::Is(true),
        (Found::Directory, "-x") if is_root(context.user) => Answer::Is(true),
        (Found::Directory, "-f" | "-S" | "-p" | "-b" | "-c") => Answer::Is(false),
        (Found::Absent | Found::Unknown(_), "-e" | "-f" | "-a" | "-s" | "-r")
            if !context.is_written(&path) && is_made_by_a_trap(context, &path) =>
        {
            Answer::Is(false)
        }
        // A path that nothing in the image has may still be mounted at run time.
        _ => question,
    }
}

/// Whether everybody may read a file, and it stands in no directory that is root's own.
fn is_open_to_all(file: &File) -> bool {
    file.mode.is_some_and(|mode| mode & 0o444 == 0o444) && !file.path.starts_with("/root/")
}

/// The process whose directory below `/proc` a path is, or is in.
fn process_of(path: &str) -> Option<Pid> {
    let number = path.strip_prefix("/proc/")?.split('/').next()?;
    number.parse().ok()
}

/// `-nt` and `-ot`. What is not there is older than what is to bash, and to the others the answer is no (measured: dash
/// 0.5.12, busybox 1.35).
pub(super) fn newer(context: &Context, left: &Field, operator: &str, right: &Field) -> Answer {
    let (new, old) = if operator == "-nt" {
        (left, right)
    } else {
        (right, left)
    };
    let is_bash = context.shell.facts.family == crate::knowledge::ShellFamily::Bash;
    match (unary(context, "-e", new), unary(context, "-e", old)) {
        (Answer::Is(false), _) => Answer::Is(false),
        (_, Answer::Is(false)) if !is_bash => Answer::Is(false),
        (Answer::Is(true), Answer::Is(false)) => Answer::Is(true),
        (Answer::Is(true), Answer::Is(true)) => {
            match (of_now(context, new), of_now(context, old)) {
                (Some(new), Some(old)) if new != old => Answer::Is(new),
                _ => whether_holds(context, left, operator, right),
            }
        }
        _ => whether_holds(context, left, operator, right),
    }
}

/// Whether the start-up has made or touched the file (`true`), or it is as it was in the image.
fn of_now(context: &Context, word: &Field) -> Option<bool> {
    let path = absolute(context.directory, &word.known()?);
    let files = context.files;
    let made = context
        .world
        .remade
        .is_of_now(files, &path, context.looked_at);
    match context.is_written(&path) {
        true => made.or(Some(true)).filter(|is_now| *is_now),
        false => made,
    }
}

/// Whether both words are the same path.
pub(super) fn is_one_path(context: &Context, left: &Field, right: &Field) -> bool {
    let path = |field: &Field| Some(absolute(context.directory, &field.known()?));
    path(left).is_some() && path(left) == path(right)
}
