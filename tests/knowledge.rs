//! The knowledge tables hold together: every entry parses, has evidence, and behaves as its `try`
//! lines say.

use pidone::knowledge::{describe, verify};

#[test]
fn every_entry_holds() {
    let problems = verify();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn names_are_described() {
    let known = describe("tini").expect("tini is in the tables");
    assert_eq!(known.entries[0].kind, "launcher");
    assert_eq!(describe("no-such-program-here"), None);
}
