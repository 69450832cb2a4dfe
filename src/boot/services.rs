//! What supervisors and other launchers with a configuration of their own run.
//!
//! In: a format's name and the files of the image. Out: the commands, each with its place and the
//! way in which it is stopped. How the supervisor itself takes signals stands in the tables.

use super::interpreter::absolute;
use super::launch::{Job, Plan, Run};
use super::outcome::Missing;
use super::package_scripts::simple_command;
use super::settings::{self, Section};
use super::start::{Caller, Start};
use super::value::Field;
use super::world::{Next, Stop};
use crate::image::Found;
use crate::knowledge::{How, Launch, Lifetime, Program, Recipient, Signal};
use crate::source::{Known, Mapped};

/// supervisord looks after its programs once a second: that long lies between two groups that it stops
/// (supervisor/supervisord.py `runforever`, `ordered_stop_groups_phase_2`).
const SUPERVISORD_PAUSE: u64 = 1_000;

/// Debian's supervisor package brings this configuration, which includes `conf.d/*.conf`.
const DEBIAN_SUPERVISORD: &str = "/etc/supervisor/supervisord.conf";

impl Start<'_, '_> {
    /// What a launcher runs whose configuration says that.
    pub(super) fn read_configuration(
        &mut self,
        launch: &Launch,
        format: &str,
        given: Option<&Field>,
        default_paths: &[String],
        further: &[Field],
    ) -> Plan {
        let paths: Vec<String> = match given.map(Field::known) {
            Some(Some(path)) => vec![path],
            Some(None) => return unknown(format!("which configuration `{}` reads", launch.name)),
            None => default_paths.to_vec(),
        };
        let directory = match &launch.directory {
            Some(directory) => absolute(&self.process().directory, directory),
            None => self.process().directory.to_string(),
        };
        let paths: Vec<String> = paths
            .iter()
            .map(|path| absolute(&directory, path))
            .collect();
        match format {
            "supervisord" => self.supervisord(launch, &paths),
            "circus" => self.circus(&paths),
            "s6-scandir" | "runit-scandir" => self.service_directories(launch, &paths, further),
            "s6-overlay" => self.s6_overlay(launch, &paths, further),
            "service-directory" => match paths.first() {
                Some(path) => vec![service(path)].into(),
                None => unknown(format!("which service `{}` runs", launch.name)),
            },
            "procfile" => self.procfile(launch, &paths, further),
            "makefile" => self.makefile(launch, &paths, further),
            "pm2" => self.pm2(&paths),
            _ => unknown(format!("what `{}` runs is not known", launch.name)),
        }
    }

    /// The first of the files that is there.
    fn first_text(&mut self, paths: &[String]) -> Result<(String, Mapped), Missing> {
        for path in paths {
            if let Some(text) = self.text_of(path)? {
                return Ok((path.clone(), text));
            }
        }
        let text = match paths.first() {
            Some(path) => format!("`{path}` is not in the image"),
            None => "its configuration is not known".to_owned(),
        };
        Err(Missing {
            kind: "config",
            text,
            span: None,
        })
    }

