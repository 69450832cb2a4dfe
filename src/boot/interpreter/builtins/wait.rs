//! `wait`: which jobs, for how long, and with which status it returns.

use std::rc::Rc;

use crate::boot::interpreter::step::{Attempt, Progress, Turn};
use crate::boot::interpreter::{Code, Job, State, Stored, Waiting};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Millis, Pid, Status};
use crate::knowledge::{Feature, ShellFamily};

/// How many jobs a shell remembers after it has waited for them. They are no part of the state that tells rounds of a
/// loop apart: each round of a restart loop would leave one more.
const MOST_KEPT: usize = 16;

impl Turn<'_, '_> {
    /// The `wait` builtin.
    pub(super) fn wait_builtin(&mut self, code: &Code, words: &[Field]) -> Attempt<()> {
        let mut any = false;
        let mut pids = Vec::new();
        let mut named = false;
        let mut is_variable = false;
        let mut variable = None;
        for word in &words[1..] {
            if std::mem::take(&mut is_variable) {
                // Nothing is in it before something has ended.
                variable = word.known().map(Rc::from);
                if let Some(name) = &variable {
                    self.shell.unset(name);
                }
                continue;
            }
            let Some(text) = word.known() else {
                let span = Some(code.span());
                self.world.miss(
                    "value",
                    format!(
                        "`{}`, which is waited for, is not known",
                        word.value.display()
                    ),
                    span,
                );
                return self.finish(Status::SUCCESS);
            };
            match text.as_str() {
                "-n" if !self.shell.facts.has(Feature::WaitNext) => {
                    return self.finish(Status::Known(2));
                }
                "-n" => any = true,
                "-p" if self.shell.facts.family == ShellFamily::Bash => is_variable = true,
                "-np" if self.shell.facts.family == ShellFamily::Bash => {
                    (any, is_variable) = (true, true);
                }
                "-nf" | "-fn" if self.shell.facts.family == ShellFamily::Bash => any = true,
                "-f" | "--" => {}
                "" => {}
                _ => {
                    named = true;
                    match self.waited_pids(&text) {
                        Some(found) => pids.extend(found),
                        None => {
                            return self.finish(Status::Known(
                                if self.shell.facts.family == ShellFamily::Dash {
                                    2
                                } else {
                                    127
                                },
                            ));
                        }
                    }
                }
            }
        }
        if !named {
            let is_ash = self.shell.facts.family == ShellFamily::Ash;
            let jobs = self.shell.jobs.iter();
            // An end of which busybox has taken notice does not count (measured: 1.35).
            let jobs = jobs.filter(|job| !(any && is_ash && job.noticed));
            pids = jobs.flat_map(|job| job.pids.clone()).collect();
            let has_had_jobs = !self.shell.jobs.is_empty() || !self.shell.kept.is_empty();
            if any && is_ash && has_had_jobs && pids.is_empty() {
                return self.finish(Status::SUCCESS);
            }
            if any && pids.is_empty() {
                return self.finish(Status::Known(127));
            }
            // What reads or writes for the shell is waited for as well (measured: bash 5.2, also as sh).
            if !any && self.shell.facts.waits_for_substitutions() {
                pids.extend(&self.shell.substitutions);
            }
        }
        // What this shell has not started itself cannot be waited for, though PID 1 inherits it.
        let is_child = |pid: Pid| {
            let process = self.world.process(pid);
            process.is_some_and(|process| process.parent == self.pid)
        };
        let own: Vec<Pid> = pids
            .iter()
            .copied()
            .filter(|pid| {
                let is_job = || self.shell.jobs.iter().any(|job| job.pids.contains(pid));
                is_child(*pid) && (is_job() || !named && self.shell.substitutions.contains(pid))
            })
            .collect();
        if named && own.is_empty() {
            let mut kept = self.shell.kept.iter().rev();
            let kept = kept.find(|(pid, _)| pids.contains(pid));
            let status = kept.map(|(_, status)| status.clone());
            return self.finish(status.unwrap_or(Status::Known(127)));
        }
        self.top().results.clear();
        self.top().state = State::Wait(Box::new(Waiting {
            pids: own,
            any,
            named,
            next: any,
            variable,
        }));
        Ok(())
    }

