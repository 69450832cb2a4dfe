//! `trace` as a picture: the process tree with the signal's way, readable on light and dark pages.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::Run;
use super::drawing::{Mood, mark, mood, sentence, stop_signal, words_of};
use super::place::short;
use super::words::{printable, xml};
use crate::analyze::Target;
use crate::source::Span;
use crate::stop::{Path, ProcessTree};

/// Width of a character in the monospace faces of browsers at 13 px, a little on the safe side.
const CHARACTER: f64 = 7.9;
const MARGIN: f64 = 24.0;
/// Height of a line of text, of a process, and of the gap below it.
const LINE: f64 = 20.0;
const BOX: f64 = 30.0;
const GAP: f64 = 14.0;
/// How far children stand to the right of their parent.
const INDENT: f64 = 36.0;
/// Longer text goes on in the next line, and a longer command is cut: a picture has no scroll bar.
const LONGEST: usize = 110;
/// The most lines of one sentence.
const MOST_LINES: usize = 4;

const STYLE: &str = "\
  :root { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --faint: #656d76; \
--box: #f6f8fa; --good: #1a7f37; --bad: #cf222e; --unsure: #9a6700; }
  @media (prefers-color-scheme: dark) { :root { --page: #0d1117; --ink: #e6edf3; --faint: #8d96a0; \
--box: #161b22; --good: #3fb950; --bad: #f85149; --unsure: #d29922; } }
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; \
fill: #1f2328; fill: var(--ink); white-space: pre; }
  .page { fill: #ffffff; fill: var(--page); }
  .title { font-weight: 600; }
  text.plain, .place { fill: #656d76; fill: var(--faint); }
  text.good { fill: #1a7f37; fill: var(--good); }
  text.bad { fill: #cf222e; fill: var(--bad); }
  text.unsure { fill: #9a6700; fill: var(--unsure); }
  rect.process { fill: #f6f8fa; fill: var(--box); stroke-width: 1.5; }
  .process.plain, .way.plain { stroke: #656d76; stroke: var(--faint); }
  .process.good, .way.good { stroke: #1a7f37; stroke: var(--good); }
  .process.bad, .way.bad { stroke: #cf222e; stroke: var(--bad); }
  .process.unsure, .way.unsure { stroke: #9a6700; stroke: var(--unsure); }
  .way { fill: none; stroke-width: 2; }
  .way.plain { stroke-width: 1.2; stroke-dasharray: 3 4; }
  .head { fill: #1a7f37; fill: var(--good); }
";

/// One picture of every way through every start-up.
pub fn trace_svg(run: &Run) -> String {
    let mut picture = Picture {
        body: String::new(),
        width: 320.0,
        y: MARGIN,
    };
    for target in run.analyses.iter().flat_map(|analysis| &analysis.targets) {
        picture.target(target);
    }
    let (width, height) = (picture.width + MARGIN, picture.y + MARGIN / 2.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>The way of the stop signal</title>\n<style>\n{STYLE}</style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path class=\"head\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n{}</svg>\n",
        picture.body
    )
}

struct Picture {
    body: String,
    width: f64,
    /// Where the next line goes.
    y: f64,
}

impl Picture {
    fn target(&mut self, target: &Target) {
        let base = target.base.as_deref();
        let base = base.map_or(String::new(), |base| format!("  FROM {base}"));
        self.line("title", &format!("{}{base}", target.title()));
        if target.paths.is_empty() {
            let verdict = format!("{}: {}", target.verdict.word(), sentence(target, None));
            self.line(mood(target.verdict).class(), &verdict);
        }
        let count = target.paths.len();
        for (index, path) in target.paths.iter().enumerate() {
            if count > 1 {
                self.y += GAP / 2.0;
                self.line("title", &format!("way {} of {count}", index + 1));
            }
            self.path(target, path);
        }
        self.y += GAP;
    }

    fn path(&mut self, target: &Target, path: &Path) {
        let when = path.when.iter().map(|condition| {
            let words = format!("when {}", condition.text);
            ("", words, condition.span.as_ref())
        });
        self.lines(when.collect());
        if let Some(root) = &path.processes {
            self.y += GAP / 2.0;
            self.tree(target, path, root);
        }
        let verdict = format!("{}: {}", path.verdict.word(), sentence(target, Some(path)));
        self.line(mood(path.verdict).class(), &verdict);
        let route = path
            .route
            .iter()
            .map(|step| ("plain", step.text.clone(), step.span.as_ref()));
        let assumed = path.assumptions.iter().map(|assumption| {
            let words = format!("assumed: {}", assumption.text);
            ("plain", words, assumption.span.as_ref())
        });
        let missing = path.missing.iter().map(|missing| {
            let words = format!("missing: {}", missing.text);
            ("unsure", words, missing.span.as_ref())
        });
        self.lines(route.chain(assumed).chain(missing).collect());
        self.y += GAP;
    }

    fn tree(&mut self, target: &Target, path: &Path, root: &ProcessTree) {
        let signal = stop_signal(target);
        let pill = width(&signal) + 24.0;
        let left = MARGIN + pill + 44.0;
        let middle = self.y + BOX / 2.0;
        let _ = writeln!(
            self.body,
            "<rect class=\"process good\" x=\"{MARGIN:.1}\" y=\"{:.1}\" width=\"{pill:.1}\" height=\"{BOX:.1}\" rx=\"15\"/>",
            self.y
        );
        self.text("good", MARGIN + 12.0, middle + 4.5, &signal);
        let _ = writeln!(
            self.body,
            "<path class=\"way good\" marker-end=\"url(#head)\" d=\"M{:.1} {middle:.1} H{:.1}\"/>",
            MARGIN + pill,
            left - 2.0
        );
        // A process, how deep it stands, and where its parent's box ends below.
        let mut open: Vec<(&ProcessTree, usize, Option<f64>)> = vec![(root, 0, None)];
        while let Some((tree, depth, parent)) = open.pop() {
            let x = left + INDENT * depth as f64;
            let mark = mark(tree, path, depth == 0);
            let (mood, words) = mark.unwrap_or((Mood::Plain, String::new()));
            if let Some(top) = parent {
                // The signal's way is drawn through; a child that hears nothing hangs on dots.
                let (class, end) = match tree.receives.is_some() {
                    true => ("good", " marker-end=\"url(#head)\""),
                    false => ("plain", ""),
                };
                let from = x - INDENT + 16.0;
                let middle = self.y + BOX / 2.0;
                let _ = writeln!(
                    self.body,
                    "<path class=\"way {class}\"{end} d=\"M{from:.1} {top:.1} V{middle:.1} H{:.1}\"/>",
                    x - 2.0
                );
            }
            self.process(tree, mood, &words, x);
            let bottom = self.y + BOX;
            self.y += BOX + GAP;
            let children = tree.children.iter().rev();
            open.extend(children.map(|child| (child, depth + 1, Some(bottom))));
        }
        self.y += GAP / 2.0;
    }

    fn process(&mut self, tree: &ProcessTree, mood: Mood, words: &str, x: f64) {
        let line = cut(&format!("{} {}", tree.pid, words_of(tree)));
        let wide = width(&line) + 24.0;
        let _ = writeln!(
            self.body,
            "<rect class=\"process {}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{BOX:.1}\" rx=\"6\"/>",
            mood.class(),
            self.y
        );
        let base = self.y + BOX / 2.0 + 4.5;
        self.text("", x + 12.0, base, &line);
        self.text(mood.class(), x + wide + 12.0, base, words);
    }

    /// A line of text, or as many as it takes.
    fn line(&mut self, class: &str, words: &str) {
        for (index, line) in wrapped(words).iter().enumerate() {
            let left = if index == 0 { MARGIN } else { 1.5 * MARGIN };
            self.text(class, left, self.y + 14.0, line);
            self.y += LINE;
        }
    }

    /// Lines of text, with their places in a column behind them.
    fn lines(&mut self, lines: Vec<(&str, String, Option<&Span>)>) {
        let with_place = lines.iter().filter(|(_, _, span)| span.is_some());
        let first = with_place.filter_map(|(_, words, _)| wrapped(words).into_iter().next());
        let widths = first.map(|words| width(&words));
        let column = MARGIN + widths.fold(0.0, f64::max) + 16.0;
        for (class, words, span) in lines {
            if let Some(span) = span {
                self.text("place", column, self.y + 14.0, &cut(&short(span)));
            }
            self.line(class, &words);
        }
    }

    fn text(&mut self, class: &str, x: f64, y: f64, words: &str) {
        if words.is_empty() {
            return;
        }
        self.width = self.width.max(x + width(words));
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            xml(words)
        );
    }
}

fn width(words: &str) -> f64 {
    // Letters of East Asia take two columns.
    words.width() as f64 * CHARACTER
}

/// A sentence in lines that are not too long, broken at blanks where there are some.
fn wrapped(words: &str) -> Vec<String> {
    let words = printable(words);
    let mut lines = Vec::new();
    let mut rest = words.trim_end();
    while let Some((end, _)) = rest.char_indices().nth(LONGEST) {
        let blank = rest[..end].rfind(' ').filter(|at| *at > end / 2);
        let (line, next) = match blank {
            Some(blank) if lines.len() + 1 < MOST_LINES => rest.split_at(blank),
            _ => break,
        };
        lines.push(line.to_owned());
        rest = next.trim_start();
    }
    lines.push(cut(rest));
    lines
}

fn cut(words: &str) -> String {
    let words = printable(words);
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample;
    use super::*;

    #[test]
    fn long_sentences_go_on_in_the_next_line() {
        let words = ["word"; 50].join(" ");
        let lines = wrapped(&words);
        assert!(lines.iter().all(|line| line.chars().count() <= LONGEST));
        assert_eq!((lines.len(), lines.join(" ")), (3, words));
        let lines = wrapped(&["word"; 500].join(" "));
        assert_eq!(lines.len(), MOST_LINES);
        assert!(lines[MOST_LINES - 1].ends_with('…'));
        let name = "x".repeat(300);
        assert_eq!(wrapped(&name), [cut(&name)]);
    }

    #[test]
    fn the_picture_has_every_process_and_is_closed_xml() {
        let mut run = sample::run();
        let analysis = Arc::get_mut(&mut run.analyses[0]).expect("nobody else has it");
        let tree = analysis.targets[0].paths[0].processes.as_mut();
        tree.expect("it is there").argv[1] = Some("</text><script>".to_owned());
        let picture = trace_svg(&run);
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        assert!(!picture.contains("<script"), "{picture}");
        assert_eq!(picture.matches("<rect class=\"process").count(), 5);
        assert_eq!(
            picture.matches("<text").count(),
            picture.matches("</text>").count()
        );
        for words in ["way 2 of 2", "assumed: `/demo/app` handles SIGTERM"] {
            assert!(picture.contains(&format!(">{words}</text>")), "{words}");
        }
        // One arrow for each way that the signal takes: to PID 1, twice.
        assert_eq!(picture.matches("marker-end").count(), 2);
    }
}
