//! What has been seen as a whole, to be met by other ways.

use std::rc::Rc;

use foldhash::HashMap;

use crate::boot::reads::Reads;
use crate::boot::state;
use crate::boot::world::World;

/// A fork of which all has been seen.
pub(super) struct Seen {
    pub(super) number: u32,
    pub(super) place: u64,
    pub(super) world: World,
    pub(super) reads: Reads,
}

/// A fork to be met.
pub(super) struct Known {
    pub(super) number: u32,
    pub(super) reads: Rc<Reads>,
    projection: u64,
    /// It lies on a way that is taken only when somebody sets a variable at run time.
    overridden: bool,
}

/// What has been seen, by place.
pub(super) type Places = HashMap<u64, Vec<Known>>;

/// Makes known what has been seen as a whole.
pub(super) fn remember(known: &mut Places, seen: Seen) {
    let projection = state::projection(&seen.world, &seen.reads);
    known.entry(seen.place).or_default().push(Known {
        number: seen.number,
        projection,
        reads: Rc::new(seen.reads),
        overridden: is_overridden(&seen.world),
    });
}

/// What has been seen as a whole and goes on as this world does.
pub(super) fn meet<'k>(known: &'k Places, place: u64, world: &World) -> Option<&'k Known> {
    let overridden = is_overridden(world);
    let earlier = known.get(&place).into_iter().flatten();
    earlier
        .filter(|known| overridden || !known.overridden)
        .find(|known| state::projection(world, &known.reads) == known.projection)
}

/// Whether the way is taken only when somebody sets a variable at run time.
pub(super) fn is_overridden(world: &World) -> bool {
    world.trail.iter().any(|choice| choice.overridden)
}
