//! What can be said on the command line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::formats::{CheckFormat, TraceFormat, format_file};
use super::on_demand::OnDemand;
use crate::config::{FailOn, Layer, VARIABLES, duration, platform, similar};
use crate::rules;
use crate::source::{Disk, FileKind, RealDisk};

/// Headings of the help, in its order.
const INPUT: &str = "What to look at";
const CONTAINER: &str = "How it is built and run";
const SETTINGS: &str = "Settings";
const REPORT: &str = "What to report";
const OUTPUT: &str = "Output";
const FIXES: &str = "Fixes";
const EVERYWHERE: &str = "Everywhere";

/// Proves, from a Dockerfile and the scripts that it starts, whether the application hears the stop
/// signal and gets to finish.
#[derive(Debug, Parser)]
#[command(name = "pidone", version, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to colour the output; NO_COLOR and CLICOLOR_FORCE are respected.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, hide_possible_values = true)]
    #[arg(value_name = "auto|always|never", help_heading = EVERYWHERE)]
    pub(super) color: Color,
    /// Print results only, no news of the run.
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
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
    Check(OnDemand<CheckArguments>),
    /// Show who becomes PID 1 and the way of the stop signal
    Trace(OnDemand<TraceArguments>),
    /// Print the documentation of a rule
    Explain(OnDemand<ExplainArguments>),
    /// Print what is known of a program, launcher, shell or image
    Knows(OnDemand<KnowsArguments>),
    /// List the rules
    Rules(OnDemand<RulesArguments>),
    /// Print the JSON schema of an output or of the configuration file
    Schema(OnDemand<SchemaArguments>),
    /// Print a script that completes pidone's arguments in a shell
    Completions(OnDemand<CompletionsArguments>),
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// Report these rules only; may be repeated or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = RuleName, help_heading = REPORT)]
    #[arg(hide_possible_values = true)]
    select: Vec<String>,
    /// Do not report these rules; may be repeated or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = RuleName, help_heading = REPORT)]
    #[arg(hide_possible_values = true)]
    ignore: Vec<String>,
    /// The least that makes the exit status 1; `unknown` also counts targets that cannot be judged
    /// [default: warning]
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = REPORT)]
    fail_on: Option<FailOn>,
    /// Do not report findings that this file lists
    #[arg(long, value_name = "FILE", help_heading = REPORT)]
    baseline: Option<PathBuf>,
    /// Write the findings of this run to a file for --baseline, and report none
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", help_heading = REPORT)]
    pub(super) write_baseline: Option<PathBuf>,
    /// Report only what touches files that changed since the branch left this revision
    #[arg(long, value_name = "REV", conflicts_with_all = ["fix", "diff"], help_heading = REPORT)]
    pub(super) changed_since: Option<String>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, help_heading = OUTPUT)]
    pub(super) format: CheckFormat,
    /// Also write the findings in that form to a file; may be repeated
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = format_file, help_heading = OUTPUT)]
    pub(super) outputs: Vec<(CheckFormat, PathBuf)>,
    /// Say how often each rule and each verdict occurred, in place of the findings
    #[arg(long, conflicts_with = "format", help_heading = OUTPUT)]
    pub(super) statistics: bool,
    #[command(flatten)]
    pub(super) fixing: Fixing,
}

/// What to do about findings that have a proven fix.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what_to_do").multiple(true))]
pub(super) struct Fixing {
    /// Rewrite the files where a fix is proven and safe; with `-` the fixed text goes to standard output, and
    /// no file is changed
    #[arg(long, group = "what_to_do", help_heading = FIXES)]
    pub(super) fix: bool,
    /// With --fix or --diff: also fixes that may change more than the way of the stop signal
    #[arg(long, requires = "what_to_do", help_heading = FIXES)]
    pub(super) unsafe_fixes: bool,
    /// Print what `--fix` would change as a unified diff, and write nothing
    #[arg(long, group = "what_to_do", help_heading = FIXES)]
    #[arg(conflicts_with_all = ["format", "outputs", "statistics", "write_baseline"])]
    pub(super) diff: bool,
}

impl CheckArguments {
    /// What these flags say about settings.
    pub(super) fn layer(&self) -> Layer {
        Layer {
            select: (!self.select.is_empty()).then(|| self.select.clone()),
            ignore: self.ignore.clone(),
            fail_on: self.fail_on,
            baseline: self.baseline.clone(),
            ..self.inputs.layer()
        }
    }
}

