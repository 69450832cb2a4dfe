//! Files as they are by now: those of the image, after what the start-up has done to them.
//!
//! In: a world and a path, a name or a command. Out: what stands there, or what the command has changed.

use std::rc::Rc;

use super::Machine;
use crate::boot::interpreter::absolute;
use crate::boot::world::World;
use crate::image::{Done, Found, Image};
use crate::source::Span;

impl Machine<'_> {
    /// What stands at a path by now.
    pub(crate) fn look_up(&self, world: &World, path: &str) -> Found {
        let files = &self.container.image.files;
        world.remade.look_up(files, path, &self.looked_at)
    }

    /// The program that a name stands for by now.
    pub(crate) fn find_now(&self, world: &World, name: &str, path: &str, directory: &str) -> Found {
        if name.contains('/') {
            return self.look_up(world, &absolute(directory, name));
        }
        let changed = world.remade.changed.find_program(name, path, directory);
        let found = changed.unwrap_or_else(|| self.find_program(name, path, directory));
        world
            .remade
            .seen_on_path(name, path, found, &self.looked_at)
    }

    /// Lets a file tool change the files; `None` for a use that is not followed.
    pub(in crate::boot) fn run_file_tool(
        &self,
        world: &mut World,
        words: &[String],
        directory: &str,
        span: &Span,
    ) -> Option<Done> {
        let mut scratch = self.scratch.borrow_mut();
        let image = scratch.get_or_insert_with(|| Image::clone(&self.container.image));
        let changed = &mut Rc::make_mut(&mut world.remade).changed;
        changed.run(image, &self.container.image.files, words, directory, span)
    }
}
