//! Any bytes as a Dockerfile: the parser reads each, and each instruction lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pidone::dockerfile::parse;
use pidone::source::Source;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input).into_owned();
    let source = Source::new("Dockerfile", text);
    for instruction in &parse(&source).instructions {
        assert!(source.text().get(instruction.range.clone()).is_some());
    }
});
