//! The process tree of a steady state.

use crate::boot::{Body, Pid, World};

use super::ProcessTree;

/// PID 1 and its descendants, with the signals that each received until the end.
pub(super) fn process_tree(steady: &World, end: &World, applications: &[Pid]) -> ProcessTree {
    build(steady, end, applications, 1, 0)
}

/// The depth is bounded by the machine's limit on processes.
fn build(steady: &World, end: &World, applications: &[Pid], pid: Pid, depth: u32) -> ProcessTree {
    let process = steady.process(pid);
    let received = end
        .process(pid)
        .and_then(|process| process.history.received.first().copied());
    let children = match depth {
        0..=60 => steady.children(pid),
        _ => Vec::new(),
    };
    ProcessTree {
        pid,
        argv: process.map_or_else(Vec::new, |process| {
            process
                .argv
                .iter()
                .map(|word| if word.open { None } else { word.value.known() })
                .collect()
        }),
        program: process.map_or_else(String::new, |process| match &process.body {
            Body::Shell(shell) => shell.facts.family.name().to_owned(),
            _ => process.program.to_string(),
        }),
        is_application: applications.contains(&pid),
        receives: received,
        span: process.and_then(|process| process.span.clone()),
        code: match process.map(|process| &process.body) {
            Some(Body::Application(application)) => {
                application.code.as_deref().cloned().map(Box::new)
            }
            _ => None,
        },
        children: children
            .into_iter()
            .map(|child| build(steady, end, applications, child, depth + 1))
            .collect(),
    }
}
