//! Who is running? A container's start-up as abstract interpretation.
//!
//! In: a [`Container`]. Out: the worlds in which every way through the start-up comes to rest: the
//! process tree with the state of each shell. It goes on from there when `stop` sends the signal. It
//! runs nothing for real and judges nothing.

mod changed;
mod execline;
mod explore;
mod expression;
mod fact;
mod fifo;
mod interpreter;
mod json;
mod launch;
mod machine;
mod outcome;
mod own_code;
mod package_scripts;
mod process;
mod question;
mod reads;
mod remade;
mod services;
mod settings;
mod shells;
mod standing;
mod start;
mod state;
mod streams;
mod table;
mod tools;
mod value;
mod world;
mod written;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::container::Container;
use crate::source::{Known, Mapped, Span};

pub use fact::{ExecFailure, ExecProblem, Fact, FactKind};
pub use machine::Limits;
pub use outcome::{Assumption, Condition, Missing};
pub use own_code::OwnCode;
pub use services::{SettingPlace, stop_setting, with_setting};

pub(crate) use explore::{Explored, TOO_MANY_WAYS, Way, explore};
pub(crate) use interpreter::display_words;
pub(crate) use machine::{Machine, Rest, signal_process};
pub(crate) use world::{Body, Choice, Millis, Pid, Process, Running, STOP_WORK, World};

use start::{Caller, start};
use value::{Field, Value};
use world::{History, Input, Output};

/// The world right after the runtime's exec of PID 1: ready to run, or ended because that failed.
/// `None` when the argv is not known or there is none.
pub(crate) fn initial_world(machine: &Machine, container: &Container) -> Option<World> {
    let Known::Known(Some(argv)) = &container.argv else {
        return None;
    };
    let mut world = World::new();
    let environment = container.image.environment.iter().map(|(name, setting)| {
        let value = match setting.value.value() {
            Some(text) => Value::text(text),
            None => Value::unknown(format!("${name}")),
        };
        (Rc::from(name.as_str()), value)
    });
    let mut environment: std::collections::BTreeMap<Rc<str>, Value> = environment.collect();
    for name in &machine.given {
        let value = || Value::unknown(format!("${name}"));
        environment.entry(Rc::clone(name)).or_insert_with(value);
    }
    environment
        .entry("HOME".into())
        .or_insert_with(|| Value::text("/root"));
    let directory = container
        .image
        .working_directory
        .value
        .value()
        .map_or("/", String::as_str);
    let span = argv.first().map(|word| {
        // What stands between ENTRYPOINT and CMD is no part of the command.
        let first = word.full_span();
        let image = &container.image;
        let origins = [&image.entrypoint.origin, &image.cmd.origin].into_iter();
        let own = origins.filter_map(|origin| origin.span());
        let own: Vec<&Span> = own.filter(|own| own.contains(&first)).collect();
        let spans = argv.iter().rev().map(Mapped::full_span);
        let mut last =
            spans.filter(|span| own.is_empty() || own.iter().any(|own| own.contains(span)));
        last.next().map_or(first.clone(), |last| first.cover(&last))
    });
    let mut words: Vec<Field> = argv.iter().map(|word| Field::text(word.text())).collect();
    if container.init {
        // docker-init is tini; it is not looked up in the image.
        words.splice(0..0, [Field::text("/sbin/docker-init"), Field::text("--")]);
    }
    let pid = world.next_pid();
    let process = Process {
        pid,
        parent: 0,
        group: pid,
        session: pid,
        argv: words.clone(),
        program: "".into(),
        body: Body::Filter,
        environment: Rc::new(environment),
        user: container
            .image
            .user
            .value
            .value()
            .map_or("?", String::as_str)
            .into(),
        directory: directory.into(),
        ignored: BTreeSet::new(),
        blocked: BTreeSet::new(),
        ends_by: None,
        input: Input::Null,
        output: Output::Elsewhere,
        span: span.clone(),
        in_background: false,
        captured: false,
        scripts: Rc::default(),
        ran_as_application: false,
        history: History::default(),
    };
    world.processes.insert(process);
    if arguments_unread(container) {
        world.note(Fact {
            kind: FactKind::StringArgumentsUnread,
            span: span.clone(),
            while_stopping: false,
        });
    }
    if let Err(failure) = start(machine, &mut world, pid, words, Caller::Kernel) {
        world.broken = Some((failure.why, span));
        machine::end_process(
            machine,
            &mut world,
            pid,
            world::Status::Known(failure.status),
            None,
        );
    }
    Some(world)
}

/// Whether ENTRYPOINT is a command string of a shell that surely reads none of the words of CMD, and there
/// are some. Anything that may read them, even in quotes, counts as reading.
fn arguments_unread(container: &Container) -> bool {
    let Known::Known(Some(argv)) = &container.argv else {
        return false;
    };
    let (entrypoint, cmd) = argv.split_at(container.entrypoint_words.min(argv.len()));
    let [before @ .., option, text] = entrypoint else {
        return false;
    };
    let is_shell = |word: &crate::source::Mapped| {
        let name = word.text().rsplit('/').next().unwrap_or_default();
        matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
    };
    let text = text.text();
    let is_parameter = |rest: &str| {
        let rest = rest
            .strip_prefix('{')
            .unwrap_or(rest)
            .trim_start_matches(['#', '!']);
        rest.starts_with(|c: char| c.is_ascii_digit() || "@*}".contains(c))
    };
    let mut dollars = text.match_indices('$').map(|(at, _)| &text[at + 1..]);
    let words = || text.split(|c: char| c.is_whitespace() || ";&|(){}".contains(c));
    let reads = dollars.any(|rest| is_parameter(rest) || rest.starts_with('#'))
        || words().any(|word| {
            matches!(
                word,
                "." | "source" | "shift" | "getopts" | "eval" | "for" | "select" | "set"
            )
        });
    !cmd.is_empty()
        && option.text().starts_with('-')
        && option.text().ends_with('c')
        && before.iter().any(is_shell)
        && !reads
}
