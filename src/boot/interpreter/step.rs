//! One step of a shell.

use std::rc::Rc;

use super::{Code, Frame, Shell, State};
use crate::boot::machine::Machine;
use crate::boot::value::Value;
use crate::boot::world::{Body, Pid, Question, Status, World};
use crate::knowledge::Feature;
use crate::shell::Kind;

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
    /// An expansion that fails does so for the command alone; whether one has.
    pub(super) spared: Option<bool>,
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
        spared: None,
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
            self.exit(Status::of_signal(signal));
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
                let word = match code.script.node(code.node).kind {
                    Kind::Coproc { .. } => "coproc",
                    _ => "function",
                };
                self.start_up_breaks(
                    format!("{title} does not know the word `{word}`"),
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

    /// Begins a node: expands what it needs and replaces the frame by the node's own.
    fn start(&mut self, code: Code) -> Attempt<()> {
        let script = Rc::clone(&code.script);
        if let Some(body) = self.group_behind_a_command(&code) {
            // `function f {` and `coproc {` are commands that are not found; the lines of the body run at once,
            // and the closing brace is the syntax error.
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
                Rc::make_mut(&mut self.shell.functions).define(name, body);
                self.finish(Status::SUCCESS)
            }
            Kind::Coproc { .. } if !self.shell.facts.has(Feature::Coproc) => {
                // A command of that name, which no image has.
                self.finish(Status::Known(127))
            }
            Kind::Coproc { name, body } => {
                let pid = self.fork(&code.at(*body), true, None);
                self.shell.last_background = Some(pid);
                self.shell.add_job(vec![pid]);
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
