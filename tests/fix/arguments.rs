//! Random start-ups: the application gets the same words, directory, variables and status after a safe fix.
//!
//! `PIDONE_RANDOM` says how many commands are drawn. What the real shell passes is compared before and after.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use pidone::analyze::Options;
use pidone::fix::{Applicability, Input, fix_all};
use pidone::source::{Disk, MemoryDisk};

use crate::tree::Tree;

/// How many start-ups are fixed in one run.
const COMMANDS: usize = 40;
/// How many are drawn unless `PIDONE_RANDOM` says otherwise.
const DRAWN: usize = 1_000;
/// The application tells what it was given, and ends with a status of its own.
const PRINT: &str = "#!/bin/sh\n{ printf '%s\\0' \"$PWD\" \"$A\" \"$B\"; for word; do printf '%s\\0' \"$word\"; done; } > \"$TOLD\"\nexit 7\n";

/// A word as people write it, quotes and escapes and all.
fn plain_word() -> impl Strategy<Value = String> {
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

/// A word that the shell has to look at.
fn word() -> impl Strategy<Value = String> {
    let expanded = prop_oneof![
        Just("$X"),
        Just("\"$X\""),
        Just("${NONE:-a b}"),
        Just("\"${X#a}\""),
        Just("*.txt"),
        Just("~/x"),
        Just("{a,b}"),
        Just("$(echo c d)"),
        Just("`echo e`"),
        Just("$((1+2))"),
        Just("[a-c]*"),
        Just("\"$@\""),
        Just("$'q'"),
        Just("$1"),
    ];
    prop_oneof![6 => plain_word(), 1 => expanded.prop_map(str::to_owned)]
}

/// A line that starts the application.
fn line() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        2 => proptest::collection::vec(plain_word(), 0..6),
        1 => proptest::collection::vec(word(), 0..6),
    ];
    let before = prop_oneof![
        6 => Just(""),
        1 => Just("cd sub && "),
        1 => Just("A=1 "),
        1 => Just("export B='x y'; "),
        1 => Just("ulimit -n 64; A=$X "),
        1 => Just("set -e; "),
        1 => Just("true && "),
    ];
    let after = prop_oneof![
        8 => Just(""),
        1 => Just(" 2>&1"),
        1 => Just(" >/dev/null"),
        1 => Just("; exit $?"),
        1 => Just(" # why"),
    ];
    (before, words, after).prop_map(|(before, words, after)| {
        // `$$` is another number in each run.
        let words = words.join(" ").replace("$$", "$.");
        // A backslash with blanks behind it continues an instruction.
        let words = match words.trim_end().ends_with('\\') {
            true => format!("{words}x"),
            false => words,
        };
        format!("{before}/app {words}{after}")
    })
}

/// Where the line stands.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// The text of CMD.
    Instruction,
    /// A word of CMD after `sh -c`.
    CommandString,
    /// The last line of a script.
    Script(&'static str),
    /// In a function, or a branch, of a script.
    Nested(&'static str),
}

fn form() -> impl Strategy<Value = Form> {
    let shell = || prop_oneof![Just("sh"), Just("bash")];
    prop_oneof![
        4 => Just(Form::Instruction),
        1 => Just(Form::CommandString),
        1 => shell().prop_map(Form::Script),
        1 => shell().prop_map(Form::Nested),
    ]
}

#[derive(Clone, Debug)]
struct Case {
    form: Form,
    line: String,
    arguments: Vec<String>,
}

impl Case {
    /// The Dockerfile and the script.
    fn files(&self) -> (String, String) {
        let head = "FROM debian:12-slim\nCOPY app /app\nCOPY start.sh /start.sh\n";
        let line = &self.line;
        let mut argv: Vec<&str> = match self.form {
            Form::Instruction => return (format!("{head}CMD {line}\n"), String::new()),
            Form::CommandString => vec!["/bin/sh", "-c", line, "sh"],
            Form::Script(_) | Form::Nested(_) => vec!["/start.sh"],
        };
        argv.extend(self.arguments.iter().map(String::as_str));
        let json = serde_json::to_string(&argv).expect("strings serialise");
        let script = match self.form {
            Form::Script(shell) => format!("#!/bin/{shell}\nX=\"$X c\"\n{line}\n"),
            Form::Nested(shell) => format!(
                "#!/bin/{shell}\nmain() {{\n  if [ -n \"$X\" ]; then\n    {line}\n  fi\n}}\nmain \"$@\"\n"
            ),
            _ => String::new(),
        };
        (format!("{head}CMD {json}\n"), script)
    }
}

fn case() -> impl Strategy<Value = Case> {
    let arguments = proptest::collection::vec(
        prop_oneof![3 => "[a-z]{1,4}", 1 => Just(String::new()), 1 => "[ -~é]{0,6}"],
        0..3,
    );
    (form(), line(), arguments).prop_map(|(form, line, arguments)| Case {
        form,
        line,
        arguments,
    })
}

/// The files after all safe fixes.
fn fix(cases: &[Case]) -> Vec<(String, String)> {
    let mut disk = MemoryDisk::new();
    let mut inputs = Vec::new();
    let mut files = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let (dockerfile, script) = case.files();
        let shown = format!("{index}/Dockerfile");
        disk = disk
            .script(format!("{index}/app"), "\x7fELF\0")
            .script(format!("{index}/start.sh"), script.clone())
            .file(&*shown, dockerfile.clone());
        inputs.push(Input {
            options: Options::default(),
            place: Ok(PathBuf::from(&shown)),
            shown,
        });
        files.push((dockerfile, script));
    }
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let safe = Applicability::Safe;
    let fixed = fix_all(
        &disk,
        &inputs,
        safe,
        &|_| true,
        &|_| true,
        &|indexes, plan| indexes.iter().map(|index| plan(*index)).collect(),
    );
    for (path, (_, text)) in fixed.files {
        let (index, name) = path.split_once('/').expect("each has a directory");
        let (dockerfile, script) = &mut files[index.parse::<usize>().expect("a number")];
        *match name {
            "Dockerfile" => dockerfile,
            _ => script,
        } = text;
    }
    files
}

