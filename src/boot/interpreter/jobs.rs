//! Forked copies of the shell, background jobs, `wait` and `kill`.

use std::rc::Rc;

use super::compound::stream_output;
use super::redirect::Streams;
use super::step::{Attempt, Progress, Turn};
use super::{Code, Frame, Job, Shell, State, Waiting};
use crate::boot::fact::FactKind;
use crate::boot::machine::{signal_group, signal_process};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Body, Input, Output, Pid, Process, Status};
use crate::knowledge::{ShellFamily, Signal};
use crate::shell::{Compound, Kind, Redirect};
use crate::source::Span;

/// How many jobs a shell remembers after it has waited for them. They are no part of the state that tells rounds of a
/// loop apart: each round of a restart loop would leave one more.
const MOST_KEPT: usize = 16;

impl Turn<'_, '_> {
    /// Forks a copy of this shell that runs a node and ends. Returns its pid.
    pub(super) fn fork(&mut self, code: &Code, background: bool, output: Option<usize>) -> Pid {
        let pid = self.fork_part(code, None, output);
        let monitor = self.shell.options.monitor;
        let process = self.world.process_mut(pid);
        process.in_background = background;
        if monitor {
            process.group = pid;
        } else if background {
            // A list run with `&` has SIGINT and SIGQUIT ignored and no input (POSIX, 2.9.3.1 and 2.11).
            process.ignored.insert(Signal::INT);
            process.ignored.insert(Signal::QUIT);
            process.input = Input::Null;
        }
        pid
    }

    /// Forks a copy that reads from and writes to parts of a pipeline.
    pub(super) fn fork_part(
        &mut self,
        code: &Code,
        input: Option<usize>,
        output: Option<usize>,
    ) -> Pid {
        let mut copy = self.shell.forked();
        let facts = copy.facts;
        let script = Rc::clone(&code.script);
        // The node that the copy really runs: `( … )` does not fork once more.
        let mut inner = code.clone();
        let mut redirects: &[Redirect] = &[];
        let mut tail = facts.subshell_exec == crate::knowledge::ImplicitExec::Tail;
        let mut forced = false;
        match &script.node(code.node).kind {
            Kind::Compound(Compound::Subshell(body), around) => {
                inner = code.at(*body);
                redirects = around;
                // bash does not fork again for the only command of a subshell, redirected or not.
                if facts.family == ShellFamily::Bash
                    && let Some(only) = only_command(&inner)
                {
                    inner = only;
                    forced = true;
                }
                tail = facts.subshell_exec != crate::knowledge::ImplicitExec::Never;
            }
            Kind::Simple(_) => forced = true,
            Kind::Pipeline {
                parts,
                negated: true,
                ..
            } if parts.len() == 1 && facts.family == ShellFamily::Bash => {
                inner = code.at(parts[0]);
                forced = matches!(script.node(parts[0]).kind, Kind::Simple(_));
            }
            _ => {}
        }
        copy.frames.push(Frame {
            code: inner,
            tail,
            forced,
            results: Vec::new(),
            state: State::Start,
        });
        let pid = self.world.next_pid();
        let parent = self.world.process_mut(self.pid).clone_for_fork();
        let process = Process {
            pid,
            parent: self.pid,
            input: match input {
                Some(stream) => Input::Pipe(stream),
                None => parent.input.clone(),
            },
            output: stream_output(output, &parent.output),
            body: Body::Shell(Box::new(copy)),
            span: Some(code.span()),
            ..parent
        };
        self.world.processes.insert(process);
        if !redirects.is_empty() {
            self.redirect_child(code, redirects, pid);
        }
        pid
    }

    /// Applies redirections of known words to a process that was just forked.
    fn redirect_child(&mut self, code: &Code, redirects: &[Redirect], pid: Pid) {
        if let Ok(streams) = self.streams(code, redirects) {
            let process = self.world.process_mut(pid);
            process.input = streams.input;
            process.output = streams.output;
        }
    }

