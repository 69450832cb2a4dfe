//! Literate cases: `tests/cases/*.md`, and the examples in the rules' documentation.
//!
//! A case is a section with a heading. Its fenced blocks with a file name are files of the build
//! context (`sh start.sh 755`: language, name, mode); `options` holds command-line words
//! (`--target all`); `trace` and `findings` are what pidone must answer, `diff` what all its fixes change, the unsafe
//! ones too, where a case has such a block. `PIDONE_UPDATE=1 cargo test --test cases` writes the answers: read the diff before committing it. Every context also has
//! native programs named `app`, `app2` and `worker`, unless the case gives files of these names.

#![allow(
    clippy::disallowed_methods,
    reason = "this test reads and updates its cases"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pidone::analyze::{self, Analysis, Options, Target, Targets};
use pidone::fix::{Applicability, Fixes, Input, Workspace, fix_all, may_fix, unified_diff};
use pidone::rules::{self, Finding, HEADINGS, Rule};
use pidone::source::{Disk, MemoryDisk, Span};
use pidone::stop::{Path as Way, ProcessTree, Verdict};

const NATIVE: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0";

#[test]
fn literate_cases() {
    let update = std::env::var_os("PIDONE_UPDATE").is_some();
    let mut failures = String::new();
    let mut count = 0;
    for path in case_files() {
        let text = fs::read_to_string(&path).expect("cases are UTF-8");
        let mut updated = String::new();
        for section in sections(&text) {
            let blocks = blocks(section);
            if !blocks.iter().any(|block| block.file.is_some()) {
                updated.push_str(section);
                continue;
            }
            count += 1;
            let answers = answers(&blocks);
            for (language, actual) in &answers {
                let expected = blocks.iter().find(|block| block.language == *language);
                // A case without findings has no block for them.
                let expected = match expected {
                    Some(block) => Some(block.body.as_str()),
                    None if *language == "findings" => Some(""),
                    None => None,
                };
                if expected.is_some_and(|expected| expected != actual) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let heading = section.lines().next().unwrap_or("");
                    let expected = expected.unwrap_or("");
                    let _ = writeln!(
                        failures,
                        "{name} {heading}: {language}\n--- expected\n{expected}--- actual\n{actual}"
                    );
                }
            }
            let complete = answers.iter().all(|(language, _)| {
                *language == "findings" || blocks.iter().any(|block| block.language == *language)
            });
            if !complete && !update {
                let heading = section.lines().next().unwrap_or("");
                let _ = writeln!(
                    failures,
                    "{heading}: no answers yet, run with PIDONE_UPDATE=1"
                );
            }
            updated.push_str(&with_answers(section, &answers));
        }
        if update && updated != text {
            fs::write(&path, updated).expect("the case can be written");
        }
    }
    assert!(count > 0, "there are cases");
    assert!(update || failures.is_empty(), "{failures}");
}

#[test]
fn every_rule_is_documented_and_its_examples_do_what_they_say() {
    let mut wrong = Vec::new();
    for rule in rules::ALL {
        let id = rule.id;
        let file = format!("src/rules/{}.rs", id.replace('-', "_"));
        if !root().join(&file).exists() {
            wrong.push(format!("{id}: the rule is not in {file}"));
        }
        let manual = rule.manual();
        let headings: Vec<&str> = manual
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        if headings != HEADINGS {
            wrong.push(format!("{id}: headings {headings:?}"));
            continue;
        }
        // A file that cannot be read is no text, and comments are weighed against a whole run: the tests of
        // the command line have these cases.
        if ["unreadable-file", "unused-ignore"].contains(&id) {
            continue;
        }
        let bad = findings_of_example(rule, &manual, "Example");
        if !bad.iter().any(|finding| finding.rule.id == id) {
            wrong.push(format!("{id}: the example is not found"));
        }
        let (said, example) = (said_of_fix(&manual), fix_of_example(rule, &manual));
        if said != Some(example) {
            wrong.push(format!(
                "{id}: its fix safety says {said:?}, and it is {example:?}"
            ));
        }
        let good = findings_of_example(rule, &manual, "Use instead");
        for finding in good {
            let title = &finding.title;
            wrong.push(format!(
                "{id}: “use instead” gives {}: {title}",
                finding.rule.id
            ));
        }
    }
    let mut ids: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
    let listed = ids.clone();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, listed, "rules are listed by name, each once");
    let files = fs::read_dir(root().join("src/rules")).expect("the rules are there");
    let declared = files.filter(|file| {
        let path = file.as_ref().expect("a readable entry").path();
        let text = fs::read_to_string(path).expect("sources are UTF-8");
        text.contains("\ndeclare_rule! {")
    });
    assert_eq!(declared.count(), ids.len(), "every declared rule is listed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn findings_of_example(rule: &Rule, manual: &str, heading: &str) -> Vec<Finding> {
    let analyses = run(&example(rule, manual, heading));
    let targets = analyses.iter().flat_map(|analysis| &analysis.targets);
    targets.flat_map(rules::check).collect()
}

