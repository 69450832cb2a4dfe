//! What is known under a name, in sentences.
//!
//! In: the name of a launcher, program or image. Out: facts with their evidence, for `pidone
//! knows`. Formats nothing: that is the report's work.

use super::{Effect, Lifetime, Signal, base_image, program_at, tables};

/// What is known under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    /// The name that was asked for.
    pub name: String,
    /// One for each thing that has the name.
    pub entries: Vec<Known>,
}

/// One thing of that name.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// `shell`, `launcher`, `program`, `image`.
    pub kind: &'static str,
    /// All its names.
    pub names: Vec<String>,
    /// Sentences.
    pub facts: Vec<String>,
    /// Where they come from.
    pub evidence: String,
}

/// The shells that are `/bin/sh` of common images: Debian's and Ubuntu's, Alpine's, Red Hat's.
const SYSTEM_SHELLS: [&str; 3] = ["dash-debian", "ash", "bash-posix"];

/// What is known of a launcher, program or image; `None` if nothing is.
pub fn describe(name: &str) -> Option<Knowledge> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let mut entries = Vec::new();
    for id in super::shell_ids() {
        let Some(shell) = super::shell_facts(id) else {
            continue;
        };
        // What `/bin/sh` is depends on the image: these are what it may be.
        let may_be_sh = base == "sh" && SYSTEM_SHELLS.contains(&&*shell.id);
        if may_be_sh || shell.id == base || shell.id.split('-').next() == Some(base) {
            entries.push(Known {
                kind: "shell",
                names: vec![shell.id.clone()],
                facts: shell_sentences(shell),
                evidence: shell.evidence.clone(),
            });
        }
    }
    for entry in tables::launchers().named(base) {
        let mut facts = vec![entry.about.clone()];
        if !entry.subcommands().is_empty() {
            facts.push(format!("Applies to: {}.", entry.subcommands().join(", ")));
        }
        facts.extend(entry.behaviours());
        facts.extend(entry.restriction());
        if entry.is_applet() {
            facts.push("This is busybox's applet.".to_owned());
        }
        entries.push(Known {
            kind: "launcher",
            names: entry.names.clone(),
            facts,
            evidence: entry.evidence.clone(),
        });
    }
    for busybox in [false, true] {
        if let Some(known) = describe_program(base, busybox) {
            entries.push(known);
        }
    }
    if let Some(image) = base_image(name) {
        let list = |words: &Option<Vec<String>>| match words {
            Some(words) => format!("{words:?}"),
            None => "none".to_owned(),
        };
        let signal = image.stop_signal.unwrap_or(Signal::TERM);
        let shell = image.sh.as_deref().unwrap_or("none");
        entries.push(Known {
            kind: "image",
            names: vec![image.name.clone()],
            facts: vec![
                format!("/bin/sh: {shell}."),
                format!("ENTRYPOINT: {}.", list(&image.entrypoint)),
                format!("CMD: {}.", list(&image.cmd)),
                format!("Stop signal: {signal}."),
            ],
            evidence: image.evidence,
        });
    }
    (!entries.is_empty()).then(|| Knowledge {
        name: name.to_owned(),
        entries,
    })
}

/// Every name of a launcher, program, shell or image that the tables know.
pub fn names() -> impl Iterator<Item = &'static str> {
    let named = tables::launchers()
        .names()
        .chain(tables::programs().names());
    named.chain(tables::images().names())
}

/// What a shell does that decides whether the application hears the signal.
fn shell_sentences(shell: &super::ShellFacts) -> Vec<String> {
    let exec = match shell.implicit_exec {
        super::ImplicitExec::Never => {
            "It never replaces itself by the last command of a `-c` string."
        }
        _ => "It replaces itself by the last command of a `-c` string, if that is simple enough.",
    };
    let trap = match shell.exit_trap_on_signal {
        true => "A signal that ends it runs its EXIT trap.",
        false => "A signal that ends it does not run its EXIT trap.",
    };
    vec![
        format!("{}.", shell.title),
        exec.to_owned(),
        trap.to_owned(),
    ]
}

/// What a signal does to a program, as PID 1 and elsewhere.
fn reaction(as_pid1: Option<Effect>, elsewhere: Option<Effect>) -> String {
    let words = |effect| match effect {
        Some(Effect::Graceful) => "finishes its work and ends",
        Some(Effect::Drops) => "ends, and drops its work",
        Some(Effect::Dies) => "ends at once",
        Some(Effect::Ignores) => "goes on",
        Some(Effect::UserCode) => "does what its code says",
        None => "not known",
    };
    match as_pid1 == elsewhere {
        true => words(as_pid1).to_owned(),
        false => format!(
            "{} as PID 1, {} elsewhere",
            words(as_pid1),
            words(elsewhere)
        ),
    }
}

fn describe_program(name: &str, busybox: bool) -> Option<Known> {
    let entry =
        super::programs::find(name, busybox).filter(|entry| entry.is_applet() == busybox)?;
    let program = program_at(&[Some(name)], busybox)?;
    let mut facts = vec![entry.about.clone()];
    let lifetime = match program.lifetime {
        Lifetime::Short => "It does its work and ends.",
        Lifetime::Long => "It runs in the foreground until it is stopped.",
        Lifetime::Idle(_) => "It waits and does nothing.",
        Lifetime::Filter => "It reads its input until the end.",
        Lifetime::Writer => "It writes until nobody reads that any more.",
        Lifetime::Daemonises => "Without further options it goes into the background.",
        Lifetime::OneShot => "Without terminal and further words it ends at once.",
        Lifetime::Unknown => "How long it runs depends on what it is given.",
    };
    facts.push(lifetime.to_owned());
    for (signal, _) in &program.reactions {
        let effect = |pid1| program.reaction(*signal, pid1);
        facts.push(format!(
            "{signal}: {}.",
            reaction(effect(true), effect(false))
        ));
    }
    if let Some(other) = program.otherwise {
        let words = reaction(Some(other.as_pid1), Some(other.as_child));
        facts.push(format!("Other signals: {words}."));
    }
    if let Some(setting) = &program.stop_setting {
        let section = setting.section.as_ref();
        let section = section.map_or_else(String::new, |section| format!(" in [{section}]"));
        facts.push(format!(
            "With `{}`{section} of its configuration it finishes on {}.",
            setting.line(),
            setting.signal
        ));
    }
    for (start, stop) in program
        .stop_words
        .iter()
        .filter(|(_, stop)| !stop.is_empty())
    {
        facts.push(format!(
            "What is started with `{start}` is stopped with `{stop}` in its place."
        ));
    }
    Some(Known {
        kind: "program",
        names: entry.names.clone(),
        facts,
        evidence: entry.evidence.clone(),
    })
}
