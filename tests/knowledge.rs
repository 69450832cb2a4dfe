//! The knowledge tables hold together: every entry parses, has evidence, and behaves as its `try`
//! lines say.

use pidone::knowledge::{describe, package_programs, verify};

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

#[test]
fn packages_differ_by_manager() {
    let programs = |manager, package| package_programs(manager, package).unwrap_or_default();
    assert_eq!(programs("apk", "tini=0.19.0-r3"), ["/sbin/tini"]);
    assert!(programs("apt-get", "tini").contains(&"/usr/bin/tini".to_owned()));
    assert_eq!(package_programs("apt", "no-such-package-here"), None);
}
