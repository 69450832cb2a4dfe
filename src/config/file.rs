//! `pidone.toml`: a text in, a [`Layer`] and the overrides out; mistakes come with their place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{FailOn, Layer, Level, Override, duration, platform, similar};
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
    /// The user's own launchers, programs, images and packages, in order.
    pub own: Vec<OwnEntry>,
}

/// An entry of the user's own for the tables.
#[derive(Clone, Debug)]
pub struct OwnEntry {
    /// The table that it belongs to: `launcher`, `program`, `image` or `package`.
    pub kind: &'static str,
    /// What it says.
    pub entry: toml::Table,
    /// Where it begins.
    pub span: Span,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Raw {
    target: Option<String>,
    build_args: BTreeMap<String, String>,
    context: Option<PathBuf>,
    platform: Option<PlatformText>,
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
    launcher: Vec<Spanned<toml::Table>>,
    program: Vec<Spanned<toml::Table>>,
    image: Vec<Spanned<toml::Table>>,
    package: Vec<Spanned<toml::Table>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawOverride {
    paths: Vec<String>,
    target: Option<String>,
    #[serde(default)]
    build_args: BTreeMap<String, String>,
    context: Option<PathBuf>,
    platform: Option<PlatformText>,
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

/// A platform such as `linux/arm64`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct PlatformText(String);

impl TryFrom<String> for PlatformText {
    type Error = String;

    fn try_from(text: String) -> Result<PlatformText, String> {
        platform(&text).map(PlatformText)
    }
}

/// A number of seconds, or a text with a unit.
struct Grace(Duration);

impl<'de> Deserialize<'de> for Grace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Grace, D::Error> {
        deserializer.deserialize_any(GraceVisitor)
    }
}

struct GraceVisitor;

impl Visitor<'_> for GraceVisitor {
    type Value = Grace;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a time such as 10, \"30s\" or \"2m\"")
    }

    fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Grace, E> {
        self.visit_str(&seconds.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Grace, E> {
        self.visit_str(&seconds.to_string())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Grace, E> {
        duration(text).map(Grace).map_err(E::custom)
    }
}

/// Reads a configuration file. `rules` are the names that rules have.
pub fn parse(source: &Arc<Source>, rules: &[&str]) -> Result<ConfigFile, Problem> {
    let raw: Raw = toml::from_str(source.text()).map_err(|error| mistake(source, &error))?;
    let names = Names { source, rules };
    let own = [
        ("launcher", raw.launcher),
        ("program", raw.program),
        ("image", raw.image),
        ("package", raw.package),
    ];
    let own = own.into_iter().flat_map(|(kind, entries)| {
        entries.into_iter().map(move |entry| OwnEntry {
            kind,
            span: Span::new(source, within(source, entry.span())),
            entry: entry.into_inner(),
        })
    });
    let own = own.collect();
    let overrides = raw.overrides.into_iter().map(|part| {
        Ok(Override {
            layer: Layer {
                target: part.target,
                build_args: given(part.build_args),
                context: part.context,
                platform: part.platform.map(|platform| platform.0),
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
            platform: raw.platform.map(|platform| platform.0),
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
        own,
    })
}

fn given(values: BTreeMap<String, String>) -> BTreeMap<String, Option<String>> {
    let values = values.into_iter();
    values.map(|(name, value)| (name, Some(value))).collect()
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
    let range = error.span().unwrap_or(0..1);
    let (message, help) = plain(error.message());
    Problem {
        message,
        span: Span::new(source, within(source, range)),
        help,
    }
}

fn within(source: &Source, range: Range<usize>) -> Range<usize> {
    let end = source.text().len();
    range.start.min(end)..range.end.min(end)
}

/// What the reader of TOML says in the words of people who write TOML, and what may have been meant.
pub fn plain(message: &str) -> (String, Option<String>) {
    let message = message.trim_end().replace('\n', "; ");
    // It says: unknown field `x`, expected one of `a`, `b`.
    for (theirs, ours) in [("unknown field", "key"), ("unknown variant", "value")] {
        let Some(rest) = message.strip_prefix(theirs) else {
            continue;
        };
        let words: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        let meant = words
            .split_first()
            .and_then(|(name, known)| similar(name, known.iter().copied()));
        return match (meant, rest.split_once(", expected")) {
            (Some(meant), Some((name, _))) => {
                let help = format!("did you mean `{meant}`?");
                (format!("unknown {ours}{name}"), Some(help))
            }
            _ => (format!("unknown {ours}{rest}"), None),
        };
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return (format!("the key {name} is missing"), None);
    }
    let types = message.strip_prefix("invalid type: ");
    if let Some((found, expected)) = types.and_then(|types| types.split_once(", expected ")) {
        let words = |text: &str| match text {
            "sequence" | "a sequence" => "a list".to_owned(),
            "map" | "a map" => "a table".to_owned(),
            "a boolean" => "true or false".to_owned(),
            text => text.to_owned(),
        };
        let message = format!("expected {}, found {}", words(expected), words(found));
        return (message, None);
    }
    (message, None)
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
        assert_eq!(file.own[0].kind, "program");
        assert_eq!(file.own[0].entry["names"][0].as_str(), Some("app"));
        assert_eq!(file.own[0].span.text(), "[[program]]");
    }

    #[test]
    fn mistakes_have_a_place_and_a_suggestion() {
        for (text, message, place, help) in [
            (
                "grase = 1\n",
                "unknown key `grase`",
                "grase",
                "did you mean `grace`?",
            ),
            (
                "[[overrides]]\npaths = []\ninnit = true\n",
                "unknown key `innit`",
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
        for (text, message, place) in [
            (
                "grace = 'soon'\n",
                "expected seconds such as 10, 30s or 2m",
                "'soon'",
            ),
            (
                "platform = 'x'\n",
                "expected a platform such as linux/arm64 or linux/arm/v7",
                "'x'",
            ),
            (
                "grace = true\n",
                "expected a time such as 10, \"30s\" or \"2m\", found boolean `true`",
                "true",
            ),
            (
                "select = 'a'\n",
                "expected a list, found string \"a\"",
                "'a'",
            ),
            (
                "build-args = ['A=1']\n",
                "expected a table, found a list",
                "['A=1']",
            ),
            (
                "init = 'yes'\n",
                "expected true or false, found string \"yes\"",
                "'yes'",
            ),
            (
                "[[overrides]]\ninit = true\n",
                "the key `paths` is missing",
                "[[overrides]]",
            ),
            ("fail-on = 'nver'\n", "unknown value `nver`", "'nver'"),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(
                (problem.message.as_str(), problem.span.text()),
                (message, place)
            );
        }
    }
}
