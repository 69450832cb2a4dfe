//! What make runs for its targets.
//!
//! In: a Makefile. Out: the recipe lines in their order, those without shell characters as words.

use super::{shell_words, unknown};
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
            let is_plain =
                !expanded.contains(|letter: char| "#;\"*?[]&|<>(){}$`^~!'\\=".contains(letter));
            let words = match is_plain {
                true => expanded.split_whitespace().map(Field::text).collect(),
                false => shell_words(&expanded),
            };
            commands.push((words, span));
        }
        let mut commands = commands.into_iter();
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
