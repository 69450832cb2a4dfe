//! The jobs of a shell: which of them an operand names, `jobs`, `fg` and `disown`.

use super::redirect::Streams;
use super::step::{Attempt, Turn};
use super::{Foreground, Job, Shell, State, display_words};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Pid, Status, World};
use crate::knowledge::ShellFamily;

impl Turn<'_, '_> {
    /// The processes that an operand of `wait`, `kill` or `fg` names; `None` when there is no such job.
    pub(super) fn job_pids(&self, text: &str) -> Option<Vec<Pid>> {
        if let Some(job) = text.strip_prefix('%') {
            let jobs = &self.shell.jobs;
            let found = match job {
                "" | "%" | "+" => jobs.last(),
                "-" => jobs.iter().rev().nth(1).or(jobs.last()),
                other => match other.parse::<u32>() {
                    Ok(number) => jobs.iter().find(|job| job.number == number),
                    Err(_) => jobs.iter().rev().find(|job| self.is_called(job, other)),
                },
            };
            return found.map(|job| job.pids.clone());
        }
        text.parse::<Pid>().ok().map(|pid| vec![pid])
    }

    /// Whether the text of a job's command begins with that (`%app`), or has it anywhere (`%?app`). Without job control
    /// busybox keeps no such text.
    fn is_called(&self, job: &Job, name: &str) -> bool {
        if self.shell.facts.family != ShellFamily::Bash {
            return false;
        }
        let first = job.pids.first().and_then(|pid| self.world.process(*pid));
        let Some(span) = first.and_then(|process| process.span.as_ref()) else {
            return false;
        };
        match name.strip_prefix('?') {
            Some(part) => span.text().contains(part),
            None => span.text().starts_with(name),
        }
    }

    /// As above for `wait`: the pid of a pipeline's last process stands for the whole pipeline.
    pub(super) fn waited_pids(&self, text: &str) -> Option<Vec<Pid>> {
        let pids = self.job_pids(text)?;
        let job = self
            .shell
            .jobs
            .iter()
            .find(|job| job.pids.last() == pids.last());
        Some(job.map_or(pids, |job| job.pids.clone()))
    }

    /// `fg`: waits for a job in the foreground, where job control works.
    pub(super) fn foreground_job(&mut self, words: &[Field]) -> Attempt<()> {
        let which = words.get(1).and_then(Field::known).unwrap_or("%%".into());
        if !self.shell.options.monitor {
            return self.fg_fails();
        }
        match self.job_pids(&which) {
            Some(pids) if self.shell.facts.foreground_without_terminal => {
                let ended = vec![None; pids.len()];
                self.top().state = State::Foreground(Box::new(Foreground {
                    pids,
                    ended,
                    pipefail: false,
                }));
                Ok(())
            }
            _ => self.fg_fails(),
        }
    }

    fn fg_fails(&mut self) -> Attempt<()> {
        let is_bash = self.shell.facts.family == ShellFamily::Bash;
        self.finish(Status::Known(if is_bash { 1 } else { 2 }))
    }

    /// `jobs`: a line for each, or its pid with `-p`; with `-r` those that run.
    pub(super) fn jobs_builtin(&mut self, words: &[Field], streams: &Streams) -> Attempt<()> {
        let known: Vec<String> = words[1..].iter().filter_map(Field::known).collect();
        let (options, operands): (Vec<&String>, Vec<&String>) =
            known.iter().partition(|word| word.starts_with('-'));
        let has = |letter: char| options.iter().any(|word| word.contains(letter));
        let family = self.shell.facts.family;
        let is_known = |letter: char| family == ShellFamily::Bash || "-pl".contains(letter);
        if !options.iter().all(|word| word.chars().all(is_known)) {
            // The others have no more than these two (measured: dash 0.5.12, busybox 1.35).
            return self.finish(Status::Known(2));
        }
        let mut asked = Vec::new();
        for operand in operands {
            match self.job_pids(operand) {
                Some(pids) => asked.extend(pids),
                None => return self.finish(Status::Known(1)),
            }
        }
        let runs = |job: &Job| job.pids.iter().any(|pid| self.world.alive(*pid));
        let jobs = self.shell.jobs.iter();
        let jobs =
            jobs.filter(|job| asked.is_empty() || job.pids.iter().any(|pid| asked.contains(pid)));
        let mut text = Value::default();
        for job in jobs {
            match job.pids.first() {
                Some(pid) if has('p') && (runs(job) || !has('r')) => {
                    text.push_text(&format!("{pid}\n"))
                }
                Some(_) if has('p') || has('s') => {}
                _ if runs(job) => {
                    let commands = job.pids.iter().filter_map(|pid| self.world.process(*pid));
                    let shown = commands.map(|process| display_words(&process.argv));
                    let shown = match family {
                        // Without job control busybox does not keep the text of a command.
                        ShellFamily::Ash => String::new(),
                        _ => shown.collect::<Vec<_>>().join(" | "),
                    };
                    text.push_text(&format!(
                        "[{}]+  Running                 {shown} &\n",
                        job.number
                    ));
                }
                _ if has('r') => {}
                // The end of a job is told once, at a time that depends on the shell.
                _ => text.append(&Value::unknown("$(jobs)")),
            }
        }
        self.print(streams, text)
    }
}

impl Shell {
    /// A new job, under the next number.
    pub(super) fn add_job(&mut self, pids: Vec<Pid>) {
        let numbers = self.jobs.iter().map(|job| job.number);
        let number = numbers.max().unwrap_or(0) + 1;
        self.jobs.push(Job {
            pids,
            number,
            noticed: false,
        });
    }

    /// A child was waited for: the shell takes notice of all that have ended by now.
    pub(super) fn notice_ends(&mut self, world: &World) {
        for job in &mut self.jobs {
            job.noticed |= !job.pids.iter().any(|pid| world.alive(*pid));
        }
    }

    /// Forgets a job, as `disown` does.
    pub(super) fn disown(&mut self) {
        self.jobs.pop();
    }
}
