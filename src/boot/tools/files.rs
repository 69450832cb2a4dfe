//! Files that small programs read, copy and remove, where their text is known.
//!
//! Which paths there are, without their text, is kept in `remade`.

use std::rc::Rc;

use crate::boot::interpreter::absolute;
use crate::boot::machine::Machine;
use crate::boot::value::Value;
use crate::boot::world::World;
use crate::image::{Content, Found};

/// `cp FILE FILE`, or `mv`, of a text that is known.
pub(super) fn copy(machine: &Machine, world: &mut World, directory: &str, operands: &[String]) {
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
pub(super) fn remove(world: &mut World, directory: &str, operands: &[String]) {
    for operand in operands {
        Rc::make_mut(&mut world.files).remove(&absolute(directory, operand));
    }
}

/// The text of a file, as far as it is known.
pub(super) fn content(machine: &Machine, world: &World, path: &str) -> Value {
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
