//! The applications of a pm2 ecosystem file, in JSON, YAML or JavaScript.
//!
//! In: its text. Out: the commands that pm2 starts. Runs no JavaScript: what is not written out is
//! not known.

use super::unknown;
use crate::boot::launch::{Job, Plan, Run};
use crate::boot::start::Start;
use crate::boot::value::Field;

impl Start<'_, '_> {
    /// The applications of an ecosystem file: its `script` settings, in JSON, YAML or JavaScript.
    pub(super) fn pm2(&mut self, paths: &[String]) -> Plan {
        let text = match self.first_text(paths) {
            Ok((_, text)) => text,
            Err(missing) => return Plan::Unknown(missing),
        };
        let mut jobs = Vec::new();
        for (value, range) in quoted_settings(text.text(), "script") {
            let span = text.span(range);
            let interpreter = match value.rsplit_once('.').map(|(_, extension)| extension) {
                Some("js" | "mjs" | "cjs") => Some("node"),
                Some("py") => Some("python3"),
                Some("sh") => Some("bash"),
                Some(_) if value.contains(['/', ' ']) => None,
                _ => None,
            };
            let Some(interpreter) = interpreter else {
                return unknown(format!("how pm2 runs `{value}`"));
            };
            let words = vec![Field::text(interpreter), Field::text(&value)];
            jobs.push(Job::new(words).at(span));
        }
        if jobs.is_empty() {
            return unknown("which applications pm2 starts".to_owned());
        }
        Plan::Run(Run {
            jobs,
            supervises: true,
            ..Run::default()
        })
    }
}

/// `name: 'value'` settings of JSON, YAML and JavaScript, with the ranges of the values.
fn quoted_settings(text: &str, name: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(name) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            continue;
        }
        let rest = &text[at + name.len()..];
        let rest = rest.trim_start_matches(['"', '\'']).trim_start();
        let Some(value) = rest.strip_prefix(':').map(str::trim_start) else {
            continue;
        };
        let start = text.len() - value.len();
        let (inner, length) = match value.chars().next() {
            Some(quote @ ('"' | '\'' | '`')) => match value[1..].find(quote) {
                Some(length) => (start + 1, length),
                None => continue,
            },
            _ => (
                start,
                value.find(['\n', ',', '}', '#']).unwrap_or(value.len()),
            ),
        };
        let value = text[inner..inner + length].trim();
        if !value.is_empty() {
            found.push((value.to_owned(), inner..inner + length));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_an_ecosystem_file() {
        let found = quoted_settings(
            "{ script: 'a.js', description: 'x', \"script\": \"b.js\" }",
            "script",
        );
        let values: Vec<&str> = found.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(values, ["a.js", "b.js"]);
    }
}
