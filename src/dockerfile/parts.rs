//! What the arguments of single instructions consist of.
//!
//! In: an instruction. Out: FROM's image and name, the sources and the destination of COPY and ADD,
//! the pairs of ENV, LABEL and ARG, as they are written. It does not expand variables.

use super::words::{is_separator, plain_words, quoted_words};
use super::{Flag, Form, Instruction, Keyword};
use crate::source::Mapped;

/// What FROM says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// The image or the stage, as written.
    pub image: Mapped,
    /// The value of `--platform`.
    pub platform: Option<Mapped>,
    /// The name after AS, as written; BuildKit compares names in lower case.
    pub name: Option<Mapped>,
}

/// What COPY or ADD says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The sources, in order.
    pub sources: Vec<CopySource>,
    /// The destination, as written.
    pub destination: Mapped,
}

/// One source of COPY or ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopySource {
    /// A path, pattern or URL, as written.
    Path(Mapped),
    /// The here-document with this index in [`Instruction::heredocs`]; its name is the file name.
    Heredoc(usize),
}

impl Instruction {
    /// The last flag of that name, without dashes.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// The value of the last flag of that name.
    pub fn flag_value(&self, name: &str) -> Option<&Mapped> {
        self.flag(name)?.value.as_ref()
    }

    /// The arguments as BuildKit splits them where every blank splits (COPY, ADD, VOLUME, EXPOSE,
    /// FROM), or the elements of the exec form.
    pub fn words(&self) -> Vec<Mapped> {
        match &self.form {
            Form::Exec(elements) => elements.clone(),
            Form::Shell => plain_words(&self.arguments),
        }
    }
}

/// What a FROM says; `None` for another instruction or one without an image.
pub fn from(instruction: &Instruction) -> Option<From> {
    if instruction.keyword != Keyword::From {
        return None;
    }
    let mut words = instruction.words().into_iter();
    let image = words.next()?;
    let named = words
        .next()
        .is_some_and(|word| word.text().eq_ignore_ascii_case("as"));
    Some(From {
        image,
        platform: instruction.flag_value("platform").cloned(),
        name: words.next().filter(|_| named),
    })
}

/// What a COPY or ADD says; `None` for another instruction or one without source or destination.
pub fn copy(instruction: &Instruction) -> Option<Copy> {
    if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
        return None;
    }
    let mut words = instruction.words();
    let destination = words.pop()?;
    if words.is_empty() {
        return None;
    }
    let mut sources = Vec::new();
    let mut heredocs = instruction.heredocs.iter().enumerate().peekable();
    let mut position = 0;
    for word in words {
        let announced = match instruction.form {
            Form::Exec(_) => None,
            Form::Shell => {
                // The words are slices of the arguments, in order.
                let rest = &instruction.arguments.text()[position..];
                let start = position + rest.find(word.text()).unwrap_or(0);
                position = start + word.text().len();
                while heredocs.next_if(|(_, h)| h.marker.start < start).is_some() {}
                heredocs.next_if(|(_, h)| h.marker == (start..position))
            }
        };
        sources.push(match announced {
            Some((index, _)) => CopySource::Heredoc(index),
            None => CopySource::Path(word),
        });
    }
    Some(Copy {
        sources,
        destination,
    })
}

/// The names and values of ENV, LABEL and ARG, as written. Only ARG has names without a value. The
/// old form `ENV name some value` gives one pair with the value up to the end of the line. Words
/// that BuildKit refuses are left out.
pub fn key_values(instruction: &Instruction, escape: char) -> Vec<(Mapped, Option<Mapped>)> {
    let arguments = &instruction.arguments;
    let words = quoted_words(arguments, escape);
    let names_alone = match instruction.keyword {
        Keyword::Arg => true,
        Keyword::Env | Keyword::Label => false,
        _ => return Vec::new(),
    };
    let old_form = words.first().is_some_and(|word| !word.text().contains('='));
    if !names_alone && old_form {
        return old_pair(arguments).into_iter().collect();
    }
    let pairs = words
        .into_iter()
        .filter_map(|word| match word.text().find('=') {
            Some(at) => {
                let value = word.slice(at + 1..word.text().len());
                Some((word.slice(0..at), Some(value)))
            }
            None if names_alone => Some((word, None)),
            None => None,
        });
    pairs.collect()
}

fn old_pair(arguments: &Mapped) -> Option<(Mapped, Option<Mapped>)> {
    let text = arguments.text();
    let end = text.find(is_separator)?;
    let start = text.len() - text[end..].trim_start_matches(is_separator).len();
    let value = arguments.slice(start..text.len());
    Some((arguments.slice(0..end), Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::{Dockerfile, parse};
    use crate::source::Source;

    fn file(text: &str) -> Dockerfile {
        parse(&Source::new("Dockerfile", text))
    }

    #[test]
    fn from_has_image_platform_and_name() {
        let file = file("FROM --platform=$P a:b as C");
        let from = from(&file.instructions[0]).expect("a FROM");
        assert_eq!(from.image.text(), "a:b");
        assert_eq!(from.platform.expect("a platform").text(), "$P");
        assert_eq!(from.name.expect("a name").text(), "C");
    }

    #[test]
    fn copy_tells_paths_from_heredocs() {
        let file = file("COPY --from=x <<A b <<A c <<B /d/\n1\nA\n2\nA\n3\nB\n");
        let instruction = &file.instructions[0];
        assert_eq!(instruction.flag_value("from").map(Mapped::text), Some("x"));
        let copy = copy(instruction).expect("a COPY");
        let shown: Vec<String> = copy
            .sources
            .iter()
            .map(|source| match source {
                CopySource::Path(path) => path.text().to_owned(),
                CopySource::Heredoc(index) => instruction.heredocs[*index]
                    .body
                    .text()
                    .trim_end()
                    .to_owned(),
            })
            .collect();
        assert_eq!(shown, ["1", "b", "2", "c", "3"]);
        assert_eq!(copy.destination.text(), "/d/");
    }

    #[test]
    fn copy_reads_the_exec_form() {
        let file = file(r#"COPY ["a b", "c", "/d e"]"#);
        let copy = copy(&file.instructions[0]).expect("a COPY");
        assert_eq!(copy.sources.len(), 2);
        assert_eq!(copy.destination.full_span().text(), "/d e");
    }

    #[test]
    fn pairs_in_both_forms() {
        let file = file("ENV a=b c=\"d e\"\nENV a  b  c\nARG x y=z\nENV k");
        let pairs = |index: usize| -> Vec<(String, Option<String>)> {
            key_values(&file.instructions[index], file.escape)
                .into_iter()
                .map(|(key, value)| {
                    let value = value.map(|value| value.text().to_owned());
                    (key.text().to_owned(), value)
                })
                .collect()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            pairs(0),
            [("a".into(), some("b")), ("c".into(), some("\"d e\""))]
        );
        assert_eq!(pairs(1), [("a".into(), some("b  c"))]);
        assert_eq!(pairs(2), [("x".into(), None), ("y".into(), some("z"))]);
        assert_eq!(pairs(3), []);
    }
}
