//! No command line and no reference makes the tables panic.

use pidone::knowledge::{Position, Wrapped, base_image, launch, program_at};
use proptest::prelude::*;

const PROGRAMS: [&str; 24] = [
    "tini",
    "dumb-init",
    "env",
    "sudo",
    "su",
    "runuser",
    "timeout",
    "flock",
    "script",
    "find",
    "start-stop-daemon",
    "npm",
    "yarn",
    "node",
    "pm2-runtime",
    "make",
    "supervisord",
    "busybox",
    "prlimit",
    "java",
    "python3",
    "sleep",
    "go",
    "capsh",
];

fn word() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "-{0,2}[a-zA-Z:=é/.]{0,4}".prop_map(Some),
        "[A-Z]=[ -~]{0,6}".prop_map(Some),
        prop::sample::select(vec![
            "--", "-", "-c", "-u", "run", "start", "-S", "--run", ";", "-exec"
        ])
        .prop_map(|word| Some(word.to_owned())),
    ]
}

proptest! {
    #[test]
    fn indices_stay_within_the_words(
        program in prop::sample::select(PROGRAMS.to_vec()),
        rest in prop::collection::vec(word(), 0..8),
        busybox in any::<bool>(),
    ) {
        let words: Vec<Option<&str>> =
            std::iter::once(Some(program)).chain(rest.iter().map(Option::as_deref)).collect();
        let position = Position { pid1: true, group_leader: true, busybox };
        program_at(&words, busybox);
        let Some(found) = launch(&words, position) else { return Ok(()) };
        prop_assert!(found.eats.iter().all(|&at| at < words.len()));
        match found.command {
            Wrapped::Words(first) => prop_assert!(first < words.len()),
            Wrapped::LoginShell(first) => prop_assert!(first <= words.len()),
            Wrapped::Shell { text, arguments, .. } => {
                prop_assert!(text < words.len());
                prop_assert!(arguments.iter().all(|&at| at < words.len()));
            }
            Wrapped::Script { arguments, .. } => prop_assert!(arguments <= words.len()),
            Wrapped::Configured { path, arguments, .. } => {
                prop_assert!(path.is_none_or(|at| at < words.len()));
                prop_assert!(arguments.iter().all(|&at| at < words.len()));
            }
            Wrapped::Made(made) => prop_assert!(!made.is_empty() || program == "find"),
            Wrapped::Several(_) | Wrapped::Nothing | Wrapped::Unknown => {}
        }
    }

    #[test]
    fn references_do_not_panic(reference in "[a-z0-9:@/.*é-]{0,20}") {
        base_image(&reference);
    }
}

#[test]
fn a_long_chain_of_busybox_ends() {
    let words = vec![Some("busybox"); 100_000];
    let position = Position {
        pid1: true,
        group_leader: true,
        busybox: false,
    };
    assert_eq!(launch(&words, position), None);
    assert_eq!(program_at(&words, false), None);
}
