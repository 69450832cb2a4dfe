//! Launchers: what a process becomes that runs another one.
//!
//! In: an argv and what the tables say of its launcher. Out: the processes that it makes.

mod children;
mod plan;
mod words;

use crate::boot::fact::{Fact, FactKind};
use crate::boot::interpreter::display_words;
use crate::boot::machine::end_process;
use crate::boot::services::stop_daemon;
use crate::boot::start::{Failure, Start};
use crate::boot::value::Field;
use crate::boot::world::{Body, Status};
use crate::image::{Found, runs_as_owner};
use crate::knowledge::{self, Alternative, How, Launch, WorksFor, Wrapped};

pub(super) use children::follow;
pub(super) use plan::{Job, Plan, Run};
pub(super) use words::read_words;

impl Start<'_, '_> {
    /// A launcher.
    pub(super) fn launch(&mut self, argv: Vec<Field>, mut launch: Launch) -> Result<(), Failure> {
        let pid = self.pid;
        let span = self.process().span.clone();
        self.note_eaten(&argv, &launch);
        let process = self.process();
        process.program = launch.name.as_str().into();
        if let How::Never(status) = launch.how {
            process.argv = argv;
            match status {
                Some(status) => {
                    let why = format!("`{}` does not start the command", launch.name);
                    self.never(status, why);
                }
                None => self.process().body = Body::Idle(None),
            }
            return Ok(());
        }
        let is_shut_out = match launch.works_for {
            // Whoever asks for its version or help gets it.
            _ if launch.command == Wrapped::Nothing => false,
            WorksFor::All => false,
            WorksFor::Root => true,
            WorksFor::RootOrWithBit => !self.may_run_as_its_owner(&argv),
        };
        if is_shut_out && let Some(user) = self.other_user() {
            self.process().argv = argv;
            let why = format!(
                "`{}` works for root only, and runs as `{user}`",
                launch.name
            );
            self.never(1, why);
            return Ok(());
        }
        if launch.name == "xargs" && self.reads_words() {
            // It starts its command when it has read its input: `read_words`.
            let process = self.process();
            process.argv = argv;
            process.body = Body::Filter;
            return Ok(());
        }
        self.decide(&argv, &mut launch);
        let run = match self.plan(&argv, &launch) {
            Plan::Run(run) => run,
            Plan::Nothing => {
                // Without a command it prints something: `env` its variables.
                let output = self.process().output.clone();
                if output.is_read() {
                    let printed = self.world.unknown_output(&display_words(&argv));
                    self.world.write(&output, &printed);
                }
                let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
                self.process().argv = argv;
                if !stop_daemon(self.machine, self.world, pid, &words) {
                    end_process(self.machine, self.world, pid, Status::SUCCESS, None);
                }
                return Ok(());
            }
            Plan::Fails(status, why) => {
                self.process().argv = argv;
                self.never(status, why);
                return Ok(());
            }
            Plan::Unknown(mut missing) => {
                missing.span = missing.span.or(span);
                self.application(argv, None, Some(missing));
                return Ok(());
            }
        };
        if let Some(how) = &run.how {
            launch.how = how.clone();
            launch.alternatives.clear();
        }
        match launch.how.clone() {
            How::Exec | How::Never(_) => self.replace(argv, &launch, run),
            How::Fork(fork) => {
                self.stay(argv, &launch, run, fork);
                Ok(())
            }
            How::Leave => {
                self.leave(argv, &launch, run);
                Ok(())
            }
        }
    }

    /// Whether a launcher's file has the bit by which it runs as its owner, or comes from an instruction that speaks
    /// of such a bit.
    fn may_run_as_its_owner(&mut self, argv: &[Field]) -> bool {
        let name = argv.first().and_then(Field::known);
        let (mode, origin) = match name.map(|name| self.find(&name)) {
            Some(Found::File(file)) => (file.mode, file.origin),
            Some(Found::Unknown(why)) => (None, why.span),
            _ => (None, None),
        };
        mode.is_some_and(|mode| mode & 0o4000 != 0)
            || origin.is_some_and(|span| span.text().split_whitespace().any(runs_as_owner))
    }

    /// Options of the command that the launcher takes for its own.
    fn note_eaten(&mut self, argv: &[Field], launch: &Launch) {
        if launch.eats.is_empty() {
            return;
        }
        let eaten = launch.eats.iter().filter_map(|at| argv.get(*at));
        let eaten: Vec<String> = eaten.map(|word| word.value.display()).collect();
        let span = self.process().span.clone();
        let while_stopping = self.world.stopped_at.is_some();
        self.world.note(Fact {
            kind: FactKind::OptionsEaten {
                launcher: launch.name.clone(),
                words: eaten.join(" "),
                command: display_words(argv),
            },
            span,
            while_stopping,
        });
    }

    fn never(&mut self, status: i32, why: String) {
        let span = self.process().span.clone();
        if self.world.broken.is_none() && self.world.stopped_at.is_none() {
            self.world.broken = Some((why, span));
        }
        end_process(
            self.machine,
            self.world,
            self.pid,
            Status::Known(status),
            None,
        );
    }

    /// Of the ways in which a launcher may behave, the one that the image and its files tell.
    fn decide(&mut self, argv: &[Field], launch: &mut Launch) {
        for alternative in std::mem::take(&mut launch.alternatives) {
            match self.is_it(argv, launch, &alternative) {
                Some(false) => {}
                Some(true) => {
                    launch.how = alternative.how;
                    if alternative.script_shell.is_some() {
                        launch.script_shell = alternative.script_shell;
                    }
                    launch.alternatives.clear();
                    return;
                }
                None => launch.alternatives.push(alternative),
            }
        }
    }

    fn is_it(
        &mut self,
        argv: &[Field],
        launch: &Launch,
        alternative: &Alternative,
    ) -> Option<bool> {
        if let Some(package_manager) = &alternative.package_manager {
            return self.is_package_manager(launch, package_manager, &alternative.files);
        }
        // A program that an instruction has put there is of a version of its own.
        let name = argv.first().and_then(Field::known)?;
        if let Found::File(file) = self.find(&name)
            && file
                .origin
                .is_some_and(|origin| origin.text().contains(&*launch.name))
        {
            return None;
        }
        let image = self.machine.container.image.files.base_reference()?;
        let is_of = |list: &[String]| {
            list.iter()
                .any(|glob| knowledge::image_matches(image, glob))
        };
        match (is_of(&alternative.images), is_of(&alternative.other_images)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}
