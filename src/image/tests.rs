use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::dockerfile::parse;
use crate::source::{MemoryDisk, Source};
use crate::stage::{BuildOptions, resolve};

fn image_in(text: &str, disk: MemoryDisk) -> Image {
    let file = parse(&Source::new("Dockerfile", text));
    let stages = resolve(&file, &BuildOptions::default());
    let context = Context::open(Arc::new(disk), Path::new(""), Path::new("Dockerfile"));
    build(
        &stages,
        stages.target.expect("there is a stage"),
        &context,
        None,
    )
}

pub(super) fn image(text: &str) -> Image {
    let disk = MemoryDisk::new()
        .script("start.sh", "#!/bin/sh\nexec app\n")
        .file("plain.sh", "echo\r\nhi\r\n")
        .file("conf/a.conf", "a")
        .file("conf/b.txt", "b")
        .script("conf/bin/tool", "tool")
        .file("native", b"\x7fELF\0".to_vec());
    image_in(text, disk)
}

/// A short word for what stands at a path: `755 text`, `directory`, `absent`, `unknown`.
fn at(image: &Image, path: &str) -> String {
    match image.files.look_up(path) {
        Found::Directory => "directory".to_owned(),
        Found::Absent => "absent".to_owned(),
        Found::Unknown(_) => "unknown".to_owned(),
        Found::File(file) => {
            let mode = file.mode.map_or("?".to_owned(), |mode| format!("{mode:o}"));
            let content = match file.content {
                Content::Text(text) => text.text().to_owned(),
                Content::Binary => "<binary>".to_owned(),
                Content::Unknown(_) => "<unknown>".to_owned(),
            };
            format!("{mode} {content}")
        }
    }
}

/// Checks look-ups in the image of a Dockerfile.
#[track_caller]
pub(super) fn check(text: &str, expected: &[(&str, &str)]) {
    let image = image(text);
    for (path, what) in expected {
        assert_eq!(at(&image, path), *what, "{path} in\n{text}");
    }
}

fn exec(command: &Setting<Option<Command>>) -> Option<Vec<String>> {
    match command.value.value()? {
        Some(Command::Exec(words)) => {
            Some(words.iter().map(|word| word.text().to_owned()).collect())
        }
        Some(Command::Shell(shell, text)) => {
            let words = shell.iter().chain([text]);
            Some(words.map(|word| word.text().to_owned()).collect())
        }
        None => Some(Vec::new()),
    }
}

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
fn copies_land_as_buildkit_puts_them() {
    let start = "755 #!/bin/sh\nexec app\n";
    check(
        "FROM scratch\nCOPY start.sh /\n",
        &[("/start.sh", start), ("/other", "absent")],
    );
    check(
        "FROM scratch\nCOPY start.sh /run\n",
        &[("/run", start), ("/run/start.sh", "absent")],
    );
    check(
        "FROM scratch\nCOPY start.sh /run/\n",
        &[("/run", "directory"), ("/run/start.sh", start)],
    );
    check(
        "FROM scratch\nWORKDIR /app\nCOPY start.sh .\n",
        &[("/app/start.sh", start)],
    );
    check(
        "FROM scratch\nWORKDIR /app\nCOPY start.sh /app\n",
        &[("/app/start.sh", start)],
    );
    check(
        "FROM scratch\nWORKDIR /app\nCOPY start.sh x\n",
        &[("/app/x", start)],
    );
    check(
        "FROM scratch\nCOPY conf /etc/conf\n",
        &[
            ("/etc/conf", "directory"),
            ("/etc/conf/a.conf", "644 a"),
            ("/etc/conf/bin/tool", "755 tool"),
            ("/etc/conf/conf", "absent"),
        ],
    );
    check(
        "FROM scratch\nCOPY conf/*.conf /etc/\n",
        &[("/etc/a.conf", "644 a"), ("/etc/b.txt", "absent")],
    );
    check(
        "FROM scratch\nCOPY start.sh conf /x/\n",
        &[("/x/start.sh", start), ("/x/a.conf", "644 a")],
    );
    check(
        "FROM scratch\nCOPY . /app\n",
        &[("/app/start.sh", start), ("/app/nothing", "absent")],
    );
    check(
        "FROM scratch\nCOPY [\"start.sh\", \"/a b\"]\n",
        &[("/a b", start)],
    );
    check(
        "FROM scratch\nCOPY native /app\n",
        &[("/app", "644 <binary>")],
    );
    check(
        "FROM scratch\nCOPY --chmod=700 plain.sh /s\n",
        &[("/s", "700 echo\r\nhi\r\n")],
    );
    check(
        "FROM scratch\nCOPY --chmod=+x plain.sh /s\n",
        &[("/s", "755 echo\r\nhi\r\n")],
    );
    check(
        "FROM scratch\nCOPY --exclude=*.txt conf /c\n",
        &[("/c/a.conf", "644 a"), ("/c/b.txt", "absent")],
    );
    check(
        "FROM scratch\nCOPY --parents conf/bin/tool /c\n",
        &[("/c/conf/bin/tool", "755 tool")],
    );
    check(
        "FROM scratch\nCOPY --parents ./conf/./bin/tool /c\n",
        &[("/c/bin/tool", "755 tool")],
    );
    check(
        "FROM scratch\nENV D=/opt\nCOPY start.sh $D/s\n",
        &[("/opt/s", start)],
    );
}