    fn supervisord(&mut self, launch: &Launch, paths: &[String]) -> Plan {
        let (path, mut sections) = match self.first_text(paths) {
            Ok((path, text)) => (path, settings::ini(&text)),
            // The package's own file: what it includes is at hand all the same.
            Err(_) if paths.iter().any(|path| path == DEBIAN_SUPERVISORD) => {
                (DEBIAN_SUPERVISORD.to_owned(), Vec::new())
            }
            Err(missing) => return Plan::Unknown(missing),
        };
        let is_debian = sections.is_empty() && path == DEBIAN_SUPERVISORD;
        let includes: Vec<String> = match is_debian {
            true => vec!["conf.d/*.conf".to_owned()],
            false => sections
                .iter()
                .filter(|section| section.name == "include")
                .filter_map(|section| section.get("files"))
                .flat_map(str::split_whitespace)
                .map(str::to_owned)
                .collect(),
        };
        let base = path
            .rsplit_once('/')
            .map_or("/", |(base, _)| base)
            .to_owned();
        for pattern in includes {
            match self.included(&absolute(&base, &pattern)) {
                Ok(more) => sections.extend(more),
                Err(missing) => return Plan::Unknown(missing),
            }
        }
        let foreground = sections
            .iter()
            .find(|section| section.name == "supervisord");
        let foreground = foreground.and_then(|section| section.is_on("nodaemon"));
        let how = match (&launch.how, foreground) {
            (How::Leave, Some(true)) => launch.alternatives.first().map(|other| other.how.clone()),
            _ => None,
        };
        let mut programs: Vec<(i64, Job)> = Vec::new();
        for section in &sections {
            let is_program = ["program:", "fcgi-program:", "eventlistener:"]
                .iter()
                .any(|kind| section.name.starts_with(kind));
            if !is_program || section.is_on("autostart") == Some(false) {
                continue;
            }
            let priority = section.get("priority").and_then(|text| text.parse().ok());
            match self.supervised(section) {
                Ok(job) => programs.push((priority.unwrap_or(999), job)),
                Err(missing) => return Plan::Unknown(missing),
            }
        }
        if programs.is_empty() {
            return unknown("the configuration of supervisord has no program".to_owned());
        }
        programs.sort_by_key(|(priority, _)| *priority);
        Plan::Run(Run {
            jobs: programs.into_iter().map(|(_, job)| job).collect(),
            supervises: true,
            one_by_one: Some(SUPERVISORD_PAUSE),
            how,
            ..Run::default()
        })
    }

    /// The sections of the files that a pattern with `*` in its last part stands for.
    fn included(&mut self, pattern: &str) -> Result<Vec<Section>, Missing> {
        let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let (before, after) = name.split_once('*').unwrap_or((name, ""));
        let files = &self.machine.container.image.files;
        let names = match (name.contains('*'), files.list(directory)) {
            (false, _) => vec![name.to_owned()],
            (true, Known::Known(names)) => names,
            // The directory is empty in the packages, so what the Dockerfile puts there is all.
            (true, Known::Unknown(_)) => files.put_in(directory),
        };
        let mut sections = Vec::new();
        for name in names {
            let fits = name.starts_with(before) && name.ends_with(after);
            if !fits {
                continue;
            }
            if let Some(text) = self.text_of(&format!("{directory}/{name}"))? {
                sections.extend(settings::ini(&text));
            }
        }
        Ok(sections)
    }

    fn supervised(&mut self, section: &Section) -> Result<Job, Missing> {
        let not_known = |text: String| Missing {
            kind: "config",
            text,
            span: Some(section.span.clone()),
        };
        let Some(command) = section.settings.get("command") else {
            return Err(not_known(format!("`{}` has no command", section.name)));
        };
        let text = self.expand(command.text(), section).ok_or_else(|| {
            not_known(format!(
                "`{}` has a value that is not known",
                command.text()
            ))
        })?;
        let words = split_words(&text)
            .filter(|words| !words.is_empty())
            .ok_or_else(|| not_known(format!("`{text}` cannot be read")))?;
        self.machine.remember(command);
        let signal = section
            .get("stopsignal")
            .and_then(Signal::parse)
            .unwrap_or(Signal::TERM);
        let seconds: u64 = section
            .get("stopwaitsecs")
            .and_then(|text| text.parse().ok())
            .unwrap_or(10);
        let stop_group = section.is_on("stopasgroup").unwrap_or(false);
        let kill_group = stop_group || section.is_on("killasgroup").unwrap_or(false);
        let to = |group| {
            if group {
                Recipient::Group
            } else {
                Recipient::Child
            }
        };
        let mut job = Job::new(words.iter().map(Field::text).collect()).at(command.full_span());
        job.directory = section.get("directory").map(str::to_owned);
        job.stop = Some(Stop {
            signal,
            to: to(stop_group),
            kill_after: seconds.saturating_mul(1_000),
            kill: to(kill_group),
        });
        Ok(job)
    }

