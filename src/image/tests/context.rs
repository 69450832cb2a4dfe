//! Which directory the build context is, and what of it may be copied.

use super::*;

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
    // Where the whole context is copied, what is started says where it begins.
    assert_eq!(
        choose("FROM a\nWORKDIR /src\nCOPY . .\nENTRYPOINT [\"./app/run.sh\"]\n"),
        expected("repo", Choice::Parent)
    );
    assert_eq!(
        choose("FROM a\nCOPY . /src\nENTRYPOINT [\"/src/own.sh\"]\n"),
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
