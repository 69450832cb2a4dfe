//! `pidone.toml`: a text in, a [`Layer`] and the overrides out; mistakes come with their place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{FailOn, Layer, Level, Override, duration, similar};
use crate::source::{Source, Span};

/// Names of the file, as they are looked for in a directory.
pub const NAMES: [&str; 2] = ["pidone.toml", ".pidone.toml"];

/// A mistake in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What may have been meant.
    pub help: Option<String>,
}

/// What a configuration file says.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    /// For every file.
    pub layer: Layer,
    /// For some.
    pub overrides: Vec<Override>,
    /// The user's own launchers, programs, images and packages, as a text like those of the tables.
    pub knowledge: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Raw {
    target: Option<String>,
    build_args: BTreeMap<String, String>,
    context: Option<PathBuf>,
    platform: Option<String>,
    grace: Option<Grace>,
    init: Option<bool>,
    args: Option<Vec<String>>,
    base_config: Option<PathBuf>,
    select: Option<Vec<Spanned<String>>>,
    ignore: Vec<Spanned<String>>,
    severity: BTreeMap<Spanned<String>, Level>,
    fail_on: Option<FailOn>,
    exclude: Vec<String>,
    handles_stop: Vec<String>,
    hadolint_ignores: Option<bool>,
    baseline: Option<PathBuf>,
    overrides: Vec<RawOverride>,
    launcher: Vec<toml::Table>,
    program: Vec<toml::Table>,
    image: Vec<toml::Table>,
    package: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawOverride {
    paths: Vec<String>,
    target: Option<String>,
    #[serde(default)]
    build_args: BTreeMap<String, String>,
    context: Option<PathBuf>,
    platform: Option<String>,
    grace: Option<Grace>,
    init: Option<bool>,
    args: Option<Vec<String>>,
    base_config: Option<PathBuf>,
    select: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    severity: BTreeMap<Spanned<String>, Level>,
}

/// A number of seconds, or a text with a unit.
struct Grace(Duration);

impl<'de> Deserialize<'de> for Grace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Grace, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Seconds(f64),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => seconds.to_string(),
            Written::Text(text) => text,
        };
        duration(&text).map(Grace).map_err(serde::de::Error::custom)
    }
}

/// Reads a configuration file. `rules` are the names that rules have.
pub fn parse(source: &Arc<Source>, rules: &[&str]) -> Result<ConfigFile, Problem> {
    let raw: Raw = toml::from_str(source.text()).map_err(|error| mistake(source, &error))?;
    let names = Names { source, rules };
    let knowledge = [
        ("launcher", raw.launcher),
        ("program", raw.program),
        ("image", raw.image),
        ("package", raw.package),
    ];
    let knowledge = knowledge.map(|(kind, entries)| own_entries(kind, &entries));
    let overrides = raw.overrides.into_iter().map(|part| {
        Ok(Override {
            layer: Layer {
                target: part.target,
                build_args: given(part.build_args),
                context: part.context,
                platform: part.platform,
                grace: part.grace.map(|grace| grace.0),
                init: part.init,
                args: part.args,
                base_config: part.base_config,
                select: part.select.map(|list| names.all(list)).transpose()?,
                ignore: names.all(part.ignore)?,
                severity: names.levels(part.severity)?,
                ..Layer::default()
            },
            paths: part.paths,
        })
    });
    Ok(ConfigFile {
        overrides: overrides.collect::<Result<_, Problem>>()?,
        layer: Layer {
            target: raw.target,
            build_args: given(raw.build_args),
            context: raw.context,
            platform: raw.platform,
            grace: raw.grace.map(|grace| grace.0),
            init: raw.init,
            args: raw.args,
            base_config: raw.base_config,
            select: raw.select.map(|list| names.all(list)).transpose()?,
            ignore: names.all(raw.ignore)?,
            severity: names.levels(raw.severity)?,
            fail_on: raw.fail_on,
            exclude: raw.exclude,
            handles_stop: raw.handles_stop,
            hadolint_ignores: raw.hadolint_ignores,
            baseline: raw.baseline,
        },
        knowledge: knowledge.concat(),
    })
}

fn given(values: BTreeMap<String, String>) -> BTreeMap<String, Option<String>> {
    let values = values.into_iter();
    values.map(|(name, value)| (name, Some(value))).collect()
}

/// Entries as a text of the tables: inline tables mean the same as those with headers.
fn own_entries(kind: &str, entries: &[toml::Table]) -> String {
    let entries = entries
        .iter()
        .map(|entry| toml::Value::Table(entry.clone()));
    let entries: Vec<String> = entries.map(|entry| entry.to_string()).collect();
    match entries.is_empty() {
        true => String::new(),
        false => format!("{kind} = [{}]\n", entries.join(", ")),
    }
}