    /// `%(ENV_NAME)s` and the like in a setting of supervisord; `None` if it depends on the run.
    fn expand(&mut self, text: &str, section: &Section) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let (name, after) = rest.strip_prefix('(')?.split_once(')')?;
            rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
            rest = rest.strip_prefix(['s', 'd'])?;
            match name {
                "program_name" => out.push_str(section.name.split(':').nth(1)?),
                "process_num" => out.push('0'),
                "host_node_name" => out.push_str("localhost"),
                _ => {
                    let variable = name.strip_prefix("ENV_")?;
                    let value = self.process().environment.get(variable)?.known()?;
                    out.push_str(&value);
                }
            }
        }
        out.push_str(rest);
        Some(out)
    }

    fn circus(&mut self, paths: &[String]) -> Plan {
        let sections = match self.first_text(paths) {
            Ok((_, text)) => settings::ini(&text),
            Err(missing) => return Plan::Unknown(missing),
        };
        let mut jobs = Vec::new();
        for section in sections
            .iter()
            .filter(|section| section.name.starts_with("watcher:"))
        {
            let Some(command) = section.settings.get("cmd") else {
                continue;
            };
            let arguments = section.get("args").unwrap_or_default();
            let line = format!("{} {arguments}", command.text());
            let words = split_words(&line).filter(|_| !line.contains('$'));
            let Some(words) = words else {
                return unknown(format!("what `{line}` runs"));
            };
            jobs.push(Job::new(words.iter().map(Field::text).collect()).at(command.full_span()));
        }
        supervised(jobs, "circusd")
    }

    /// A directory with one directory for each service, and a command beside them.
    fn service_directories(
        &mut self,
        launch: &Launch,
        paths: &[String],
        further: &[Field],
    ) -> Plan {
        let mut jobs = Vec::new();
        for directory in paths.iter().take(1) {
            let names = match self.machine.container.image.files.list(directory) {
                Known::Known(names) => names,
                Known::Unknown(_) => self.machine.container.image.files.put_in(directory),
            };
            if names.is_empty() && further.is_empty() {
                return unknown(format!("which services `{directory}` has"));
            }
            jobs.extend(self.services(directory, &names));
        }
        if !further.is_empty() {
            jobs.push(Job::new(further.to_vec()));
        }
        supervised(jobs, &launch.name)
    }

    /// The services among the directories of those names: those that have a `run`.
    fn services(&mut self, directory: &str, names: &[String]) -> Vec<Job> {
        let files = &self.machine.container.image.files;
        let names = names.iter().filter(|name| !name.starts_with('.'));
        let paths = names.map(|name| format!("{directory}/{name}"));
        let is_service = |path: &String| {
            let is_down = matches!(files.look_up(&format!("{path}/down")), Found::File(_));
            !is_down && !matches!(files.look_up(&format!("{path}/run")), Found::Absent)
        };
        paths
            .filter(is_service)
            .map(|path| service(&path))
            .collect()
    }

    fn s6_overlay(&mut self, launch: &Launch, paths: &[String], further: &[Field]) -> Plan {
        let mut jobs = Vec::new();
        for directory in paths {
            let names = self.machine.container.image.files.put_in(directory);
            if directory.ends_with("cont-init.d") {
                continue;
            }
            let names: Vec<String> = names.into_iter().filter(|name| name != "user").collect();
            jobs.extend(self.services(directory, &names));
        }
        if !further.is_empty() {
            // When the command ends, /init stops everything.
            jobs.push(Job::new(further.to_vec()));
        }
        supervised(jobs, &launch.name)
    }

    fn procfile(&mut self, launch: &Launch, paths: &[String], further: &[Field]) -> Plan {
        let text = match self.first_text(paths) {
            Ok((_, text)) => text,
            Err(missing) => return Plan::Unknown(missing),
        };
        let wanted: Vec<String> = further.iter().filter_map(Field::known).collect();
        let mut jobs = Vec::new();
        for (name, command) in settings::procfile(&text) {
            if !wanted.is_empty() && !wanted.contains(&name) {
                continue;
            }
            self.machine.remember(&command);
            let script = self.machine.parse(&command);
            // foreman's runner execs the command's words; honcho starts `sh -c`.
            let direct = match launch.name.as_str() {
                "foreman" => simple_command(&script),
                _ => None,
            };
            let words = direct.unwrap_or_else(|| shell_words(command.text()));
            jobs.push(Job::new(words).at(command.full_span()));
        }
        if jobs.is_empty() {
            return unknown(format!(
                "the Procfile has nothing for `{}` to start",
                launch.name
            ));
        }
        jobs.into()
    }

    fn makefile(&mut self, launch: &Launch, paths: &[String], further: &[Field]) -> Plan {
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

    /// The applications of an ecosystem file: its `script` settings, in JSON, YAML or JavaScript.
    fn pm2(&mut self, paths: &[String]) -> Plan {
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

    /// A program with what its configuration says of how it runs (`daemon off;` in nginx.conf).
    pub(super) fn configured(&mut self, argv: &[Field], mut program: Program) -> Program {
        let Some(switch) = &program.config else {
            return program;
        };
        if program.lifetime == switch.lifetime {
            return program;
        }
        let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
        let given = switch.option.as_ref().and_then(|option| {
            let at = words
                .iter()
                .position(|word| word.as_ref() == Some(option))?;
            words.get(at + 1).cloned().flatten()
        });
        let paths = given.map_or_else(|| switch.paths.clone(), |path| vec![path]);
        let words_of = |line: &str| -> Vec<String> {
            let line = line.replace('=', " = ").replace(';', " ");
            line.split_whitespace().map(str::to_owned).collect()
        };
        let wanted = words_of(&switch.line);
        let has_line = |text: &str| text.lines().any(|line| words_of(line).starts_with(&wanted));
        for path in paths {
            let path = absolute(&self.process().directory, &path);
            match self.machine.container.image.files.look_up(&path) {
                Found::File(file) => {
                    // A RUN that adds the line to a file which is not known says it as well.
                    let by_text = matches!(&file.content, crate::image::Content::Text(text) if has_line(text.text()));
                    let by_run = file.origin.is_some_and(|origin| {
                        origin.text().contains(switch.line.trim_end_matches(';'))
                    });
                    if by_text || by_run {
                        program.lifetime = switch.lifetime.clone();
                    } else if matches!(file.content, crate::image::Content::Unknown(_)) {
                        program.lifetime = Lifetime::Unknown;
                    }
                    return program;
                }
                Found::Absent | Found::Directory | Found::Unknown(_) => {}
            }
        }
        // A server that was built or copied in reads its configuration from elsewhere.
        let name = argv.first().and_then(Field::known).unwrap_or_default();
        if program.lifetime == Lifetime::Daemonises && !matches!(self.find(&name), Found::File(_)) {
            program.lifetime = Lifetime::Unknown;
        }
        program
    }
}

fn unknown(text: String) -> Plan {
    Plan::Unknown(Missing {
        kind: "config",
        text,
        span: None,
    })
}

fn supervised(jobs: Vec<Job>, name: &str) -> Plan {
    if jobs.is_empty() {
        return unknown(format!("which services `{name}` starts"));
    }
    Plan::Run(Run {
        jobs,
        supervises: true,
        ..Run::default()
    })
}

/// The `run` of a service directory.
fn service(path: &str) -> Job {
    let mut job = Job::new(vec![Field::text(format!("{path}/run"))]);
    job.caller = Caller::Kernel;
    job.directory = Some(path.to_owned());
    job
}

fn shell_words(text: &str) -> Vec<Field> {
    ["/bin/sh", "-c", text].iter().map(Field::text).collect()
}

/// Words with quotes and backslashes as Python's shlex splits them.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().push(letters.next()?),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
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
    fn words_of_a_command_setting() {
        let words = split_words(r#"bash -c "exec app --x" '' a\ b"#);
        assert_eq!(
            words,
            Some(
                ["bash", "-c", "exec app --x", "", "a b"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
        assert_eq!(split_words("a 'b"), None);
    }

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
