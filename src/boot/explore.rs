//! All ways through a start-up: worlds fork at questions, and meet again where they are the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::interpreter::{Shell, State, Stored};
use super::machine::{Machine, Rest};
use super::outcome::Assumption;
use super::value::{Field, Piece, Value};
use super::world::{Body, Input, Millis, Output, Pid, World};

/// A way that came to rest.
pub(crate) struct Way {
    /// The world.
    pub(crate) world: World,
    /// How it rests: never [`Rest::Ask`].
    pub(crate) rest: Rest,
    /// States at which it forked, so that a way that met it can be told what became of it.
    pub(crate) passed: Vec<u64>,
}

/// What the exploration found.
pub(crate) struct Ways {
    /// Ways that came to rest, in a stable order.
    pub(crate) ways: Vec<Way>,
    /// Ways that met a state which another way had been in: their choices, and that state.
    pub(crate) met: Vec<(Vec<super::world::Choice>, u64)>,
    /// Whether there were too many ways.
    pub(crate) too_many: bool,
}

/// Follows a world along all its ways. `forks` counts questions over the whole analysis.
pub(crate) fn explore(
    machine: &Machine,
    start: World,
    deadline: Option<Millis>,
    forks: &mut u32,
) -> Ways {
    let mut found = Ways {
        ways: Vec::new(),
        met: Vec::new(),
        too_many: false,
    };
    let mut seen: HashMap<u64, ()> = HashMap::new();
    let mut todo = vec![(start, Vec::new())];
    while let Some((mut world, mut passed)) = todo.pop() {
        if found.ways.len() + todo.len() >= machine.limits.ways || machine.is_exhausted() {
            found.too_many = true;
            break;
        }
        let rest = machine.run(&mut world, deadline);
        match rest {
            Rest::Ask(question) => {
                // One variable set at run time is looked at on a way; that several are would multiply.
                let overridden = world.trail.iter().any(|choice| choice.overridden);
                if let (true, Some(default)) = (overridden, question.by_default) {
                    world.take(*forks, &question, default);
                    *forks += 1;
                    todo.push((world, passed));
                    continue;
                }
                let state = state_hash(machine, &world, &question.yes);
                if seen.insert(state, ()).is_some() {
                    found.met.push((world.trail, state));
                    continue;
                }
                passed.push(state);
                let fork = *forks;
                *forks += 1;
                let mut no = world.clone();
                no.take(fork, &question, false);
                world.take(fork, &question, true);
                todo.push((no, passed.clone()));
                todo.push((world, passed));
            }
            Rest::Ended | Rest::Steady
                if deadline.is_none() && goes_back(machine, &world, &rest) =>
            {
                // Nothing else goes on running, so the last command in the foreground is the application.
                let Some(candidate) = world.candidate.take() else {
                    continue;
                };
                let mut resumed = Rc::unwrap_or_clone(candidate);
                resumed.assume(taken_for_application(&resumed));
                resumed.is_followed = world.leaves || world.last_pid > resumed.last_pid;
                if world.restarts {
                    // A supervisor may have more such commands, beside this one.
                    todo.push((resumed, passed));
                    continue;
                }
                let rest = machine.run(&mut resumed, deadline);
                match rest {
                    Rest::Ask(_) => todo.push((resumed, passed)),
                    rest => found.ways.push(Way {
                        world: resumed,
                        rest,
                        passed,
                    }),
                }
            }
            rest => found.ways.push(Way {
                world,
                rest,
                passed,
            }),
        }
    }
    found
}

/// Whether the way leads back to the last command that may be the application.
fn goes_back(machine: &Machine, world: &World, rest: &Rest) -> bool {
    machine.looked_at.candidate.set(true);
    let Some(candidate) = &world.candidate else {
        return false;
    };
    match rest {
        Rest::Ended => true,
        _ if world.restarts => true,
        // In a loop that goes round for ever, only a command of the loop itself.
        _ => world
            .repeats_since
            .is_some_and(|since| candidate.steps >= since),
    }
}