    /// `command &`
    pub(super) fn background(&mut self, code: &Code) {
        let script = Rc::clone(&code.script);
        let parts: Option<&[u32]> = match &script.node(code.node).kind {
            Kind::Pipeline {
                parts,
                negated: false,
                ..
            } if parts.len() > 1 => Some(parts),
            _ => None,
        };
        let pids = match parts {
            Some(parts) => {
                let mut pids = Vec::new();
                let mut input: Option<usize> = None;
                for (index, part) in parts.iter().enumerate() {
                    let output = (index + 1 < parts.len()).then(|| self.world.new_stream());
                    let pid = self.fork(&code.at(*part), true, output);
                    if let Some(stream) = input {
                        self.world.process_mut(pid).input = Input::Pipe(stream);
                    }
                    pids.push(pid);
                    input = output;
                }
                pids
            }
            None => vec![self.fork(code, true, None)],
        };
        self.shell.last_background = pids.last().copied();
        if self.shell.facts.family != ShellFamily::Bash {
            self.shell.kept.clear();
        }
        let number = self
            .shell
            .jobs
            .iter()
            .map(|job| job.number)
            .max()
            .unwrap_or(0)
            + 1;
        self.shell.jobs.push(Job { pids, number });
        self.shell.status = Status::SUCCESS;
    }

    /// Begins a command substitution; its output arrives as a result of the current frame.
    pub(super) fn substitute(&mut self, code: &Code) {
        let stream = self.world.new_stream();
        let pid = self.fork(code, false, Some(stream));
        self.world.process_mut(pid).captured = true;
        if let Body::Shell(copy) = &mut self.world.process_mut(pid).body {
            // bash clears `-e` in command substitutions unless it is in POSIX mode; so does busybox (measured: 1.35).
            if copy.facts.is_plain_bash() || copy.facts.family == ShellFamily::Ash {
                copy.options.errexit = false;
            }
        }
        let code = code.clone();
        self.push_state(code, false, State::Capture(pid, stream));
    }

    /// Begins a process substitution; returns the path that stands for it.
    pub(super) fn process_substitution(&mut self, code: &Code, output: bool) -> Value {
        let stream = self.world.new_stream();
        let pid = self.fork(code, true, (!output).then_some(stream));
        if let Body::Shell(copy) = &mut self.world.process_mut(pid).body
            && copy.facts.family == ShellFamily::Bash
            && let Some(frame) = copy.frames.last_mut()
        {
            // bash treats its text as that of a subshell (measured: 5.2).
            match only_command(code) {
                Some(only) => (frame.code, frame.forced) = (only, true),
                None => {
                    frame.tail = copy.facts.subshell_exec != crate::knowledge::ImplicitExec::Never;
                }
            }
        }
        if output {
            self.world.process_mut(pid).input = Input::Pipe(stream);
        }
        if self.shell.facts.family == ShellFamily::Bash {
            self.shell.last_background = Some(pid);
        }
        Value::text(format!("/dev/fd/{stream}"))
    }

    /// The `wait` builtin.
    pub(super) fn wait_builtin(&mut self, code: &Code, words: &[Field]) -> Attempt<()> {
        let mut any = false;
        let mut pids = Vec::new();
        let mut named = false;
        let mut is_variable = false;
        for word in &words[1..] {
            if std::mem::take(&mut is_variable) {
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
                "-n" if !self.shell.facts.has(crate::knowledge::Feature::WaitNext) => {
                    return self.finish(Status::Known(2));
                }
                "-n" => any = true,
                "-p" if self.shell.facts.family == ShellFamily::Bash => is_variable = true,
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
            pids = self
                .shell
                .jobs
                .iter()
                .flat_map(|job| job.pids.clone())
                .collect();
            if any && self.shell.facts.family == ShellFamily::Ash {
                // What has ended by now does not count (measured: busybox 1.35).
                pids.retain(|pid| self.world.alive(*pid));
                if pids.is_empty() {
                    return self.finish(Status::SUCCESS);
                }
            }
            if any && pids.is_empty() {
                return self.finish(Status::Known(127));
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
                is_child(*pid) && self.shell.jobs.iter().any(|job| job.pids.contains(pid))
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
        }));
        Ok(())
    }

