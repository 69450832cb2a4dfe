//! `pidone knows`: what the tables say of a name, with the evidence.
//!
//! In: names. Out: text for people. Finds out nothing new: it prints what `grammars/` and the
//! configuration hold.

use std::fmt::Write;
use std::path::Path;

use super::arguments::KnowsArguments;
use super::output::Output;
use super::settings::Settings;
use super::{COULD_NOT_RUN, FINE};
use crate::config::{Layer, similar};
use crate::knowledge;

/// Prints what is known of each name; the exit status says whether something is known of all.
pub(super) fn knows(arguments: &KnowsArguments, output: &mut Output) -> u8 {
    // The settings hand the user's own entries to the tables.
    let given = arguments.config.as_deref();
    if let Err(message) = Settings::load(given, Path::new("."), Layer::default()) {
        output.error(&message);
        return COULD_NOT_RUN;
    }
    let mut status = FINE;
    let mut pages = Vec::new();
    for name in &arguments.names {
        match page(name) {
            // Names of one entry have one page.
            Some(page) if pages.contains(&page) => {}
            Some(page) => pages.push(page),
            None => {
                let meant = similar(name, knowledge::names());
                let meant =
                    meant.map_or(String::new(), |known| format!("; did you mean `{known}`?"));
                output.error(&format!("nothing is known of `{name}`{meant}"));
                status = COULD_NOT_RUN;
            }
        }
    }
    output.result(&pages.join("\n"));
    status
}

fn page(name: &str) -> Option<String> {
    let known = knowledge::describe(name)?;
    let mut out = String::new();
    for (index, entry) in known.entries.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let _ = writeln!(out, "{} ({})", entry.names.join(", "), entry.kind);
        for fact in &entry.facts {
            let _ = writeln!(out, "  {fact}");
        }
        let _ = writeln!(out, "  evidence: {}", entry.evidence);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_facts_and_evidence() {
        let page = page("nginx").expect("nginx is known");
        assert!(
            page.contains("SIGQUIT: finishes its work and ends."),
            "{page}"
        );
        assert!(page.contains("evidence: measured: nginx 1.22.1"), "{page}");
        assert!(super::page("no-such-program").is_none());
    }

    #[test]
    fn launchers_say_what_they_do_with_signals() {
        let page = page("pm2-runtime").expect("pm2-runtime is known");
        let sentence = "SIGTERM: sent to all that it started as SIGINT, SIGKILL after 1.6 s.";
        assert!(page.contains(sentence), "{page}");
        let page = super::page("just").expect("just is known by name");
        assert!(!page.contains("becomes the command"), "{page}");
    }

    #[test]
    fn the_shell_of_the_system_may_be_any_of_three() {
        let page = page("sh").expect("sh is known");
        assert_eq!(page.matches("(shell)").count(), 3, "{page}");
    }

    #[test]
    fn shells_are_known_by_their_names() {
        let page = page("dash").expect("dash is known");
        assert!(page.contains("(shell)"), "{page}");
    }
}