fn taken_for_application(world: &World) -> Assumption {
    let newest = world
        .processes
        .values()
        .rev()
        .find(|process| matches!(&process.body, Body::Application(_)));
    let (subject, span) = match newest {
        Some(process) => (
            super::interpreter::display_words(&process.argv),
            process.span.clone(),
        ),
        None => (String::new(), None),
    };
    Assumption {
        kind: "is-application",
        text: format!(
            "`{subject}` is taken for the application: it is the last command that may go on running"
        ),
        subject,
        span,
    }
}

/// A number for everything that can decide how a world goes on.
fn state_hash(machine: &Machine, world: &World, question: &str) -> u64 {
    let looked_at = &machine.looked_at;
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    world.clock.hash(&mut hasher);
    world.files.hash(&mut hasher);
    let fixed = looked_at.fixed.borrow();
    let relevant = world
        .fixed
        .iter()
        .filter(|(piece, _)| fixed.contains(*piece));
    relevant.for_each(|entry| entry.hash(&mut hasher));
    let tests = looked_at.tests.borrow();
    let relevant = world.decided.iter().filter(|(key, _)| tests.contains(*key));
    relevant.for_each(|entry| entry.hash(&mut hasher));
    world.missing.hash(&mut hasher);
    world.broken.is_some().hash(&mut hasher);
    world.steady_loop.hash(&mut hasher);
    if let Some(candidate) = world
        .candidate
        .as_ref()
        .filter(|_| looked_at.candidate.get())
    {
        let applications = candidate.processes.values().rev();
        let newest = applications
            .into_iter()
            .find(|process| matches!(process.body, Body::Application(_)));
        newest.map(|process| &process.argv).hash(&mut hasher);
        newest
            .and_then(|process| process.span.clone())
            .hash(&mut hasher);
    }
    let variables = looked_at.variables.borrow();
    let was_read = |name: &str| variables.contains(name);
    // Pids grow with every helper that was started; only their order counts.
    let rank = |pid: Pid| world.processes.keys().position(|known| *known == pid);
    for process in world.processes.values() {
        rank(process.parent).hash(&mut hasher);
        rank(process.group).hash(&mut hasher);
        process.ignored.hash(&mut hasher);
        process.directory.hash(&mut hasher);
        process.user.hash(&mut hasher);
        process.argv.hash(&mut hasher);
        process.history.hash(&mut hasher);
        stream_of(world, &process.input, &process.output).hash(&mut hasher);
        hash_body(
            &process.body,
            0,
            &mut hasher,
            &Looking {
                plain: &|value| value.clone(),
                was_read: &was_read,
            },
        );
    }
    hasher.finish()
}

/// How values are looked at for a hash.
struct Looking<'a> {
    /// What of a value counts.
    plain: &'a dyn Fn(&Value) -> Value,
    /// Whether a variable counts.
    was_read: &'a dyn Fn(&str) -> bool,
}

fn stream_of(world: &World, input: &Input, output: &Output) -> (Option<Value>, Option<Value>, u8) {
    let read = match input {
        Input::Text(text) => Some(text.clone()),
        Input::Pipe(stream) => world.streams.get(*stream).cloned(),
        _ => None,
    };
    let (written, kind) = match output {
        Output::Elsewhere => (None, 0),
        Output::Stream(stream) => (world.streams.get(*stream).cloned(), 1),
        Output::File(path) => (Some(Value::text(&**path)), 2),
    };
    (read, written, kind)
}

fn hash_body(body: &Body, now: Millis, hasher: &mut DefaultHasher, looking: &Looking) {
    std::mem::discriminant(body).hash(hasher);
    match body {
        Body::Shell(shell) => hash_shell(shell, hasher, looking),
        Body::Application(application) => {
            application
                .finishing
                .map(|at| at.saturating_sub(now))
                .hash(hasher);
            application.undecided.hash(hasher);
        }
        Body::Launcher(launcher) => {
            for child in &launcher.children {
                child.told.hash(hasher);
            }
            (launcher.next.len(), launcher.alternatives.len()).hash(hasher);
            launcher.supervises.hash(hasher);
            launcher
                .leaves_at
                .map(|at| at.saturating_sub(now))
                .hash(hasher);
            for kill in &launcher.kills {
                kill.at.saturating_sub(now).hash(hasher);
            }
        }
        Body::Idle(at) => at.map(|at| at.saturating_sub(now)).hash(hasher),
        Body::Filter => {}
        Body::Ended(status) => status.hash(hasher),
    }
}

