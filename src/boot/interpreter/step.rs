//! One step of a shell.

use std::rc::Rc;

use super::expand::{Expansion, Need};
use super::traps::signal_status;
use super::{Code, Foreground, Frame, Shell, State};
use crate::boot::machine::{Machine, end_process};
use crate::boot::value::Value;
use crate::boot::world::{Body, Pid, Question, Status, World};
use crate::knowledge::TrapName;
use crate::shell::{Kind, Word};

/// What a step led to.
#[derive(Clone, Debug)]
pub(in crate::boot) enum Progress {
    /// Something was done.
    Ran,
    /// Nothing can be done before another process or the clock does something.
    Blocked,
    /// The way forks on a question; the same step is taken again with the answer.
    Ask(Rc<Question>),
}

/// A shell while it takes a step: taken out of the process table.
pub(super) struct Turn<'a, 'm> {
    pub(super) machine: &'a Machine<'m>,
    pub(super) world: &'a mut World,
    pub(super) pid: Pid,
    pub(super) shell: Box<Shell>,
    /// The process is no longer this shell: it was replaced, or it ended.
    pub(super) gone: bool,
    /// The builtin stands behind `command`: what it refuses ends no shell.
    pub(super) behind_command: bool,
}

/// Either a value, or what the step has to return first.
pub(super) type Attempt<T> = Result<T, Progress>;

/// Lets the shell of a process take one step. A step of one that waits ([`Shell::goes_on_waiting`]) does nothing.
pub(in crate::boot) fn step(machine: &Machine, world: &mut World, pid: Pid) -> Progress {
    let body = std::mem::replace(&mut world.process_mut(pid).body, Body::Filter);
    let Body::Shell(mut shell) = body else {
        return Progress::Blocked;
    };
    // A trap that begins now interrupts the command, and does not end it.
    let depth = shell.frames.len() + usize::from(!shell.pending.is_empty());
    shell.awaited_input.take_if(|input| depth <= input.depth);
    let mut turn = Turn {
        machine,
        world,
        pid,
        shell,
        gone: false,
        behind_command: false,
    };
    let progress = turn.step();
    if !turn.gone {
        let Turn { world, shell, .. } = turn;
        world.process_mut(pid).body = Body::Shell(shell);
    }
    progress
}

impl Turn<'_, '_> {
    fn step(&mut self) -> Progress {
        if let Some(signal) = self.shell.dying.take() {
            self.exit(signal_status(signal));
            return Progress::Ran;
        }
        if !self.shell.pending.is_empty() && !self.shell.is_waiting_in_foreground() {
            self.begin_trap();
            return Progress::Ran;
        }
        if self.shell.check_failure {
            match self.fails() {
                Ok(true) => return Progress::Ran,
                Ok(false) => {}
                Err(progress) => return progress,
            }
        }
        let Some(frame) = self.shell.frames.last() else {
            let status = self.shell.status.clone();
            self.exit(status);
            return Progress::Ran;
        };
        let code = frame.code.clone();
        let result = match &frame.state {
            State::Start => self.start(code),
            State::List(next) => {
                let next = *next;
                self.list(code, next)
            }
            State::AndOr(begun) => {
                let begun = *begun;
                self.and_or(code, begun)
            }
            State::Negate => self.negate(),
            State::If(arm, in_body) => {
                let (arm, in_body) = (*arm, *in_body);
                self.conditional(code, arm, in_body)
            }
            State::While(_) => self.while_loop(code),
            State::For(..) => self.for_loop(code),
            State::ForArithmetic(..) => self.for_arithmetic(code),
            State::Case(..) => self.case(code),
            State::Restore(_) => self.restore(),
            State::Function(_) => self.end_function(),
            State::Source(_) => self.end_source(),
            State::Eval => self.end_call(),
            State::Trap(_) => self.end_trap(),
            State::ErrorTrap(_) => self.end_error_trap(),
            State::ExitTrap(_) => self.end_exit_trap(),
            State::Foreground(_) => self.foreground(),
            State::Capture(pid, stream) => {
                let (pid, stream) = (*pid, *stream);
                self.capture(pid, stream)
            }
            State::Wait(_) => self.waiting(),
            State::ReadInput => self.read_input(),
            State::SyntaxError => {
                let title = self.shell.facts.title.clone();
                self.start_up_breaks(
                    format!("{title} does not know the word `function`"),
                    Some(code.span()),
                );
                self.exit(Status::Known(2));
                Ok(())
            }
        };
        match result {
            Ok(()) => Progress::Ran,
            Err(progress) => progress,
        }
    }

