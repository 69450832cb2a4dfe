//! The settings of a run: what the configuration file, the environment and the flags say together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::files;
use crate::analyze::{Options, Targets};
use crate::config::{self, ConfigFile, Layer, Layers, Override, OwnEntry};
use crate::container::DEFAULT_GRACE;
use crate::image::BaseSettings;
use crate::knowledge;
use crate::report;
use crate::rules;
use crate::source::{Disk, FileKind, RealDisk, Source};

/// Everything that users say about a run.
pub(super) struct Settings {
    /// Every source of settings.
    pub(super) layers: Layers,
    /// The configuration file's path to show.
    pub(super) file: Option<String>,
    /// What holds for every file.
    pub(super) common: Layer,
    /// The configuration file's directory.
    root: PathBuf,
    /// One matcher for each override.
    overrides: Vec<Gitignore>,
    options: Options,
}

impl Settings {
    /// Puts the sources together. `given` is a file named by the user, else it is looked for from `start`
    /// upwards; `flags` are what the command line says.
    pub(super) fn load(
        given: Option<&Path>,
        start: &Path,
        flags: Layer,
    ) -> Result<Settings, String> {
        let rules: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
        config::refuse_misspelt(files::variables())?;
        let environment = config::environment(files::variable, &rules)?;
        let from_environment = files::variable("PIDONE_CONFIG").filter(|path| !path.is_empty());
        let path = match (given, from_environment) {
            (Some(path), _) => Some(path.to_owned()),
            (None, Some(path)) => Some(PathBuf::from(path)),
            (None, None) => find(start),
        };
        let (mut file, name) = match &path {
            Some(path) => (read(path, &rules)?, Some(files::shown(path))),
            None => (ConfigFile::default(), None),
        };
        let root = path
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        let root = if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        };
        let parts = file.overrides.iter_mut().map(|part| &mut part.layer);
        for layer in [&mut file.layer].into_iter().chain(parts) {
            from_directory(root, layer);
        }
        let layers = Layers {
            file: file.layer,
            overrides: file.overrides,
            environment,
            flags,
            own: file.own,
        };
        let common = layers.settings(|_| false);
        teach(&layers.own, &common.handles_stop)?;
        let overrides = layers.overrides.iter().map(|part| matcher(&part.paths));
        Ok(Settings {
            overrides: overrides.collect::<Result<_, _>>()?,
            options: options(&common, None)?,
            root: RealDisk.canonical(root).unwrap_or_else(|| root.to_owned()),
            common,
            layers,
            file: name,
        })
    }

    /// What holds for one file.
    pub(super) fn of(&self, path: &Path) -> Layer {
        match self.overrides.is_empty() {
            true => self.common.clone(),
            false => self.layers.settings(|part| self.applies(part, path)),
        }
    }

    /// The analyser's options for one file.
    pub(super) fn options(&self, path: &Path) -> Result<Options, String> {
        let special = self.layers.overrides.iter();
        match special.into_iter().any(|part| self.applies(part, path)) {
            true => options(&self.of(path), Some((&self.common, &self.options))),
            false => Ok(self.options.clone()),
        }
    }

    /// What a search passes by.
    pub(super) fn exclusions(&self) -> Result<Exclusions, String> {
        Ok(Exclusions {
            matchers: [
                (self.root.clone(), &self.layers.file.exclude),
                (PathBuf::from("."), &self.layers.flags.exclude),
            ]
            .into_iter()
            .filter(|(_, patterns)| !patterns.is_empty())
            .map(|(root, patterns)| {
                let root = RealDisk.canonical(&root).unwrap_or(root);
                Ok((root, matcher(patterns)?))
            })
            .collect::<Result<_, String>>()?,
        })
    }

    fn applies(&self, part: &Override, path: &Path) -> bool {
        let parts = self.layers.overrides.iter().zip(&self.overrides);
        let Some(path) = RealDisk.canonical(path) else {
            return false;
        };
        let Ok(path) = path.strip_prefix(&self.root) else {
            return false;
        };
        parts
            .filter(|(known, _)| std::ptr::eq(*known, part))
            .any(|(_, matcher)| matcher.matched_path_or_any_parents(path, false).is_ignore())
    }
}

/// Patterns of paths that a search passes by, each set with the directory that it starts from.
pub(super) struct Exclusions {
    matchers: Vec<(PathBuf, Gitignore)>,
}

impl Exclusions {
    /// Whether a path without links is passed by.
    pub(super) fn covers(&self, path: &Path, is_directory: bool) -> bool {
        self.matchers.iter().any(|(root, matcher)| {
            let inside = path.strip_prefix(root).ok();
            inside.is_some_and(|path| {
                let matched = matcher.matched_path_or_any_parents(path, is_directory);
                matched.is_ignore()
            })
        })
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }
}

