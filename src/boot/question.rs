//! What is not decided: exit statuses that nobody knows, the questions behind them, and the answers of a way.

use std::rc::Rc;

use super::outcome::Condition;
use super::reads::LookedAt;
use super::value::{Piece, Value};
use super::world::{Body, World};
use crate::image::below;
use crate::knowledge::Signal;
use crate::source::Span;

/// How the key of a question about a file begins: its answer holds only for a while.
pub(crate) const ON_DISK: &str = "on disk: ";

/// An exit status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    /// A number.
    Known(i32),
    /// Not known; the condition says what its being zero means.
    Unknown(Rc<Question>),
}

/// Something undecided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    /// What holds when the answer is yes: "`nc -z db 5432` succeeds".
    pub yes: String,
    /// What holds when it is no.
    pub no: String,
    /// The place.
    pub span: Option<Span>,
    /// The same key is the same question, answered once a way; `None` is always new.
    pub key: Option<Rc<str>>,
    /// What a yes says about values.
    pub fixes: Vec<(Piece, Value)>,
    /// What a no says about values (a setting that is not non-empty is empty).
    pub fixes_if_no: Vec<(Piece, Value)>,
    /// Whether a no means that a command failed that the start-up expects to succeed.
    pub expected: bool,
    /// Whether the answer comes from a command that may be the application.
    pub candidate: bool,
    /// The answer when nobody overrides the environment at run time, if only that is in question.
    pub by_default: Option<bool>,
}

impl Question {
    /// A question that is new each time it is asked, and tells nothing about a value.
    pub(crate) fn new(
        yes: impl Into<String>,
        no: impl Into<String>,
        span: Option<Span>,
    ) -> Question {
        Question {
            yes: yes.into(),
            no: no.into(),
            span,
            key: None,
            fixes: Vec::new(),
            fixes_if_no: Vec::new(),
            expected: false,
            candidate: false,
            by_default: None,
        }
    }

    /// What stands at a path; said are what holds if the answer is yes and what if it is no.
    pub(crate) fn of_file(path: &str, (is, is_not): (&str, &str), span: Option<Span>) -> Question {
        let yes = format!("`{path}` {is}");
        Question {
            key: Some(format!("{ON_DISK}{yes}").into()),
            ..Question::new(yes, format!("`{path}` {is_not}"), span)
        }
    }

    /// Whether a command succeeds.
    pub(crate) fn succeeds(command: &str, span: Option<Span>) -> Question {
        Question::new(
            format!("`{command}` succeeds"),
            format!("`{command}` fails"),
            span,
        )
    }
}

impl Status {
    /// Success.
    pub(crate) const SUCCESS: Status = Status::Known(0);

    /// That of something which a signal ended or interrupted.
    pub(crate) fn of_signal(signal: Signal) -> Status {
        Status::Known(128 + i32::from(signal.0))
    }

    /// Zero or not, if known.
    pub(crate) fn success(&self) -> Option<bool> {
        match self {
            Status::Known(number) => Some(*number == 0),
            Status::Unknown(_) => None,
        }
    }
}

/// A decision on a way.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The number of the fork.
    pub fork: u32,
    /// Which way was taken.
    pub branch: u32,
    /// The condition, for people.
    pub condition: Option<Condition>,
    /// Whether this way assumes that a command has failed, which the start-up does not expect.
    pub failure: bool,
    /// Whether this way is taken only when somebody sets a variable at run time.
    pub overridden: bool,
    /// The variable that nobody sets at run time on this way.
    pub not_given: Option<Rc<str>>,
}

impl Choice {
    /// No decision: a place that a way has passed, at which others may have met it.
    pub(in crate::boot) fn of_place(fork: u32) -> Choice {
        Choice {
            fork,
            branch: 0,
            condition: None,
            failure: false,
            overridden: false,
            not_given: None,
        }
    }
}

impl World {
    /// The answer to a question, if it was asked before on this way or has just been answered.
    pub(crate) fn answer_to(&mut self, question: &Question, looked_at: &LookedAt) -> Option<bool> {
        if let Some(answer) = self.answer.take() {
            return Some(answer);
        }
        let key = question.key.as_ref()?;
        let (key, negated) = match key.strip_prefix('!') {
            Some(inner) => (inner, true),
            None => (&**key, false),
        };
        looked_at.test(key);
        let answer = self.decided.get(key)?;
        Some(*answer != negated)
    }

    /// The answer to a question about settings when nobody sets one at run time, unless that is what is not known.
    pub(crate) fn default_of(&self, question: &Question) -> Option<bool> {
        let default = question.by_default?;
        let key = question.key.as_deref().unwrap_or(&question.yes);
        let is_unsettled =
            !self.unsettled.is_empty() && names_in(key).any(|name| self.unsettled.contains(name));
        (!is_unsettled).then_some(default)
    }