fn hash_shell(shell: &Shell, hasher: &mut DefaultHasher, looking: &Looking) {
    shell.facts.id.hash(hasher);
    for (name, variable) in shell
        .variables
        .iter()
        .filter(|(name, _)| (looking.was_read)(name))
    {
        name.hash(hasher);
        variable.exported.hash(hasher);
        match &variable.value {
            None => 0.hash(hasher),
            Some(Stored::Text(value)) => (looking.plain)(value).hash(hasher),
            Some(Stored::Array(fields)) => hash_fields(fields, hasher, looking),
        }
    }
    hash_fields(&shell.positional, hasher, looking);
    shell.zero.hash(hasher);
    shell.functions.hash(hasher);
    shell.aliases.hash(hasher);
    shell.options.hash(hasher);
    shell.traps.hash(hasher);
    shell.pending.hash(hasher);
    match &shell.status {
        super::world::Status::Known(number) => {
            (*number == 0, (looking.was_read)("?").then_some(*number)).hash(hasher)
        }
        super::world::Status::Unknown(question) => question.yes.hash(hasher),
    }
    shell.check_failure.hash(hasher);
    shell.exiting.hash(hasher);
    shell.jobs.len().hash(hasher);
    for frame in &shell.frames {
        frame.code.hash(hasher);
        frame.tail.hash(hasher);
        frame.forced.hash(hasher);
        for (node, value) in &frame.results {
            node.hash(hasher);
            (looking.plain)(value).hash(hasher);
        }
        std::mem::discriminant(&frame.state).hash(hasher);
        match &frame.state {
            State::List(index) | State::AndOr(index) => index.hash(hasher),
            State::If(arm, in_body) => (arm, in_body).hash(hasher),
            State::While(state) => (state.in_body, state.undecided).hash(hasher),
            State::For(fields, next) => {
                hash_fields(fields, hasher, looking);
                next.hash(hasher);
            }
            State::ForArithmetic(rounds) => rounds.hash(hasher),
            State::Case(word, arm, pattern) => {
                (looking.plain)(word).hash(hasher);
                (arm, pattern).hash(hasher);
            }
            State::Function(saved) => hash_fields(&saved.positional, hasher, looking),
            State::Foreground(waited) => waited.ended.hash(hasher),
            State::Wait(waiting) => (waiting.pids.len(), waiting.any).hash(hasher),
            State::Trap(saved) => saved.hash(hasher),
            State::ExitTrap(status) => status.hash(hasher),
            _ => {}
        }
    }
}

fn hash_fields(fields: &[Field], hasher: &mut DefaultHasher, looking: &Looking) {
    fields.len().hash(hasher);
    for field in fields {
        field.open.hash(hasher);
        (looking.plain)(&field.value).hash(hasher);
    }
}

impl World {
    /// A number for the world at the beginning of a round of a loop of that shell: what is the same in
    /// each round of a loop that changes nothing. Pids, which grow, count only by whether they live.
    pub(super) fn loop_hash(&self, pid: Pid, shell: &Shell) -> u64 {
        let plain = |value: &Value| match value.pieces() {
            [Piece::Text(text)] => match text.parse::<Pid>() {
                Ok(number)
                    if number > 1
                        && number <= self.last_pid
                        && self.processes.contains_key(&number) =>
                {
                    Value::text(if self.alive(number) {
                        "a live process"
                    } else {
                        "an ended process"
                    })
                }
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        let mut hasher = DefaultHasher::new();
        self.fixed.hash(&mut hasher);
        self.decided.hash(&mut hasher);
        let looking = Looking {
            plain: &plain,
            was_read: &|_| true,
        };
        hash_shell(shell, &mut hasher, &looking);
        for process in self.processes.values() {
            if process.pid == pid || matches!(process.body, Body::Ended(_)) {
                continue;
            }
            process.argv.hash(&mut hasher);
            process.history.told.is_some().hash(&mut hasher);
            hash_body(&process.body, self.clock, &mut hasher, &looking);
        }
        hasher.finish()
    }
}