#[test]
fn what_is_not_in_the_context_is_there_all_the_same() {
    check(
        "FROM scratch\nCOPY target/app /app\n",
        &[("/app", "? <unknown>"), ("/app/x", "unknown")],
    );
    check(
        "FROM scratch\nCOPY target/app /app/\n",
        &[("/app/app", "? <unknown>"), ("/app/x", "unknown")],
    );
    check(
        "FROM scratch\nARG D\nCOPY start.sh $D\n",
        &[("/app", "unknown")],
    );
    check(
        "FROM debian:12\nARG TARGETARCH\nCOPY app-$TARGETARCH /app\nCOPY bin/*-linux /tool\n",
        &[("/app", "? <unknown>"), ("/tool", "? <unknown>")],
    );
    check(
        "FROM scratch\nCOPY *.jar /app/\n",
        &[("/app/a.jar", "unknown"), ("/b", "absent")],
    );
    check(
        "FROM scratch\nADD https://example.org/tini?raw=1 /sbin/\n",
        &[("/sbin/tini", "600 <unknown>")],
    );
    check(
        "FROM scratch\nADD https://example.org/tini /tini\n",
        &[("/tini", "600 <unknown>")],
    );
    check(
        "FROM scratch\nCOPY --from=corp/x /bin/x /x\n",
        &[("/x", "? <unknown>"), ("/y", "absent")],
    );
}

#[test]
fn stages_copy_from_each_other() {
    let text = "FROM scratch AS Build\nWORKDIR /src\nCOPY . .\nFROM scratch\nCOPY --from=build /src/start.sh /s.sh\n\
        COPY --from=0 /src/conf /c\nCOPY --from=build /src/built /built\n";
    check(
        text,
        &[
            ("/s.sh", "755 #!/bin/sh\nexec app\n"),
            ("/c/a.conf", "644 a"),
            ("/src", "absent"),
            ("/built", "? <unknown>"),
        ],
    );
    let child = "FROM scratch AS a\nCOPY start.sh /a\nFROM a AS b\nCOPY plain.sh /b\nFROM b\n";
    check(
        child,
        &[
            ("/a", "755 #!/bin/sh\nexec app\n"),
            ("/b", "644 echo\r\nhi\r\n"),
        ],
    );
}

#[test]
fn heredocs_expand_unless_they_are_quoted() {
    let text = "FROM scratch\nENV A=1\nCOPY --chmod=755 <<EOF /quick\nexec app $A \"$@\" \\$B\nEOF\nCOPY <<'EOF' /sub/\nexec \"$@\"\nEOF\n";
    check(
        text,
        &[
            ("/quick", "755 exec app 1 \"\" $B\n"),
            ("/sub/EOF", "644 exec \"$@\"\n"),
        ],
    );
    let image = image(text);
    assert_eq!(image.expanded_heredocs.len(), 1);
    let heredoc = &image.expanded_heredocs[0];
    assert_eq!(heredoc.path, "/quick");
    let expansions: Vec<(&str, &str)> = heredoc
        .expansions
        .iter()
        .map(|(span, value)| (span.text(), value.as_str()))
        .collect();
    assert_eq!(expansions, [("$A", "1"), ("$@", "")]);
}