/// What a rule's documentation may say of its fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SaidOfFix {
    Never,
    Sometimes,
    Safe,
    Unsafe,
}

/// The first words of the page's part about the fix; each begins in one of four ways.
fn said_of_fix(manual: &str) -> Option<SaidOfFix> {
    let (_, safety) = manual.split_once("## Fix safety\n")?;
    let ways = [
        ("There is no fix", SaidOfFix::Never),
        ("Sometimes there is a fix", SaidOfFix::Sometimes),
        ("The fix is safe", SaidOfFix::Safe),
        ("The fix is unsafe", SaidOfFix::Unsafe),
    ];
    let mut ways = ways.into_iter();
    ways.find_map(|(words, way)| safety.starts_with(words).then_some(way))
}

/// The fix that the page's example gets.
fn fix_of_example(rule: &Rule, manual: &str) -> SaidOfFix {
    let (disk, dockerfiles) = context(&example(rule, manual, "Example"));
    let inputs = dockerfiles.iter().map(|name| Input {
        shown: name.clone(),
        place: Ok(PathBuf::from(name)),
        options: Options::default(),
    });
    let fixes =
        Workspace::new(disk, inputs.collect()).plan(0, &|finding| finding.rule.id == rule.id);
    let findings = findings_of_example(rule, manual, "Example");
    let of_rule = findings.iter().filter(|finding| finding.rule.id == rule.id);
    let mut fixes = of_rule.filter_map(|finding| fixes.of(finding));
    match fixes.next().map(|fix| fix.applicability) {
        Some(Applicability::Safe) => SaidOfFix::Safe,
        Some(_) => SaidOfFix::Unsafe,
        None if may_fix(rule.id) => SaidOfFix::Sometimes,
        None => SaidOfFix::Never,
    }
}

/// The files of an example in a rule's documentation.
fn example(rule: &Rule, manual: &str, heading: &str) -> Vec<Block> {
    let start = manual
        .find(&format!("## {heading}\n"))
        .expect("the heading is there");
    let rest = &manual[start + 3..];
    let section = &rest[..rest.find("\n## ").unwrap_or(rest.len())];
    let blocks = blocks(section);
    assert!(!blocks.is_empty(), "{}: no code under {heading}", rule.id);
    blocks
}

// --- what a case looks like

/// A fenced block.
struct Block {
    language: String,
    /// Name and mode, if it is a file.
    file: Option<(String, u32)>,
    body: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn case_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/cases")).expect("the cases are there");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    paths.sort();
    paths
}

/// The text cut before every `## `; outside of fences only.
fn sections(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut offset = 0;
    let mut in_fence = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            in_fence = !in_fence;
        } else if !in_fence && line.starts_with("## ") && offset > 0 {
            starts.push(offset);
        }
        offset += line.len();
    }
    starts.push(text.len());
    starts
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

