//! Entries of `grammars/images/`: what `FROM` brings along.
//!
//! In: an image reference. Out: [`BaseImage`]. Asks no registry; a reference by digest alone has no
//! answer.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::verify::Try;
use super::{BaseImage, Signal};

/// The PATH that runtimes set when an image has none (moby `oci/defaults.go`).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Repositories, in their short form (`node`, `gcr.io/distroless/cc`).
    pub(super) names: Vec<String>,
    /// Read or measured where.
    pub(super) evidence: String,
    #[serde(flatten)]
    layer: Layer,
    /// What changes with the tag; later ones win.
    #[serde(default)]
    tag: Vec<Tag>,
    /// Lines that a test runs.
    #[serde(rename = "try", default)]
    pub(super) tries: Vec<Try>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Tag {
    /// Tags with `*`; one must match.
    tags: Vec<String>,
    #[serde(flatten)]
    layer: Layer,
}

/// What an image sets.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Layer {
    /// The image that it builds upon; its settings are inherited as in a Dockerfile.
    from: Option<String>,
    /// The shell behind `/bin/sh`; `none` where there is none.
    sh: Option<String>,
    /// `bash`, where it is older than the one that the tables mean by that name.
    bash: Option<String>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    stop_signal: Option<String>,
    working_directory: Option<String>,
    user: Option<String>,
    environment: BTreeMap<String, String>,
    programs: Vec<String>,
    absent: Vec<String>,
    scripts: BTreeMap<String, String>,
    windows: Option<bool>,
}

/// A reference, taken apart.
struct Reference {
    repository: String,
    tag: String,
}

/// What is known of an image.
pub(super) fn base_image(reference: &str) -> Option<BaseImage> {
    resolve(reference, 0)
}

fn resolve(reference: &str, depth: usize) -> Option<BaseImage> {
    // The tables' own chains are short; the limit guards against a cycle in them.
    if depth > 8 {
        return None;
    }
    let reference = normalise(reference)?;
    let entry = super::tables::images()
        .named(&reference.repository)
        .next()?;
    let tags: Vec<&Tag> = entry
        .tag
        .iter()
        .filter(|variant| {
            variant
                .tags
                .iter()
                .any(|glob| matches(glob, &reference.tag))
        })
        .collect();
    let layers = || std::iter::once(&entry.layer).chain(tags.iter().map(|variant| &variant.layer));
    let from = layers()
        .filter_map(|layer| layer.from.as_deref())
        .next_back();
    let mut image = match from {
        Some(from) => resolve(from, depth + 1)?,
        None => BaseImage {
            name: String::new(),
            sh: None,
            bash: None,
            entrypoint: None,
            cmd: None,
            stop_signal: None,
            working_directory: None,
            user: None,
            environment: vec![("PATH".to_owned(), DEFAULT_PATH.to_owned())],
            programs: Vec::new(),
            absent: Vec::new(),
            scripts: Vec::new(),
            windows: false,
            evidence: String::new(),
        },
    };
    // An ENTRYPOINT resets a CMD from below, but not one of the same image.
    if layers().any(|layer| layer.entrypoint.is_some()) {
        image.cmd = None;
    }
    for layer in layers() {
        layer.apply(&mut image);
    }
    if image.bash.is_none() {
        image.bash = bash_of_release(&reference.tag);
    }
    image.name = entry.names[0].clone();
    image.evidence = entry.evidence.clone();
    Some(image)
}

/// What `bash` is in an image whose tag names a release of Debian or Ubuntu (`3.8-buster`, `11.0-ubuntu18.04`).
fn bash_of_release(tag: &str) -> Option<String> {
    let releases = ["debian", "ubuntu"];
    tag.split('-').find_map(|part| {
        let number = releases.iter().find_map(|name| part.strip_prefix(name));
        let is_name = part.chars().all(|letter| letter.is_ascii_alphabetic());
        let release = number.or(is_name.then_some(part))?;
        releases.iter().find_map(|name| {
            let mut entries = super::tables::images().named(name);
            let mut tags = entries.next()?.tag.iter();
            let has = |one: &&Tag| one.tags.iter().any(|glob| matches(glob, release));
            tags.find(|one| one.layer.bash.is_some() && has(one))?
                .layer
                .bash
                .clone()
        })
    })
}

