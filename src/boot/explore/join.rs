//! Two ways that have come to the same place, as one: what both hold stays, the rest is no longer known.
//!
//! In: worlds at the same place. Out: a world from which all goes on that goes on from either, and perhaps
//! more; what is found from there is proven only if it is good, or if all ways end alike. Only start-ups with very
//! many ways come here.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::differing::differing;
use super::held::{Held, Kind, SUBSTITUTED, at_hand_mut, values_at_hand};
use crate::boot::interpreter::{Frame, Job, Shell, State, Stored, Variable};
use crate::boot::remade::Remade;
use crate::boot::state;
use crate::boot::value::{Field, Piece, Value};
use crate::boot::world::{Body, Input, Output, Pid, Question, Status, World, names_in};
use crate::boot::written::Written;

/// A world that stands for two.
pub(super) struct Joined {
    pub(super) world: World,
    /// Whether it is anything else than the second of them.
    pub(super) is_other: bool,
    /// Whether it knows less than each of them: it may do what neither does. Else the two differed only in what they had
    /// decided, which is asked again.
    pub(super) loses: bool,
}

/// The second world without what the first does not hold, too; `None` if something differs that has to
/// be known. Both are at the same place.
pub(super) fn join(first: &World, second: &World) -> Option<Joined> {
    let mut joined = second.clone();
    let mut is_other = false;
    let mut loses = false;
    joined.candidate = match (&first.candidate, &second.candidate) {
        (Some(one), Some(other)) if state::is_same_candidate(first, second) => {
            let candidate = join(one, other);
            is_other |= candidate
                .as_ref()
                .is_none_or(|candidate| candidate.is_other);
            loses |= candidate.as_ref().is_none_or(|candidate| candidate.loses);
            candidate.map(|candidate| Rc::new(candidate.world))
        }
        (one, other) => {
            is_other |= other.is_some();
            loses |= one.is_some() || other.is_some();
            None
        }
    };
    let apart = [&first.candidate, &second.candidate].into_iter().flatten();
    let apart = apart.filter(|_| joined.candidate.is_none());
    for candidate in first.set_aside.iter().chain(apart) {
        let mut known = joined.set_aside.iter();
        if !known.any(|known| state::command(known) == state::command(candidate)) {
            joined.set_aside.push(Rc::clone(candidate));
            is_other = true;
            loses = true;
        }
    }
    let mut names = Names {
        world: second,
        held: None,
        pid: 0,
        forgotten: BTreeSet::new(),
        is_other,
        loses,
        widens: false,
    };
    let mut processes = first.processes.values();
    for process in joined.processes.values_mut() {
        let known = processes.next()?;
        names.pid = process.pid;
        if let (Body::Shell(known), Body::Shell(shell)) = (&known.body, &mut process.body) {
            names.join_shell(known, shell)?;
        } else if !Rc::ptr_eq(&known.environment, &process.environment) {
            names.join_environment(&known.environment, &mut process.environment);
        }
    }
    names.pid = 0;
    names.join_streams(first, &mut joined)?;
    names.join_files(first, &mut joined);
    names.unsettle(first, &mut joined);
    names.forget(first, &mut joined);
    for assumption in first.assumptions.iter() {
        joined.assume(assumption.clone());
    }
    let loses = names.loses;
    let widens = names.widens;
    let mut is_other = names.is_other;
    if !Rc::ptr_eq(&first.facts, &joined.facts) {
        let known = joined.facts.len();
        first
            .facts
            .iter()
            .for_each(|fact| joined.note(fact.clone()));
        is_other |= joined.facts.len() > known;
    }
    joined.widened |= first.widened || loses || widens;
    Some(Joined {
        world: joined,
        is_other,
        loses,
    })
}

/// Whether the shells of two worlds at the same place hold the same variables: else joining them loses some.
pub(super) fn hold_the_same(one: &World, other: &World) -> bool {
    fn variables(world: &World) -> impl Iterator<Item = &Rc<BTreeMap<Rc<str>, Variable>>> {
        let bodies = world.processes.values().map(|process| &process.body);
        bodies.filter_map(|body| match body {
            Body::Shell(shell) => Some(&shell.variables),
            _ => None,
        })
    }
    variables(one).eq(variables(other))
}