    /// What a command that has failed makes of the shell: `set -e` ends it, and the ERR trap of bash runs before that.
    /// `true` when the next step is another one by now.
    fn fails(&mut self) -> Attempt<bool> {
        if self.failure_is_handled() {
            self.shell.check_failure = false;
            return Ok(false);
        }
        // A test that fails unless somebody sets a variable at run time fails.
        let is_test = matches!(&self.shell.status, Status::Unknown(question) if question.by_default == Some(false));
        if is_test && self.shell.options.errexit {
            self.decide_status()?;
        }
        self.shell.check_failure = false;
        let Status::Known(number @ 1..) = self.shell.status else {
            return Ok(false);
        };
        Ok(self.begin_error_trap() || self.ends_on_failure(number))
    }

    /// Ends the shell where `set -e` does.
    pub(super) fn ends_on_failure(&mut self, number: i32) -> bool {
        if self.shell.options.errexit {
            self.world.gives_up |= self.pid == 1;
            self.exit(Status::Known(number));
        }
        self.shell.options.errexit
    }

    /// Begins a node: expands what it needs and replaces the frame by the node's own.
    fn start(&mut self, code: Code) -> Attempt<()> {
        let script = Rc::clone(&code.script);
        if let Some(body) = self.function_taken_for_command(&code) {
            // `function f {` is a command that is not found; the lines of the body run at once, and the
            // closing brace is the syntax error.
            self.top().state = State::SyntaxError;
            self.shell.status = Status::Known(127);
            self.push(body, false);
            return Ok(());
        }
        if let Some(what) = self.syntax_error(&code) {
            let span = code.span();
            self.start_up_breaks(
                format!("{} does not understand {what}", self.shell.facts.title),
                Some(span),
            );
            self.exit(Status::Known(2));
            return Ok(());
        }
        match &script.node(code.node).kind {
            Kind::List(_) => {
                self.top().state = State::List(0);
                Ok(())
            }
            Kind::AndOr { .. } => {
                self.top().state = State::AndOr(0);
                Ok(())
            }
            Kind::Pipeline {
                negated,
                timed,
                parts,
                ..
            } => self.pipeline(&code, *negated, *timed, parts),
            Kind::Simple(simple) => self.simple(&code, simple),
            Kind::Compound(compound, redirects) => self.compound(&code, compound, redirects),
            Kind::Function {
                name,
                body,
                keyword: _,
            } => {
                if super::simple::is_special(name) && self.shell.facts.special_builtin_errors_end {
                    // A special builtin cannot be a function (measured: dash, busybox 1.35, bash as sh).
                    let title = &self.shell.facts.title;
                    let why = format!("{title} does not take `{name}` for the name of a function");
                    self.start_up_breaks(why, Some(code.span()));
                    self.exit(Status::Known(2));
                    return Ok(());
                }
                let body = code.at(*body);
                Rc::make_mut(&mut self.shell.functions).insert(name.as_str().into(), body);
                self.finish(Status::SUCCESS)
            }
            Kind::Coproc { name, body } => {
                let pid = self.fork(&code.at(*body), true, None);
                self.shell.last_background = Some(pid);
                let number = self
                    .shell
                    .jobs
                    .iter()
                    .map(|job| job.number)
                    .max()
                    .unwrap_or(0)
                    + 1;
                self.shell.jobs.push(super::Job {
                    pids: vec![pid],
                    number,
                });
                let name = format!("{name}_PID");
                self.shell
                    .set(&name, super::Stored::Text(Value::text(pid.to_string())));
                self.finish(Status::SUCCESS)
            }
            Kind::Unparsed { .. } if hides_reserved_word(code.text()) => {
                let span = code.span();
                let why = "a carriage return hides a reserved word";
                self.start_up_breaks(why.into(), Some(span));
                self.exit(Status::Known(2));
                Ok(())
            }
            Kind::Unparsed { why } => {
                let span = code.span();
                self.world
                    .miss("syntax", format!("{why} is not understood"), Some(span));
                self.finish(Status::SUCCESS)
            }
        }
    }

