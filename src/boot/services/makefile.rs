//! What make runs for its targets.
//!
//! In: a Makefile. Out: the recipe lines in their order, those without shell characters as words.

use super::unknown;
use crate::boot::interpreter::absolute;
use crate::boot::launch::{Job, Plan, Run};
use crate::boot::settings;
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::boot::world::Next;
use crate::image::Found;
use crate::knowledge::Launch;

impl Start<'_, '_> {
    pub(super) fn makefile(
        &mut self,
        launch: &Launch,
        paths: &[String],
        further: &[Field],
    ) -> Plan {
        let text = match self.first_text(paths) {
            Ok((_, text)) => text,
            Err(missing) => return Plan::Unknown(missing),
        };
        let makefile = settings::makefile(&text);
        let targets: Vec<String> = further.iter().filter_map(Field::known).collect();
        let targets = match (targets.is_empty(), &makefile.first) {
            (false, _) => targets,
            (true, Some(first)) => vec![first.clone()],
            (true, None) => Vec::new(),
        };
        if makefile.obscure || targets.is_empty() {
            return unknown("the Makefile is not plain".to_owned());
        }
        let mut lines = Vec::new();
        let mut todo: Vec<(String, bool)> = targets
            .into_iter()
            .rev()
            .map(|target| (target, false))
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((target, ready)) = todo.pop() {
            let Some((needed, recipe)) = makefile.rules.get(&target) else {
                let path = absolute(&self.process().directory, &target);
                match self.machine.container.image.files.look_up(&path) {
                    Found::Absent => {
                        return Plan::Fails(2, format!("make has no rule for `{target}`"));
                    }
                    _ => continue,
                }
            };
            if ready {
                lines.extend(recipe.iter().cloned());
            } else if seen.insert(target.clone()) {
                todo.push((target, true));
                todo.extend(needed.iter().rev().map(|name| (name.clone(), false)));
            }
        }
        let shell = makefile.shell.as_deref().unwrap_or("/bin/sh");
        let mut commands = Vec::new();
        for line in lines {
            let bare = line.text().trim_start_matches(['@', '-', '+', ' ', '\t']);
            let range = line.text().len() - bare.len()..line.text().len();
            let Some(expanded) = expand_make(bare, &makefile, launch) else {
                return unknown(format!("what make does with `{bare}`"));
            };
            let line = line.slice(range);
            let span = line.full_span();
            if expanded == line.text() {
                self.machine.remember(&line);
            }
            commands.push((expanded, span));
        }
        if makefile.one_shell && commands.len() > 1 {
            let span = commands[0].1.clone();
            let texts: Vec<String> = commands.into_iter().map(|(text, _)| text).collect();
            commands = vec![(texts.join("\n"), span)];
        }
        let commands = commands.into_iter().map(|(text, span)| {
            let words = match needs_shell(&text, shell) {
                false => text.split_whitespace().map(Field::text).collect(),
                true => [shell, "-c", &text].map(Field::text).to_vec(),
            };
            (words, span)
        });
        let mut commands = commands;
        let Some((words, span)) = commands.next() else {
            return Plan::Nothing;
        };
        Plan::Run(Run {
            jobs: vec![Job::new(words).at(span)],
            next: commands
                .map(|(words, span)| Next {
                    words,
                    span: Some(span),
                })
                .collect(),
            ..Run::default()
        })
    }
}

/// Whether make runs a line with a shell: if it has characters or built-in commands of one, or the shell
/// is another than `/bin/sh` (GNU make src/job.c, `construct_command_argv_internal`).
fn needs_shell(text: &str, shell: &str) -> bool {
    const BUILT_IN: [&str; 37] = [
        ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "eval", "exec",
        "exit", "export", "fc", "fg", "for", "getopts", "hash", "if", "jobs", "login", "logout",
        "read", "readonly", "return", "set", "shift", "test", "times", "trap", "type", "ulimit",
        "umask", "unalias", "unset", "wait", "while",
    ];
    let first = text.split_whitespace().next().unwrap_or_default();
    shell != "/bin/sh"
        || text.contains(|letter: char| "#;\"*?[]&|<>(){}$`^~!'\\=\n".contains(letter))
        || BUILT_IN.contains(&first)
}

/// A recipe line with `$(NAME)` and `$$` replaced; `None` with functions or automatic variables.
fn expand_make(line: &str, makefile: &settings::Makefile, launch: &Launch) -> Option<String> {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let close = if rest.starts_with('(') { ')' } else { '}' };
        let (name, after) = rest.strip_prefix(['(', '{'])?.split_once(close)?;
        rest = after;
        if name == "MAKE" {
            out.push_str("make");
            continue;
        }
        let given = launch.environment.iter().find(|(known, _)| known == name);
        let value = match given {
            Some((_, value)) => value.clone()?,
            None => makefile.variables.get(name)?.clone(),
        };
        if value.contains('$') {
            return None;
        }
        out.push_str(&value);
    }
    out.push_str(rest);
    Some(out)
}