impl ValueEnum for FailOn {
    fn value_variants<'a>() -> &'a [FailOn] {
        &[
            FailOn::Never,
            FailOn::Error,
            FailOn::Warning,
            FailOn::Note,
            FailOn::Unknown,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            FailOn::Never => ("never", "Nothing"),
            FailOn::Error => ("error", "An error"),
            FailOn::Warning => ("warning", "A warning or worse"),
            FailOn::Note => ("note", "Any finding"),
            FailOn::Unknown => (
                "unknown",
                "Any finding, and any target that cannot be judged",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// Names of rules, as `pidone rules` lists them
    #[arg(required = true, value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    pub(super) rules: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct KnowsArguments {
    /// Names of programs, launchers, shells or images, such as nginx, npm, dash, node:22-alpine
    #[arg(required = true, value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// The configuration file, for its own entries [default: pidone.toml or .pidone.toml of the current
    /// directory or above it]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
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
#[command(after_long_help = after_help_of_trace())]
pub(super) struct TraceArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = TraceFormat::Text, help_heading = OUTPUT)]
    pub(super) format: TraceFormat,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// What the schema describes
    #[arg(value_enum, default_value_t = SchemaName::Check)]
    pub(super) name: SchemaName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// `check --format json`.
    Check,
    /// `trace --format json`.
    Trace,
    /// `pidone.toml`, for editors.
    Config,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// What to look at, and under which circumstances.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// Dockerfiles, directories to search, or `-` for standard input [default: .]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Also look at the files that this file lists, one a line or between NULs; `-` for standard input
    #[arg(long, value_name = "FILE", help_heading = INPUT)]
    pub(super) files_from: Option<PathBuf>,
    /// What a search passes by, a pattern as in .gitignore; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = INPUT)]
    exclude: Vec<String>,
    /// Stage to judge by name or number, or `all` [default: the last one, as in `docker build`]
    #[arg(long, value_name = "STAGE", help_heading = CONTAINER)]
    target: Option<String>,
    /// Value of an ARG; may be repeated. Without `=VALUE` it is whatever the builder's environment has
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]", value_parser = build_arg, help_heading = CONTAINER)]
    build_args: Vec<(String, Option<String>)>,
    /// Directory of the build context [default: the Dockerfile's, or a parent with its COPY sources]
    #[arg(long, value_name = "DIR", help_heading = CONTAINER)]
    context: Option<PathBuf>,
    /// Platform to build for, such as linux/arm64
    #[arg(long, value_name = "PLATFORM", value_parser = platform, help_heading = CONTAINER)]
    platform: Option<String>,
    /// Time from the stop signal to SIGKILL: seconds, or with a unit as in 30s, 2m
    /// [default: 10]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = CONTAINER)]
    grace: Option<Duration>,
    /// Judge as with `docker run --init`
    #[arg(long, help_heading = CONTAINER)]
    init: bool,
    /// The base image's settings: a file with the output of `docker image inspect IMAGE`
    #[arg(long, value_name = "FILE", help_heading = CONTAINER)]
    base_config: Option<PathBuf>,
    /// The configuration file [default: pidone.toml or .pidone.toml of the first path or above it]
    #[arg(long, value_name = "FILE", help_heading = SETTINGS)]
    pub(super) config: Option<PathBuf>,
    /// Print the settings and where each comes from, and look at nothing
    #[arg(long, help_heading = SETTINGS)]
    pub(super) show_config: bool,
}

impl Inputs {
    /// The directory that the run is about: the first path's.
    pub(super) fn start(&self) -> PathBuf {
        let first = self.paths.first();
        let first = first.filter(|path| path.as_os_str() != "-");
        match first {
            None => PathBuf::from("."),
            Some(path) => match RealDisk.entry(path).map(|entry| entry.kind) {
                Some(FileKind::File) => path.parent().unwrap_or(Path::new(".")).to_owned(),
                _ => path.clone(),
            },
        }
    }

    /// What these flags say about settings.
    pub(super) fn layer(&self) -> Layer {
        Layer {
            target: self.target.clone(),
            build_args: self.build_args.iter().cloned().collect(),
            context: self.context.clone(),
            platform: self.platform.clone(),
            grace: self.grace,
            init: self.init.then_some(true),
            base_config: self.base_config.clone(),
            exclude: self.exclude.clone(),
            ..Layer::default()
        }
    }
}

/// Reads the name of a rule. A misspelt one gets a suggestion instead of the list of all, which completions
/// still have.
#[derive(Clone, Copy)]
struct RuleName;

impl TypedValueParser for RuleName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let name = value.to_string_lossy();
        if rules::named(&name).is_some() {
            return Ok(name.into_owned());
        }
        let meant = similar(&name, rules::ALL.iter().map(|rule| rule.id));
        let meant = match meant {
            Some(rule) => format!("did you mean `{rule}`?"),
            None => "`pidone rules` lists them".to_owned(),
        };
        let message = format!("there is no rule `{name}`; {meant}\n");
        Err(clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let rules = rules::ALL.iter();
        Some(Box::new(
            rules.map(|rule| PossibleValue::new(rule.id).help(rule.summary)),
        ))
    }
}

/// What a gate has to know, behind the options.
fn after_help() -> String {
    let mut text = "Exit status:\n  0  nothing at or above the fail level\n  \
                    1  findings; with --diff, something to change\n  \
                    2  something that was asked for could not be done\n\n"
        .to_owned();
    text.push_str(&environment(|_| true));
    text
}

/// The same for `trace`, which has no gate and applies no rules.
fn after_help_of_trace() -> String {
    let mut text = "Exit status:\n  0  the verdicts are told, whatever they are\n  \
                    2  something that was asked for could not be done\n\n"
        .to_owned();
    let of_rules = ["PIDONE_SELECT", "PIDONE_IGNORE", "PIDONE_FAIL_ON"];
    text.push_str(&environment(|name| !of_rules.contains(&name)));
    text
}

/// The variables of the environment that count.
fn environment(counts: impl Fn(&str) -> bool) -> String {
    let mut text = "Environment:".to_owned();
    for (name, meaning) in VARIABLES.iter().filter(|(name, _)| counts(name)) {
        text.push_str(&format!("\n  {name:<16}  {meaning}"));
    }
    text
}

fn build_arg(text: &str) -> Result<(String, Option<String>), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("expected NAME=VALUE".to_owned()),
        Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
        None => Ok((text.to_owned(), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
