//! Names that stand for others: `declare -n`, `local -n` of bash.
//!
//! They are no variables with a value: whoever reads or sets one means the variable that it stands for.

use std::rc::Rc;

use super::Shell;

/// How far names that stand for each other are followed.
const MOST: usize = 8;

impl Shell {
    /// The variable that a name means: itself, or what it stands for.
    pub(super) fn target<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name;
        for _ in 0..MOST {
            match self.references.get(name) {
                Some(target) => name = target,
                None => break,
            }
        }
        name
    }

    /// Lets a name stand for another one from now on.
    pub(super) fn refer(&mut self, name: &str, target: &str) {
        Rc::make_mut(&mut self.references).insert(name.into(), target.into());
    }

    /// The name stands for itself again.
    pub(super) fn refer_no_more(&mut self, name: &str) {
        if self.references.contains_key(name) {
            Rc::make_mut(&mut self.references).remove(name);
        }
    }
}