    /// The innermost frame.
    pub(super) fn top(&mut self) -> &mut Frame {
        self.shell
            .frames
            .last_mut()
            .expect("a step works on a frame")
    }

    /// Removes the innermost frame.
    pub(super) fn pop(&mut self) -> Attempt<()> {
        self.shell.frames.pop();
        Ok(())
    }

    /// Ends the innermost frame with a status that `set -e` looks at.
    pub(super) fn finish(&mut self, status: Status) -> Attempt<()> {
        self.shell.status = status;
        self.shell.check_failure = true;
        self.pop()
    }

    /// Pushes a node.
    pub(super) fn push(&mut self, code: Code, tail: bool) {
        self.push_state(code, tail, State::Start);
    }

    /// Pushes a frame with its state.
    pub(super) fn push_state(&mut self, code: Code, tail: bool, state: State) {
        if self.shell.frames.len() >= self.machine.limits.frames {
            let span = code.span();
            self.world.miss(
                "limit",
                "the scripts call each other too deeply",
                Some(span),
            );
            self.shell.frames.clear();
            return;
        }
        self.shell.frames.push(Frame {
            code,
            tail,
            forced: false,
            results: Vec::new(),
            state,
        });
    }

    /// The answer to whether a status is success: known, decided before, or asked for now.
    pub(super) fn decide(&mut self, status: &Status) -> Attempt<bool> {
        match status {
            Status::Known(number) => Ok(*number == 0),
            Status::Unknown(question) => {
                if let Some(answer) = self.world.answer_to(question, &self.machine.looked_at) {
                    return Ok(answer);
                }
                Err(Progress::Ask(Rc::clone(question)))
            }
        }
    }

    /// Decides the shell's `$?` and stores the answer.
    pub(super) fn decide_status(&mut self) -> Attempt<bool> {
        let status = self.shell.status.clone();
        let yes = self.decide(&status)?;
        if matches!(status, Status::Unknown(_)) {
            self.shell.status = Status::Known(i32::from(!yes));
        }
        Ok(yes)
    }

    /// Runs an expansion; when it needs a substitution, begins that and returns to the frame later.
    pub(super) fn expand<T>(
        &mut self,
        code: &Code,
        work: impl FnOnce(&mut Expansion) -> Result<T, Need>,
    ) -> Attempt<T> {
        let results = self.top().results.clone();
        let directory = Rc::clone(&self.world.process_mut(self.pid).directory);
        let user = Rc::clone(&self.world.process_mut(self.pid).user);
        let mut expansion = Expansion::new(
            self.world,
            &self.shell,
            &directory,
            &user,
            &code.script,
            &results,
            self.machine,
        );
        let outcome = work(&mut expansion);
        let assigned = std::mem::take(&mut expansion.assigned);
        match outcome {
            Ok(value) => {
                for (name, value) in assigned {
                    if self.shell.is_read_only(&name) {
                        let span = Some(code.span());
                        self.expansion_error(format!("`{name}` is read-only"), span);
                        return Err(Progress::Ran);
                    }
                    self.shell.set(&name, super::Stored::Text(value));
                }
                Ok(value)
            }
            Err(Need::Command(body)) => {
                self.substitute(&code.at(body));
                Err(Progress::Ran)
            }
            Err(Need::Process(body, output)) => {
                let path = self.process_substitution(&code.at(body), output);
                self.top().results.push((body, path));
                Err(Progress::Ran)
            }
            Err(Need::Bad) => {
                let title = &self.shell.facts.title;
                self.start_up_breaks(
                    format!("{title} does not know this expansion (bad substitution)"),
                    Some(code.span()),
                );
                self.exit(Status::Known(2));
                Err(Progress::Ran)
            }
            Err(Need::Arithmetic { why, setting }) => {
                let span = code.span();
                if let Some(name) = setting {
                    let question = required(&name, &span, self.world.is_overridden);
                    if self.decide(&Status::Unknown(question.into()))? {
                        return Err(Progress::Ran);
                    }
                }
                let title = &self.shell.facts.title;
                let why = format!("{title} stops at the arithmetic: {why}");
                self.expansion_error(why, Some(span));
                Err(Progress::Ran)
            }
            Err(Need::Doubtful(why)) => {
                let (title, span) = (&self.shell.facts.title, code.span());
                let text = format!("older versions of {title} stop at the arithmetic: {why}");
                self.world.miss("value", text, Some(span.clone()));
                self.expansion_error(why.to_owned(), Some(span));
                Err(Progress::Ran)
            }
            Err(Need::Fail {
                name,
                from_outside,
                is_demanded,
            }) => {
                let span = code.span();
                if from_outside {
                    // Who sets one variable at run time sets those that are demanded as well.
                    let question = required(&name, &span, self.world.is_overridden);
                    if self.decide(&Status::Unknown(question.into()))? {
                        return Err(Progress::Ran);
                    }
                    self.world.gives_up |= self.pid == 1 && is_demanded;
                } else {
                    self.start_up_breaks(format!("`{name}` must be set and is not"), Some(span));
                }
                let is_bash = self.shell.facts.family == crate::knowledge::ShellFamily::Bash;
                self.exit(Status::Known(if is_bash { 1 } else { 2 }));
                Err(Progress::Ran)
            }
        }
    }