    pub(super) fn waiting(&mut self) -> Attempt<()> {
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
        for job in &mut self.shell.jobs {
            job.pids.retain(|pid| !ended.contains(pid));
        }
        self.shell.jobs.retain(|job| !job.pids.is_empty());
        let status = if waiting.named || waiting.any {
            status
        } else {
            Status::SUCCESS
        };
        self.finish(status)
    }

    /// The processes that an operand of `wait`, `kill` or `fg` names; `None` when there is no such job.
    fn job_pids(&self, text: &str) -> Option<Vec<Pid>> {
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
    fn waited_pids(&self, text: &str) -> Option<Vec<Pid>> {
        let pids = self.job_pids(text)?;
        let job = self
            .shell
            .jobs
            .iter()
            .find(|job| job.pids.last() == pids.last());
        Some(job.map_or(pids, |job| job.pids.clone()))
    }

    /// The `kill` builtin (and `/bin/kill`, which takes the same words).
    pub(super) fn kill_builtin(
        &mut self,
        words: &[Field],
        span: Span,
        external: bool,
    ) -> Attempt<()> {
        let text: String = words
            .iter()
            .map(|word| word.value.display())
            .collect::<Vec<_>>()
            .join(" ");
        let mut signal = Signal::TERM;
        let mut probe = false;
        let mut rest = &words[1..];
        let first = rest.first().and_then(Field::known);
        let name = match first.as_deref() {
            Some("-l" | "-L") => return self.finish(Status::SUCCESS),
            Some("-s" | "-n") => {
                let name = rest.get(1).and_then(Field::known);
                rest = rest.get(2..).unwrap_or_default();
                name
            }
            Some("--") | None => None,
            Some(option) => option.strip_prefix('-').map(|name| {
                rest = &rest[1..];
                name.to_owned()
            }),
        };
        if let Some(name) = name {
            let parsed = if external {
                Signal::parse(&name)
            } else {
                self.shell.facts.kill_signal(&name)
            };
            match parsed {
                Some(parsed) => signal = parsed,
                None if name == "0" => probe = true,
                None => {
                    let shell = self.shell.facts.id.clone();
                    self.note(FactKind::KillRejected { shell, word: text }, Some(span));
                    let status = if self.shell.facts.family == ShellFamily::Dash {
                        2
                    } else {
                        1
                    };
                    return self.finish(Status::Known(status));
                }
            }
        }
        // dash reads no options behind `-TERM`: there `--` is an operand, and a bad number.
        let is_operand = self.shell.facts.family == ShellFamily::Dash
            && !external
            && first
                .as_deref()
                .is_some_and(|word| word.starts_with('-') && !matches!(word, "-s" | "--"));
        if rest.first().and_then(Field::known).as_deref() == Some("--") {
            if is_operand {
                let shell = self.shell.facts.id.clone();
                self.note(FactKind::KillRejected { shell, word: text }, Some(span));
                return self.finish(Status::Known(2));
            }
            rest = &rest[1..];
        }
        let targets: Vec<Field> = rest
            .iter()
            .filter(|word| word.open || !word.value.is_certainly_empty())
            .cloned()
            .collect();
        self.send_to(&targets, signal, probe, &text, span)
    }

    fn send_to(
        &mut self,
        targets: &[Field],
        signal: Signal,
        probe: bool,
        text: &str,
        span: Span,
    ) -> Attempt<()> {
        let mut status = Status::SUCCESS;
        self.world.sends_at = Some(span.clone());
        if targets.is_empty() {
            self.note(
                FactKind::KillMissed {
                    word: text.to_owned(),
                },
                Some(span),
            );
            return self.finish(Status::Known(
                if self.shell.facts.family == ShellFamily::Bash {
                    1
                } else {
                    2
                },
            ));
        }
        for target in targets {
            let Some(known) = target.known() else {
                self.world.miss(
                    "value",
                    format!(
                        "the process `{}`, which is signalled, is not known",
                        target.value.display()
                    ),
                    Some(span.clone()),
                );
                continue;
            };
            if known.starts_with('%') && !self.shell.facts.kill_by_job {
                let shell = self.shell.facts.id.clone();
                self.note(
                    FactKind::KillRejected {
                        shell,
                        word: text.to_owned(),
                    },
                    Some(span.clone()),
                );
                status = Status::Known(1);
                continue;
            }
            let sent = if let Some(pids) = self.job_pids(&known) {
                let mut any = false;
                for pid in pids {
                    if pid == 0 {
                        any = true;
                        let group = self.world.process_mut(self.pid).group;
                        self.send_group(group, signal, probe);
                        continue;
                    }
                    any |= self.send_one(pid, signal, probe);
                }
                any
            } else if known == "-1" {
                // Everything but PID 1 and the caller (kill(2)).
                let others: Vec<Pid> = self
                    .world
                    .processes
                    .pids()
                    .filter(|pid| *pid != 1 && *pid != self.pid)
                    .collect();
                for pid in others {
                    self.send_one(pid, signal, probe);
                }
                true
            } else if let Some(group) = known
                .strip_prefix('-')
                .and_then(|group| group.parse::<Pid>().ok())
            {
                let exists = self
                    .world
                    .processes
                    .values()
                    .any(|process| process.group == group && self.world.alive(process.pid));
                if exists {
                    self.send_group(group, signal, probe);
                }
                exists
            } else {
                let shell = self.shell.facts.id.clone();
                self.note(
                    FactKind::KillRejected {
                        shell,
                        word: text.to_owned(),
                    },
                    Some(span.clone()),
                );
                false
            };
            if !sent {
                if !probe {
                    self.note(
                        FactKind::KillMissed {
                            word: text.to_owned(),
                        },
                        Some(span.clone()),
                    );
                }
                status = Status::Known(1);
            }
            if self.gone {
                return Ok(());
            }
        }
        self.finish(status)
    }

    fn send_one(&mut self, pid: Pid, signal: Signal, probe: bool) -> bool {
        if pid == self.pid {
            if !probe {
                self.signal_self(signal);
            }
            return true;
        }
        if !self.world.alive(pid) {
            return false;
        }
        if !probe {
            signal_process(self.machine, self.world, self.pid, pid, signal);
        }
        true
    }

    fn send_group(&mut self, group: Pid, signal: Signal, probe: bool) {
        if probe {
            return;
        }
        let own = self.world.process_mut(self.pid).group == group;
        signal_group(
            self.machine,
            self.world,
            self.pid,
            group,
            signal,
            Some(self.pid),
        );
        if own {
            self.signal_self(signal);
        }
    }

    /// A signal that the shell sends to itself.
    fn signal_self(&mut self, signal: Signal) {
        if self.shell.catches(signal) {
            if !self.shell.pending.contains(&signal) {
                self.shell.pending.push(signal);
            }
            return;
        }
        let ignored = self.shell.ignored().contains(&signal)
            || self.world.process_mut(self.pid).ignored.contains(&signal);
        if ignored || self.pid == 1 || !signal.ends_by_default() {
            return;
        }
        self.gone = true;
        crate::boot::machine::end_process(
            self.machine,
            self.world,
            self.pid,
            super::traps::signal_status(signal),
            Some(signal),
        );
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
                self.top().state = State::Foreground(Box::new(super::Foreground {
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
                    let shown = commands.map(|process| super::display_words(&process.argv));
                    let shown = shown.collect::<Vec<_>>().join(" | ");
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
    /// Forgets a job, as `disown` does.
    pub(super) fn disown(&mut self) {
        self.jobs.pop();
    }
}

impl Process {
    /// The parts that a forked child shares with its parent.
    pub(super) fn clone_for_fork(&self) -> Process {
        let mut copy = self.clone();
        copy.history = crate::boot::world::History::default();
        copy
    }
}

/// The simple command that is all of a list, in the foreground.
fn only_command(code: &Code) -> Option<Code> {
    let Kind::List(items) = &code.script.node(code.node).kind else {
        return None;
    };
    let [only] = items.as_slice() else {
        return None;
    };
    let is_simple = matches!(code.script.node(only.node).kind, Kind::Simple(_));
    let waits = only.end != crate::shell::Separator::Background;
    (is_simple && waits).then(|| code.at(only.node))
}

/// Whether the output of a process is read by somebody.
pub(in crate::boot) fn is_read(output: &Output) -> bool {
    !matches!(output, Output::Elsewhere)
}
