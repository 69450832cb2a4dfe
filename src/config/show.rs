//! `--show-config`: the settings of a run, each with the source that set it.

use std::fmt::Write;

use super::{FailOn, Layer, Layers, Level};

/// The settings as a configuration file, each key with a comment that names its source. `file` is the
/// configuration file's path, if there is one.
pub fn show(layers: &Layers, file: Option<&str>) -> String {
    let sources = [
        (&layers.file, file.unwrap_or("the configuration file")),
        (&layers.environment, "the environment"),
        (&layers.flags, "the command line"),
    ];
    let mut out = match file {
        Some(file) => format!("# {file}\n"),
        None => "# no configuration file\n".to_owned(),
    };
    let settings = layers.settings(|_| false);
    let said = values(&settings);
    for (index, (key, value)) in said.into_iter().enumerate() {
        let says = |layer: &Layer| values(layer)[index].1.is_some();
        let source: Vec<&str> = sources
            .iter()
            .filter(|(layer, _)| says(layer))
            .map(|(_, name)| *name)
            .collect();
        let value = match (value, default(key)) {
            (Some(value), _) => value,
            (None, Some(value)) => value.to_owned(),
            (None, None) => continue,
        };
        let source = match source.is_empty() {
            true => "default".to_owned(),
            false => source.join(", "),
        };
        let _ = writeln!(out, "{key} = {value}  # {source}");
    }
    for part in &layers.overrides {
        let _ = writeln!(out, "\n[[overrides]]\npaths = {}", list(&part.paths));
        for (key, value) in values(&part.layer) {
            if let Some(value) = value {
                let _ = writeln!(out, "{key} = {value}");
            }
        }
    }
    for own in &layers.own {
        let _ = writeln!(out, "\n[[{}]]", own.kind);
        for (key, value) in &own.entry {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
    out
}

/// What holds when nobody says anything; `None` for keys that then do not exist.
fn default(key: &str) -> Option<&'static str> {
    match key {
        "grace" => Some("10"),
        "init" | "hadolint-ignores" => Some("false"),
        "fail-on" => Some("\"warning\""),
        _ => None,
    }
}

/// Every key with its value as TOML, in one order; `None` where the layer is silent.
fn values(layer: &Layer) -> [(&'static str, Option<String>); 16] {
    let text = |value: &Option<String>| value.as_deref().map(quoted);
    let path = |value: &Option<std::path::PathBuf>| {
        let value = value.as_ref();
        value.map(|path| quoted(&path.to_string_lossy()))
    };
    let names = |value: &[String]| (!value.is_empty()).then(|| list(value));
    let severity = layer.severity.iter().map(|(rule, level)| {
        let word = match level {
            Level::Off => "off",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        format!("{rule} = \"{word}\"")
    });
    let severity: Vec<String> = severity.collect();
    let arguments = layer.build_args.iter().map(|(name, value)| {
        let value = value.as_deref().unwrap_or_default();
        format!("{} = {}", quoted(name), quoted(value))
    });
    let arguments: Vec<String> = arguments.collect();
    let table =
        |entries: &[String]| (!entries.is_empty()).then(|| format!("{{ {} }}", entries.join(", ")));
    let fail_on = layer.fail_on.map(|level| match level {
        FailOn::Never => "\"never\"",
        FailOn::Error => "\"error\"",
        FailOn::Warning => "\"warning\"",
        FailOn::Note => "\"note\"",
        FailOn::Unknown => "\"unknown\"",
    });
    [
        ("target", text(&layer.target)),
        ("build-args", table(&arguments)),
        ("context", path(&layer.context)),
        ("platform", text(&layer.platform)),
        (
            "grace",
            layer.grace.map(|grace| grace.as_secs_f64().to_string()),
        ),
        ("init", layer.init.map(|init| init.to_string())),
        ("args", layer.args.as_deref().map(list)),
        ("base-config", path(&layer.base_config)),
        ("select", layer.select.as_deref().map(list)),
        ("ignore", names(&layer.ignore)),
        ("severity", table(&severity)),
        ("fail-on", fail_on.map(str::to_owned)),
        ("exclude", names(&layer.exclude)),
        ("handles-stop", names(&layer.handles_stop)),
        (
            "hadolint-ignores",
            layer.hadolint_ignores.map(|on| on.to_string()),
        ),
        ("baseline", path(&layer.baseline)),
    ]
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn what_is_shown_can_be_read_again() {
        let text = "args = ['a\"b', 'c']\ngrace = 1.5\nignore = ['some-rule']\nfail-on = 'note'\n\
                    [severity]\nsome-rule = 'off'\n[build-args]\nA = '1'\n[[overrides]]\npaths = ['x/']\ninit = true\n\
                    [[launcher]]\nnames = ['a']\n[launcher.arguments]\nshort = 'c:'\n";
        let read = |text: &str| {
            let file = super::super::parse(&Source::new("pidone.toml", text), &["some-rule"]);
            let file = file.expect("it is right");
            Layers {
                file: file.layer,
                overrides: file.overrides,
                own: file.own,
                ..Layers::default()
            }
        };
        let layers = read(text);
        let shown = show(&layers, Some("pidone.toml"));
        let again = read(&shown);
        assert_eq!(again.overrides, layers.overrides);
        assert_eq!(again.file.args, layers.file.args);
        assert_eq!(again.own[0].entry, layers.own[0].entry);
        assert_eq!(again.file.severity, layers.file.severity);
        assert!(
            shown.contains("fail-on = \"note\"  # pidone.toml\n"),
            "{shown}"
        );
        assert!(shown.contains("init = false  # default\n"), "{shown}");
    }

    #[test]
    fn every_key_of_the_file_is_shown() {
        let shown = values(&Layer::default()).map(|(key, _)| key);
        let tables = ["overrides", "launcher", "program", "image", "package"];
        for key in super::super::file::keys() {
            let known = shown.contains(&key.as_str()) || tables.contains(&key.as_str());
            assert!(known, "{key}");
        }
    }
}
