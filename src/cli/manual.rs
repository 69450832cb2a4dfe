//! `rules` and `explain`: what the rules say of themselves.

use std::fmt::Write;

use clap::builder::styling::{AnsiColor, Style};

use super::arguments::RulesFormat;
use crate::rules::{ALL, Rule};

const HEADING: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();

/// A rule's manual page: its name, its summary, its documentation.
pub(super) fn page(rule: &Rule) -> String {
    let mut out = format!("{HEADING}{}{HEADING:#}", rule.id);
    let severity = rule.severity.word();
    let (first, rest) = rule.summary.split_at(1);
    let first = match rule.summary.starts_with('`') {
        true => first.to_owned(),
        false => first.to_uppercase(),
    };
    let _ = writeln!(
        out,
        " ({severity}, since {})\n\n{first}{rest}.\n",
        rule.since
    );
    let mut in_code = false;
    for line in rule.manual().lines() {
        if let Some(info) = line.strip_prefix("```") {
            in_code = !in_code;
            // The file's name stands where the fence was: `dockerfile Dockerfile`, `sh start.sh 755`.
            let mut words = info.split(' ').skip(1);
            let name = words.next().unwrap_or("");
            let mode = match words.next() {
                Some("755") => " (executable)",
                _ => "",
            };
            let _ = match in_code && !name.is_empty() {
                true => writeln!(out, "\n    {CODE}# {name}{mode}{CODE:#}"),
                false => Ok(()),
            };
        } else if in_code {
            let _ = writeln!(out, "    {line}");
        } else if let Some(heading) = line.strip_prefix("## ") {
            let _ = writeln!(out, "{HEADING}{heading}{HEADING:#}");
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// The list of rules.
pub(super) fn list(format: RulesFormat) -> String {
    if let RulesFormat::Json = format {
        let rules = ALL.iter().map(|rule| {
            serde_json::json!({
                "id": rule.id,
                "severity": rule.severity.word(),
                "summary": rule.summary,
                "since": rule.since,
                "documentation": rule.manual(),
            })
        });
        let list =
            serde_json::json!({ "schema": "pidone/rules/1", "rules": rules.collect::<Vec<_>>() });
        return format!("{list:#}\n");
    }
    let width = ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in ALL {
        let padding = " ".repeat(width - rule.id.len());
        let severity = rule.severity.word();
        let _ = writeln!(
            out,
            "{HEADING}{}{HEADING:#}{padding}  {severity:7}  {}",
            rule.id, rule.summary
        );
    }
    out
}

/// A script that completes arguments.
pub(super) fn completions(shell: clap_complete::Shell, mut command: clap::Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "pidone", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page, with a section for each command.
pub(super) fn man(mut command: clap::Command) -> String {
    command.build();
    let mut page = Vec::new();
    let main = clap_mangen::Man::new(command.clone());
    // Writing to memory does not fail.
    let _ = main.render(&mut page);
    for part in command.get_subcommands() {
        if part.get_name() == "help" {
            continue;
        }
        let heading = format!(".SH \"PIDONE {}\"\n", part.get_name().to_uppercase());
        page.extend_from_slice(heading.as_bytes());
        let part = clap_mangen::Man::new(part.clone());
        let _ = part.render_synopsis_section(&mut page);
        let _ = part.render_description_section(&mut page);
        let _ = part.render_options_section(&mut page);
        let _ = part.render_extra_section(&mut page);
    }
    String::from_utf8_lossy(&page).into_owned()
}
