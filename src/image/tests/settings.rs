//! Settings of an image: ENTRYPOINT, CMD, SHELL, STOPSIGNAL, WORKDIR, and what kind of image it is.

use super::*;

#[test]
fn an_entrypoint_resets_the_cmd_of_its_parent_but_not_its_own() {
    let image = image("FROM scratch AS p\nCMD [\"a\"]\nFROM p\nENTRYPOINT [\"b\"]\n");
    assert_eq!(exec(&image.cmd), Some(vec![]));
    let dropped = image.dropped_cmd.expect("the parent had a CMD");
    assert!(matches!(dropped.command, Command::Exec(words) if words[0].text() == "a"));
    assert_eq!(dropped.entrypoint.text(), "ENTRYPOINT [\"b\"]");

    let parent = "FROM scratch AS p\nENTRYPOINT [\"init\", \"--\"]\nCMD [\"a\"]\n";
    let image = self::image(&format!("{parent}FROM p\nENTRYPOINT [\"b\"]\n"));
    let started = image.dropped_cmd.and_then(|dropped| dropped.started);
    let started = started.expect("both are in exec form");
    let started: Vec<&str> = started.iter().map(Mapped::text).collect();
    assert_eq!(started, ["init", "--", "a"]);

    let image = self::image("FROM scratch\nCMD [\"a\"]\nENTRYPOINT [\"b\"]\n");
    assert_eq!(exec(&image.cmd), Some(vec!["a".into()]));
    assert!(image.dropped_cmd.is_none());

    let image =
        self::image("FROM scratch AS p\nCMD [\"a\"]\nFROM p\nENTRYPOINT [\"b\"]\nCMD [\"c\"]\n");
    assert!(image.dropped_cmd.is_none());
}

#[test]
fn the_shell_form_keeps_the_shell_at_its_instruction() {
    let image = image(
        "FROM scratch\nCMD app $X\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nENTRYPOINT run\n",
    );
    assert_eq!(
        exec(&image.cmd),
        Some(vec!["/bin/sh".into(), "-c".into(), "app $X".into()])
    );
    let words = exec(&image.entrypoint).expect("it is known");
    assert_eq!(words, ["/bin/bash", "-o", "pipefail", "-c", "run"]);
    assert_eq!(image.sh, Known::Known(None));
}

#[test]
fn overridden_instructions_are_remembered() {
    let image = image("FROM scratch\nENTRYPOINT [\"a\"]\nCMD x\nENTRYPOINT [\"b\"]\nCMD y\n");
    let spans: Vec<(bool, &str)> = image
        .overridden
        .iter()
        .map(|o| (o.entrypoint, o.span.text()))
        .collect();
    assert_eq!(spans, [(true, "ENTRYPOINT [\"a\"]"), (false, "CMD x")]);
    let image = self::image("FROM scratch AS p\nENTRYPOINT [\"a\"]\nFROM p\nENTRYPOINT [\"b\"]\n");
    assert!(image.overridden.is_empty());
}

#[test]
fn stop_signals_by_name_number_and_argument() {
    let signal = |text: &str| {
        let image = image(&format!("FROM scratch\n{text}\n"));
        (
            image.stop_signal.value.value().copied(),
            image.stop_signal_problem,
        )
    };
    assert_eq!(signal("STOPSIGNAL SIGQUIT"), (Some(Signal::QUIT), None));
    assert_eq!(signal("STOPSIGNAL 2"), (Some(Signal::INT), None));
    assert_eq!(
        signal("ARG S=usr1\nSTOPSIGNAL $S"),
        (Some(Signal::USR1), None)
    );
    let invalid = StopSignalProblem::Invalid("SIGTREM".into());
    assert_eq!(signal("STOPSIGNAL SIGTREM"), (None, Some(invalid)));
    let kill = StopSignalProblem::Unstoppable(Signal::KILL);
    assert_eq!(
        signal("ARG S=SIGKILL\nSTOPSIGNAL $S"),
        (Some(Signal::KILL), Some(kill))
    );
    assert_eq!(signal("ARG S\nSTOPSIGNAL $S"), (None, None));
    assert_eq!(signal("RUN true"), (Some(Signal::TERM), None));
    let image = image("FROM scratch AS p\nSTOPSIGNAL SIGQUIT\nFROM p\n");
    assert_eq!(image.stop_signal.value, Known::Known(Signal::QUIT));
}

