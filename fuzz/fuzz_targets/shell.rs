//! Any bytes as a script: the parser reads each, in bounded time and memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pidone::shell::parse;
use pidone::source::{Mapped, Source};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input).into_owned();
    parse(Mapped::whole(&Source::new("start.sh", text)));
});
