//! Random commands: the words that the real shell passes are those of the exec form.

use std::process::Command;

use proptest::prelude::*;

use crate::tree::Tree;

/// How many commands one Dockerfile holds, each in a file of its own.
const COMMANDS: usize = 40;

/// A word as people write it, quotes and escapes and all.
fn word() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9/._=:,@%+-]{1,6}",
        1 => "'[ -&(-~]{0,6}'",
        1 => "\"[ !#%-\\[\\]^_a-z{-~é]{0,6}\"",
        1 => "\\\\[ -~]",
        1 => Just("''".to_owned()),
        1 => Just("\"\\$x \\\\ \\\"\"".to_owned()),
        1 => "[*?~{},$!#]",
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PIDONE_RANDOM").ok().and_then(|text| text.parse().ok()).unwrap_or(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn argv_is_what_the_shell_passes(
        commands in proptest::collection::vec(proptest::collection::vec(word(), 0..6), COMMANDS)
    ) {
        let tree = Tree::new("argv");
        tree.file("print", "#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done\n");
        tree.file("app", b"\x7fELF\0");
        for (index, words) in commands.iter().enumerate() {
            let text = format!("FROM debian:12-slim\nCOPY app /app\nCMD /app {}\n", words.join(" "));
            tree.file(&format!("{index}.Dockerfile"), text);
        }
        tree.fix(false);
        for (index, words) in commands.iter().enumerate() {
            let fixed = tree.read(&format!("{index}.Dockerfile"));
            if words.join(" ").trim_end().ends_with('\\') {
                // BuildKit takes a backslash with blanks behind it for a continued line: no word.
                continue;
            }
            let line = fixed.lines().last().unwrap_or_default();
            let Some(json) = line.strip_prefix("CMD ").filter(|rest| rest.starts_with('[')) else {
                continue;
            };
            let exec_form: Vec<String> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{line}: {error}"));
            let text = format!("{} {}", tree.path("print").display(), words.join(" "));
            let output = Command::new("dash").arg("-c").arg(&text).output().expect("dash starts");
            let passed = String::from_utf8(output.stdout).expect("words are UTF-8");
            let mut passed: Vec<&str> = passed.split('\0').collect();
            passed.pop();
            prop_assert_eq!(&exec_form[1..], passed, "{}", text);
        }
    }
}
