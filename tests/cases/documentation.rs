//! The examples in the rules' documentation do what it says.

use std::fs;
use std::path::PathBuf;

use pidone::analyze::Options;
use pidone::fix::{Applicability, Input, Workspace, may_fix};
use pidone::rules::{self, Finding, HEADINGS, Rule};

use crate::answers::{context, run};
use crate::markdown::{Block, blocks, root};

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
