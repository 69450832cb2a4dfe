//! The image that a base gives before any instruction.
//!
//! In: what is known of the base image. Out: its settings, with the base as their origin.

use std::collections::BTreeMap;

use super::super::base::{BaseSettings, Ground, not_known};
use super::super::{Command, DEFAULT_PATH, Files, Image, Origin, Setting, StopSignalProblem, path};
use crate::knowledge::{self, Signal};
use crate::source::{Known, Mapped, Span, Why};
use crate::stage::{Scope, Stages};

/// The image that a base gives before any instruction.
pub(super) fn start(
    stages: &Stages<'_>,
    settings: Option<&BaseSettings>,
    origin: &Origin,
    span: &Span,
    ground: Result<Ground, Why>,
) -> (Image, Scope) {
    let (ground, why) = match (ground, origin) {
        (Ok(Ground::Unknown(why)), _) => (Ground::Unknown(why.clone()), why),
        (Ok(ground), Origin::Base(reference, _)) => (ground, not_known(reference, span)),
        (Ok(ground), _) => (ground, Why::new("nothing is known of it")),
        (Err(why), _) => (Ground::Unknown(why.clone()), why),
    };
    let is_plain = matches!(&ground, Ground::Image(base) if base.is_distribution());
    let known = match (&ground, origin) {
        (Ground::Image(_), Origin::Base(reference, _)) => knowledge::base_image(reference),
        _ => None,
    };
    let bash = known.as_ref().and_then(|image| image.bash.clone());
    let sh = match (&ground, known) {
        (Ground::Empty, _) => Known::Known(None),
        (_, Some(image)) => Known::Known(image.sh),
        _ => Known::Unknown(why.clone()),
    };
    let words = |words: &[String]| -> Vec<Mapped> {
        words
            .iter()
            .map(|word| Mapped::computed(word.as_str(), span))
            .collect()
    };
    let command = |list: Option<&Vec<String>>| list.map(|list| Command::Exec(words(list)));
    let setting = |is_set: bool| {
        if is_set {
            origin.clone()
        } else {
            Origin::Default
        }
    };
    let missing = settings.is_none().then(|| why.clone());
    let mut image = Image {
        entrypoint: of(settings, &why, origin, |s| command(s.entrypoint.as_ref())),
        cmd: of(settings, &why, origin, |s| command(s.cmd.as_ref())),
        stop_signal: of(settings, &why, origin, |_| Signal::TERM),
        stop_signal_problem: None,
        shell: Setting {
            value: Known::Known(match settings.and_then(|s| s.shell.as_ref()) {
                Some(shell) => words(shell),
                None => words(&["/bin/sh".to_owned(), "-c".to_owned()]),
            }),
            origin: setting(settings.is_some_and(|s| s.shell.is_some())),
        },
        dropped_cmd: None,
        overridden: Vec::new(),
        expanded_heredocs: Vec::new(),
        working_directory: of(settings, &why, origin, |s| {
            path::tidy(s.working_directory.as_deref().unwrap_or("/"))
        }),
        user: of(settings, &why, origin, |s| {
            s.user.clone().unwrap_or_default()
        }),
        environment: BTreeMap::new(),
        environment_is_partial: missing.clone(),
        sh,
        bash,
        windows: settings.is_some_and(|s| s.windows).then(|| span.clone()),
        files: Files::on(ground),
    };
    if let Some(settings) = settings {
        match &settings.stop_signal {
            Some(text) => set_stop_signal(&mut image, text, origin.clone()),
            None => image.stop_signal.origin = Origin::Default,
        }
        for (name, value) in &settings.environment {
            let value = Known::Known(value.clone());
            let origin = origin.clone();
            image
                .environment
                .insert(name.clone(), Setting { value, origin });
        }
        if image.windows.is_some() && settings.shell.is_none() {
            image.shell.value =
                Known::Known(words(&["cmd".to_owned(), "/S".to_owned(), "/C".to_owned()]));
        }
    }
    let default_path = match &missing {
        None => Known::Known(DEFAULT_PATH.to_owned()),
        Some(why) => Known::Unknown(why.clone()),
    };
    image
        .environment
        .entry("PATH".to_owned())
        .or_insert(Setting {
            value: default_path,
            origin: Origin::Default,
        });
    let environment = image.environment.iter();
    let environment = environment.map(|(name, setting)| (name.as_str(), setting.value.clone()));
    let mut scope = Scope::new(stages, environment, missing);
    if !is_plain && let Origin::Base(reference, _) = origin {
        let why = format!("the environment of `{reference}` is not known in full");
        scope = scope.with_partial(Why::at(why, span.clone()));
    }
    (image, scope)
}

fn of<T>(
    settings: Option<&BaseSettings>,
    why: &Why,
    origin: &Origin,
    read: impl FnOnce(&BaseSettings) -> T,
) -> Setting<T> {
    Setting {
        value: match settings {
            Some(settings) => Known::Known(read(settings)),
            None => Known::Unknown(why.clone()),
        },
        origin: origin.clone(),
    }
}

pub(super) fn set_stop_signal(image: &mut Image, text: &str, origin: Origin) {
    let span = match &origin {
        Origin::Instruction(span) | Origin::Base(_, span) => Some(span.clone()),
        Origin::Default | Origin::Override => None,
    };
    let (value, problem) = match Signal::parse(text) {
        Some(signal @ (Signal::KILL | Signal::STOP)) => (
            Known::Known(signal),
            Some(StopSignalProblem::Unstoppable(signal)),
        ),
        Some(signal) => (Known::Known(signal), None),
        None => {
            let text = text.to_owned();
            let why = Why {
                text: format!("`{text}` is no signal"),
                span,
            };
            (Known::Unknown(why), Some(StopSignalProblem::Invalid(text)))
        }
    };
    image.stop_signal = Setting { value, origin };
    image.stop_signal_problem = problem;
}
