//! Places where a way is looked at again: the end of a command in a list.
//!
//! In: a world in which a shell is somewhere in its script. Out: whether that shell, or the one that waits for it, has come
//! to the end of the command in which it was, so that ways that parted within it may be the same again.

use crate::boot::interpreter::{Frame, Shell};
use crate::boot::world::{Body, Pid, World};

/// Shells with the depth of their frames at which they have come out of a command, the innermost shell first.
pub(in crate::boot) struct Halt(Vec<(Pid, usize)>);

impl Halt {
    /// The end of the command of a list in which the process is, or that of what waits for it.
    pub(in crate::boot) fn after_command(world: &World, pid: Pid) -> Halt {
        let mut shells = Vec::new();
        let mut pid = pid;
        while let Some(process) = world.process(pid) {
            if let Body::Shell(shell) = &process.body {
                let list = shell.frames.iter().rposition(Frame::is_list);
                shells.push((pid, list.map_or(0, |list| list + 1)));
            }
            if process.parent >= pid {
                break;
            }
            pid = process.parent;
        }
        Halt(shells)
    }

    /// The next one: the end of the list in which the innermost of these shells has come to the end of a command. One on
    /// which somebody has set a variable may meet others like it after each command, and asks nothing on the way.
    pub(in crate::boot) fn next(&self, world: &World) -> Halt {
        let Some(((pid, _), _)) = self.innermost(world) else {
            return Halt(Vec::new());
        };
        let mut next = Halt::after_command(world, pid);
        if let Some((_, depth)) = next.0.first_mut()
            && !world.is_overridden
        {
            *depth -= 1;
        }
        next
    }

    /// Takes note that nothing follows any more from the status of the command that has ended.
    pub(in crate::boot) fn settle(&self, world: &mut World) {
        let innermost = self
            .innermost(world)
            .filter(|(_, shell)| shell.check_failure);
        if let Some(((pid, _), _)) = innermost
            && let Body::Shell(shell) = &mut world.process_mut(pid).body
        {
            shell.check_failure = false;
        }
    }

    /// Whether it is come to.
    pub(super) fn is_reached(&self, world: &World) -> bool {
        self.innermost(world).is_some_and(|((_, depth), shell)| {
            shell.frames.len() <= depth
                && shell.frames.last().is_some_and(Frame::is_list)
                && shell.is_between_commands()
        })
    }

    /// The innermost shell that is still there.
    fn innermost<'w>(&self, world: &'w World) -> Option<((Pid, usize), &'w Shell)> {
        self.0
            .iter()
            .find_map(|&(pid, depth)| match &world.process(pid)?.body {
                Body::Shell(shell) => Some(((pid, depth), &**shell)),
                _ => None,
            })
    }
}
