//! What supervisord's configuration says of its programs.
//!
//! In: its configuration and the files that it includes. Out: the programs with the ways in which
//! they are stopped.

use super::{split_words, unknown};
use crate::boot::interpreter::absolute;
use crate::boot::launch::{Job, Plan, Run};
use crate::boot::outcome::Missing;
use crate::boot::settings::{self, Section};
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::boot::world::Stop;
use crate::image::{Content, File, Found};
use crate::knowledge::{How, Launch, Recipient, Signal};
use crate::source::{Known, Span};

/// supervisord looks after its programs once a second: that long lies between two groups that it stops
/// (supervisor/supervisord.py `runforever`, `ordered_stop_groups_phase_2`).
const SUPERVISORD_PAUSE: u64 = 1_000;

/// Debian's supervisor package brings this configuration, which includes `conf.d/*.conf`.
const DEBIAN_SUPERVISORD: &str = "/etc/supervisor/supervisord.conf";

impl Start<'_, '_> {
    pub(super) fn supervisord(&mut self, launch: &Launch, paths: &[String]) -> Plan {
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
        // Files that are included are read into the same settings: the last one to say it counts
        // (supervisor/options.py `read_config`).
        let mut foreground = sections
            .iter()
            .filter(|section| section.name == "supervisord")
            .filter_map(|section| section.is_on("nodaemon"))
            .next_back();
        if let (true, Some(change)) = (is_debian, self.change_of(&path)) {
            // The usual one is `sed -i 's/^\(\[supervisord\]\)$/\1\nnodaemon=true/'`.
            let text = change.as_ref().map_or("", |span| span.text());
            if text.contains("nodaemon=true") {
                foreground = Some(true);
            } else if matches!(launch.how, How::Leave) {
                return Plan::Unknown(Missing {
                    kind: "config",
                    text: format!(
                        "whether supervisord stays in the foreground is decided by `{path}`"
                    ),
                    span: change,
                });
            }
        }
        let how = match (&launch.how, foreground) {
            (How::Leave, Some(true)) => launch.alternatives.first().map(|other| other.how.clone()),
            _ => None,
        };
        let mut programs: Vec<(i64, Job)> = Vec::new();
        let mut others = None;
        for section in &sections {
            let is_program = ["program:", "fcgi-program:", "eventlistener:"]
                .iter()
                .any(|kind| section.name.starts_with(kind));
            if !is_program {
                continue;
            }
            if section.is_on("autostart") == Some(false) {
                let text = format!(
                    "whether supervisord is told to start `{}` is not known",
                    section.name
                );
                others.get_or_insert(Missing {
                    kind: "config",
                    text,
                    span: Some(section.span.clone()),
                });
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
            others,
            ..Run::default()
        })
    }

    /// What has changed a file that is not known, if something has; the place too, where it is known.
    fn change_of(&self, path: &str) -> Option<Option<Span>> {
        match self.machine.container.image.files.look_up(path) {
            Found::File(File {
                content: Content::Unknown(why),
                origin,
                ..
            }) => Some(why.span.or(origin)),
            _ => None,
        }
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
                    self.machine.looked_at.variable(variable);
                    let value = self.process().environment.get(variable)?.known()?;
                    out.push_str(&value);
                }
            }
        }
        out.push_str(rest);
        Some(out)
    }
}