#[test]
fn ignored_files_are_not_copied() {
    let disk = || {
        MemoryDisk::new()
            .file("a", "a")
            .file("b", "b")
            .file("d/c", "c")
    };
    let text = "FROM scratch\nCOPY . /x\n";
    let image = image_in(text, disk().file(".dockerignore", "a\nd\n!d/c\n"));
    assert_eq!(at(&image, "/x/a"), "absent");
    assert_eq!(at(&image, "/x/b"), "644 b");
    assert_eq!(at(&image, "/x/d/c"), "644 c");
    let own = disk()
        .file(".dockerignore", "a\n")
        .file("Dockerfile.dockerignore", "b\n");
    let image = image_in(text, own);
    assert_eq!(at(&image, "/x/a"), "644 a");
    assert_eq!(at(&image, "/x/b"), "absent");
}

#[test]
fn what_git_ignores_may_be_built_before() {
    let ignore = "/bin/\n*.jar\n!keep.jar\n";
    let disk = MemoryDisk::new().file(".gitignore", ignore).file("a", "a");
    let image = image_in("FROM scratch\nCOPY . /x\n", disk);
    assert_eq!(at(&image, "/x/bin/app"), "unknown");
    assert_eq!(at(&image, "/x/deep/app.jar"), "unknown");
    assert_eq!(at(&image, "/x/keep.jar"), "absent");
    assert_eq!(at(&image, "/x/app"), "absent");
}

#[test]
fn links_do_not_lead_out_of_the_context() {
    let disk = MemoryDisk::new()
        .file("ctx/real/a", "a")
        .file("secret", "secret")
        .link("ctx/inside", "real/a")
        .link("ctx/outside", "../secret")
        .link("ctx/real/up", "../../secret");
    let file = parse(&Source::new(
        "Dockerfile",
        "FROM scratch\nCOPY inside /in\nCOPY outside /out\nCOPY real /r\nCOPY ../secret /s\n",
    ));
    let stages = resolve(&file, &BuildOptions::default());
    let context = Context::open(
        Arc::new(disk),
        Path::new("ctx"),
        Path::new("ctx/Dockerfile"),
    );
    let image = build(&stages, 0, &context, None);
    assert_eq!(at(&image, "/in"), "644 a");
    assert_eq!(at(&image, "/out"), "? <unknown>");
    assert_eq!(at(&image, "/r/up"), "absent");
    assert_eq!(at(&image, "/s"), "? <unknown>");
    let Found::File(found) = image.files.look_up("/in") else {
        panic!("it is a file")
    };
    let Content::Text(text) = found.content else {
        panic!("it is text")
    };
    assert_eq!(text.source().path(), "ctx/real/a");
}

#[test]
fn the_context_is_the_nearest_parent_that_has_the_sources() {
    let disk = || {
        MemoryDisk::new()
            .file("repo/.git/HEAD", "x")
            .file("repo/app/run.sh", "x")
            .file("repo/docker/x/own.sh", "x")
    };
    let choose = |text: &str| {
        let file = parse(&Source::new("Dockerfile", text));
        let stages = resolve(&file, &BuildOptions::default());
        let context = Context::find(
            Arc::new(disk()),
            Path::new("repo/docker/x/Dockerfile"),
            &stages,
            None,
        );
        context
            .directory()
            .map(|(shown, choice)| (shown.to_owned(), choice))
    };
    let expected = |shown: &str, choice| Some((shown.to_owned(), choice));
    assert_eq!(
        choose("FROM a\nCOPY app/run.sh /\n"),
        expected("repo", Choice::Parent)
    );
    assert_eq!(
        choose("FROM a\nCOPY own.sh /\n"),
        expected("repo/docker/x", Choice::Folder)
    );
    assert_eq!(
        choose("FROM a\nCOPY . /\n"),
        expected("repo/docker/x", Choice::Folder)
    );
    assert_eq!(
        choose("FROM a\nCOPY nowhere /\n"),
        expected("repo/docker/x", Choice::Folder)
    );
}