/// Tells the names of rules from others.
struct Names<'a> {
    source: &'a Arc<Source>,
    rules: &'a [&'a str],
}

impl Names<'_> {
    fn all(&self, list: Vec<Spanned<String>>) -> Result<Vec<String>, Problem> {
        list.into_iter().map(|name| self.one(name)).collect()
    }

    fn levels(
        &self,
        levels: BTreeMap<Spanned<String>, Level>,
    ) -> Result<BTreeMap<String, Level>, Problem> {
        let levels = levels.into_iter();
        levels
            .map(|(name, level)| Ok((self.one(name)?, level)))
            .collect()
    }

    fn one(&self, name: Spanned<String>) -> Result<String, Problem> {
        if self.rules.contains(&name.get_ref().as_str()) {
            return Ok(name.into_inner());
        }
        let help = match similar(name.get_ref(), self.rules.iter().copied()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "`pidone rules` lists them".to_owned(),
        };
        Err(Problem {
            message: format!("there is no rule `{}`", name.get_ref()),
            span: Span::new(self.source, name.span()),
            help: Some(help),
        })
    }
}

fn mistake(source: &Arc<Source>, error: &toml::de::Error) -> Problem {
    let text = source.text();
    let range: Range<usize> = error.span().unwrap_or(0..text.len().min(1));
    let message = error.message();
    // serde says: unknown field `x`, expected one of `a`, `b`.
    let help = message.strip_prefix("unknown field `").and_then(|rest| {
        let (name, known) = rest.split_once('`')?;
        let known = known.split('`').skip(1).step_by(2);
        let meant = similar(name, known)?;
        Some(format!("did you mean `{meant}`?"))
    });
    let message = match (&help, message.split_once(", expected")) {
        (Some(_), Some((first, _))) => first,
        _ => message,
    };
    Problem {
        message: message.trim_end().replace('\n', "; "),
        span: Span::new(
            source,
            range.start.min(text.len())..range.end.min(text.len()),
        ),
        help,
    }
}

/// Every key that the file may have, as the parser itself lists them.
#[cfg(test)]
pub(super) fn keys() -> Vec<String> {
    let error = toml::from_str::<Raw>("no-such-key = 1").map(|_| ());
    let message = error.expect_err("the key is unknown").message().to_owned();
    let known = message.split('`').skip(3).step_by(2);
    known.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[&str] = &["script-without-exec", "shell-holds-pid1"];

    fn read(text: &str) -> Result<ConfigFile, Problem> {
        parse(&Source::new("pidone.toml", text), RULES)
    }

    #[test]
    fn every_key_is_read() {
        let file = read(
            "target = 'all'\ngrace = '1m'\ninit = true\nargs = ['serve']\nselect = ['shell-holds-pid1']\n\
             fail-on = 'note'\nhandles-stop = ['/srv/app']\n[severity]\nscript-without-exec = 'error'\n\
             [build-args]\nVERSION = '1'\n[[overrides]]\npaths = ['legacy/']\ngrace = 30\n\
             ignore = ['shell-holds-pid1']\n[[program]]\nnames = ['app']\n",
        )
        .expect("it is right");
        assert_eq!(file.layer.grace, Some(Duration::from_secs(60)));
        assert_eq!(file.layer.severity["script-without-exec"], Level::Error);
        assert_eq!(file.layer.build_args["VERSION"].as_deref(), Some("1"));
        assert_eq!(file.overrides[0].layer.grace, Some(Duration::from_secs(30)));
        assert_eq!(file.overrides[0].layer.ignore, ["shell-holds-pid1"]);
        let knowledge: toml::Table = file.knowledge.parse().expect("it is TOML");
        assert_eq!(knowledge["program"][0]["names"][0].as_str(), Some("app"));
    }

    #[test]
    fn mistakes_have_a_place_and_a_suggestion() {
        for (text, message, place, help) in [
            (
                "grase = 1\n",
                "unknown field `grase`",
                "grase",
                "did you mean `grace`?",
            ),
            (
                "[[overrides]]\npaths = []\ninnit = true\n",
                "unknown field `innit`",
                "innit",
                "did you mean `init`?",
            ),
            (
                "ignore = ['script-without-exek']\n",
                "there is no rule `script-without-exek`",
                "'script-without-exek'",
                "did you mean `script-without-exec`?",
            ),
            (
                "[severity]\nnothing = 'off'\n",
                "there is no rule `nothing`",
                "nothing",
                "`pidone rules` lists them",
            ),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(problem.message, message);
            assert_eq!(problem.span.text(), place);
            assert_eq!(problem.help.as_deref(), Some(help));
        }
        let problem = read("grace = 'soon'\n").expect_err("no time");
        assert_eq!(problem.message, "expected seconds such as 10, 30s or 2m");
        assert_eq!(problem.span.text(), "'soon'");
    }
}
