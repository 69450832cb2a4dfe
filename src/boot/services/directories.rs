//! Services that are directories with a `run`: s6, runit, daemontools, s6-overlay.
//!
//! In: the directories and what the image has in them. Out: the services that are not down.

use super::{service, supervised, unknown};
use crate::boot::launch::{Job, Plan};
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::image::Found;
use crate::knowledge::Launch;
use crate::source::Known;

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
            jobs.extend(self.services(directory, &names));
        }
        if !further.is_empty() {
            // When the command ends, /init stops everything.
            jobs.push(Job::new(further.to_vec()));
        }
        supervised(jobs, &launch.name)
    }
}