    /// A variable's value, with a note that it was looked at.
    pub(super) fn read_variable(&self, name: &str) -> Option<&super::Stored> {
        self.machine.looked_at.variable(name);
        self.shell.variable(name)
    }

    /// One word as a value.
    pub(super) fn expand_single(&mut self, code: &Code, word: &Word) -> Attempt<Value> {
        self.expand(code, |expansion| expansion.single(word))
    }

    /// Notes that the start-up broke, if nothing worse was noted before; used only when PID 1 ends.
    pub(super) fn start_up_breaks(&mut self, why: String, span: Option<crate::source::Span>) {
        if self.world.broken.is_none() {
            self.world.broken = Some((why, span));
        }
    }

    /// Whether a failing command here is part of a condition, so that `set -e` does not apply.
    pub(super) fn failure_is_handled(&self) -> bool {
        self.shell.frames.iter().any(|frame| match &frame.state {
            State::If(_, in_body) => !in_body,
            State::While(state) => !state.in_body,
            State::Negate => true,
            State::AndOr(begun) => match &frame.code.script.node(frame.code.node).kind {
                Kind::AndOr { rest, .. } => *begun <= rest.len(),
                _ => false,
            },
            _ => false,
        })
    }

    /// `exit`: runs the EXIT trap once, then ends the process.
    pub(super) fn exit(&mut self, status: Status) {
        if !self.shell.exiting {
            self.shell.exiting = true;
            let trap = self.shell.traps.get(&TrapName::Exit).cloned();
            if let Some(trap) = trap.filter(|trap| !trap.action.is_certainly_empty()) {
                self.shell.frames.clear();
                self.shell.pending.clear();
                self.shell.status = status.clone();
                self.shell.check_failure = false;
                if let Some(action) = self.parse_value(&trap.action, trap.span.as_ref()) {
                    self.push_state(
                        Code::root(&action),
                        false,
                        State::ExitTrap(Box::new(status)),
                    );
                    self.push(Code::root(&action), false);
                    return;
                }
            }
        }
        self.gone = true;
        // The shell itself is put down with the process; what it held open closes with it.
        end_process(self.machine, self.world, self.pid, status, None);
    }

    fn end_exit_trap(&mut self) -> Attempt<()> {
        let state = std::mem::replace(&mut self.top().state, State::Start);
        self.shell.frames.clear();
        if let State::ExitTrap(status) = state {
            self.exit(*status);
        }
        Ok(())
    }

