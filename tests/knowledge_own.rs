//! A user's own entries, in a process of their own because they are taken once.

use pidone::knowledge::{How, OnSignal, Position, Signal, Wrapped, extend, launch};

#[test]
fn a_launcher_needs_one_entry_and_no_code() {
    assert!(extend("[[launcher]]\nnames = [1]").is_err());
    extend(
        r#"
        [[launcher]]
        names = ["our-init"]
        about = "our-init passes TERM on to its child."
        evidence = "read in its source"
        how = "fork"
        signals = { TERM = "child", otherwise = "default" }
        try = []
        [launcher.arguments]
        short = "c:v"
        "#,
    )
    .expect("the entry is well-formed");
    let position = Position {
        pid1: true,
        group_leader: true,
        busybox: false,
    };
    let words = ["/sbin/our-init", "-c", "x", "app", "-v"].map(Some);
    let found = launch(&words, position).expect("the entry is found");
    assert_eq!(found.command, Wrapped::Words(3));
    let How::Fork(fork) = found.how else {
        panic!("it forks");
    };
    assert_eq!(fork.on(Signal::HUP), &OnSignal::Default);
    assert_eq!(fork.on(Signal::TERM).describe(), "child");
}
