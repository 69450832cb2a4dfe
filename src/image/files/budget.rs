//! A limit to the work of one look-up.

use std::cell::Cell;

use crate::source::Why;

/// Changes that one look-up considers, those of the images copied from included.
const MOST_STEPS: usize = 200_000;

/// Counts the changes that a look-up considers.
pub(super) struct Budget {
    left: Cell<usize>,
    /// Whether the last node is unknown only because of a command that may have written anywhere.
    pub(super) far: Cell<bool>,
}

impl Budget {
    pub(super) fn new() -> Budget {
        Budget {
            left: Cell::new(MOST_STEPS),
            far: Cell::new(false),
        }
    }

    pub(super) fn spend(&self) -> Result<(), Why> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Why::new(
                "the file has too many instructions to follow its files",
            )),
        }
    }
}