#[test]
fn an_unknown_base_leaves_what_is_not_set_unknown() {
    let image = image("FROM corp/base\nENV A=1 PATH=/x:$PATH\nCMD [\"a\"]\n");
    assert!(image.entrypoint.value.why().is_some());
    assert_eq!(exec(&image.cmd), Some(vec!["a".into()]));
    assert!(image.stop_signal.value.why().is_some());
    assert!(image.working_directory.value.why().is_some());
    assert_eq!(image.environment["A"].value, Known::Known("1".into()));
    assert!(image.environment["PATH"].value.why().is_some());
    assert!(image.environment_is_partial.is_some());
    assert!(image.sh.why().is_some());
}

#[test]
fn the_configuration_of_the_base_stands_for_it() {
    let file = parse(&Source::new(
        "Dockerfile",
        "FROM corp/base AS b\nFROM b\nENV A=$B\n",
    ));
    let stages = resolve(&file, &BuildOptions::default());
    let config =
        r#"{"Config":{"Entrypoint":["/e"],"Cmd":["c"],"Env":["B=2"],"StopSignal":"SIGINT"}}"#;
    let config = BaseSettings::from_json(config).expect("it is valid");
    let context = Context::none(Why::new("there is none"));
    let image = build(&stages, 1, &context, Some(&config));
    assert_eq!(exec(&image.entrypoint), Some(vec!["/e".into()]));
    assert_eq!(exec(&image.cmd), Some(vec!["c".into()]));
    assert_eq!(image.stop_signal.value, Known::Known(Signal::INT));
    assert_eq!(image.environment["A"].value, Known::Known("2".into()));
    assert_eq!(
        image.environment["PATH"].value,
        Known::Known(DEFAULT_PATH.into())
    );
}

#[test]
fn working_directories_join() {
    let directory = |text: &str| {
        image(&format!("FROM scratch\n{text}\n"))
            .working_directory
            .value
    };
    let known = |text: &str| Known::Known(text.to_owned());
    assert_eq!(directory("RUN x"), known("/"));
    assert_eq!(directory("WORKDIR a\nWORKDIR b/../c"), known("/a/c"));
    assert_eq!(directory("WORKDIR /a\nWORKDIR /b"), known("/b"));
    assert_eq!(directory("ENV H=/home\nWORKDIR $H/x"), known("/home/x"));
    assert!(directory("ARG H\nWORKDIR $H").why().is_some());
}

#[test]
fn windows_images_are_known_as_such() {
    let image = image("FROM corp/windows\nSHELL [\"powershell\", \"-Command\"]\nCMD app\n");
    assert_eq!(
        image.windows.expect("it is").text(),
        "SHELL [\"powershell\", \"-Command\"]"
    );
    assert!(
        self::image("FROM scratch\nSHELL [\"pwsh\", \"-c\"]\n")
            .windows
            .is_none()
    );
}

#[test]
fn a_platform_makes_a_windows_image() {
    let is_windows = |text: &str| image(text).windows.is_some();
    assert!(is_windows(
        "FROM --platform=windows/amd64 golang:1.22\nCMD app\n"
    ));
    assert!(is_windows(
        "ARG P=windows\nFROM --platform=$P golang:1.22 AS a\nFROM a\n"
    ));
    assert!(!is_windows("FROM --platform=linux/amd64 golang:1.22\n"));
    assert!(!is_windows("FROM --platform=$BUILDPLATFORM golang:1.22\n"));
}
