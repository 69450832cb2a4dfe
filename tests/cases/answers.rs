//! What pidone answers to a case, as its blocks show it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pidone::analyze::{self, Analysis, Options, Target, Targets};
use pidone::fix::{Applicability, Fixes, Input, fix_all, unified_diff};
use pidone::rules;
use pidone::source::{Disk, MemoryDisk, Span};
use pidone::stop::{Path as Way, ProcessTree, Verdict};

use crate::markdown::Block;

const NATIVE: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0";

pub(crate) fn answers(blocks: &[Block]) -> Vec<(&'static str, String)> {
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

pub(crate) fn run(blocks: &[Block]) -> Vec<Analysis> {
    let (disk, dockerfiles) = context(blocks);
    let options = options(blocks);
    let analyses = dockerfiles.iter().map(|name| {
        let analysis = analyze::analyze(&disk, Path::new(name), name, &options);
        analysis.expect("a file of the case can be read")
    });
    analyses.collect()
}

/// The files of a case, and which of them are Dockerfiles.
pub(crate) fn context(blocks: &[Block]) -> (Arc<dyn Disk>, Vec<String>) {
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