impl Layer {
    fn apply(&self, image: &mut BaseImage) {
        image.bash = self.bash.clone().or(image.bash.take());
        match self.sh.as_deref() {
            Some("none") => image.sh = None,
            Some(sh) => image.sh = Some(sh.to_owned()),
            None => {}
        }
        // An empty list stands for `ENTRYPOINT []`, which resets.
        if let Some(entrypoint) = &self.entrypoint {
            image.entrypoint = (!entrypoint.is_empty()).then(|| entrypoint.clone());
        }
        if let Some(cmd) = &self.cmd {
            image.cmd = (!cmd.is_empty()).then(|| cmd.clone());
        }
        if let Some(signal) = &self.stop_signal {
            image.stop_signal = Signal::parse(signal);
        }
        image.working_directory = self
            .working_directory
            .clone()
            .or(image.working_directory.take());
        image.user = self.user.clone().or(image.user.take());
        for (name, value) in &self.environment {
            image.environment.retain(|(known, _)| known != name);
            image.environment.push((name.clone(), value.clone()));
        }
        for (path, text) in &self.scripts {
            image.scripts.retain(|(known, _)| known != path);
            image.scripts.push((path.clone(), text.clone()));
        }
        image.programs.extend(self.programs.iter().cloned());
        let brings = |name: &String| {
            self.programs
                .iter()
                .any(|program| program.rsplit('/').next() == Some(name))
        };
        image.absent.retain(|name| !brings(name));
        image.absent.extend(self.absent.iter().cloned());
        image.programs.retain(|name| !self.absent.contains(name));
        image.windows = self.windows.unwrap_or(image.windows);
    }
}

impl Entry {
    /// What is wrong with the entry beyond its TOML.
    pub(super) fn problems(&self) -> Vec<String> {
        let layers = std::iter::once(&self.layer).chain(self.tag.iter().map(|tag| &tag.layer));
        let mut found = Vec::new();
        for layer in layers {
            if let Some(from) = &layer.from
                && resolve(from, 0).is_none()
            {
                found.push(format!("`{from}` is not in the tables"));
            }
            if let Some(signal) = &layer.stop_signal
                && Signal::parse(signal).is_none()
            {
                found.push(format!("no signal `{signal}`"));
            }
        }
        found
    }
}

/// The short repository name and the tag (`latest` without one); `None` for a digest alone.
fn normalise(reference: &str) -> Option<Reference> {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match name[last..].split_once(':') {
        Some((image, tag)) => (format!("{}{image}", &name[..last]), Some(tag)),
        None => (name.to_owned(), None),
    };
    if repository.is_empty() || (tag.is_none() && digest.is_some()) {
        return None;
    }
    let mut short = repository.to_ascii_lowercase();
    for registry in [
        "docker.io/",
        "index.docker.io/",
        "registry-1.docker.io/",
        "registry.hub.docker.com/",
        "public.ecr.aws/docker/",
        "mirror.gcr.io/",
    ] {
        if let Some(rest) = short.strip_prefix(registry) {
            short = rest.to_owned();
            break;
        }
    }
    for library in [
        "library/", "amd64/", "arm64v8/", "arm32v7/", "arm32v6/", "i386/", "ppc64le/", "s390x/",
        "riscv64/",
    ] {
        if let Some(rest) = short.strip_prefix(library) {
            short = rest.to_owned();
            break;
        }
    }
    Some(Reference {
        repository: short,
        tag: tag.unwrap_or("latest").to_owned(),
    })
}

/// Whether a reference names an image of a pattern such as `node:18.17*`, under any registry's name.
pub(super) fn image_matches(reference: &str, pattern: &str) -> bool {
    let (Some(image), Some((repository, tag))) = (normalise(reference), pattern.split_once(':'))
    else {
        return false;
    };
    image.repository == repository && matches(tag, &image.tag)
}

/// Whether a tag matches a pattern with `*`.
fn matches(glob: &str, tag: &str) -> bool {
    let mut pieces = glob.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = tag.strip_prefix(first) else {
        return false;
    };
    let Some(last) = glob.contains('*').then(|| pieces.next_back()).flatten() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        assert!(matches("*-alpine*", "22-alpine3.20"));
        assert!(matches("*alpine*", "alpine"));
        assert!(matches("8", "8"));
        assert!(!matches("8", "8.1"));
        assert!(!matches("*-slim", "slim"));
        assert!(!matches("a*a", "a"));
    }

    #[test]
    fn registries_and_digests() {
        let short = |text: &str| normalise(text).map(|found| (found.repository, found.tag));
        let node = Some(("node".to_owned(), "22".to_owned()));
        for text in [
            "node:22",
            "docker.io/library/node:22",
            "docker.io/node:22",
            "index.docker.io/library/node:22@sha256:00",
            "public.ecr.aws/docker/library/node:22",
            "mirror.gcr.io/library/node:22",
            "arm64v8/node:22",
        ] {
            assert_eq!(short(text), node, "{text}");
        }
        assert_eq!(short("node@sha256:00"), None);
        assert_eq!(
            short("localhost:5000/team/app"),
            Some(("localhost:5000/team/app".to_owned(), "latest".to_owned()))
        );
    }
}
