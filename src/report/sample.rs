//! A judged target made by hand, so that the reports can be tested without a start-up being run.

use std::path::Path as FilePath;
use std::sync::Arc;

use super::Run;
use crate::analyze::{Options, analyze};
use crate::boot::{Fact, FactKind};
use crate::knowledge::Signal;
use crate::source::{Disk, MemoryDisk, Source, Span};
use crate::stop::{Assumption, Condition, Path, ProcessTree, Reaction, Step, Verdict};

pub(super) const SCRIPT: &str = "#!/bin/sh\nmkdir -p /run/demo\n/demo/app --port 80\n";

/// A script that starts the application without `exec` on one way, and with it on the other.
pub(super) fn run() -> Run {
    let text = "FROM debian:12-slim\nCOPY start.sh /start.sh\nCMD [\"/bin/sh\", \"/start.sh\"]\n";
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new().file("svc/Dockerfile", text));
    let path = FilePath::new("svc/Dockerfile");
    let analysis = analyze(&disk, path, "svc/Dockerfile", &Options::default());
    let mut analysis = analysis.expect("the file is there");
    let script = Source::new("svc/start.sh", SCRIPT);
    let command = SCRIPT.find("/demo/app").expect("it is in the script");
    let command = Span::new(&script, command..SCRIPT.len() - 1);
    let target = &mut analysis.targets[0];
    target.paths = vec![stuck(&script, &command), graceful(&script, &command)];
    target.verdict = Verdict::Stuck;
    Run {
        analyses: vec![Arc::new(analysis)],
        unreadable: Vec::new(),
    }
}

fn process(pid: u32, argv: &[&str], program: &str, span: Option<&Span>) -> ProcessTree {
    ProcessTree {
        pid,
        argv: argv.iter().map(|word| Some((*word).to_owned())).collect(),
        program: program.to_owned(),
        is_application: false,
        receives: None,
        span: span.cloned(),
        code: None,
        children: Vec::new(),
    }
}

fn stuck(script: &Arc<Source>, command: &Span) -> Path {
    let mut shell = process(1, &["/bin/sh", "/start.sh"], "dash", None);
    shell.receives = Some(Signal::TERM);
    let mut application = process(7, &["/demo/app", "--port", "80"], "app", Some(command));
    application.is_application = true;
    shell.children.push(application);
    Path {
        verdict: Verdict::Stuck,
        delivered: Some(false),
        reaction: Reaction::Unknown,
        when: vec![Condition {
            text: "`$MODE` is empty".to_owned(),
            span: Some(Span::new(script, 10..18)),
        }],
        assumptions: Vec::new(),
        missing: Vec::new(),
        processes: Some(shell),
        route: vec![Step {
            text: "`dash` is PID 1 and sets no trap: the kernel drops SIGTERM".to_owned(),
            span: Some(command.clone()),
        }],
        facts: vec![Fact {
            kind: FactKind::Foreground {
                shell: "dash".to_owned(),
                command: "/demo/app --port 80".to_owned(),
                dash_c: false,
                last: true,
                exec_in_subshell: false,
                in_pipeline: false,
                pid: 1,
            },
            span: Some(command.clone()),
            while_stopping: false,
        }],
    }
}

fn graceful(script: &Arc<Source>, command: &Span) -> Path {
    let mut application = process(1, &["/demo/app", "--port", "80"], "app", Some(command));
    application.is_application = true;
    application.receives = Some(Signal::TERM);
    Path {
        verdict: Verdict::Graceful,
        delivered: Some(true),
        reaction: Reaction::Handles,
        when: vec![Condition {
            text: "`$MODE` is not empty".to_owned(),
            span: Some(Span::new(script, 10..18)),
        }],
        assumptions: vec![Assumption {
            kind: "program-handles",
            subject: "/demo/app".to_owned(),
            text: "`/demo/app` handles SIGTERM".to_owned(),
            span: None,
            limit: None,
        }],
        missing: Vec::new(),
        processes: Some(application),
        route: Vec::new(),
        facts: Vec::new(),
    }
}
