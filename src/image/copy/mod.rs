//! COPY and ADD: what they put where.
//!
//! In: an instruction, the build context, the stages built before. Out: changes of the image's files.
//! Reads no file; a source that cannot be found makes its destination unclear, never absent.

mod names;
mod read;

use super::base::{is_program_directory, is_standard_directory};
use super::build::Builder;
use super::change::{Body, Change, Node, Opaque, Tree, TreeSource};
use super::content::edited;
use super::context::Entry;
use super::files::{DEEPEST_COPY, Files, Raw};
use super::glob::Glob;
use super::{Content, ExpandedHeredoc, path};
use crate::dockerfile::{Heredoc, Instruction, Keyword};
use crate::source::{Known, Span, Why};
use crate::stage::{Dialect, Stages};
use names::{is_archive, is_build_output, is_remote, is_repository, kept_parents};
use read::{Origin, Source, Wishes, flag, read_origin, read_wishes, read_words};

/// The stage that the sources of a COPY come from, if they come from one.
pub(super) fn source_stage(
    stages: &Stages<'_>,
    index: usize,
    instruction: &Instruction,
) -> Option<usize> {
    let is_copy = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
    if !is_copy {
        return None;
    }
    let from = flag(instruction, "from")?;
    stages.find(from.text(), index)
}

/// Applies a COPY or ADD.
pub(super) fn copy(builder: &mut Builder<'_, '_>, instruction: &Instruction, span: &Span) {
    let mut sources = read_words(builder, instruction, span);
    let Some(destination) = sources.pop() else {
        return;
    };
    let text = match destination {
        Source::Path(text) => text,
        Source::Heredoc(_) => return,
        Source::Unknown(why) => return anywhere(builder, why),
    };
    let ends_as_directory =
        text.ends_with('/') || text.ends_with("/.") || text == "." || text == "..";
    let destination = match builder.absolute(&text) {
        Known::Known(path) => builder.image.files.canonical_parent(&path),
        Known::Unknown(why) => return anywhere(builder, why),
    };
    let wishes = read_wishes(builder, instruction, span);
    let mut copy = Copy {
        origin: read_origin(builder, instruction, span),
        is_directory: ends_as_directory || sources.len() > 1 || wishes.parents,
        destination,
        wishes,
        span,
        is_add: instruction.keyword == Keyword::Add,
        builder,
    };
    copy.is_directory = copy.is_directory || copy.lands_in_directory();
    for source in sources {
        copy.take(source);
    }
}

struct Copy<'a, 'b, 'c, 'd> {
    builder: &'a mut Builder<'b, 'd>,
    span: &'c Span,
    origin: Origin,
    destination: String,
    is_directory: bool,
    is_add: bool,
    wishes: Wishes,
}

impl Copy<'_, '_, '_, '_> {
    /// Whether a file that is copied to the destination goes into it.
    fn lands_in_directory(&self) -> bool {
        match self.builder.image.files.followed(&self.destination).1 {
            Raw::Node(Node::Directory, ..) => true,
            Raw::Unknown(_) => is_standard_directory(&self.destination),
            Raw::Node(..) | Raw::Absent => false,
        }
    }

    /// Whether the destination may be a directory of an image that is not known. The words then tell
    /// more than the files: `/entrypoint.sh` is none, and neither is `/entrypoint` for `entrypoint.sh`.
    fn may_land_in_directory(&self, name: &str) -> Option<Why> {
        if self.is_directory {
            return None;
        }
        let target = path::name(&self.destination);
        let stem = name.split('.').next().unwrap_or(name);
        let among_programs = is_program_directory(path::parent(&self.destination));
        // Images come with nothing in there.
        let is_scratch = ["/tmp/", "/var/tmp/"]
            .iter()
            .any(|parent| self.destination.starts_with(parent));
        if among_programs || is_scratch || target.contains('.') || target == name || target == stem
        {
            return None;
        }
        match self.builder.image.files.followed(&self.destination).1 {
            Raw::Unknown(why) => Some(why),
            // Another file was copied to it.
            Raw::Node(
                Node::File {
                    body: Body::Unknown(why),
                    ..
                },
                ..,
            ) => Some(why),
            _ => None,
        }
    }