/// A directory with what the words may expand to, and the application that tells.
struct Rig(Tree);

impl Rig {
    fn new() -> Rig {
        let tree = Tree::new("argv");
        tree.file("print", PRINT);
        std::fs::create_dir_all(tree.path("work/sub")).expect("the directory can be made");
        for name in ["work/a.txt", "work/b c.txt", "work/sub/d.txt"] {
            tree.file(name, "");
        }
        Rig(tree)
    }

    /// What the application says that it was given, and the status that it ended with.
    fn run(&self, dockerfile: &str, script: &str) -> (Option<i32>, Vec<u8>) {
        let print = self.0.path("print").display().to_string();
        let here = |text: &str| text.replace("/app", &print);
        self.0.file("start.sh", here(script));
        let last = dockerfile.lines().last().unwrap_or_default();
        let text = last.strip_prefix("CMD ").unwrap_or_default().trim_end();
        let words: Vec<String> = match serde_json::from_str::<Vec<String>>(text) {
            Ok(words) => words,
            Err(_) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()],
        };
        let words: Vec<String> = words
            .iter()
            .map(|word| match word.as_str() {
                "/start.sh" => self.0.path("start.sh").display().to_string(),
                "/bin/sh" => "dash".to_owned(),
                word => here(word),
            })
            .collect();
        let told = self.0.path("told");
        let _ = std::fs::remove_file(&told);
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .current_dir(self.0.path("work"))
            .env("X", "a  b *")
            .env("HOME", "/home/me")
            .env("TOLD", &told);
        let output = loop {
            match command.output() {
                // A process that another thread is about to start holds the script that was just written open.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => continue,
                output => break output,
            }
        };
        let status = output.ok().and_then(|output| output.status.code());
        (status, read(&told))
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

#[test]
fn a_safe_fix_changes_nothing_but_the_signal() {
    let drawn = std::env::var("PIDONE_RANDOM").ok();
    let drawn = drawn.map_or(DRAWN, |text| text.parse().expect("a number of commands"));
    let rig = Rig::new();
    let changed = AtomicUsize::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: drawn.div_ceil(COMMANDS) as u32,
        failure_persistence: None,
        // Each start-up stands for itself: the message shows the one that went wrong.
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    });
    let result = runner.run(&proptest::collection::vec(case(), COMMANDS), |cases| {
        for (case, (dockerfile, script)) in cases.iter().zip(fix(&cases)) {
            let (old_dockerfile, old_script) = case.files();
            if (&dockerfile, &script) == (&old_dockerfile, &old_script) {
                continue;
            }
            changed.fetch_add(1, Ordering::Relaxed);
            let before = rig.run(&old_dockerfile, &old_script);
            let after = rig.run(&dockerfile, &script);
            if before != after {
                let show = |(status, told): &(Option<i32>, Vec<u8>)| {
                    format!("{status:?} {:?}", String::from_utf8_lossy(told))
                };
                return Err(TestCaseError::fail(format!(
                    "{case:?}\n{}\nbecame\n{dockerfile}{script}{}",
                    show(&before),
                    show(&after)
                )));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let changed = changed.into_inner();
    println!("{changed} of {drawn} random start-ups were changed by safe fixes");
    assert!(
        changed > drawn / 4,
        "only {changed} of {drawn} were changed"
    );
}
