//! RUN: what its commands do to the files of the image, as far as they are followed.

use super::build::Builder;
use super::change::{Change, Opaque};
use crate::dockerfile::Instruction;
use crate::source::{Span, Why};

/// Applies a RUN.
pub(super) fn run(builder: &mut Builder<'_, '_>, instruction: &Instruction, span: &Span) {
    let _ = instruction;
    let why = Why::at("a `RUN` may have changed it", span.clone());
    let (roots, named) = (vec!["/".to_owned()], Vec::new());
    builder.image.files.push(Change::Opaque(Box::new(Opaque {
        why,
        roots,
        named,
        system: true,
    })));
}
