//! Any files as a start-up: it is walked, stopped and judged, and each finding points into a file.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pidone::analyze::{Options, Targets, analyze};
use pidone::rules;

fuzz_target!(|input: &[u8]| {
    let disk = pidone_fuzz::tree(input);
    let options = Options {
        targets: Targets::All,
        ..Options::default()
    };
    let Ok(analysis) = analyze(&disk, Path::new("Dockerfile"), "Dockerfile", &options) else {
        return;
    };
    for target in &analysis.targets {
        for finding in rules::check(target) {
            let span = &finding.primary.span;
            assert!(span.source.text().get(span.start..span.end).is_some());
        }
    }
});
