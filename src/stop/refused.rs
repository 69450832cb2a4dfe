//! What the builder refuses, so that nothing is ever started.
//!
//! In: a container. Out: the one path that breaks, or none. Looks at STOPSIGNAL alone: other mistakes of a Dockerfile
//! are no settings of an image.

use crate::container::Container;
use crate::image::StopSignalProblem;
use crate::source::Known;

use super::way::bare_path;
use super::{Path, Step, Verdict};

/// The only path of a container whose STOPSIGNAL is no signal (BuildKit: `invalid signal`).
pub fn refused(container: &Container) -> Option<Path> {
    let image = &container.image;
    let (Known::Unknown(why), Some(StopSignalProblem::Invalid(_)), None) = (
        &container.stop_signal.value,
        &image.stop_signal_problem,
        &image.windows,
    ) else {
        return None;
    };
    let mut path = bare_path(Verdict::Fails);
    path.route.push(Step {
        text: format!("the build breaks: {}", why.text),
        span: why.span.clone(),
    });
    Some(path)
}
