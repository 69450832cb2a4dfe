//! What the documentation shows: commands with what they print, configuration, examples.

use std::fs;
use std::path::PathBuf;

use super::{Folder, Ran, program};

#[test]
fn rules_explain_themselves() {
    let folder = Folder::new("manual");
    let rules = folder.run(&["rules"]).stdout;
    for rule in pidone::rules::ALL {
        assert!(rules.contains(rule.id));
        let page = folder.run(&["explain", rule.id]);
        assert_eq!(page.status, 0);
        assert!(page.stdout.contains("Why is this bad"), "{}", rule.id);
    }
    let list = folder.run(&["rules", "--format", "json"]).json();
    assert_eq!(list["schema"], "pidone/rules/1");
}

/// Every `$ pidone …` in the README and the examples prints what stands below it. `PIDONE_UPDATE=1`
/// writes what it prints.
#[test]
fn commands_in_the_documentation_print_what_they_say() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os("PIDONE_UPDATE").is_some();
    let mut pages = vec![root.join("README.md")];
    let examples = fs::read_dir(root.join("examples")).expect("the examples are there");
    pages.extend(examples.map(|entry| entry.expect("readable").path().join("README.md")));
    pages.sort();
    let mut count = 0;
    for page in pages {
        let text = fs::read_to_string(&page).expect("the page is there");
        let mut out = String::new();
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            out.push_str(line);
            let is_console = line.trim_end() == "```console";
            let command = lines.peek().and_then(|next| next.strip_prefix("$ pidone "));
            let (true, Some(command)) = (is_console, command) else {
                continue;
            };
            count += 1;
            let words: Vec<&str> = command.split_whitespace().collect();
            let output = program(&root)
                .args(&words)
                .output()
                .expect("the program runs");
            out.push_str(lines.next().unwrap_or(""));
            for line in Ran::of(output).stdout.trim_end().lines() {
                out.push_str(line.trim_end());
                out.push('\n');
            }
            while lines.next_if(|line| line.trim_end() != "```").is_some() {}
        }
        if update {
            fs::write(&page, &out).expect("the page can be written");
        } else {
            assert_eq!(text, out, "{}", page.display());
        }
    }
    assert!(count > 4, "commands are found");
}

/// The examples share one server; a difference between them would be noise.
#[test]
fn the_configuration_in_the_readme_is_understood() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("it is there");
    let (_, rest) = readme.split_once("```toml\n").expect("it has an example");
    let (text, _) = rest.split_once("```").expect("it ends");
    let folder = Folder::new("readme_config");
    let dockerfile = "FROM registry.example.com/base:1\nCOPY --chmod=755 our-server /usr/bin/\nCMD [\"/usr/bin/our-server\"]\n";
    folder
        .file("pidone.toml", text)
        .file("Dockerfile", dockerfile)
        .file("our-server", b"\x7fELF\x02\x01\x01");
    let ran = folder.run(&["trace"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    // The image starts the launcher with its own stop signal, which the launcher does not pass on.
    assert!(
        ran.stdout.contains("/usr/bin/our-init /usr/bin/our-server"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("SIGINT to PID 1"), "{}", ran.stdout);
    let known = folder.run(&[
        "knows",
        "our-init",
        "our-server",
        "registry.example.com/base",
    ]);
    assert_eq!(known.status, 0, "{}", known.stderr);
}

#[test]
fn the_examples_start_the_same_server() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    let first =
        fs::read_to_string(root.join("01-script-without-exec/main.go")).expect("it is there");
    for example in fs::read_dir(&root).expect("the examples are there") {
        let path = example.expect("readable").path().join("main.go");
        if let Ok(text) = fs::read_to_string(&path) {
            assert_eq!(text, first, "{}", path.display());
        }
    }
}

/// The statuses that a gate relies on, and the variables that count, stand behind the options.
#[test]
fn help_tells_the_exit_statuses_and_the_variables() {
    let folder = Folder::new("help");
    for (command, told, not_told) in [
        ("check", vec!["  1  findings", "PIDONE_FAIL_ON"], None),
        (
            "trace",
            vec!["  0  the verdicts are told", "PIDONE_GRACE"],
            Some("PIDONE_FAIL_ON"),
        ),
    ] {
        let help = folder.run(&[command, "--help"]).stdout;
        for words in told.iter().chain(&["Exit status:", "Environment:"]) {
            assert!(help.contains(words), "{command}: {words}\n{help}");
        }
        assert!(not_told.is_none_or(|words| !help.contains(words)), "{help}");
    }
}
