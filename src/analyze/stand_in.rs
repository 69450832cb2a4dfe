//! Reads the plainest Dockerfiles until the parser and the stages are here.

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::Arc;

use super::{Options, Problem, Target};
use crate::container::Container;
use crate::image::{Command, Files, Image, Origin, Setting};
use crate::knowledge::{self, Signal};
use crate::source::{Disk, Known, Mapped, Source, Span, Why};
use crate::stop::Verdict;

fn setting<T>(value: T, origin: Origin) -> Setting<T> {
    Setting {
        value: Known::Known(value),
        origin,
    }
}

/// The last stage of a Dockerfile with one instruction a line.
pub(super) fn resolve(
    _disk: &dyn Disk,
    source: &Arc<Source>,
    _folder: Option<&FilePath>,
    options: &Options,
) -> (Vec<Target>, Vec<Problem>) {
    let mut base = None;
    let mut stage = 0;
    let mut image = Image {
        entrypoint: setting(None, Origin::Default),
        cmd: setting(None, Origin::Default),
        stop_signal: setting(Signal::TERM, Origin::Default),
        working_directory: setting("/".to_owned(), Origin::Default),
        user: setting(String::new(), Origin::Default),
        environment: BTreeMap::new(),
        environment_is_partial: None,
        sh: Known::Unknown(Why::new("the base image is not known")),
        windows: None,
        files: Files::default(),
    };
    let mut offset = 0;
    for line in source.text().split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let text = line.trim_end();
        let span = Span::new(source, start..start + text.len());
        let Some((word, rest)) = text.split_once(' ') else {
            continue;
        };
        let origin = Origin::Instruction(span.clone());
        let command = || match serde_json::from_str::<Vec<String>>(rest) {
            Ok(words) => Command::Exec(
                words
                    .into_iter()
                    .map(|word| Mapped::computed(word, &span))
                    .collect(),
            ),
            Err(_) => Command::Shell(
                ["/bin/sh", "-c"]
                    .map(|word| Mapped::computed(word, &span))
                    .to_vec(),
                Mapped::verbatim(source, start + word.len() + 1..start + text.len()),
            ),
        };
        match word {
            "FROM" => {
                stage = if base.is_some() { stage + 1 } else { 0 };
                let name = rest.split(' ').next().unwrap_or(rest).to_owned();
                if let Some(known) = knowledge::base_image(&name) {
                    image.sh = Known::Known(known.sh);
                }
                base = Some(name);
            }
            "ENTRYPOINT" => image.entrypoint = setting(Some(command()), origin),
            "CMD" => image.cmd = setting(Some(command()), origin),
            "WORKDIR" => image.working_directory = setting(rest.to_owned(), origin),
            "STOPSIGNAL" => {
                if let Some(signal) = Signal::parse(rest) {
                    image.stop_signal = setting(signal, origin);
                }
            }
            _ => {}
        }
    }
    let words = |command: &Setting<Option<Command>>| match command.value.value() {
        Some(Some(Command::Exec(words))) => words.clone(),
        Some(Some(Command::Shell(prefix, text))) => {
            let mut words = prefix.clone();
            words.push(text.clone());
            words
        }
        _ => Vec::new(),
    };
    let mut argv = words(&image.entrypoint);
    let entrypoint_words = argv.len();
    argv.extend(words(&image.cmd));
    let stop_signal = image.stop_signal.clone();
    let container = Container {
        image: Arc::new(image),
        argv: Known::Known((!argv.is_empty()).then_some(argv)),
        entrypoint_words,
        init: options.init,
        stop_signal,
        grace: options.grace,
    };
    let target = Target {
        file: source.path().to_owned(),
        stage,
        name: None,
        base,
        own_settings: Vec::new(),
        container,
        verdict: Verdict::Unknown,
        paths: Vec::new(),
    };
    (vec![target], Vec::new())
}