fn blocks(section: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in section.split_inclusive('\n') {
        let Some(info) = line.strip_prefix("```") else {
            if open && let Some(block) = blocks.last_mut() {
                block.body.push_str(line);
            }
            continue;
        };
        open = !open;
        if open {
            let mut words = info.split_whitespace();
            let language = words.next().unwrap_or("").to_owned();
            let name = words.next().map(str::to_owned);
            let mode = words.next().map_or(0o644, |mode| {
                u32::from_str_radix(mode, 8).expect("the mode is octal")
            });
            blocks.push(Block {
                language,
                file: name.map(|name| (name, mode)),
                body: String::new(),
            });
        }
    }
    assert!(!open, "a fence is not closed in: {section}");
    blocks
}

fn with_answers(section: &str, answers: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut skipping = false;
    let mut written = Vec::new();
    for line in section.split_inclusive('\n') {
        if let Some(info) = line.strip_prefix("```") {
            if skipping {
                skipping = false;
            } else if let Some((language, body)) = answers.iter().find(|(l, _)| *l == info.trim()) {
                out.push_str(line);
                out.push_str(body);
                written.push(*language);
                skipping = true;
            }
        }
        if !skipping {
            out.push_str(line);
        }
    }
    for (language, body) in answers {
        if !written.contains(language) && !body.is_empty() {
            let trimmed = out.trim_end().len();
            out.truncate(trimmed);
            let _ = write!(out, "\n\n```{language}\n{body}```\n\n");
        }
    }
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    let end = section.len() - section.trim_end().len();
    let end = &section[section.len() - end..];
    out + if end.is_empty() { "\n" } else { end }
}

// --- what pidone answers

fn answers(blocks: &[Block]) -> Vec<(&'static str, String)> {
    let analyses = run(blocks);
    let mut trace = String::new();
    let mut findings = Vec::new();
    for analysis in &analyses {
        for problem in &analysis.problems {
            let place = problem.span.as_ref().map(place).unwrap_or_default();
            let _ = writeln!(trace, "problem: {} {place}", problem.message);
        }
        for target in &analysis.targets {
            write_target(&mut trace, target);
            findings.extend(rules::check(target));
        }
    }
    let mut found = String::new();
    for finding in rules::merge(findings) {
        let span = &finding.primary.span;
        let severity = finding.severity.word();
        let first_line = span.text().lines().next().unwrap_or("").to_owned();
        let _ = writeln!(
            found,
            "{}: {severity} {} `{first_line}`",
            place(span),
            finding.rule.id
        );
        let _ = writeln!(found, "  {}", finding.title);
        for related in finding
            .related
            .iter()
            .filter(|related| !related.label.is_empty())
        {
            let _ = writeln!(found, "  {}: {}", place(&related.span), related.label);
        }
    }
    let mut answers = vec![("trace", trace), ("findings", found)];
    if blocks.iter().any(|block| block.language == "diff") {
        answers.push(("diff", difference(blocks)));
    }
    answers
}

/// The kinds of all fixes, and what they change.
fn difference(blocks: &[Block]) -> String {
    let (disk, dockerfiles) = context(blocks);
    let inputs = dockerfiles.iter().map(|name| Input {
        shown: name.clone(),
        place: Ok(PathBuf::from(name)),
        options: options(blocks),
    });
    let inputs: Vec<Input> = inputs.collect();
    let each = |indexes: &[usize], plan: &(dyn Fn(usize) -> Fixes + Sync)| {
        indexes.iter().map(|index| plan(*index)).collect()
    };
    let fixed = fix_all(
        &disk,
        &inputs,
        Applicability::Unsafe,
        &|_| true,
        &|_| true,
        &each,
    );
    let mut out = String::new();
    for fix in &fixed.applied {
        let _ = writeln!(out, "# {} {}", fix.applicability.word(), fix.kind);
    }
    for (path, (source, new)) in &fixed.files {
        out.push_str(&unified_diff(path, source.text(), new));
    }
    out
}

fn run(blocks: &[Block]) -> Vec<Analysis> {
    let (disk, dockerfiles) = context(blocks);
    let options = options(blocks);
    let analyses = dockerfiles.iter().map(|name| {
        let analysis = analyze::analyze(&disk, Path::new(name), name, &options);
        analysis.expect("a file of the case can be read")
    });
    analyses.collect()
}