/// Names that values get of which nothing is known any more.
struct Names<'w> {
    /// The second world.
    world: &'w World,
    /// Who holds what there, once that is needed.
    held: Option<Held>,
    /// The process that is looked at; 0 for files.
    pid: Pid,
    /// The variables and files of which nothing is known any more.
    forgotten: BTreeSet<Rc<str>>,
    /// Whether the joined world is anything else than the second.
    is_other: bool,
    /// Whether it knows less than each of them, but for what is forgotten.
    loses: bool,
    /// Whether more may have happened to files on it than on each of them.
    widens: bool,
}

impl Names<'_> {
    /// An unknown value for a variable or file. The same name comes again where nothing else holds what had
    /// it before, so that worlds that are joined again and again become the same.
    fn unknown(&mut self, kind: Kind, name: &Rc<str>) -> Value {
        self.loses = true;
        self.forgotten.insert(Rc::clone(name));
        let own = (self.pid, kind, Rc::clone(name));
        let held = self.held.get_or_insert_with(|| Held::of(self.world));
        let mut number = 1;
        loop {
            let unknown = format!("${name}#{number}");
            let piece = Piece::Unknown(unknown.as_str().into());
            if !held.elsewhere(&piece, &own) {
                let value = Value::unknown(unknown);
                held.value(&own, &value);
                return value;
            }
            number += 1;
        }
    }

    /// What differs in what processes read and write may be anything.
    fn join_streams(&mut self, first: &World, joined: &mut World) -> Option<()> {
        let mut known = first.processes.values();
        for process in joined.processes.values_mut() {
            let known = known.next()?;
            match (&known.input, &mut process.input) {
                (Input::Text(known), Input::Text(text)) if known != text => {
                    let unknown = self.unknown(Kind::Input(process.pid), &SUBSTITUTED.into());
                    self.is_other |= *text != unknown;
                    *text = unknown;
                }
                (Input::Pipe(known), Input::Pipe(stream)) => {
                    let known = first.streams.get(*known)?;
                    self.join_stream(known, joined.streams.get_mut(*stream)?, *stream);
                }
                _ => {}
            }
            if let (Output::Stream(known), Output::Stream(stream)) =
                (&known.output, &process.output)
            {
                let known = first.streams.get(*known)?;
                self.join_stream(known, joined.streams.get_mut(*stream)?, *stream);
            }
        }
        Some(())
    }

    fn join_stream(&mut self, first: &Value, text: &mut Value, number: usize) {
        if first != text {
            let unknown = self.unknown(Kind::Stream(number), &SUBSTITUTED.into());
            self.is_other |= *text != unknown;
            *text = unknown;
        }
    }

    /// What differs in a file may be anything.
    fn join_files(&mut self, first: &World, joined: &mut World) {
        if !Rc::ptr_eq(&first.files, &joined.files) {
            for path in first.files.differing(&joined.files) {
                // Of a file of which nothing is known for certain nothing is lost.
                let is_known = |files: &Written| {
                    let text = files.at(&path).0;
                    text.is_some_and(|text| text.known().is_some())
                };
                let loses = self.loses || is_known(&first.files) || is_known(&joined.files);
                let text = self.unknown(Kind::File, &path.as_str().into());
                (self.loses, self.widens) = (loses, true);
                let is_there = first.files.is_there(&path) && joined.files.is_there(&path);
                if joined.files.at(&path) != (Some(&text), is_there) {
                    self.is_other = true;
                    Rc::make_mut(&mut joined.files).blur(&path, text, is_there);
                }
            }
        }
        let mut remade = Remade::clone(&joined.remade);
        remade.add(&first.remade);
        self.loses |= !first.remade.knows_the_same(&joined.remade);
        self.widens |= remade != *first.remade;
        if remade != *joined.remade {
            self.is_other = true;
            self.widens = true;
            joined.remade = Rc::new(remade);
        }
    }

    /// Settings of which only one of the worlds knows whether somebody has set them at run time: the default does not
    /// hold for them any more.
    fn unsettle(&mut self, first: &World, joined: &mut World) {
        if !joined.is_overridden {
            return;
        }
        let mut unsettled = BTreeSet::clone(&joined.unsettled);
        unsettled.extend(first.unsettled.iter().cloned());
        for key in differing(&first.decided, &joined.decided) {
            unsettled.extend(names_in(&key).map(Rc::from));
        }
        for piece in differing(&first.fixed, &joined.fixed) {
            if let Piece::Setting(name) = piece {
                unsettled.insert(name);
            }
        }
        if unsettled != *joined.unsettled {
            self.is_other = true;
            self.widens = true;
            joined.unsettled = Rc::new(unsettled);
        }
    }

    /// Forgets what only one of the worlds has decided, and what was decided about forgotten values.
    fn forget(&mut self, first: &World, joined: &mut World) {
        if !first.passing.is_subset(&joined.passing) {
            self.is_other = true;
            self.loses = true;
            let passing = Rc::make_mut(&mut joined.passing);
            passing.extend(first.passing.iter().cloned());
            joined.passes = true;
        }
        let forgotten = &self.forgotten;
        let is_forgotten = |text: &str| forgotten.iter().any(|name| mentions(text, name));
        if !Rc::ptr_eq(&first.decided, &joined.decided) || !forgotten.is_empty() {
            let is_kept = |(key, answer): (&Rc<str>, &bool)| {
                first.decided.get(key) == Some(answer) && !is_forgotten(key)
            };
            if !joined.decided.iter().all(is_kept) {
                self.is_other = true;
                let decided = Rc::make_mut(&mut joined.decided);
                decided.retain(|key, answer| is_kept((key, answer)));
            }
        }
        if !Rc::ptr_eq(&first.fixed, &joined.fixed) || !forgotten.is_empty() {
            let is_kept = |(piece, value): (&Piece, &Value)| {
                let is_known = !matches!(piece, Piece::Unknown(name) if is_forgotten(name));
                first.fixed.get(piece) == Some(value) && is_known
            };
            if !joined.fixed.iter().all(is_kept) {
                self.is_other = true;
                let fixed = Rc::make_mut(&mut joined.fixed);
                fixed.retain(|piece, value| is_kept((piece, value)));
            }
        }
    }

    fn join_shell(&mut self, first: &Shell, shell: &mut Shell) -> Option<()> {
        self.join_status(&first.status, &mut shell.status);
        self.join_at_hand(first, shell)?;
        for name in differing(&first.variables, &shell.variables) {
            let known = first.variables.get(&name);
            let own = shell.variables.get(&name);
            // Nothing is known of words that are split at what is not known.
            if &*name == "IFS" {
                return None;
            }
            // Under `set -u` a script ends where a name is not set.
            let is_set =
                |variable: Option<&Variable>| variable.is_some_and(|one| one.value.is_some());
            if shell.options.nounset && is_set(known) != is_set(own) {
                return None;
            }
            let job = job_of(&first.jobs, known);
            if job.is_some() && job_of(&shell.jobs, own) == job {
                continue;
            }
            let joined = self.join_variable(Kind::Variable, &name, known, own);
            if joined.as_ref() == own {
                continue;
            }
            self.is_other = true;
            let variables = Rc::make_mut(&mut shell.variables);
            match joined {
                Some(variable) => variables.insert(name, variable),
                None => variables.remove(&name),
            };
        }
        self.join_locals(first, shell)
    }

    /// What functions restore when they return. A variable that only one of the worlds has made local may be anything
    /// then.
    fn join_locals(&mut self, first: &Shell, shell: &mut Shell) -> Option<()> {
        let nounset = shell.options.nounset;
        let mut known = first.frames.iter().filter_map(locals_of);
        let mut at = 0;
        // Those that come to them here are numbered behind all that are there.
        let mut next = shell.saved_locals().count();
        for frame in &mut shell.frames {
            let State::Function(saved) = &mut frame.state else {
                continue;
            };
            let known = known.next()?;
            for (name, former) in &mut saved.locals {
                let kind = Kind::Former(at);
                at += 1;
                let joined = match known.iter().find(|(known, _)| known == name) {
                    Some((_, known)) if known == former => continue,
                    Some((_, known)) => {
                        self.join_variable(kind, name, known.as_ref(), former.as_ref())
                    }
                    None if nounset => return None,
                    None => Some(self.anything(kind, name)),
                };
                self.is_other |= joined != *former;
                *former = joined;
            }
            let is_new = |name: &Rc<str>| !saved.locals.iter().any(|(known, _)| known == name);
            let new: Vec<_> = known.iter().filter(|(name, _)| is_new(name)).collect();
            for (name, _) in new {
                if nounset {
                    return None;
                }
                self.is_other = true;
                let anything = self.anything(Kind::Former(next), name);
                saved.locals.push((Rc::clone(name), Some(anything)));
                next += 1;
            }
        }
        Some(())
    }

    /// A variable of which nothing is known.
    fn anything(&mut self, kind: Kind, name: &Rc<str>) -> Variable {
        Variable {
            value: Some(Stored::Text(self.unknown(kind, name))),
            exported: false,
            read_only: false,
        }
    }

    /// Of a status that differs nothing is known any more but which command's it may be.
    fn join_status(&mut self, first: &Status, status: &mut Status) {
        if first == status {
            return;
        }
        let plain = |known: Option<&Question>| Question {
            by_default: known.and_then(|question| question.by_default),
            candidate: known.is_some_and(|question| question.candidate),
            expected: known.is_some_and(|question| question.expected),
            ..Question::new(
                "the command succeeds",
                "the command fails",
                known.and_then(|question| question.span.clone()),
            )
        };
        let joined = match (first, &*status) {
            (_, Status::Unknown(question)) | (Status::Unknown(question), _) => {
                plain(Some(question))
            }
            (first, status) => {
                self.loses |= first.success() == status.success();
                plain(None)
            }
        };
        if !matches!(status, Status::Unknown(question) if **question == joined) {
            self.is_other = true;
            *status = Status::Unknown(Rc::new(joined));
        }
    }

    /// Texts without a name that differ may be anything.
    fn join_at_hand(&mut self, first: &Shell, shell: &mut Shell) -> Option<()> {
        let mut known = values_at_hand(first);
        for (at, (name, value)) in at_hand_mut(shell).into_iter().enumerate() {
            let (_, known) = known.next()?;
            if known == value {
                continue;
            }
            let unknown = self.unknown(Kind::AtHand(at), &name);
            if *value != unknown {
                self.is_other = true;
                *value = unknown;
            }
        }
        known.next().is_none().then_some(())
    }

    /// What is left of a variable that differs; `None` when it is set from outside at most.
    fn join_variable(
        &mut self,
        kind: Kind,
        name: &Rc<str>,
        first: Option<&Variable>,
        second: Option<&Variable>,
    ) -> Option<Variable> {
        let stored = |variable: Option<&Variable>| variable.and_then(|one| one.value.clone());
        let either = |is: fn(&Variable) -> bool| [first, second].into_iter().flatten().any(is);
        let exported = either(|one| one.exported);
        let read_only = either(|one| one.read_only);
        let value = match (stored(first), stored(second)) {
            (None, None) => return None,
            (Some(Stored::Array(_)), _) | (_, Some(Stored::Array(_))) => {
                let value = self.unknown(kind, name);
                Stored::Array(vec![Field { value, open: true }])
            }
            (_, _) => Stored::Text(self.unknown(kind, name)),
        };
        Some(Variable {
            value: Some(value),
            exported,
            read_only,
        })
    }

    fn join_environment(
        &mut self,
        first: &Rc<BTreeMap<Rc<str>, Value>>,
        environment: &mut Rc<BTreeMap<Rc<str>, Value>>,
    ) {
        for name in differing(first, environment) {
            let value = self.unknown(Kind::Environment, &name);
            if environment.get(&name) != Some(&value) {
                self.is_other = true;
                Rc::make_mut(environment).insert(name, value);
            }
        }
    }
}

/// What a function restores when it returns.
fn locals_of(frame: &Frame) -> Option<&Vec<(Rc<str>, Option<Variable>)>> {
    match &frame.state {
        State::Function(saved) => Some(&saved.locals),
        _ => None,
    }
}

/// Whether a text speaks of the variable or file of that name.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Which of the jobs a variable holds the pid of, if it does.
fn job_of(jobs: &[Job], variable: Option<&Variable>) -> Option<(usize, usize)> {
    let Some(Stored::Text(value)) = variable?.value.as_ref() else {
        return None;
    };
    let pid: Pid = value.certain()?.parse().ok()?;
    jobs.iter().enumerate().find_map(|(index, job)| {
        let at = job.pids.iter().position(|one| *one == pid)?;
        Some((index, at))
    })
}