    /// Whether the Dockerfile names the file as one in the destination (`chmod +x /srv/start.sh`): then that is a
    /// directory of an image that is not known.
    fn is_named_inside(&self, name: &str) -> bool {
        let path = path::join(&self.destination, name);
        let text = self.span.source.text();
        let mut behind = text
            .match_indices(&path)
            .map(|(at, _)| &text[at + path.len()..]);
        behind.any(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        })
    }

    fn take(&mut self, source: Source<'_>) {
        match source {
            Source::Heredoc(heredoc) => self.take_heredoc(heredoc),
            Source::Unknown(why) => self.unclear_source(why),
            Source::Path(path) if self.is_add && is_remote(&path) => self.take_remote(&path),
            Source::Path(path) => match &self.origin {
                Origin::Context => self.take_from_context(&path),
                Origin::Image(files) => {
                    let files = files.clone();
                    self.take_from_image(&files, &path);
                }
                Origin::Unknown(why) => {
                    let why = why.clone();
                    self.unclear(&path, why);
                }
            },
        }
    }

    fn take_heredoc(&mut self, heredoc: &Heredoc) {
        let target = self.target(&heredoc.name);
        let mut body = Body::Text(heredoc.body.clone());
        if heredoc.expand {
            let expanded = self
                .builder
                .scope
                .expand_as(heredoc.body.text(), Dialect::heredoc());
            body = match expanded.mapped(&heredoc.body) {
                Known::Known(text) => Body::Text(text),
                Known::Unknown(why) => Body::Unknown(why),
            };
            let expansions = expanded.variables.into_iter();
            let expansions = expansions.map(|(range, value)| (heredoc.body.span(range), value));
            let expansions: Vec<_> = expansions.collect();
            if !expansions.is_empty() {
                self.builder.image.expanded_heredocs.push(ExpandedHeredoc {
                    path: target.clone(),
                    instruction: self.span.clone(),
                    is_script: heredoc.body.text().starts_with("#!"),
                    expansions,
                });
            }
        }
        self.put(target, body, Some(0o644));
    }

    fn take_remote(&mut self, url: &str) {
        let why = Why::at(format!("`{url}` is not at hand"), self.span.clone());
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let name = path::name(&url[..end]);
        if is_repository(url) {
            return self.opaque(why);
        }
        // What is fetched may be read and written by its owner alone (BuildKit `docs/reference.md`, ADD).
        self.put(self.target(name), Body::Unknown(why), Some(0o600));
    }

    fn take_from_context(&mut self, written: &str) {
        let context = self.builder.context.clone();
        let source = path::tidy_relative(written);
        if let Some(why) = context.missing() {
            return self.unclear(&source, why.clone());
        }
        let is_pattern = !Glob::is_constant(&source);
        let found = if is_pattern {
            context.matching(&source)
        } else {
            vec![source.clone()]
        };
        if is_pattern && found.len() > 1 {
            self.is_directory = true;
        }
        if found.is_empty() {
            let why = format!("nothing in the build context matches `{written}`");
            return self.unclear_source(Why::at(why, self.span.clone()));
        }
        for source in found {
            let Some(followed) = context.follow(&source) else {
                let why = format!("`{written}` is not in the build context");
                self.unclear(&source, Why::at(why, self.span.clone()));
                continue;
            };
            match context.entry(&followed) {
                Entry::Directory => {
                    let source_tree = TreeSource::Context(context.clone(), followed);
                    self.merge(&source, written, source_tree);
                }
                Entry::File(_) if self.is_add && is_archive(&source) => {
                    let why = format!("the archive `{source}` is not looked into");
                    self.opaque(Why::at(why, self.span.clone()));
                }
                Entry::File(mode) => {
                    let doubt = self.may_land_in_directory(path::name(&source));
                    self.is_directory |=
                        doubt.is_some() && self.is_named_inside(path::name(&source));
                    let target = self.target_of(&source, written);
                    if let Some(why) = doubt.filter(|_| !self.is_directory) {
                        self.push(Change::Unclear {
                            path: target,
                            why,
                            origin: self.span.clone(),
                        });
                        continue;
                    }
                    self.put(target, Body::Context(context.clone(), followed), Some(mode));
                }
                Entry::Link(_) | Entry::Missing => {}
            }
        }
    }

    fn take_from_image(&mut self, files: &Files, written: &str) {
        let source = path::tidy(written);
        if !Glob::is_constant(&source) {
            let directory = path::parent(&source);
            let names = match files.list(directory) {
                Known::Known(names) if Glob::is_constant(directory) => names,
                Known::Unknown(why) if Glob::is_constant(directory) => {
                    return self.unclear_source(why);
                }
                _ => {
                    let why = format!("the matches of `{written}` are not known");
                    return self.unclear_source(Why::at(why, self.span.clone()));
                }
            };
            let glob = Glob::new(path::name(&source));
            let names: Vec<String> = names
                .into_iter()
                .filter(|name| glob.matches(name))
                .collect();
            self.is_directory = self.is_directory || names.len() > 1;
            for name in names {
                self.take_one_from_image(files, &path::join(directory, &name), written);
            }
            return;
        }
        self.take_one_from_image(files, &source, written);
    }

    fn take_one_from_image(&mut self, files: &Files, source: &str, written: &str) {
        let (followed, raw) = files.followed(source);
        match raw {
            Raw::Node(Node::Directory, ..) if files.depth() < DEEPEST_COPY => {
                let tree = TreeSource::Image(files.clone(), followed);
                self.merge(source.trim_start_matches('/'), written, tree);
            }
            Raw::Node(Node::Directory, ..) => {
                let why = "the images copy from each other too deeply";
                self.unclear(source, Why::at(why, self.span.clone()));
            }
            Raw::Node(Node::File { body, mode, .. }, _, edits) => {
                let body = if edits.is_empty() {
                    body
                } else {
                    match edited(body.read(), &edits) {
                        Content::Text(text) => Body::Text(text),
                        Content::Binary => Body::Binary,
                        Content::Unknown(why) => Body::Unknown(why),
                    }
                };
                let target = self.target_of(source.trim_start_matches('/'), written);
                self.put(target, body, mode);
            }
            Raw::Unknown(_) | Raw::Absent if is_build_output(&followed) => {
                let target = self.target_of(source.trim_start_matches('/'), written);
                self.put(target, Body::Binary, Some(0o755));
            }
            Raw::Unknown(why) => self.unclear(source, why),
            Raw::Node(Node::Link(_), ..) | Raw::Absent => {
                let why =
                    format!("`{written}` is not known to be in the stage that it is copied from");
                self.unclear(source, Why::at(why, self.span.clone()));
            }
        }
    }

    /// Merges a directory into the destination.
    fn merge(&mut self, source: &str, written: &str, tree: TreeSource) {
        let destination = if self.wishes.parents {
            path::join(&self.destination, &kept_parents(source, written))
        } else {
            self.destination.clone()
        };
        self.push(Change::Tree(Box::new(Tree {
            destination,
            source: tree,
            exclusion: self.wishes.exclusion.clone(),
            mode: self.wishes.mode.clone(),
            owner: self.wishes.owner.clone(),
            origin: self.span.clone(),
        })));
    }

    fn put(&mut self, target: String, body: Body, mode: Option<u32>) {
        let mode = match &self.wishes.mode {
            Some(change) => change.apply(mode),
            None => mode,
        };
        let owner = self.wishes.owner.clone();
        self.push(Change::Put {
            path: target,
            node: Node::File { body, mode, owner },
            origin: self.span.clone(),
        });
    }

    /// Where a file of that name goes.
    fn target(&self, name: &str) -> String {
        if self.is_directory {
            path::join(&self.destination, name)
        } else {
            self.destination.clone()
        }
    }

    fn target_of(&self, source: &str, written: &str) -> String {
        if self.wishes.parents {
            path::join(&self.destination, &kept_parents(source, written))
        } else {
            self.target(path::name(source))
        }
    }

    /// A source that may be a file or a directory.
    fn unclear(&mut self, source: &str, why: Why) {
        let target = self.target_of(source.trim_start_matches('/'), source);
        if self.is_directory {
            // If it is a directory, its content goes there too.
            self.unclear_directory(why.clone());
        }
        self.push(Change::Unclear {
            path: target,
            why,
            origin: self.span.clone(),
        });
    }

    /// Nothing is known of a source, not even its name.
    fn unclear_source(&mut self, why: Why) {
        if self.is_directory {
            return self.unclear_directory(why);
        }
        let path = self.destination.clone();
        let origin = self.span.clone();
        self.push(Change::Unclear { path, why, origin });
    }

    /// Nothing is known of what comes into the destination, a directory.
    fn unclear_directory(&mut self, why: Why) {
        let destination = self.destination.clone();
        self.push(Change::Put {
            path: destination,
            node: Node::Directory,
            origin: self.span.clone(),
        });
        self.opaque(why);
    }

    fn opaque(&mut self, why: Why) {
        let roots = vec![self.destination.clone()];
        let system = self.destination == "/";
        self.push(Change::Opaque(Box::new(Opaque::below(why, roots, system))));
    }

    fn push(&mut self, change: Change) {
        self.builder.image.files.push(change);
    }
}

/// The destination is not known: anything may be anywhere.
fn anywhere(builder: &mut Builder<'_, '_>, why: Why) {
    let roots = vec!["/".to_owned()];
    let change = Opaque::below(why, roots, true);
    builder.image.files.push(Change::Opaque(Box::new(change)));
}
