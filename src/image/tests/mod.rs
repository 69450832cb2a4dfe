//! Images of Dockerfiles in memory.

mod context;
mod files;
mod settings;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::dockerfile::parse;
use crate::source::{MemoryDisk, Source};
use crate::stage::{BuildOptions, resolve};

fn image_in(text: &str, disk: MemoryDisk) -> Image {
    let file = parse(&Source::new("Dockerfile", text));
    let stages = resolve(&file, &BuildOptions::default());
    let context = Context::open(Arc::new(disk), Path::new(""), Path::new("Dockerfile"));
    build(
        &stages,
        stages.target.expect("there is a stage"),
        &context,
        None,
    )
}

pub(in crate::image) fn image(text: &str) -> Image {
    let disk = MemoryDisk::new()
        .script("start.sh", "#!/bin/sh\nexec app\n")
        .file("plain.sh", "echo\r\nhi\r\n")
        .file("conf/a.conf", "a")
        .file("conf/b.txt", "b")
        .script("conf/bin/tool", "tool")
        .file("native", b"\x7fELF\0".to_vec());
    image_in(text, disk)
}

/// A short word for what stands at a path: `755 text`, `directory`, `absent`, `unknown`.
fn at(image: &Image, path: &str) -> String {
    match image.files.look_up(path) {
        Found::Directory => "directory".to_owned(),
        Found::Absent => "absent".to_owned(),
        Found::Unknown(_) => "unknown".to_owned(),
        Found::File(file) => {
            let mode = file.mode.map_or("?".to_owned(), |mode| format!("{mode:o}"));
            let content = match file.content {
                Content::Text(text) => text.text().to_owned(),
                Content::Binary => "<binary>".to_owned(),
                Content::Unknown(_) => "<unknown>".to_owned(),
            };
            format!("{mode} {content}")
        }
    }
}

/// Checks look-ups in the image of a Dockerfile.
#[track_caller]
pub(in crate::image) fn check(text: &str, expected: &[(&str, &str)]) {
    let image = image(text);
    for (path, what) in expected {
        assert_eq!(at(&image, path), *what, "{path} in\n{text}");
    }
}

fn exec(command: &Setting<Option<Command>>) -> Option<Vec<String>> {
    match command.value.value()? {
        Some(Command::Exec(words)) => {
            Some(words.iter().map(|word| word.text().to_owned()).collect())
        }
        Some(Command::Shell(shell, text)) => {
            let words = shell.iter().chain([text]);
            Some(words.map(|word| word.text().to_owned()).collect())
        }
        None => Some(Vec::new()),
    }
}
