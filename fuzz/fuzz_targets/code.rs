//! Any bytes as a source file of an application: it is read, and what is found lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pidone::code::{Language, read};
use pidone::knowledge::modules;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    for language in Language::ALL {
        let known = modules(language.name()).expect("the tables have each language");
        let reading = read(&text, language, known);
        for handler in &reading.handlers {
            assert!(text.get(handler.range.clone()).is_some());
        }
        for import in &reading.imports {
            assert!(text.get(import.range.clone()).is_some());
        }
    }
});
