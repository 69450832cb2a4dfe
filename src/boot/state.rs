//! Worlds as numbers: what has to be the same for two ways to go on alike.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::{FixedState, FoldHasher};

use super::explore::newest_application;
use super::interpreter::{Shell, State, Stored};
use super::reads::{LookedAt, Reads};
use super::start::FAR;
use super::value::{Field, Piece, Value};
use super::world::{
    Application, Body, Input, Launcher, Millis, Output, Pid, Question, Status, World,
};

/// A number for where a world is: the frames of its shells, its processes and streams, the question
/// asked. What has a name (variables, decisions, written files) is left to [`projection`].
pub(super) fn place(world: &World, question: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    question.hash(&mut hasher);
    hash_place(world, &mut hasher, Detail::Texts);
    hasher.finish()
}

/// A number for the command at which a world asks a question, and what its shells are doing there, whatever the texts
/// that they hold: worlds with the same one can be joined.
pub(super) fn crossing(world: &World, question: &Question) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hash_kind(question, &mut hasher);
    hash_place(world, &mut hasher, Detail::Statuses);
    hasher.finish()
}

/// A number for the place between two commands at which a world is, and what its shells are doing there: as
/// [`crossing`], and with any status of the last command.
pub(super) fn between(world: &World) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hash_place(world, &mut hasher, Detail::Place);
    hasher.finish()
}

/// What a question is about, but for the texts in it.
fn hash_kind(question: &Question, hasher: &mut FoldHasher<'static>) {
    question.span.hash(hasher);
    (question.by_default, question.candidate, question.expected).hash(hasher);
}

/// A number for what a world holds under the names that were read, and for the candidate if that was.
pub(super) fn projection(world: &World, reads: &Reads) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    reads.project(world, &mut hasher);
    if reads.has_candidate() {
        hash_candidate(world, &mut hasher, |candidate, hasher| {
            reads.project(candidate, hasher);
        });
    }
    hasher.finish()
}

/// A number for all that a world and its candidate hold under any name.
pub(super) fn identity(world: &World) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hash_names(world, &mut hasher);
    hash_candidate(world, &mut hasher, hash_names);
    hasher.finish()
}

/// Whether two worlds have the same command as the last one that may be the application, but for what
/// has a name.
pub(super) fn is_same_candidate(one: &World, other: &World) -> bool {
    let number = |world: &World| {
        let mut hasher = FixedState::default().build_hasher();
        hash_candidate(world, &mut hasher, |_, _| {});
        hasher.finish()
    };
    number(one) == number(other)
}

/// Hashes the last command that may be the application, with the world in which it goes on running.
fn hash_candidate(
    world: &World,
    hasher: &mut FoldHasher<'static>,
    names: impl Fn(&World, &mut FoldHasher<'static>),
) {
    for candidate in &world.set_aside {
        command(candidate).hash(hasher);
    }
    let Some(candidate) = &world.candidate else {
        return;
    };
    hash_place(candidate, hasher, Detail::Texts);
    names(candidate, hasher);
    (world.last_pid > candidate.last_pid).hash(hasher);
    command(candidate).hash(hasher);
}

/// A number for the application that was started last, and its place.
pub(super) fn command(world: &World) -> u64 {
    let newest = newest_application(world);
    FixedState::default().hash_one(newest.map(|process| (&process.argv, &process.span)))
}

fn hash_names(world: &World, hasher: &mut FoldHasher<'static>) {
    world.fixed.hash(hasher);
    world.decided.hash(hasher);
    world.passing.hash(hasher);
    world.files.hash(hasher);
    world.remade.hash(hasher);
    for process in world.processes.values() {
        match &process.body {
            Body::Shell(shell) => {
                shell.variables.hash(hasher);
                shell.status.hash(hasher);
                shell.saved_locals().for_each(|local| local.hash(hasher));
            }
            _ => process.environment.hash(hasher),
        }
    }
}

/// What counts of a world besides where its shells are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Detail {
    /// Nothing.
    Place,
    /// Whether the last commands have succeeded, or what will be asked about that.
    Statuses,
    /// That, and the texts that shells hold.
    Texts,
}

