//! Findings for people: code frames over as many files as a finding has places.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::place::short;
use super::style::{BAD, BOLD, DIM, Paint, UNSURE};
use super::summary::Summary;
use super::words::printable;
use crate::config::Problem;
use crate::rules::{Finding, Place, Severity};

/// Lines shown before and after a place.
const CONTEXT: usize = 1;
/// A place with more lines is shown by its first one alone.
const TALLEST: usize = 8;
/// Columns of a frame: wide enough for a command line, narrow enough for a log.
const WIDTH: usize = 120;

/// Findings as code frames, and the summary if there is to be one. Contains ANSI styles; whoever prints it
/// strips them where they are not wanted.
pub fn check_text(findings: &[Finding], summary: Option<&Summary>) -> String {
    let renderer = Renderer::styled().term_width(WIDTH);
    let mut out = String::new();
    for finding in findings {
        out.push_str(&frame(&renderer, finding));
        out.push_str("\n\n");
    }
    with_line(out, summary)
}

fn with_line(mut out: String, summary: Option<&Summary>) -> String {
    if let Some(summary) = summary {
        out.push_str(&summary.line());
        out.push('\n');
    }
    out
}

/// One line a finding: `file:line:column: severity[rule] title`, and the summary if there is to be one.
pub fn check_concise(findings: &[Finding], summary: Option<&Summary>) -> String {
    let mut out = String::new();
    for finding in findings {
        let style = match finding.severity {
            Severity::Error => BAD,
            Severity::Warning => UNSURE,
            Severity::Note => BOLD,
        };
        let place = short(&finding.primary.span);
        let severity = finding.severity.word().paint(style);
        let rule = finding.rule.id.paint(DIM);
        out.push_str(&format!(
            "{place}: {severity}[{rule}] {}\n",
            printable(&finding.title)
        ));
    }
    with_line(out, summary)
}

/// A mistake in a configuration file, as a code frame without the word `error` in front.
pub fn config_problem(problem: &Problem) -> String {
    let span = &problem.span;
    let places = [Place {
        span: span.clone(),
        label: String::new(),
    }];
    let path = span.source.path();
    let mut text = format!("{}: {}", short(span), problem.message);
    if !span.source.text().is_empty() {
        let snippet = snippet(path, &[(&places[0], AnnotationKind::Primary)]);
        let group = Group::with_level(Level::ERROR).element(snippet);
        let frame = Renderer::styled().term_width(WIDTH).render(&[group]);
        text.push_str(&format!("\n{frame}"));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("\n{help}"));
    }
    text
}

fn frame(renderer: &Renderer, finding: &Finding) -> String {
    let finding = &shown(finding);
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(&finding.title).id(finding.rule.id);
    let mut group = Group::with_title(title);
    if finding.primary.span.source.text().is_empty() {
        group = group.element(Origin::path(printable(finding.primary.span.source.path())));
    } else {
        for snippet in snippets(finding) {
            group = group.element(snippet);
        }
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// The finding with words that a terminal can take; the renderer sees to the lines of files alone.
fn shown(finding: &Finding) -> Finding {
    let mut shown = finding.clone();
    shown.title = printable(&shown.title);
    for place in std::iter::once(&mut shown.primary).chain(&mut shown.related) {
        place.label = printable(&place.label);
    }
    for text in shown.notes.iter_mut().chain(&mut shown.help) {
        *text = printable(text);
    }
    shown
}

/// One snippet for each file, the primary place's first; places of one file share a snippet.
fn snippets(finding: &Finding) -> Vec<Snippet<'_, Annotation<'_>>> {
    let primary = std::iter::once((&finding.primary, AnnotationKind::Primary));
    // A related place without words that encloses the primary one would only draw lines.
    let related = finding
        .related
        .iter()
        .filter(|place| !place.label.is_empty());
    let related = related.map(|place| (place, AnnotationKind::Context));
    let mut files: Vec<(&str, Vec<(&Place, AnnotationKind)>)> = Vec::new();
    for (place, kind) in primary.chain(related) {
        let path = place.span.source.path();
        match files.iter_mut().find(|(known, _)| *known == path) {
            Some((_, places)) => places.push((place, kind)),
            None => files.push((path, vec![(place, kind)])),
        }
    }
    files
        .into_iter()
        .map(|(path, places)| snippet(path, &places))
        .collect()
}

fn snippet<'a>(path: &str, places: &[(&'a Place, AnnotationKind)]) -> Snippet<'a, Annotation<'a>> {
    let source = &places[0].0.span.source;
    let text = source.text();
    // The renderer reads all the text that it is given: hand it the part that matters.
    let first = places.iter().map(|(place, _)| place.span.start).min();
    let last = places.iter().map(|(place, _)| place.span.end).max();
    let window = window(text, first.unwrap_or(0)..last.unwrap_or(0));
    let (line_start, _) = source.line_column(window.start);
    let annotations = places.iter().map(|(place, kind)| {
        let range = visible(text, place.span.start..place.span.end);
        let inside = range.start - window.start..range.end - window.start;
        let label = (!place.label.is_empty()).then_some(place.label.as_str());
        kind.span(inside).label(label)
    });
    let annotations: Vec<_> = annotations.collect();
    Snippet::source(&text[window])
        .line_start(line_start)
        .path(printable(path))
        .annotations(annotations)
}

/// The lines around a range.
fn window(text: &str, range: Range<usize>) -> Range<usize> {
    let mut start = range.start.min(text.len());
    for _ in 0..=CONTEXT {
        start = text[..start].rfind('\n').unwrap_or(0);
    }
    if start > 0 {
        start += 1;
    }
    let mut end = range.end.min(text.len());
    for _ in 0..=CONTEXT {
        end += text[end..].find('\n').map_or(text.len() - end, |at| at + 1);
    }
    start..end
}

/// A place's range, cut to its first line when it is tall.
fn visible(text: &str, range: Range<usize>) -> Range<usize> {
    let range = range.start.min(text.len())..range.end.min(text.len());
    let lines = text[range.clone()].lines();
    if lines.clone().count() <= TALLEST {
        return range;
    }
    let first = lines.clone().next().map_or(0, str::len);
    range.start..range.start + first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_a_line_before_and_after() {
        let text = "one\ntwo\nthree\nfour\nfive";
        assert_eq!(&text[window(text, 9..10)], "two\nthree\nfour\n");
        assert_eq!(&text[window(text, 0..3)], "one\ntwo\n");
        assert_eq!(&text[window(text, 20..23)], "four\nfive");
        assert_eq!(&text[window(text, 0..0)], "one\ntwo\n");
    }

    #[test]
    fn a_frame_shows_the_script_and_the_instruction_that_leads_there() {
        let run = super::super::sample::run();
        let findings = crate::rules::check(&run.analyses[0].targets[0]);
        let text = check_text(&findings, Some(&Summary::of(&run, &findings, 0)));
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            "\
warning[script-without-exec]: `/demo/app --port 80` is started without `exec`
 --> svc/start.sh:3:1
  |
3 | /demo/app --port 80
  | ^^^^^^^^^^^^^^^^^^^ runs as a child of `dash`, which stays PID 1
  |
 ::: svc/Dockerfile:3:1
  |
3 | CMD [\"/bin/sh\", \"/start.sh\"]
  | ---------------------------- this CMD makes `dash` PID 1
  |
  = note: on stop: nobody stops on SIGTERM; SIGKILL after 10 s, when `$MODE` is empty
  = help: write `exec /demo/app --port 80`, so that it replaces the shell

1 warning; 1 judged
"
        );
    }
}