#[test]
fn a_folder_that_has_the_name_of_a_source_is_no_context() {
    let text = "FROM alpine\nCOPY server /bin/server\n";
    let file = parse(&Source::new("server/Dockerfile", text));
    let stages = resolve(&file, &BuildOptions::default());
    let disk = MemoryDisk::new().file("server/Dockerfile", text);
    let context = Context::find(
        Arc::new(disk),
        Path::new("server/Dockerfile"),
        &stages,
        None,
    );
    let image = build(&stages, 0, &context, None);
    assert_eq!(at(&image, "/bin/server"), "? <unknown>");
}

#[test]
fn a_tree_that_nothing_names_is_far() {
    let far = |text: &str, path: &str| image(text).files.is_far(path);
    let opaque = "FROM debian:12\nRUN ./install\n";
    assert!(far(opaque, "/no/such/app"));
    assert!(far(
        &format!("{opaque}CMD [\"/no/such/app\"]\n"),
        "/no/such/app"
    ));
    assert!(!far(
        &format!("{opaque}RUN x --prefix=/no/such\n"),
        "/no/such/app"
    ));
    assert!(!far(opaque, "/usr/bin/app"));
    assert!(!far(
        "FROM example.com/unknown\nRUN ./install\n",
        "/no/such/app"
    ));
    // Named after it, the directory is not its work.
    check(&format!("{opaque}WORKDIR /w\n"), &[("/w/entry", "absent")]);
}

#[test]
fn a_directory_named_after_an_opaque_run_is_listed() {
    let list = |text: &str, path: &str| image(text).files.list(path).value().cloned();
    let opaque = "FROM debian:12\nRUN ./install\n";
    let named = format!("{opaque}COPY conf/ /conf/\n");
    let names = ["a.conf", "b.txt", "bin"].map(str::to_owned).to_vec();
    assert_eq!(list(&named, "/conf"), Some(names));
    assert_eq!(
        list(
            "FROM debian:12\nCOPY conf/ /conf/\nRUN ./install\n",
            "/conf"
        ),
        None
    );
}

#[test]
fn a_dockerfile_that_lies_alone_tells_nothing_of_the_context() {
    let text = "FROM alpine\nCOPY . /app\n";
    let file = parse(&Source::new("Dockerfile", text));
    let stages = resolve(&file, &BuildOptions::default());
    let look = |disk: MemoryDisk| {
        let context = Context::find(Arc::new(disk), Path::new("Dockerfile"), &stages, None);
        at(&build(&stages, 0, &context, None), "/app/start.sh")
    };
    let alone = MemoryDisk::new().file("Dockerfile", text);
    assert_eq!(look(alone.clone()), "unknown");
    assert_eq!(look(alone.file("main.go", "package main")), "absent");
}

#[test]
fn without_a_context_nothing_is_absent() {
    let file = parse(&Source::new(
        "-",
        "FROM scratch\nCOPY start.sh /s\nCOPY . /app\nRUN --mount=type=bind,source=x,target=/m cp /m /x\n",
    ));
    let stages = resolve(&file, &BuildOptions::default());
    let image = build(
        &stages,
        0,
        &Context::none(Why::new("standard input has no context")),
        None,
    );
    assert_eq!(at(&image, "/s"), "? <unknown>");
    assert_eq!(at(&image, "/app/x"), "unknown");
    assert_eq!(at(&image, "/other"), "absent");
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

#[test]
fn hostile_chains_end_in_ignorance() {
    let mut text = String::from("FROM scratch AS s0\n");
    for index in 1..200 {
        text.push_str(&format!(
            "FROM scratch AS s{index}\nCOPY --from=s{0} /x /x\nCOPY --from=s{0} / /\n",
            index - 1
        ));
    }
    assert_eq!(at(&image(&text), "/y"), "unknown");
    let mut text = String::from("FROM scratch AS s0\n");
    for index in 1..2000 {
        text.push_str(&format!("FROM s{} AS s{index}\n", index - 1));
    }
    assert_eq!(at(&image(&text), "/y"), "unknown");
}