    /// One step of a shell that is in `wait`.
    pub(in crate::boot::interpreter) fn waiting(&mut self) -> Attempt<()> {
        let State::Wait(waiting) = self.top().state.clone() else {
            return self.pop();
        };
        let mut status = Status::SUCCESS;
        let mut running = 0;
        let mut ended = Vec::new();
        let mut statuses = Vec::new();
        for pid in &waiting.pids {
            match self.reap(*pid) {
                Some(of_child) => {
                    ended.push(*pid);
                    statuses.push((*pid, of_child.clone()));
                    status = of_child;
                }
                None => running += 1,
            }
        }
        if running > 0 && (!waiting.any || ended.is_empty()) {
            return Err(Progress::Blocked);
        }
        if let (Some(name), Some((pid, _))) = (&waiting.variable, statuses.last()) {
            let text = Value::text(pid.to_string());
            self.shell.set(name, Stored::Text(text));
        }
        // Whose status can be asked for once more: in dash and busybox until the next job begins, in bash until a
        // `wait` for all, in its POSIX mode not at all (measured: dash 0.5.12, busybox 1.35, bash 5.2).
        match self.shell.facts.family {
            ShellFamily::Bash if !waiting.named => self.shell.kept.clear(),
            ShellFamily::Bash if !self.shell.facts.is_plain_bash() => {}
            _ => {
                let more = (self.shell.kept.len() + statuses.len()).saturating_sub(MOST_KEPT);
                self.shell.kept.drain(..more.min(self.shell.kept.len()));
                self.shell.kept.extend(statuses);
            }
        }
        if self.shell.facts.family == ShellFamily::Ash && !waiting.named {
            return self.waited_in_busybox(*waiting, &ended);
        }
        self.forget_jobs(&ended);
        let status = if waiting.named || waiting.any {
            status
        } else {
            Status::SUCCESS
        };
        self.finish(status)
    }

    /// `wait` and `wait -n` of busybox: where the job that has ended has failed they go on until another child has ended,
    /// if there is any; PID 1 has children that others have started (measured: 1.35; source: 1.33 and newer).
    fn waited_in_busybox(&mut self, waiting: Waiting, ended: &[Pid]) -> Attempt<()> {
        let has_ended = |job: &Job| !job.noticed && job.pids.iter().any(|pid| ended.contains(pid));
        let is_job = self.shell.jobs.iter().any(has_ended);
        let last = ended.iter().max_by_key(|pid| self.end_of(**pid));
        let failed = last.is_some_and(|pid| {
            !matches!(self.reap(*pid), Some(Status::Known(0) | Status::Unknown(_)))
        });
        self.forget_jobs(ended);
        let children = self.world.children(self.pid);
        if is_job && failed && !children.is_empty() {
            self.top().state = State::Wait(Box::new(Waiting {
                pids: children,
                any: true,
                ..waiting
            }));
            return Ok(());
        }
        let is_told = waiting.next && (failed || !is_job);
        self.finish(Status::Known(if is_told { 129 } else { 0 }))
    }

    /// When a process has ended, as far as its end was a matter of time.
    fn end_of(&self, pid: Pid) -> Option<Millis> {
        let history = &self.world.process(pid)?.history;
        let killed = history.killed.map(|(at, _)| at);
        history.finished.max(killed)
    }

    /// Jobs whose processes have all been waited for are none any more.
    fn forget_jobs(&mut self, ended: &[Pid]) {
        for job in &mut self.shell.jobs {
            job.pids.retain(|pid| !ended.contains(pid));
        }
        self.shell.jobs.retain(|job| !job.pids.is_empty());
    }
}