/// The configuration file of a directory or the nearest one above it; a repository's top is the last place.
fn find(start: &Path) -> Option<PathBuf> {
    let start = if start.as_os_str().is_empty() {
        Path::new(".")
    } else {
        start
    };
    let absolute = RealDisk.canonical(start)?;
    let mut shown = start.to_owned();
    for (height, directory) in absolute.ancestors().enumerate() {
        for name in config::NAMES {
            if RealDisk.entry(&directory.join(name)).is_some() {
                // Near files are shown as the user would name them.
                return Some(match height {
                    0 if start == Path::new(".") => PathBuf::from(name),
                    0 => shown.join(name),
                    _ => directory.join(name),
                });
            }
        }
        if RealDisk.entry(&directory.join(".git")).is_some() {
            return None;
        }
        shown = directory.to_owned();
    }
    None
}

fn read(path: &Path, rules: &[&str]) -> Result<ConfigFile, String> {
    let shown = files::shown(path);
    let text = files::text(path)?;
    let source = Source::new(shown, text);
    config::parse(&source, rules).map_err(|problem| report::config_problem(&problem))
}

/// Makes the paths that a configuration file names start from its own directory, wherever pidone was started.
fn from_directory(root: &Path, layer: &mut Layer) {
    if root == Path::new(".") {
        return;
    }
    let paths = [
        &mut layer.context,
        &mut layer.base_config,
        &mut layer.baseline,
    ];
    for path in paths.into_iter().flatten() {
        *path = root.join(&*path);
    }
}

/// Hands the user's own entries to the tables, and the programs that are said to handle the signal.
fn teach(own: &[OwnEntry], handles_stop: &[String]) -> Result<(), String> {
    if own.is_empty() && handles_stop.is_empty() {
        return Ok(());
    }
    let mut tables = toml::Table::new();
    let mut add = |kind: &str, entry: toml::Table| {
        let entries = tables.entry(kind);
        let entries = entries.or_insert_with(|| toml::Value::Array(Vec::new()));
        if let toml::Value::Array(entries) = entries {
            entries.push(toml::Value::Table(entry));
        }
    };
    for OwnEntry { kind, entry, span } in own {
        let alone = toml::Table::from_iter([(
            (*kind).to_owned(),
            toml::Value::Array(vec![toml::Value::Table(entry.clone())]),
        )]);
        knowledge::check_own(&alone.to_string()).map_err(|why| {
            let (message, help) = config::plain(&why);
            report::config_problem(&config::Problem {
                message,
                span: span.clone(),
                help,
            })
        })?;
        add(kind, entry.clone());
    }
    for program in handles_stop {
        let name = serde_json::Value::from(program.as_str());
        let entry = format!(
            "names = [{name}]\nscript = true\n\
             about = \"It handles the stop signal, says `handles-stop` in the configuration.\"\n\
             evidence = \"the configuration\"\nlifetime = \"long\"\n\
             on = {{ TERM = \"graceful\", otherwise = \"graceful\" }}\n"
        );
        let entry = entry.parse().map_err(|why| format!("{program}: {why}"))?;
        add("program", entry);
    }
    knowledge::extend(&tables.to_string())
}

/// The analyser's options. The base image's settings are read once where they are those of `known`: the file may be
/// a pipe.
fn options(layer: &Layer, known: Option<(&Layer, &Options)>) -> Result<Options, String> {
    let known = known.filter(|(common, _)| common.base_config == layer.base_config);
    let base_config = match (&layer.base_config, known) {
        (_, Some((_, options))) => options.base_config.clone(),
        (Some(path), None) => {
            let because = |message: String| format!("{}: {message}", files::shown(path));
            Some(Arc::new(
                BaseSettings::from_json(&files::text(path)?).map_err(because)?,
            ))
        }
        (None, None) => None,
    };
    if let Some(context) = &layer.context {
        let real = RealDisk.canonical(context);
        let kind = real.and_then(|real| RealDisk.entry(&real));
        if kind.is_none_or(|entry| entry.kind != FileKind::Directory) {
            return Err(format!("{}: no such directory", files::shown(context)));
        }
    }
    Ok(Options {
        targets: match layer.target.as_deref() {
            None => Targets::Last,
            Some("all") => Targets::All,
            Some(name) => Targets::Named(name.to_owned()),
        },
        build_args: layer.build_args.clone().into_iter().collect(),
        context: layer.context.clone(),
        platform: layer.platform.clone(),
        grace: layer.grace.unwrap_or(DEFAULT_GRACE),
        init: layer.init.unwrap_or_default(),
        args: layer.args.clone(),
        base_config,
    })
}

fn matcher(patterns: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder
            .add_line(None, pattern)
            .map_err(|error| format!("`{pattern}`: {error}"))?;
    }
    builder.build().map_err(|error| error.to_string())
}