/// The files of a case, and which of them are Dockerfiles.
fn context(blocks: &[Block]) -> (Arc<dyn Disk>, Vec<String>) {
    let mut disk = MemoryDisk::new();
    for native in ["app", "app2", "worker"] {
        disk = disk.file_with_mode(native, NATIVE, 0o755);
    }
    let files = blocks
        .iter()
        .filter_map(|block| block.file.as_ref().map(|file| (file, block)));
    let mut dockerfiles = Vec::new();
    for ((name, mode), block) in files {
        disk = disk.file_with_mode(name, block.body.as_bytes(), *mode);
        if name.ends_with("Dockerfile") {
            dockerfiles.push(name.clone());
        }
    }
    (Arc::new(disk), dockerfiles)
}

fn options(blocks: &[Block]) -> Options {
    let mut options = Options::default();
    let given = blocks.iter().filter(|block| block.language == "options");
    let text: String = given.map(|block| block.body.as_str()).collect();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("the option has a value");
        match word {
            "--target" => {
                options.targets = match value() {
                    "all" => Targets::All,
                    name => Targets::Named(name.to_owned()),
                }
            }
            "--build-arg" => {
                let (name, value) = value().split_once('=').expect("NAME=VALUE");
                options
                    .build_args
                    .push((name.to_owned(), Some(value.to_owned())));
            }
            "--grace" => {
                let seconds = value()
                    .parse()
                    .expect("the grace period is a number of seconds");
                options.grace = std::time::Duration::from_secs(seconds);
            }
            "--init" => options.init = true,
            other => panic!("unknown option {other}"),
        }
    }
    options
}

fn place(span: &Span) -> String {
    let (line, column) = span.line_column();
    format!("{}:{line}:{column}", span.source.path())
}

fn write_target(out: &mut String, target: &Target) {
    let file = &target.file;
    let name = target
        .name
        .as_deref()
        .map(|name| format!(" {name}"))
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "{file} stage {}{name}: {}",
        target.stage,
        target.verdict.word()
    );
    for way in &target.paths {
        write_way(out, way);
    }
}

fn write_way(out: &mut String, way: &Way) {
    let delivered = match way.delivered {
        Some(true) => "delivered",
        Some(false) => "not delivered",
        None => "delivery unknown",
    };
    let reaction = way.reaction.word();
    let _ = writeln!(
        out,
        "- {}: {delivered}, reaction {reaction}",
        way.verdict.word()
    );
    for condition in &way.when {
        let _ = writeln!(out, "    when {}", condition.text);
    }
    if let Some(tree) = &way.processes {
        let mut open = vec![(tree, 2)];
        while let Some((tree, depth)) = open.pop() {
            let _ = writeln!(out, "{}{}", "  ".repeat(depth), process(tree));
            open.extend(tree.children.iter().rev().map(|child| (child, depth + 1)));
        }
    }
    for assumption in &way.assumptions {
        let _ = writeln!(
            out,
            "    assumed {}: {}",
            assumption.kind, assumption.subject
        );
    }
    if way.verdict == Verdict::Unknown {
        for missing in &way.missing {
            let _ = writeln!(out, "    missing {}: {}", missing.kind, missing.text);
        }
    }
}

/// `7 app* /demo/app --port 80 <- SIGTERM`; the star marks the application.
fn process(tree: &ProcessTree) -> String {
    let star = if tree.is_application { "*" } else { "" };
    let words = tree.argv.iter().map(|word| match word {
        None => "…".to_owned(),
        Some(word) if word.is_empty() || word.contains(char::is_whitespace) => format!("{word:?}"),
        Some(word) => word.clone(),
    });
    let words = words.collect::<Vec<_>>().join(" ");
    let heard = tree
        .receives
        .map(|signal| format!(" <- {signal}"))
        .unwrap_or_default();
    format!("{} {}{star} {words}{heard}", tree.pid, tree.program)
}