fn hash_place(world: &World, hasher: &mut FoldHasher<'static>, detail: Detail) {
    let texts = detail == Detail::Texts;
    // Before the stop signal only what is left of timers counts.
    let now = if world.stopped_at.is_some() {
        world.clock.hash(hasher);
        0
    } else {
        world.clock
    };
    world.stopped_at.is_some().hash(hasher);
    world.missing.hash(hasher);
    world.broken.is_some().hash(hasher);
    (world.gives_up, world.leaves, world.is_followed).hash(hasher);
    for (path, fifo) in world.fifos.iter() {
        (path, fifo, world.streams.get(fifo.stream)).hash(hasher);
    }
    world.steady_loop().is_some().hash(hasher);
    let looking = Looking {
        plain: &|value| value.clone(),
        variables: false,
        statuses: detail >= Detail::Statuses,
        texts,
        rank: &|pid| world.processes.rank(pid),
        horizon: Millis::MAX,
    };
    if texts {
        world.unsettled.hash(hasher);
    }
    for process in world.processes.values() {
        // Pids grow with every helper that was started; only their order counts.
        (looking.rank)(process.parent).hash(hasher);
        (looking.rank)(process.group).hash(hasher);
        (looking.rank)(process.session).hash(hasher);
        (process.in_background, process.ran_as_application).hash(hasher);
        process.captured.hash(hasher);
        process.ignored.hash(hasher);
        process.blocked.hash(hasher);
        process
            .ends_by
            .map(|by| by.saturating_sub(now))
            .hash(hasher);
        process.directory.hash(hasher);
        process.user.hash(hasher);
        process.argv.hash(hasher);
        process.history.hash(hasher);
        let (read, written, kind) = stream_of(world, &process.input, &process.output);
        if texts {
            (read, written, kind).hash(hasher);
        } else {
            let file = written.filter(|_| matches!(process.output, Output::File(_)));
            (read.is_some(), file, kind).hash(hasher);
        }
        hash_body(&process.body, now, hasher, &looking);
    }
}

/// How values are looked at for a hash.
struct Looking<'a> {
    /// What of a value counts.
    plain: &'a dyn Fn(&Value) -> Value,
    /// Whether variables count.
    variables: bool,
    /// Whether the status of the last command counts.
    statuses: bool,
    /// Whether other texts that a shell holds count, but for the words of loops.
    texts: bool,
    /// What of a pid counts.
    rank: &'a dyn Fn(Pid) -> Option<usize>,
    /// The longest time until something happens by itself that counts.
    horizon: Millis,
}

impl Looking<'_> {
    fn left(&self, at: Millis, now: Millis) -> Millis {
        at.saturating_sub(now).min(self.horizon)
    }
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

fn hash_body(body: &Body, now: Millis, hasher: &mut FoldHasher<'static>, looking: &Looking) {
    std::mem::discriminant(body).hash(hasher);
    match body {
        Body::Shell(shell) => hash_shell(shell, hasher, looking),
        Body::Application(application) => hash_application(application, now, hasher),
        Body::Launcher(launcher) => hash_launcher(launcher, now, hasher, looking),
        Body::Idle(at) => at.map(|at| looking.left(at, now)).hash(hasher),
        Body::Filter => {}
        Body::Ended(status) => status.hash(hasher),
    }
}

fn hash_application(application: &Application, now: Millis, hasher: &mut FoldHasher<'static>) {
    let known = application.known.as_ref().map(|known| {
        let stop_time = known.stop_time.map(f64::to_bits);
        let otherwise = (known.otherwise, known.graceful_signal);
        (&known.name, &known.reactions, otherwise, stop_time)
    });
    known.hash(hasher);
    application.unsure.hash(hasher);
    let left = application.finishing.map(|at| at.saturating_sub(now));
    (left, application.undecided, &application.code).hash(hasher);
}

fn hash_launcher(
    launcher: &Launcher,
    now: Millis,
    hasher: &mut FoldHasher<'static>,
    looking: &Looking,
) {
    launcher.fork.hash(hasher);
    for child in &launcher.children {
        ((looking.rank)(child.pid), &child.stop, child.told).hash(hasher);
    }
    for next in &launcher.next {
        hash_fields(&next.words, hasher, looking);
    }
    launcher.alternatives.hash(hasher);
    (launcher.supervises, launcher.waits_for_tree, launcher.stays).hash(hasher);
    (launcher.one_by_one, launcher.relays, &launcher.others).hash(hasher);
    let left = |at: Millis| looking.left(at, now);
    let stops_next = launcher.stops_next.map(|(at, signal)| (left(at), signal));
    (stops_next, launcher.leaves_at.map(left)).hash(hasher);
    for kill in &launcher.kills {
        (left(kill.at), (looking.rank)(kill.child), kill.to).hash(hasher);
    }
}

