//! The whole file: lines, directives, instructions and the bodies of here-documents in turn.
//!
//! In: the source. Out: the [`Dockerfile`]. Reading goes forward only, and what BuildKit would
//! refuse costs one instruction. It does not know what instructions mean.

use std::collections::HashMap;
use std::sync::Arc;

use super::derive::Builder;
use super::directives::Head;
use super::heredoc::{self, Marker};
use super::instruction;
use super::lines::{self, Line, Lines, LogicalLine};
use super::{Dockerfile, Form, Heredoc, Instruction, Keyword, Problem};
use crate::source::Source;

/// Reads a whole file.
pub(super) fn read(source: &Arc<Source>) -> Dockerfile {
    let mut reader = Reader {
        source,
        lines: Lines::new(source.text()),
        ends: None,
        problems: Vec::new(),
    };
    let mut head = Head::new();
    let mut instructions = Vec::new();
    let mut comments = Vec::new();
    while let Some(line) = reader.lines.next() {
        let content = &source.text()[line.content.clone()];
        let trimmed = content.trim_start();
        let start = line.content.end - trimmed.len();
        if head.read(trimmed, start..line.content.end) {
            continue;
        }
        if trimmed.starts_with('#') {
            comments.push(start..line.content.end);
        }
        if trimmed.is_empty() || trimmed.starts_with('#') {
            reader.refuse_if_too_long(&line);
            continue;
        }
        let mut logical = lines::join(source, &line, &mut reader.lines, head.escape);
        comments.append(&mut logical.comments);
        instructions.push(reader.instruction(logical, head.escape));
    }
    let mut problems = head.problems;
    problems.append(&mut reader.problems);
    if instructions.is_empty() {
        problems.push(Problem {
            message: "the file has no instructions".to_owned(),
            range: 0..0,
        });
    }
    Dockerfile {
        source: Arc::clone(source),
        escape: head.escape,
        directives: head.directives,
        instructions,
        comments,
        problems,
    }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    lines: Lines<'s>,
    /// Where each text stands as a whole line, with leading tabs and without them: made when a
    /// here-document has no end, so that many of them do not read the file again and again.
    ends: Option<[HashMap<&'s str, Vec<Line>>; 2]>,
    problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    fn instruction(&mut self, line: LogicalLine, escape: char) -> Instruction {
        let read = instruction::read(&line.text, line.range.clone(), escape);
        let mut instruction = read.instruction;
        if let Some(range) = line.too_long {
            instruction.keyword = Keyword::Unknown;
            instruction.problems = vec![too_long(range)];
            return instruction;
        }
        let holder = match &mut instruction.nested {
            Some(nested) if instruction.keyword == Keyword::Onbuild => nested,
            _ => &mut instruction,
        };
        let text = line.text.text();
        if !takes_heredocs(holder) || !text.contains("<<") {
            return instruction;
        }
        let mut end = line.range.end;
        for marker in heredoc::markers(text) {
            let place = line.text.span(marker.range.clone());
            let Some(terminator) = self.terminator(&marker) else {
                holder.problems.push(Problem {
                    message: format!("the here-document `{}` has no end", marker.name),
                    range: place.start..place.end,
                });
                break;
            };
            end = terminator.content.end;
            let heredoc = self.heredoc(marker, &terminator, read.arguments_at);
            holder.heredocs.push(heredoc);
        }
        holder.range.end = end;
        instruction.range.end = end;
        instruction
    }

    /// Makes the here-document that ends at `terminator`, and goes on after it.
    fn heredoc(&mut self, marker: Marker, terminator: &Line, arguments_at: usize) -> Heredoc {
        let text = self.source.text();
        let mut body = Builder::new(self.source, self.lines.position());
        let start = self.lines.position();
        while self.lines.position() < terminator.content.start {
            let Some(line) = self.lines.next() else { break };
            self.refuse_if_too_long(&line);
            let whole = &text[line.content.start..line.end];
            let tabs = match marker.strip_tabs {
                true => whole.len() - whole.trim_start_matches('\t').len(),
                false => 0,
            };
            body.copy_source(line.content.start + tabs..line.end);
        }
        self.lines.jump(terminator.end);
        let in_arguments = |offset: usize| offset.saturating_sub(arguments_at);
        Heredoc {
            name: marker.name,
            descriptor: marker.descriptor,
            expand: marker.expand,
            strip_tabs: marker.strip_tabs,
            body: body.finish(),
            body_range: start..terminator.content.start,
            terminator: terminator.content.clone(),
            marker: in_arguments(marker.range.start)..in_arguments(marker.range.end),
        }
    }

    /// The next line that ends a here-document.
    fn terminator(&mut self, marker: &Marker) -> Option<Line> {
        let text = self.source.text();
        if self.ends.is_none() {
            let mut ahead = self.lines.clone();
            let found = ahead.find(|line| end_text(text, line, marker.strip_tabs) == marker.name);
            if found.is_some() {
                return found;
            }
        }
        let lines = &self.lines;
        let ends = self.ends.get_or_insert_with(|| {
            [false, true].map(|strip_tabs| {
                let mut ends: HashMap<&str, Vec<Line>> = HashMap::new();
                for line in lines.clone() {
                    let text = end_text(text, &line, strip_tabs);
                    ends.entry(text).or_default().push(line);
                }
                ends
            })
        });
        let same = ends[usize::from(marker.strip_tabs)].get(marker.name.as_str())?;
        let position = self.lines.position();
        let next = same.partition_point(|line| line.content.start < position);
        same.get(next).cloned()
    }

    fn refuse_if_too_long(&mut self, line: &Line) {
        if line.too_long {
            self.problems.push(too_long(line.content.clone()));
        }
    }
}

/// A line as it is compared with the name of a here-document.
fn end_text<'t>(text: &'t str, line: &Line, strip_tabs: bool) -> &'t str {
    let content = &text[line.content.clone()];
    match strip_tabs {
        true => content.trim_start_matches('\t'),
        false => content,
    }
}

