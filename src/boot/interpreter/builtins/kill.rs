//! `kill` as a builtin: which signal, and to which processes, jobs and groups.
//!
//! The program of that name is among the tools.

use crate::boot::fact::FactKind;
use crate::boot::interpreter::display_words;
use crate::boot::interpreter::step::{Attempt, Turn};
use crate::boot::machine::{end_process, signal_group, signal_process};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Output, Pid, Process, Status};
use crate::knowledge::{ShellFamily, Signal};
use crate::source::Span;

/// What a `kill` sends.
struct Sending<'a> {
    /// The signal.
    signal: Signal,
    /// Nothing is sent, as with `kill -0`.
    probe: bool,
    /// The whole command, for people.
    text: &'a str,
    /// The command.
    span: &'a Span,
}

impl Turn<'_, '_> {
    /// The `kill` builtin.
    pub(super) fn kill_builtin(
        &mut self,
        words: &[Field],
        output: &Output,
        span: Span,
    ) -> Attempt<()> {
        let is_dash = self.shell.facts.family == ShellFamily::Dash;
        let text = display_words(words);
        let mut signal = Signal::TERM;
        let mut probe = false;
        let mut rest = &words[1..];
        let first = rest.first().and_then(Field::known);
        let name = match first.as_deref() {
            Some("-l" | "-L") => return self.list_signals(rest.get(1), output),
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
            match self.shell.facts.kill_signal(&name) {
                Some(parsed) => signal = parsed,
                None if name == "0" => probe = true,
                None => {
                    self.note_rejected(&text, &span);
                    return self.finish(Status::Known(if is_dash { 2 } else { 1 }));
                }
            }
        }
        if rest.first().and_then(Field::known).as_deref() == Some("--") {
            // dash reads no options behind `-TERM`: there `--` is an operand, and a bad number.
            let is_operand = is_dash
                && first.is_some_and(|word| word.starts_with('-') && word != "-s" && word != "--");
            if is_operand {
                self.note_rejected(&text, &span);
                return self.finish(Status::Known(2));
            }
            rest = &rest[1..];
        }
        let targets: Vec<&Field> = rest
            .iter()
            .filter(|word| word.open || !word.value.is_certainly_empty())
            .collect();
        self.world.sends_at = Some(span.clone());
        let sending = Sending {
            signal,
            probe,
            text: &text,
            span: &span,
        };
        self.send_to(&targets, &sending)
    }

    /// `kill -l`: the name of a number, or of the signal that a status tells; bash and busybox give numbers of names, too.
    fn list_signals(&mut self, asked: Option<&Field>, output: &Output) -> Attempt<()> {
        let text = match asked.map(Field::known) {
            Some(Some(word)) => {
                let number = word.parse::<u32>().ok();
                let signal = match number {
                    Some(status @ 129..) => Signal::parse(&(status - 128).to_string()),
                    Some(_) => Signal::parse(&word),
                    None => self.shell.facts.kill_signal(&word),
                };
                let is_dash = self.shell.facts.family == ShellFamily::Dash;
                match signal.filter(|_| number.is_some() || !is_dash) {
                    Some(signal) if number.is_some() => Value::text(signal.short_name() + "\n"),
                    Some(signal) => Value::text(format!("{}\n", signal.0)),
                    None => return self.finish(Status::Known(if is_dash { 2 } else { 1 })),
                }
            }
            _ => Value::unknown("$(kill -l)"),
        };
        self.world.write(output, &text);
        self.finish(Status::SUCCESS)
    }

    fn send_to(&mut self, targets: &[&Field], sending: &Sending) -> Attempt<()> {
        if targets.is_empty() {
            self.note_missed(sending);
            let is_bash = self.shell.facts.family == ShellFamily::Bash;
            return self.finish(Status::Known(if is_bash { 1 } else { 2 }));
        }
        let mut status = Status::SUCCESS;
        for target in targets {
            let Some(known) = target.known() else {
                let shown = target.value.display();
                let text = format!("the process `{shown}`, which is signalled, is not known");
                self.world.miss("value", text, Some(sending.span.clone()));
                continue;
            };
            if known.starts_with('%') && !self.shell.facts.kill_by_job {
                self.note_rejected(sending.text, sending.span);
                status = Status::Known(1);
                continue;
            }
            if !self.send_to_operand(&known, sending) {
                if !sending.probe {
                    self.note_missed(sending);
                }
                status = Status::Known(1);
            }
            if self.gone {
                return Ok(());
            }
        }
        self.finish(status)
    }

    /// Sends to what an operand names; whether there is such a process.
    fn send_to_operand(&mut self, operand: &str, sending: &Sending) -> bool {
        let (signal, probe) = (sending.signal, sending.probe);
        if let Some(pids) = self.job_pids(operand) {
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
            return any;
        }
        if operand == "-1" {
            // Everything but PID 1 and the caller (kill(2)).
            let pids = self.world.processes.pids();
            let others: Vec<Pid> = pids.filter(|pid| *pid != 1 && *pid != self.pid).collect();
            for pid in others {
                self.send_one(pid, signal, probe);
            }
            return true;
        }
        let group = operand.strip_prefix('-');
        let Some(group) = group.and_then(|group| group.parse::<Pid>().ok()) else {
            self.note_rejected(sending.text, sending.span);
            return false;
        };
        let world = &self.world;
        let in_group = |process: &Process| process.group == group && world.alive(process.pid);
        let exists = world.processes.values().any(in_group);
        if exists {
            self.send_group(group, signal, probe);
        }
        exists
    }

    fn note_rejected(&mut self, text: &str, span: &Span) {
        let shell = self.shell.facts.id.clone();
        let word = text.to_owned();
        self.note(FactKind::KillRejected { shell, word }, Some(span.clone()));
    }

    fn note_missed(&mut self, sending: &Sending) {
        let word = sending.text.to_owned();
        self.note(FactKind::KillMissed { word }, Some(sending.span.clone()));
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
        end_process(
            self.machine,
            self.world,
            self.pid,
            Status::of_signal(signal),
            Some(signal),
        );
    }
}
