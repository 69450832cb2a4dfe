//! Services that are directories with a `run`: s6, runit, daemontools, s6-overlay.
//!
//! In: the directories and what the image has in them. Out: the services that are not down.

use super::{supervised, unknown};
use crate::boot::launch::{Job, Plan};
use crate::boot::outcome::Missing;
use crate::boot::start::{Caller, Start};
use crate::boot::value::Field;
use crate::boot::world::{Millis, Stop};
use crate::image::Found;
use crate::knowledge::{Launch, Recipient, Signal};
use crate::source::Known;

/// A time after which nothing is killed: longer than any grace period, and far from overflowing.
const NO_LIMIT: Millis = Millis::MAX / 2;

impl Start<'_, '_> {
    /// A directory with one directory for each service, and a command beside them.
    pub(super) fn service_directories(
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
            match self.services(directory, &names) {
                Ok(services) => jobs.extend(services),
                Err(missing) => return Plan::Unknown(missing),
            }
        }
        if !further.is_empty() {
            jobs.push(Job::new(further.to_vec()));
        }
        supervised(jobs, &launch.name)
    }

    /// The services among the directories of those names: those that have a `run`.
    fn services(&mut self, directory: &str, names: &[String]) -> Result<Vec<Job>, Missing> {
        let files = &self.machine.container.image.files;
        let names = names.iter().filter(|name| !name.starts_with('.'));
        let paths = names.map(|name| format!("{directory}/{name}"));
        let is_service = |path: &String| {
            let is_down = matches!(files.look_up(&format!("{path}/down")), Found::File(_));
            // A oneshot of s6-rc has `up`, a bundle `contents.d`.
            let put = files.put_in(path);
            let runs = put.iter().any(|name| name == "run");
            let is_other = put
                .iter()
                .any(|name| matches!(name.as_str(), "up" | "contents.d"));
            let may_run = !matches!(files.look_up(&format!("{path}/run")), Found::Absent);
            !is_down && (runs || (may_run && !is_other))
        };
        let services: Vec<String> = paths.filter(is_service).collect();
        services.iter().map(|path| self.service(path)).collect()
    }

    /// The `run` of a service directory, with what its other files say of how it is stopped:
    /// `down-signal` and `timeout-kill` of s6. Scripts in `control` of runit may do anything.
    pub(super) fn service(&mut self, path: &str) -> Result<Job, Missing> {
        let control = format!("{path}/control");
        if !self
            .machine
            .container
            .image
            .files
            .put_in(&control)
            .is_empty()
        {
            return Err(Missing {
                kind: "config",
                text: format!("what the scripts in `{control}` do is not known"),
                span: None,
            });
        }
        let mut job = Job::new(vec![Field::text(format!("{path}/run"))]);
        job.caller = match is_compiled(path) {
            true => Caller::Compiled,
            false => Caller::Kernel,
        };
        job.directory = Some(path.to_owned());
        let mut setting = |name: &str| -> Option<String> {
            let file = format!("{path}/{name}");
            if !self.is_put(&file) {
                return None;
            }
            let text = self.text_of(&file).ok().flatten()?;
            Some(text.text().trim().to_owned())
        };
        let signal = setting("down-signal").as_deref().and_then(Signal::parse);
        let limit: Option<Millis> = setting("timeout-kill").and_then(|text| text.parse().ok());
        if signal.is_some() || limit.is_some() {
            job.stop = Some(Stop {
                signal: signal.unwrap_or(Signal::TERM),
                to: Recipient::Child,
                kill_after: limit.filter(|limit| *limit > 0).unwrap_or(NO_LIMIT),
                kill: Recipient::Child,
            });
        }
        Ok(job)
    }

    /// A `run` that is not executable: whether s6-overlay starts it all the same depends on its version.
    fn not_executable(&self, directory: &str, names: &[String]) -> Option<Missing> {
        if is_compiled(directory) {
            return None;
        }
        names.iter().find_map(|name| {
            let path = format!("{directory}/{name}/run");
            let Found::File(file) = self.machine.container.image.files.look_up(&path) else {
                return None;
            };
            let is_shut = file.mode.is_some_and(|mode| mode & 0o111 == 0);
            is_shut.then(|| Missing {
                kind: "config",
                text: format!("whether s6-overlay starts `{path}`, which is not executable"),
                span: file.origin,
            })
        })
    }

    pub(super) fn s6_overlay(
        &mut self,
        launch: &Launch,
        paths: &[String],
        further: &[Field],
    ) -> Plan {
        let mut jobs = Vec::new();
        for directory in paths {
            let names = self.machine.container.image.files.put_in(directory);
            if directory.ends_with("cont-init.d") {
                continue;
            }
            let names: Vec<String> = names.into_iter().filter(|name| name != "user").collect();
            if let Some(missing) = self.not_executable(directory, &names) {
                return Plan::Unknown(missing);
            }
            match self.services(directory, &names) {
                Ok(services) => jobs.extend(services),
                Err(missing) => return Plan::Unknown(missing),
            }
        }
        if !further.is_empty() {
            // When the command ends, /init stops everything.
            jobs.push(Job::new(further.to_vec()));
        }
        supervised(jobs, &launch.name)
    }
}

/// Whether s6-rc compiles what stands there: it copies each `run` with the mode 755 (`s6-rc-compile.c:1380` of
/// skarnet/s6-rc @50f4e65a, since its first version).
fn is_compiled(path: &str) -> bool {
    path.split('/').any(|name| name == "s6-rc.d")
}
