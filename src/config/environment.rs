//! `PIDONE_*`: what the environment says.

use super::{FailOn, Layer, duration, platform, similar};

/// The variables and what they hold.
pub const VARIABLES: [(&str, &str); 8] = [
    ("PIDONE_CONFIG", "a configuration file, as --config"),
    ("PIDONE_TARGET", "a stage, as --target"),
    ("PIDONE_PLATFORM", "a platform, as --platform"),
    ("PIDONE_GRACE", "a time, as --grace"),
    ("PIDONE_INIT", "true or false, as --init"),
    ("PIDONE_SELECT", "rules between commas, as --select"),
    ("PIDONE_IGNORE", "rules between commas, as --ignore"),
    ("PIDONE_FAIL_ON", "a level, as --fail-on"),
];

/// What begins the name of each variable.
const PREFIX: &str = "PIDONE_";

/// Refuses a variable whose name is a misspelt one of ours: a gate would not do what it is told. Other names with
/// our prefix are left to whoever set them.
pub fn refuse_misspelt(names: impl IntoIterator<Item = String>) -> Result<(), String> {
    for name in names {
        let Some(own) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let is_known = |known: &(&str, &str)| known.0 == name;
        if VARIABLES.iter().any(is_known) {
            continue;
        }
        let known: Vec<String> = VARIABLES
            .iter()
            .filter_map(|(known, _)| known.strip_prefix(PREFIX))
            .map(str::to_lowercase)
            .collect();
        if let Some(meant) = similar(own, known.iter().map(String::as_str)) {
            let meant = meant.to_uppercase();
            return Err(format!(
                "{name}: there is no such variable; did you mean `{PREFIX}{meant}`?"
            ));
        }
    }
    Ok(())
}

/// Reads the variables; `get` answers their values. `rules` are the names that rules have.
pub fn environment(get: impl Fn(&str) -> Option<String>, rules: &[&str]) -> Result<Layer, String> {
    // An empty variable is one that is not set: that is how shells and CI systems unset them.
    let get = |name: &str| get(name).filter(|value| !value.is_empty());
    let because = |name: &str, message: String| format!("{name}: {message}");
    let list = |name: &str| -> Result<Option<Vec<String>>, String> {
        let Some(value) = get(name) else {
            return Ok(None);
        };
        let names = value.split(',').map(str::trim).map(|rule| {
            if rules.contains(&rule) {
                return Ok(rule.to_owned());
            }
            let meant = similar(rule, rules.iter().copied());
            let meant = meant.map_or(String::new(), |known| format!("; did you mean `{known}`?"));
            Err(because(name, format!("there is no rule `{rule}`{meant}")))
        });
        names.collect::<Result<_, _>>().map(Some)
    };
    let grace = get("PIDONE_GRACE").map(|value| duration(&value));
    let grace = grace.transpose();
    let platform = get("PIDONE_PLATFORM").map(|value| platform(&value));
    let platform = platform.transpose();
    let init = match get("PIDONE_INIT").as_deref() {
        None => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => return Err("PIDONE_INIT: expected true or false".to_owned()),
    };
    let fail_on = match get("PIDONE_FAIL_ON").as_deref() {
        None => None,
        Some("never") => Some(FailOn::Never),
        Some("error") => Some(FailOn::Error),
        Some("warning") => Some(FailOn::Warning),
        Some("note") => Some(FailOn::Note),
        Some("unknown") => Some(FailOn::Unknown),
        Some(_) => {
            return Err(
                "PIDONE_FAIL_ON: expected never, error, warning, note or unknown".to_owned(),
            );
        }
    };
    Ok(Layer {
        target: get("PIDONE_TARGET"),
        platform: platform.map_err(|message| because("PIDONE_PLATFORM", message))?,
        grace: grace.map_err(|message| because("PIDONE_GRACE", message))?,
        init,
        select: list("PIDONE_SELECT")?,
        ignore: list("PIDONE_IGNORE")?.unwrap_or_default(),
        fail_on,
        ..Layer::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_refused_and_others_are_left_alone() {
        let refuse = |name: &str| refuse_misspelt([name.to_owned()]);
        for (name, meant) in [
            ("PIDONE_SELCT", "PIDONE_SELECT"),
            ("PIDONE_FAILON", "PIDONE_FAIL_ON"),
            ("PIDONE_IGNORED", "PIDONE_IGNORE"),
            ("PIDONE_Target", "PIDONE_TARGET"),
        ] {
            let error = refuse(name).expect_err(name);
            assert!(
                error.contains(&format!("did you mean `{meant}`?")),
                "{error}"
            );
        }
        for name in [
            "PIDONE_SELECT",
            "PIDONE_VERSION",
            "PIDONE_UPDATE",
            "PIDONE_",
            "PATH",
        ] {
            assert_eq!(refuse(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn variables_are_read_and_mistakes_named() {
        let read = |name: &'static str, value: &'static str| {
            environment(
                move |asked| (asked == name).then(|| value.to_owned()),
                &["script-without-exec"],
            )
        };
        let layer = read("PIDONE_IGNORE", "script-without-exec").expect("it is right");
        assert_eq!(layer.ignore, ["script-without-exec"]);
        assert_eq!(
            read("PIDONE_INIT", "1").map(|layer| layer.init),
            Ok(Some(true))
        );
        assert_eq!(read("PIDONE_GRACE", ""), Ok(Layer::default()));
        for (name, value, message) in [
            ("PIDONE_GRACE", "soon", "PIDONE_GRACE: expected seconds"),
            (
                "PIDONE_SELECT",
                "script-without-exek",
                "did you mean `script-without-exec`?",
            ),
            ("PIDONE_FAIL_ON", "info", "PIDONE_FAIL_ON: expected never"),
        ] {
            let error = read(name, value).expect_err(name);
            assert!(error.contains(message), "{error}");
        }
    }
}
