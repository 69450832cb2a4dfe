//! What users say about a run outside of the command: configuration files, environment variables, and
//! comments that silence a finding.
//!
//! In: texts. Out: [`Layer`]s, merged into one [`Layer`] by [`Layers`], and [`Suppressions`]. Knows no rule:
//! whoever calls says which names there are. Reads no file and prints nothing.

mod environment;
mod file;
mod platform;
mod show;
mod suppression;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use environment::{VARIABLES, environment, refuse_misspelt};
pub use file::{ConfigFile, NAMES, OwnEntry, Problem, parse, plain};
pub use platform::platform;
pub use show::show;
pub use suppression::{Ignored, Suppression, Suppressions};

/// What one source of settings says; `None` where it is silent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Stages to judge: a name, a number, `all`.
    pub target: Option<String>,
    /// Values of ARGs.
    pub build_args: BTreeMap<String, Option<String>>,
    /// Directory of the build context.
    pub context: Option<PathBuf>,
    /// Platform to build for.
    pub platform: Option<String>,
    /// Time from the stop signal to SIGKILL.
    pub grace: Option<Duration>,
    /// Whether the runtime puts an init before PID 1.
    pub init: Option<bool>,
    /// What the platform gives in place of CMD.
    pub args: Option<Vec<String>>,
    /// A file with the base image's configuration.
    pub base_config: Option<PathBuf>,
    /// Rules to report, and no others.
    pub select: Option<Vec<String>>,
    /// Rules not to report.
    pub ignore: Vec<String>,
    /// Severities by rule.
    pub severity: BTreeMap<String, Level>,
    /// The least that fails a run.
    pub fail_on: Option<FailOn>,
    /// Paths that a search passes by, as in `.gitignore`.
    pub exclude: Vec<String>,
    /// Programs that handle the stop signal, by path or name.
    pub handles_stop: Vec<String>,
    /// Whether `# hadolint ignore=` counts.
    pub hadolint_ignores: Option<bool>,
    /// A file with findings that are known.
    pub baseline: Option<PathBuf>,
}

/// A severity that a user gives a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Likely harm.
    Warning,
    /// Broken.
    Error,
}

/// The least that makes a run fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Nothing.
    Never,
    /// An error.
    Error,
    /// A warning or worse.
    #[default]
    Warning,
    /// Any finding.
    Note,
    /// Any finding, and any target that cannot be judged.
    Unknown,
}

impl Layer {
    /// Puts another layer over this one: what it says replaces what stood here, and its lists of things to
    /// leave out, its severities and its ARGs are added.
    pub fn put(&mut self, over: &Layer) {
        fn replace<T: Clone>(under: &mut Option<T>, over: &Option<T>) {
            if over.is_some() {
                under.clone_from(over);
            }
        }
        replace(&mut self.target, &over.target);
        replace(&mut self.context, &over.context);
        replace(&mut self.platform, &over.platform);
        replace(&mut self.grace, &over.grace);
        replace(&mut self.init, &over.init);
        replace(&mut self.args, &over.args);
        replace(&mut self.base_config, &over.base_config);
        replace(&mut self.select, &over.select);
        replace(&mut self.fail_on, &over.fail_on);
        replace(&mut self.hadolint_ignores, &over.hadolint_ignores);
        replace(&mut self.baseline, &over.baseline);
        self.ignore.extend(over.ignore.iter().cloned());
        self.exclude.extend(over.exclude.iter().cloned());
        self.handles_stop.extend(over.handles_stop.iter().cloned());
        self.severity.extend(over.severity.clone());
        self.build_args.extend(over.build_args.clone());
    }
}

/// Settings for files whose path matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// Patterns as in `.gitignore`, from the directory of the configuration file.
    pub paths: Vec<String>,
    /// What holds there.
    pub layer: Layer,
}

/// Every source of settings, from the weakest to the strongest.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The configuration file.
    pub file: Layer,
    /// Its parts for some paths, in order.
    pub overrides: Vec<Override>,
    /// `PIDONE_*`.
    pub environment: Layer,
    /// The command line.
    pub flags: Layer,
    /// The configuration file's own entries for the tables.
    pub own: Vec<OwnEntry>,
}

impl Layers {
    /// default < file < overrides < environment < flags. `applies` says which overrides count.
    pub fn settings(&self, applies: impl Fn(&Override) -> bool) -> Layer {
        let overrides = self.overrides.iter().filter(|part| applies(part));
        let overrides = overrides.map(|part| &part.layer);
        let mut settings = Layer::default();
        for layer in [&self.file]
            .into_iter()
            .chain(overrides)
            .chain([&self.environment, &self.flags])
        {
            settings.put(layer);
        }
        settings
    }
}

/// Reads a time: seconds, or with a unit as in `30s`, `2m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (digits, factor) = match text.strip_suffix('m') {
        Some(digits) => (digits, 60.0),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let seconds = digits.parse::<f64>().ok().map(|value| value * factor);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected seconds such as 10, 30s or 2m".to_owned())
}

/// The name of `names` that a misspelt one is likely to mean.
pub fn similar<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = names.into_iter().filter_map(|known| {
        let likeness = strsim::jaro_winkler(&name.to_lowercase(), known);
        (likeness > 0.8).then_some((likeness, known))
    });
    close
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_source_wins_and_lists_of_exceptions_grow() {
        let layer = |grace, ignore: &str| Layer {
            grace: Some(Duration::from_secs(grace)),
            ignore: vec![ignore.to_owned()],
            ..Layer::default()
        };
        let layers = Layers {
            file: layer(1, "a"),
            overrides: vec![Override {
                paths: vec!["legacy".to_owned()],
                layer: layer(2, "b"),
            }],
            environment: Layer::default(),
            flags: Layer {
                ignore: vec!["c".to_owned()],
                ..Layer::default()
            },
            own: Vec::new(),
        };
        let plain = layers.settings(|_| false);
        assert_eq!(plain.grace, Some(Duration::from_secs(1)));
        assert_eq!(plain.ignore, ["a", "c"]);
        let special = layers.settings(|_| true);
        assert_eq!(special.grace, Some(Duration::from_secs(2)));
        assert_eq!(special.ignore, ["a", "b", "c"]);
    }

    #[test]
    fn times_are_seconds_unless_they_say_otherwise() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        for text in ["", "s", "-1", "1h", "inf", "nan"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_name_gets_the_nearest_one() {
        assert_eq!(similar("grase", ["grace", "init"]), Some("grace"));
        assert_eq!(similar("zzz", ["grace", "init"]), None);
    }
}