    fn foreground(&mut self) -> Attempt<()> {
        let Some(Frame {
            state: State::Foreground(waited),
            ..
        }) = self.shell.frames.last().cloned()
        else {
            return Ok(());
        };
        let mut waited = *waited;
        let mut still_running = false;
        for index in 0..waited.pids.len() {
            if waited.ended[index].is_none() {
                match self.reap(waited.pids[index]) {
                    Some(status) => waited.ended[index] = Some(status),
                    None => still_running = true,
                }
            }
        }
        if still_running {
            let changed = matches!(&self.top().state, State::Foreground(before) if before.ended != waited.ended);
            self.top().state = State::Foreground(Box::new(waited));
            return if changed {
                Ok(())
            } else {
                Err(Progress::Blocked)
            };
        }
        let status = pipeline_status(&waited);
        if self.shell.interrupted {
            self.shell.interrupted = false;
            let interrupt = signal_status(crate::knowledge::Signal::INT);
            if self.shell.facts.interrupt_ends_wait {
                self.exit(interrupt);
                return Ok(());
            }
            if status == interrupt && self.pid != 1 {
                self.exit(status);
                return Ok(());
            }
        }
        // What ends after the stop signal is still asked about.
        if self.world.stopped_at.is_none() {
            for pid in &waited.pids {
                self.world.processes.remove(pid);
            }
        }
        self.finish(status)
    }

    fn capture(&mut self, pid: Pid, stream: usize) -> Attempt<()> {
        let Some(status) = self.reap(pid) else {
            return Err(Progress::Blocked);
        };
        if self.world.stream_is_open(stream) {
            // Something in the background still holds the pipe: the substitution goes on waiting.
            self.world.process_mut(pid).body = Body::Ended(status);
            return Err(Progress::Blocked);
        }
        let value = self.world.streams[stream].without_trailing_newlines();
        self.shell.status = status;
        let node = self.top().code.node;
        self.shell.frames.pop();
        self.world.processes.remove(&pid);
        // The newest stream is the last; nobody else holds it any more.
        if stream + 1 == self.world.streams.len() {
            self.world.streams.pop();
        }
        self.top().results.push((node, value));
        Ok(())
    }

    /// The status of an ended child, which is then removed; `None` while it runs.
    pub(super) fn reap(&mut self, pid: Pid) -> Option<Status> {
        match self.world.process(pid).map(|process| &process.body) {
            None => Some(Status::SUCCESS),
            Some(Body::Ended(status)) => Some(status.clone()),
            Some(_) => None,
        }
    }

    fn negate(&mut self) -> Attempt<()> {
        if self.shell.status.success().is_none()
            && self.shell.frames.iter().all(|frame| !is_condition(frame))
        {
            // Nobody looks at the status of `! command` here.
            return self.pop();
        }
        let yes = self.decide_status()?;
        self.shell.status = Status::Known(i32::from(yes));
        self.shell.check_failure = false;
        self.pop()
    }
}

/// Whether a reserved word at the end of a line is none because a carriage return belongs to it: a syntax error.
fn hides_reserved_word(text: &str) -> bool {
    const WORDS: [&str; 9] = ["then", "do", "else", "fi", "done", "esac", "in", "{", "}"];
    let mut lines = text.split('\n').filter_map(|line| line.strip_suffix('\r'));
    lines.any(|line| {
        let last = line.rsplit([' ', '\t', ';']).next();
        last.is_some_and(|word| WORDS.contains(&word))
    })
}

/// Whether a variable that a script cannot do without is given at run time.
fn required(name: &str, span: &crate::source::Span, by_default: bool) -> Question {
    use crate::boot::value::Piece;
    Question {
        key: Some(format!("`${name}` is not empty").into()),
        fixes: vec![(
            Piece::Setting(name.into()),
            Value::unknown(format!("${name}")),
        )],
        by_default: Some(by_default),
        ..Question::new(
            format!("`${name}` is set"),
            format!("`${name}` is not set"),
            Some(span.clone()),
        )
    }
}

fn is_condition(frame: &Frame) -> bool {
    matches!(
        frame.state,
        State::If(..) | State::While(_) | State::AndOr(_) | State::Function(_)
    )
}

fn pipeline_status(waited: &Foreground) -> Status {
    let last = waited
        .ended
        .last()
        .cloned()
        .flatten()
        .unwrap_or(Status::SUCCESS);
    if waited.pipefail {
        let failed = waited
            .ended
            .iter()
            .rev()
            .flatten()
            .find(|status| matches!(status, Status::Known(1..)));
        if let Some(status) = failed {
            return status.clone();
        }
        if let Some(status) = waited
            .ended
            .iter()
            .flatten()
            .find(|status| status.success().is_none())
        {
            return status.clone();
        }
    }
    last
}