    /// Takes one of the two ways at a question.
    pub(crate) fn take(&mut self, fork: u32, question: &Question, yes: bool) {
        self.answer = Some(yes);
        if let Some(key) = &question.key {
            let (key, negated) = match key.strip_prefix('!') {
                Some(inner) => (inner, true),
                None => (&**key, false),
            };
            let holds = yes != negated;
            if let (Some(found), true) = (key.strip_prefix(ON_DISK), holds) {
                let path = found
                    .strip_prefix('`')
                    .and_then(|rest| rest.split_once('`'));
                if let Some((path, _)) = path.filter(|(path, _)| path.starts_with('/')) {
                    Rc::make_mut(&mut self.remade).found(path);
                }
            }
            self.passes |= passes(key);
            let key: Rc<str> = key.into();
            // What somebody sets at run time stays what it is.
            if question.by_default.is_none() && !self.decided.contains_key(&key) && self.in_loop() {
                self.passes = true;
                Rc::make_mut(&mut self.passing).insert(Rc::clone(&key));
            }
            Rc::make_mut(&mut self.decided).insert(key, holds);
        }
        let fixes = if yes {
            &question.fixes
        } else {
            &question.fixes_if_no
        };
        if !fixes.is_empty() {
            self.passes |= fixes.iter().any(|(piece, _)| is_status(piece));
            if self.in_loop() {
                for (piece, _) in fixes {
                    if let Piece::Unknown(name) = piece
                        && !self.fixed.contains_key(piece)
                    {
                        self.passes = true;
                        Rc::make_mut(&mut self.passing).insert(Rc::clone(name));
                    }
                }
            }
            Rc::make_mut(&mut self.fixed).extend(fixes.iter().cloned());
        }
        if question.candidate && !yes {
            self.candidate = None;
            self.set_aside.clear();
        }
        let text = if yes { &question.yes } else { &question.no };
        let overridden = question.by_default.is_some_and(|default| default != yes);
        self.is_overridden |= overridden;
        let mut about = question.fixes.iter().chain(&question.fixes_if_no);
        let setting = about.find_map(|(piece, _)| match piece {
            Piece::Setting(name) => Some(Rc::clone(name)),
            _ => None,
        });
        let is_default = question.by_default == Some(yes);
        self.trail.push(Rc::new(Choice {
            fork,
            branch: u32::from(!yes),
            condition: Some(Condition {
                text: text.clone(),
                span: question.span.clone(),
            }),
            failure: question.expected && !yes,
            overridden,
            not_given: setting.filter(|name| is_default && may_be_given(name)),
        }));
    }

    /// Begins another round of a loop: what is on disk may be another thing by now, and a command that
    /// failed in the round before may succeed.
    pub(crate) fn begin_round(&mut self) {
        if !std::mem::take(&mut self.passes) {
            return;
        }
        let passing = std::mem::take(&mut self.passing);
        let is_over = |key: &Rc<str>| passes(key) || passing.contains(key);
        if self.decided.keys().any(is_over) {
            Rc::make_mut(&mut self.decided).retain(|key, _| !is_over(key));
        }
        let is_over = |piece: &Piece| {
            is_status(piece) || matches!(piece, Piece::Unknown(name) if passing.contains(name))
        };
        if self.fixed.keys().any(is_over) {
            Rc::make_mut(&mut self.fixed).retain(|piece, _| !is_over(piece));
        }
    }

    /// What was removed may be there again: time passes, or something runs that may make it. What the stop has removed is
    /// removed so that it is not there.
    pub(crate) fn may_come_back(&mut self) {
        if self.stopped_at.is_none() && self.remade.changed.has_gone() {
            Rc::make_mut(&mut self.remade).changed.may_come_back();
        }
    }

    /// What was found on disk, or was not, below these paths may be another thing by now.
    pub(crate) fn look_again(&mut self, places: &[String]) {
        let is_below = |key: &str| {
            let path = key
                .strip_prefix(ON_DISK)
                .and_then(|rest| rest.split('`').nth(1));
            path.is_some_and(|path| places.iter().any(|place| below(path, place).is_some()))
        };
        if self.decided.keys().any(|key| is_below(key)) {
            Rc::make_mut(&mut self.decided).retain(|key, _| !is_below(key));
        }
    }

    /// Whether a shell runs a loop that may go round any number of times.
    fn in_loop(&self) -> bool {
        self.processes
            .values()
            .any(|process| matches!(&process.body, Body::Shell(shell) if shell.is_in_loop()))
    }

    /// An unknown output of a command. In a loop it is another one than in the round before, so that
    /// nothing is decided about it.
    pub(crate) fn unknown_output(&mut self, command: &str) -> Value {
        let name = format!("$({command})");
        if self.in_loop() {
            self.forget(&name);
        }
        Value::unknown(name)
    }

    /// Forgets what was decided about something unknown: it is another thing by now.
    pub(crate) fn forget(&mut self, name: &str) {
        let piece = Piece::Unknown(name.into());
        if self.fixed.contains_key(&piece) {
            Rc::make_mut(&mut self.fixed).remove(&piece);
        }
        if self.decided.keys().any(|key| key.contains(name)) {
            Rc::make_mut(&mut self.decided).retain(|key, _| !key.contains(name));
        }
    }
}

/// Whether somebody may set a variable at run time: names without a capital letter are used within scripts (POSIX
/// leaves them to applications, XBD 8.1).
pub(super) fn may_be_given(name: &str) -> bool {
    name.chars().any(|letter| letter.is_ascii_uppercase())
}

/// Whether the answer to a test holds for one round of a loop only.
fn passes(key: &str) -> bool {
    key.starts_with(ON_DISK) || key.contains("`$?`")
}

/// Whether it stands for the status of a command, which is another one in the next round of a loop.
fn is_status(piece: &Piece) -> bool {
    matches!(piece, Piece::Unknown(name) if name.starts_with("$?"))
}

/// The names of variables that a text speaks of: `X` for `$X` and `${X}`.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches(['{', '!', '#']);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        (end > 0).then(|| &rest[..end])
    })
}
