//! What can be said on the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::analyze::{Options, Targets};
use crate::image::BaseSettings;
use crate::rules;
use crate::source::{Disk, RealDisk};

/// Proves, from a Dockerfile and the scripts that it starts, whether the application hears the stop
/// signal and gets to finish.
#[derive(Debug, Parser)]
#[command(name = "pidone", version, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to colour the output; NO_COLOR and CLICOLOR_FORCE are respected.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Print results only, no news of the run.
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report what keeps the stop signal from the application
    Check(CheckArguments),
    /// Show who becomes PID 1 and the way of the stop signal
    Trace(TraceArguments),
    /// Print the documentation of a rule
    Explain(ExplainArguments),
    /// List the rules
    Rules(RulesArguments),
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(super) format: CheckFormat,
    /// Report these rules only; may be repeated or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule_names())]
    select: Vec<String>,
    /// Do not report these rules; may be repeated or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule_names())]
    ignore: Vec<String>,
    /// The least that makes the exit status 1; `unknown` also counts targets that cannot be judged
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "LEVEL")]
    pub(super) fail_on: FailOn,
    #[command(flatten)]
    pub(super) fixing: Fixing,
}

/// What to do about findings that have a proven fix.
#[derive(Debug, Args)]
pub(super) struct Fixing {
    /// Rewrite the files where a fix is proven and safe; with `-` the fixed text goes to standard output
    #[arg(long)]
    pub(super) fix: bool,
    /// Also apply fixes that may change more than the stop signal
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Print what `--fix` would change as a unified diff, and write nothing
    #[arg(long)]
    pub(super) diff: bool,
}

impl CheckArguments {
    /// Whether a rule's findings are asked for.
    pub(super) fn wants(&self, rule: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == rule);
        (self.select.is_empty() || named(&self.select)) && !named(&self.ignore)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Code frames for people.
    Text,
    /// One line a finding.
    Concise,
    /// One JSON object, schema pidone/check/1.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Nothing.
    Never,
    /// An error.
    Error,
    /// A warning or worse.
    Warning,
    /// Any finding.
    Note,
    /// Any finding, and any target that cannot be judged.
    Unknown,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// Names of rules, as `pidone rules` lists them
    #[arg(required = true, value_name = "RULE", value_parser = rule_names())]
    pub(super) rules: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct RulesArguments {
    /// The form of the output
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub(super) format: RulesFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RulesFormat {
    /// A table.
    Text,
    /// One JSON object, schema pidone/rules/1.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = TraceFormat::Text)]
    pub(super) format: TraceFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceFormat {
    /// A drawing for people.
    Text,
    /// One JSON object, schema pidone/trace/1.
    Json,
}

/// What to look at, and under which circumstances.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// Dockerfiles, directories to search, or `-` for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Stage to judge by name or number, or `all` [default: the last one, as in `docker build`]
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// Value of an ARG; may be repeated. Without `=VALUE` it is whatever the builder's environment has
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]", value_parser = build_arg)]
    build_args: Vec<(String, Option<String>)>,
    /// Directory of the build context [default: the Dockerfile's, or a parent with its COPY sources]
    #[arg(long, value_name = "DIR")]
    context: Option<PathBuf>,
    /// Platform to build for, such as linux/arm64
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Time from the stop signal to SIGKILL: seconds, or with a unit as in 30s, 2m
    #[arg(long, value_name = "TIME", default_value = "10", value_parser = grace)]
    grace: Duration,
    /// Judge as with `docker run --init`
    #[arg(long)]
    init: bool,
    /// The base image's settings: a file with the output of `docker image inspect IMAGE`
    #[arg(long, value_name = "FILE")]
    base_config: Option<PathBuf>,
}

impl Inputs {
    /// The analyser's options, or why there are none: the base image's configuration is read here.
    pub(super) fn options(&self) -> Result<Options, String> {
        let base_config = match &self.base_config {
            Some(path) => Some(Arc::new(base_config(path)?)),
            None => None,
        };
        Ok(Options {
            targets: match self.target.as_deref() {
                None => Targets::Last,
                Some("all") => Targets::All,
                Some(name) => Targets::Named(name.to_owned()),
            },
            build_args: self.build_args.clone(),
            context: self.context.clone(),
            platform: self.platform.clone(),
            grace: self.grace,
            init: self.init,
            base_config,
        })
    }
}

fn base_config(path: &Path) -> Result<BaseSettings, String> {
    let because = |message: String| format!("{}: {message}", path.display());
    let bytes = RealDisk
        .read(path)
        .map_err(|error| because(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| because("not valid UTF-8".to_owned()))?;
    BaseSettings::from_json(&text).map_err(because)
}

/// Accepts the names of rules; a misspelt one gets a suggestion.
fn rule_names() -> PossibleValuesParser {
    let names = rules::ALL
        .iter()
        .map(|rule| PossibleValue::new(rule.id).help(rule.summary));
    PossibleValuesParser::new(names)
}

fn build_arg(text: &str) -> Result<(String, Option<String>), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("expected NAME=VALUE".to_owned()),
        Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
        None => Ok((text.to_owned(), None)),
    }
}

fn grace(text: &str) -> Result<Duration, String> {
    let (digits, factor) = match text.strip_suffix('m') {
        Some(digits) => (digits, 60.0),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let seconds = digits.parse::<f64>().ok().map(|value| value * factor);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected seconds such as 10, 30s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_seconds_unless_they_say_otherwise() {
        assert_eq!(grace("30"), Ok(Duration::from_secs(30)));
        assert_eq!(grace("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(grace("1.5m"), Ok(Duration::from_secs(90)));
        for text in ["", "s", "-1", "1h", "inf", "nan"] {
            assert!(grace(text).is_err(), "{text}");
        }
    }
}
