//! What has been seen as a whole, to be met by other ways.

use std::rc::Rc;

use foldhash::HashMap;

use crate::boot::reads::Reads;
use crate::boot::state;
use crate::boot::world::World;

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

/// Makes known what has been seen as a whole: the fork or rest of that number, and what was looked at from there on.
pub(super) fn remember(
    known: &mut Places,
    number: u32,
    place: u64,
    world: &World,
    reads: Rc<Reads>,
) {
    known.entry(place).or_default().push(Known {
        number,
        projection: state::projection(world, &reads),
        reads,
        overridden: world.is_overridden,
    });
}

/// What has been seen as a whole and goes on as this world does.
pub(super) fn meet<'k>(known: &'k Places, place: u64, world: &World) -> Option<&'k Known> {
    let overridden = world.is_overridden;
    let earlier = known.get(&place).into_iter().flatten();
    earlier
        .filter(|known| overridden || !known.overridden)
        .find(|known| state::projection(world, &known.reads) == known.projection)
}
