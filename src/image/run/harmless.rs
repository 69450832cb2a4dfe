//! Commands that change no file of the image, alone and in pipelines.
//!
//! In: a node of a script. Out: whether all that it runs only reads. What is not known to only read does not count.

use super::arguments::{changes_a_file, is_short_option, output};
use super::commands::changes_nothing;
use super::{DEEPEST_GROUP, Walker};
use crate::shell::{Compound, Kind, NodeId, Redirect, Script, Simple, Word};

/// Filters and queries of what is installed, with any arguments but the options named in `only_reads`.
const READERS: [&str; 14] = [
    "apt-cache",
    "apt-mark",
    "comm",
    "dpkg-query",
    "getent",
    "jq",
    "ldd",
    "nm",
    "objdump",
    "pkg-config",
    "readelf",
    "scanelf",
    "uniq",
    "wc",
];

impl Walker<'_> {
    /// Whether a command changes no file.
    pub(super) fn is_harmless(&self, script: &Script, id: NodeId, depth: usize) -> bool {
        if depth > DEEPEST_GROUP {
            return false;
        }
        let harmless = |node: &NodeId| self.is_harmless(script, *node, depth + 1);
        match &script.node(id).kind {
            Kind::List(items) => items.iter().all(|item| harmless(&item.node)),
            Kind::AndOr { first, rest } => {
                let mut all = std::iter::once(first).chain(rest.iter().map(|(_, node)| node));
                all.all(harmless)
            }
            Kind::Pipeline { parts, .. } => parts.iter().all(harmless),
            Kind::Simple(simple) => is_harmless_command(simple),
            Kind::Compound(Compound::Test(_) | Compound::Arithmetic(_), _) => true,
            _ => false,
        }
    }
}

fn is_harmless_command(simple: &Simple) -> bool {
    let writes = |redirect: &Redirect| {
        let is_device = |word: &Word| {
            let target = word.constant(false);
            target.is_some_and(|target| target.starts_with("/dev/"))
        };
        changes_a_file(redirect) || output(redirect).is_some_and(|(_, word)| !is_device(word))
    };
    if simple.redirects.iter().any(writes) {
        return false;
    }
    let words: Vec<Option<String>> = simple
        .words
        .iter()
        .map(|word| Some(word.constant(false)?.into_owned()))
        .collect();
    match words.first() {
        None => true,
        Some(Some(_)) => only_reads(&words),
        Some(None) => false,
    }
}

/// Whether a command with these words changes no file; `None` is a word that is not known.
fn only_reads(words: &[Option<String>]) -> bool {
    let Some((Some(name), arguments)) = words.split_first() else {
        return false;
    };
    let known = || arguments.iter().flatten();
    match name.as_str() {
        "awk" | "gawk" | "mawk" => {
            // Of awk's programs, those that write or start something do it by `>`, `|` and `system`.
            arguments.iter().all(Option::is_some)
                && !known().any(|word| {
                    let rest = word.replace("=>", "").replace(">=", "");
                    rest.contains(['>', '|']) || rest.contains("system") || rest == "-i"
                })
        }
        "sort" => !known().any(|word| is_short_option(word, 'o') || word.starts_with("--output")),
        "xargs" => {
            let takes_value = ["-n", "-P", "-L", "-d", "-I", "-a", "-s", "-E"];
            let mut rest = arguments;
            while let Some((Some(option), after)) = rest.split_first()
                && option.starts_with('-')
            {
                let value = usize::from(takes_value.contains(&option.as_str()));
                rest = after.get(value..).unwrap_or_default();
            }
            rest.is_empty() || only_reads(rest)
        }
        "find" => {
            let writes = ["-delete", "-fprint", "-fprintf", "-fls", "-ok", "-okdir"];
            if arguments.iter().any(Option::is_none)
                || known().any(|word| writes.contains(&word.as_str()))
            {
                return false;
            }
            let is_exec =
                |word: &Option<String>| matches!(word.as_deref(), Some("-exec" | "-execdir"));
            arguments
                .iter()
                .enumerate()
                .filter(|(_, word)| is_exec(word))
                .all(|(at, _)| only_reads(&arguments[at + 1..]))
        }
        name => READERS.contains(&name) || changes_nothing(name),
    }
}

#[cfg(test)]
mod tests {
    use crate::image::tests::check;

    #[test]
    fn queries_of_libraries_leave_what_they_name() {
        let text = r##"FROM debian:12
COPY start.sh /usr/local/bin/
RUN find /usr/local -type f -executable -exec ldd '{}' ';' \
  | awk '/=>/ { so = $(NF-1); if (index(so, "/usr/local/") == 1) { next }; printf "*%s\n", so }' \
  | sort -u | xargs -r dpkg-query --search 2>/dev/null | cut -d: -f1 | xargs -r apt-mark manual
"##;
        check(
            text,
            &[("/usr/local/bin/start.sh", "755 #!/bin/sh\nexec app\n")],
        );
    }

    #[test]
    fn filters_that_write_are_not_harmless() {
        for writer in [
            "awk '{ print > \"/usr/local/bin/start.sh\" }'",
            "sort -uo /usr/local/bin/start.sh",
            "xargs -n 1 sed -i s/a/b/ /usr/local/bin/start.sh",
            "tr a b > /usr/local/bin/start.sh",
            "sort &> /usr/local/bin/start.sh",
        ] {
            let text = format!(
                "FROM debian:12\nCOPY start.sh /usr/local/bin/\nRUN ls /x | sort | {writer}\n"
            );
            check(&text, &[("/usr/local/bin/start.sh", "? <unknown>")]);
        }
    }
}