fn hash_shell(shell: &Shell, hasher: &mut FoldHasher<'static>, looking: &Looking) {
    shell.facts.id.hash(hasher);
    for (name, variable) in shell.variables.iter().filter(|_| looking.variables) {
        name.hash(hasher);
        (variable.exported, variable.read_only).hash(hasher);
        match &variable.value {
            None => 0.hash(hasher),
            Some(Stored::Text(value)) => (looking.plain)(value).hash(hasher),
            Some(Stored::Array(fields)) => hash_fields(fields, hasher, looking),
        }
    }
    hash_words(&shell.positional, hasher, looking);
    shell.zero.hash(hasher);
    shell.functions.hash(hasher);
    shell.aliases.hash(hasher);
    shell.references.hash(hasher);
    shell.options.hash(hasher);
    shell.traps.hash(hasher);
    shell.pending.hash(hasher);
    match &shell.status {
        _ if !looking.statuses => {}
        Status::Known(number) => (*number == 0, looking.variables.then_some(*number)).hash(hasher),
        Status::Unknown(question) if looking.texts => question.yes.hash(hasher),
        Status::Unknown(question) => hash_kind(question, hasher),
    }
    shell.check_failure.hash(hasher);
    shell.exiting.hash(hasher);
    (shell.exit_trapped, shell.ever_trapped, shell.interrupted).hash(hasher);
    shell.trapped_before.hash(hasher);
    shell.dying.hash(hasher);
    (shell.options_read, shell.in_condition, shell.forked_in).hash(hasher);
    shell.inputs.hash(hasher);
    shell.last_background.map(looking.rank).hash(hasher);
    for pid in &shell.substitutions {
        (looking.rank)(*pid).hash(hasher);
    }
    for job in &shell.jobs {
        (job.number, job.noticed).hash(hasher);
        for pid in &job.pids {
            (looking.rank)(*pid).hash(hasher);
        }
    }
    for frame in &shell.frames {
        frame.code.hash(hasher);
        frame.tail.hash(hasher);
        frame.forced.hash(hasher);
        for (node, value) in &frame.results {
            node.hash(hasher);
            hash_text(value, hasher, looking);
        }
        std::mem::discriminant(&frame.state).hash(hasher);
        match &frame.state {
            State::List(index) | State::AndOr(index) => index.hash(hasher),
            State::If(arm, in_body) => (arm, in_body).hash(hasher),
            State::While(state) => {
                let changed = state.drift.as_ref().map(|drift| &drift.changed);
                (state.in_body, state.undecided, changed).hash(hasher);
            }
            State::For(fields, next, asked) => {
                hash_fields(fields, hasher, looking);
                (next, asked.rounds()).hash(hasher);
            }
            State::ForArithmetic(rounds, asked) => (rounds, asked.rounds()).hash(hasher),
            State::Case(word, arm, pattern) => {
                hash_text(word, hasher, looking);
                (arm, pattern).hash(hasher);
            }
            State::Function(saved) => {
                hash_words(&saved.positional, hasher, looking);
                saved.references.hash(hasher);
            }
            // A loop around may have more to read.
            State::Restore(saved) => saved.0.hash(hasher),
            State::Source(Some(words)) => hash_words(words, hasher, looking),
            State::Foreground(waited) => {
                waited.ended.hash(hasher);
                for pid in &waited.pids {
                    (looking.rank)(*pid).hash(hasher);
                }
            }
            State::Wait(waiting) => {
                (waiting.any, waiting.named).hash(hasher);
                (waiting.next, &waiting.variable).hash(hasher);
                for pid in &waiting.pids {
                    (looking.rank)(*pid).hash(hasher);
                }
            }
            State::Trap(saved) => (&saved.status, saved.check_failure).hash(hasher),
            State::ExitTrap(status) => status.hash(hasher),
            _ => {}
        }
    }
}

fn hash_text(value: &Value, hasher: &mut FoldHasher<'static>, looking: &Looking) {
    if looking.texts {
        (looking.plain)(value).hash(hasher);
    }
}

fn hash_words(fields: &[Field], hasher: &mut FoldHasher<'static>, looking: &Looking) {
    if looking.texts {
        return hash_fields(fields, hasher, looking);
    }
    fields.len().hash(hasher);
    fields.iter().for_each(|field| field.open.hash(hasher));
}

fn hash_fields(fields: &[Field], hasher: &mut FoldHasher<'static>, looking: &Looking) {
    fields.len().hash(hasher);
    for field in fields {
        field.open.hash(hasher);
        (looking.plain)(&field.value).hash(hasher);
    }
}

impl World {
    /// A number for the world at the beginning of a round of a loop of that shell: what is the same in
    /// each round of a loop that changes nothing. Pids, which grow, count only by whether they live, and files only if
    /// something reads them.
    pub(super) fn loop_hash(&self, pid: Pid, shell: &Shell, looked_at: &LookedAt) -> u64 {
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
        let mut hasher = FixedState::default().build_hasher();
        self.fixed.hash(&mut hasher);
        self.decided.hash(&mut hasher);
        let looking = Looking {
            plain: &plain,
            variables: true,
            statuses: true,
            texts: true,
            rank: &|pid| {
                self.processes
                    .contains_key(&pid)
                    .then_some(usize::from(self.alive(pid)))
            },
            horizon: FAR,
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
        let read = self
            .files
            .all()
            .filter(|(path, _)| looked_at.has_read(path));
        for (path, text) in read {
            (path, plain(text)).hash(&mut hasher);
        }
        hasher.finish()
    }
}
