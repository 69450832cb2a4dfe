//! `trace --format json`: the frozen output types of the schema `pidone/trace/1`.
//!
//! They are apart from the analyser's own types, so that those may change and this may not.

use serde::Serialize;

use super::Run;
use super::place::Place;
use crate::analyze::Target;
use crate::stop::{Path, ProcessTree};

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    errors: Vec<super::Error>,
    targets: Vec<TargetReport>,
}

#[derive(Serialize)]
struct TargetReport {
    file: String,
    stage: usize,
    name: Option<String>,
    base: Option<String>,
    argv: Option<Vec<String>>,
    stop_signal: Option<String>,
    grace_seconds: serde_json::Number,
    verdict: &'static str,
    paths: Vec<PathReport>,
}

#[derive(Serialize)]
struct PathReport {
    verdict: &'static str,
    delivered: Option<bool>,
    reaction: &'static str,
    when: Vec<Text>,
    assumptions: Vec<Subject>,
    missing: Vec<MissingReport>,
    processes: Option<Process>,
    route: Vec<Text>,
}

#[derive(Serialize)]
struct Text {
    text: String,
    span: Option<Place>,
}

#[derive(Serialize)]
struct Subject {
    kind: &'static str,
    subject: String,
    text: String,
    span: Option<Place>,
}

#[derive(Serialize)]
struct MissingReport {
    kind: &'static str,
    text: String,
    span: Option<Place>,
}

#[derive(Serialize)]
struct Process {
    pid: u32,
    argv: Vec<Option<String>>,
    program: String,
    application: bool,
    receives: Option<String>,
    span: Option<Place>,
    children: Vec<Process>,
}

/// The one JSON object of `trace --format json`, with a newline at its end.
pub fn trace_json(run: &Run) -> String {
    let report = Report {
        schema: "pidone/trace/1",
        errors: super::errors(run),
        targets: run
            .analyses
            .iter()
            .flat_map(|analysis| analysis.targets.iter().map(target))
            .collect(),
    };
    super::json(&report)
}

fn target(target: &Target) -> TargetReport {
    let container = &target.container;
    let argv = container.argv.value().and_then(Option::as_ref);
    let stop_signal = container.stop_signal.value.value();
    TargetReport {
        file: target.file.clone(),
        stage: target.stage,
        name: target.name.clone(),
        base: target.base.clone(),
        argv: argv.map(|words| words.iter().map(|word| word.text().to_owned()).collect()),
        stop_signal: stop_signal.map(|signal| signal.to_string()),
        grace_seconds: number(container.grace.as_secs_f64()),
        verdict: target.verdict.word(),
        paths: target.paths.iter().map(path).collect(),
    }
}

/// Whole seconds as an integer, others as a fraction.
fn number(value: f64) -> serde_json::Number {
    if value.fract() == 0.0 {
        serde_json::Number::from(value as u64)
    } else {
        serde_json::Number::from_f64(value).unwrap_or(serde_json::Number::from(0))
    }
}

fn path(path: &Path) -> PathReport {
    PathReport {
        verdict: path.verdict.word(),
        delivered: path.delivered,
        reaction: path.reaction.word(),
        when: path
            .when
            .iter()
            .map(|condition| Text {
                text: condition.text.clone(),
                span: condition.span.as_ref().map(Place::of),
            })
            .collect(),
        assumptions: path
            .assumptions
            .iter()
            .map(|assumption| Subject {
                kind: assumption.kind,
                subject: assumption.subject.clone(),
                text: assumption.text.clone(),
                span: assumption.span.as_ref().map(Place::of),
            })
            .collect(),
        missing: path
            .missing
            .iter()
            .map(|missing| MissingReport {
                kind: missing.kind,
                text: missing.text.clone(),
                span: missing.span.as_ref().map(Place::of),
            })
            .collect(),
        processes: path.processes.as_ref().map(process),
        route: path
            .route
            .iter()
            .map(|step| Text {
                text: step.text.clone(),
                span: step.span.as_ref().map(Place::of),
            })
            .collect(),
    }
}

fn process(tree: &ProcessTree) -> Process {
    Process {
        pid: tree.pid,
        argv: tree.argv.clone(),
        program: tree.program.clone(),
        application: tree.is_application,
        receives: tree.receives.map(|signal| signal.to_string()),
        span: tree.span.as_ref().map(Place::of),
        children: tree.children.iter().map(process).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn fields(value: &serde_json::Value) -> Vec<&str> {
        let object = value.as_object().expect("an object");
        object.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_path_has_every_field_of_the_contract() {
        let text = trace_json(&sample::run());
        let report: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let path = &report["targets"][0]["paths"][0];
        let expected = [
            "verdict",
            "delivered",
            "reaction",
            "when",
            "assumptions",
            "missing",
            "processes",
            "route",
        ];
        assert_eq!(fields(path), expected);
        assert_eq!(path["delivered"], false);
        let child = &path["processes"]["children"][0];
        assert_eq!(
            child["argv"],
            serde_json::json!(["/demo/app", "--port", "80"])
        );
        assert_eq!(child["application"], true);
        let expected = serde_json::json!({
            "file": "svc/start.sh", "line": 3, "column": 1, "end_line": 3, "end_column": 20,
            "start": 29, "end": 48,
        });
        assert_eq!(path["route"][0]["span"], expected);
        let assumption = &report["targets"][0]["paths"][1]["assumptions"][0];
        assert_eq!(fields(assumption), ["kind", "subject", "text", "span"]);
        assert_eq!(assumption["span"], serde_json::Value::Null);
    }
}