fn takes_heredocs(instruction: &Instruction) -> bool {
    matches!(
        instruction.keyword,
        Keyword::Add | Keyword::Copy | Keyword::Run
    ) && instruction.form == Form::Shell
}

fn too_long(range: std::ops::Range<usize>) -> Problem {
    Problem {
        message: format!("a line is longer than {} bytes", lines::LONGEST_LINE),
        range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Dockerfile {
        read(&Source::new("Dockerfile", text))
    }

    fn keywords(file: &Dockerfile) -> Vec<Keyword> {
        let instructions = file.instructions.iter();
        instructions
            .map(|instruction| instruction.keyword)
            .collect()
    }

    #[test]
    fn a_bad_line_costs_one_instruction() {
        let file = file("FROM a\n}\nENV x\nCMD [1]\nCMD [\"b\"]\n");
        assert_eq!(
            keywords(&file),
            [
                Keyword::From,
                Keyword::Unknown,
                Keyword::Env,
                Keyword::Cmd,
                Keyword::Cmd
            ]
        );
        let refused = file.instructions.iter().map(|i| !i.problems.is_empty());
        assert_eq!(
            refused.collect::<Vec<_>>(),
            [false, true, true, true, false]
        );
    }

    #[test]
    fn a_heredoc_without_end_takes_nothing() {
        let file = file("FROM a\nRUN <<A <<B\nx\nA\nCMD y\n");
        assert_eq!(keywords(&file), [Keyword::From, Keyword::Run, Keyword::Cmd]);
        let run = &file.instructions[1];
        assert_eq!(run.heredocs.len(), 1);
        assert_eq!(run.problems.len(), 1);
        assert_eq!(&file.source.text()[run.problems[0].range.clone()], "<<B");
    }

    #[test]
    fn the_heredocs_of_onbuild_belong_to_its_instruction() {
        let file = file("FROM a\nONBUILD COPY --chmod=755 <<-A /x\n\t1\n\tA\nCMD y\n");
        let onbuild = &file.instructions[1];
        let copy = onbuild.nested.as_deref().expect("a nested instruction");
        let heredoc = &copy.heredocs[0];
        assert_eq!(heredoc.body.text(), "1\n");
        assert_eq!(&copy.arguments.text()[heredoc.marker.clone()], "<<-A");
        assert_eq!(&file.source.text()[heredoc.terminator.clone()], "\tA");
        assert_eq!(copy.range.end, onbuild.range.end);
    }

    #[test]
    fn onbuild_in_onbuild_is_bounded_and_refused() {
        let file = file(&"ONBUILD ".repeat(100_000));
        assert!(!file.instructions[0].problems.is_empty());
    }

    #[test]
    fn health_commands_are_nested() {
        let file = file("FROM a\nHEALTHCHECK --retries=2 cmd [\"a\"]\nHEALTHCHECK none\n");
        let command = file.instructions[1].nested.as_deref().expect("a CMD");
        assert_eq!(command.keyword, Keyword::Cmd);
        assert!(matches!(&command.form, Form::Exec(elements) if elements.len() == 1));
        assert!(file.instructions[2].nested.is_none());
        assert!(file.instructions.iter().all(|i| i.problems.is_empty()));
    }

    #[test]
    fn too_long_lines_are_refused_and_not_copied() {
        let file = file(&format!("FROM a\nRUN {}\nCMD b\n", "x".repeat(70_000)));
        assert_eq!(
            keywords(&file),
            [Keyword::From, Keyword::Unknown, Keyword::Cmd]
        );
        assert_eq!(file.instructions[1].arguments.text(), "");
    }

    #[test]
    fn arguments_map_to_their_bytes_over_continuations() {
        let file = file("FROM a\nCMD [\"x\", \\\n # c\n \"y z\"]\n");
        let command = &file.instructions[1];
        let Form::Exec(elements) = &command.form else {
            panic!("exec form");
        };
        assert_eq!(elements[1].full_span().text(), "y z");
        assert_eq!(elements[1].full_span().line_column(), (4, 3));
        assert_eq!(
            &file.source.text()[command.element_ranges[1].clone()],
            "\"y z\""
        );
    }
}
