//! `trace` as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.

use std::fmt::Write;

use super::Run;
use super::drawing::{Mood, mark, mood, sentence, stop_signal, words_of};
use crate::analyze::Target;
use crate::stop::{Path, ProcessTree};

const CLASSES: &str = "  classDef good stroke:#2da44e,stroke-width:2px\n  \
     classDef bad stroke:#cf222e,stroke-width:2px,stroke-dasharray:5 3\n  \
     classDef unsure stroke:#bf8700,stroke-width:2px\n  \
     classDef plain stroke:#8c959f\n  \
     classDef when fill:none,stroke:none\n";

/// One flowchart with a box for each way through each start-up.
pub fn trace_mermaid(run: &Run) -> String {
    let mut out = String::from("flowchart LR\n");
    out.push_str(CLASSES);
    let targets = run.analyses.iter().flat_map(|analysis| &analysis.targets);
    let mut next = 0;
    for target in targets {
        let several = target.paths.len() > 1;
        for (index, path) in target.paths.iter().enumerate() {
            next += 1;
            let way = match several {
                true => format!(", way {} of {}", index + 1, target.paths.len()),
                false => String::new(),
            };
            let title = format!("{}{way}", target.title());
            let _ = writeln!(out, "  subgraph way{next}[\"{}\"]", text(&title));
            write_path(&mut out, target, path, next);
            out.push_str("  end\n");
        }
    }
    out
}

fn write_path(out: &mut String, target: &Target, path: &Path, way: usize) {
    let when: Vec<String> = path
        .when
        .iter()
        .map(|condition| format!("when {}", condition.text))
        .collect();
    if !when.is_empty() {
        let when = text(&when.join("\n"));
        let _ = writeln!(out, "    w{way}w[\"{when}\"]:::when");
    }
    let verdict = format!("{}: {}", path.verdict.word(), sentence(target, Some(path)));
    let class = mood(path.verdict).class();
    let _ = writeln!(out, "    w{way}v([\"{}\"]):::{class}", text(&verdict));
    let Some(root) = &path.processes else {
        return;
    };
    let signal = stop_signal(target);
    let _ = writeln!(out, "    w{way}s{{{{\"{}\"}}}} ==> w{way}p0", text(&signal));
    let mut open: Vec<(&ProcessTree, Option<usize>)> = vec![(root, None)];
    let mut number = 0;
    while let Some((tree, parent)) = open.pop() {
        let mark = mark(tree, path, parent.is_none());
        let (mood, words) = mark.unwrap_or((Mood::Plain, String::new()));
        let line = match words.as_str() {
            "" => format!("{} {}", tree.pid, words_of(tree)),
            words => format!("{} {}\n{words}", tree.pid, words_of(tree)),
        };
        let class = mood.class();
        let _ = writeln!(out, "    w{way}p{number}[\"{}\"]:::{class}", text(&line));
        if let Some(parent) = parent {
            // A thick line is the signal's way.
            let arrow = match tree.receives.is_some() {
                true => "==>",
                false => "-.-",
            };
            let _ = writeln!(out, "    w{way}p{parent} {arrow} w{way}p{number}");
        }
        let children = tree.children.iter().rev();
        open.extend(children.map(|child| (child, Some(number))));
        number += 1;
    }
}

/// Text inside a quoted label: Mermaid's own entities for what would end it or be taken for markup.
fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '\n' => out.push_str("<br/>"),
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '*' | '_' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_flowchart_has_the_signals_way_and_no_markup_of_the_file() {
        let chart = trace_mermaid(&sample::run());
        assert!(chart.starts_with("flowchart LR\n"), "{chart}");
        for line in [
            "  subgraph way1[\"svc/Dockerfile, way 1 of 2\"]",
            "    w1s{{\"SIGTERM\"}} ==> w1p0",
            "    w1p0[\"1 /bin/sh /start.sh (dash)<br/>✗ drops it\"]:::bad",
            "    w1p0 -.- w1p1",
            "    w1w[\"when #96;$MODE#96; is empty\"]:::when",
        ] {
            assert!(chart.lines().any(|known| known == line), "{line}\n{chart}");
        }
        let opened = chart.matches("subgraph").count();
        assert_eq!(
            opened,
            chart.lines().filter(|line| *line == "  end").count()
        );
        assert_eq!(text("a\"]\n#b"), "a#34;]<br/>#35;b");
    }
}
